"""Conditions: a tree of tests that always answers yes or no, and can say why not.

Rules: a missing value equals nothing and compares with nothing; values of different types are
never equal and never ordered; nothing raises. JSON `null` counts as missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Protocol

from sojourn.core.exact import Json, dumps
from sojourn.core.instants import Duration, Instant, parse_date, parse_instant

type Path = tuple[str, ...]
"""A path's root and names: `profile.address.city` is ('profile', 'address', 'city')."""

ROOTS = ("profile", "event", "entry", "vars", "messages", "consent", "channels", "customer")
OPERATORS = (
    *("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between"),
    *("contains", "starts_with", "ends_with", "like", "exists"),
    *("before", "after", "within", "older_than", "in_next"),
)
TEXT_OPERATORS = frozenset(
    {"eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "like"}
)
DURATION_OPERATORS = frozenset({"within", "older_than", "in_next"})


class Missing:
    """The value at a path where there is none; it has one instance, `MISSING`."""

    def __repr__(self) -> str:
        """Read as people say it."""
        return "missing"


MISSING: Final = Missing()

type Found = Json | Missing


class Scope(Protocol):
    """Where a condition looks: values at paths, the clock of the decision, segments, history."""

    @property
    def now(self) -> Instant:
        """The instant of the decision."""

    def value(self, path: Path) -> Found:
        """The value at a path, or MISSING."""

    def local_midnight(self, day: date) -> Instant:
        """The instant at which that day begins for the customer."""

    def segment(self, name: str) -> "Condition | None":
        """The condition of a segment; None when there is none of that name."""

    def occurrences(self, did: "Did") -> "tuple[int, Decimal | int]":
        """How many events fit, and the sum over them."""


@dataclass(frozen=True, slots=True)
class Test:
    """One path compared by one operator."""

    path: Path
    operator: str
    operand: Any
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; an empty one holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - `Any` is typing's
    """At least one part holds; an empty one does not."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class InSegment:
    """The customer is in a segment."""

    name: str


@dataclass(frozen=True, slots=True)
class Did:
    """How often, or how much in sum, the customer did something.

    ``count`` and ``sum_tests`` are (operator, operand) pairs that must all hold.
    """

    events: tuple[str, ...]
    where: "Condition | None"
    within: Duration | None
    since_entry: bool
    count: tuple[tuple[str, Any], ...]
    sum_of: Path | None
    sum_tests: tuple[tuple[str, Any], ...]


type Condition = Test | All | Any_ | Not | InSegment | Did


@dataclass(frozen=True, slots=True)
class Obstacle:
    """The first test that stood in the way, and the value it met."""

    test: str
    found: str

    def __str__(self) -> str:
        """One line: the test, then what was there."""
        return f"{self.test}: {self.found}"


def holds(condition: Condition, scope: Scope) -> bool:
    """Whether the condition holds in this scope."""
    match condition:
        case Test():
            return compare(
                condition.operator,
                scope.value(condition.path),
                condition.operand,
                scope,
                ignore_case=condition.ignore_case,
            )
        case All():
            return all(holds(part, scope) for part in condition.parts)
        case Any_():
            return any(holds(part, scope) for part in condition.parts)
        case Not():
            return not holds(condition.part, scope)
        case InSegment():
            inner = scope.segment(condition.name)
            return inner is not None and holds(inner, scope)
        case Did():
            return _did_holds(condition, scope)


def _did_holds(did: Did, scope: Scope) -> bool:
    count, total = scope.occurrences(did)
    return all(compare(name, count, operand, scope) for name, operand in did.count) and all(
        compare(name, total, operand, scope) for name, operand in did.sum_tests
    )


def obstacle(condition: Condition, scope: Scope) -> Obstacle | None:
    """The first part that does not hold, or None when the condition holds."""
    if holds(condition, scope):
        return None
    match condition:
        case All():
            found = (obstacle(part, scope) for part in condition.parts)
            return next(item for item in found if item is not None)
        case InSegment():
            inner = scope.segment(condition.name)
            reason = obstacle(inner, scope) if inner is not None else None
            return Obstacle(f"segment {condition.name}", str(reason or "there is no such segment"))
        case Test():
            return Obstacle(describe(condition), _describe_found(condition, scope))
        case Any_():
            reasons = [str(obstacle(part, scope)) for part in condition.parts]
            return Obstacle(describe(condition), "; ".join(reasons) or "none given")
        case Did():
            count, total = scope.occurrences(condition)
            seen = f"{count} times" if not condition.sum_tests else f"{count} times, sum {total}"
            return Obstacle(describe(condition), seen)
        case Not():
            return Obstacle(describe(condition), "it holds")


def _describe_found(test: Test, scope: Scope) -> str:
    found = scope.value(test.path)
    if isinstance(found, Missing) or found is None:
        return "missing"
    return dumps(found) + (" (type mismatch)" if _mismatched(test, found) else "")


def _mismatched(test: Test, found: Json) -> bool:
    """Whether a test failed only because the types differ."""
    operand = test.operand
    match test.operator:
        case "eq" | "gt" | "gte" | "lt" | "lte":
            return kind(found) != kind(operand)
        case "between":
            return kind(found) != kind(operand[0])
        case "starts_with" | "ends_with" | "like":
            return not isinstance(found, str)
        case "contains":
            return not isinstance(found, str | list)
        case "before" | "after" | "within" | "older_than" | "in_next":
            return not isinstance(found, str)
        case _:
            return False


def describe(condition: Condition) -> str:
    """The condition in one line, as a person would say it."""
    match condition:
        case Test(path, operator, operand):
            return f"{show_path(path)} {operator} {_show(operand)}"
        case All(parts):
            return " and ".join(describe(part) for part in parts) or "always"
        case Any_(parts):
            return "any of (" + "; ".join(describe(part) for part in parts) + ")"
        case Not(part):
            return f"not ({describe(part)})"
        case InSegment(name):
            return f"segment {name}"
        case Did():
            tests = [f"count {name} {_show(operand)}" for name, operand in condition.count]
            tests += [
                f"sum of {show_path(condition.sum_of or ())} {name} {_show(operand)}"
                for name, operand in condition.sum_tests
            ]
            return f"did {' or '.join(condition.events)} ({', '.join(tests)})"


def _show(operand: Any) -> str:  # noqa: ANN401 - any operand
    return operand.text if isinstance(operand, Span) else dumps(operand)


@dataclass(frozen=True, slots=True)
class Span:
    """A duration operand with the text it was written as."""

    length: Duration
    text: str


def kind(value: object) -> str:
    """The type by which values are comparable; booleans are not numbers."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
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


def compare(
    operator: str,
    found: Found,
    operand: Any,  # noqa: ANN401 - its type depends on the operator
    scope: Scope,
    *,
    ignore_case: bool = False,
) -> bool:
    """Whether one operator holds between a found value and its operand."""
    absent = found is None or isinstance(found, Missing)
    if absent:
        return operator in {"ne", "not_in"} or (operator == "exists" and operand is False)
    if operator == "exists":
        return operand is True
    if ignore_case:
        found, operand = _fold(found), _fold(operand)
    return _COMPARISONS[operator](found, operand, scope)


def _ordered(left: Any, right: Any) -> bool:  # noqa: ANN401 - any JSON
    return kind(left) == kind(right) and kind(left) in {"number", "text"}


def _contains(found: Any, operand: Any, _scope: Scope) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(found, list):
        return any(same(item, operand) for item in found)
    return isinstance(found, str) and isinstance(operand, str) and operand in found


def _like(found: Any, operand: Any, _scope: Scope) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(found, str) and isinstance(operand, str) and _glob_matches(operand, found)


def _glob_matches(pattern: str, text: str) -> bool:
    """Match `*` greedily piece by piece: linear, where a regular expression may explode."""
    head, *rest = pattern.split("*")
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


@lru_cache(maxsize=4096)
def _moment(text: str) -> Instant | date | None:
    try:
        return parse_instant(text)
    except ValueError:
        pass
    try:
        return parse_date(text)
    except ValueError:
        return None


def moment(value: object, scope: Scope) -> Instant | None:
    """The instant that a text means: an instant, or a date's local midnight; None when neither."""
    if not isinstance(value, str):
        return None
    read = _moment(value)
    return scope.local_midnight(read) if isinstance(read, date) else read


def _timed(test: Callable[[Instant, Instant], bool]) -> Callable[[Any, Any, Scope], bool]:
    def compare_moments(found: Any, operand: Any, scope: Scope) -> bool:  # noqa: ANN401 - any JSON
        left, right = moment(found, scope), moment(operand, scope)
        return left is not None and right is not None and test(left, right)

    return compare_moments


def _spanned(
    test: Callable[[Instant, Instant, Duration], bool],
) -> Callable[[Any, Any, Scope], bool]:
    def compare_now(found: Any, operand: Span, scope: Scope) -> bool:  # noqa: ANN401 - any JSON
        at = moment(found, scope)
        return at is not None and test(at, scope.now, operand.length)

    return compare_now


_COMPARISONS: Mapping[str, Callable[[Any, Any, Scope], bool]] = {
    "eq": lambda found, operand, _: same(found, operand),
    "ne": lambda found, operand, _: not same(found, operand),
    "in": lambda found, operand, _: any(same(found, item) for item in operand),
    "not_in": lambda found, operand, _: not any(same(found, item) for item in operand),
    "gt": lambda found, operand, _: _ordered(found, operand) and found > operand,
    "gte": lambda found, operand, _: _ordered(found, operand) and found >= operand,
    "lt": lambda found, operand, _: _ordered(found, operand) and found < operand,
    "lte": lambda found, operand, _: _ordered(found, operand) and found <= operand,
    "between": lambda found, operand, _: (
        _ordered(found, operand[0])
        and _ordered(found, operand[1])
        and operand[0] <= found <= operand[1]
    ),
    "contains": _contains,
    "starts_with": lambda found, operand, _: (
        isinstance(found, str) and isinstance(operand, str) and found.startswith(operand)
    ),
    "ends_with": lambda found, operand, _: (
        isinstance(found, str) and isinstance(operand, str) and found.endswith(operand)
    ),
    "like": _like,
    "before": _timed(lambda found, operand: found < operand),
    "after": _timed(lambda found, operand: found > operand),
    "within": _spanned(lambda at, now, length: now - length < at <= now),
    "older_than": _spanned(lambda at, now, length: at <= now - length),
    "in_next": _spanned(lambda at, now, length: now < at <= now + length),
}


def parse_path(text: str) -> Path:
    """Split a path at its dots; a name in double quotes may hold dots and spaces.

    Raises ValueError with a sentence.
    """
    names: list[str] = []
    rest = text
    while True:
        if rest.startswith('"'):
            name, quote, rest = rest[1:].partition('"')
            if not quote:
                raise ValueError(f"{text!r} has a quote that does not end")
        else:
            cut = rest.find(".")
            name, rest = (rest, "") if cut < 0 else (rest[:cut], rest[cut:])
            if not name or any(letter in name for letter in ' "\t\n'):
                raise ValueError(f"{text!r} has a name that is empty or wants double quotes")
        names.append(name)
        if not rest:
            return tuple(names)
        if not rest.startswith("."):
            raise ValueError(f"{text!r} wants a dot after a quoted name")
        rest = rest[1:]


def show_path(path: Path) -> str:
    """The path as it is written in a file."""
    return ".".join(
        f'"{name}"' if not name or any(letter in name for letter in '. "\t\n') else name
        for name in path
    )


def descend(value: Found, names: Path) -> Found:
    """Follow names through nested objects; MISSING where there is none."""
    for name in names:
        if not isinstance(value, dict):
            return MISSING
        value = value.get(name, MISSING)
    return value
