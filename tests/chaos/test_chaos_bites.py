"""The chaos is worth something: with a guard taken away, it finds the broken promise."""

import pytest

from tests.chaos.mutants import MUTANTS, RARE, Mutate, saves_ask_for_no_revision
from tests.chaos.promises import PROMISES
from tests.chaos.shrinking import Minimal
from tests.chaos.story import story
from tests.chaos.world import a_day

MOST_SEEDS = 600
"""Most mutants are found by one of the first ten; the rarest took 230."""


def first_found(promise: str, start: int = 0) -> int:
    """The first seed, of so many from the start, that breaks a promise."""
    for seed in range(start, start + MOST_SEEDS):
        if any(PROMISES[promise](a_day(seed))):
            return seed
    pytest.fail(f"{promise}: still holds in {MOST_SEEDS} seeds")


@pytest.mark.parametrize("mutate", MUTANTS, ids=[mutate.__name__ for mutate in MUTANTS])
def test_a_missing_guard_is_found(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch)
    first_found(MUTANTS[mutate], RARE.get(mutate, 0))


def test_every_mutant_says_what_it_takes_away() -> None:
    said = [mutate.__doc__ for mutate in MUTANTS]
    assert all(said)
    assert len(set(said)) == len(said)


def test_a_failing_seed_is_told_as_small_as_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    saves_ask_for_no_revision(monkeypatch)
    promise = "an event counts once"
    seed = first_found(promise, start=10)
    whole = a_day(seed)
    small = Minimal(seed, promise).shrink()
    assert small.complaints
    left = [item for item in story(seed) if item.id not in small.without]
    assert len(left) < len(story(seed))
    assert len(small.world.faults.struck) < len(whole.faults.struck) / 4
    for item in left:
        world = a_day(seed, small.spared, {*small.without, item.id})
        assert not any(PROMISES[promise](world)), f"{item.id} is not needed"
    assert str(small).startswith(f"seed {seed} breaks a promise: {promise}")
