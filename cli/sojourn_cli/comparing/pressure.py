"""Pressure: how many messages each cap and the quiet hours held or dropped, and for how long."""

from collections.abc import Iterable
from dataclasses import dataclass

from sojourn.core.values.instants import SECOND, Instant
from sojourn_cli.comparing.enrolments import Fate

_LIMITS = ("capped", "quiet")
"""Outcomes by which a limit drops a message."""


@dataclass(slots=True)
class Pressure:
    """What one rule did to the messages of a run: counts, and microseconds of holding."""

    held: int = 0
    dropped: int = 0
    held_time: int = 0
    longest: int = 0

    def add(self, more: "Pressure") -> None:
        """Add what the rule did to other messages."""
        self.held += more.held
        self.dropped += more.dropped
        self.held_time += more.held_time
        self.longest = max(self.longest, more.longest)

    def seconds(self) -> tuple[int, int]:
        """All holding and the longest hold, in whole seconds."""
        return self.held_time // SECOND, self.longest // SECOND


def feel(pressure: dict[str, Pressure], fates: Iterable[Fate], until: Instant) -> None:
    """Add what happened to these messages; one still held at ``until`` was held up to there."""
    for fate in fates:
        held: dict[str, int] = {}
        end = until if fate.decided_at is None else fate.decided_at
        for at, reason in reversed(fate.holds):
            held[reason] = held.get(reason, 0) + end - at
            end = at
        for reason, time in held.items():
            rule = pressure.setdefault(reason, Pressure())
            rule.held += 1
            rule.held_time += time
            rule.longest = max(rule.longest, time)
        if fate.status in _LIMITS:
            pressure.setdefault(fate.reason or fate.status, Pressure()).dropped += 1
