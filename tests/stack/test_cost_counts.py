"""What `sojourn cost` counts in memory is what the same work takes on the emulated AWS."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from sojourn.core.incoming.events import Defaults, Incoming, parse_message
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import DAY, HOUR, format_instant, parse_instant
from sojourn.language.workspace import load
from sojourn_cli.costing.line import Line as Costed
from sojourn_cli.costing.line import alone
from sojourn_cli.costing.meter import Meter
from sojourn_cli.local.stack import LocalStack
from tests.language.given import written
from tests.stack.given import Doc, email, journey
from tests.stack.metered import READS, WRITES, Called, Line

pytestmark = pytest.mark.stack

NOON = parse_instant("2026-03-02T12:00:00Z")
FILES: dict[str, Doc] = {
    "settings.json": {"timezone": "UTC", "senders": {"email": "hello@karoo.example"}},
    "journeys/thanks.json": journey("thanks", "order.placed", {"thank": email()}),
    "journeys/later.json": journey(
        "later",
        "cart.abandoned",
        {"pause": {"type": "wait", "for": "PT1H", "next": "remind"}, "remind": email("Your cart")},
    ),
}
EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("page.viewed", {}),
    ("order.placed", {"email": "ana@example.com"}),
    ("cart.abandoned", {}),
]
REPORTS_ARE_LEFT_OUT = [Event("none", "message.delivered", NOON + 90 * DAY, NOON + 90 * DAY)]


@pytest.fixture
def line(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    found = Line(stack, "metered-cost", NOON)
    found.publish(FILES)
    found.put({"userId": "first", "event": "order.placed", "traits": {"email": "f@example.com"}})
    while found.take_stream() or found.hand_out():  # makes the key that links are signed with
        pass
    found.meter.read()
    yield found
    stack.client("dynamodb").delete_table(TableName="metered-cost")


def counted(events: list[Incoming]) -> Counter[str]:
    plan = load(written(FILES)).plan
    assert plan is not None
    meter = Meter()
    events += [alone("ana", event) for event in REPORTS_ARE_LEFT_OUT]
    Costed(plan, meter).run(events, NOON + DAY, lambda: None)
    return meter.counts


def test_writes_and_units_agree(line: Line) -> None:
    for name, traits in EVENTS:
        line.put({"userId": "ana", "event": name, "messageId": name, "traits": traits})
        while line.take_stream() or line.hand_out():
            pass
    line.clock.advance(HOUR)
    line.wake()
    while line.ring() or line.take_stream() or line.hand_out():
        pass
    calls = [call for call in line.meter.read() if call[0] != "Query"]

    found = counted([alone("ana", Event(name, name, NOON, NOON, {}, of)) for name, of in EVENTS])
    agree(calls, found)
    assert found["emails"] == [name for name, _ in calls].count("SendEmail") == 2


def agree(calls: list[Called], found: Counter[str]) -> None:
    """Reads and writes are those that were counted, and so nearly are their units."""
    writes = [units for name, units in calls if name in WRITES]
    assert found["writes"] == len(writes), calls
    assert abs(found["write_units"] - sum(writes)) <= len(writes) / 5
    reads = [units for name, units in calls if name in READS]
    assert abs(float(found["read_units"]) - sum(reads)) <= 1


VISITS: list[Doc] = [
    {"anonymousId": "v1", "event": "cart.abandoned", "messageId": "1"},
    {
        "userId": "bea",
        "anonymousId": "v1",
        "event": "page.viewed",
        "messageId": "2",
        "context": {"externalIds": [{"type": "card", "id": "L1"}]},
    },
    {"anonymousId": "v1", "event": "order.placed", "messageId": "3"},
]


def test_a_join_agrees(line: Line) -> None:
    for doc in VISITS:
        line.put(doc)
        while line.take_stream() or line.hand_out():
            pass
    line.clock.advance(HOUR)
    line.wake()
    while line.ring() or line.take_stream() or line.hand_out():
        pass
    calls = [call for call in line.meter.read() if call[0] != "Query"]
    at = format_instant(NOON)
    found = [parse_message({"timestamp": at, **doc}, Defaults(), None) for doc in VISITS]
    agree(calls, counted(found))
