"""Forward: carry one customer through instants, taking events and what falls due, in order.

At one instant events come first, in their order; then everything that falls due, as one stimulus.
The same loop runs in production (up to now, over the inbox) and on the virtual clock.
"""

from collections.abc import Callable, Sequence

from sojourn.core.course.settle import conclude, hold, limit_chain, with_claim
from sojourn.core.engine.evaluate import evaluate
from sojourn.core.engine.join import Apart, Joining
from sojourn.core.engine.timers import next_timer
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Customer, Enrolment, Event, Message, Wake
from sojourn.core.state.decisions import Announcement, Decision, Record, Settled
from sojourn.core.state.history import ContinuedHistory, History, JoinedHistory
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan


def _received_at(event: Event) -> Instant:
    return event.received_at


@noun
class Meeting:
    """A join as it was made, for who wants to make it again.

    ``taken`` and ``records`` say before how many of the course's events and records those of
    ``others`` begin, ``event`` is the one that joined where it had been taken before.
    """

    taken: int
    records: int
    others: Sequence["Course | Apart"]
    event: Event | None


class Course:
    """A customer on the way, and everything decided so far.

    ``taken``, ``records``, ``announcements`` and ``settled`` are in the order in which they came;
    ``enrolments`` holds those that changed, as they are now. ``carried_to`` is the instant up to
    which what fell due was taken last, ``began`` the customer as she was when she set out.
    """

    def __init__(
        self,
        plan: Plan,
        customer: Customer,
        history: History,
        *,
        reasons: bool = True,
        is_user: bool = False,
    ) -> None:
        """Set out; ``history`` is what was before, ``reasons`` as in `evaluate`.

        ``is_user`` says whether the customer came with a `userId`; who is joined tells so.
        """
        self.plan = plan
        self.customer = self.began = customer
        self.reasons = reasons
        self.is_user = is_user
        self.taken: list[Event] = []
        self.records: list[Record] = []
        self.announcements: list[Announcement] = []
        self.settled: list[Settled] = []
        self.enrolments: dict[str, Enrolment] = {}
        self.meetings: list[Meeting] = []
        self.carried_to: Instant = 0
        self._history = ContinuedHistory(history)

    @property
    def history(self) -> History:
        """What was before, and what was taken on this course; setting it replaces the former."""
        return self._history

    @history.setter
    def history(self, before: History) -> None:
        self._history.before = before

    def follow(self, decision: Decision) -> None:
        """Take over a decision."""
        self.customer = decision.customer
        self.records += decision.records
        self.announcements += decision.announcements
        self.settled += decision.settled
        self.taken += decision.taken
        self._history.add(decision.taken)
        for enrolment in decision.enrolments:
            self.enrolments[enrolment.id] = enrolment

    def next_timer(self) -> Instant | None:
        """The earliest instant at which an enrolment falls due."""
        return next_timer(self.customer, self.plan)

    def take(
        self, stimulus: Event | Wake, now: Instant, joining: Sequence[Joining | Apart] = ()
    ) -> None:
        """Evaluate one stimulus, by which others may be joined."""
        self.follow(
            evaluate(
                self.plan,
                self.customer,
                stimulus,
                now,
                self._history,
                reasons=self.reasons,
                joining=joining,
            )
        )

    def conclude(
        self,
        message: Message,
        outcome: str,
        reason: str | None,
        now: Instant,
        segments: int | None = None,
    ) -> None:
        """Settle a message with a send outcome, as `settle.conclude` does."""
        self.follow(
            conclude(
                self.plan,
                self.customer,
                message,
                outcome,
                reason,
                now,
                self._history,
                reasons=self.reasons,
                segments=segments,
            )
        )

    def hold(self, message: Message, until: Instant, reason: str, now: Instant) -> None:
        """Hold a message until an instant, for a reason."""
        self.follow(hold(self.plan, self.customer, message, until, reason, now))

    def limit_chain(self, message: Message, now: Instant) -> None:
        """Exit the enrolment of a message whose chain of causes grew too long."""
        self.follow(limit_chain(self.plan, self.customer, message, now))

    def send(
        self, message: Message, addresses: tuple[str, ...], now: Instant, segments: int | None
    ) -> None:
        """Send a message, and take at once that it was sent."""
        self.customer = with_claim(self.customer, message, addresses, self.plan, now)
        self.conclude(message, "sent", None, now, segments)

    def join(self, event: Event, others: Sequence["Course | Apart"], now: Instant) -> None:
        """Take an event that joins others, whose courses end here and are part of this one."""
        courses = [item for item in others if isinstance(item, Course)]
        taken, records = len(self.taken), len(self.records)
        joining = [
            item if isinstance(item, Apart) else Joining(item.customer, item.history, item.is_user)
            for item in others
        ]
        for course in courses:
            self.taken += course.taken
            self.records += course.records
            self.announcements += course.announcements
            self.settled += course.settled
            self.enrolments |= course.enrolments
        first = len(self.taken)
        self.take(event, max([now, *(course.customer.decided_at for course in courses)]), joining)
        is_new = any(item.id == event.id for item in self.taken[first:])
        if others or not is_new:
            known = None if is_new else event
            self.meetings.append(Meeting(taken, records, tuple(others), known))
        if courses:
            before = self._history.before
            self.history = JoinedHistory([before, *(course.history for course in courses)])

    def take_due(self, now: Instant) -> None:
        """Take what falls due up to ``now``, each at its own instant, until nothing does."""
        while True:
            due = self.next_timer()
            if due is None or due > now:
                return
            at = max(due, self.customer.decided_at)
            self.take(Wake(at), at)

    def take_inbox(self, events: Sequence[Event], now: Instant, meet: "Meet | None" = None) -> None:
        """Take events in order, and between them whatever falls due before each.

        ``meet`` finds whom an event's links join; without it they join nobody.
        """
        waiting = sorted(events, key=_received_at)
        while waiting:
            event = waiting.pop(0)
            at = max(event.received_at, self.customer.decided_at)
            self.take_due(at - 1)
            if event.links is None or meet is None:
                self.take(event, at)
                continue
            met = meet(self, event)
            self.join(event, met.others, at)
            waiting = sorted([*waiting, *met.later], key=_received_at)
        self.take_due(now)
        self.carried_to = now


@noun
class Met:
    """Whom an event joins, each carried up to it, or does not; ``later`` is what came after it."""

    others: Sequence[Course | Apart]
    later: Sequence[Event] = ()


type Meet = Callable[[Course, Event], Met]
"""Finds whom the links of an event join into the customer of a course."""
