"""Ingest: an envelope from the bus becomes an event in its customer's inbox, or in her history."""

from typing import TYPE_CHECKING

from sojourn.core.customer import Event
from sojourn.core.errors import InvalidInput
from sojourn.core.events import Identities, Incoming, parse_entry
from sojourn.core.exact import JsonObject, loads_object
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan
from sojourn.runtime.feedback import is_feedback, read_feedback
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Clock, DeadLetters, History, Mailboxes, Numbers
from sojourn.runtime.replies import is_reply, read_reply

if TYPE_CHECKING:
    from sojourn.language.mapping import Mappings


class Ingest:
    """Takes envelopes one at a time; each costs one write and no read.

    What is refused costs one read before: a mapping for it may have been published just now.
    """

    def __init__(  # noqa: PLR0913 - its ports
        self,
        mailboxes: Mailboxes,
        history: History,
        live: LivePlan,
        numbers: Numbers,
        dead_letters: DeadLetters,
        clock: Clock,
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._history = history
        self._live = live
        self._numbers = numbers
        self._dead_letters = dead_letters
        self._clock = clock
        self._mappings: tuple[Plan, Mappings] | None = None

    def take(self, body: str) -> None:
        """Check one envelope and store its event; what is no event goes to the dead letters."""
        now = self._clock.now()
        try:
            entry = loads_object(body)
            if is_reply(entry):
                self._answered(entry, now)
            else:
                customer, incoming = self._read(entry, now)
                self._keep(customer, incoming.event)
        except InvalidInput as error:
            self._dead_letters.put("ingest", str(error), body)

    def _answered(self, entry: JsonObject, now: Instant) -> None:
        """Take an answer to a text message, for everybody who was written to at that number."""
        reply = read_reply(entry, now)
        customers = self._numbers.customers_of(reply.number)
        if not customers:
            raise InvalidInput("originationNumber: nobody was written to at this number")
        for customer in customers:
            self._keep(customer, reply.event)

    def _keep(self, customer: str, event: Event) -> None:
        plan = self._live.plan()
        if event.traits or plan.refers_to(event.name):
            self._mailboxes.append(customer, event)
        else:
            self._history.keep(customer, event)

    def _read(self, entry: JsonObject, now: Instant) -> tuple[str, Incoming]:
        if is_feedback(entry):
            incoming = parse_entry(read_feedback(entry), now)
        else:
            incoming = self._parsed(entry, now)
        return _customer_of(incoming.identities), incoming

    def _parsed(self, entry: JsonObject, now: Instant) -> Incoming:
        """The entry as an event; what is refused is refused under the plan of this moment."""
        plan = self._live.plan()
        try:
            return self._mapped(entry, plan, now)
        except InvalidInput:
            newest = self._live.newest()
            if newest is plan:
                raise
            return self._mapped(entry, newest, now)

    def _mapped(self, entry: JsonObject, plan: Plan, now: Instant) -> Incoming:
        """The entry by the plan's sources, where there are any."""
        if not plan.sources:
            return parse_entry(entry, now)
        if self._mappings is None or self._mappings[0] is not plan:
            from sojourn.language.mapping import Mappings  # noqa: PLC0415 - see decision 8

            self._mappings = plan, Mappings(plan.sources)
        return self._mappings[1].parse(entry, now)


def _customer_of(identities: Identities) -> str:
    """The customer's id; joining customers is not built here yet and is refused by name."""
    if identities.previous is not None:
        raise InvalidInput("previousId: joining two customers (alias) is not built yet")
    owner = identities.user or identities.anonymous
    if owner is None:
        raise InvalidInput("userId: missing; customers known by other identities are not built yet")
    return owner
