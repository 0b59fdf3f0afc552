"""The meter: what AWS would bill for, counted at the ports while the functions work in memory.

Each port's call costs what its adapter's call costs; `tests/costing` holds that against the same
work on the emulated AWS. The table's unit of a write is one started kilobyte of the item, before or
after, whichever is larger; the index takes one for an entry that comes or goes and two for one that
moves; a consistent read takes one for each four kilobytes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from sojourn.core.incoming.identity import Standing
from sojourn.core.state.customer import Event, Identity
from sojourn.core.state.decisions import Announcement, Record
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.directory import FakeDirectory
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.plans import FakePlans
from sojourn.fakes.providers import FakeMailer, FakePusher, FakeTexter
from sojourn.fakes.queues import FakeBus, FakeQueue
from sojourn.runtime.customer.mailbox import Mailbox, Moved, Save
from sojourn.runtime.decisions.deciding import read_records
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.messages.providers import Email, Push, Text
from sojourn.runtime.ports import Appended

KILOBYTE = 1_024
READ_BYTES = 4 * KILOBYTE
OVERHEAD_BYTES = 160
"""Keys, and the names and numbers of a customer item's attributes, which its texts do not hold."""

NOTE_BYTES = 50
"""Names of attributes, and an expiry, in the note of a telephone number or of an identity."""

BATCH = 10
"""Records a function takes in one call, and bodies put on a queue in one, under steady load."""

type WayIn = Literal["queue", "direct"]
"""How events of the bus come to ingest, as the template's parameter `WayIn` calls it."""

HALF = Fraction(1, 2)
EACH = Fraction(1, BATCH)


