"""After days of faults the audit finds nothing, however the customers came to be as they are."""

import logging
from collections.abc import Iterator

import pytest

from sojourn.adapters.keys import shard_of
from sojourn.core.values.instants import HOUR
from sojourn.runtime.audit import Judged, Kept, Tally, Violation, examine
from tests.chaos.shop import REVISIONS, plan
from tests.chaos.world import World, a_day

DAYS = 60


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What fails for a passing reason is logged, hundreds of times here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def kept(world: World) -> Iterator[Kept]:
    """Every customer item of a world, as the table would show it."""
    for customer, item in world.mailboxes._items.items():
        shard = shard_of(customer)
        box = world.mailboxes.read(customer)
        timed = None if item.timer_at is None else shard
        yield Kept(box, item.timer_at, timed, len(item.slots))


def violations(world: World) -> list[Violation]:
    judged = Judged(plan(len(REVISIONS)), world.now, HOUR, 0)
    return [found for item in kept(world) for found in examine(item, judged)]


@pytest.mark.parametrize("first", range(0, DAYS, 10))
def test_a_day_of_faults_leaves_nobody_behind(first: int) -> None:
    tally = Tally()
    for seed in range(first, first + 10):
        world = a_day(seed)
        assert violations(world) == [], seed
        for item in kept(world):
            tally = tally.counting(item)
    assert tally.customers > 0
