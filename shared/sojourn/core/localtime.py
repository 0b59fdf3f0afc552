"""Local clocks: what a customer's clock reads, and when it first reads something.

A local time is the first instant whose local clock is at or past it: 02:30 in a spring gap is
03:00, and of two 02:30 in autumn it is the first. Zones are IANA names, and change their offset on
whole seconds, never twice within six days.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

from sojourn.core.instants import EARLIEST, LATEST, SECOND, Instant

# Zones come from the pinned package alone: a host's own files may be older or newer, and then the
# same decision would differ from machine to machine.
reset_tzpath(to=())

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_ONE_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - read in the zone that is asked for
_FIRST: Instant = (datetime(2, 1, 1) - _EPOCH) // _MICROSECOND  # noqa: DTZ001 - as above
_LAST: Instant = (datetime(9999, 1, 1) - _EPOCH) // _MICROSECOND  # noqa: DTZ001 - as above


def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, or None when there is none."""
    return _load_zone(name) if name in _zone_names() else None


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _load_zone(name: str) -> ZoneInfo:
    return ZoneInfo.no_cache(name)


def _in_zone(instant: Instant, zone: ZoneInfo) -> datetime:
    """The instant in its zone; outside the years 2 to 9998 the nearest one inside.

    So there is always room for an offset, a month or a week beside it.
    """
    within = min(max(instant, _FIRST), _LAST)
    return zone.fromutc(_EPOCH.replace(tzinfo=zone) + timedelta(microseconds=within))


def local_clock(instant: Instant, zone: ZoneInfo) -> datetime:
    """What the clock on the wall reads at that instant, without an offset.

    Outside the years 2 to 9998 it stands still.
    """
    return _in_zone(instant, zone).replace(tzinfo=None, fold=0)


def offset_at(instant: Instant, zone: ZoneInfo) -> timedelta:
    """The zone's distance from UTC at that instant."""
    return _in_zone(instant, zone).utcoffset() or timedelta(0)


def instant_of(day: date, at: time, zone: ZoneInfo) -> Instant:
    """The first instant on whose local clock it is that time of that day, or past it."""
    first, second = _readings(datetime.combine(day, at), zone)
    return first if first <= second else jump_between(second, first, zone)


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[Instant, Instant]:
    """The instants that a local time has before and after a change of the zone's offset.

    They differ only near a change: the first is earlier when the time comes twice, later when it
    is skipped.
    """
    since_epoch = (wall - _EPOCH) // _MICROSECOND
    offsets = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    first, second = (
        min(max(since_epoch - (offset or timedelta(0)) // _MICROSECOND, EARLIEST), LATEST)
        for offset in offsets
    )
    return first, second


def jump_between(before: Instant, after: Instant, zone: ZoneInfo) -> Instant:
    """The first instant in (before, after] at which the zone's offset is no longer the first one.

    The caller knows that there is one.
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


def day_after(day: date, days: int) -> date:
    """The day so many days later, or earlier; at most the last or first day there is."""
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def next_local_time(after: Instant, at: time, weekdays: frozenset[int], zone: ZoneInfo) -> Instant:
    """The first instant not before ``after`` at which it is that time on one of the weekdays.

    ``weekdays`` holds 0 (Monday) to 6; empty means every day.
    """
    # Yesterday's time may come only now, when the clock skipped it. Today's and tomorrow's may have
    # been already, when the clock went back over midnight; those of a week later have not.
    yesterday = local_clock(after, zone).date() - _ONE_DAY
    days = (yesterday + timedelta(days=number) for number in range(10))
    times = (instant_of(day, at, zone) for day in days if not weekdays or day.weekday() in weekdays)
    return next((instant for instant in times if instant >= after), LATEST)


def start_of_period(instant: Instant, period: str, zone: ZoneInfo, *, periods: int = 0) -> Instant:
    """The start of the local calendar day, week or month of an instant, or of one ``periods`` on.

    ``period`` is `day`, `week` (from Monday) or `month`.
    """
    return start_of_day(_first_day(instant, period, zone, periods=periods), zone)


def end_of_period(instant: Instant, period: str, zone: ZoneInfo) -> Instant | None:
    """The first instant after this one at which the clock has passed its day, week or month.

    Later than the next period's start when the clock was there already and went back over
    midnight. None where calendars end.
    """
    if instant >= _LAST:
        return None
    first = _first_day(instant, period, zone, periods=1)
    start = start_of_day(first, zone)
    return start if start > instant else max(_readings(datetime.combine(first, time(0)), zone))


def _first_day(instant: Instant, period: str, zone: ZoneInfo, *, periods: int) -> date:
    day = local_clock(instant, zone).date()
    match period:
        case "day":
            return day + timedelta(days=periods)
        case "week":
            return day - timedelta(days=day.weekday()) + timedelta(weeks=periods)
        case _:
            months = day.year * 12 + day.month - 1 + periods
            return date(months // 12, months % 12 + 1, 1)


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
