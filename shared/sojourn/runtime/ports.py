"""Ports: what the runtime needs from outside; adapters and their fakes fill them.

Every method raises Unavailable when a retry can help and Permanent when none can.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol

from sojourn.core.errors import Unavailable
from sojourn.core.incoming.identity import Standing
from sojourn.core.nouns import noun
from sojourn.core.state.customer import AddressStatus, Event, Identity
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Instant
from sojourn.runtime.customer.forgotten import Forgotten
from sojourn.runtime.customer.mailbox import Mailbox, Place, Save

type Appended = Literal["appended", "duplicate"]


class Mailboxes(Protocol):
    """The customer items."""

    def append(self, customer_id: str, event: Event, *, is_user: bool = False) -> Appended:
        """Put an event into an inbox without reading, making the item when there is none.

        One write. The same event again, waiting or taken lately, is a `duplicate` and changes
        nothing. ``is_user`` notes that she has a `userId`. Raises Unavailable when the inbox is
        full, Moved when she was joined into another, Gone when she was forgotten.
        """

    def read(self, customer_id: str) -> Mailbox:
        """The item as it is now (consistent); an empty one when there is none."""

    def save(self, box: Mailbox, save: Save) -> Mailbox:
        """Store a decision on the condition that the revision is still the one that was read.

        One write; events appended meanwhile stay, or prevent it when it is to be undisturbed. A
        journal grown long is moved to the history first. Raises Overtaken, with the item as it is
        now, when it was not stored.
        """

    def join(self, box: Mailbox, into: str, *, alias: str | None = None) -> bool:
        """Join the customer of an item into another: from now on the item never changes.

        One transaction, on the condition that nothing of the item changed since it was read; False
        when something did. The id that an ``alias`` alone named is a user's from then on: the
        item's own, or one that was joined into it. Raises Overtaken when the other was herself
        joined elsewhere, or forgotten.
        """

    def leave_word(self, customer_id: str, places: Collection[Place]) -> None:
        """Tell a customer's item, or what is left of it, where else something of hers may lie.

        One write; nothing when there is no item, or a customer's has as many as may be.
        """

    def due(self, shard: int, until: Instant, limit: int) -> Sequence[tuple[str, Instant]]:
        """Customers of a shard whose timer is due by ``until``, the earliest first."""

    def set_timer(self, box: Mailbox, timer_at: Instant | None) -> None:
        """Change when the timer index brings a customer up, and nothing else.

        One write, on the condition that nobody has decided since it was read, or changed it so: who
        has, has set the timer as well.
        """

    def put_off(self, customer_id: str, now: Instant, until: Instant) -> None:
        """Have the timer index bring up a customer whose timer is overdue at another instant.

        One write, whatever her item holds otherwise; nothing when no timer of hers is overdue.
        """

    def note_rest(self, customer_id: str, revision: int) -> None:
        """Note that a customer waits for the end of a pause, as of a revision of the plan."""

    def end_rest(self, customer_id: str, revision: int, now: Instant) -> None:
        """Strike what was noted under a revision; one noted later stays."""

    def resting(self, shard: int, before: int, limit: int) -> Sequence[tuple[str, int]]:
        """Customers of a shard who rest under revisions before that one, with which."""


class Numbers(Protocol):
    """Whom text messages to a number are for: an answer comes with nothing but its number."""

    def remember(self, number: str, customer_id: str, now: Instant) -> None:
        """Note before the first text message that a number is a customer's. One write."""

    def customers_of(self, number: str) -> Sequence[str]:
        """Every customer who was written to at a number. One read."""


class Directory(Protocol):
    """Who holds which identity, and who stands for whom by now."""

    def claim(self, identity: Identity, customer: str) -> str:
        """The customer who holds an identity; when nobody does, from now on this one. One write."""

    def let_go(self, identity: Identity, holder: str, now: Instant) -> None:
        """Let nobody hold an identity, if this customer does. One write."""

    def holder(self, identity: Identity) -> str | None:
        """Who holds an identity; None when nobody does. One read."""

    def standing(self, customer: str) -> Standing:
        """Who an id stands for by now; one read for each time she was joined, and one."""


class History(Protocol):
    """Events and decisions, append-only, beside the customer item."""

    def keep_journal(self, customer_id: str, journal: str, revision: int) -> None:
        """Store journal lines that the item at that revision held. One write, once or often."""

    def keep(self, customer_id: str, event: Event, *, is_user: bool = False) -> None:
        """Store an event that nobody refers to; what came first under id and own time stays.

        One write, once or often. ``is_user`` notes that it came with her id as `userId`.
        """

    def came_as_user(self, customer_id: str) -> bool:
        """Whether an event that was kept one by one came with her id as `userId`. One read."""

    def first_at(self, customer_id: str) -> Instant | None:
        """When the first of the events kept one by one came in; None when there is none. A read."""

    def lines(self, customer_id: str, since: Instant) -> Sequence[str]:
        """Journal lines moved to the history whose last instant is not before ``since``."""

    def events(self, customer_id: str, since: Instant) -> Sequence[Event]:
        """Events kept one by one whose own time is not before ``since``."""


