"""The `date` filter: instants on the customer's clock, in the words of their locale.

It takes an RFC 3339 instant, which is moved to the customer's zone, or a calendar date or local
time without an offset, which stay as they are. There is no `now`: a decision reads no clock.
"""

import re
from collections.abc import Callable
from datetime import datetime, tzinfo

from sojourn.core.values.instants import parse_date, parse_instant, to_datetime
from sojourn.core.values.localtime import find_zone
from sojourn.rendering.failure import Unfit
from sojourn.rendering.locales import Locale, find_locale
from sojourn.rendering.scope import Scene
from sojourn.rendering.values import text

FORMAT_CHARS = 200
"""The longest format."""

CLOCK_WORDS = frozenset({"now", "today"})
"""What other systems take for the present; refused here by name."""

_DIRECTIVE = re.compile(r"%([-_0^]?)(.?)", re.DOTALL)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d)?", re.ASCII)

type _Writer = Callable[[datetime, Locale], str]


def _number(part: Callable[[datetime], int], width: int = 2, fill: str = "0") -> _Writer:
    return lambda moment, _: str(part(moment)).rjust(width, fill)


def _hour12(moment: datetime) -> int:
    return moment.hour % 12 or 12


def _offset(moment: datetime) -> str:
    return moment.strftime("%z")


_WRITERS: dict[str, _Writer] = {
    "a": lambda moment, locale: locale.words.days_short[moment.weekday()],
    "A": lambda moment, locale: locale.words.days[moment.weekday()],
    "b": lambda moment, locale: locale.words.months_short[moment.month - 1],
    "B": lambda moment, locale: locale.words.months[moment.month - 1],
    "d": _number(lambda moment: moment.day),
    "e": _number(lambda moment: moment.day, fill=" "),
    "F": lambda moment, _: moment.date().isoformat(),
    "H": _number(lambda moment: moment.hour),
    "I": _number(_hour12),
    "j": _number(lambda moment: moment.timetuple().tm_yday, width=3),
    "k": _number(lambda moment: moment.hour, fill=" "),
    "l": _number(_hour12, fill=" "),
    "m": _number(lambda moment: moment.month),
    "M": _number(lambda moment: moment.minute),
    "p": lambda moment, locale: locale.am_pm[moment.hour >= 12],  # noqa: PLR2004 - noon
    "R": lambda moment, _: f"{moment:%H:%M}",
    "S": _number(lambda moment: moment.second),
    "T": lambda moment, _: f"{moment:%H:%M:%S}",
    "u": _number(datetime.isoweekday, width=1),
    "V": _number(lambda moment: moment.isocalendar().week),
    "y": _number(lambda moment: moment.year % 100),
    "Y": _number(lambda moment: moment.year, width=4),
    "z": lambda moment, _: _offset(moment),
    "Z": lambda moment, _: moment.tzname() or "",
    "%": lambda _, __: "%",
}


def date(scene: Scene, value: object, form: object = None) -> str:
    """A date or instant in a format of `strftime`, or as the locale writes a date."""
    locale = find_locale(scene.locale)
    pattern = locale.date if form is None else text(form)
    if problem := problem_in_format(pattern):
        raise Unfit(problem)
    moment = _moment(text(value), scene.zone)

    def directive(match: re.Match[str]) -> str:
        flag, letter = match[1], match[2]
        shown = _WRITERS[letter](moment, locale)
        match flag:
            case "-":
                return shown.lstrip("0 ") or "0"
            case "_":
                return (shown.lstrip("0") or "0").rjust(len(shown))
            case "0":
                return shown.replace(" ", "0")
            case "^":
                return shown.upper()
            case _:
                return shown

    return _DIRECTIVE.sub(directive, pattern)


def problem_in_format(pattern: str) -> str | None:
    """What is wrong with a format, if anything."""
    if len(pattern) > FORMAT_CHARS:
        return f"a date format has at most {FORMAT_CHARS} characters"
    for match in _DIRECTIVE.finditer(pattern):
        if match[2] not in _WRITERS:
            return f"`{match[0]}` is not part of a date format"
    return None


def _moment(written: str, zone_name: str) -> datetime:
    if written in CLOCK_WORDS:
        raise Unfit(f"there is no `{written}` here: a message is decided without a clock")
    zone = find_zone(zone_name)
    if zone is None:
        raise Unfit(f"the time zone `{zone_name}` is not known")
    try:
        if len(written) == len("2026-01-31"):
            day = parse_date(written)
            return datetime(day.year, day.month, day.day, tzinfo=zone)
        if _LOCAL.fullmatch(written):
            return datetime.fromisoformat(written.upper()).replace(tzinfo=zone)
        return _on_the_clock(written, zone)
    except (ValueError, OverflowError) as error:
        raise Unfit("not a date like 2026-01-31 or an instant like 2026-01-31T09:00:00Z") from error


def _on_the_clock(instant: str, zone: tzinfo) -> datetime:
    return to_datetime(parse_instant(instant)).astimezone(zone)
