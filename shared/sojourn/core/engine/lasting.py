"""The lasting draft: one customer's working copy that stays open from one stimulus to the next.

For who has all of her history at hand: nothing can be missing in the middle of a stimulus, so there
is never a state to go back to.
"""

from typing import Any

from sojourn.core.customer import Customer, Event, Sent
from sojourn.core.engine.draft import Draft
from sojourn.core.instants import Instant
from sojourn.core.limits import SEEN_IDS
from sojourn.core.nouns import opened


class LastingDraft(Draft):
    """A draft that takes one stimulus after another; its tables go along.

    Its customer is open too, and up to date between two stimuli, but for what is read here alone.
    """

    __slots__ = ()

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
        customer = self._opened()
        self.bring_up_to_date(customer)
        self.enrolments = customer.enrolments
        if self.marks:
            self.earlier = (*self.earlier, *self.marks)[-SEEN_IDS:]
            self.marks = []
            self.new_ids = []
        if self.bindings:
            self.bindings = {}
        taken = self.taken
        if taken:
            self.taken = []
        return taken

    def charge(self, ledger: tuple[Sent, ...]) -> None:
        """Set the ledger, in which a send is entered before it is settled."""
        self._opened().ledger = ledger

    def _opened(self) -> Any:  # noqa: ANN401 - a customer, open
        if type(self.customer) is Customer:
            self.customer = opened(self.customer)
        return self.customer

    def close(self) -> Customer:
        """Close the copy: the customer as she is by now."""
        return self.closed(opened(self.customer))
