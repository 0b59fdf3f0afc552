"""What the bus does not take waits in a queue; what the stream gave up is asked for again."""

from collections.abc import Sequence

import pytest

from sojourn.core.errors import InvalidInput, Unavailable
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.instants import MINUTE
from sojourn.fakes.queues import FakeBus, FakeQueue
from sojourn.runtime.decisions.announcing import BODY_BYTES, again, announced_in, bodies_announcing
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.ports import PartlyTaken
from tests.runtime.given import ANA, NOON, Works, journey
from tests.runtime.test_forgetting import finish


class BusIsOut(FakeBus):
    """Takes nothing, for as long as it is out."""

    def __init__(self) -> None:
        super().__init__()
        self.out = True

    def announce(self, announcements: Sequence[Announcement]) -> None:
        """Refuse, or take."""
        if self.out:
            raise Unavailable("the bus does not answer")
        super().announce(announcements)


def test_what_the_bus_does_not_take_waits_in_the_wake_queue_and_holds_nobody_up() -> None:
    works = Works(journey())
    works.bus = bus = BusIsOut()
    works.evaluate = works.another_evaluate()
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    assert [item.body for item in works.dispatches.queued] == [body_of(ANA)]
    (queued,) = works.wakes.queued
    assert queued.delay_seconds == 60
    with pytest.raises(Unavailable):
        works.evaluate.wake(queued.body)
    bus.out = False
    works.evaluate.wake(queued.body)
    assert [item.name for item in bus.announced] == ["journey.entered"]
    before = works.mailboxes.changes[-1].after
    assert bus.announced == list(before.announcements)


class BusTakesHalf(FakeBus):
    """Of several events takes the first ones; a single one it takes."""

    def announce(self, announcements: Sequence[Announcement]) -> None:
        """Take the first half."""
        half = -(-len(announcements) // 2)
        super().announce(announcements[:half])
        if announcements[half:]:
            raise PartlyTaken(announcements[half:])


def test_what_the_bus_took_is_not_put_there_again_for_the_sake_of_others() -> None:
    works = Works(journey())
    works.bus = bus = BusTakesHalf()
    works.evaluate = works.another_evaluate()
    for number in range(9):
        works.event("order.placed", order_id=f"{number}")
    works.stream()
    works.stream()
    assert len(bus.announced) == 5
    for _ in range(3):
        (queued,) = works.wakes.queued
        works.wakes.queued.clear()
        works.evaluate.wake(queued.body)
    assert works.wakes.queued == []
    assert bus.announced == list(works.mailboxes.changes[-1].after.announcements)


class QueueIsOut(FakeQueue):
    """Takes nothing, for as long as it is out."""

    def __init__(self) -> None:
        super().__init__()
        self.out = True

    def put(self, bodies: Sequence[str], delay_seconds: int = 0) -> None:
        """Refuse, or take."""
        if self.out:
            raise Unavailable("the queue does not answer")
        super().put(bodies, delay_seconds)


def test_what_is_announced_is_so_once_although_work_for_dispatch_is_handed_over_twice() -> None:
    works = Works(journey())
    works.dispatches = queue = QueueIsOut()
    works.evaluate = works.another_evaluate()
    works.event("order.placed", order_id="1")
    works.stream()
    with pytest.raises(Unavailable):
        works.stream()
    queue.out = False
    works.stream()
    assert [item.name for item in works.bus.announced] == ["journey.entered"]


def test_what_waits_for_the_bus_is_put_into_bodies_of_bounded_size_in_its_order() -> None:
    said = [
        Announcement(f"id-{number}", "note", NOON, ANA, {"text": "x" * 20_000, "number": number})
        for number in range(7)
    ]
    large = Announcement("large", "note", NOON, ANA, {"text": "x" * BODY_BYTES})
    found = bodies_announcing([*said, large])
    assert [len(announced_in(body)) for body in found] == [3, 3, 1, 1]
    assert [item for body in found for item in announced_in(body)] == [*said, large]
    assert max(len(body) for body in found[:-1]) < BODY_BYTES + 100


@pytest.mark.parametrize("body", ['{"announce": 5}', '{"announce": [["a"]]}', '{"announce": [7]}'])
def test_a_body_that_is_none_of_ours_is_refused(body: str) -> None:
    with pytest.raises(InvalidInput):
        Works().evaluate.wake(body)


def test_what_the_stream_gave_up_is_asked_for_again_from_its_records() -> None:
    works = Works(journey())
    works.identify()
    works.event("order.placed", order_id="1")
    given_up = list(works.mailboxes.changes)
    works.evaluate.take(given_up)  # and nothing is flushed: the function died
    works.evaluate = works.another_evaluate()
    decided = works.mailboxes.changes[len(given_up) :]
    for body in again([*given_up, *decided]):
        works.evaluate.wake(body)
    works.evaluate.flush()
    assert [item.name for item in works.bus.announced] == ["journey.entered"]
    assert [item.body for item in works.dispatches.queued] == [body_of(ANA)]


def test_what_waits_for_the_bus_of_somebody_forgotten_is_told_no_more() -> None:
    works = Works(journey())
    works.identify()
    works.run()
    finish(works)
    works.clock.advance(MINUTE)
    said = [Announcement(f"id-{who}", "note", NOON, who, {}) for who in (ANA, "ben")]
    works.evaluate.wake(bodies_announcing(said)[0])
    assert [item.customer for item in works.bus.announced if item.name == "note"] == ["ben"]