class Queue(Protocol):
    """One queue of work."""

    def put(self, bodies: Sequence[str], delay_seconds: int = 0) -> None:
        """Put texts on the queue; each may come more than once, after 0 to 900 seconds."""


class Workers(Protocol):
    """More workers of wake, each for one shard of the timer index."""

    def look(self, shard: int) -> None:
        """Have another worker look at a shard; returns without waiting for it."""


class DeadLetters(Protocol):
    """Where goes what could not be processed."""

    def put(self, source: str, reason: str, body: str) -> None:
        """Keep a body with the part it failed in and the reason."""


class PartlyTaken(Unavailable):
    """The bus took some of the events and not the others, which are ``left``."""

    def __init__(self, left: Sequence[Announcement]) -> None:
        """Carry what was not taken."""
        super().__init__(f"the bus did not take {len(left)} events of several")
        self.left = left


class Bus(Protocol):
    """The event bus, outwards."""

    def announce(self, announcements: Sequence[Announcement]) -> None:
        """Put events on the bus as source `sojourn`, each with its derived id.

        Raises PartlyTaken when it took some of them.
        """


@noun
class LinkKey:
    """A key that links are signed with; ``secret`` are 32 bytes of chance."""

    made_at: Instant
    secret: bytes


class LinkKeys(Protocol):
    """The keys that links are signed with."""

    def keys(self) -> Sequence[LinkKey]:
        """At most two, the newest first; none before the first was made. One read."""

    def renew(self, known: Sequence[LinkKey], now: Instant) -> Sequence[LinkKey]:
        """Make a key, on the condition that the newest is still the one that is known.

        The keys afterwards, whoever made the newest.
        """


@noun
class StoredPlan:
    """One revision of what is live: documents for the functions, files for publishing.

    ``files`` are the accepted files' contents, ``etags`` the bucket's tags of every file looked at,
    refused ones included.
    """

    revision: int
    documents: JsonObject
    files: Mapping[str, bytes]
    etags: Mapping[str, str]


@noun
class Live:
    """What functions look up.

    ``revision`` of the plan is live (0 before anything was published); ``forgettings`` is how often
    the list of who was forgotten has changed; ``thawed`` is the last revision with which a pause
    ended, 0 when none ever did.
    """

    revision: int
    forgettings: int
    thawed: int = 0


class Plans(Protocol):
    """Revisions of the plan; one pointer says which is live, and whether the forgotten changed."""

    def live(self) -> Live:
        """What is live. One read."""

    def forgotten(self) -> Forgotten:
        """Everybody who was forgotten, as of now. One read for each megabyte."""

    def documents(self, revision: int) -> JsonObject:
        """The documents of a revision."""

    def stored(self) -> StoredPlan:
        """The live revision in full."""

    def publish(self, plan: StoredPlan, replaces: int) -> None:
        """Make a revision live on the condition that ``replaces`` still is; else raises Conflict.

        Revisions only grow: raises InvalidInput for one that is not after what it replaces.
        """


class Tombstones(Protocol):
    """What forgetting does to the table. Everything may be done again."""

    def secret(self) -> bytes:
        """The key of the marks; made when there is none. One read."""

    def note(
        self,
        ids: Collection[bytes],
        addresses: Mapping[bytes, AddressStatus],
        now: Instant,
        *,
        person: bytes,
    ) -> None:
        """Add marks to the list that all functions look at; ``person`` counts her once.

        Marks of ids go again when nothing older can be played again, those of addresses never.
        """

    def noted_at(self, id_: bytes) -> Instant | None:
        """Since the beginning of which day (UTC) a mark is on the list; None when it is not."""

    def lift(self, id_: bytes, now: Instant) -> None:
        """Take a mark off the list; what is said of its id from before ``now`` stays forgotten."""

    def mark(self, box: Mailbox, places: Collection[Place], now: Instant, into: str | None) -> bool:
        """Put a tombstone in place of an item, with the places where something of hers may lie.

        On the condition that nothing of the item changed since it was read; False when it did.
        ``into`` is who an id led to that is not her own one.
        """

    def sweep(self, customer_id: str) -> None:
        """Delete everything of a customer's partition but her item."""

    def remove(self, customer_id: str) -> None:
        """Delete a tombstone; an item that is none stays."""

    def release(self, place: Place, ids: Collection[str]) -> None:
        """Delete an identity that one of these ids holds; take them off a telephone number."""


class Exports(Protocol):
    """Where exports of customers lie until they are fetched; they go by themselves after days."""

    def put(self, folder: str, name: str, document: JsonObject) -> str:
        """Write one; the key it lies under, which names nobody."""

    def purge(self, folder: str) -> None:
        """Delete whatever lies in a folder, older versions of it too."""


class Workspace(Protocol):
    """The bucket that marketers upload to."""

    def listing(self) -> Mapping[str, str]:
        """Every path (reports left out) with its tag, which changes with the content."""

    def read(self, path: str, most_bytes: int) -> bytes | None:
        """The content, at most that many bytes and one more; None when it is gone."""

    def report(self, path: str, report: JsonObject) -> None:
        """Write `reports/<path>.json`; nothing where that would be too long a name."""


class Clock(Protocol):
    """The time of day."""

    def now(self) -> Instant:
        """The present instant."""
