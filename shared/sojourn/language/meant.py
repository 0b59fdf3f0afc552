"""Meant: what somebody who writes as elsewhere, or as one speaks, has probably meant.

A guess is only made where what is written can mean one thing.
"""

import re
from collections.abc import Collection
from typing import Final

_ELSEWHERE: Final[dict[str, tuple[str, ...]]] = {
    # Status.
    **dict.fromkeys(("active", "running", "published", "enabled", "on"), ("live",)),
    **dict.fromkeys(("inactive", "disabled", "stopped", "off"), ("paused",)),
    # Types of steps, and their keys.
    **dict.fromkeys(("delay", "sleep"), ("wait", "for")),
    "duration": ("for",),
    **dict.fromkeys(("email", "mail"), ("email", "send")),
    **dict.fromkeys(("sms", "push", "message"), ("send", "text")),
    "text-message": ("sms",),
    **dict.fromkeys(("condition", "if"), ("branch", "where")),
    **dict.fromkeys(("decision", "switch", "choice"), ("branch",)),
    **dict.fromkeys(("when", "filter", "filters", "conditions"), ("where",)),
    **dict.fromkeys(("experiment", "ab-test", "abtest", "random"), ("split",)),
    **dict.fromkeys(("variants", "groups"), ("arms",)),
    "webhook": ("emit",),
    **dict.fromkeys(("goto", "then"), ("next",)),
    **dict.fromkeys(("otherwise", "default"), ("else",)),
    **dict.fromkeys(("trigger", "triggers"), ("entry",)),
    **dict.fromkeys(("start", "begin", "first-step"), ("start", "from")),
    "end": ("to", "exit"),
    "stop": ("exit",),
    "once": ("never",),
    **dict.fromkeys(("body", "content"), ("text",)),
    "headline": ("title",),
    **dict.fromkeys(("event-name", "event-type"), ("event",)),
    # Conditions.
    "and": ("all",),
    "or": ("any",),
    "last": ("within",),
    **dict.fromkeys(("properties", "property"), ("event",)),
    **dict.fromkeys(("traits", "trait", "user", "attributes"), ("profile",)),
    **dict.fromkeys(("equals", "equal", "is"), ("eq",)),
    **dict.fromkeys(("not-equals", "not-equal", "is-not"), ("ne",)),
    **dict.fromkeys(("min", "at-least", "greater-or-equal"), ("gte",)),
    **dict.fromkeys(("max", "at-most", "less-or-equal"), ("lte",)),
    **dict.fromkeys(("greater-than", "more-than", "above", "over"), ("gt",)),
    **dict.fromkeys(("less-than", "below", "under"), ("lt",)),
}
"""By words of other tools, folded: ours, of which the first that can stand there is meant."""

_UNITS: Final = {"second": "s", "minute": "m", "min": "m", "hour": "h", "day": "d", "week": "w"}
_SPOKEN: Final = re.compile(rf"(\d+)\s*({'|'.join(_UNITS)}|[smhdw])s?", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(h|am|pm)?", re.IGNORECASE)
_WITHOUT_OFFSET: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?)?")
_WITH_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}")
_NUMBER: Final = re.compile(r"(-?(?:0|[1-9]\d*)(?:\.\d+)?)\s*%?")
_YES: Final = frozenset({"true", "yes", "on"})
_NO: Final = frozenset({"false", "no", "off"})
_NOON: Final = 12
_MIDNIGHT: Final = 24


def fold(name: str) -> str:
    """Capitals, `-`, `_` and spaces are easily mixed up."""
    return name.casefold().replace("_", "-").replace(" ", "-")


def word(name: str, known: Collection[str]) -> str | None:
    """Our word for one of another tool."""
    return next((ours for ours in _ELSEWHERE.get(fold(name), ()) if ours in known), None)


def duration(text: str) -> str | None:
    """`2 days` is `2d`."""
    found = _SPOKEN.fullmatch(text.strip())
    if found is None:
        return None
    unit = found[2].casefold()
    return f"{found[1]}{_UNITS.get(unit, unit)}"


def time_of_day(text: str) -> str | None:
    """`9am` is `09:00`, `24:00` is `00:00`."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, half = int(found[1]), (found[3] or "").casefold()
    if half in ("am", "pm"):
        if not 0 < hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    return f"{0 if hour == _MIDNIGHT else hour:02}:{found[2] or '00'}"


def date(text: str) -> str | None:
    """Of an instant the day."""
    found = _WITH_TIME.match(text.strip())
    return found[1] if found is not None else None


def instant(text: str) -> str | None:
    """A date, or a time without an offset: in UTC."""
    found = _WITHOUT_OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    return f"{found[1]}T{found[2] or '00:00'}{found[3] or ':00'}Z"


def literal(wanted: str, found: object) -> str | None:
    """A number, a percentage or a yes in quotes, without them."""
    if not isinstance(found, str):
        return None
    said = found.strip()
    if wanted == "true or false":
        said = said.casefold()
        return "true" if said in _YES else "false" if said in _NO else None
    number = _NUMBER.fullmatch(said)
    if wanted not in ("a number", "a whole number") or number is None:
        return None
    return number[1] if wanted == "a number" or "." not in number[1] else None
