"""The timeline: one customer's whole story, each thing once, in order of time."""

from typing import Any

from sojourn.core.values.instants import DAY, MINUTE, SECOND
from sojourn.runtime.customer.timeline import as_document, read_timeline
from tests.runtime.given import ANA, Works, email, journey, settings


def story() -> Works:
    """A customer who looked around, ordered twice, and was written to once that day."""
    capped = settings(
        caps=[{"name": "daily", "max": 1, "per": "P1D"}],
        categories={"marketing": {"consent": "opt_out"}},
    )
    steps = {"thank": email(hold="P2D")}
    works = Works(journey(steps=steps), settings=capped)
    works.identify(name="Ana", consent={"marketing": True})
    works.clock.advance(SECOND)
    works.event("page viewed", url="/")
    for number in range(2):
        works.clock.advance(MINUTE)
        works.event("order.placed", order_id=str(number))
        works.run()
    return works


def document(works: Works) -> dict[str, Any]:
    found: dict[str, Any] = as_document(read_timeline(works.mailboxes, works.history, ANA))
    return found


def test_a_customer_is_told_whole() -> None:
    told = document(story())
    assert told["customer"] == ANA
    assert told["profile"] == {"email": "ana@example.com", "name": "Ana", "phone": "+27820000001"}
    said = {"given": True, "at": "2026-03-02T12:00:00Z", "source": "identify", "wording": None}
    assert told["consents"] == {"marketing": said}
    assert told["channels"] == {
        "email": {"addresses": ["ana@example.com"], "status": "ok"},
        "sms": {"addresses": ["+27820000001"], "status": "ok"},
        "push": {"addresses": [], "status": "missing"},
    }
    assert told["waiting"] == 0
    assert [(item["journey"], item["key"], item["step"]) for item in told["journeys"]] == [
        ("thanks", "1", "thank")
    ]
    assert [(item["status"], item["reason"]) for item in told["messages"]] == [
        ("sent", None),
        ("held", "cap daily"),
    ]


def test_every_message_has_the_same_keys_in_one_order_whatever_became_of_it() -> None:
    works = story()
    works.clock.advance(MINUTE)
    works.event("order.placed", order_id="2")
    told = document(works)["messages"]
    assert {item["status"] for item in told} == {"sent", "held"}
    assert len({tuple(item) for item in told}) == 1
    assert [item["until"] for item in told] == [None, "2026-03-03T12:01:01Z"]


def test_events_and_decisions_stand_in_order_of_time_an_event_before_what_it_led_to() -> None:
    rows = document(story())["timeline"]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert [row["event"] for row in rows if row["what"] == "event"] == [
        "identify",
        "page viewed",
        "order.placed",
        "order.placed",
    ]
    whats = [row["what"] for row in rows]
    assert whats.index("event") < whats.index("entered") < whats.index("message")


def test_events_that_wait_are_told_too() -> None:
    works = story()
    works.clock.advance(MINUTE)
    works.event("order.placed", order_id="9")
    told = document(works)
    assert told["waiting"] == 1
    assert told["timeline"][-1]["event"] == "order.placed"


def test_what_was_moved_to_the_history_is_told_once() -> None:
    works = story()
    for number in range(20):
        works.clock.advance(DAY)
        works.event("order.placed", order_id=f"x{number}", note="n" * 300)
        works.wait(MINUTE)
    rows = document(works)["timeline"]
    events = [row for row in rows if row["what"] == "event"]
    assert len(events) == 4 + 20
    entered = [row for row in rows if row["what"] == "entered"]
    assert len(entered) == 2 + 20
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_a_wait_says_until_when() -> None:
    steps = {"pause": {"type": "wait", "for": "P1D", "next": "thank"}, "thank": email()}
    works = Works(journey(start="pause", steps=steps))
    works.event("order.placed", order_id="1")
    works.run()
    (found,) = document(works)["journeys"]
    assert (found["step"], found["due_at"]) == ("pause", "2026-03-03T12:00:00Z")


def test_of_somebody_unknown_there_is_nothing_to_tell() -> None:
    told = document(Works())
    assert told["revision"] == 0
    assert all(not told[part] for part in ("profile", "consents", "channels", "journeys"))
    assert all(not told[part] for part in ("messages", "timeline", "waiting"))
