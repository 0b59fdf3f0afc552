"""Busiest: what the page keeps of lives that go by: the busiest customers, and what limits did."""

from collections.abc import Iterator
from typing import NamedTuple

from sojourn.core.state.customer import Event
from sojourn.core.values.instants import Instant
from sojourn.runtime.rights.requests import FORGET
from sojourn_cli.comparing.enrolments import Fate, enrolled
from sojourn_cli.comparing.pressure import Pressure, feel
from sojourn_cli.simulation.clock import Life

MOST_CUSTOMERS = 200
"""Who is kept, for a timeline each."""

type Rank = tuple[int, int, str]
"""Who was sent most is first, then who was to be sent most, then by id."""


class Seen(NamedTuple):
    """What is kept of a life: the events that came in, and the messages by enrolment.

    Of somebody who was forgotten and came back, of so many lives under her id.
    """

    events: list[Event]
    messages: list[Fate]
    lives: int = 1


class Piece(NamedTuple):
    """What was kept of some customers."""

    customers: int
    kept: list[tuple[Rank, Seen]]
    settled: list[tuple[str, Pressure]]
    held: list[Fate]


class Busiest:
    """Looks at every life once and keeps few, so that the page costs no memory by the customer."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._forget()
        self._measure: list[Rank] = []

    def _forget(self) -> None:
        self.customers = 0
        self._kept: dict[str, tuple[Rank, Seen]] = {}
        self._pressure: dict[str, Pressure] = {}
        self._held: list[Fate] = []

    def look(self, customer: str, life: Life) -> None:
        """See Gathering."""
        self.customers += 1
        fates = [fate for item in enrolled(life) for fate in item.messages]
        feel(self._pressure, [fate for fate in fates if fate.decided_at is not None], 0)
        self._held += [fate for fate in fates if fate.decided_at is None]
        sent = sum(fate.sent_at is not None for fate in fates)
        self._keep((-sent, -len(fates), customer), Seen([*life.events, *_forgetting(life)], fates))

    def taken(self) -> Piece:
        """See Gathering. Whoever was among the busiest up to now is the measure for who follows."""
        self._cut()
        kept = list(self._kept.values())
        piece = Piece(self.customers, kept, list(self._pressure.items()), self._held)
        self._forget()
        return piece

    def add(self, piece: Piece) -> None:
        """See Gathering."""
        self.customers += piece.customers
        for name, rule in piece.settled:
            self._pressure.setdefault(name, Pressure()).add(rule)
        self._held += piece.held
        for rank, seen in piece.kept:
            self._keep(rank, seen)

    def _keep(self, rank: Rank, seen: Seen) -> None:
        """Keep a life, with those that were kept under the same id."""
        sent, asked, customer = rank
        known = self._kept.get(customer)
        if known is not None:
            (sent_before, asked_before, _), other = known
            self._measure = [item for item in self._measure if item != known[0]]
            rank = sent + sent_before, asked + asked_before, customer
            events, messages = other.events + seen.events, other.messages + seen.messages
            seen = Seen(events, messages, other.lives + seen.lives)
        self._kept[customer] = rank, seen
        if len(self._kept) >= 2 * MOST_CUSTOMERS:
            self._cut()

    def _cut(self) -> None:
        """Keep those alone who are among the busiest of all that were seen up to now."""
        ranks = {*self._measure, *(rank for rank, _ in self._kept.values())}
        self._measure = sorted(ranks)[:MOST_CUSTOMERS]
        busiest = set(self._measure)
        kept = sorted(self._kept.items(), key=lambda item: item[1][0])
        self._kept = {name: item for name, item in kept if item[0] in busiest}

    @property
    def lives(self) -> dict[str, Seen]:
        """The busiest: who was sent most first, then who was to be sent most, then by id."""
        self._cut()
        return {customer: seen for customer, (_, seen) in self._kept.items()}

    def pressure(self, until: Instant) -> dict[str, Pressure]:
        """What caps and quiet hours did up to the end, which is known when all is seen: once."""
        feel(self._pressure, self._held, until)
        return self._pressure


def _forgetting(life: Life) -> Iterator[Event]:
    """What ended a life under this id, as it stands in her timeline."""
    at = life.forgotten_at
    if at is not None:
        yield Event(f"{FORGET} {at}", FORGET, at, at, {}, {})
