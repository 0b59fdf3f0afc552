"""Forward: carry one customer through instants, taking events and what falls due, in order.

At one instant events come first, in their order; then everything that falls due, as one stimulus.
The same loop runs in production (up to now, over the inbox) and on the virtual clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sojourn.core.customer import Customer, Enrolment, Event, Wake
from sojourn.core.decisions import Announcement, Decision, Record, Settled
from sojourn.core.engine.evaluate import evaluate
from sojourn.core.engine.timers import next_timer
from sojourn.core.history import History
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan


@dataclass(slots=True)
class Course:
    """A customer on the way, and everything decided so far."""

    plan: Plan
    customer: Customer
    history: History
    reasons: bool = True
    taken: list[Event] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    on_taken: Callable[[Sequence[Event]], None] | None = None

    def follow(self, decision: Decision) -> None:
        """Take over a decision."""
        self.customer = decision.customer
        self.records += decision.records
        self.announcements += decision.announcements
        self.settled += decision.settled
        self.taken += decision.taken
        self.enrolments |= {item.id: item for item in decision.enrolments}
        if self.on_taken is not None:
            self.on_taken(decision.taken)

    def take(self, stimulus: Event | Wake, now: Instant) -> None:
        """Evaluate one stimulus."""
        self.follow(
            evaluate(self.plan, self.customer, stimulus, now, self.history, reasons=self.reasons)
        )

    def take_due(self, now: Instant) -> None:
        """Take what falls due up to ``now``, each at its own instant, until nothing does."""
        while True:
            due = next_timer(self.customer, self.plan)
            if due is None or due > now:
                return
            at = max(due, self.customer.decided_at)
            self.take(Wake(at), at)

    def take_inbox(self, events: Sequence[Event], now: Instant) -> None:
        """Take events in order, and between them whatever falls due before each."""
        for event in sorted(events, key=lambda item: item.received_at):
            at = max(event.received_at, self.customer.decided_at)
            self.take_due(at - 1)
            self.take(event, at)
        self.take_due(max(now, self.customer.decided_at))
