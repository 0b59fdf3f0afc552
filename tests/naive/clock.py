"""Time as the language's description has it: durations, days, the clock on the customer's wall.

Instants are Python's own, in UTC. What clocks and calendars do here they do on a quarter of an
hour, so the first instant of something is found by walking along these.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from zoneinfo import ZoneInfo

GRID = timedelta(minutes=15)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def instant(text: str) -> datetime:
    """An instant as it stands in files and results."""
    return datetime.fromisoformat(text).astimezone(UTC)


def told(at: datetime | None) -> str | None:
    """An instant as results tell it."""
    return None if at is None else written(at)


def written(at: datetime) -> str:
    """An instant, with a fraction when it has one."""
    parts = at.microsecond
    fraction = f".{parts:06}" if parts % 1000 else f".{parts // 1000:03}" if parts else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def duration(text: str) -> timedelta:
    """A duration in ISO 8601, negative ones too."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration known here")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match[1] else span


@lru_cache(maxsize=1 << 16)
def wall(at: datetime, zone: str) -> datetime:
    """What the clock on the wall shows."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def grid_from(at: datetime) -> Iterator[datetime]:
    """This instant, and the quarters of an hour after it."""
    yield at
    at += GRID - (at - datetime.min.replace(tzinfo=UTC)) % GRID
    while True:
        yield at
        at += GRID


def first(
    at: datetime,
    fits: Callable[[datetime], bool],
    last: datetime,
    besides: Iterable[datetime] = (),
) -> datetime | None:
    """The first instant from one on that fits; None when there is none up to the last.

    What does not lie on the grid and may be the first to fit is in ``besides``.
    """
    others = sorted(each for each in besides if at < each <= last)
    for each in merge(grid_from(at), others):
        if each > last:
            return None
        if fits(each):
            return each
    raise AssertionError("the grid has no end")


@lru_cache(maxsize=1 << 14)
def first_at(clock: datetime, zone: str) -> datetime:
    """The first instant whose local clock is at or past this."""
    begin = clock.replace(tzinfo=UTC) - timedelta(hours=40)
    found = first(begin, lambda at: wall(at, zone) >= clock, begin + timedelta(days=5))
    assert found is not None
    return found


def next_time(at: datetime, clock: time, weekdays: list[str], zone: str) -> datetime:
    """The next local time of day on one of the weekdays; now, when it is just that."""
    today = wall(at, zone).date()
    days = [today + timedelta(days=number) for number in range(-2, 10)]
    times = [
        first_at(datetime.combine(day, clock), zone)
        for day in days
        if not weekdays or WEEKDAYS[day.weekday()] in weekdays
    ]
    return min(each for each in times if each >= at)


def begin_of_day(day: date, zone: str) -> datetime:
    """Local midnight."""
    return first_at(datetime.combine(day, time(0)), zone)


def begin_of_period(at: datetime, period: str, zone: str) -> datetime:
    """When the calendar day, week or month began in which an instant's clock is."""
    day = wall(at, zone).date()
    if period == "calendar_week":
        day -= timedelta(days=day.weekday())
    if period == "calendar_month":
        day = day.replace(day=1)
    return begin_of_day(day, zone)


def as_date(value: object) -> date | None:
    """A text that is a date, and no instant."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def as_instant(value: object, zone: str) -> datetime | None:
    """A text that is an instant, or a date: then its local midnight."""
    day = as_date(value)
    if day is not None:
        return begin_of_day(day, zone)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)
