"""Audit: whether what is stored about a customer keeps the promises, told from outside.

Reads items as they are and asks of each: does every live enrolment wait for a timer that is set or
an event that can come; do the index's attributes say what the state says; was a cap passed; does
anything lie about that nobody will take. Nothing is written.
"""

from collections.abc import Iterator

from sojourn.core.engine.timers import (
    LEASE,
    ends_by_archive,
    is_paused,
    message_due,
    next_timer,
)
from sojourn.core.limits import ENROLMENTS, INBOX_EVENTS
from sojourn.core.nouns import noun
from sojourn.core.sending.caps import first_allowed
from sojourn.core.sending.release import zone_of
from sojourn.core.state.customer import Customer, Enrolment, Identity
from sojourn.core.values.instants import MINUTE, Duration, Instant, format_instant
from sojourn.core.workspace.plan import Journey, Plan, Send, Step, Wait, WaitFor
from sojourn.runtime.customer.forgotten import NOBODY, Forgotten
from sojourn.runtime.customer.mailbox import SHARDS, Mailbox
from sojourn.runtime.decisions.deciding import next_index
from sojourn.runtime.decisions.resting import timers

HALF_FORGOTTEN = 30 * MINUTE
"""A forgetting takes some minutes; its last try is made after so long."""


@noun
class Kept:
    """A customer's item with the attributes that a mailbox does not show.

    ``shard`` is the one in the index's key, ``inbox_count`` how many events were counted.
    """

    box: Mailbox
    timer_at: Instant | None
    shard: int | None
    inbox_count: int


@noun
class Unreadable:
    """An item that cannot be read, and why."""

    customer_id: str
    reason: str


@noun
class Held:
    """An identity and who holds it; ``is_there`` says whether the holder has an item.

    ``is_buried`` says that what she has is a tombstone.
    """

    identity: Identity
    holder: str
    is_there: bool
    is_buried: bool


@noun
class Violation:
    """A promise that is not kept: whose, which one (`docs/audit.md` has the codes), and why."""

    customer: str
    code: str
    reason: str
    journey: str | None = None
    step: str | None = None


@noun
class Judged:
    """What is held against what: the live plan, the present, what is late and from when on.

    ``late`` is how long something may wait for a function before it counts as left behind; sends
    before ``since`` are not held to the caps, which may have been others then. ``forgotten`` says
    who must not be there.
    """

    plan: Plan
    now: Instant
    late: Duration
    since: Instant
    forgotten: Forgotten = NOBODY


@noun
class Tally:
    """How much was looked at."""

    customers: int = 0
    enrolments: int = 0
    messages: int = 0
    waiting: int = 0

    def counting(self, item: Kept | Unreadable | Held) -> "Tally":
        """With one item more; an identity is no customer."""
        if isinstance(item, Held):
            return self
        box = item.box if isinstance(item, Kept) else Mailbox(item.customer_id)
        if box.joined_into is not None or box.forgotten_at is not None:
            return self  # counted with whom she was joined into, or there no more
        customer = box.customer or Customer(box.customer_id, 0)
        return Tally(
            self.customers + 1,
            self.enrolments + len(customer.live()),
            self.messages + len(customer.messages),
            self.waiting + len(box.inbox),
        )


def examine(item: Kept | Unreadable | Held, judged: Judged) -> Iterator[Violation]:
    """Everything about one customer, or an identity, that is not as it is promised."""
    if isinstance(item, Held):
        yield from _holder(item, judged)
        return
    if isinstance(item, Unreadable):
        yield Violation(item.customer_id, "unreadable", item.reason)
        return
    yield from _forgotten(item.box, judged)
    if item.box.forgotten_at is not None:
        return
    if item.box.joined_into is not None:
        if item.timer_at is not None:
            reason = f"joined into {item.box.joined_into}"
            yield Violation(item.box.customer_id, "orphan-timer", reason)
        return
    yield from _inbox(item, judged)
    customer = item.box.customer
    if customer is None:
        if item.timer_at is not None:
            yield Violation(item.box.customer_id, "orphan-timer", "nobody has decided about her")
        return
    for check in (_bounds, _enrolments, _messages, _caps):
        yield from check(item, customer, judged)
    versions = judged.plan.versions
    if all((live.journey, live.version) in versions for live in customer.live()):
        yield from _timers(item, customer, judged)


