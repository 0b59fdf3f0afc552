"""Division: work on strands of events, in one process or several.

Strands do not depend on each other, so any process may take any. What a copy of this process made
comes back packed, a lot at a time, and is added in the order of the strands: the result is the
same to the last byte, whoever did what.
"""

import gc
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from functools import partial
from pickle import dumps, loads
from typing import Any, Protocol

from sojourn_cli.simulation.processes import Share, shared

MOST_IN_A_LOT = 200
"""Events: a tenth of a second's work, so that all processes end at nearly the same time."""

LOTS_EACH = 8
"""At least so many for each process, where there are customers enough."""


class Work[S: Sized, P](Protocol):
    """Takes strands, and keeps what it makes of them.

    A strand that another process takes is taken by that process's copy. What the copy has
    ``taken`` goes to ``add`` here; it must be something that can be pickled.
    """

    def take(self, strand: S) -> None:
        """Do the work of one strand."""

    def taken(self) -> P:
        """What was kept since this was last asked; then it is here no more."""

    def add(self, piece: P) -> None:
        """Keep what another took."""


@contextmanager
def divided[S: Sized, P](
    strands: Iterable[S], work: Work[S, P], processes: int = 1
) -> Iterator[Iterator[int]]:
    """Take all strands; within, how many are done, as they are.

    More than one process is begun on the way in, so that nothing else need run by then.
    """
    lots = _lots(strands, processes) if processes > 1 else ()
    gc.freeze()  # in what was read is nothing to collect; and so it stays shared with copies
    try:
        if processes == 1:
            yield _here(strands, work)
        else:
            with shared(partial(_made, work), processes) as share:
                yield _from_others(share, lots, work)
    finally:
        gc.unfreeze()


def _lots[S: Sized](strands: Iterable[S], processes: int) -> Iterable[tuple[int, bytes]]:
    """Lots of strands, packed, for so many processes, each with how many strands it is.

    They are packed at once when there is a list of them.
    """
    if not isinstance(strands, Sequence):
        return _packed(strands, MOST_IN_A_LOT)
    each = sum(map(len, strands)) // (processes * LOTS_EACH)
    return list(_packed(strands, min(MOST_IN_A_LOT, each)))


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


def _made(work: Work[Any, Any], lot: bytes) -> bytes:
    """What a copy of this process makes of a lot."""
    for strand in loads(lot):  # noqa: S301 - packed by the process that this is a copy of
        work.take(strand)
    return dumps(work.taken())


def _here[S: Sized](strands: Iterable[S], work: Work[S, Any]) -> Iterator[int]:
    for done, strand in enumerate(strands, start=1):
        work.take(strand)
        yield done


def _from_others(
    share: Share, lots: Iterable[tuple[int, bytes]], work: Work[Any, Any]
) -> Iterator[int]:
    sizes: deque[int] = deque()

    def sent() -> Iterator[bytes]:
        for size, lot in lots:
            sizes.append(size)
            yield lot

    done = 0
    for made in share(sent()):
        work.add(loads(made))  # noqa: S301 - packed by a copy of this process
        done += sizes.popleft()
        yield done
