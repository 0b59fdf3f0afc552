"""Comparisons: one operator between a value that was found and the one a file gives.

Rules: a missing value equals nothing and compares with nothing; values of different types are
never equal and never ordered; nothing raises. JSON `null` counts as missing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from sojourn.core.nouns import noun
from sojourn.core.values.exact import NUMBERS, Json
from sojourn.core.values.instants import Duration, Instant, parse_date, parse_instant
from sojourn.core.values.paths import Found, Missing

OPERATORS = (
    *("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between"),
    *("contains", "starts_with", "ends_with", "like", "exists"),
    *("before", "after", "within", "older_than", "in_next"),
)
TEXT_OPERATORS = frozenset(
    {"eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "like"}
)
"""Operators that `ignore_case` bears on."""

DURATION_OPERATORS = frozenset({"within", "older_than", "in_next"})

_MOMENT_CHARS = 64
"""No instant is longer: a longer text is not looked at, nor kept in a cache."""


class Clock(Protocol):
    """The clock of a decision."""

    @property
    def now(self) -> Instant:
        """The instant of the decision."""

    def local_midnight(self, day: date) -> Instant:
        """The instant at which that day begins for the customer."""


@noun
class Span:
    """A duration operand with the text it was written as."""

    length: Duration
    text: str


def compare(
    operator: str,
    found: Found,
    operand: Any,  # noqa: ANN401 - its type depends on the operator
    clock: Clock,
    *,
    ignore_case: bool = False,
) -> bool:
    """Whether one operator holds between a found value and its operand."""
    if found is None or isinstance(found, Missing):
        return operator in {"ne", "not_in"} or (operator == "exists" and operand is False)
    if ignore_case and operator in TEXT_OPERATORS:
        found, operand = _fold(found), _fold(operand)
    return _COMPARISONS[operator](found, operand, clock)


def is_mismatch(operator: str, found: Json, operand: Any, clock: Clock) -> bool:  # noqa: ANN401 - as above
    """Whether an operator cannot hold on a value of this type, whatever the value."""
    match operator:
        case "eq":
            return kind(found) != kind(operand)
        case "in":
            return kind(found) not in {kind(item) for item in operand}
        case "gt" | "gte" | "lt" | "lte":
            return not _ordered(found, operand)
        case "between":
            return not all(_ordered(found, end) for end in operand)
        case "contains":
            return not isinstance(found, list) and not _both_text(found, operand)
        case "starts_with" | "ends_with" | "like":
            return not _both_text(found, operand)
        case "before" | "after" | "within" | "older_than" | "in_next":
            return moment(found, clock) is None
        case _:
            return False


def kind(value: object) -> str:
    """The type by which values are comparable; booleans are not numbers."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, NUMBERS):
        return "number"
    if isinstance(value, str):
        return "text"
    return type(value).__name__


def same(left: Found, right: Found) -> bool:
    """Equality of two values: same type, same value; a missing one equals nothing."""
    if left is None or right is None or isinstance(left, Missing) or isinstance(right, Missing):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(
            _same_inside(a, b) for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            _same_inside(left[key], right[key]) for key in left
        )
    return kind(left) == kind(right) and left == right


def _same_inside(left: Json, right: Json) -> bool:
    return (left is None and right is None) or same(left, right)


def _fold(value: Any) -> Any:  # noqa: ANN401 - text is folded, lists of text too
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, list):
        return [_fold(item) for item in value]
    return value


def _ordered(left: Any, right: Any) -> bool:  # noqa: ANN401 - any JSON
    if type(left) is int and type(right) is int:
        return True
    return kind(left) == kind(right) and kind(left) in {"number", "text"}


def _both_text(left: Any, right: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(left, str) and isinstance(right, str)


def _contains(found: Any, operand: Any, _clock: Clock) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(found, list):
        return any(same(item, operand) for item in found)
    return _both_text(found, operand) and operand in found


def glob_matches(pattern: str, text: str) -> bool:
    """Whether a text is the pattern, in which `*` is any text."""
    return is_made_of(pattern.split("*"), text)


def is_made_of(pieces: Sequence[str], text: str) -> bool:
    """Whether a text is the pieces in order, with any text between two of them.

    Each is taken where it first comes: linear, where a regular expression may explode.
    """
    head, *rest = pieces
    if not rest:
        return text == head
    *middle, tail = rest
    if not text.startswith(head) or not text.endswith(tail):
        return False
    position, end = len(head), len(text) - len(tail)
    for piece in middle:
        place = text.find(piece, position, end)
        if place < 0:
            return False
        position = place + len(piece)
    return position <= end


def read_moment(value: object) -> Instant | date | None:
    """The instant or the calendar date that a text is; None when it is neither."""
    if not isinstance(value, str) or len(value) > _MOMENT_CHARS:
        return None
    return _read_text(value)


@lru_cache(maxsize=4096)
def _read_text(text: str) -> Instant | date | None:
    for parse in (parse_instant, parse_date):
        try:
            return parse(text)
        except ValueError:
            continue
    return None


def moment(value: object, clock: Clock) -> Instant | None:
    """The instant that a text means: an instant, or a date's local midnight; None when neither."""
    read = read_moment(value)
    return clock.local_midnight(read) if isinstance(read, date) else read


type _Comparison = Callable[[Any, Any, Clock], bool]


def _timed(test: Callable[[Instant, Instant], bool]) -> _Comparison:
    def compare_moments(found: Any, operand: Any, clock: Clock) -> bool:  # noqa: ANN401 - any JSON
        left, right = moment(found, clock), moment(operand, clock)
        return left is not None and right is not None and test(left, right)

    return compare_moments


def _spanned(test: Callable[[Instant, Instant, Duration], bool]) -> _Comparison:
    def compare_with_now(found: Any, operand: Any, clock: Clock) -> bool:  # noqa: ANN401 - any JSON
        at = moment(found, clock)
        return at is not None and test(at, clock.now, operand.length)

    return compare_with_now


_COMPARISONS: Mapping[str, _Comparison] = {
    "eq": lambda found, operand, _: same(found, operand),
    "ne": lambda found, operand, _: not same(found, operand),
    "in": lambda found, operand, _: any(same(found, item) for item in operand),
    "not_in": lambda found, operand, _: not any(same(found, item) for item in operand),
    "gt": lambda found, operand, _: _ordered(found, operand) and found > operand,
    "gte": lambda found, operand, _: _ordered(found, operand) and found >= operand,
    "lt": lambda found, operand, _: _ordered(found, operand) and found < operand,
    "lte": lambda found, operand, _: _ordered(found, operand) and found <= operand,
    "between": lambda found, operand, _: (
        all(_ordered(found, end) for end in operand) and operand[0] <= found <= operand[1]
    ),
    "contains": _contains,
    "starts_with": lambda found, operand, _: (
        _both_text(found, operand) and found.startswith(operand)
    ),
    "ends_with": lambda found, operand, _: _both_text(found, operand) and found.endswith(operand),
    "like": lambda found, operand, _: _both_text(found, operand) and glob_matches(operand, found),
    "exists": lambda _found, operand, _: operand is True,
    "before": _timed(lambda found, operand: found < operand),
    "after": _timed(lambda found, operand: found > operand),
    "within": _spanned(lambda at, now, length: now - length < at <= now),
    "older_than": _spanned(lambda at, now, length: at <= now - length),
    "in_next": _spanned(lambda at, now, length: now < at <= now + length),
}