def _holder(item: Held, judged: Judged) -> Iterator[Violation]:
    """Who holds an identity is there, and was not forgotten; while a tombstone stands it may be."""
    what = " ".join(item.identity)
    if item.is_buried:
        return
    if judged.forgotten.knows(item.holder):
        reason = f"{what} is still held by her, who was forgotten"
        yield Violation(item.holder, "orphan-identity", reason)
    elif not item.is_there:
        yield Violation(item.holder, "orphan-identity", f"{what} is held by her, who is not there")


def _forgotten(box: Mailbox, judged: Judged) -> Iterator[Violation]:
    """Who was forgotten is gone after minutes, and stays so."""
    if box.forgotten_at is None:
        if judged.forgotten.knows(box.customer_id):
            yield Violation(box.customer_id, "returned", "she was forgotten, and is there again")
    elif judged.now - box.forgotten_at > max(judged.late, HALF_FORGOTTEN):
        reason = f"forgotten {_when(box.forgotten_at)}, and her tombstone still stands"
        yield Violation(box.customer_id, "half-forgotten", reason)


def _inbox(item: Kept, judged: Judged) -> Iterator[Violation]:
    id_, inbox = item.box.customer_id, item.box.inbox
    oldest = min((waiting.event.received_at for waiting in inbox), default=judged.now)
    if judged.now - oldest > judged.late:
        reason = f"{len(inbox)} events wait, the first since {format_instant(oldest)}"
        yield Violation(id_, "inbox-late", reason)
    if item.inbox_count != len(inbox):
        reason = f"{item.inbox_count} events are counted, {len(inbox)} wait"
        yield Violation(id_, "inbox-count", reason)


def _bounds(item: Kept, customer: Customer, _judged: Judged) -> Iterator[Violation]:
    if len(customer.live()) > ENROLMENTS:
        reason = f"{len(customer.live())} live enrolments; the most is {ENROLMENTS}"
        yield Violation(customer.id, "bounds", reason)
    if len(item.box.inbox) > INBOX_EVENTS:
        reason = f"{len(item.box.inbox)} waiting events; the most is {INBOX_EVENTS}"
        yield Violation(customer.id, "bounds", reason)


def _enrolments(_item: Kept, customer: Customer, judged: Judged) -> Iterator[Violation]:
    """Nobody is stuck."""
    for enrolment in customer.enrolments.values():
        if not enrolment.live:
            if enrolment.due_at is not None:
                reason = f"a timer of an enrolment that ended {_when(enrolment.exited_at)}"
                yield _of(enrolment, customer, "orphan-timer", reason)
            continue
        journey = judged.plan.versions.get((enrolment.journey, enrolment.version))
        if journey is None:
            reason = f"the plan has no version {enrolment.version} of it"
            yield _of(enrolment, customer, "version-lost", reason)
            continue
        stuck = _stuck(enrolment, journey, customer)
        if stuck is not None:
            yield _of(enrolment, customer, "stuck", stuck)


def _stuck(enrolment: Enrolment, journey: Journey, customer: Customer) -> str | None:
    """Why nothing would ever move an enrolment on but its longest stay; None when all is well."""
    if enrolment.step is None:
        return "it is live and at no step"
    step = journey.steps.get(enrolment.step)
    if step is None:
        return f"its version has no step {enrolment.step}"
    if enrolment.onward:
        return "it waits for a resume without a timer" if enrolment.due_at is None else None
    return _waits_for_nothing(step, enrolment, customer)


def _waits_for_nothing(step: Step, enrolment: Enrolment, customer: Customer) -> str | None:
    match step:
        case Wait():
            return "it waits without a timer" if enrolment.due_at is None else None
        case WaitFor():
            if step.timeout is not None and enrolment.due_at is None:
                return "its timeout has no timer"
            return None
        case Send():
            found = any(
                message.enrolment == enrolment.id and message.step == enrolment.step
                for message in customer.messages.values()
            )
            return None if found else "it waits for a message that is not there"
        case _:
            return "it rests at a step that never waits"


