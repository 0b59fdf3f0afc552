"""The lasting draft: one customer's working copy that stays open from one stimulus to the next.

For who has all of her history at hand: nothing can be missing in the middle of a stimulus, so there
is never a state to go back to.
"""

from typing import Any

from sojourn.core.customer import Customer, Enrolment, Event, Sent
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.routes import routes_of
from sojourn.core.engine.timers import falls_due
from sojourn.core.history import History
from sojourn.core.instants import Instant
from sojourn.core.limits import FOLLOWED, SEEN_IDS
from sojourn.core.nouns import opened
from sojourn.core.plan import Plan


class LastingDraft(Draft):
    """A draft that takes one stimulus after another; its tables go along.

    Its customer is open too, and up to date between two stimuli, but for what is read here alone.
    So are her enrolments: ``own`` are those that this stimulus touched, ``lived`` all that any did.
    ``timers`` says when each live one falls due, ``followed`` until when each ended one is kept.
    """

    __slots__ = ("_are_undisturbed", "followed", "lived", "timers")

    def __init__(
        self, plan: Plan, customer: Customer, now: Instant, history: History, *, reasons: bool
    ) -> None:
        """Open the copy, as any draft."""
        super().__init__(plan, customer, now, history, reasons=reasons)
        self._are_undisturbed = routes_of(plan).are_undisturbed
        self.lived: dict[str, Enrolment] = {}
        self.timers: dict[str, Instant] = {}
        self.followed: dict[str, Instant] = {}

    def begin(self, now: Instant) -> None:
        """Begin with another stimulus."""
        if now != self.now:
            self.now = now
            self.earlier = ()
            self.causes = 0
        self.link = self.emitted = 0
        self.silent = False

    def commit(self) -> list[Event]:
        """Be done with a stimulus; gives the events that were taken."""
        customer = self._open_customer()
        if self.own:
            self._follow_up()
        if self.followed:
            self._let_go()
        customer.enrolments, customer.messages = self.enrolments, self.messages
        if self.new_ids:
            customer.seen, customer.forgotten_at = self._seen()
            self.new_ids = []
        customer.newest_at, customer.decided_at = self.newest_at, self.now
        if self.marks:
            self.earlier = (*self.earlier, *self.marks)[-SEEN_IDS:]
            self.marks = []
        if self.bindings:
            self.bindings = {}
        taken = self.taken
        if taken:
            self.taken = []
        return taken

    def _follow_up(self) -> None:
        """Note of each enrolment that was touched when it falls due, or until when it is kept."""
        timers = self.timers
        for id_, own in self.own.items():
            route = self.route_of(own)
            if own.exited_at is None:
                due = falls_due(own, route.stay, self.plan)
                if due is not None:
                    timers[id_] = due
                    continue
            else:
                over = own.converted_at is not None
                self.followed[id_] = self.now if over else own.begun_at + route.followed
            timers.pop(id_, None)
        self.lived.update(self.own)
        self.own.clear()

    def _let_go(self) -> None:
        """Keep of the ended enrolments those for which something may still come."""
        over = [id_ for id_, until in self.followed.items() if until <= self.now]
        if self.messages and over:
            waited_for = {message.enrolment for message in self.messages.values()}
            over = [id_ for id_ in over if id_ not in waited_for]
        if len(self.followed) - len(over) > FOLLOWED:
            ended = [id_ for id_ in self.enrolments if id_ in self.followed and id_ not in over]
            over += ended[:-FOLLOWED]
        for id_ in over:
            del self.enrolments[id_], self.followed[id_]

    def next_timer(self) -> Instant | None:
        """The earliest instant at which an enrolment falls due."""
        return min(self.timers.values(), default=None)

    def timed(self) -> list[Enrolment]:
        """See Draft."""
        if not self._are_undisturbed:
            return self.live()
        due = [self.enrolments[id_] for id_, at in self.timers.items() if at <= self.now]
        return [item for item in due if item.exited_at is None]

    def charge(self, ledger: tuple[Sent, ...]) -> None:
        """Set the ledger, in which a send is entered before it is settled."""
        self._open_customer().ledger = ledger

    def _opened(self, enrolment: Enrolment) -> Any:  # noqa: ANN401 - an enrolment, open
        """An enrolment that was touched before is open already."""
        return super()._opened(enrolment) if type(enrolment) is Enrolment else enrolment

    def _open_customer(self) -> Any:  # noqa: ANN401 - a customer, open
        if type(self.customer) is Customer:
            self.customer = opened(self.customer)
        return self.customer

    def close(self) -> Customer:
        """Close the copy: the customer as she is by now."""
        self.own = self.lived
        return self.closed(opened(self.customer))
