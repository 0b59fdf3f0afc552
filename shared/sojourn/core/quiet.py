"""Quiet hours and closed days: when does the customer's local clock allow a message?

Read off the local clock: an hour that comes twice is quiet twice, one that is skipped is not
there. Found by arithmetic over the clock's straight stretches between zone changes.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sojourn.core.instants import DAY, Instant
from sojourn.core.localtime import day_after, jump_between, local_clock, offset_at, start_of_day
from sojourn.core.plan import Category, Closed, QuietHours, Settings

_NEVER_AFTER = 21 * DAY
"""Quiet hours repeat weekly: what does not open in three weeks without closed days never does."""

_EDGE_DAYS = 2
"""A clock never goes back by more than a day, so this far from the edges it stays inside."""

_MICROSECOND = timedelta(microseconds=1)


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
    """The rule that keeps ``at`` quiet and when quiet ends, or None when ``at`` is open.

    Not looked for past ``deadline``; without one, as long as it can still come.
    """
    if not category.quiet_hours or not (settings.quiet_hours or settings.closed):
        return None
    wall = local_clock(at, zone)
    quiet = _quiet_at(settings, channel, wall)
    if quiet is None:
        return None
    _, reason = quiet
    last = deadline if deadline is not None else _horizon(settings, at, zone)
    moment = at
    while quiet is not None:
        if moment > last:
            return QuietLimit(None, reason)
        end, _ = quiet
        moment = _when(end, moment, wall, zone)
        wall = local_clock(moment, zone)
        quiet = _quiet_at(settings, channel, wall)
    return QuietLimit(moment, reason)


def _horizon(settings: Settings, at: Instant, zone: ZoneInfo) -> Instant:
    return _NEVER_AFTER + max([at, *(start_of_day(rule.last, zone) for rule in settings.closed)])


def _when(end: datetime, moment: Instant, wall: datetime, zone: ZoneInfo) -> Instant:
    """When the clock, which reads ``wall`` now, comes to ``end`` or jumps on the way there."""
    ahead = moment + (end - wall) // _MICROSECOND
    if offset_at(ahead, zone) != offset_at(moment, zone):
        return jump_between(moment, ahead, zone)
    return ahead


def _quiet_at(settings: Settings, channel: str, wall: datetime) -> tuple[datetime, str] | None:
    """Up to which local time a rule keeps ``wall`` quiet, and which; None when it is open."""
    for closed in settings.closed:
        if closed.first <= wall.date() <= closed.last and _applies(closed, channel):
            return _closed_until(closed, wall), "closed"
    for window in settings.quiet_hours:
        if _applies(window, channel):
            end = _window_end(window, wall)
            if end is not None:
                return end, "quiet_hours"
    return None


def _applies(rule: QuietHours | Closed, channel: str) -> bool:
    return rule.channels is None or channel in rule.channels


def _closed_until(closed: Closed, wall: datetime) -> datetime:
    """A local time up to which it is closed: day by day near its edges, else in one stride."""
    today = wall.date()
    from_first, to_last = (today - closed.first).days, (closed.last - today).days
    within = from_first >= _EDGE_DAYS and to_last > _EDGE_DAYS
    return datetime.combine(day_after(today, to_last - 1 if within else 1), time(0))


def _window_end(window: QuietHours, wall: datetime) -> datetime | None:
    """The end of the run of this window that holds ``wall``: one begun today or yesterday."""
    today, now = wall.date(), wall.time()
    crosses = window.end <= window.start
    if now >= window.start and (crosses or now < window.end) and _starts(window, wall.weekday()):
        return datetime.combine(day_after(today, 1 if crosses else 0), window.end)
    if crosses and now < window.end and _starts(window, wall.weekday() - 1):
        return datetime.combine(today, window.end)
    return None


def _starts(window: QuietHours, weekday: int) -> bool:
    return not window.weekdays or weekday % 7 in window.weekdays
