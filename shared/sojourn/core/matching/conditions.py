"""Conditions: a tree of tests that always answers yes or no, and can say why not.

How one value compares with another is in `comparisons`, how a value is named in `paths`.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Protocol, assert_never

from sojourn.core.matching.comparisons import Clock, Span, compare, is_mismatch
from sojourn.core.nouns import noun
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Duration, format_duration
from sojourn.core.values.paths import Found, Missing, Path, show_path

SHOWN_CHARS = 200
"""How much of a value a reason quotes: reasons are stored with every decision."""


class Scope(Clock, Protocol):
    """Where a condition looks: values at paths, the clock of the decision, segments, history."""

    def value(self, path: Path) -> Found:
        """The value at a path, or MISSING."""

    def segment(self, name: str) -> "Condition | None":
        """The condition of a segment; None when there is none of that name."""

    def inside(self, segment: str) -> "Scope":
        """This scope while that segment is asked: asked within itself, it is not there."""

    def occurrences(self, did: "Did") -> "tuple[int, Decimal | int]":
        """How many events fit, and the sum over them."""


@noun
class Test:
    """One path compared by one operator."""

    path: Path
    operator: str
    operand: Any
    ignore_case: bool = False


@noun
class All:
    """Every part holds; an empty one holds."""

    parts: "tuple[Condition, ...]"


@noun
class Any_:  # noqa: N801 - `Any` is typing's
    """At least one part holds; an empty one does not."""

    parts: "tuple[Condition, ...]"


@noun
class Not:
    """The part does not hold."""

    part: "Condition"


@noun
class InSegment:
    """The customer is in a segment."""

    name: str


@noun
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


@noun
class Obstacle:
    """The first test that stood in the way, and the value it met."""

    test: str
    found: str

    def __str__(self) -> str:
        """One line: the test, then what was there."""
        return f"{self.test}: {self.found}"


def holds(condition: Condition, scope: Scope) -> bool:
    """Whether the condition holds in this scope."""
    match condition:  # by kind alone: taking fields out in a `case` costs four times as much
        case Test():
            found, ignores = scope.value(condition.path), condition.ignore_case
            operator, operand = condition.operator, condition.operand
            return compare(operator, found, operand, scope, ignore_case=ignores)
        case Did():  # here, as each case that is tried costs a call, and indexes answer most others
            return _did_holds(condition, scope)
        case All():
            return all(holds(part, scope) for part in condition.parts)
        case Any_():
            return any(holds(part, scope) for part in condition.parts)
        case Not():
            return not holds(condition.part, scope)
        case InSegment():
            inner = scope.segment(condition.name)
            return inner is not None and holds(inner, scope.inside(condition.name))
        case _:
            assert_never(condition)


def _did_holds(did: Did, scope: Scope) -> bool:
    count, total = scope.occurrences(did)
    for name, operand in did.count:
        if not compare(name, count, operand, scope):
            return False
    return not did.sum_tests or all(
        compare(name, total, operand, scope) for name, operand in did.sum_tests
    )


def obstacle(condition: Condition, scope: Scope) -> Obstacle | None:
    """The first part that does not hold, or None when the condition holds."""
    if holds(condition, scope):
        return None
    match condition:
        case Test():
            return Obstacle(describe(condition), _describe_found(condition, scope))
        case All(parts):
            found = (obstacle(part, scope) for part in parts)
            return next(item for item in found if item is not None)
        case Any_(parts):
            reasons = [str(obstacle(part, scope)) for part in parts]
            return Obstacle(describe(condition), "; ".join(reasons) or "none given")
        case Not():
            return Obstacle(describe(condition), "it holds")
        case InSegment(name):
            inner = scope.segment(name)
            if inner is None:
                return Obstacle(describe(condition), "there is no such segment")
            return Obstacle(describe(condition), str(obstacle(inner, scope.inside(name))))
        case Did():
            count, total = scope.occurrences(condition)
            seen = f"{count} times" if not condition.sum_tests else f"{count} times, sum {total}"
            return Obstacle(describe(condition), seen)
        case _:
            assert_never(condition)


def _describe_found(test: Test, scope: Scope) -> str:
    found = scope.value(test.path)
    if isinstance(found, Missing) or found is None:
        return "missing"
    mismatch = is_mismatch(test.operator, found, test.operand, scope)
    return _shortened(dumps(found)) + (" (type mismatch)" if mismatch else "")


def describe(condition: Condition) -> str:
    """The condition in one line, as a person would say it."""
    match condition:
        case Test(path, operator, operand, ignore_case):
            test = f"{show_path(path)} {operator} {_show(operand)}"
            return f"{test}, ignoring case" if ignore_case else test
        case All(parts):
            return " and ".join(describe(part) for part in parts) or "always"
        case Any_(parts):
            return "any of (" + "; ".join(describe(part) for part in parts) + ")"
        case Not(part):
            return f"not ({describe(part)})"
        case InSegment(name):
            return f"segment {name}"
        case Did(events):
            return f"did {' or '.join(events)} ({', '.join(_did_parts(condition))})"
        case _:
            assert_never(condition)


def _did_parts(did: Did) -> Iterator[str]:
    if did.where is not None:
        yield f"where {describe(did.where)}"
    if did.within is not None:
        yield f"within {format_duration(did.within)}"
    if did.since_entry:
        yield "since entry"
    for operator, operand in did.count:
        yield f"count {operator} {_show(operand)}"
    for operator, operand in did.sum_tests:
        yield f"sum of {show_path(did.sum_of or ())} {operator} {_show(operand)}"


def _show(operand: Any) -> str:  # noqa: ANN401 - any operand
    return operand.text if isinstance(operand, Span) else _shortened(dumps(operand))


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
