"""Quiet hours and closed days: when does the customer's local clock allow a message?

Read off the local clock: an hour that comes twice is quiet twice, one that is skipped is not
there. Found by going from the end of one rule to the end of the next, and by stopping wherever the
clock jumps.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sojourn.core.instants import DAY, EARLIEST, Duration, Instant
from sojourn.core.localtime import (
    Wall,
    day_number,
    first_reading,
    microseconds_of,
    offset_at,
    weekday_of,
)
from sojourn.core.plan import Category, Closed, QuietHours, Settings

_NEVER_AFTER = 21 * DAY
"""Quiet hours repeat weekly: what does not open in three weeks without closed days never does."""

_EDGE_DAYS = 2
"""A clock never goes back by more than a day, so this far from the edges it stays inside."""


@dataclass(frozen=True, slots=True)
class QuietLimit:
    """Quiet until ``until`` (None: for ever)."""

    until: Instant | None
    reason: str


def first_open(
    settings: Settings, category: Category, channel: str, at: Instant, zone: ZoneInfo
) -> QuietLimit | None:
    """The rule that keeps ``at`` quiet and when quiet ends, or None when ``at`` is open."""
    if not category.quiet_hours:
        return None
    quiet = _quiet_at(settings, channel, at, zone)
    if quiet is None:
        return None
    _, reason = quiet
    moment = at
    while quiet is not None:
        moment, _ = quiet
        if moment - at > _NEVER_AFTER and moment > _last_closed(settings) + _NEVER_AFTER:
            return QuietLimit(None, reason)
        quiet = _quiet_at(settings, channel, moment, zone)
    return QuietLimit(moment, reason)


def _last_closed(settings: Settings) -> Instant:
    """When the last closed day begins, to within a day."""
    return max((day_number(rule.last) * DAY for rule in settings.closed), default=EARLIEST)


def _quiet_at(
    settings: Settings, channel: str, at: Instant, zone: ZoneInfo
) -> tuple[Instant, str] | None:
    """The rule that keeps an instant quiet, and until when it surely does; None when it is open."""
    offset, stays_until = offset_at(at, zone)
    day, since_midnight = divmod(at + offset, DAY)
    for closed in settings.closed:
        first = day_number(closed.first)
        if first <= day and _applies(closed, channel):
            left = day_number(closed.last) - day
            if left > _EDGE_DAYS and day - first >= _EDGE_DAYS:
                return first_reading((day + left - 1) * DAY, zone), "closed"
            if left >= 0:
                return min((day + 1) * DAY - offset, stays_until), "closed"
    for window in settings.quiet_hours:
        end = _window_end(window, day, since_midnight)
        if end is not None and _applies(window, channel):
            return min(end - offset, stays_until), "quiet_hours"
    return None


def _applies(rule: QuietHours | Closed, channel: str) -> bool:
    return rule.channels is None or channel in rule.channels


def _window_end(window: QuietHours, day: int, since_midnight: Duration) -> Wall | None:
    """The end of the run of a window in which the clock is: one begun today or yesterday."""
    start, end = microseconds_of(window.start), microseconds_of(window.end)
    crosses = end <= start
    if since_midnight >= start:
        if (crosses or since_midnight < end) and _starts(window, day):
            return (day + 1 if crosses else day) * DAY + end
    elif crosses and since_midnight < end and _starts(window, day - 1):
        return day * DAY + end
    return None


def _starts(window: QuietHours, day: int) -> bool:
    return not window.weekdays or weekday_of(day) in window.weekdays
