"""Local clocks a second time: minute by minute, looking at the wall.

Right only where a zone's clock shows whole minutes, which every zone does from 1973 on.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

from sojourn.core.values.instants import Instant

MINUTE = 60_000_000
REACH = 50 * 60
"""How many minutes before its reading in UTC a wall time can come: 14 hours and a skipped day."""


@lru_cache(maxsize=1 << 20)
def wall_at(instant: Instant, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return datetime.fromtimestamp(instant // 1_000_000, zone).replace(tzinfo=None, fold=0)


def minutes_from(instant: Instant) -> Iterator[Instant]:
    """This instant and every minute after it."""
    return (instant + number * MINUTE for number in count())


def as_if_utc(wall: datetime) -> Instant:
    """The instant at which a clock in UTC shows this."""
    return round((wall - datetime(1970, 1, 1)).total_seconds()) * 1_000_000  # noqa: DTZ001


@lru_cache(maxsize=1 << 14)
def first_at_or_past(wall: datetime, zone: ZoneInfo) -> Instant:
    """The first instant whose local clock is at or past a wall time."""
    begin = as_if_utc(wall) - REACH * MINUTE
    return next(instant for instant in minutes_from(begin) if wall_at(instant, zone) >= wall)


def next_fitting(after: Instant, at: time, weekdays: frozenset[int], zone: ZoneInfo) -> Instant:
    """The next local time of day, on one of the weekdays, that comes for the first time."""
    day = wall_at(after, zone).date()
    near = [day + timedelta(days=number) for number in range(-3, 12)]
    firsts = [
        first_at_or_past(datetime.combine(day, at), zone)
        for day in near
        if not weekdays or day.weekday() in weekdays
    ]
    return min(instant for instant in firsts if instant >= after)


def period_of(day: date, period: str) -> date:
    """The first day of the calendar day, week or month that a day is in."""
    while not (
        period == "day"
        or (period == "week" and day.strftime("%a") == "Mon")
        or (period == "month" and day.day == 1)
    ):
        day -= timedelta(days=1)
    return day


def begin_of_period(instant: Instant, period: str, zone: ZoneInfo) -> Instant:
    """The first instant of the calendar period in which an instant's clock is."""
    first = period_of(wall_at(instant, zone).date(), period)
    return first_at_or_past(datetime.combine(first, time(0)), zone)