@dataclass(slots=True)
class Meter:
    """Counts by what is billed; ``part`` is the function at work.

    ``journeys`` holds those that something was decided about since the last reading, with what is
    theirs alone: enrolments, steps, messages.
    """

    part: str = "ingest"
    counts: Counter[str] = field(default_factory=Counter)
    journeys: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, what: str, much: int | Fraction = 1) -> None:
        """Count something."""
        self.counts[what] += much  # type: ignore[assignment] # a Counter of exact fractions

    def call(self) -> None:
        """Count a round trip of the function at work."""
        self.add("round_trips")
        self.add(f"calls.{self.part}")

    def write(self, size_bytes: int, index: int = 0) -> None:
        """Count one write to the table."""
        self.call()
        units = -(-size_bytes // KILOBYTE)
        self.add("writes")
        self.add("write_units", units + index)
        self.add(f"write_units.{self.part}", units)
        self.add("write_units.index", index)

    def transact(self, sizes_bytes: Iterable[int]) -> None:
        """Count one transaction: each of its items is written twice, also one that is checked."""
        self.write(0)
        units = sum(2 * max(1, -(-size_bytes // KILOBYTE)) for size_bytes in sizes_bytes)
        self.add("write_units", units)
        self.add(f"write_units.{self.part}", units)

    def read(self, size_bytes: int) -> None:
        """Count one consistent read."""
        self.call()
        self.add("read_units", max(1, -(-size_bytes // READ_BYTES)))

    def worked(self, part: str, invocation: int | Fraction = EACH) -> None:
        """A record reaches a function, in a batch or alone; what follows is its work."""
        self.part = part
        self.add(f"invocations.{part}", invocation)
        self.add(f"records.{part}")

    def requested(self, why: str, much: int | Fraction) -> None:
        """Count requests to queues: `rule`, `taken` or `put`."""
        self.add("queue_requests", much)
        self.add(f"queue_requests.{why}", much)

    def queued(self) -> None:
        """A record is taken off a queue and deleted, in a batch."""
        self.requested("taken", 2 * EACH)

    def decided(self, records: Sequence[Record]) -> None:
        """Note what a decision's records say of journeys."""
        for record in records:
            if record.journey is None or record.what == "not_entered":
                continue
            own = self.journeys.setdefault(record.journey, Counter())
            match record.what:
                case "entered" | "held_out":
                    own["enrolments"] += 1
                case "step":
                    own["steps"] += 1
                case "message" if record.details.get("outcome") == "sent":
                    own["messages"] += 1
                    own[f"sent.{record.details.get('channel')}"] += 1

    def turn(self) -> tuple[Counter[str], dict[str, Counter[str]]]:
        """What was counted since the last reading, and the journeys it was for."""
        counts, journeys = self.counts, self.journeys
        self.counts, self.journeys = Counter(), {}
        return counts, journeys


class MeteredMailboxes(FakeMailboxes):
    """Customer items, each call counted with the units of the item's size."""

    def __init__(self, meter: Meter, history: FakeHistory) -> None:
        """Count on a meter."""
        super().__init__(history)
        self._meter = meter

    def append(self, customer_id: str, event: Event, *, is_user: bool = False) -> Appended:
        """See Mailboxes."""
        before = self.size_bytes(customer_id)
        try:
            answer = super().append(customer_id, event, is_user=is_user)
        except Moved:
            self._meter.write(before)  # refused, and paid for
            raise
        self._meter.write(max(before, self.size_bytes(customer_id)))
        return answer

    def read(self, customer_id: str) -> Mailbox:
        """See Mailboxes."""
        self._meter.read(self.size_bytes(customer_id))
        return super().read(customer_id)

    def save(self, box: Mailbox, save: Save) -> Mailbox:
        """See Mailboxes."""
        before, timer = self.size_bytes(box.customer_id), self.timer_at(box.customer_id)
        saved = super().save(box, save)
        moved = 0 if timer == save.timer_at else 1 if None in (timer, save.timer_at) else 2
        self._meter.write(max(before, self.size_bytes(box.customer_id)), moved)
        self._meter.decided(read_records(save.journal))
        return saved

    def join(self, box: Mailbox, into: str, *, alias: str | None = None) -> bool:
        """See Mailboxes."""
        parts = dict.fromkeys((box.customer_id, into, alias or into))
        sizes = [self.size_bytes(id_) for id_ in parts]
        moved = 0 if self.timer_at(box.customer_id) is None else 1
        joined = super().join(box, into, alias=alias)
        self._meter.transact(sizes)
        self._meter.add("write_units", moved)
        self._meter.add("write_units.index", moved)
        return joined

    def set_timer(self, box: Mailbox, timer_at: Instant | None) -> None:
        """See Mailboxes."""
        moved = 1 if None in (self.timer_at(box.customer_id), timer_at) else 2
        super().set_timer(box, timer_at)
        self._meter.write(self.size_bytes(box.customer_id), moved)

    def note_rest(self, customer_id: str, revision: int) -> None:
        """See Mailboxes."""
        super().note_rest(customer_id, revision)
        self._meter.write(OVERHEAD_BYTES, 1)

    @property
    def ids(self) -> list[str]:
        """Every id that has an item."""
        return list(self._items)

    def size_bytes(self, customer_id: str) -> int:
        """What the table counts of an item; 0 when there is none."""
        item = self._items.get(customer_id)
        return 0 if item is None else item.size_bytes + OVERHEAD_BYTES

    def timer_at(self, customer_id: str) -> Instant | None:
        """When the timer index brings a customer up."""
        item = self._items.get(customer_id)
        return None if item is None else item.timer_at


class MeteredDirectory(FakeDirectory):
    """Who is who, counted: a write for each claim, a read for each item on the way to somebody."""

    def __init__(self, meter: Meter, mailboxes: MeteredMailboxes) -> None:
        """Count on a meter."""
        super().__init__(mailboxes)
        self._meter = meter
        self._metered = mailboxes
        self.bytes_kept = 0

    def claim(self, identity: Identity, customer: str) -> str:
        """See Directory."""
        size = sum(map(len, (*identity, customer))) + NOTE_BYTES
        self._meter.write(size)
        if self.holder(identity) is None:
            self.bytes_kept += size
        return super().claim(identity, customer)

    def standing(self, customer: str) -> Standing:
        """See Directory."""
        way: str | None = customer
        while way is not None:
            self._meter.read(self._metered.size_bytes(way))
            way = self._metered.box_of(way).joined_into
        return super().standing(customer)


class MeteredNumbers(FakeNumbers):
    """Telephone numbers that count: a write for each note."""

    def __init__(self, meter: Meter) -> None:
        """Count on this meter."""
        super().__init__()
        self._meter = meter

    def remember(self, number: str, customer_id: str, now: Instant) -> None:
        """See Numbers."""
        super().remember(number, customer_id, now)
        self._meter.write(len(number) + len(customer_id) + NOTE_BYTES)


class MeteredQueue(FakeQueue):
    """A queue: what is put there goes in batches."""

    def __init__(self, meter: Meter) -> None:
        """Count on a meter."""
        super().__init__()
        self._meter = meter

    def put(self, bodies: Sequence[str], delay_seconds: int = 0) -> None:
        """See Queue."""
        for _ in bodies:
            self._meter.requested("put", EACH)
            self._meter.add(f"calls.{self._meter.part}", EACH)
            self._meter.add("round_trips", EACH)
        super().put(bodies, delay_seconds)


class MeteredBus(FakeBus):
    """The bus: each event is billed, ten go in a call."""

    def __init__(self, meter: Meter) -> None:
        """Count on a meter."""
        super().__init__()
        self._meter = meter

    def announce(self, announcements: Sequence[Announcement]) -> None:
        """See Bus."""
        self._meter.add("bus_events", len(announcements))
        self._meter.add("announced", len(announcements))
        self._meter.add(f"calls.{self._meter.part}", EACH * len(announcements))
        self._meter.add("round_trips", EACH * len(announcements))
        super().announce(announcements)


class MeteredMailer(FakeMailer):
    """E-mail, counted."""

    def __init__(self, meter: Meter) -> None:
        """Count on a meter."""
        super().__init__()
        self._meter = meter

    def send(self, email: Email) -> str:
        """See Mailer."""
        self._meter.call()
        id_ = super().send(email)
        self._meter.add("emails")
        return id_


class MeteredTexter(FakeTexter):
    """Text messages, counted; before each one SNS is asked whether the number has opted out."""

    def __init__(self, meter: Meter) -> None:
        """Count on a meter."""
        super().__init__()
        self._meter = meter

    def ask(self, number: str) -> None:
        """See Texter."""
        self._meter.call()
        super().ask(number)

    def send(self, text: Text) -> str:
        """See Texter."""
        self._meter.call()
        id_ = super().send(text)
        self._meter.add("texts")
        return id_


class MeteredPusher(FakePusher):
    """Push messages, counted."""

    def __init__(self, meter: Meter) -> None:
        """Count on a meter."""
        super().__init__()
        self._meter = meter

    def send(self, push: Push) -> str:
        """See Pusher."""
        self._meter.call()
        id_ = super().send(push)
        self._meter.add("pushes")
        return id_


class KnownPlan(LivePlan):
    """A plan that stays as it is; dispatch looks up before each message whether it does."""

    def __init__(self, plan: Plan, meter: Meter, *, looks: bool) -> None:
        """Give always this one; ``looks``: each look is counted as the read it is."""
        super().__init__(FakePlans(), FakeClock(0), 0)
        self._known = plan
        self._meter = meter
        self._looks = looks

    def plan(self, at_least: int = 0) -> Plan:
        """See LivePlan."""
        del at_least
        if self._looks:
            self._meter.call()
            self._meter.add("read_units", HALF)
        return self._known

    def known(self, at_least: int) -> Plan:
        """See LivePlan."""
        del at_least
        return self._known
