"""Telephone numbers in memory."""

from collections.abc import Collection, Sequence

from sojourn.core.limits import NUMBER_CUSTOMERS
from sojourn.core.values.instants import Instant


class FakeNumbers:
    """The port Numbers; nothing expires."""

    def __init__(self) -> None:
        """Begin empty."""
        self.known: dict[str, set[str]] = {}
        self.writes = 0

    def remember(self, number: str, customer_id: str, now: Instant) -> None:
        """See Numbers."""
        del now
        self.writes += 1
        holders = self.known.setdefault(number, set())
        if len(holders) < NUMBER_CUSTOMERS:
            holders.add(customer_id)

    def customers_of(self, number: str) -> Sequence[str]:
        """See Numbers."""
        return sorted(self.known.get(number, ()))

    def release(self, number: str, ids: Collection[str]) -> None:
        """Take these ids off a number; one that is nobody's any more goes."""
        left = self.known.get(number, set()).difference(ids)
        if left:
            self.known[number] = left
        else:
            self.known.pop(number, None)
