"""The promises hold, whatever is killed, doubled, delayed, throttled, lost or reordered."""

import os
from collections import Counter

import pytest

from sojourn.runtime.decisions import parts
from tests.chaos.promises import broken_promises
from tests.chaos.shrinking import Minimal
from tests.chaos.story import BEGIN
from tests.chaos.world import STORM, a_day

SEEDS = int(os.environ.get("CHAOS_SEEDS", "2000"))
BLOCK = 50


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_the_promises_hold_under_faults(first: int) -> None:
    for seed in range(first, min(first + BLOCK, SEEDS)):
        broken = broken_promises(a_day(seed))
        if broken:
            pytest.fail(str(Minimal(seed, next(iter(broken))).shrink()), pytrace=False)


@pytest.mark.parametrize("first", range(0, 200, BLOCK))
def test_the_promises_hold_where_each_write_takes_as_little_of_an_inbox_as_it_can(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "DECIDED_BYTES", 0)
    monkeypatch.setattr(parts, "MEASURED_EVERY", 1 + first // BLOCK)
    for seed in range(first, first + BLOCK):
        assert broken_promises(a_day(seed)) == {}, seed


@pytest.mark.parametrize("seed", range(20))
def test_the_promises_hold_when_nothing_goes_wrong(seed: int) -> None:
    world = a_day(seed, calm=True)
    assert broken_promises(world) == {}
    assert list(world.faults.struck) == []


def test_the_same_seed_does_the_same() -> None:
    one, other = a_day(7), a_day(7)
    assert list(one.story()) == list(other.story())
    assert one.taken == other.taken


def test_every_kind_of_fault_strikes() -> None:
    worlds = [a_day(seed) for seed in range(60)]
    kinds: Counter[str] = Counter()
    for world in worlds:
        for tag in world.faults.struck:
            kinds[next(kind for kind in KINDS if kind in tag)] += 1
    assert sorted(kinds) == sorted(KINDS)
    assert sum(world.killed for world in worlds) > len(worlds)
    assert sum(len(world.buried) for world in worlds) > 0
    redriven = [at for world in worlds for at, _, text in world.log if "go back" in text]
    assert min(redriven) < BEGIN + STORM
    assert sum(len(world.taken) for world in worlds) > 2 * len(worlds)


KINDS = (
    "a record kills",
    "comes late",
    "comes twice",
    "dies after",
    "dies before",
    "is lost",
    "is not acknowledged",
    "is refused",
    "is slow",
    "is throttled",
    "loses the answer",
    "never arrives",
    "outage of",
    "stalls",
    "waits while others run",
)
