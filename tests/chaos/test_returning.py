"""Who is forgotten stays so under faults until she is let come back, and is somebody new then."""

import os
from collections.abc import Callable

import pytest

from sojourn.runtime.decisions.announcing import bodies_announcing
from sojourn.runtime.incoming.intake import Intake
from sojourn.runtime.rights import forgetting
from tests.chaos.promises import broken_promises
from tests.chaos.returning import RETURNING, days_of_returning

SEEDS = int(os.environ.get("CHAOS_SEEDS", "2000")) // 25
BLOCK = 40
MOST_SEEDS = 1_000


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_forgetting_holds_until_she_is_back(first: int) -> None:
    for seed in range(first, min(first + BLOCK, SEEDS)):
        assert broken_promises(days_of_returning(seed), RETURNING) == {}, seed


def test_the_story_has_what_it_is_about() -> None:
    worlds = [days_of_returning(seed) for seed in range(20)]
    told = [item.name for world in worlds for item in world.bus.announced]
    assert min(map(told.count, ("customer.forgotten", "customer.exported", "customer.lifted"))) > 1
    assert any(world.plans.forgotten().back for world in worlds)


# ---- Guards taken away ---------------------------------------------------------------------------


def what_is_older_is_taken(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks since when she is back."""
    patch.setattr(Intake, "_check", lambda *_: None)


def what_the_bus_left_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """What the bus did not take of several waits nowhere."""
    patch.setattr(
        "sojourn.runtime.decisions.evaluate.bodies_announcing", lambda _: bodies_announcing([])
    )


def tombstones_are_put_there_again(patch: pytest.MonkeyPatch) -> None:
    """Whoever looks and finds the first tombstones gone makes them anew."""
    patch.setattr(forgetting, "SETTLING", 1 << 62)


MUTANTS: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    what_is_older_is_taken: "nothing older is hers",
    what_the_bus_left_is_dropped: "all of the others is announced",
    tombstones_are_put_there_again: "nothing tells of who was forgotten",
}


@pytest.mark.parametrize("mutate", MUTANTS, ids=[mutate.__name__ for mutate in MUTANTS])
def test_a_missing_guard_is_found(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    promise = RETURNING[MUTANTS[mutate]]
    for seed in range(MOST_SEEDS):
        if any(promise(days_of_returning(seed))):
            return
    pytest.fail(f"{MUTANTS[mutate]}: still holds in {MOST_SEEDS} seeds")
