"""Words: durations, values and conditions as a person says them, short."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sojourn.core.conditions import All, Any_, Condition, Did, InSegment, Not, Span, Test, show_path
from sojourn.core.exact import dumps
from sojourn.core.instants import DAY, HOUR, MINUTE, SECOND, Duration
from sojourn.language.wording import hint, quoted

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


def condition_in_words(condition: Condition) -> str:
    """A condition in one short line, with symbols: `event.total ≥ 50`."""
    match condition:
        case Test():
            return _test_in_words(condition)
        case All(parts):
            return " and ".join(condition_in_words(part) for part in parts) or "always"
        case Any_(parts):
            return " or ".join(_inside(part) for part in parts) or "never"
        case Not(part):
            return f"not {_inside(part)}"
        case InSegment(name):
            return f"in segment {name}"
        case Did():
            return _did_in_words(condition)


def _inside(condition: Condition) -> str:
    text = condition_in_words(condition)
    several = isinstance(condition, All | Any_) and len(condition.parts) > 1
    return f"({text})" if several else text


def _test_in_words(test: Test) -> str:
    path = show_path(test.path)
    match test.operator:
        case "exists":
            return f"{path} is there" if test.operand else f"{path} is missing"
        case "between":
            low, high = (value_in_words(end) for end in test.operand)
            return f"{path} is {low} to {high}"
        case operator:
            said = _SYMBOLS.get(operator) or _PHRASES[operator]
            return f"{path} {said} {value_in_words(test.operand)}"


def _did_in_words(did: Did) -> str:
    text = f"did {listed(did.events, 'or')}"
    if did.where is not None:
        text += f" where {condition_in_words(did.where)}"
    if did.within is not None:
        text += f" in the last {duration_in_words(did.within)}"
    if did.since_entry:
        text += " since entry"
    return ", ".join((text, *_quantities(did)))


def _quantities(did: Did) -> Iterator[str]:
    if did.count != (("gte", 1),) or did.sum_tests:
        yield from (_quantity("times", operator, operand) for operator, operand in did.count)
    sum_of = show_path(did.sum_of) if did.sum_of is not None else ""
    for operator, operand in did.sum_tests:
        yield _quantity(f"sum of {sum_of}", operator, operand)


def _quantity(name: str, operator: str, operand: Any) -> str:  # noqa: ANN401 - any operand
    said = _SYMBOLS.get(operator) or _PHRASES.get(operator, operator)
    return f"{name} {said} {value_in_words(operand)}"


def no_such(what: str, name: str, known: Collection[str]) -> str:
    """A sentence about a name that is not there, with what was perhaps meant, or what there is."""
    return f"there is no {what} {quoted(name)}{hint(name, known)}"
