"""Local clocks: what a customer's clock reads, and when it first reads something.

A local time is the first instant whose local clock is at or past it: 02:30 in a spring gap is
03:00, and of two 02:30 in autumn it is the first. Zones are IANA names.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sojourn.core.instants import SECOND, Instant, from_datetime, to_datetime

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, or None when there is none."""
    if not name or name.startswith(("/", ".")) or name in {"localtime", "posixrules"}:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def local_clock(instant: Instant, zone: ZoneInfo) -> datetime:
    """What the clock on the wall reads at that instant, without an offset."""
    return to_datetime(instant).astimezone(zone).replace(tzinfo=None, fold=0)


def offset_at(instant: Instant, zone: ZoneInfo) -> timedelta:
    """The zone's distance from UTC at that instant."""
    offset = to_datetime(instant).astimezone(zone).utcoffset()
    return offset if offset is not None else timedelta(0)


def instant_of(day: date, at: time, zone: ZoneInfo) -> Instant:
    """The first instant on whose local clock it is that time of that day, or past it."""
    wall = datetime.combine(day, at)
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return from_datetime(early)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return jump_between(from_datetime(min(early, late)), from_datetime(max(early, late)), zone)


def jump_between(before: Instant, after: Instant, zone: ZoneInfo) -> Instant:
    """The first instant in (before, after] at which the zone's offset is no longer the first one.

    The caller knows that there is one. Zones change on whole seconds.
    """
    old = offset_at(before, zone)
    low, high = before // SECOND, -(-after // SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle * SECOND, zone) == old:
            low = middle
        else:
            high = middle
    return high * SECOND


def start_of_day(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a local day."""
    return instant_of(day, time(0), zone)


def next_local_time(after: Instant, at: time, weekdays: frozenset[int], zone: ZoneInfo) -> Instant:
    """The first instant not before ``after`` at which it is that time on one of the weekdays.

    ``weekdays`` holds 0 (Monday) to 6; empty means every day.
    """
    day = local_clock(after, zone).date() - timedelta(days=1)
    for _ in range(10):
        if not weekdays or day.weekday() in weekdays:
            candidate = instant_of(day, at, zone)
            if candidate >= after and local_clock(candidate, zone).date() >= day:
                return candidate
        day += timedelta(days=1)
    raise AssertionError("a weekday comes within ten days")


def start_of_period(instant: Instant, period: str, zone: ZoneInfo, *, periods: int = 0) -> Instant:
    """The start of the local calendar day, week or month of an instant, or of one ``periods`` on.

    ``period`` is `day`, `week` (from Monday) or `month`.
    """
    day = local_clock(instant, zone).date()
    match period:
        case "day":
            first = day + timedelta(days=periods)
        case "week":
            first = day - timedelta(days=day.weekday()) + timedelta(weeks=periods)
        case _:
            months = day.year * 12 + day.month - 1 + periods
            first = date(months // 12, months % 12 + 1, 1)
    return start_of_day(first, zone)


def parse_time_of_day(text: str) -> time:
    """Read `HH:MM`; raises ValueError with a sentence."""
    hours, colon, minutes = text.partition(":")
    if (
        colon
        and len(hours) == len(minutes) == 2  # noqa: PLR2004 - two digits each
        and (hours + minutes).isascii()
        and (hours + minutes).isdigit()
        and int(hours) < 24  # noqa: PLR2004 - hours of a day
        and int(minutes) < 60  # noqa: PLR2004 - minutes of an hour
    ):
        return time(int(hours), int(minutes))
    raise ValueError(f"{text!r} is not a time of day like 09:00")
