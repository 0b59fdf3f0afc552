"""A workspace: files in, findings out, and the plan when nothing is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from sojourn.core.documents import plan_from
from sojourn.core.exact import JsonObject
from sojourn.core.plan import Plan
from sojourn.language.checking import Checked, check
from sojourn.language.crossing import Library
from sojourn.language.documents import Document
from sojourn.language.files import Files
from sojourn.language.findings import Finding


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace as it was read.

    ``documents`` are its files as `sojourn.core.documents` keeps them, every journey in version 1,
    and ``plan`` is read from them; both are None while there is an error.
    """

    findings: tuple[Finding, ...]
    documents: JsonObject | None
    plan: Plan | None

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings may be."""
        return self.documents is not None


def load(files: Files) -> Workspace:
    """Read and check a whole workspace; never raises, whatever the files hold."""
    return workspace_of(check(files))


def workspace_of(checked: Checked) -> Workspace:
    """The workspace that was checked."""
    if checked.errors:
        return Workspace(checked.findings, None, None)
    documents = _documents(checked.library)
    return Workspace(checked.findings, documents, plan_from(documents, 0))


def _documents(library: Library) -> JsonObject:
    """The files as one object, as `sojourn.core.documents` keeps them."""
    settings = library.settings.doc if library.settings is not None else {}
    journeys: JsonObject = {
        name: {"current": 1, "versions": {"1": {**doc, "id": name}}}
        for name, doc in _plain(library.journeys).items()
    }
    return {
        "settings": _without_schema(settings or {}),
        "segments": _plain(library.segments),
        "templates": _plain(library.templates),
        "journeys": journeys,
    }


def _plain(documents: Mapping[str, Document]) -> JsonObject:
    return {name: _without_schema(item.plain) for name, item in documents.items()}


def _without_schema(doc: JsonObject) -> JsonObject:
    return {key: value for key, value in doc.items() if key != "$schema"}
