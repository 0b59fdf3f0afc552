"""Replay: production's decisions, decided again from what went into them.

The same engine over the same events, timers and instants: whatever comes out is found anew, not
read. On the instants at which dispatch looked at a message, and on what the provider answered,
nobody has a say; those are taken from the recording.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sojourn.core.customer import Customer, Event, Message
from sojourn.core.forward import Course
from sojourn.core.history import GrowingHistory
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan
from sojourn.core.release import Hold, Send, Skip, release, zone_of
from sojourn.core.settle import (
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
from sojourn.rendering.content import Rendered
from sojourn.rendering.failure import RenderFailed
from sojourn.runtime.composition import PLACEHOLDER, compose
from sojourn_cli.recording.turns import Look, Past, Turn, known_event
from sojourn_cli.simulation.clock import Life


def replay(past: Past, plans: Mapping[int, Plan], until: Instant, *, reasons: bool = False) -> Life:
    """Decide one customer's past again, up to and including ``until``."""
    return _Replay(past, plans, until, reasons=reasons).run()


@dataclass(slots=True)
class _Others:
    """Events kept without a decision, the earliest received first; history as they come."""

    waiting: list[Event]
    history: GrowingHistory = field(default_factory=GrowingHistory)

    def come(self, until: Instant) -> None:
        while self.waiting and self.waiting[0].received_at <= until:
            self.history.add([self.waiting.pop(0)])


class _Replay:
    def __init__(
        self, past: Past, plans: Mapping[int, Plan], until: Instant, *, reasons: bool
    ) -> None:
        taken = {id_ for turn in past.turns for id_ in turn.events}
        self._events = {event.id: event for event in past.events if event.id in taken}
        self._others = _Others([event for event in past.events if event.id not in taken])
        self._came = past.events
        self._turns = past.turns
        self._plans = plans
        self._until = until
        self._contents: dict[str, Rendered] = {}
        self._zones: dict[str, ZoneInfo] = {}
        self._holds: dict[str, list[tuple[Instant, str]]] = {}
        first = self._turns[0] if self._turns else None
        plan = plans[first.plan] if first is not None else plans[max(plans)]
        created_at = past.events[0].received_at if past.events else 0
        if first is not None:
            inbox = [self._events[id_].received_at for id_ in first.events if id_ in self._events]
            created_at = min(inbox, default=first.at)
        customer = Customer(past.customer, created_at)
        self._course = Course(plan, customer, self._others.history, reasons=reasons)

    def run(self) -> Life:
        """Take every turn."""
        course = self._course
        plans: list[tuple[Instant, Plan]] = []
        for turn in self._turns:
            course.plan = self._plans[turn.plan]
            if not plans or plans[-1][1] is not course.plan:
                plans.append((course.customer.decided_at, course.plan))
            self._take(turn)
        return Life(
            course.customer,
            events=[event for event in self._came if event.received_at <= self._until],
            settled=course.settled,
            contents=self._contents,
            zones=self._zones,
            holds=self._holds,
            enrolments=course.enrolments,
            records=course.records,
            announcements=course.announcements,
            last_at=course.customer.decided_at,
            plans=plans,
        )

    def _take(self, turn: Turn) -> None:
        course = self._course
        carried_to = min(turn.carried_to, self._until)
        self._others.come(max(turn.at, turn.carried_to))
        course.take_inbox(list(self._inbox(turn)), carried_to)
        for look in turn.looks:
            message = course.customer.messages.get(look.message)
            if message is not None and look.at <= self._until:
                self._look(message, look, max(look.at, course.customer.decided_at))
        if turn.claim is not None and turn.claim.at <= self._until:
            message = course.customer.messages.get(turn.claim.message)
            if message is not None and message.claimed_at is None:
                self._decide(message, turn.claim.at)

    def _inbox(self, turn: Turn) -> Iterator[Event]:
        for id_ in turn.events:
            event = self._events.get(id_)
            if event is not None and event.received_at <= self._until:
                yield event
        for id_, at in turn.again:
            if at <= self._until:
                yield known_event(id_, at)

    def _look(self, message: Message, look: Look, now: Instant) -> None:
        """Follow what dispatch did when it looked at a message."""
        course = self._course
        if message.claimed_at is not None:
            self._answered(message, look, now)
        elif passes_chain_limit(message, now):
            course.follow(limit_chain(course.plan, course.customer, message, now))
        elif not is_wanted(course.customer, message):
            course.follow(cancel(course.plan, course.customer, message, now))
        elif look.outcome != "cancelled":
            claimed = self._decide(message, now)
            if claimed is not None:
                self._course.conclude(claimed, "sent", None, now, look.segments)

    def _answered(self, message: Message, look: Look, now: Instant) -> None:
        """Take the provider's answer to a claimed message from the recording."""
        course = self._course
        if look.until is not None:
            reason = look.reason or ""
            self._holds.setdefault(message.id, []).append((now, reason))
            course.follow(put_back(course.plan, course.customer, message, look.until, reason, now))
            return
        if look.outcome == "failed" and LOST not in (look.reason or ""):
            course.customer = without_slot(course.customer, message)
        self._course.conclude(message, look.outcome, look.reason, now, look.segments)

    def _decide(self, message: Message, now: Instant) -> Message | None:
        """Decide about a message; as claimed when it goes."""
        course = self._course
        match release(message, course.customer, course.plan.settings, now):
            case Hold(until, reason):
                self._holds.setdefault(message.id, []).append((now, reason))
                course.follow(hold(course.plan, course.customer, message, until, reason, now))
            case Skip(outcome, reason):
                self._course.conclude(message, outcome, reason, now)
            case Send(addresses):
                return self._claim(message, addresses, now)
        return None

    def _claim(self, message: Message, addresses: tuple[str, ...], now: Instant) -> Message | None:
        course = self._course
        try:
            content = compose(message, course.customer, course.plan, PLACEHOLDER)
        except RenderFailed as error:
            self._course.conclude(message, "failed", f"render: {error.reason}", now)
            return None
        self._contents[message.id] = content
        self._zones[message.id] = zone_of(course.customer, course.plan.settings)
        course.customer = with_claim(course.customer, message, addresses, course.plan, now)
        return course.customer.messages[message.id]
