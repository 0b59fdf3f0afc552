"""One customer on the virtual clock: every event, timer and message at its instant, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sojourn.core.course.forward import Course
from sojourn.core.course.lasting_course import LastingCourse
from sojourn.core.course.settle import next_message, passes_chain_limit
from sojourn.core.engine.timers import next_message_at
from sojourn.core.sending.release import Hold, Send, release, zone_of
from sojourn.core.state.customer import AddressStatus, Customer, Enrolment, Event, Message, Wake
from sojourn.core.state.decisions import Announcement, Record, Settled
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn.rendering.content import Rendered
from sojourn.rendering.failure import RenderFailed
from sojourn.runtime.customer.forgotten import suppressed
from sojourn.runtime.messages.composition import PLACEHOLDER, compose, segments_in
from sojourn.runtime.messages.delivery import unfit

type Standing = Callable[[str, str, Instant], AddressStatus | None]
"""How an address of a channel stood of whoever was forgotten by an instant; None: well."""


@dataclass(slots=True)
class Life:
    """What one customer went through.

    ``events`` are those that came in, duplicates included, ``taken`` those that were taken, caused
    ones included. ``zones`` holds the customer's zone when
    each message was sent, ``holds`` when and why each message was held, both by message id.
    ``last_at`` is the last instant at which anything was taken; ``more`` says whether something
    would still fall due after the end. ``plans`` are those of a replay, each with the instant after
    which was decided under it.
    """

    customer: Customer
    events: list[Event] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    contents: dict[str, Rendered] = field(default_factory=dict)
    zones: dict[str, ZoneInfo] = field(default_factory=dict)
    holds: dict[str, list[tuple[Instant, str]]] = field(default_factory=dict)
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    last_at: Instant | None = None
    more: bool = False
    plans: list[tuple[Instant, Plan]] = field(default_factory=list)
    taken: list[Event] = field(default_factory=list)
    forgotten_at: Instant | None = None


def live(  # noqa: PLR0913 - what a life is made of, and what is wanted of it
    plan: Plan,
    customer_id: str,
    events: Sequence[Event],
    until: Instant,
    *,
    reasons: bool = False,
    facts: bool = True,
) -> Life:
    """Run one customer's events (in order of ``received_at``) up to and including ``until``.

    ``facts`` says whether what becomes of her messages is to be ``taken`` though nobody asks, and
    in which ``zones`` they were sent.
    """
    first_at = events[0].received_at if events else 0
    course = LastingCourse(plan, Customer(customer_id, first_at), reasons=reasons, facts=facts)
    clock = Clock(course, Life(course.customer), events, until)
    clock.notes_zones = facts
    life = clock.run()
    course.close()
    life.customer = course.customer
    return life


class Clock:
    """Goes from instant to instant; ``standing`` is asked, if at all, before a message goes.

    ``notes_zones`` says whether to note in which zone each message is sent.
    """

    def __init__(self, course: Course, life: Life, events: Sequence[Event], until: Instant) -> None:
        """Set out on a course that becomes a life, up to and including ``until``."""
        self.until = until
        self.standing: Standing | None = None
        self.notes_zones = True
        self._course = course
        self._life = life
        self._coming = iter(events)
        self._event = next(self._coming, None)

    def run(self) -> Life:
        """Take everything that happens up to the end; the life up to there."""
        course, life = self._course, self._life
        life.more = False
        while self.step():
            pass
        life.customer = course.customer
        life.settled, life.records = course.settled, course.records
        life.enrolments, life.announcements = course.enrolments, course.announcements
        life.taken = course.taken
        return life

    def step(self) -> bool:
        """Take the next thing that happens; False when nothing more does by the end."""
        course, event = self._course, self._event
        customer, timer = course.customer, course.next_timer()
        due = timer
        if customer.messages:
            message = next_message_at(customer, course.plan)
            if message is not None and (due is None or message < due):
                due = message
        if event is not None and (due is None or event.received_at < due):
            due = event.received_at
        if due is None:
            return False
        at = max(due, customer.decided_at)
        if at > self.until:
            self._life.more = True
            return False
        self._life.last_at = at
        if event is not None and event.received_at <= at:
            self._event = next(self._coming, None)
            self._life.events.append(event)
            course.take(event, at)
        elif timer is not None and timer <= at:
            course.take(Wake(at), at)
        else:
            self._decide(at)
        return True

    def _decide(self, now: Instant) -> None:
        """Decide the best of the messages that want to go now."""
        course = self._course
        messages = course.customer.messages
        if len(messages) == 1:
            (message,) = messages.values()  # it is due, and none goes before it
        else:
            first = next_message(course.customer, course.plan, now)
            if first is None:
                raise AssertionError("a message is due, so one wants to go")
            message = first
        if passes_chain_limit(message, now):
            course.limit_chain(message, now)
            return
        if self.standing is not None:
            fact = self._known_before(self.standing, message, now)
            if fact is not None:
                course.take(fact, now)
                return
        decided = release(message, course.customer, course.plan.settings, now)
        if isinstance(decided, Send):
            self._send(message, decided.addresses, now)
        elif isinstance(decided, Hold):
            self._life.holds.setdefault(message.id, []).append((now, decided.reason))
            course.hold(message, decided.until, decided.reason, now)
        else:
            course.conclude(message, decided.outcome, decided.reason, now)

    def _known_before(self, standing: Standing, message: Message, now: Instant) -> Event | None:
        """The fact that somebody forgotten wanted, or could get, nothing at an address of hers."""
        customer, channel = self._course.customer, message.channel
        for address in customer.addresses(channel):
            was = standing(channel, address, now)
            if was is not None and customer.address_status(channel, address) is None:
                return suppressed(customer.id, channel, address, was, now)
        return None

    def _send(self, message: Message, addresses: tuple[str, ...], now: Instant) -> None:
        course = self._course
        try:
            content = compose(message, course.customer, course.plan, PLACEHOLDER)
        except RenderFailed as error:
            self._course.conclude(message, "failed", f"render: {error.reason}", now)
            return
        reason = unfit(message.channel, addresses)
        if reason is not None:
            self._course.conclude(message, "failed", f"refused: {reason}", now)
            return
        self._life.contents[message.id] = content
        if self.notes_zones:
            self._life.zones[message.id] = zone_of(course.customer, course.plan.settings)
        course.send(message, addresses, now, segments_in(message, content))
