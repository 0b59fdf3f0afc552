"""Pace: no more rows a second than were asked for, and patience with who is busy."""

import time
from collections.abc import Callable
from threading import Event

from sojourn.core.errors import Transient

BLOCKS_A_SECOND = 2
MOST_ROWS = 500
"""At most so many rows are taken at once."""

TRIES = 12
LONGEST_SECONDS = 15.0
FIRST_SECONDS = 0.1
"""0.1 s and twice as long each time, at most 15 s: in all a minute and a half, in which a full
inbox is emptied and a throttled table has split."""


class Pace:
    """How fast rows are taken; ``rate`` is in rows a second."""

    def __init__(
        self,
        rate: int,
        elapsed: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """Count from now on; time is read from ``elapsed`` and passes in ``pause``, in seconds."""
        self._rate = rate
        self._elapsed = elapsed
        self._pause = pause or Event().wait
        self._begun_at = elapsed()
        self._rows = 0

    @property
    def block_rows(self) -> int:
        """How many rows are taken at once: half a second's, so that the rate is kept closely."""
        return max(1, min(self._rate // BLOCKS_A_SECOND, MOST_ROWS))

    def keep(self, rows: int) -> None:
        """Wait until so many rows more are not too many; what was slow before is not made up."""
        now = self._elapsed()
        due_at = self._begun_at + self._rows / self._rate
        if due_at < now:
            self._begun_at, self._rows = now, 0
        elif due_at > now:
            self._pause(due_at - now)
        self._rows += rows

    def patiently[T](self, call: Callable[[], T]) -> T:
        """Call until no retry can help, or it was tried too often; raises what it raised last."""
        wait_seconds = FIRST_SECONDS
        for _ in range(TRIES - 1):
            try:
                return call()
            except Transient:
                self._pause(wait_seconds)
                wait_seconds = min(2 * wait_seconds, LONGEST_SECONDS)
        return call()
