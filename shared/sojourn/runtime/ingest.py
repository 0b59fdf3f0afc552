"""Ingest: an envelope from the bus becomes an event in its customer's inbox, or in her history."""

from sojourn.core.errors import InvalidInput
from sojourn.core.events import Incoming, parse_entry
from sojourn.core.exact import loads_object
from sojourn.core.identity import customer_of
from sojourn.core.instants import Instant
from sojourn.runtime.feedback import is_feedback, read_feedback
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Clock, DeadLetters, History, Mailboxes


class Ingest:
    """Takes envelopes one at a time; each costs one write and no read."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        history: History,
        live: LivePlan,
        dead_letters: DeadLetters,
        clock: Clock,
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._history = history
        self._live = live
        self._dead_letters = dead_letters
        self._clock = clock

    def take(self, body: str) -> None:
        """Check one envelope and store its event; what is no event goes to the dead letters."""
        try:
            customer, incoming = _read(body, self._clock.now())
        except InvalidInput as error:
            self._dead_letters.put("ingest", str(error), body)
            return
        event = incoming.event
        plan = self._live.plan()
        if event.traits or plan.refers_to(event.name):
            self._mailboxes.append(customer, event)
        else:
            self._history.keep(customer, event)


def _read(body: str, now: Instant) -> tuple[str, Incoming]:
    entry = loads_object(body)
    if is_feedback(entry):
        entry = read_feedback(entry)
    incoming = parse_entry(entry, now)
    return customer_of(incoming.identities), incoming
