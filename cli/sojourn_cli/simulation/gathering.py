"""Gathering: every life lived, in one process or several, and what is wanted of each kept."""

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any, Protocol

from sojourn.core.nouns import noun
from sojourn_cli.simulation.clock import Life
from sojourn_cli.simulation.division import divided
from sojourn_cli.simulation.lines import RefusedLine
from sojourn_cli.simulation.together import Lived


@noun
class Lives[S: Sized]:
    """What is to be lived: so many strands, as long as their events are many, and how one is lived.

    Strands that are no list are taken one after another, and held no longer than needed. The lines
    ``refused`` at the outset are joined by those refused while living.
    """

    strands: Iterable[S]
    count: int
    live: Callable[[S], Lived]
    refused: list[RefusedLine]


class Gathering[P](Protocol):
    """Is shown lives, and keeps what it wants of each.

    A life that another process lives is shown to that process's copy. What the copy has ``taken``
    goes to ``add`` here; it must be something that can be pickled.
    """

    def look(self, customer: str, life: Life) -> None:
        """See a life, which is gone afterwards."""

    def taken(self) -> P:
        """What was kept since this was last asked; then it is here no more."""

    def add(self, piece: P) -> None:
        """Keep what another took."""


class Several:
    """Gatherings that look at the same lives."""

    def __init__(self, *parts: Gathering[Any]) -> None:
        """Gather all these at once."""
        self._parts = parts

    def look(self, customer: str, life: Life) -> None:
        """See Gathering."""
        for part in self._parts:
            part.look(customer, life)

    def taken(self) -> list[object]:
        """See Gathering."""
        return [part.taken() for part in self._parts]

    def add(self, piece: list[object]) -> None:
        """See Gathering."""
        for part, mine in zip(self._parts, piece, strict=True):
            part.add(mine)


@contextmanager
def gathered[S: Sized, P](
    lives: Lives[S], into: Gathering[P], processes: int = 1
) -> Iterator[Iterator[int]]:
    """Live all of them; within, how many strands are done, as they are.

    More than one process is begun on the way in, so that nothing else need run by then.
    """
    with divided(lives.strands, _Living(lives, into), processes) as done:
        yield done


class _Living[S: Sized, P]:
    """The work of living strands, and of showing their lives to a gathering."""

    def __init__(self, lives: Lives[S], into: Gathering[P]) -> None:
        self._lives = lives
        self._into = into
        self._refused_before = len(lives.refused)

    def take(self, strand: S) -> None:
        """See Work."""
        lived = self._lives.live(strand)
        for customer, life in lived.lives:
            self._into.look(customer, life)
        self._lives.refused.extend(lived.refused)

    def taken(self) -> tuple[P, list[RefusedLine]]:
        """See Work."""
        refused = self._lives.refused[self._refused_before :]
        del self._lives.refused[self._refused_before :]
        return self._into.taken(), refused

    def add(self, piece: tuple[P, list[RefusedLine]]) -> None:
        """See Work."""
        mine, refused = piece
        self._into.add(mine)
        self._lives.refused.extend(refused)
