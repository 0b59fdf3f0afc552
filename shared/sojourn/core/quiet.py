"""Quiet hours and closed days: when does the customer's local clock allow a message?

Read off the local clock: an hour that comes twice is quiet twice, one that is skipped is not
there. Found by arithmetic over the clock's straight stretches between zone changes.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sojourn.core.instants import DAY, Instant
from sojourn.core.localtime import jump_between, local_clock, offset_at
from sojourn.core.plan import Category, Closed, QuietHours, Settings

_HORIZON = 400 * DAY
"""How far ahead an open instant is looked for when there is no deadline."""

_MICROSECOND = timedelta(microseconds=1)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietLimit:
    """Quiet until ``until`` (None: past every instant that was asked for)."""

    until: Instant | None
    reason: str


def first_open(  # noqa: PLR0913 - one decision's inputs
    settings: Settings,
    category: Category,
    channel: str,
    at: Instant,
    zone: ZoneInfo,
    deadline: Instant | None,
) -> QuietLimit | None:
    """The rule that keeps ``at`` quiet and its end, or None when ``at`` is open."""
    if not category.quiet_hours or not (settings.quiet_hours or settings.closed):
        return None
    last = deadline if deadline is not None else at + _HORIZON
    moment, reason = at, ""
    while True:
        wall = local_clock(moment, zone)
        end, rule = _quiet_end(settings, channel, wall)
        if end is None:
            return QuietLimit(moment, reason) if reason else None
        reason = reason or rule
        if moment > last:
            return QuietLimit(None, reason)
        step = (end - wall) // _MICROSECOND
        ahead = moment + step
        if offset_at(ahead, zone) != offset_at(moment, zone):
            ahead = jump_between(moment, ahead, zone)
        moment = ahead


def _quiet_end(settings: Settings, channel: str, wall: datetime) -> tuple[datetime | None, str]:
    """The local end of a window that holds the local time ``wall``, or None when none does."""
    for closed in settings.closed:
        if _applies(closed, channel) and closed.first <= wall.date() <= closed.last:
            return datetime.combine(closed.last + _ONE_DAY, time(0)), "closed"
    for window in settings.quiet_hours:
        if _applies(window, channel):
            end = _window_end(window, wall)
            if end is not None:
                return end, "quiet_hours"
    return None, ""


def _applies(rule: QuietHours | Closed, channel: str) -> bool:
    return rule.channels is None or channel in rule.channels


def _window_end(window: QuietHours, wall: datetime) -> datetime | None:
    """The end of the run of this window that holds ``wall``: one begun today or yesterday."""
    for begun in (wall.date(), wall.date() - _ONE_DAY):
        if window.weekdays and begun.weekday() not in window.weekdays:
            continue
        start = datetime.combine(begun, window.start)
        over = window.end <= window.start
        end = datetime.combine(begun + _ONE_DAY if over else begun, window.end)
        if start <= wall < end:
            return end
    return None
