"""The promises hold, whatever is killed, doubled, delayed or reordered."""

import os
from base64 import urlsafe_b64decode
from collections import Counter
from itertools import pairwise

import pytest

from sojourn.core.codec import decode_event
from sojourn.core.customer import Customer
from sojourn.core.documents import plan_from
from sojourn.core.exact import loads_object
from sojourn.core.instants import DAY, MINUTE, Instant
from sojourn.core.localtime import local_clock
from sojourn.core.release import zone_of
from sojourn.runtime.timeline import read_timeline
from tests.chaos.shop import documents
from tests.chaos.world import Accepted, World, a_day

SEEDS = range(int(os.environ.get("CHAOS_SEEDS", "200")))
PLAN = plan_from(documents(), 1)


def customers(world: World) -> list[str]:
    return sorted({change.after.customer_id for change in world.mailboxes.changes})


def sends_of(world: World, customer: str, channel: str) -> list[Accepted]:
    def whose(item: Accepted) -> str:
        if item.channel == "sms":
            return customer if f"{customer}-" in item.subject else ""
        return urlsafe_b64decode(item.customer + "=" * (-len(item.customer) % 4)).decode()

    return [item for item in world.accepted if item.channel == channel and whose(item) == customer]


def is_marketing(item: Accepted) -> bool:
    return not item.subject.startswith("order")


def check_once(world: World) -> None:
    taken = Counter(item.message for item in world.accepted)
    assert [message for message, count in taken.items() if count > 1] == []


def check_caps(world: World) -> None:
    for customer in customers(world):
        mails = [item.at for item in sends_of(world, customer, "email") if is_marketing(item)]
        for first, third in zip(mails, mails[2:], strict=False):
            assert third - first >= DAY - MINUTE, "three marketing e-mails within a day"
        texts = [item.at for item in sends_of(world, customer, "sms")]
        for earlier, later in pairwise(sorted(mails + texts)):
            assert later - earlier >= 29 * MINUTE, "less than half an hour between two messages"


def check_quiet(world: World) -> None:
    zone = zone_of(Customer("c", 0), PLAN.settings)
    for item in world.accepted:
        if is_marketing(item):
            assert 8 <= local_clock(item.at, zone).hour < 21


def check_nobody_is_stuck(world: World, end: Instant) -> None:
    for customer in customers(world):
        box = world.mailboxes.read(customer)
        assert box.inbox == ()
        assert box.customer is not None
        assert [item for item in box.customer.messages.values() if item.status != "held"] == []
        assert all(item.wake_at > end for item in box.customer.messages.values())
        for enrolment in box.customer.live():
            waits = enrolment.due_at is not None and enrolment.due_at > end
            held = any(m.enrolment == enrolment.id for m in box.customer.messages.values())
            assert waits or held, f"{customer} is stuck at {enrolment.step}"


def check_no_event_is_lost(world: World) -> None:
    assert world.letters.letters == []
    for customer in customers(world):
        timeline = read_timeline(world.mailboxes, world.history, customer)
        known = {event.id for event in timeline.events}
        sent = {id_ for id_ in world.appended_at if id_.startswith(f"{customer}-")}
        assert sent - known == set()


def check_each_event_counts_once(world: World) -> None:
    for customer in customers(world):
        box = world.mailboxes.read(customer)
        lines = (*world.history.lines(customer, -(1 << 62)), *box.journal.splitlines())
        by_revision = {loads_object(line)["r"]: line for line in lines}
        taken: Counter[str] = Counter()
        for line in by_revision.values():
            stored = loads_object(line).get("e")
            assert stored is None or isinstance(stored, list)
            taken.update(decode_event(item).id for item in stored or ())
        assert [id_ for id_, count in taken.items() if count > 1] == []


def check_exits_are_immediate(world: World) -> None:
    """No reminder of a cart is claimed after its purchase was taken in."""
    for item in world.accepted:
        cart = item.subject.removeprefix("cart ")
        bought_at = world.appended_at.get(f"{cart}-bought")
        left_at = world.appended_at.get(f"{cart}-left")
        if item.subject.startswith("cart ") and bought_at is not None and left_at is not None:
            assert item.at <= max(bought_at, left_at) + MINUTE


@pytest.mark.parametrize("seed", SEEDS)
def test_the_promises_hold_under_faults(seed: int) -> None:
    world = a_day(seed)
    check_once(world)
    check_caps(world)
    check_quiet(world)
    check_nobody_is_stuck(world, world.clock.now())
    check_no_event_is_lost(world)
    check_each_event_counts_once(world)
    check_exits_are_immediate(world)


def test_the_same_seed_does_the_same() -> None:
    assert a_day(7).accepted == a_day(7).accepted


def test_the_faults_do_strike() -> None:
    worlds = [a_day(seed) for seed in range(20)]
    assert sum(world.killed for world in worlds) > 20
    assert sum(len(world.accepted) for world in worlds) > 40
