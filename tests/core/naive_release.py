"""Release a second time: step through time, count the ledger at each step, look at the wall.

Everything lies on a grid of minutes, so the first legal instant is on the grid as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sojourn.core.state.customer import Sent
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.settings import Cap, Category, Settings
from tests.core.naive_clock import begin_of_period, wall_at


@dataclass(frozen=True, slots=True)
class Rules:
    """What can hold one message back."""

    settings: Settings
    category: Category
    channel: str
    ledger: Sequence[Sent]
    zone: ZoneInfo

    def quiet(self, at: Instant) -> list[str]:
        """The quiet rules that hold at an instant."""
        if not self.category.quiet_hours:
            return []
        wall = wall_at(at, self.zone)
        closed = [
            "closed"
            for rule in self.settings.closed
            if self._meant(rule.channels) and rule.first <= wall.date() <= rule.last
        ]
        windows = [
            "quiet_hours"
            for rule in self.settings.quiet_hours
            if self._meant(rule.channels)
            for begun in (wall.date() - timedelta(days=days) for days in range(-1, 3))
            if not rule.weekdays or begun.weekday() in rule.weekdays
            for start in [datetime.combine(begun, rule.start)]
            for end in [datetime.combine(begun, rule.end)]
            if start <= wall < (end if end > start else end + timedelta(days=1))
        ]
        return closed + windows

    def _meant(self, channels: frozenset[str] | None) -> bool:
        return channels is None or self.channel in channels

    def full(self, at: Instant) -> list[str]:
        """The caps that leave no room at an instant."""
        if not self.category.obeys_caps:
            return []
        return [
            f"cap {cap.name}"
            for cap in self.settings.caps
            if self._meant(cap.channels)
            and (cap.categories is None or self.category.name in cap.categories)
            and self._is_full(cap, at)
        ]

    def _is_full(self, cap: Cap, at: Instant) -> bool:
        counted = [
            sent.at
            for sent in self.ledger
            if sent.counts
            and (cap.channels is None or sent.channel in cap.channels)
            and (cap.categories is None or sent.category in cap.categories)
        ]
        if cap.min_gap is not None and any(at - sent_at < cap.min_gap for sent_at in counted):
            return True
        if cap.maximum is None or cap.window is None:
            return False
        if isinstance(cap.window, int):
            recent = [sent_at for sent_at in counted if at - sent_at < cap.window]
        else:
            begun_at = begin_of_period(at, cap.window, self.zone)
            recent = [sent_at for sent_at in counted if sent_at >= begun_at]
        return len(recent) >= cap.maximum

    def first(self, rules: str, steps: Iterator[Instant]) -> Instant | None:
        """The first of these instants at which none of the rules (`quiet`, `full`) holds."""
        for at in steps:
            if not any(getattr(self, rule)(at) for rule in rules.split()):
                return at
        return None
