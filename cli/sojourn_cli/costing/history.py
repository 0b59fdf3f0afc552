"""The history, metered: what its reads and writes take of the table, and how much is kept."""

from collections.abc import Sequence

from sojourn.core.state.customer import Event
from sojourn.core.state.packing import packed
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Instant
from sojourn.fakes.mailboxes import FakeHistory
from sojourn_cli.costing.meter import KILOBYTE, OVERHEAD_BYTES, Meter


class MeteredHistory(FakeHistory):
    """The history, each write counted."""

    def __init__(self, meter: Meter) -> None:
        """Count on a meter."""
        super().__init__()
        self._meter = meter
        self.bytes_kept = 0

    def keep(self, customer_id: str, event: Event, *, is_user: bool = False) -> None:
        """See History."""
        size = len(dumps(dict(event.properties)).encode()) + OVERHEAD_BYTES
        self._meter.write(size)
        self.bytes_kept += size
        super().keep(customer_id, event, is_user=is_user)

    def came_as_user(self, customer_id: str) -> bool:
        """See History."""
        self._meter.read(len(self._events.get(customer_id, ())) * KILOBYTE // 2)
        return super().came_as_user(customer_id)

    def first_at(self, customer_id: str) -> Instant | None:
        """See History."""
        self._meter.read(len(self._events.get(customer_id, ())) * KILOBYTE // 2)
        return super().first_at(customer_id)

    @property
    def ids(self) -> list[str]:
        """Every id under which events were kept."""
        return list(self._events)

    def keep_journal(self, customer_id: str, journal: str, revision: int) -> None:
        """Store journal lines."""
        size = len(packed(journal)) + OVERHEAD_BYTES
        self._meter.write(size)
        self.bytes_kept += size
        super().keep_journal(customer_id, journal, revision)

    def lines(self, customer_id: str, since: Instant) -> Sequence[str]:
        """See History."""
        found = super().lines(customer_id, since)
        self._meter.read(sum(len(line.encode()) for line in found))
        return found

    def events(self, customer_id: str, since: Instant) -> Sequence[Event]:
        """See History."""
        found = super().events(customer_id, since)
        self._meter.read(len(found) * KILOBYTE // 2)
        return found
