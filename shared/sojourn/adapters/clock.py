"""The time of day of the machine."""

import time

from sojourn.core.values.instants import Instant


class SystemClock:
    """The machine's clock, which AWS keeps in step with its own."""

    def now(self) -> Instant:
        """The present instant."""
        return time.time_ns() // 1_000
