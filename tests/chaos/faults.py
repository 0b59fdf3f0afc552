"""What may go wrong, how often, and what did."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sojourn.core.values.instants import HOUR, MINUTE, SECOND, Duration, Instant
from tests.chaos.dice import Dice

type Fates = tuple[tuple[str, float], ...]
"""Kinds of misfortune, each with its share of all calls."""

CALL: Fates = (
    ("dies before", 0.01),
    ("dies after", 0.01),
    ("is throttled", 0.01),
    ("loses the answer", 0.01),
    ("is slow", 0.01),
    ("waits while others run", 0.25),
)
"""Of a call to the table, a queue or the bus."""

LOOK: Fates = tuple((kind, share / 16) for kind, share in CALL)
"""Of a look into one of the timer index's sixteen shards."""

SENDING: Fates = (
    ("dies before", 0.03),
    ("is throttled", 0.03),
    ("is refused", 0.03),
    ("never arrives", 0.02),
    ("dies after", 0.03),
    ("loses the answer", 0.03),
    ("is slow", 0.03),
    ("waits while others run", 0.4),
)
"""Of a call to a provider."""

DELIVERED: Fates = (("comes twice", 0.1), ("comes late", 0.05))
"""Of what is put on a queue."""

DONE: Fates = (("is not acknowledged", 0.05),)
"""Of a batch that was worked."""

LANE: Fates = (("stalls", 0.1),)
"""Of a batch of the table's stream, before it is handed out."""

REPORTED: Fates = (
    ("is lost", 0.1),
    ("comes late", 0.1),
    ("comes twice", 0.1),
)
"""Of what a provider tells about a message."""

SLOWEST: Duration = 12 * SECOND
SERVICES = ("table", "queues", "bus", "provider")


@dataclass(frozen=True, slots=True)
class Outage:
    """A service that answers nobody for a while."""

    service: str
    begins_at: Instant
    ends_at: Instant

    @property
    def tag(self) -> str:
        return f"outage of {self.service}"


class Faults:
    """The misfortunes of one seed; those in ``spared`` do not happen, when calm none does.

    Each is ``harsh`` times as frequent as its share says.
    """

    def __init__(
        self, dice: Dice, spared: Collection[str], begin: Instant, *, harsh: int, calm: bool
    ) -> None:
        self.calm = calm
        self._harsh = harsh
        self.struck: dict[str, None] = {}
        self._dice = dice
        self.spared = spared
        self._outages: Sequence[Outage] = self._planned(begin)

    def _planned(self, begin: Instant) -> list[Outage]:
        """One seed in four has an outage, long enough that queues give up on some of their work."""
        if self._dice.draw("outage")[1] >= 0.25:
            return []
        service = SERVICES[self._dice.number("outage service", len(SERVICES))]
        begins_at = begin + self._dice.number("outage begins", 14 * HOUR)
        lasts = MINUTE + self._dice.number("outage lasts", 40 * MINUTE)
        return [Outage(service, begins_at, begins_at + lasts)]

    def out(self, service: str, now: Instant) -> bool:
        """Whether a service answers nobody now."""
        for outage in self._outages:
            if (
                not self.calm
                and outage.service == service
                and outage.begins_at <= now < outage.ends_at
                and outage.tag not in self.spared
            ):
                self.struck[outage.tag] = None
                return True
        return False

    def fate(self, name: str, fates: Fates) -> str | None:
        """What befalls something of that name; None: nothing."""
        if self.calm:
            return None
        tag, left = self._dice.draw(name)
        for kind, share in fates:
            left -= share * self._harsh
            if left < 0:
                struck = f"{tag} {kind}"
                if struck in self.spared:
                    return None
                self.struck[struck] = None
                return kind
        return None
