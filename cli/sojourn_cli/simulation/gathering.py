"""Gathering: every life lived, in one process or several, and what is wanted of each kept.

Strands do not depend on each other, so any process may live them. What a copy of this process
gathered comes back packed, a lot at a time, and is added in the order of the strands: the result
is the same to the last byte, whoever lived what.
"""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pickle import dumps, loads
from typing import Any, Protocol

from sojourn_cli.simulation.clock import Life
from sojourn_cli.simulation.lines import RefusedLine
from sojourn_cli.simulation.processes import Share, shared
from sojourn_cli.simulation.together import Lived

MOST_IN_A_LOT = 200
"""Events: a tenth of a second's work, so that all processes end at nearly the same time."""

LOTS_EACH = 8
"""At least so many for each process, where there are customers enough."""


@dataclass(frozen=True, slots=True)
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
    lots = lots_of(lives.strands, processes) if processes > 1 else ()
    gc.freeze()  # in what was read is nothing to collect; and so it stays shared with copies
    try:
        if processes == 1:
            yield _here(lives, into)
        else:
            with shared(partial(_made, lives, into), processes) as share:
                yield _from_others(share, lots, lives, into)
    finally:
        gc.unfreeze()


def lots_of[S: Sized](strands: Iterable[S], processes: int) -> Iterable[tuple[int, bytes]]:
    """Lots of strands, packed, for so many processes, each with how many strands it is.

    They are packed at once when there is a list of them.
    """
    if not isinstance(strands, Sequence):
        return _packed(strands, MOST_IN_A_LOT)
    each = sum(map(len, strands)) // (processes * LOTS_EACH)
    return list(_packed(strands, min(MOST_IN_A_LOT, each)))


def _made(lives: Lives[Any], into: Gathering[Any], lot: bytes) -> bytes:
    """What a copy of this process makes of a lot."""
    refused: list[RefusedLine] = []
    for strand in loads(lot):  # noqa: S301 - packed by the process that this is a copy of
        refused += _looked(lives, strand, into)
    return dumps((into.taken(), refused))


def _packed[S: Sized](strands: Iterable[S], most: int) -> Iterator[tuple[int, bytes]]:
    """Neighbours together, as many as make a lot of events, whoever has more alone; each lot with
    how many strands it is.
    """
    lot: list[S] = []
    weight = 0
    for strand in strands:
        if lot and weight + len(strand) > most:
            yield len(lot), dumps(lot)
            lot, weight = [], 0
        lot.append(strand)
        weight += len(strand)
    if lot:
        yield len(lot), dumps(lot)


def _looked[S: Sized](lives: Lives[S], strand: S, into: Gathering[Any]) -> list[RefusedLine]:
    """Live a strand, and show it; what was refused."""
    lived = lives.live(strand)
    for customer, life in lived.lives:
        into.look(customer, life)
    return lived.refused


def _here[S: Sized](lives: Lives[S], into: Gathering[Any]) -> Iterator[int]:
    for done, strand in enumerate(lives.strands, start=1):
        lives.refused.extend(_looked(lives, strand, into))
        yield done


def _from_others(
    share: Share, lots: Iterable[tuple[int, bytes]], lives: Lives[Any], into: Gathering[Any]
) -> Iterator[int]:
    sizes: deque[int] = deque()

    def sent() -> Iterator[bytes]:
        for size, lot in lots:
            sizes.append(size)
            yield lot

    done = 0
    for made in share(sent()):
        piece, refused = loads(made)  # noqa: S301 - packed by a copy of this process
        into.add(piece)
        lives.refused.extend(refused)
        done += sizes.popleft()
        yield done
