"""Replay: production's decisions, decided again from what went into them.

The same engine over the same events, timers and instants: whatever comes out is found anew, not
read. On the instants at which dispatch looked at a message, and on what the provider answered,
nobody has a say; those are taken from the recording.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sojourn.core.course.forward import Course, Met
from sojourn.core.course.settle import (
    LOST,
    cancel,
    hold,
    is_wanted,
    limit_chain,
    passes_chain_limit,
    put_back,
    with_claim,
    without_slot,
)
from sojourn.core.engine.join import Apart
from sojourn.core.nouns import noun
from sojourn.core.sending.release import Hold, Send, Skip, release, zone_of
from sojourn.core.state.customer import Customer, Event, Message
from sojourn.core.state.decisions import Record
from sojourn.core.state.history import GrowingHistory
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn.rendering.content import Rendered
from sojourn.rendering.failure import RenderFailed
from sojourn.runtime.messages.composition import PLACEHOLDER, compose
from sojourn_cli.recording.pasts import Past
from sojourn_cli.recording.turns import Look, Meeting, Party, Taken, Turn, known_event
from sojourn_cli.simulation.clock import Life

NOBODY: Mapping[str, Past] = MappingProxyType({})


def replay(
    past: Past,
    plans: Mapping[int, Plan],
    until: Instant,
    joined: Mapping[str, Past] = NOBODY,
    *,
    reasons: bool = False,
) -> Life:
    """Decide a customer's past again, up to and including ``until``.

    ``joined`` are by id the pasts of those who were joined into her, and into them.
    """
    return _Replay(past, _Given(plans, until, joined, reasons)).run()


@noun
class _Given:
    """What every replay of one customer rests on."""

    plans: Mapping[int, Plan]
    until: Instant
    joined: Mapping[str, Past]
    reasons: bool


@dataclass(slots=True)
class _Others:
    """Events kept without a decision, the earliest received first; history as they come."""

    waiting: list[Event]
    history: GrowingHistory = field(default_factory=GrowingHistory)

    def come(self, until: Instant) -> None:
        while self.waiting and self.waiting[0].received_at <= until:
            self.history.add([self.waiting.pop(0)])


class _Replay:
    def __init__(self, past: Past, given: _Given, party: Party | None = None) -> None:
        self._past = past
        self._given = given
        self._meetings: tuple[Meeting, ...] = ()
        self._come_to: Instant = 0
        mine = [*(turn.taken for turn in past.turns), *([party.taken] if party else ())]
        taken = {id_ for each in mine for id_ in each.events}
        self._events = {event.id: event for event in past.events if event.id in taken}
        own = _Others([event for event in past.events if event.id not in taken])
        self.others = [own]
        self.came = list(past.events)
        self.records: dict[tuple[Instant, str, int], list[Record]] = {}
        self.contents: dict[str, Rendered] = {}
        self.zones: dict[str, ZoneInfo] = {}
        self.holds: dict[str, list[tuple[Instant, str]]] = {}
        first = past.turns[0] if past.turns else None
        plan = given.plans[first.plan if first is not None else max(given.plans)]
        customer = Customer(past.customer, self._created_at(first, party))
        self.course = Course(plan, customer, own.history, reasons=given.reasons)

    def _created_at(self, first: Turn | None, party: Party | None) -> Instant:
        """Since when she is there: her first event that was decided about."""
        if first is not None:
            own = [self._events[id_] for id_ in first.taken.events if id_ in self._events]
            return min((event.received_at for event in own), default=first.at)
        if party is not None:
            return party.created_at
        return self.came[0].received_at if self.came else 0

    def run(self) -> Life:
        """Take every turn."""
        course = self.course
        plans = self._take_turns()
        came = [event for event in self.came if event.received_at <= self._given.until]
        return Life(
            course.customer,
            events=sorted(came, key=lambda event: event.received_at),
            settled=course.settled,
            contents=self.contents,
            zones=self.zones,
            holds=self.holds,
            enrolments=course.enrolments,
            records=[record for _, part in sorted(self.records.items()) for record in part],
            announcements=course.announcements,
            last_at=course.customer.decided_at,
            plans=plans,
            taken=course.taken,
        )

    def carried(self, party: Party, plan: Plan, come_to: Instant) -> Course:
        """Her course up to the event that joined her, under the plan of that decision."""
        self._take_turns()
        self.course.plan, self.course.is_user = plan, party.is_user
        self._is_there_since(party.created_at)
        self._take(party.taken, party.carried_to, come_to)
        return self.course

    def _take_turns(self) -> list[tuple[Instant, Plan]]:
        """Take every turn; the plans decided under, each with the instant after which."""
        course = self.course
        plans: list[tuple[Instant, Plan]] = []
        for turn in self._past.turns:
            course.plan = self._given.plans[turn.plan]
            if not plans or plans[-1][1] is not course.plan:
                plans.append((course.customer.decided_at, course.plan))
            self._is_there_since(turn.since)
            self._take(turn.taken, turn.carried_to, max(turn.at, turn.carried_to))
            self._take_messages(turn)
            self.records[turn.at, self._past.customer, turn.revision] = course.records
            course.records = []
        return plans

    def _is_there_since(self, at: Instant | None) -> None:
        """Take what a decision found out about her first event, if it did."""
        if at is not None:
            self.course.customer = replace(self.course.customer, created_at=at)

    def _take(self, taken: Taken, carried_to: Instant, come_to: Instant) -> None:
        """Take what came, and between it what fell due; whom it joins was there up to then."""
        until = self._given.until
        for others in self.others:
            others.come(come_to)
        self._meetings = taken.meetings
        self._come_to = come_to
        inbox = [event for event in self._inbox(taken) if event.received_at <= until]
        self.course.take_inbox(inbox, min(carried_to, until), self._meet)

    def _inbox(self, taken: Taken) -> Iterator[Event]:
        yield from (self._events[id_] for id_ in taken.events if id_ in self._events)
        yield from (known_event(id_, at) for id_, at in taken.again)
        yield from (meeting.known for meeting in taken.meetings if meeting.known is not None)

    def _meet(self, _: Course, event: Event) -> Met:
        """Whom an event joined, each carried up to it, and whom it did not."""
        by_id = (meeting for meeting in self._meetings if meeting.event == event.id)
        found = {id(meeting.known): meeting for meeting in by_id}
        meeting = found.get(id(event)) or found.get(id(None))
        others = meeting.others if meeting is not None else ()
        return Met([item if isinstance(item, Apart) else self._joined(item) for item in others])

    def _joined(self, party: Party) -> Course:
        """The course of one who was joined; what she left behind is the customer's from now on."""
        other = _Replay(self._given.joined[party.customer], self._given, party)
        course = other.carried(party, self.course.plan, self._come_to)
        self.others += other.others
        self.came += other.came
        self.records |= other.records
        self.contents |= other.contents
        self.zones |= other.zones
        self.holds |= other.holds
        return course

    def _take_messages(self, turn: Turn) -> None:
        """What dispatch did about messages, after it had taken what came."""
        course, until = self.course, self._given.until
        for look in turn.looks:
            message = course.customer.messages.get(look.message)
            if message is not None and look.at <= until:
                self._look(message, look, max(look.at, course.customer.decided_at))
        if turn.claim is not None and turn.claim.at <= until:
            message = course.customer.messages.get(turn.claim.message)
            if message is not None and message.claimed_at is None:
                self._decide(message, turn.claim.at)

    def _look(self, message: Message, look: Look, now: Instant) -> None:
        """Follow what dispatch did when it looked at a message."""
        course = self.course
        if message.claimed_at is not None:
            self._answered(message, look, now)
        elif passes_chain_limit(message, now):
            course.follow(limit_chain(course.plan, course.customer, message, now))
        elif not is_wanted(course.customer, message):
            course.follow(cancel(course.plan, course.customer, message, now))
        elif look.outcome != "cancelled":
            claimed = self._decide(message, now)
            if claimed is not None:
                self.course.conclude(claimed, "sent", None, now, look.segments)

    def _answered(self, message: Message, look: Look, now: Instant) -> None:
        """Take the provider's answer to a claimed message from the recording."""
        course = self.course
        if look.until is not None:
            reason = look.reason or ""
            self.holds.setdefault(message.id, []).append((now, reason))
            course.follow(put_back(course.plan, course.customer, message, look.until, reason, now))
            return
        if look.outcome == "failed" and LOST not in (look.reason or ""):
            course.customer = without_slot(course.customer, message)
        self.course.conclude(message, look.outcome, look.reason, now, look.segments)

    def _decide(self, message: Message, now: Instant) -> Message | None:
        """Decide about a message; as claimed when it goes."""
        course = self.course
        match release(message, course.customer, course.plan.settings, now):
            case Hold(until, reason):
                self.holds.setdefault(message.id, []).append((now, reason))
                course.follow(hold(course.plan, course.customer, message, until, reason, now))
            case Skip(outcome, reason):
                self.course.conclude(message, outcome, reason, now)
            case Send(addresses):
                return self._claim(message, addresses, now)
        return None

    def _claim(self, message: Message, addresses: tuple[str, ...], now: Instant) -> Message | None:
        course = self.course
        try:
            content = compose(message, course.customer, course.plan, PLACEHOLDER)
        except RenderFailed as error:
            self.course.conclude(message, "failed", f"render: {error.reason}", now)
            return None
        self.contents[message.id] = content
        self.zones[message.id] = zone_of(course.customer, course.plan.settings)
        course.customer = with_claim(course.customer, message, addresses, course.plan, now)
        return course.customer.messages[message.id]
