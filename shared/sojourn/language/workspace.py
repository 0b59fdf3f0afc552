"""A workspace: files in, findings out, and the plan when nothing is wrong."""

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.invariants import Invariant, read_invariants
from sojourn.core.workspace.plan import Plan
from sojourn.language.checking import Checked, check
from sojourn.language.crossing import Library
from sojourn.language.documents import Document
from sojourn.language.files import Files
from sojourn.language.findings import Finding


@noun
class Workspace:
    """A workspace as it was read.

    ``documents`` are its files as `sojourn.core.workspace.documents` keeps them, every journey in
    version 1, and ``plan`` is read from them; both are None while there is an error. ``invariants``
    bind nothing that runs; None is a workspace without `invariants.json`, or with an error.
    """

    findings: tuple[Finding, ...]
    documents: JsonObject | None
    plan: Plan | None
    invariants: tuple[Invariant, ...] | None = None

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
    documents = documents_of(checked.library)
    rules = checked.library.invariants
    invariants = None if rules is None else read_invariants(rules.plain)
    return Workspace(checked.findings, documents, plan_from(documents, 0), invariants)


def documents_of(library: Library) -> JsonObject:
    """The files as one object, as `sojourn.core.workspace.documents` keeps them."""
    return {
        "settings": _plain(library.settings) if library.settings is not None else {},
        "segments": {name: _plain(item) for name, item in library.segments.items()},
        "templates": {name: _plain(item) for name, item in library.templates.items()},
        "sources": {
            name: {"id": name, "match": item.plain["match"], "map": item.plain["map"]}
            for name, item in library.sources.items()
        },
        "journeys": {
            name: {"current": 1, "versions": {"1": {**_plain(item), "id": name}}}
            for name, item in library.journeys.items()
        },
    }


def _plain(document: Document) -> JsonObject:
    """The document without what only an editor reads."""
    return {key: value for key, value in document.plain.items() if key != "$schema"}
