"""Dispatch as the language's description has it: what is in a message's way, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tests.naive.asking import Doc
from tests.naive.clock import (
    GRID,
    WEEKDAYS,
    as_date,
    begin_of_period,
    duration,
    first,
    wall,
)

USUAL = {
    "marketing": {
        "consent": "opt_out",
        "obeys_caps": True,
        "counts_toward_caps": True,
        "quiet_hours": True,
    },
    "transactional": {
        "consent": "none",
        "obeys_caps": False,
        "counts_toward_caps": False,
        "quiet_hours": False,
    },
}
REACH = timedelta(days=40)
"""Longer than any window of a cap or of quiet hours here."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A message that was sent, as caps count it."""

    at: datetime
    channel: str
    category: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that wants to go, and until when it may be held."""

    channel: str
    category: str
    deadline: datetime
    on_limit: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings, for a customer of some zone with what she was sent."""

    settings: Doc
    zone: str
    ledger: Sequence[Slot]

    def category(self, name: str) -> Doc:
        """How messages of a category are bound."""
        found: Doc = self.settings.get("categories", {}).get(name) or USUAL[name]
        return found

    def quiet(self, wanted: Wanted, at: datetime) -> set[str]:
        """The reasons why it is quiet at an instant."""
        if not self.category(wanted.category)["quiet_hours"]:
            return set()
        found: set[str] = set()
        clock = wall(at, self.zone)
        for closed in self.settings.get("closed", []):
            begin, end = as_date(closed["from"]), as_date(closed["to"])
            assert begin is not None
            assert end is not None
            if _meant(closed, "channels", wanted.channel) and begin <= clock.date() <= end:
                found.add("closed")
        for window in self.settings.get("quiet_hours", []):
            if _meant(window, "channels", wanted.channel) and _inside(window, clock):
                found.add("quiet_hours")
        return found

    def full(self, wanted: Wanted, at: datetime) -> set[str]:
        """The caps that leave no room at an instant."""
        if not self.category(wanted.category)["obeys_caps"]:
            return set()
        return {
            f"cap {cap['name']}"
            for cap in self.settings.get("caps", [])
            if _meant(cap, "channels", wanted.channel)
            and _meant(cap, "categories", wanted.category)
            and self._is_full(cap, at)
        }

    def _is_full(self, cap: Doc, at: datetime) -> bool:
        times = [
            slot.at
            for slot in self.ledger
            if slot.counts
            and _meant(cap, "channels", slot.channel)
            and _meant(cap, "categories", slot.category)
        ]
        if "min_gap" in cap and any(at - each < duration(cap["min_gap"]) for each in times):
            return True
        if "max" not in cap:
            return False
        if cap["per"].startswith("calendar"):
            begin = begin_of_period(at, cap["per"], self.zone)
            counted = [each for each in times if each >= begin]
        else:
            counted = [each for each in times if at - each < duration(cap["per"])]
        return len(counted) >= int(cap["max"])

    def _ends(self) -> list[datetime]:
        """When something that was sent no longer counts."""
        caps = self.settings.get("caps", [])
        spans = [cap[key] for cap in caps for key in ("per", "min_gap") if key in cap]
        return [
            slot.at + duration(span)
            for slot in self.ledger
            for span in spans
            if not span.startswith("calendar")
        ]

    def verdict(self, wanted: Wanted, now: datetime) -> tuple[str, datetime, set[str]]:
        """`send`, `hold` and until when, or the outcome; and the rules that may be its reason."""
        reasons = self.quiet(wanted, now) | self.full(wanted, now)
        if not reasons:
            return "send", now, set()

        def free(at: datetime) -> bool:
            return not self.quiet(wanted, at) and not self.full(wanted, at)

        besides = self._ends()
        if wanted.on_limit == "hold":
            until = first(now, free, wanted.deadline, besides)
            if until is not None:
                return "hold", until, reasons
        last = now + REACH
        opens = first(now, lambda at: not self.quiet(wanted, at), last) or last + GRID
        frees = first(now, lambda at: not self.full(wanted, at), last, besides) or last + GRID
        return ("quiet" if opens > frees else "capped"), now, reasons


def _meant(rule: Doc, key: str, name: str) -> bool:
    return name in rule.get(key, [name])


def _inside(window: Doc, clock: datetime) -> bool:
    """Whether a local clock is in a window that began today or the day before."""
    begin, end = (time.fromisoformat(window[name]) for name in ("from", "to"))
    for day in (clock.date(), clock.date() - timedelta(days=1)):
        since, until = datetime.combine(day, begin), datetime.combine(day, end)
        if end <= begin:
            until += timedelta(days=1)
        on = WEEKDAYS[day.weekday()] in window.get("weekdays", WEEKDAYS)
        if on and since <= clock < until:
            return True
    return False
