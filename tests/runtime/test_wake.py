"""Wake: whoever falls due soon is put on the wake queue, to come on the second."""

import json

from sojourn.core.instants import SECOND
from sojourn.fakes.queues import Queued
from sojourn.runtime.deciding import body_of
from sojourn.runtime.wake import wake_due
from tests.runtime.given import Doc, Works, email, journey


def sleeping(*customers: tuple[str, int]) -> Works:
    """Customers asleep for so many seconds, whose near wake-ups got lost."""
    works = Works(*(waiting(seconds) for _, seconds in customers))
    for customer, seconds in customers:
        works.identify(customer)
        works.event(f"event-{seconds}", customer)
    works.run()
    works.wakes.queued.clear()
    return works


def waiting(seconds: int) -> Doc:
    steps = {"pause": {"type": "wait", "for": f"PT{seconds}S", "next": "hi"}, "hi": email()}
    return journey(f"j{seconds}", f"event-{seconds}", start="pause", steps=steps)


def test_who_falls_due_within_ninety_seconds_is_woken_on_the_second() -> None:
    works = sleeping(("ana", 30), ("bo", 90), ("cy", 91))
    assert wake_due(works.mailboxes, works.wakes, works.clock, works.plans) == 2
    assert works.wakes.queued == [Queued(body_of("ana"), 30), Queued(body_of("bo"), 90)]


def test_between_two_seconds_nobody_is_woken_early() -> None:
    works = sleeping(("ana", 30))
    works.clock.advance(1)
    wake_due(works.mailboxes, works.wakes, works.clock, works.plans)
    assert works.wakes.queued == [Queued(body_of("ana"), 30)]


def test_who_is_overdue_is_woken_at_once() -> None:
    works = sleeping(("ana", 30), ("bo", 31))
    works.clock.advance(40 * SECOND)
    assert wake_due(works.mailboxes, works.wakes, works.clock, works.plans) == 2
    assert {item.delay_seconds for item in works.wakes.queued} == {0}
    assert {json.loads(item.body)["customer"] for item in works.wakes.queued} == {"ana", "bo"}


def test_when_nobody_falls_due_nothing_is_put() -> None:
    works = sleeping(("ana", 600))
    assert wake_due(works.mailboxes, works.wakes, works.clock, works.plans) == 0
    assert works.wakes.queued == []


def test_who_sleeps_costs_nothing_each_minute() -> None:
    works = sleeping(("ana", 86_400))
    changes = len(works.mailboxes.changes)
    for _ in range(60):
        works.clock.advance(60 * SECOND)
        wake_due(works.mailboxes, works.wakes, works.clock, works.plans)
    assert (len(works.mailboxes.changes), works.wakes.queued) == (changes, [])
