"""The core's view of a naive world."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sojourn.core.matching.conditions import Condition, Did, holds
from sojourn.core.values.exact import add
from sojourn.core.values.instants import Instant, from_datetime
from sojourn.core.values.paths import Found, Path, descend
from sojourn.core.workspace.reading import read_condition
from tests.core.naive_conditions import LOCAL, Happened, World


@dataclass(frozen=True, slots=True)
class WorldScope:
    """A small real scope, so that conditions are tried without an engine."""

    world: World
    asked: frozenset[str] = frozenset()

    @property
    def now(self) -> Instant:
        return from_datetime(self.world.now)

    def value(self, path: Path) -> Found:
        return descend(dict(self.world.roots), path)

    def local_midnight(self, day: date) -> Instant:
        return from_datetime(datetime(day.year, day.month, day.day, tzinfo=LOCAL))

    def segment(self, name: str) -> Condition | None:
        doc = self.world.segments.get(name) if name not in self.asked else None
        return None if doc is None else read_condition(doc, name)

    def inside(self, segment: str) -> "WorldScope":
        return WorldScope(self.world, self.asked | {segment})

    def occurrences(self, did: Did) -> tuple[int, Decimal | int]:
        count = 0
        total: Decimal | int = 0
        for place, happened in enumerate(self.world.events):
            if not self._counts(did, place, happened):
                continue
            seen = replace(
                self.world, roots={**self.world.roots, "event": dict(happened.properties)}
            )
            scope = WorldScope(seen, self.asked)
            if did.where is not None and not holds(did.where, scope):
                continue
            count += 1
            found = scope.value(did.sum_of) if did.sum_of is not None else None
            if type(found) is int or isinstance(found, Decimal):
                total = add(total, found)
        return count, total

    def _counts(self, did: Did, place: int, happened: Happened) -> bool:
        if happened.name not in did.events:
            return False
        at = from_datetime(happened.at)
        if did.within is not None and not self.now - did.within < at <= self.now:
            return False
        if not did.since_entry:
            return True
        entered = self.world.entered
        if entered is None or place == entered:
            return False
        return at >= from_datetime(self.world.events[entered].at)
