"""A burst beyond the table's capacity makes things late: nothing is lost, nothing goes twice."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sojourn.core.errors import Unavailable
from sojourn.core.values.instants import SECOND, Duration
from tests.chaos.promises import PROMISES, broken_promises
from tests.chaos.story import BEGIN, Happening, story
from tests.chaos.world import STORM, World, a_day_in

REFILL: Duration = 5 * SECOND
"""One call to the table fits into each of these: its capacity."""

SAVED = 6
"""Calls that fit at once where little was used before, as DynamoDB keeps some capacity."""

LOOKS = {"due", "resting"}
"""Calls that read the index, which has a capacity of its own."""

LATE = {
    "what wakes does so in time",
    "a poison record stops nobody else",  # nor do these, but they are given up as poison is
}
"""What holds of a table with room alone: here all may be late, and be tried too often."""

KEPT = {name: check for name, check in PROMISES.items() if name not in LATE}
SEEDS = 40


class ShortOfCapacity(World):
    """A table that throttles what is beyond its capacity, until that has grown."""

    def __init__(self, seed: int, happenings: Sequence[Happening], *, calm: bool) -> None:
        super().__init__(seed, happenings, calm=calm)
        self.throttled = 0
        self._left = SAVED
        self._filled_at = BEGIN

    def call(self, service: str, name: str, function: Callable[[], Any]) -> Any:  # noqa: ANN401 - any port's call
        """Call a port, if it is not the table or there is room."""
        if service == "table" and name not in LOOKS and self.now < BEGIN + STORM:
            more = (self.now - self._filled_at) // REFILL
            self._filled_at += more * REFILL
            self._left = min(SAVED, self._left + more)
            if self._left == 0:
                self.throttled += 1
                raise Unavailable("ProvisionedThroughputExceededException")
            self._left -= 1
        return super().call(service, name, function)


def a_day_of_bursts(seed: int, *, calm: bool) -> ShortOfCapacity:
    """A day short of capacity; dead letters are redriven when there is more, and all settles."""
    return a_day_in(ShortOfCapacity(seed, story(seed), calm=calm))


@pytest.mark.parametrize("calm", [True, False], ids=["throttled alone", "and everything else"])
def test_what_is_throttled_is_late_and_neither_lost_nor_doubled(*, calm: bool) -> None:
    worlds = [a_day_of_bursts(seed, calm=calm) for seed in range(SEEDS)]
    for world in worlds:
        assert broken_promises(world, KEPT) == {}, world.seed
    assert sum(world.throttled > 0 for world in worlds) > SEEDS * 9 // 10
    assert sum(len(world.taken) for world in worlds) > 2 * SEEDS
    # What was throttled five times was a dead letter, and came home.
    assert sum(len(world.buried) for world in worlds) > 0
