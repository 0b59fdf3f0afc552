"""Ingest: an envelope from the bus becomes an event in its customer's inbox, or in her history."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sojourn.core.customer import Event
from sojourn.core.errors import Conflict, InvalidInput
from sojourn.core.events import Identities, Incoming, parse_entry
from sojourn.core.exact import JsonObject, loads_object
from sojourn.core.identity import Whose, whose
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan
from sojourn.runtime.feedback import is_feedback, read_feedback
from sojourn.runtime.joining import MOST_HOPS
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.mailbox import Moved
from sojourn.runtime.ports import Clock, DeadLetters, Directory, History, Mailboxes, Numbers
from sojourn.runtime.replies import is_reply, read_reply

if TYPE_CHECKING:
    from sojourn.language.mapping import Mappings


MOST_KNOWN = 10_000
"""Identities that came together and are known to be settled: a few megabytes of a function's."""


class Ingest:
    """Takes envelopes one at a time; each costs one write and no read.

    What is refused costs one read before: a mapping for it may have been published just now. An
    identity that is neither a `userId` nor an `anonymousId` costs one write more until it is known.
    """

    def __init__(  # noqa: PLR0913 - one port for each thing it touches
        self,
        mailboxes: Mailboxes,
        directory: Directory,
        history: History,
        live: LivePlan,
        numbers: Numbers,
        dead_letters: DeadLetters,
        clock: Clock,
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._directory = directory
        self._whose_known: dict[Identities, Whose] = {}
        self._moved: dict[str, str] = {}
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
                incoming = self._read(entry, now)
                found = self._whose(incoming.identities)
                self._keep(found, incoming.event)
                if found.links is not None:
                    self._remember(incoming.identities, replace(found, links=None))
        except InvalidInput as error:
            self._dead_letters.put("ingest", str(error), body)

    def _answered(self, entry: JsonObject, now: Instant) -> None:
        """Take an answer to a text message, for everybody who was written to at that number."""
        reply = read_reply(entry, now)
        customers = self._numbers.customers_of(reply.number)
        if not customers:
            raise InvalidInput("originationNumber: nobody was written to at this number")
        for customer in customers:
            self._keep(Whose(customer, is_user=False), reply.event)

    def _keep(self, found: Whose, event: Event) -> None:
        plan = self._live.plan()
        if found.links is not None:
            self._append(found, replace(event, links=found.links))
        elif event.traits or plan.refers_to(event.name):
            self._append(found, event)
        else:
            self._history.keep(found.customer, event)

    def _whose(self, identities: Identities) -> Whose:
        """Whose an event is; what came together before and was handed on says nothing new."""
        known = self._whose_known.get(identities)
        if known is not None:
            return known
        return whose(identities, self._directory, self._live.plan().settings.nobody)

    def _append(self, found: Whose, event: Event) -> None:
        """Put an event into the inbox of whoever the customer is by now."""
        customer = found.customer
        for _ in range(MOST_HOPS):
            customer = self._moved.get(customer, customer)
            try:
                self._mailboxes.append(customer, event, is_user=found.is_user)
            except Moved as moved:
                _bound(self._moved)
                self._moved[customer] = moved.into
            else:
                return
        raise Conflict(f"customer {found.customer} was joined more than {MOST_HOPS} times over")

    def _remember(self, identities: Identities, found: Whose) -> None:
        _bound(self._whose_known)
        self._whose_known[identities] = found

    def _read(self, entry: JsonObject, now: Instant) -> Incoming:
        if is_feedback(entry):
            return parse_entry(read_feedback(entry), now)
        return self._parsed(entry, now)

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


def _bound[K, V](known: dict[K, V]) -> None:
    """Make room for one more: the oldest goes."""
    if len(known) >= MOST_KNOWN:
        del known[next(iter(known))]
