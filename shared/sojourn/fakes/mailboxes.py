"""The customer items and their history in memory.

What is kept is text, written and read by the codec: what it does not store is lost here as well.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from threading import RLock
from zlib import crc32

from sojourn.core.errors import CorruptState, Unavailable
from sojourn.core.limits import IDENTITIES, INBOX_BYTES, INBOX_EVENTS
from sojourn.core.nouns import noun
from sojourn.core.state.codec import decode_customer, decode_event, encode_customer, encode_event
from sojourn.core.state.customer import Event
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import dumps, loads
from sojourn.core.values.ids import mark
from sojourn.core.values.instants import Instant
from sojourn.runtime.customer.mailbox import (
    JOURNAL_CHARS,
    SHARDS,
    Change,
    Gone,
    Mailbox,
    Moved,
    Overtaken,
    Place,
    Save,
    Waiting,
)
from sojourn.runtime.customer.stored import last_instant, pack_decided
from sojourn.runtime.ports import Appended

ITEM_BYTES = 400 * 1024
"""DynamoDB's bound of an item; the few bytes of names and numbers are not counted here."""


class FakeHistory:
    """The port History; nothing expires."""

    def __init__(self) -> None:
        """Begin empty."""
        self._events: dict[str, dict[tuple[Instant, str], str]] = {}
        self._journals: dict[str, dict[tuple[Instant, int], str]] = {}
        self._users: set[str] = set()

    def keep(self, customer_id: str, event: Event, *, is_user: bool = False) -> None:
        """See History."""
        self._users |= {customer_id} if is_user else set()
        kept = self._events.setdefault(customer_id, {})
        kept.setdefault((event.at, mark(event.id)), _event_text(event))

    def came_as_user(self, customer_id: str) -> bool:
        """See History."""
        return customer_id in self._users

    def first_at(self, customer_id: str) -> Instant | None:
        """See History."""
        kept = self._events.get(customer_id, {}).values()
        return min((_event(text).received_at for text in kept), default=None)

    def keep_journal(self, customer_id: str, journal: str, revision: int) -> None:
        """Store journal lines that the item at that revision held, once or often."""
        self._journals.setdefault(customer_id, {})[last_instant(journal), revision] = journal

    def lines(self, customer_id: str, since: Instant) -> Sequence[str]:
        """See History."""
        kept = sorted(self._journals.get(customer_id, {}).items())
        return [line for (at, _), text in kept if at >= since for line in text.split("\n")]

    def events(self, customer_id: str, since: Instant) -> Sequence[Event]:
        """See History."""
        kept = sorted(self._events.get(customer_id, {}).items())
        return [_event(text) for (at, _), text in kept if at >= since]

    def sweep(self, customer_id: str) -> None:
        """Forget all of a customer's history."""
        self._users.discard(customer_id)
        self._events.pop(customer_id, None)
        self._journals.pop(customer_id, None)


@noun
class _Item:
    """A customer item as it is stored.

    Slots hold how many events had ever come before, and the event.
    """

    revision: int = 0
    state: str | None = None
    slots: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    arrivals: int = 0
    journal: str = ""
    wake_at: Instant | None = None
    timer_at: Instant | None = None
    announcements: tuple[Announcement, ...] = ()
    joined_into: str | None = None
    is_user: bool = False
    forgotten_at: Instant | None = None
    places: frozenset[Place] = frozenset()
    decided_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        """What counts towards the bound of an item: as the table has it, names aside."""
        return self.decided_bytes + sum(len(text.encode()) for _, text in self.slots.values())


