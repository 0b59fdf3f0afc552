"""Instants and durations are whole microseconds; text is RFC 3339 and ISO 8601.

An `Instant` counts microseconds since 1970-01-01T00:00:00Z. A `Duration` counts microseconds.
Integers keep decisions exact, cheap to compare and the same on every machine.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
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

EARLIEST: Instant = -62_135_596_800 * SECOND
"""0001-01-01T00:00:00Z, where calendars begin."""
LATEST: Instant = 253_402_300_800 * SECOND - 1
"""9999-12-31T23:59:59.999999Z, where text for instants ends."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,30})?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_SECONDS = slice(len("2026-01-31T09:00:"), len("2026-01-31T09:00:00"))
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"T([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DATE_END, _CLOCK_END = len("2026-01-31"), len("2026-01-31T09:00")
_DAY_MINUTES = DAY // MINUTE
_SIXTY = tuple(f":{second:02}" for second in range(MINUTE // SECOND))
_PLAIN_ENDS = {f"{text}Z": second * SECOND for second, text in enumerate(_SIXTY)}
"""How an instant without a fraction ends in UTC, and how much that is."""
_SHORTHAND = re.compile(r"(\d{1,15})([smhdw])", re.ASCII)
_NUMBER = r"(\d{1,15}(?:[.,]\d{1,15})?)"
_ISO = re.compile(
    rf"P(?=.)(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_ISO_UNITS = (WEEK, DAY, HOUR, MINUTE, SECOND)
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}


class Offset(NamedTuple):
    """A signed distance kept apart in whole calendar days and an exact rest."""

    days: int
    rest: Duration

    @property
    def total(self) -> Duration:
        """The exact length, a day being 24 hours."""
        return self.days * DAY + self.rest


@lru_cache(maxsize=1024)
def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 instant with an offset; digits past the microsecond are cut.

    A leap second is the second after it. Raises ValueError with a sentence when it is not one.
    """
    after = _PLAIN_ENDS.get(text[_CLOCK_END:])
    if after is not None:
        day, clock = _day(text[:_DATE_END]), _clock(text[_DATE_END:_CLOCK_END])
        if day is not None and clock is not None:
            return day + clock + after
    return _parsed(text)


@lru_cache(maxsize=4096)
def _day(text: str) -> Instant | None:
    """When a date begins in UTC; None when it is none."""
    try:
        return (parse_date(text) - _EPOCH.date()).days * DAY
    except ValueError:
        return None


@lru_cache(maxsize=_DAY_MINUTES)
def _clock(text: str) -> Duration | None:
    """How much of a day is over at `T09:00`; None when it is no such time."""
    found = _CLOCK.fullmatch(text)
    return None if found is None else int(found[1]) * HOUR + int(found[2]) * MINUTE


def _parsed(text: str) -> Instant:
    """The same of any instant."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is not an instant like 2026-01-31T09:00:00Z")
    leap = text[_SECONDS] == "60"
    plain = text[: _SECONDS.start] + "59" + text[_SECONDS.stop :] if leap else text
    try:
        instant = from_datetime(datetime.fromisoformat(plain.upper())) + leap * SECOND
    except ValueError as error:
        raise ValueError(f"{text!r} is not an instant that exists: {error}") from error
    if leap and instant % DAY >= SECOND:
        raise ValueError(f"{text!r} is not an instant that exists: leap seconds end a day in UTC")
    if not EARLIEST <= instant <= LATEST:
        raise ValueError(f"{text!r} is not an instant that exists: in UTC it has no year")
    return instant


@lru_cache(maxsize=1024)
def format_instant(instant: Instant) -> str:
    """Write an instant in UTC with `Z`, with a fraction only when it has one."""
    minutes, rest = divmod(instant, MINUTE)
    days, minute = divmod(minutes, _DAY_MINUTES)
    seconds, fraction = divmod(rest, SECOND)
    text = f"{_day_text(days)}{_clock_text(minute)}{_SIXTY[seconds]}"
    if not fraction:
        return text + "Z"
    return f"{text}.{fraction:06}Z" if fraction % 1000 else f"{text}.{fraction // 1000:03}Z"


@lru_cache(maxsize=4096)
def _day_text(days: int) -> str:
    return (_EPOCH + timedelta(days)).date().isoformat()


@lru_cache(maxsize=_DAY_MINUTES)
def _clock_text(minute: int) -> str:
    return f"T{minute // 60:02}:{minute % 60:02}"


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


@lru_cache(maxsize=1024)  # as many as there are different ones, which are few
def parse_offset(text: str) -> Offset:
    """Read a duration that may carry a sign, such as `-P7D`; raises ValueError.

    As in ISO 8601 the last of its numbers may have a fraction.
    """
    sign = -1 if text.startswith("-") else 1
    body = text[1:] if text[:1] in {"-", "+"} else text
    if match := _SHORTHAND.fullmatch(body):
        given = [(match[1], _UNITS[match[2]])]
    elif match := _ISO.fullmatch(body):
        pairs = zip(match.groups(), _ISO_UNITS, strict=True)
        given = [(number, unit) for number, unit in pairs if number is not None]
    else:
        raise ValueError(f"{text!r} is not a duration like P7D, PT90M, 7d or 90m{_slip(body)}")
    if any(not number.isdigit() for number, _ in given[:-1]):
        raise ValueError(f"{text!r} has a fraction that is not in its last number")
    lengths = [(_length(number, unit, text), unit) for number, unit in given]
    days, rest = divmod(sum(length for length, unit in lengths if unit >= DAY), DAY)
    rest += sum(length for length, unit in lengths if unit < DAY)
    if days * DAY + rest > LONGEST_DAYS * DAY:
        raise ValueError(f"{text!r} is longer than {LONGEST_DAYS} days")
    return Offset(sign * days, sign * rest)


def _slip(body: str) -> str:
    """What a sentence about a text that is no duration ends with: the slip that it shows."""
    if re.fullmatch(r"P\d+[HS]", body, re.ASCII):
        return f"; hours, minutes and seconds stand behind a T: PT{body[1:]}"
    is_iso = re.match(r"P(\d+[YMWD])*\d+[YM]", body, re.ASCII)
    if is_iso or re.fullmatch(r"\d+ ?(months?|years?|mo|y)", body, re.ASCII | re.IGNORECASE):
        return "; months and years differ in length: write days or weeks"
    return ""


def _length(number: str, unit: Duration, text: str) -> Duration:
    whole, _, fraction = number.replace(",", ".").partition(".")
    parts: int = 10 ** len(fraction)
    length, left = divmod(int(whole + fraction) * unit, parts)
    if left:
        raise ValueError(f"{text!r} is finer than a microsecond")
    return length


def parse_duration(text: str) -> Duration:
    """Read a duration: no sign, no months, no years; ISO 8601 or shorthand. Raises ValueError."""
    if text[:1] in {"-", "+"}:
        raise ValueError(f"{text!r} has a sign; a duration has none")
    return parse_offset(text).total


def format_duration(duration: Duration) -> str:
    """Write a duration in ISO 8601, a day being 24 hours."""
    days, rest = divmod(duration, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest // SECOND}.{rest % SECOND:06}".rstrip("0").rstrip(".")
    parts = ((str(hours), "H"), (str(minutes), "M"), (seconds, "S"))
    clock = "".join(number + unit for number, unit in parts if number != "0")
    if not days:
        return f"PT{clock or '0S'}"
    return f"P{days}DT{clock}" if clock else f"P{days}D"
