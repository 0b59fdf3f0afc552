"""A clock that goes when it is told to."""

from sojourn.core.values.instants import Duration, Instant


class FakeClock:
    """The port Clock, standing still."""

    def __init__(self, now: Instant) -> None:
        """Begin at an instant."""
        self._now = now

    def now(self) -> Instant:
        """See Clock."""
        return self._now

    def advance(self, duration: Duration) -> None:
        """Let time pass."""
        self._now += duration
