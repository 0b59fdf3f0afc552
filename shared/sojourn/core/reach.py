"""Reach: on which values of the one path it looks at a condition holds.

A condition over one path that compares with literals alone changes its answer only at those
literals. So its answers can be listed once, and looked up instead of being asked: what `entrance`
does. What cannot be listed has no reach, and is asked.

Values are of six kinds, each a bit of ``kinds``: set where the condition holds on that kind, for
numbers and texts where it holds on one below all its points.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sojourn.core.conditions import All, Any_, Condition, Not, Path, Test
from sojourn.core.exact import Json

POINTS = 256
"""A condition with more literals than this has no reach: listing it would cost more than asking."""

MISSING_KIND, TRUE_KIND, FALSE_KIND, OTHER_KIND, NUMBER_KIND, TEXT_KIND = (
    *(1, 2, 4, 8),
    *(16, 32),
)
"""``OTHER_KIND`` is lists and objects; null counts as missing."""

EVERY_KIND = 63

type Points = tuple[tuple[Any, bool, bool], ...]
"""Points in ascending order, each with the answers at it and just above it."""


type Reach = tuple[int, Points, Points]
"""A condition's answers for every value there can be: kinds, numbers, texts."""


_ORDERED = {
    "gt": (False, False, True),
    "gte": (False, True, True),
    "lt": (True, False, False),
    "lte": (True, True, False),
}
"""Below the operand, at it, above it."""

_NEVER: Reach = (0, (), ())
_PRESENT: Reach = (EVERY_KIND ^ MISSING_KIND, (), ())


def reach_of(condition: Condition) -> tuple[Path, Reach] | None:
    """The path a condition looks at and its reach; None when it has none."""
    kind = type(condition)
    if kind is Test:
        reach = _of_test(condition)  # type: ignore[arg-type]  # it is one
        return None if reach is None else (condition.path, reach)  # type: ignore[union-attr]
    match condition:
        case Not(part):
            found = reach_of(part)
            return None if found is None else (found[0], none_of(found[1]))
        case All(parts) | Any_(parts) if parts:
            return _of_parts(parts, every=kind is All)
        case _:
            return None


def _of_parts(parts: Sequence[Condition], *, every: bool) -> tuple[Path, Reach] | None:
    paths, inner, size = set(), [], 0
    for part in parts:
        found = reach_of(part)
        if found is None:
            return None
        paths.add(found[0])
        inner.append(found[1])
        size += len(found[1][1]) + len(found[1][2])
    if len(paths) > 1 or size > POINTS:
        return None
    return paths.pop(), all_of(inner) if every else any_of(inner)


def none_of(reach: Reach) -> Reach:
    """Where this does not hold."""
    kinds, numbers, texts = reach
    return kinds ^ EVERY_KIND, _opposite(numbers), _opposite(texts)


def _opposite(points: Points) -> Points:
    return tuple([(point, not at, not above) for point, at, above in points])


def any_of(reaches: Sequence[Reach]) -> Reach:
    """Where one of these holds."""
    return none_of(all_of([none_of(reach) for reach in reaches]))


def all_of(reaches: Sequence[Reach]) -> Reach:
    """Where all of these hold."""
    every = EVERY_KIND
    for kinds, _, _ in reaches:
        every &= kinds
    numbers = [(kinds & NUMBER_KIND != 0, points) for kinds, points, _ in reaches]
    texts = [(kinds & TEXT_KIND != 0, points) for kinds, _, points in reaches]
    return every, _where_all(numbers), _where_all(texts)


def _where_all(lines: Sequence[tuple[bool, Points]]) -> Points:
    """Walk all lines at once, each keeping its last answer until its next point."""
    points: dict[Any, list[tuple[int, bool, bool]]] = {}
    for number, (_, line) in enumerate(lines):
        for point, at, above in line:
            points.setdefault(point, []).append((number, at, above))
    answers = [below for below, _ in lines]
    merged = []
    for point in sorted(points):
        for number, at, _ in points[point]:
            answers[number] = at
        at_it = all(answers)
        for number, _, above in points[point]:
            answers[number] = above
        merged.append((point, at_it, all(answers)))
    return tuple(merged)


def _of_test(test: Test) -> Reach | None:
    if test.ignore_case:
        return None
    operator, operand = test.operator, test.operand
    if operator in _ORDERED:
        return _beside(operator, operand)
    match operator:
        case "eq":
            return _equal_to(operand)
        case "in":
            return _one_of(operand)
        case "ne" | "not_in":
            found = _equal_to(operand) if operator == "ne" else _one_of(operand)
            return None if found is None else none_of(found)
        case "between":
            return _between(*operand)
        case "exists":
            return _PRESENT if operand is True else none_of(_PRESENT)
        case _:
            return None


def _beside(operator: str, operand: Json) -> Reach:
    """On one side of the operand, along its own type; nothing else is ordered."""
    below, at, above = _ORDERED[operator]
    if isinstance(operand, str):
        return TEXT_KIND if below else 0, (), ((operand, at, above),)
    if isinstance(operand, int | Decimal) and not isinstance(operand, bool):
        return NUMBER_KIND if below else 0, ((operand, at, above),), ()
    return _NEVER


def _between(low: Json, high: Json) -> Reach:
    """From one end to the other, both in."""
    above, below = _beside("gte", low), _beside("lte", high)
    if above is _NEVER or below is _NEVER:
        return _NEVER
    return all_of([above, below])


def _equal_to(operand: Json) -> Reach | None:
    """Equal to this; a list or an object cannot be listed, and nothing equals null."""
    if isinstance(operand, str):
        return 0, (), ((operand, True, False),)
    if isinstance(operand, bool):
        return TRUE_KIND if operand else FALSE_KIND, (), ()
    if isinstance(operand, int | Decimal):
        return 0, ((operand, True, False),), ()
    return _NEVER if operand is None else None


def _one_of(operands: Sequence[Json]) -> Reach | None:
    """Equal to any of these."""
    if len(operands) > POINTS:
        return None
    every, numbers, texts = 0, {}, {}
    for operand in operands:
        reach = _equal_to(operand)
        if reach is None:
            return None
        every |= reach[0]
        for point in reach[1]:
            numbers[point[0]] = point
        for point in reach[2]:
            texts[point[0]] = point
    return every, _in_order(numbers), _in_order(texts)


def _in_order(points: dict[Any, tuple[Any, bool, bool]]) -> Points:
    return tuple([points[key] for key in sorted(points)])
