"""What everything costs: calls and capacity units, counted on the emulated AWS.

The table's unit of a write is one started kilobyte of the item, before or after, whichever is
larger, and as much again for the index entry where the timer changes; of a consistent read four
kilobytes, of any other eight.
"""

from collections.abc import Iterator

import pytest

from sojourn.core.values.instants import HOUR, MINUTE, parse_instant
from sojourn.runtime.customer.mailbox import SHARDS
from sojourn.runtime.decisions.deciding import body_of
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Doc, email, journey, order
from tests.stack.metered import WRITES, Called, Line

pytestmark = pytest.mark.stack

NOON = parse_instant("2026-03-02T12:00:00Z")
ANA = "ana"

THANKS = journey("thanks", "order.placed", {"thank": email()})
LATER = journey(
    "later",
    "cart.abandoned",
    {"pause": {"type": "wait", "for": "PT1H", "next": "remind"}, "remind": email("Your cart")},
)
LOOK = [("GetItem", 0.5), *[("Query", 0.5)] * SHARDS]
"""What wake asks every two minutes: which plan is live, and every shard of the index."""

SETTINGS = {"timezone": "UTC", "senders": {"email": "hello@karoo.example"}}
FILES: dict[str, Doc] = {
    "settings.json": SETTINGS,
    "journeys/thanks.json": THANKS,
    "journeys/later.json": LATER,
    "journeys/slow.json": journey(
        "slow",
        "page.left",
        {
            "pause": {"type": "wait", "for": "PT1H", "next": "rest"},
            "rest": {"type": "wait", "for": "P1D"},
        },
    ),
}


@pytest.fixture
def line(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Line]:
    """The functions over a table of their own, with the plan in their memory."""
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    name = "metered-" + request.node.name.removeprefix("test_")[:40].strip("_")
    found = Line(stack, name, NOON)
    found.publish(FILES)
    yield found
    stack.client("dynamodb").delete_table(TableName=name)


def of(calls: list[Called], operations: set[str]) -> list[Called]:
    return [call for call in calls if call[0] in operations]


def test_an_event_that_nobody_refers_to_costs_one_write_of_one_unit_and_no_read(
    line: Line,
) -> None:
    for units in (1.0, 0.0):  # the second write fails, which AWS bills as the first
        line.put({"userId": ANA, "event": "page.viewed", "messageId": "m1"})
        assert line.take_stream() == 0
        assert line.meter.read() == [("PutItem", units)]


def test_an_event_that_starts_a_journey_costs_one_write_in_ingest_and_one_in_evaluate(
    line: Line,
) -> None:
    line.put(order(ANA, event="cart.abandoned"))
    assert line.meter.read() == [("UpdateItem", 1.0)]
    assert line.take_stream() == 1
    assert line.meter.read() == [("UpdateItem", 2.0)]  # the item, and its timer in the index
    assert line.take_stream() == 1
    assert line.meter.read() == [("PutEvents", 0.0)]  # journey.entered; the timer is far away
    assert line.take_stream() == 0


def test_the_same_event_again_costs_one_write_that_fails_and_nothing_else_runs(line: Line) -> None:
    line.put(order(ANA, event="cart.abandoned"))
    line.take_stream()
    line.take_stream()
    line.meter.read()
    line.put(order(ANA, event="cart.abandoned"))
    assert [name for name, _ in line.meter.read()] == ["UpdateItem"]
    assert line.take_stream() == 0


def test_a_message_costs_two_writes_in_dispatch_and_two_reads(line: Line) -> None:
    line.put(order(ANA))
    line.take_stream()
    line.take_stream()
    assert [name for name, _ in line.meter.read()] == [
        "UpdateItem",
        "UpdateItem",
        "SendMessageBatch",
        "PutEvents",
    ]
    assert line.hand_out() == 1
    assert line.meter.read() == [
        ("GetItem", 1.0),  # the customer
        ("GetItem", 0.5),  # which plan is live: a paused journey sends nothing from that moment on
        ("UpdateItem", 1.0),  # the claim: message and cap slot
        ("SendEmail", 0.0),
        ("UpdateItem", 2.0),  # the record, and the timer leaves the index
    ]
    assert line.take_stream() == 2
    assert line.meter.read() == [("PutEvents", 0.0)]  # message.sent, journey.exited
    assert line.take_stream() == 0


