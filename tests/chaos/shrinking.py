"""A failing seed made small: events and faults are taken away for as long as it still fails."""

from collections.abc import Callable, Sequence

from tests.chaos.promises import PROMISES
from tests.chaos.story import story
from tests.chaos.world import a_day

MOST_RUNS = 400
"""A seed takes some hundredths of a second: this is a matter of seconds."""

MOST_LINES = 150


class Minimal:
    """The smallest history that was found in which a seed breaks a promise."""

    def __init__(self, seed: int, promise: str) -> None:
        self.seed = seed
        self.promise = promise
        self.without: frozenset[str] = frozenset()
        self.spared: frozenset[str] = frozenset()
        self._runs = 0
        self.world = a_day(seed)
        self.complaints = list(PROMISES[promise](self.world))

    def shrink(self) -> "Minimal":
        """Take away whatever is not needed, in ever smaller pieces."""
        smaller = True
        while smaller and self._runs < MOST_RUNS:
            smaller = self._drop(self._events, lambda some: (self.without | some, self.spared))
            smaller |= self._drop(self._faults, lambda some: (self.without, self.spared | some))
        return self

    def _events(self) -> list[str]:
        return [item.id for item in story(self.seed) if item.id not in self.without]

    def _faults(self) -> list[str]:
        return list(self.world.faults.struck)

    def _drop(
        self,
        left: Callable[[], list[str]],
        tried: Callable[[frozenset[str]], tuple[frozenset[str], frozenset[str]]],
    ) -> bool:
        """Drop halves, quarters, ... and single ones; whether anything could go."""
        smaller = False
        size = max(1, len(left()) // 2)
        while True:
            start = 0
            while start < len(left()) and self._runs < MOST_RUNS:
                if self._fails(*tried(frozenset(left()[start : start + size]))):
                    smaller = True
                else:
                    start += size
            if size == 1:
                return smaller
            size //= 2

    def _fails(self, without: frozenset[str], spared: frozenset[str]) -> bool:
        """Whether the promise is broken without these; if so, that is what is left."""
        self._runs += 1
        world = a_day(self.seed, spared, without)
        complaints = list(PROMISES[self.promise](world))
        if complaints:
            self.without, self.spared = without, spared
            self.world, self.complaints = world, complaints
        return bool(complaints)

    def __str__(self) -> str:
        lines = list(self.world.story())
        shown: Sequence[str] = lines[-MOST_LINES:]
        return "\n".join(
            [
                f"seed {self.seed} breaks a promise: {self.promise}",
                *(f"  {complaint}" for complaint in self.complaints),
                f"its smallest history: {len(self._events())} events, {len(self._faults())} faults",
                *(f"  {line}" for line in shown),
            ]
        )
