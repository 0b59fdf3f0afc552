"""Words: durations, values and conditions as a person says them, short."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from sojourn.core.matching.comparisons import Span
from sojourn.core.matching.conditions import (
    SHOWN_CHARS,
    All,
    Any_,
    Condition,
    Did,
    InSegment,
    Not,
    Test,
)
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, Duration
from sojourn.core.values.paths import show_path
from sojourn.language.wording import hint, quoted

type _Say = Callable[[Any], str]
"""How a value is worded."""

_UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))

_SYMBOLS = {"eq": "=", "ne": "≠", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}

_PHRASES = {
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "like": "is like",
    "before": "is before",
    "after": "is after",
    "within": "is in the last",
    "older_than": "is older than",
    "in_next": "is in the next",
}

CHANNELS = {"email": "e-mail", "sms": "SMS", "push": "push message"}
"""What a channel carries."""


def duration_in_words(duration: Duration) -> str:
    """A duration in days, hours, minutes and seconds: `1 day 12 hours`; a day is 24 hours."""
    parts, rest = [], duration
    for length, unit in _UNITS:
        number, rest = divmod(rest, length)
        if number:
            parts.append(counted(number, unit))
    if rest or not parts:
        whole, fraction = divmod(rest, SECOND)
        text = f"{whole}.{fraction:06}".rstrip("0").rstrip(".")
        parts.append(f"{text} second" if text == "1" else f"{text} seconds")
    return " ".join(parts)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 day`, `2 days`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names as a sentence lists them: `a, b and c`."""
    *most, final = names
    return f"{', '.join(most)} {last} {final}" if most else final


def value_in_words(value: Any) -> str:  # noqa: ANN401 - any operand or JSON value
    """A value: text as it is, a duration in words, a list by its members, else JSON."""
    match value:
        case Span():
            return duration_in_words(value.length)
        case str():
            return value or '""'
        case list():
            return ", ".join(value_in_words(item) for item in value)
        case _:
            return dumps(value)


def value_in_full(value: Any) -> str:  # noqa: ANN401 - any operand
    """A value of which text and number can be told apart: text in quotes, cut where it is long."""
    match value:
        case Span():
            return duration_in_words(value.length)
        case [_, *_]:
            return ", ".join(value_in_full(item) for item in value)
        case _:
            text = dumps(value)
            return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def condition_in_words(condition: Condition, say: _Say = value_in_words) -> str:
    """A condition in one short line, with symbols: `event.total ≥ 50`.

    ``say`` words the values: as in a picture, or in full.
    """
    match condition:
        case Test():
            return _test_in_words(condition, say)
        case All(parts):
            return " and ".join(condition_in_words(part, say) for part in parts) or "always"
        case Any_(parts):
            return " or ".join(_inside(part, say) for part in parts) or "never"
        case Not(part):
            return f"not {_inside(part, say)}"
        case InSegment(name):
            return f"in segment {name}"
        case Did():
            return _did_in_words(condition, say)


def condition_in_full(condition: Condition) -> str:
    """A condition in one line, beside which stands what it met: `profile.tier = "gold"`."""
    return condition_in_words(condition, value_in_full)


def _inside(condition: Condition, say: _Say) -> str:
    text = condition_in_words(condition, say)
    several = isinstance(condition, All | Any_) and len(condition.parts) > 1
    return f"({text})" if several else text


def _test_in_words(test: Test, say: _Say) -> str:
    path, case = show_path(test.path), ", ignoring case" if test.ignore_case else ""
    match test.operator:
        case "exists":
            return f"{path} is there" if test.operand else f"{path} is missing"
        case "between":
            low, high = (say(end) for end in test.operand)
            return f"{path} is {low} to {high}"
        case operator:
            said = _SYMBOLS.get(operator) or _PHRASES[operator]
            return f"{path} {said} {say(test.operand)}{case}"


def _did_in_words(did: Did, say: _Say) -> str:
    text = f"did {listed(did.events, 'or')}"
    if did.where is not None:
        text += f" where {condition_in_words(did.where, say)}"
    if did.within is not None:
        text += f" in the last {duration_in_words(did.within)}"
    if did.since_entry:
        text += " since entry"
    return ", ".join((text, *_quantities(did, say)))


def _quantities(did: Did, say: _Say) -> Iterator[str]:
    if did.count != (("gte", 1),) or did.sum_tests:
        yield from (_quantity("times", operator, operand, say) for operator, operand in did.count)
    sum_of = show_path(did.sum_of) if did.sum_of is not None else ""
    for operator, operand in did.sum_tests:
        yield _quantity(f"sum of {sum_of}", operator, operand, say)


def _quantity(name: str, operator: str, operand: Any, say: _Say) -> str:  # noqa: ANN401 - any operand
    if operator == "between":
        low, high = (say(end) for end in operand)
        return f"{name} {low} to {high}"
    said = _SYMBOLS.get(operator) or _PHRASES.get(operator, operator)
    return f"{name} {said} {say(operand)}"


def no_such(what: str, name: str, known: Collection[str]) -> str:
    """A sentence about a name that is not there, with what was perhaps meant, or what there is."""
    return f"there is no {what} {quoted(name)}{hint(name, known)}"
