"""Documents: the plan as it is stored, in plain JSON, and read back without any checking.

`{"form": the form of all this, 1 where it is not said,
"settings": {...}, "segments": {id: file}, "templates": {name: file, content inlined},
"sources": {id: its id, match and map},
"journeys": {id: {"current": n, "resumed_at", "archived_at", "versions": {"n": file}}},
"thawed": the last revision by which a pause ended,
"asks_since": the revision since which something asks when a customer's first event came}`
"""

from dataclasses import replace
from typing import Any

from sojourn.core.errors import CorruptState, InvalidInput, NewerForm
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.workspace.compile import compile_plan
from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.plan import Journey, Plan
from sojourn.core.workspace.reading import read_condition
from sojourn.core.workspace.settings_file import read_settings

CHANGED_AT = ("resumed_at", "archived_at")
"""What is kept of when a journey's status changed last: a pause matters once it has ended."""

ASKS_SINCE = "asks_since"

FORM = "form"
PRESENT_FORM = 1
"""Grows with whatever a version before would read past, or not at all: it leaves such a plan to who
reads it. So a version reads a form before another writes it (docs/deploying.md)."""


def known_form(documents: JsonObject, revision: int) -> None:
    """Raises NewerForm for documents that a later version published."""
    form = documents.get(FORM, 1)
    if isinstance(form, int) and form > PRESENT_FORM:
        raise NewerForm(
            f"plan {revision}: form {form} of its documents, which a later version published: this"
            f" one reads up to form {PRESENT_FORM}; use that one"
        )


def plan_from(documents: JsonObject, revision: int) -> Plan:
    """Compile stored documents; raises CorruptState when they are not what publishing stores.

    Or NewerForm.
    """
    known_form(documents, revision)
    try:
        return _plan_from(documents, revision)
    except (InvalidInput, KeyError, TypeError, AttributeError) as error:
        raise CorruptState(f"plan {revision}: its documents cannot be read: {error}") from error


def _plan_from(documents: Any, revision: int) -> Plan:  # noqa: ANN401 - JSON of our own making
    versions: list[Journey] = []
    current: list[Journey] = []
    for life in documents.get("journeys", {}).values():
        for number, doc in life["versions"].items():
            version = int(number)
            newest = version == life["current"]
            changed = {name: life.get(name) for name in CHANGED_AT} if newest else {}
            journey = read_journey(doc, version, **changed)
            versions.append(journey)
            if newest:
                current.append(journey)
    segments = {
        name: read_condition(doc["where"], f"segments.{name}.where")
        for name, doc in documents.get("segments", {}).items()
    }
    plan = compile_plan(
        revision,
        read_settings(documents.get("settings", {})),
        segments,
        documents.get("templates", {}),
        versions,
        current,
        [doc for _, doc in sorted(documents.get("sources", {}).items())],
    )
    return replace(plan, asks_since=asks_since(documents, revision))


def asks_since(documents: JsonObject, revision: int) -> int:
    """Since which revision something asks for `customer.created_at`; 0 when nothing does.

    Documents that do not say are asked themselves: then it is since this revision.
    """
    known = documents.get(ASKS_SINCE)
    if isinstance(known, int):
        return known
    return revision if _asks(documents) else 0


def _asks(document: Json) -> bool:
    """Whether a text anywhere in a document may name `customer.created_at`; a path or a template.

    Looked at without being read: one that only seems to name it costs a query for a customer.
    """
    match document:
        case str():
            return "created_at" in document and "customer" in document
        case list():
            return any(map(_asks, document))
        case dict():
            return any(map(_asks, (*document, *document.values())))
        case _:
            return False
