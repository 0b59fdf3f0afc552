"""Wake: whoever falls due soon is put on the wake queue, to come on the second."""

import json
from collections.abc import Sequence

import pytest

from sojourn.core.errors import Unavailable
from sojourn.core.values.instants import SECOND
from sojourn.fakes.queues import Queued
from sojourn.runtime.customer.mailbox import SHARDS
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.evaluate import NEAR
from sojourn.runtime.decisions.wake import AHEAD, EVERY, MOST_HERE, Looked, wake_due, wake_shard
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


def test_who_falls_due_before_the_next_look_is_woken_on_the_second() -> None:
    works = sleeping(("ana", 30), ("bo", 150), ("cy", 151))
    assert works.look() == 2
    assert works.wakes.queued == [Queued(body_of("ana"), 30), Queued(body_of("bo"), 150)]


def test_between_two_seconds_nobody_is_woken_early() -> None:
    works = sleeping(("ana", 30))
    works.clock.advance(1)
    works.look()
    assert works.wakes.queued == [Queued(body_of("ana"), 30)]


def test_who_is_overdue_is_woken_at_once() -> None:
    works = sleeping(("ana", 30), ("bo", 31))
    works.clock.advance(40 * SECOND)
    assert works.look() == 2
    assert {item.delay_seconds for item in works.wakes.queued} == {0}
    assert {json.loads(item.body)["customer"] for item in works.wakes.queued} == {"ana", "bo"}


def test_when_nobody_falls_due_nothing_is_put() -> None:
    works = sleeping(("ana", 600))
    assert works.look() == 0
    assert works.wakes.queued == []


def test_who_sleeps_costs_nothing_at_a_look() -> None:
    works = sleeping(("ana", 86_400))
    changes = len(works.mailboxes.changes)
    for _ in range(60):
        works.clock.advance(60 * SECOND)
        works.look()
    assert (len(works.mailboxes.changes), works.wakes.queued) == (changes, [])


def test_a_look_reaches_beyond_the_next_one_and_no_further_than_a_wake_up_set_at_once() -> None:
    assert EVERY < AHEAD < NEAR


def crowd(number: int) -> Works:
    """So many customers who are due at one instant, half a minute from now."""
    works = Works(waiting(30))
    for each in range(number):
        works.identify(f"c{each}")
        works.event("event-30", f"c{each}")
    works.run()
    works.wakes.queued.clear()
    return works


def test_a_shard_with_more_than_a_few_is_left_to_a_worker_of_its_own() -> None:
    works = crowd(3 * SHARDS)
    by_shard = [
        len(works.mailboxes.due(shard, works.clock.now() + AHEAD, 99)) for shard in range(SHARDS)
    ]
    ports = works.mailboxes, works.wakes, works.workers, works.clock, works.plans
    here = wake_due(*ports, Looked(), most_here=3)
    assert works.workers.shards == [shard for shard, found in enumerate(by_shard) if found >= 3]
    assert here == sum(found for found in by_shard if found < 3) > 0
    for shard in works.workers.shards:
        ports_there = works.mailboxes, works.wakes, works.clock, works.plans
        assert wake_shard(*ports_there, shard) == by_shard[shard]
    assert sorted(works.wakes.queued, key=str) == sorted(
        [Queued(body_of(f"c{each}"), 30) for each in range(3 * SHARDS)], key=str
    )


def test_when_no_worker_can_be_started_the_others_shards_are_woken_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    works = crowd(3 * SHARDS)

    def look(shard: int) -> None:
        raise Unavailable(f"shard {shard}")

    monkeypatch.setattr(works.workers, "look", look)
    with pytest.raises(Unavailable):
        works.look(most_here=3)
    assert 0 < len(works.wakes.queued) < 3 * SHARDS
    monkeypatch.undo()
    woken = {json.loads(item.body)["customer"] for item in works.wakes.queued}
    works.wakes.queued.clear()
    assert works.look(most_here=3) == 3 * SHARDS
    assert woken < {json.loads(item.body)["customer"] for item in works.wakes.queued}


def test_who_is_put_late_in_a_large_crowd_still_comes_on_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    works = crowd(MOST_HERE * 3 // 2)
    inner = works.wakes.put

    def put(bodies: Sequence[str], delay_seconds: int = 0) -> None:
        inner(bodies, delay_seconds)
        works.clock.advance(len(bodies) * SECOND // 100)

    monkeypatch.setattr(works.wakes, "put", put)
    began = works.clock.now()
    assert works.look() == MOST_HERE * 3 // 2
    assert [item.delay_seconds for item in works.wakes.queued] == [30] * 500 + [25] * 250
    assert works.clock.now() - began == 7 * SECOND + SECOND // 2
