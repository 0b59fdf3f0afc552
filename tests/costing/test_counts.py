"""What is counted of a small day, figure by figure; the emulated AWS counts the same of such a one.

`tests/stack/test_cost_counts.py` holds the counts against the calls that are really made.
"""

from fractions import Fraction
from typing import Any

from sojourn.core.incoming.events import Defaults, Incoming, parse_message
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import DAY, format_instant, parse_instant
from sojourn_cli.costing.line import Line, alone
from sojourn_cli.costing.meter import Meter
from tests.explaining.given import plan_of

NOON = parse_instant("2026-03-02T12:00:00Z")
TEXT = {"type": "send", "channel": "sms", "content": {"text": "Thank you"}}
PLAN = plan_of(
    {
        "thanks": {
            "status": "live",
            "entry": {"event": "order.placed"},
            "start": "thank",
            "steps": {"thank": TEXT},
        },
        "later": {
            "status": "live",
            "entry": {"event": "cart.abandoned"},
            "start": "pause",
            "steps": {"pause": {"type": "wait", "for": "PT1H"}},
        },
    }
)
PHONE = {"traits": {"phone": "+27821234567"}}


def counted(*lines: dict[str, Any]) -> dict[str, int | Fraction]:
    """What a day takes on which these came at noon, but for nothing."""
    at, meter = format_instant(NOON), Meter()
    coming: list[Incoming] = [
        parse_message({"timestamp": at, "messageId": str(number), **line}, Defaults(), None)
        for number, line in enumerate(lines)
    ]
    later = Event("none", "message.delivered", NOON + 90 * DAY, NOON + 90 * DAY)
    Line(PLAN, meter).run([*coming, alone("ana", later)], NOON + DAY, lambda: None)
    return {name: much for name, much in meter.counts.items() if much}


def test_an_event_that_concerns_nobody_is_one_write() -> None:
    assert counted({"userId": "ana", "event": "page.viewed"}) == {
        "events": 1,
        "bus_events": 1,
        "queue_requests": Fraction(12, 10),  # put by itself, taken and deleted with nine others
        "queue_requests.rule": 1,
        "queue_requests.taken": Fraction(2, 10),
        "invocations.ingest": Fraction(1, 10),
        "records.ingest": 1,
        "calls.ingest": 1,
        "round_trips": 1,
        "writes": 1,
        "write_units": 1,
        "write_units.ingest": 1,
    }


def test_a_text_message_is_four_writes_and_two_calls_of_its_provider() -> None:
    found = counted({"userId": "ana", "event": "order.placed", **PHONE})
    assert found["texts"] == 1
    assert found["writes"] == 5  # in, decided, the number noted, claimed, recorded
    assert [found[f"write_units.{part}"] for part in ("ingest", "evaluate", "dispatch")] == [
        *(1, 1, 3)
    ]
    # She is read, the plan is looked at, and SNS is asked whether she has opted out.
    assert found["calls.dispatch"] == 3 + 1 + 1 + 2
    assert found["read_units"] == 1 + Fraction(1, 2)
    assert found["announced"] == 3  # entered, sent, exited
    assert found["calls.evaluate"] == 1 + Fraction(1 + 3, 10)  # work for dispatch; on the bus


def test_a_wait_moves_the_timers_entry_in_and_out() -> None:
    found = counted({"userId": "ana", "event": "cart.abandoned"})
    assert found["write_units.index"] == 2
    assert (found["write_units.ingest"], found["write_units.evaluate"]) == (1, 2)
    assert found["records.evaluate"] == 4  # the event, a wake-up, and its own two writes
    assert found["queue_requests.put"] == Fraction(1, 10)


def test_a_join_is_a_transaction_that_writes_everybody_twice() -> None:
    found = counted(
        {"anonymousId": "v1", "event": "cart.abandoned"},
        {"userId": "ana", "anonymousId": "v1", "event": "page.viewed"},
    )
    # Each comes in; she enters; two items are joined; she is decided about, and woken.
    assert (found["writes"], found["write_units"]) == (7, 2 + 1 + 2 * 2 + 1 + 1 + 1 + 4)
    assert found["write_units.index"] == 4  # the timer's entry goes from one item to the other
