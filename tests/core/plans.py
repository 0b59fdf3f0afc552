"""Plans and drafts for tests: from the documents a marketer would write."""

from collections.abc import Iterable, Mapping
from typing import Any

from sojourn.core.engine.draft import Draft
from sojourn.core.state.customer import Customer, Event
from sojourn.core.state.history import LoadedHistory
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.compile import compile_plan
from sojourn.core.workspace.documents import CHANGED_AT
from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.plan import Plan
from sojourn.core.workspace.reading import read_condition
from sojourn.core.workspace.settings_file import read_settings
from tests.core.nouns import MONDAY

JOURNEY = {
    "id": "j",
    "status": "live",
    "entry": {"event": "order"},
    "start": "end",
    "steps": {"end": {"type": "exit"}},
}


def plan(
    settings: Mapping[str, object] | None = None,
    segments: Mapping[str, object] | None = None,
    **journey: Any,  # noqa: ANN401 - keys of a journey
) -> Plan:
    """A plan with journey `j`, whose keys may be others."""
    life = {key: journey.pop(key) for key in CHANGED_AT if key in journey}
    noun = read_journey({**JOURNEY, **journey}, **life)
    conditions = {name: read_condition(doc, name) for name, doc in (segments or {}).items()}
    return compile_plan(1, read_settings(settings or {}), conditions, {}, [noun], [noun])


def draft(
    some_plan: Plan,
    customer: Customer,
    now: Instant = MONDAY,
    past: Iterable[Event] = (),
    taken: Iterable[Event] = (),
) -> Draft:
    """A draft with a history, in which some events were taken already."""
    opened = Draft(some_plan, customer, now, LoadedHistory(past), reasons=True)
    opened.taken.extend(taken)
    return opened
