"""The mailbox: one customer's item, holding her state and the events not yet evaluated.

Everything that decides about a customer is in this one item and changes in one conditional write.
Ingest appends to the inbox without reading; whoever decides removes just what was consumed.
"""

from dataclasses import field

from sojourn.core.errors import Conflict, CorruptState, InvalidInput
from sojourn.core.limits import JOINS
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Customer, Event
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import Instant, format_instant

JOURNAL_CHARS = 3_072
"""A journal longer than this is moved to the history by the next write: packed it takes some 600
bytes, which keeps most customer items within one write unit, and what is moved within another."""


SHARDS = 32
"""Partitions of the timer index. Each takes 1,000 writes a second; 10,000 timers a second that are
set and taken away are 625 in each. There are no more, as wake asks each at every look."""

MOST_HOPS = JOINS
"""Joins one after another that are followed to whom somebody is by now: so many are joined into one
at the most."""

type Place = tuple[str, ...]
"""Where something of a customer lies: `("customer", id)`, an id of hers, with its history;
`("perhaps", id)`, an id that is hers if it was joined into her; `("joining", id)` and
`("alias", id)`, one that an event would have joined which was not taken any more; `("identity",
type, value)`; `("number", telephone number)`."""


@noun
class Waiting:
    """An event in the inbox, under the name by which it is removed; its size as it is stored."""

    slot: str
    event: Event
    size_bytes: int = field(default=0, compare=False)


@noun
class Mailbox:
    """A customer's item as it was read.

    ``revision`` is 0 and ``customer`` None until somebody has decided about her. ``journal`` holds
    lines of JSON: what was taken and decided lately. ``wake_at`` is the instant at which something
    of hers falls due, ``announcements`` what the last decision puts on the bus. ``joined_into`` is
    whom she was joined into: then nothing of this item changes any more. ``is_user`` says whether
    she came with a `userId` or was joined by an alias, ``arrivals`` how many events ever came.
    ``forgotten_at`` is when she was forgotten: what is left of the item then keeps others from
    making her anew. ``places`` say where else something of hers may lie, which nothing else tells.
    ``timer_at`` is when the timer index brings her up.
    """

    customer_id: str
    revision: int = 0
    customer: Customer | None = None
    inbox: tuple[Waiting, ...] = ()
    journal: str = ""
    wake_at: Instant | None = None
    announcements: tuple[Announcement, ...] = ()
    joined_into: str | None = None
    is_user: bool = False
    arrivals: int = 0
    forgotten_at: Instant | None = None
    places: frozenset[Place] = frozenset()
    timer_at: Instant | None = None

    @property
    def lines(self) -> list[str]:
        """The journal's lines, the oldest first."""
        return self.journal.split("\n") if self.journal else []

    @property
    def decided_under(self) -> int:
        """The plan's revision that the last decision was made under; 0 when there was none."""
        if not self.journal:
            return 0
        revision = loads_object(self.journal.rpartition("\n")[2]).get("p")
        return revision if isinstance(revision, int) else 0


@noun
class Save:
    """What one decision writes.

    ``consumed`` are inbox slots that go. ``timer_at`` is when the timer index brings the customer
    up (a safety net for messages in flight, else the same as ``wake_at``). ``undisturbed`` saves
    only when nothing came into the inbox since it was read.
    """

    customer: Customer
    consumed: tuple[str, ...]
    journal: str
    wake_at: Instant | None
    timer_at: Instant | None
    announcements: tuple[Announcement, ...] = ()
    undisturbed: bool = False


@noun
class Change:
    """One entry of the table's stream about a customer item: before (None: new) and after."""

    before: Mailbox | None
    after: Mailbox

    @property
    def decided(self) -> bool:
        """Whether somebody decided; an append to the inbox alone is no decision."""
        return self.after.revision != (self.before.revision if self.before is not None else 0)


class Overtaken(Conflict):
    """Somebody else decided about the customer first, or something came that has to be seen.

    ``current`` is the item as it is now.
    """

    def __init__(self, current: Mailbox) -> None:
        """Carry the item that was found instead, so that no read is needed."""
        super().__init__(f"customer {current.customer_id} is at revision {current.revision} now")
        self.current = current

    def check_room(self, box: Mailbox) -> None:
        """Raise CorruptState when nothing has changed since a mailbox was read.

        Then there was no room beside the events that wait, and there is none when it is decided
        again.
        """
        now = self.current
        if (now.revision, now.inbox, now.joined_into) == (box.revision, box.inbox, box.joined_into):
            raise CorruptState(
                f"customer {box.customer_id}: her item has no room for what is decided about her"
                f" while {len(box.inbox)} events wait"
            ) from self


class Moved(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The customer was joined into another, whose item is the one to write to."""

    def __init__(self, into: str) -> None:
        """Carry whom she was joined into."""
        super().__init__(f"the customer was joined into {into}")
        self.into = into


class Gone(InvalidInput):
    """The customer was forgotten: nothing of her is stored any more, or nothing from before."""

    def __init__(self, customer_id: str, since: Instant | None = None) -> None:
        """Carry by which id, and since when she may be somebody again; the words name nobody."""
        reason = "customer: was forgotten; `sojourn forget --lift` lets her come back"
        if since is not None:
            at = format_instant(since)
            reason = f"customer: was forgotten; what was before she came back at {at} stays so"
        super().__init__(reason)
        self.customer_id = customer_id
        self.since = since
