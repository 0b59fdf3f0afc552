"""`--check`: the invariants of a workspace, held against what a simulation sent."""

from collections.abc import Iterator, Sequence

from sojourn.core.nouns import noun
from sojourn.core.sending.release import zone_of
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import LATEST, Instant, format_instant
from sojourn.core.workspace.invariants import Breach, Invariant, SentMessage, breaches
from sojourn.core.workspace.settings import Settings
from sojourn_cli.comparing.enrolments import once
from sojourn_cli.explaining.words import counted
from sojourn_cli.output import say
from sojourn_cli.simulation.clock import Life
from sojourn_cli.tables import print_table

MOST_SHOWN = 20
"""How many breaches a table shows; JSON has all of them."""


@noun
class Broken:
    """A breach and the customer it befell."""

    customer: str
    breach: Breach

    def to_json(self) -> JsonObject:
        """The breach as `broken` holds it."""
        breach = self.breach
        return {
            "invariant": breach.invariant,
            "customer": self.customer,
            "at": format_instant(breach.at),
            "because": breach.because,
            "event": None if breach.event is None else _event(breach.event),
            "messages": [_message(item) for item in breach.messages],
        }


def _event(event: Event) -> Json:
    return {"event": event.name, "received_at": format_instant(event.received_at)}


def _message(message: SentMessage) -> Json:
    return {
        "journey": message.journey,
        "step": message.step,
        "channel": message.channel,
        "category": message.category,
        "decided_at": format_instant(message.at),
    }


class Checks:
    """Gathers every breach of some invariants up to an end."""

    def __init__(
        self, invariants: Sequence[Invariant], until: Instant | None, settings: Settings
    ) -> None:
        """Hold every life to these invariants."""
        self._invariants = invariants
        self._until = LATEST if until is None else until
        self._settings = settings
        self._found: list[Broken] = []

    def look(self, customer: str, life: Life) -> None:
        """See Gathering."""
        self.add(broken_by(customer, life, self._invariants, self._until, self._settings))

    def taken(self) -> list[Broken]:
        """See Gathering."""
        found, self._found = self._found, []
        return found

    def add(self, piece: list[Broken]) -> None:
        """See Gathering."""
        self._found += piece

    @property
    def broken(self) -> list[Broken]:
        """Breaches by time, then customer and invariant."""
        order = {invariant.name: place for place, invariant in enumerate(self._invariants)}
        return sorted(
            self._found,
            key=lambda item: (item.breach.at, item.customer, order[item.breach.invariant]),
        )


def broken_by(
    customer: str,
    life: Life,
    invariants: Sequence[Invariant],
    until: Instant,
    settings: Settings,
) -> list[Broken]:
    """Every breach of one customer."""
    if not invariants:
        return []
    taken = sorted(life.taken, key=_received_at)
    caused = [event for event in taken if event.caused and event.received_at <= until]
    events = sorted([*once(life.events, until), *caused], key=_received_at)
    messages = sorted(_sent(life, caused), key=lambda message: message.at)
    found = breaches(invariants, messages, events, zone_of(life.customer, settings))
    return [Broken(customer, breach) for breach in found]


def _received_at(event: Event) -> Instant:
    return event.received_at


def _sent(life: Life, caused: Sequence[Event]) -> Iterator[SentMessage]:
    """What was sent, each with how many of the events we caused came before it."""
    before = {
        event.properties.get("message_id"): place
        for place, event in enumerate(caused)
        if event.name == "message.sent"
    }
    return (
        SentMessage(
            at=item.decided_at,
            zone=life.zones[item.message.id],
            journey=item.message.journey,
            step=item.message.step,
            channel=item.message.channel,
            category=item.message.category,
            caused=before.get(item.message.id, 0),
        )
        for item in life.settled
        if item.status == "sent"
    )


def print_broken(broken: Sequence[Broken], invariants: Sequence[Invariant]) -> None:
    """Say which invariants hold and which were broken, by whom and when."""
    rules = f"{len(invariants)} invariant{'s' * (len(invariants) != 1)}"
    if not broken:
        say(f"{rules}: none was broken")
        return
    rows = [
        (item.breach.invariant, item.customer, format_instant(item.breach.at), _because(item))
        for item in broken[:MOST_SHOWN]
    ]
    print_table("broken", ("invariant", "customer", "at", "because"), rows)
    if len(broken) > MOST_SHOWN:
        say(f"and {len(broken) - MOST_SHOWN} more; --format json has all of them")
    names = {item.breach.invariant for item in broken}
    customers = {item.customer for item in broken}
    times = counted(len(broken), "time")
    say(f"{rules}: {len(names)} broken, {times}, for {counted(len(customers), 'customer')}")


def _because(item: Broken) -> str:
    breach = item.breach
    sent = ", ".join(f"{message.journey}/{message.step}" for message in breach.messages)
    since = f" at {format_instant(breach.event.received_at)}" if breach.event is not None else ""
    return f"{sent}: {breach.because}{since}"
