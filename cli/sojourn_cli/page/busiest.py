"""Busiest: what the page keeps of lives that go by: the busiest customers, and what limits did."""

from sojourn.core.instants import Instant
from sojourn_cli.comparing.enrolments import Fate, enrolled
from sojourn_cli.comparing.pressure import Pressure, feel
from sojourn_cli.simulation.clock import Life

MOST_CUSTOMERS = 200
"""Whose lives are kept, for a timeline each."""


class Busiest:
    """Looks at every life once and keeps few, so that the page costs no memory by the customer."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.customers = 0
        self._kept: list[tuple[int, int, str, Life]] = []
        self._pressure: dict[str, Pressure] = {}
        self._held: list[Fate] = []

    def look(self, customer: str, life: Life) -> None:
        """Take a life into account."""
        self.customers += 1
        fates = [fate for item in enrolled(life) for fate in item.messages]
        decided = [fate for fate in fates if fate.decided_at is not None]
        feel(self._pressure, decided, 0)
        self._held += [fate for fate in fates if fate.decided_at is None]
        sent = sum(fate.sent_at is not None for fate in fates)
        self._kept.append((-sent, -len(fates), customer, life))
        if len(self._kept) >= 2 * MOST_CUSTOMERS:
            self._cut()

    def _cut(self) -> None:
        self._kept.sort(key=lambda item: item[:3])
        del self._kept[MOST_CUSTOMERS:]

    @property
    def lives(self) -> dict[str, Life]:
        """The busiest: who was sent most first, then who was to be sent most, then by id."""
        self._cut()
        return {customer: life for _, _, customer, life in self._kept}

    def pressure(self, until: Instant) -> dict[str, Pressure]:
        """What caps and quiet hours did up to the end, which is known when all is seen: once."""
        feel(self._pressure, self._held, until)
        return self._pressure
