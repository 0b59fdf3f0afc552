"""The product's own index at the task: `ours.py JOURNEYS NAMES [whole]`.

Journeys are read as from their files and compiled into a plan; numbers with a fraction are exact.
With `whole` one journey in ten also asks a `not`, an `any`, a date or a `did`, which change no
answer: every such condition holds.
"""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from bench.matching import task
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.matching.conditions import holds
from sojourn.core.state.customer import Customer, Event, Trait
from sojourn.core.values.exact import Json, loads_object
from sojourn.core.values.instants import DAY, Instant, format_instant, parse_instant
from sojourn.core.workspace.compile import compile_plan
from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.plan import Journey
from sojourn.core.workspace.settings_file import read_settings

NOW = parse_instant("2026-03-02T10:00:00Z")

BESIDES: Sequence[dict[str, Any]] = (
    {"not": {"profile.blocked": True}},
    {"any": [{"event.total": {"gte": 0}}, {"profile.tier": "gold"}]},
    {"profile.seen_at": {"within": "P30D"}},
    {"did": {"event": "seen", "within": "P7D"}},
)
ONE_IN = 10


class Seen:
    """A history in which every customer was seen three times this week."""

    def events(self, names: Iterable[str] | None, since: Instant) -> Sequence[Event]:
        """The events of those names, not before ``since``."""
        wanted = None if names is None else set(names)
        found = [Event(f"e{number}", "seen", NOW - number * DAY, NOW) for number in range(1, 4)]
        return [
            event
            for event in found
            if event.at >= since and (wanted is None or event.name in wanted)
        ]

    def count(self, names: Iterable[str], since: Instant, until: Instant) -> int:
        """How many of those there are up to ``until``."""
        return sum(event.at <= until for event in self.events(names, since))

    def holds(self, _message_id: str, _at: Instant) -> bool:
        """None of these events has an id that comes again."""
        return False


def document(journey: task.Journey, *, whole: bool) -> dict[str, Any]:
    """The journey's file."""
    where = dict(journey.where)
    if whole and journey.number % ONE_IN == 0:
        where["all"] = [BESIDES[journey.number // ONE_IN % len(BESIDES)]]
    return {
        "id": f"journey-{journey.number:05}",
        "status": "live",
        "entry": {"event": journey.event, "where": where},
        "start": "done",
        "steps": {"done": {"type": "exit"}},
    }


def exact(table: task.Table) -> dict[str, Json]:
    """A table as it is read from an event."""
    return loads_object(json.dumps(table))


def main() -> None:
    """Compile, build, measure, print."""
    journeys, names, *rest = sys.argv[1:]
    made = task.make(int(journeys), int(names))
    documents = [document(journey, whole=bool(rest)) for journey in made.journeys]
    versions = [read_journey(exact(doc), 1) for doc in documents]
    plan = compile_plan(1, read_settings({}), {}, {}, versions, versions)
    began = time.process_time()
    for entrance in plan.by_event.values():
        entrance.build()
    build_ms = (time.process_time() - began) * 1_000
    traits = {"seen_at": Trait(format_instant(NOW - DAY), 0)}

    def decide(name: str, properties: Any, customer: Customer) -> list[Journey]:  # noqa: ANN401 - exact JSON
        found, asked = plan.by_event[name].open_to(properties, customer.traits)
        for journey in asked:
            draft = Draft(plan, customer, NOW, Seen(), reasons=False)
            event = Event("e", name, NOW, NOW, properties)
            where = journey.entry.where
            if where is None or holds(where, DraftScope(draft, event)):
                found.append(journey)
        return found

    known: dict[int, Customer] = {}
    events = []
    for name, properties, profile in made.events:
        customer = known.get(id(profile))
        if customer is None:
            own = {key: Trait(value, 0) for key, value in exact(profile).items()}
            customer = known[id(profile)] = Customer("c", NOW, traits | own)
        events.append((name, exact(properties), customer))
    answer = task.measured(decide, events, lambda journey: int(journey.id[-5:]))
    print(json.dumps({**answer, "build_ms": build_ms}))


if __name__ == "__main__":
    main()