class FakeMailboxes:
    """The port Mailboxes.

    ``changes`` is what evaluate takes of the table's stream: decisions and events, oldest first.
    """

    def __init__(self, history: FakeHistory) -> None:
        """Begin empty, with a history for journals that have grown long."""
        self.changes: list[Change] = []
        self.rests: dict[str, int] = {}
        self._history = history
        self._items: dict[str, _Item] = {}
        self._lock = RLock()
        self._decoded: dict[str, tuple[_Item, Mailbox]] = {}

    def append(self, customer_id: str, event: Event, *, is_user: bool = False) -> Appended:
        """See Mailboxes."""
        with self._lock:
            box, item = self.box_of(customer_id), self._items.get(customer_id, _Item())
            if item.joined_into is not None:
                raise Moved(item.joined_into)
            if item.forgotten_at is not None:
                raise Gone(customer_id)
            slot = "i#" + mark(event.id)
            if slot in item.slots:
                return "duplicate"
            if box.customer is not None and mark(event.id) in box.customer.seen:
                return "duplicate"
            if len(item.slots) >= INBOX_EVENTS:
                raise Unavailable(f"customer {customer_id}: {INBOX_EVENTS} events wait")
            size_bytes = sum(len(text.encode()) for _, text in item.slots.values())
            if size_bytes >= INBOX_BYTES:
                raise Unavailable(f"customer {customer_id}: {len(item.slots)} events wait")
            slots = {**item.slots, slot: (item.arrivals, _event_text(event))}
            item = replace(
                item,
                slots=slots,
                arrivals=item.arrivals + 1,
                is_user=item.is_user or is_user,
            )
            if item.size_bytes > ITEM_BYTES:
                raise Unavailable(f"customer {customer_id}: no room for event {event.id}")
            self._put(customer_id, item)
            return "appended"

    def read(self, customer_id: str) -> Mailbox:
        """See Mailboxes."""
        return self.box_of(customer_id)

    def box_of(self, customer_id: str) -> Mailbox:
        """The item as it is now; no call of the port, so nobody counts it as a read."""
        with self._lock:
            item = self._items.get(customer_id)
            return Mailbox(customer_id) if item is None else self._mailbox(customer_id, item)

    def save(self, box: Mailbox, save: Save) -> Mailbox:
        """See Mailboxes."""
        journal = box.journal
        if len(journal) > JOURNAL_CHARS:
            self._history.keep_journal(box.customer_id, journal, box.revision)
            journal = ""
        journal = "\n".join(part for part in (journal, save.journal) if part)
        with self._lock:
            found = self._items.get(box.customer_id, _Item())
            known = {waiting.slot for waiting in box.inbox}
            if found.revision != box.revision or (save.undisturbed and known != {*found.slots}):
                raise Overtaken(self.box_of(box.customer_id))
            slots = {name: kept for name, kept in found.slots.items() if name not in save.consumed}
            content, seen = pack_decided(save.customer, save.announcements, journal)
            item = _Item(
                box.revision + 1,
                encode_customer(save.customer),
                slots,
                found.arrivals,
                journal,
                save.wake_at,
                save.timer_at,
                save.announcements,
                is_user=found.is_user,
                places=found.places,
                decided_bytes=len(content) + len(seen),
            )
            if item.size_bytes > ITEM_BYTES:
                if slots:
                    raise Overtaken(self.box_of(box.customer_id))
                raise CorruptState(f"customer {box.customer_id}: no room in her item")
            self._put(box.customer_id, item)
        return replace(
            box,
            revision=item.revision,
            customer=save.customer,
            inbox=tuple(each for each in box.inbox if each.slot not in save.consumed),
            journal=journal,
            wake_at=save.wake_at,
            announcements=save.announcements,
            timer_at=save.timer_at,
        )

    def join(self, box: Mailbox, into: str, *, alias: str | None = None) -> bool:
        """See Mailboxes."""
        with self._lock:
            item = self._items.get(box.customer_id, _Item())
            other = self._items.get(into, _Item())
            if other.joined_into is not None or other.forgotten_at is not None:
                raise Overtaken(self.box_of(into))
            read = (box.revision, box.arrivals, None)
            if (item.revision, item.arrivals, item.joined_into) != read:
                return False
            frozen = replace(
                item,
                revision=item.revision + 1,
                joined_into=into,
                is_user=item.is_user or alias == box.customer_id,
                wake_at=None,
                timer_at=None,
                announcements=(),
            )
            self._put(box.customer_id, frozen)
            if alias not in {None, box.customer_id}:
                self._put(str(alias), replace(self._items[str(alias)], is_user=True))
            return True

    def leave_word(self, customer_id: str, places: Collection[Place]) -> None:
        """See Mailboxes."""
        with self._lock:
            item = self._items.get(customer_id)
            is_full = item is not None and len(item.places) >= IDENTITIES
            if item is not None and (item.forgotten_at is not None or not is_full):
                self._put(customer_id, replace(item, places=item.places.union(places)))

    def bury(self, box: Mailbox, places: Collection[Place], now: Instant, into: str | None) -> bool:
        """Put a tombstone in place of an item, if nothing of it changed since it was read."""
        with self._lock:
            item = self._items.get(box.customer_id, _Item())
            read = (box.revision, box.arrivals, box.joined_into, box.places)
            if (item.revision, item.arrivals, item.joined_into, item.places) != read:
                return False
            stone = _Item(
                box.revision + 1,
                joined_into=into,
                forgotten_at=now,
                places=frozenset(places),
            )
            self._put(box.customer_id, stone)
            return True

    def remove(self, customer_id: str) -> None:
        """Take a tombstone away; an item that is none stays."""
        with self._lock:
            if self._items.get(customer_id, _Item()).forgotten_at is not None:
                del self._items[customer_id]

    def due(self, shard: int, until: Instant, limit: int) -> Sequence[tuple[str, Instant]]:
        """See Mailboxes."""
        with self._lock:
            found = [
                (customer_id, item.timer_at)
                for customer_id, item in self._items.items()
                if item.timer_at is not None
                and item.timer_at <= until
                and crc32(customer_id.encode()) % SHARDS == shard
            ]
        return sorted(found, key=lambda each: each[1])[:limit]

    def set_timer(self, box: Mailbox, timer_at: Instant | None) -> None:
        """See Mailboxes."""
        with self._lock:
            found = self._items.get(box.customer_id)
            if found is None or (found.revision, found.timer_at) != (box.revision, box.timer_at):
                return
            if found.timer_at != timer_at:
                self._put(box.customer_id, replace(found, timer_at=timer_at))

    def put_off(self, customer_id: str, now: Instant, until: Instant) -> None:
        """See Mailboxes."""
        with self._lock:
            found = self._items.get(customer_id)
            if found is not None and found.timer_at is not None and found.timer_at <= now:
                self._put(customer_id, replace(found, timer_at=until))

    def note_rest(self, customer_id: str, revision: int) -> None:
        """See Mailboxes."""
        self.rests[customer_id] = revision

    def end_rest(self, customer_id: str, revision: int, now: Instant) -> None:
        """See Mailboxes."""
        del now
        if self.rests.get(customer_id) == revision:
            del self.rests[customer_id]

    def resting(self, shard: int, before: int, limit: int) -> Sequence[tuple[str, int]]:
        """See Mailboxes."""
        found = [
            (customer_id, revision)
            for customer_id, revision in self.rests.items()
            if revision < before and crc32(customer_id.encode()) % SHARDS == shard
        ]
        return sorted(found, key=lambda each: each[1])[:limit]

    def _put(self, customer_id: str, item: _Item) -> None:
        before = self._items.get(customer_id)
        self._items[customer_id] = item
        if before is None:
            self.changes.append(Change(None, self._mailbox(customer_id, item)))
        elif (before.revision, before.arrivals) != (item.revision, item.arrivals):
            old = self._mailbox(customer_id, before)
            self.changes.append(Change(old, self._mailbox(customer_id, item)))

    def _mailbox(self, customer_id: str, item: _Item) -> Mailbox:
        """The item read from its text, once for each time it was written."""
        known = self._decoded.get(customer_id)
        if known is None or known[0] is not item:
            known = self._decoded[customer_id] = (item, _mailbox(customer_id, item))
        return known[1]


def _mailbox(customer_id: str, item: _Item) -> Mailbox:
    waiting = [
        (place, Waiting(slot, _event(text), len(text.encode())))
        for slot, (place, text) in item.slots.items()
    ]
    waiting.sort(key=lambda each: (each[1].event.received_at, each[0], each[1].slot))
    return Mailbox(
        customer_id,
        item.revision,
        None if item.state is None else decode_customer(customer_id, item.state),
        tuple(each for _, each in waiting),
        item.journal,
        item.wake_at,
        item.announcements,
        item.joined_into,
        item.is_user,
        item.arrivals,
        item.forgotten_at,
        item.places,
        item.timer_at,
    )


def _event_text(event: Event) -> str:
    return dumps(encode_event(event))


def _event(text: str) -> Event:
    return decode_event(loads(text))
