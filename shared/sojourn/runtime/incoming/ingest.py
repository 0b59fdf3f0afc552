"""Ingest: an envelope from the bus becomes an event in its customer's inbox, or in her history."""

import logging
from typing import TYPE_CHECKING

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Incoming, parse_entry
from sojourn.core.incoming.identity import Whose, owner_of
from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.mailbox import Gone
from sojourn.runtime.incoming.feedback import (
    about_address,
    is_feedback,
    mailed_before,
    read_feedback,
)
from sojourn.runtime.incoming.intake import Intake
from sojourn.runtime.incoming.replies import is_reply, read_reply
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Clock, DeadLetters, Directory, History, Mailboxes, Numbers

if TYPE_CHECKING:
    from sojourn.language.mapping import Mappings


_log = logging.getLogger("sojourn")


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
        self._intake = Intake(mailboxes, directory, history, live)
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
            if (direct := _not_taken(entry)) is not None:
                entry, body = direct, dumps(direct)
            if is_reply(entry):
                self._answered(entry, now)
            else:
                self._intake.take(self._read(entry, now))
        except Gone:
            _log.info("ingest: an event of somebody who was forgotten is not taken in")
        except InvalidInput as error:
            self._dead_letters.put("ingest", str(error), body)

    def _answered(self, entry: JsonObject, now: Instant) -> None:
        """Take an answer to a text message, for everybody who was written to at that number."""
        reply = read_reply(entry, now)
        customers = self._numbers.customers_of(reply.number)
        if not customers:
            raise InvalidInput("originationNumber: nobody was written to at this number")
        gone: Gone | None = None
        for customer in customers:
            try:
                self._intake.keep(Whose(customer, is_user=False), reply.event)
            except Gone as forgotten:
                gone = forgotten
        if gone is not None:
            raise gone

    def _read(self, entry: JsonObject, now: Instant) -> Incoming:
        if is_feedback(entry):
            return self._reported(entry, now)
        return self._parsed(entry, now)

    def _reported(self, entry: JsonObject, now: Instant) -> Incoming:
        """What the provider tells; of mail from before she came back only what the address says.

        Her messages of then are hers no more, and one of now may have the id of one of them.
        """
        incoming = parse_entry(read_feedback(entry), now)
        self._live.plan()
        who = owner_of(incoming.identities)
        since = self._live.forgotten.back_since(who)
        if since is None or not mailed_before(entry, since):
            return incoming
        told = about_address(entry)
        if told is None:
            raise Gone(who, since)
        return parse_entry(told, now)

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


def _not_taken(entry: JsonObject) -> JsonObject | None:
    """The event that came directly and was not taken, in what Lambda tells the queue of it.

    A record for an on-failure destination of an asynchronous invocation (Lambda developer guide).
    """
    payload = entry.get("requestPayload")
    return payload if "requestContext" in entry and isinstance(payload, dict) else None
