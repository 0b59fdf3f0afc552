"""The keys of links in memory."""

from collections.abc import Sequence
from hashlib import sha256

from sojourn.core.values.instants import Instant
from sojourn.runtime.ports import LinkKey


class FakeLinkKeys:
    """The port LinkKeys; keys follow from when they were made, so that tests repeat."""

    def __init__(self) -> None:
        """Begin without keys."""
        self.made: tuple[LinkKey, ...] = ()

    def keys(self) -> Sequence[LinkKey]:
        """See LinkKeys."""
        return self.made

    def renew(self, known: Sequence[LinkKey], now: Instant) -> Sequence[LinkKey]:
        """See LinkKeys."""
        if tuple(known) == self.made:
            secret = sha256(f"{now} {len(self.made)}".encode()).digest()
            self.made = (LinkKey(now, secret), *self.made)[:2]
        return self.made
