"""Busiest: what the page keeps of lives that go by: the busiest customers, and what limits did."""

from typing import NamedTuple

from sojourn.core.customer import Event
from sojourn.core.instants import Instant
from sojourn_cli.comparing.enrolments import Fate, enrolled
from sojourn_cli.comparing.pressure import Pressure, feel
from sojourn_cli.simulation.clock import Life

MOST_CUSTOMERS = 200
"""Who is kept, for a timeline each."""

type Rank = tuple[int, int, str]
"""Who was sent most is first, then who was to be sent most, then by id."""


class Seen(NamedTuple):
    """What is kept of a life: the events that came in, and the messages by enrolment."""

    events: list[Event]
    messages: list[Fate]


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
        self._ranks: list[Rank] = []

    def _forget(self) -> None:
        self.customers = 0
        self._kept: list[tuple[Rank, Seen]] = []
        self._pressure: dict[str, Pressure] = {}
        self._held: list[Fate] = []

    def look(self, customer: str, life: Life) -> None:
        """See Gathering."""
        self.customers += 1
        fates = [fate for item in enrolled(life) for fate in item.messages]
        feel(self._pressure, [fate for fate in fates if fate.decided_at is not None], 0)
        self._held += [fate for fate in fates if fate.decided_at is None]
        sent = sum(fate.sent_at is not None for fate in fates)
        self._keep((-sent, -len(fates), customer), Seen(life.events, fates))

    def taken(self) -> Piece:
        """See Gathering. Whoever was among the busiest up to now is the measure for who follows."""
        self._cut()
        piece = Piece(self.customers, self._kept, list(self._pressure.items()), self._held)
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
        self._ranks.append(rank)
        self._kept.append((rank, seen))
        if len(self._ranks) >= 2 * MOST_CUSTOMERS:
            self._cut()

    def _cut(self) -> None:
        self._ranks = sorted(self._ranks)[:MOST_CUSTOMERS]
        busiest = set(self._ranks)
        self._kept = sorted(
            (item for item in self._kept if item[0] in busiest), key=lambda item: item[0]
        )

    @property
    def lives(self) -> dict[str, Seen]:
        """The busiest: who was sent most first, then who was to be sent most, then by id."""
        self._cut()
        return {customer: seen for (_, _, customer), seen in self._kept}

    def pressure(self, until: Instant) -> dict[str, Pressure]:
        """What caps and quiet hours did up to the end, which is known when all is seen: once."""
        feel(self._pressure, self._held, until)
        return self._pressure