def test_a_wait_costs_storage_while_it_sleeps_and_one_write_when_it_ends(line: Line) -> None:
    line.put(order(ANA, event="page.left"))
    line.take_stream()
    line.take_stream()
    line.meter.read()
    for _ in range(57):
        line.clock.advance(MINUTE)
        assert line.wake() == 0
    assert line.meter.read() == LOOK * 57  # whoever sleeps, and however many
    line.clock.advance(3 * MINUTE)
    assert line.wake() == 1
    assert line.meter.read() == [*LOOK, ("SendMessageBatch", 0.0)]
    assert line.ring() == 1
    assert line.meter.read() == [
        ("GetItem", 1.0),  # the customer
        ("GetItem", 0.5),  # which plan is live: an hour has gone by since it was looked up
        ("UpdateItem", 3.0),  # the decision, and the timer moves in the index
    ]


def test_a_wait_that_a_message_follows_ends_with_the_claim(line: Line) -> None:
    line.put(order(ANA, event="cart.abandoned"))
    line.take_stream()
    line.take_stream()
    line.clock.advance(HOUR)
    assert line.wake() == 1
    line.meter.read()
    assert line.ring() == 1
    assert line.meter.read() == [
        ("GetItem", 1.0),  # the customer
        ("GetItem", 0.5),  # which plan is live
        ("SendMessageBatch", 0.0),  # to dispatch: nothing is written yet, the timer is overdue
    ]
    assert line.hand_out() == 1
    assert line.meter.read() == [
        ("GetItem", 1.0),  # the customer
        ("GetItem", 0.5),  # which plan is live
        ("UpdateItem", 1.0),  # what fell due, and the claim; the index stays as it is
        ("SendEmail", 0.0),
        ("UpdateItem", 2.0),  # the record, and the timer leaves the index
    ]


def test_what_falls_due_while_its_journey_is_paused_costs_two_writes_once(line: Line) -> None:
    line.put(order(ANA, event="cart.abandoned"))
    line.take_stream()
    line.take_stream()
    line.publish({**FILES, "journeys/later.json": {**LATER, "status": "paused"}})
    line.clock.advance(HOUR)
    assert line.wake() == 1
    line.meter.read()
    assert line.ring() == 1
    assert of(line.meter.read(), WRITES) == [
        ("PutItem", 2.0),  # that she rests, in the table and in the index
        ("UpdateItem", 3.0),  # her timer: a kilobyte, and moved to when she has stayed longest
    ]
    assert line.take_stream() == 1
    for _ in range(60):
        line.clock.advance(MINUTE)
        assert (line.wake(), line.ring(), line.take_stream()) == (0, 0, 0)
    assert line.meter.read() == LOOK * 60

    line.publish({**FILES, "journeys/later.json": {**LATER, "resume_over": "PT0S"}})
    line.clock.advance(MINUTE)
    assert line.wake() == 1
    resumed = [("Query", 0.5)] * SHARDS  # who rests is asked for from now on
    assert line.meter.read() == [*LOOK, *resumed, ("SendMessageBatch", 0.0)]
    assert line.ring() == 1
    assert line.take_stream() == 1
    assert line.hand_out() == 1  # the message that waited


def test_a_wake_up_that_is_not_needed_any_more_costs_one_read(line: Line) -> None:
    line.put(order(ANA, event="cart.abandoned"))
    line.take_stream()
    line.take_stream()
    line.meter.read()
    line.evaluate.wake(body_of(ANA))
    line.evaluate.flush()
    assert line.meter.read() == [("GetItem", 1.0)]


def test_journeys_that_do_not_care_cost_nothing(line: Line) -> None:
    others = {
        f"journeys/other-{number}.json": journey(
            f"other-{number}", f"other.{number}", {"thank": email()}
        )
        for number in range(100)
    }
    line.publish({**FILES, **others})
    line.put({"userId": ANA, "event": "page.viewed"})
    assert line.meter.read() == [("PutItem", 1.0)]
    line.put(order(ANA, event="cart.abandoned"))
    line.take_stream()
    line.take_stream()
    assert line.meter.read() == [("UpdateItem", 1.0), ("UpdateItem", 2.0), ("PutEvents", 0.0)]


def test_a_journal_that_has_grown_long_costs_one_write_more_now_and_then(line: Line) -> None:
    writes = []
    for number in range(24):
        line.clock.advance(HOUR)
        line.put(order(ANA, f"o{number}", event="cart.abandoned"))
        line.meter.read()
        line.take_stream()
        writes.append([name for name, _ in of(line.meter.read(), WRITES)])
        line.read_stream()
    assert all(each in (["UpdateItem"], ["PutItem", "UpdateItem"]) for each in writes)
    moved = writes.count(["PutItem", "UpdateItem"])
    assert 1 <= moved <= len(writes) / 4
