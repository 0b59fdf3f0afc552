"""Instants and durations are whole microseconds; text is RFC 3339 and ISO 8601.

An `Instant` counts microseconds since 1970-01-01T00:00:00Z. A `Duration` counts microseconds.
Integers keep decisions exact, cheap to compare and the same on every machine.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

type Instant = int
type Duration = int

SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE
DAY: Duration = 24 * HOUR
WEEK: Duration = 7 * DAY

LONGEST_DAYS = 36_500
"""The longest duration, about a hundred years; longer ones are refused, never clamped."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,30})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SHORTHAND = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_ISO = re.compile(
    r"P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,6}))?S)?)?",
    re.ASCII,
)
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}


class Offset(NamedTuple):
    """A signed distance kept apart in whole calendar days and an exact rest."""

    days: int
    rest: Duration

    @property
    def total(self) -> Duration:
        """The exact length, a day being 24 hours."""
        return self.days * DAY + self.rest


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 instant with an offset; digits past the microsecond are cut.

    Raises ValueError with a sentence when it is not one.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is not an instant like 2026-01-31T09:00:00Z")
    try:
        moment = datetime.fromisoformat(text.upper())
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not an instant that exists: {error}") from error


def format_instant(instant: Instant) -> str:
    """Write an instant in UTC with `Z`, with a fraction only when it has one."""
    moment = _EPOCH + timedelta(microseconds=instant)
    micro = moment.microsecond
    if not micro:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    spec = "milliseconds" if micro % 1000 == 0 else "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


def to_datetime(instant: Instant) -> datetime:
    """The same instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def parse_date(text: str) -> date:
    """Read a calendar date `YYYY-MM-DD`; raises ValueError with a sentence."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date like 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date that exists: {error}") from error


def parse_offset(text: str) -> Offset:
    """Read a duration that may carry a sign, such as `-P7D`; raises ValueError."""
    sign = -1 if text.startswith("-") else 1
    body = text[1:] if text[:1] in {"-", "+"} else text
    if match := _SHORTHAND.fullmatch(body):
        count, unit = int(match[1]), match[2]
        days = count * (_UNITS[unit] // DAY) if unit in "dw" else 0
        rest = 0 if unit in "dw" else count * _UNITS[unit]
    elif match := _ISO.fullmatch(body):
        weeks, days_text, hours, minutes, seconds, fraction = match.groups("0")
        days = int(weeks) * 7 + int(days_text)
        rest = int(hours) * HOUR + int(minutes) * MINUTE + int(seconds) * SECOND
        rest += int(fraction.ljust(6, "0"))
    else:
        raise ValueError(f"{text!r} is not a duration like P7D, PT90M, 7d or 90m")
    if days * DAY + rest > LONGEST_DAYS * DAY:
        raise ValueError(f"{text!r} is longer than {LONGEST_DAYS} days")
    return Offset(sign * days, sign * rest)


def parse_duration(text: str) -> Duration:
    """Read a duration without a sign: ISO 8601 without months and years, or shorthand."""
    if text[:1] in {"-", "+"}:
        raise ValueError(f"{text!r} has a sign; a duration has none")
    return parse_offset(text).total
