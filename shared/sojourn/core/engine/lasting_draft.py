"""The lasting draft: one customer's working copy that stays open from one stimulus to the next.

For who has all of her history at hand: nothing can be missing in the middle of a stimulus, so there
is never a state to go back to.
"""

from collections.abc import Sequence
from typing import Any

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.followed import newest_followed
from sojourn.core.engine.holding import most_held_by
from sojourn.core.engine.routes import routes_of
from sojourn.core.engine.timers import falls_due
from sojourn.core.limits import FOLLOWED, HELD_BYTES, SEEN_IDS
from sojourn.core.nouns import opened
from sojourn.core.state.customer import Customer, Enrolment, Event, Sent
from sojourn.core.state.history import GrowingHistory
from sojourn.core.values.instants import Duration, Instant
from sojourn.core.workspace.plan import Plan


class LastingDraft(Draft):
    """A draft that takes one stimulus after another; its tables go along.

    Its customer is open too, and up to date between two stimuli, but for what is read here alone.
    So are her enrolments: ``own`` are those that this stimulus touched, ``lived`` all that any did.
    ``timers`` says when each live one falls due, ``timer`` when the first of them does, and
    ``followed`` until when each ended one is kept, ``first_over`` is never after the first of these
    instants. What was taken goes to its ``past`` and to ``every``, the list of all. ``begun_with``
    is the table of enrolments until somebody is joined.
    """

    __slots__ = (
        *("_looks_ahead", "begun_with", "every", "first_over", "followed", "lived", "past"),
        *("timer", "timers"),
    )

    def __init__(  # noqa: PLR0913 - what a draft is made of
        self,
        plan: Plan,
        customer: Customer,
        past: GrowingHistory,
        every: list[Event],
        *,
        reasons: bool,
        facts: bool,
    ) -> None:
        """Open the copy, as any draft, of somebody who is in no journey yet.

        Without ``facts`` and reasons, what nobody asks for is not told of her messages.
        """
        super().__init__(plan, opened(customer), customer.decided_at, past, reasons=reasons)
        self.past, self.every = past, every
        if not (reasons or facts):
            self.untold = routes_of(plan).unasked
        # Whoever falls due is known beforehand where nothing but her own timers makes her.
        self._looks_ahead = routes_of(plan).are_undisturbed and not plan.always_examined
        self.lived: dict[str, Enrolment] = {}
        self.timers: dict[str, Instant] = {}
        self.timer: Instant | None = None
        self.followed: dict[str, Instant] = {}
        self.first_over: Instant | None = None
        self.begun_with = self.enrolments

    def begin(self, now: Instant) -> None:
        """Begin with another stimulus."""
        if now != self.now:
            self.now = now
            self.earlier = ()
            self.causes = 0
        self.link = self.emitted = 0
        self.silent = False

    def commit(self) -> Customer:
        """Be done with a stimulus; gives the customer, who is up to date."""
        now: Instant = self.now
        customer: Any = self.customer
        if self.own:
            self._follow_up()
            if self.followed and self._holds_much():
                self.first_over = now
        if self.first_over is not None and self.first_over <= now:
            self._let_go()
        customer.enrolments, customer.messages = self.enrolments, self.messages
        customer.newest_at, customer.decided_at = self.newest_at, now
        if self.marks:
            if self.new_ids:
                customer.seen, customer.forgotten_at = self.seen()
                self.new_ids = []
            self.earlier = (*self.earlier, *self.marks)[-SEEN_IDS:]
            self.marks = []
        if self.bindings:
            self.bindings = {}
        if self.taken:
            self.past.add(self.taken)
            self.every += self.taken
            self.taken = []
        return customer  # type: ignore[no-any-return]  # a customer

    def _follow_up(self) -> None:
        """Note of each enrolment that was touched when it falls due, or until when it is kept."""
        timers, along, own = self.timers, self.along, self.own
        for id_, enrolment in own.items():
            route = along.get(id_) or self.route_of(enrolment)
            if enrolment.exited_at is not None:
                timers.pop(id_, None)
                self._let_go_of(enrolment, route.followed)
            elif route.stay is not None:
                ends_at, due_at = enrolment.entered_at + route.stay, enrolment.due_at
                timers[id_] = ends_at if due_at is None or ends_at < due_at else due_at
            else:
                # Nobody enters a journey that is paused, and the plan stays: there is a timer.
                timers[id_] = falls_due(enrolment, self.plan)  # type: ignore[assignment]
        self.lived.update(own)
        own.clear()
        self.timer = min(timers.values()) if timers else None

    def _holds_much(self) -> bool:
        """Whether her enrolments, ended ones too, may hold too much.

        All that they hold was taken one after another, unless somebody was joined: then theirs are
        in another table.
        """
        if self.holding.is_little and self.enrolments is self.begun_with:
            return False
        return sum(map(most_held_by, self.enrolments.values())) > HELD_BYTES

    def _let_go_of(self, enrolment: Enrolment, followed: Duration) -> None:
        """Note until when an ended enrolment is kept, or keep it no more."""
        id_, until = enrolment.id, enrolment.begun_at + followed
        if enrolment.converted_at is not None:
            until = self.now
        messages = self.messages
        if until > self.now or (messages and id_ in [item.enrolment for item in messages.values()]):
            self.followed[id_] = until
            if self.first_over is None or until < self.first_over:
                self.first_over = until
            if len(self.followed) > FOLLOWED:
                self.first_over = self.now
        else:
            del self.enrolments[id_]
            self.followed.pop(id_, None)

    def _let_go(self) -> None:
        """Keep of the ended enrolments those for which something may still come."""
        waited_for = {message.enrolment for message in self.messages.values()}
        over = [
            id_
            for id_, until in self.followed.items()
            if until <= self.now and id_ not in waited_for
        ]
        ended = [
            item
            for id_, item in self.enrolments.items()
            if id_ in self.followed and id_ not in over
        ]
        newest: Sequence[Enrolment] = ended[-FOLLOWED:]
        if self._holds_much():
            newest = newest_followed(ended, self.enrolments)
        for id_ in (*over, *(item.id for item in ended[: len(ended) - len(newest)])):
            del self.enrolments[id_], self.followed[id_]
        self.first_over = min(self.followed.values(), default=None)

    def timed(self) -> list[Enrolment]:
        """See Draft."""
        if not self._looks_ahead:
            return self.live()
        enrolments, now = self.enrolments, self.now
        return [enrolments[id_] for id_, at in self.timers.items() if at <= now]

    def _changed(self, changes: dict[str, Any]) -> Customer:
        """Another customer, as open as she was."""
        customer: Customer = opened(self.customer)
        for name, value in changes.items():
            setattr(customer, name, value)
        return customer

    def charge(self, ledger: tuple[Sent, ...]) -> None:
        """Set the ledger, in which a send is entered before it is settled."""
        customer: Any = self.customer
        customer.ledger = ledger

    def owned(self, enrolment: Enrolment) -> Any:  # noqa: ANN401 - an enrolment, open
        """See Draft: each of hers is open from the beginning."""
        self.own[enrolment.id] = enrolment
        return enrolment

    def close(self) -> Customer:
        """Close the copy: the customer as she is by now."""
        self.own = self.lived
        return self.closed(self.customer)
