"""Forgetting in memory."""

from collections.abc import Collection, Mapping

from sojourn.core.state.customer import AddressStatus
from sojourn.core.values.instants import DAY, Instant
from sojourn.fakes.directory import FakeDirectory
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.plans import FakePlans
from sojourn.runtime.customer.forgotten import (
    Forgotten,
    packed,
    packed_back,
    unpacked,
    unpacked_back,
)
from sojourn.runtime.customer.mailbox import Mailbox, Place

SECRET = b"a secret of 32 bytes, for tests."


class FakeTombstones:
    """The port Tombstones, over the other fakes; no mark expires."""

    def __init__(
        self,
        mailboxes: FakeMailboxes,
        history: FakeHistory,
        directory: FakeDirectory,
        numbers: FakeNumbers,
        plans: FakePlans,
    ) -> None:
        """Forget whom these know."""
        self._mailboxes = mailboxes
        self._history = history
        self._directory = directory
        self._numbers = numbers
        self._plans = plans
        self._ids: dict[bytes, Instant] = {}
        self._people: set[bytes] = set()
        self._entries: set[bytes] = set()
        self._back: set[bytes] = set()

    def secret(self) -> bytes:
        """See Tombstones."""
        return SECRET

    def note(
        self,
        ids: Collection[bytes],
        addresses: Mapping[bytes, AddressStatus],
        now: Instant,
        *,
        person: bytes,
    ) -> None:
        """See Tombstones."""
        self._ids |= dict.fromkeys(ids, now // DAY * DAY)
        self._people |= {person}
        self._entries |= {packed(*item) for item in addresses.items()}
        self._tell()

    def noted_at(self, id_: bytes) -> Instant | None:
        """See Tombstones."""
        return self._ids.get(id_)

    def lift(self, id_: bytes, now: Instant) -> None:
        """See Tombstones."""
        self._ids.pop(id_, None)
        self._back |= {packed_back(id_, now)}
        self._tell()

    def mark(self, box: Mailbox, places: Collection[Place], now: Instant, into: str | None) -> bool:
        """See Tombstones."""
        return self._mailboxes.bury(box, places, now, into)

    def sweep(self, customer_id: str) -> None:
        """See Tombstones."""
        self._mailboxes.rests.pop(customer_id, None)
        self._history.sweep(customer_id)

    def remove(self, customer_id: str) -> None:
        """See Tombstones."""
        self._mailboxes.remove(customer_id)

    def release(self, place: Place, ids: Collection[str]) -> None:
        """See Tombstones."""
        match place:
            case ("identity", kind, value):
                self._directory.release((kind, value), ids)
            case ("number", number):
                self._numbers.release(number, ids)
            case _:
                pass  # an id of hers: swept and removed

    def _tell(self) -> None:
        known = frozenset(self._ids)
        people = len(self._people & known)
        back = unpacked_back(self._back)
        self._plans.tell(Forgotten(SECRET, known, unpacked(self._entries), people, back))