def _messages(_item: Kept, customer: Customer, judged: Judged) -> Iterator[Violation]:
    """Every message belongs to an enrolment that waits for it, and is taken in time."""
    for message in customer.messages.values():
        if message.claimed_at is not None:
            if message.claimed_at + LEASE + judged.late < judged.now:
                reason = f"claimed {_when(message.claimed_at)} and not settled"
                where = (message.journey, message.step)
                yield Violation(customer.id, "late", reason, *where)
            continue
        enrolment = customer.enrolments.get(message.enrolment)
        if enrolment is None or not enrolment.live or enrolment.step != message.step:
            reason = f"message {message.id} is of no live enrolment at this step"
            where = (message.journey, message.step)
            yield Violation(customer.id, "orphan-message", reason, *where)
        due = message_due(message, judged.plan)
        if due is not None and due + judged.late < judged.now:
            reason = f"a message wanted to be decided {_when(due)}"
            yield Violation(customer.id, "late", reason, message.journey, message.step)


def _caps(_item: Kept, customer: Customer, judged: Judged) -> Iterator[Violation]:
    """No send came where the caps, as they are now, left no room.

    Those who were joined each had room of her own before, which nobody can tell apart any more.
    """
    if customer.absorbed:
        return
    settings = judged.plan.settings
    zone = zone_of(customer, settings)
    for number, sent in enumerate(customer.ledger):
        category = settings.category(sent.category)
        if sent.at < judged.since:
            continue
        before = customer.ledger[:number]
        limit = first_allowed(settings, category, sent.channel, before, sent.at, zone)
        if limit is not None:
            reason = f"{limit.reason}: sent {_when(sent.at)}, no room before {_when(limit.until)}"
            yield Violation(customer.id, "cap", reason, sent.journey, sent.step)


def _timers(item: Kept, customer: Customer, judged: Judged) -> Iterator[Violation]:
    """The index brings the customer up when her state says so, and somebody took what fell due."""
    wanted = next_index(customer, judged.plan)
    is_told = item.timer_at == wanted or _is_early(item, customer, wanted)
    if not is_told and not _rests(item, customer, judged):
        code = "orphan-timer" if wanted is None else "index"
        reason = f"the index says {_when(item.timer_at)}, her state {_when(wanted)}"
        yield Violation(customer.id, code, reason)
    if item.timer_at is not None and item.shard not in range(SHARDS):
        reason = f"her timer stands in shard {item.shard}, which nobody looks at"
        yield Violation(customer.id, "index", reason)
    journeys = (judged.plan.versions[live.journey, live.version] for live in customer.live())
    if any(ends_by_archive(journey, judged.plan) for journey in journeys):
        return  # who leaves with an archived journey leaves on her next stimulus
    due = next_timer(customer, judged.plan)
    if due is not None and due + judged.late < judged.now:
        yield Violation(customer.id, "late", f"a timer fell due {_when(due)}")


def _is_early(item: Kept, customer: Customer, wanted: Instant | None) -> bool:
    """Whether the index may bring her up too soon: a claim leaves it to the record to be moved."""
    in_flight = any(message.claimed_at is not None for message in customer.messages.values())
    if not in_flight or wanted is None or item.timer_at is None:
        return False
    return item.timer_at < wanted


def _rests(item: Kept, customer: Customer, judged: Judged) -> bool:
    """Whether the index may say another thing, as something of hers is or was paused.

    It names one of her timers that comes no later than any which is to fire; or none, when none is.
    When a pause has just ended, wake has yet to find out.
    """
    plan = judged.plan
    names = [name for name in _journeys_of(customer) if name in plan.current]
    ended = [at for name in names if (at := plan.current[name].resumed_at) is not None]
    if not ended and not any(is_paused(name, plan) for name in names):
        return False
    if any(at + judged.late > judged.now for at in ended):
        return True
    pairs = list(timers(customer, plan))
    firing = min((due for _, due in pairs if due is not None), default=None)
    if item.timer_at is None:
        return firing is None
    known = {at for pair in pairs for at in pair}
    return item.timer_at in known and (firing is None or item.timer_at <= firing)


def _journeys_of(customer: Customer) -> set[str]:
    waiting = (message.journey for message in customer.messages.values())
    return {enrolment.journey for enrolment in customer.live()} | set(waiting)


def _of(enrolment: Enrolment, customer: Customer, code: str, reason: str) -> Violation:
    return Violation(customer.id, code, reason, enrolment.journey, enrolment.step)


def _when(at: Instant | None) -> str:
    return "never" if at is None else format_instant(at)
