"""Local clocks: what a customer's clock reads, and when it first reads something.

A local time is the first instant whose local clock is at or past it: 02:30 in a spring gap is
03:00, and of two 02:30 in autumn it is the first. Zones are IANA names.

A clock runs straight from one change of its zone to the next, so everything here is found by
adding and comparing whole numbers along these stretches.
"""

from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

from sojourn.core.values.instants import DAY, EARLIEST, LATEST, MINUTE, SECOND, Duration, Instant

type Wall = int
"""What a local clock reads, in microseconds since it read 1970-01-01T00:00."""

# Zones come from the pinned package alone: a host's own files may be older or newer, and then the
# same decision would differ from machine to machine.
reset_tzpath(to=())

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SPAN_BITS = 38
"""Time is cut into spans of 2**38 microseconds, a little over three days. Zones change on whole
seconds and never twice within six days: so in a span at most once."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - read in the zone that is asked for
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, or None when there is none; always the same one."""
    return _load_zone(name) if name in _zone_names() else None


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _load_zone(name: str) -> ZoneInfo:
    return ZoneInfo.no_cache(name)


def offset_at(instant: Instant, zone: ZoneInfo) -> tuple[Duration, Instant]:
    """How far the local clock is ahead of UTC, and up to which later instant it stays so at least.

    A wall is the instant plus this.
    """
    number = instant >> _SPAN_BITS
    before, changes_at, after = _change_in(number, zone)
    if instant < changes_at:
        return before, changes_at
    return after, (number + 1) << _SPAN_BITS


@lru_cache(maxsize=16_384)
def _change_in(number: int, zone: ZoneInfo) -> tuple[Duration, Instant, Duration]:
    """The offset when a span begins, when it changes (else the span's end), and what it is then."""
    begin, end = number << _SPAN_BITS, (number + 1) << _SPAN_BITS
    before, after = _utc_offset(begin, zone), _utc_offset(end - 1, zone)
    if before == after:
        return before, end, after
    low, high = begin // SECOND, (end - 1) // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if _utc_offset(middle * SECOND, zone) == before:
            low = middle
        else:
            high = middle
    return before, high * SECOND, after


def _utc_offset(instant: Instant, zone: ZoneInfo) -> Duration:
    """The offset as the zone's table has it; where calendars end, that of a day before."""
    within = min(max(instant, EARLIEST + DAY), LATEST - DAY)
    there = zone.fromutc(_EPOCH.replace(tzinfo=zone) + timedelta(microseconds=within))
    return (there.utcoffset() or timedelta(0)) // _MICROSECOND


def first_past(wall: Wall, zone: ZoneInfo, after: Instant) -> Instant:
    """The first instant not before ``after`` whose local clock is at or past ``wall``."""
    at = after
    while True:
        offset, stays_until = offset_at(at, zone)
        reached_at = max(at, wall - offset)
        if reached_at < stays_until:
            return reached_at
        at = stays_until


def first_reading(wall: Wall, zone: ZoneInfo) -> Instant:
    """The first instant of all whose local clock is at or past ``wall``; within all calendars."""
    # No clock is a day ahead of UTC, so a day earlier it is not there yet.
    return min(max(first_past(wall, zone, wall - DAY), EARLIEST), LATEST)


def day_number(day: date) -> int:
    """A date as days since 1970-01-01: its midnight's wall is that many days."""
    return day.toordinal() - _EPOCH_DAY


def weekday_of(number: int) -> int:
    """The weekday of a day's number, 0 being Monday; 1970-01-01 was a Thursday."""
    return (number + 3) % 7


@lru_cache(maxsize=24 * 60)
def microseconds_of(at: time) -> Duration:
    """A time of day as the time since midnight on an even clock."""
    return (at.hour * 60 + at.minute) * MINUTE + at.second * SECOND + at.microsecond


def local_clock(instant: Instant, zone: ZoneInfo) -> datetime:
    """What the clock on the wall reads at that instant, without an offset; within all calendars."""
    offset, _ = offset_at(instant, zone)
    return _EPOCH + timedelta(microseconds=min(max(instant + offset, EARLIEST), LATEST))


def instant_of(day: date, at: time, zone: ZoneInfo) -> Instant:
    """The first instant on whose local clock it is that time of that day, or past it."""
    return first_reading(day_number(day) * DAY + microseconds_of(at), zone)


def start_of_day(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a local day."""
    return _midnight(day_number(day), zone)


@lru_cache(maxsize=16_384)
def _midnight(number: int, zone: ZoneInfo) -> Instant:
    return first_reading(number * DAY, zone)


def day_after(day: date, days: int) -> date:
    """The day so many days later, or earlier; at most the last or first day there is."""
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def next_local_time(after: Instant, at: time, weekdays: frozenset[int], zone: ZoneInfo) -> Instant:
    """The first instant not before ``after`` at which it is that time on one of the weekdays.

    ``weekdays`` holds 0 (Monday) to 6; empty means every day.
    """
    times = _times_about(after // DAY, at, weekdays, zone)
    return times[bisect_left(times, after)]


@lru_cache(maxsize=16_384)
def _times_about(
    number: int, at: time, weekdays: frozenset[int], zone: ZoneInfo
) -> tuple[Instant, ...]:
    """When it is that time on those weekdays, about a day of UTC, in order.

    From two days before it to a week after the day after tomorrow.
    """
    # The local day is this one, the one before or the one after. Yesterday's time may come only
    # now, when the clock skipped it. Today's and tomorrow's may have been already, when the clock
    # went back over midnight; those of a week later have not.
    since_midnight = microseconds_of(at)
    return tuple(
        first_reading(day * DAY + since_midnight, zone)
        for day in range(number - 2, number + 10)
        if not weekdays or weekday_of(day) in weekdays
    )


def start_of_period(instant: Instant, period: str, zone: ZoneInfo, *, periods: int = 0) -> Instant:
    """The start of the local calendar day, week or month of an instant, or of one ``periods`` on.

    ``period`` is `day`, `week` (from Monday) or `month`.
    """
    return _midnight(_first_day(instant, period, zone, periods), zone)


def end_of_period(instant: Instant, period: str, zone: ZoneInfo) -> Instant | None:
    """The first instant after this one at which the clock has passed its day, week or month.

    Later than the next period's start when the clock was there already and went back over
    midnight. None where calendars end.
    """
    first = _first_day(instant, period, zone, 1)
    end = _midnight(first, zone)
    if end <= instant:
        end = first_past(first * DAY, zone, instant)
    return end if instant < end < LATEST else None


def _first_day(instant: Instant, period: str, zone: ZoneInfo, periods: int) -> int:
    """The number of the first day of the instant's local period, or of one ``periods`` on."""
    offset, _ = offset_at(instant, zone)
    today = (instant + offset) // DAY
    match period:
        case "day":
            return today + periods
        case "week":
            return today - weekday_of(today) + 7 * periods
        case _:
            return _first_of_month(today, periods)


@lru_cache(maxsize=4096)
def _first_of_month(number: int, months_on: int) -> int:
    """The number of the first day of a day's month, or of one so many months on."""
    day = day_after(_EPOCH.date(), number)
    months = day.year * 12 + day.month - 1 + months_on
    year, month = divmod(min(max(months, 12), 9999 * 12 + 11), 12)
    return day_number(date(year, month + 1, 1))


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
