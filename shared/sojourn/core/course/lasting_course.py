"""A course on one draft from its beginning to its end, as the virtual clock takes it.

It decides what an ordinary course decides, and does so by the same functions; what is spared is to
open and to close the customer for each stimulus.
"""

from collections.abc import Sequence

from sojourn.core.course.forward import Course
from sojourn.core.course.settle import with_send, work_hold, work_limit, work_outcome
from sojourn.core.engine.evaluate import work
from sojourn.core.engine.join import Apart, Joining
from sojourn.core.engine.lasting_draft import LastingDraft
from sojourn.core.state.customer import Customer, Event, Message, Wake
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan


class LastingCourse(Course):
    """The course of a customer who had no event before.

    Until `close` its ``customer`` is open and changes with whatever is taken; ``enrolments`` are.
    """

    def __init__(
        self, plan: Plan, customer: Customer, *, reasons: bool = True, facts: bool = True
    ) -> None:
        """Set out, as on any course.

        Without ``facts`` and reasons, what no condition asks of her messages is not `taken`.
        """
        super().__init__(plan, customer, NO_HISTORY, reasons=reasons)
        past = self._history.since  # and there was nothing before it
        self._draft = LastingDraft(plan, customer, past, self.taken, reasons=reasons, facts=facts)
        self._draft.records = self.records
        self._draft.announcements = self.announcements
        self._draft.settled = self.settled
        self.enrolments = self._draft.lived

    def next_timer(self) -> Instant | None:
        """See Course."""
        return self._draft.timer

    def take(
        self, stimulus: Event | Wake, now: Instant, joining: Sequence[Joining | Apart] = ()
    ) -> None:
        """See Course."""
        draft = self._draft
        draft.begin(now)
        work(draft, stimulus, joining)
        self.customer = draft.commit()

    def conclude(
        self,
        message: Message,
        outcome: str,
        reason: str | None,
        now: Instant,
        segments: int | None = None,
    ) -> None:
        """See Course."""
        self._draft.begin(now)
        work_outcome(self._draft, message, outcome, reason, segments)
        self.customer = self._draft.commit()

    def hold(self, message: Message, until: Instant, reason: str, now: Instant) -> None:
        """See Course."""
        self._draft.begin(now)
        work_hold(self._draft, message, until, reason)
        self.customer = self._draft.commit()

    def limit_chain(self, message: Message, now: Instant) -> None:
        """See Course."""
        self._draft.begin(now)
        work_limit(self._draft, message)
        self.customer = self._draft.commit()

    def send(
        self, message: Message, addresses: tuple[str, ...], now: Instant, segments: int | None
    ) -> None:
        """See Course; what is settled at once needs no claim."""
        ledger = self._draft.customer.ledger
        self._draft.charge(with_send(ledger, message, addresses, self.plan, now))
        self.conclude(message, "sent", None, now, segments)

    def close(self) -> None:
        """Come to the end: from now on the customer and her enrolments are frozen."""
        self.customer = self._draft.close()
