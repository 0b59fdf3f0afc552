"""Evaluate: what waits is decided in one write; only what was written is carried on."""

from collections.abc import Sequence
from typing import Any

import pytest

from sojourn.core.errors import Conflict, InvalidInput, Unavailable
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND
from sojourn.fakes.queues import FakeQueue, Queued
from sojourn.runtime.customer.mailbox import Change, Mailbox
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.live_plan import PLAN_AGE
from tests.runtime.given import ANA, NOON, Died, Doc, Works, email, journey, settings


def waiting(duration: str, **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A journey that waits before it writes."""
    steps = {"pause": {"type": "wait", "for": duration, "next": "thank"}, "thank": email()}
    return journey(start="pause", steps=steps, **fields)


def entered(*journeys: Doc) -> Works:
    """A customer whose order was decided and whose decision was relayed."""
    works = Works(*journeys)
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    return works


def bodies(queue: FakeQueue) -> list[str]:
    return [item.body for item in queue.queued]


def test_all_events_that_wait_are_decided_in_their_order_and_written_once() -> None:
    works = Works(journey(), journey("exit-first", "cart.abandoned"))
    works.identify()
    for number in range(3):
        works.clock.advance(SECOND)
        works.event("order.placed", order_id=str(number))
    works.stream()
    assert works.mailboxes.read(ANA).revision == 1
    assert works.mailboxes.read(ANA).inbox == ()
    entries = [record for record in works.records() if record.what == "entered"]
    assert [record.at for record in entries] == [NOON + second * SECOND for second in (1, 2, 3)]


def test_what_fell_due_between_two_events_is_decided_at_its_own_instant() -> None:
    works = entered(waiting("PT30S", exit=[{"event": "order.cancelled", "outcome": "regretted"}]))
    works.wakes.queued.clear()
    works.clock.advance(MINUTE)
    works.event("order.cancelled")
    works.stream()
    (message,) = [record for record in works.records() if record.what == "message"]
    assert message.details["requested_at"] == "2026-03-02T12:00:30Z"
    assert (message.at - NOON, message.reason) == (MINUTE, "exit regretted")


def test_nothing_is_carried_on_before_it_is_written() -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    assert works.mailboxes.read(ANA).revision == 1
    assert (works.dispatches.queued, works.bus.announced) == ([], [])
    works.stream()
    assert bodies(works.dispatches) == [body_of(ANA)]
    assert [item.name for item in works.bus.announced] == ["journey.entered"]


def test_who_dies_before_the_write_carries_nothing_on() -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")

    def die() -> None:
        raise Died

    works.mailboxes.before_save = [die]
    with pytest.raises(Died):
        works.stream()
    assert (works.dispatches.queued, works.bus.announced) == ([], [])
    works.evaluate = works.another_evaluate()
    works.run()
    assert works.subjects() == ["Thank you"]


def test_who_dies_after_the_write_lost_nothing_for_the_stream_brings_it() -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")

    def die() -> None:
        raise Died

    works.mailboxes.after_save = [die]
    with pytest.raises(Died):
        works.stream()
    works.evaluate = works.another_evaluate()
    works.run()
    assert works.subjects() == ["Thank you"]
    assert [item.name for item in works.bus.announced].count("journey.entered") == 1


class Reluctant(FakeQueue):
    """A queue that does not answer at first."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 1

    def put(self, bodies: Sequence[str], delay_seconds: int = 0) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("the queue does not answer")
        super().put(bodies, delay_seconds)


def test_what_could_not_be_carried_on_comes_with_the_batch_again() -> None:
    works = Works(journey())
    works.dispatches = Reluctant()
    works.evaluate = works.another_evaluate()
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    with pytest.raises(Unavailable):
        works.stream()
    works.run()
    assert works.subjects() == ["Thank you"]


def test_a_stream_record_that_comes_twice_changes_nothing() -> None:
    works = entered(journey())
    works.run()
    revision = works.mailboxes.read(ANA).revision
    works.rewind(10)
    works.run()
    assert works.mailboxes.read(ANA).revision == revision
    assert works.subjects() == ["Thank you"]
    assert len({item.id for item in works.bus.announced}) == 3


def test_an_old_image_of_the_item_decides_nothing_twice() -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")
    old = works.unread()
    works.evaluate.take(old)
    other = works.another_evaluate()
    other.take(old)
    other.flush()
    assert works.mailboxes.read(ANA).revision == 1
    assert works.dispatches.queued == []


def test_who_loses_every_race_gives_the_records_back() -> None:
    works = Works(journey())
    works.identify()

    def overtake() -> None:
        works.identify(name=str(works.mailboxes.read(ANA).revision))
        works.event("order.placed", order_id=str(works.mailboxes.read(ANA).revision))
        works.another_evaluate().take(works.unread())
        works.event("cart.abandoned")
        works.identify(name=f"again {works.mailboxes.read(ANA).revision}")

    works.mailboxes.before_save = [overtake, lambda: None] * 40
    with pytest.raises(Conflict, match="others decided first 20 times"):
        works.stream()


def test_an_item_without_a_state_asks_for_nothing() -> None:
    works = Works()
    works.evaluate.take([Change(None, Mailbox(ANA, 1))])
    works.evaluate.flush()
    assert (works.dispatches.queued, works.wakes.queued, works.bus.announced) == ([], [], [])


# ---- Wake-ups ---------------------------------------------------------------------------------


def test_a_near_wake_up_is_set_at_once_rounded_up_to_the_second() -> None:
    works = Works(waiting("PT30S"))
    works.clock.advance(1)
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.clock.advance(SECOND)
    works.stream()
    assert works.wakes.queued == [Queued(body_of(ANA), 29)]
    works.clock.advance(1)
    works.rewind(1)
    works.stream()
    assert works.wakes.queued[1:] == [Queued(body_of(ANA), 29)]


@pytest.mark.parametrize(("duration", "count"), [("PT3M", 1), ("PT181S", 0)])
def test_a_wake_up_farther_than_three_minutes_is_left_to_the_timer_index(
    duration: str, count: int
) -> None:
    works = entered(waiting(duration))
    assert len(works.wakes.queued) == count
    works.wait(4 * MINUTE)
    assert works.subjects() == ["Thank you"]


def test_a_wake_up_that_is_set_already_is_not_set_again() -> None:
    works = entered(waiting("PT60S"))
    works.identify(name="Ana")
    works.stream()
    works.stream()
    assert len(works.wakes.queued) == 1


def test_a_wake_up_that_comes_early_is_set_again() -> None:
    works = entered(waiting("PT60S"))
    works.wakes.queued.clear()
    works.clock.advance(MINUTE - 1)
    works.evaluate.wake(body_of(ANA))
    works.evaluate.flush()
    assert works.mailboxes.read(ANA).revision == 1
    assert works.wakes.queued == [Queued(body_of(ANA), 1)]


def test_a_wake_up_that_comes_far_too_early_is_left_to_the_timer_index() -> None:
    works = entered(waiting("PT1H"))
    works.evaluate.wake(body_of(ANA))
    works.evaluate.flush()
    assert works.wakes.queued == []
    works.wait(HOUR)
    assert works.subjects() == ["Thank you"]


def test_a_wake_up_that_comes_twice_changes_nothing() -> None:
    works = entered(waiting("PT60S"))
    works.wait(2 * MINUTE)
    revision = works.mailboxes.read(ANA).revision
    for _ in range(2):
        works.evaluate.wake(body_of(ANA))
        works.evaluate.flush()
    works.run()
    assert works.mailboxes.read(ANA).revision == revision
    assert works.subjects() == ["Thank you"]


def test_a_wake_up_for_an_enrolment_that_has_moved_changes_nothing() -> None:
    works = entered(waiting("PT60S", exit=[{"event": "order.cancelled", "outcome": "regretted"}]))
    works.event("order.cancelled")
    works.run()
    revision = works.mailboxes.read(ANA).revision
    works.clock.advance(MINUTE)
    works.evaluate.wake(works.wakes.queued[0].body)
    works.evaluate.flush()
    works.run()
    assert works.mailboxes.read(ANA).revision == revision
    assert works.subjects() == []


def test_a_wake_up_of_somebody_unknown_makes_no_customer() -> None:
    works = Works()
    works.evaluate.wake(body_of("nobody"))
    works.evaluate.flush()
    assert works.mailboxes.changes == []


def test_a_wake_up_that_names_nobody_is_refused_with_a_reason() -> None:
    with pytest.raises(InvalidInput, match="customer: missing"):
        Works().evaluate.wake('{"custmer": "ana"}')


def test_a_wake_up_takes_what_the_stream_could_not_bring() -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")
    works.evaluate.wake(body_of(ANA))
    assert works.mailboxes.read(ANA).inbox == ()
    works.run()
    assert works.subjects() == ["Thank you"]


def test_a_held_message_wakes_up_for_dispatch() -> None:
    capped = settings(caps=[{"name": "gap", "min_gap": "PT1M"}])
    works = Works(journey("a"), journey("b"), settings=capped)
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    assert len(works.subjects()) == 1
    works.clock.advance(MINUTE)
    works.evaluate.wake(body_of(ANA))
    works.evaluate.flush()
    assert bodies(works.dispatches) == [body_of(ANA)]
    works.run()
    assert len(works.subjects()) == 2


# ---- The plan ---------------------------------------------------------------------------------


def test_whoever_knows_an_older_plan_than_decided_last_looks_it_up() -> None:
    works = Works(journey())
    old = works.another_evaluate(works.live(PLAN_AGE))
    old.wake(body_of("nobody"))  # it knows the first plan now
    works.upload({"journeys/thanks.json": waiting("PT30S")})
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    assert [item.version for item in works.customer().live()] == [2]
    works.event("order.placed", order_id="2")
    works.stream(old)
    assert [item.version for item in works.customer().live()] == [2, 2]
    works.wait(MINUTE)
    assert works.subjects() == ["Thank you", "Thank you"]


def test_what_was_decided_under_a_resumed_journey_is_relayed_by_who_knew_it_paused() -> None:
    works = Works(journey(status="paused"))
    old = works.another_evaluate(works.live(PLAN_AGE))
    old.wake(body_of("nobody"))
    works.upload({"journeys/thanks.json": journey()})
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream(old)
    assert bodies(works.dispatches) == [body_of(ANA)]


# ---- History ----------------------------------------------------------------------------------


ASKS = {
    "did": {"event": "order.placed", "within": "P30D", "count": {"gte": 3}},
}


def test_older_events_are_read_when_a_condition_asks_for_them() -> None:
    thanks = journey("loyal", "visit.ended", entry={"event": "visit.ended", "where": ASKS})
    works = Works()
    works.identify()
    for number in range(2):
        works.event("order.placed", order_id=str(number))
        works.clock.advance(DAY)
    works.run()
    works.upload({"journeys/loyal.json": thanks})
    works.clock.advance(MINUTE)
    works.event("visit.ended")
    works.run()
    assert works.subjects() == []
    for number in range(40):
        works.event("order.placed", order_id=f"x{number}", note="n" * 100)
        works.run()
    works.clock.advance(DAY)
    works.event("visit.ended")
    works.run()
    assert works.subjects() == ["Thank you"]


def test_older_events_are_read_also_when_an_outcome_asks_for_them() -> None:
    steps = {
        "thank": email("thanks", next="which"),
        "which": {"type": "branch", "branches": [{"where": ASKS, "next": "gift"}]},
        "gift": email("a gift"),
    }
    works = Works()
    works.identify()
    for number in range(2):
        works.event("order.placed", order_id=str(number))
    works.run()
    works.upload({"journeys/thanks.json": journey(steps=steps)})
    works.clock.advance(MINUTE)
    works.event("order.placed", order_id="3")
    works.run()
    assert works.subjects() == ["thanks", "a gift"]
