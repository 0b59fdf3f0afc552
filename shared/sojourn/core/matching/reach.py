"""Reach: on which values of the one path it looks at a condition holds.

A condition over one path that compares with literals alone changes its answer only at those
literals. So its answers can be listed once, and looked up instead of being asked: what `entrance`
does. What cannot be listed has no reach, and is asked.

Values are of six kinds, each a bit of ``kinds``: set where the condition holds on that kind, for
numbers and texts where it holds on one below all its points.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sojourn.core.matching.conditions import All, Any_, Condition, Not, Test
from sojourn.core.values.exact import Json
from sojourn.core.values.paths import Path

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


_NEVER: Reach = (0, (), ())
_PRESENT: Reach = (EVERY_KIND ^ MISSING_KIND, (), ())


def reach_of(condition: Condition) -> tuple[Path, Reach] | None:
    """The path a condition looks at and its reach; None when it has none."""
    match condition:
        case Test():
            make = None if condition.ignore_case else _REACHES.get(condition.operator)
            reach = None if make is None else make(condition.operand)
            return None if reach is None else (condition.path, reach)
        case Not(part):
            found = reach_of(part)
            return None if found is None else (found[0], none_of(found[1]))
        case All(parts) if parts:
            return _of_parts(parts, all_of)
        case Any_(parts) if parts:
            return _of_parts(parts, any_of)
        case _:
            return None


def _of_parts(
    parts: Sequence[Condition], join: Callable[[Sequence[Reach]], Reach]
) -> tuple[Path, Reach] | None:
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
    return paths.pop(), join(inner)


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


def _is_number(operand: Json) -> bool:
    kind = type(operand)
    return kind is int or kind is Decimal


def _beside(below: bool, at: bool, above: bool) -> Callable[[Json], Reach]:  # noqa: FBT001 - answers
    """On one side of the operand, along its own type; nothing else is ordered."""

    def reach(operand: Json) -> Reach:
        if isinstance(operand, str):
            return TEXT_KIND if below else 0, (), ((operand, at, above),)
        if _is_number(operand):
            return NUMBER_KIND if below else 0, ((operand, at, above),), ()
        return _NEVER

    return reach


def _between(ends: Sequence[Any]) -> Reach:
    """From one end to the other, both in."""
    low, high = ends
    numbers = _is_number(low) and _is_number(high)
    if not numbers and not (isinstance(low, str) and isinstance(high, str)):
        return _NEVER
    if low > high:
        return _NEVER
    points = ((low, True, False),) if low == high else ((low, True, True), (high, True, False))
    return (0, points, ()) if numbers else (0, (), points)


def _equal_to(operand: Json) -> Reach | None:
    """Equal to this; a list or an object cannot be listed, and nothing equals null."""
    if isinstance(operand, str):
        return 0, (), ((operand, True, False),)
    if _is_number(operand):
        return 0, ((operand, True, False),), ()
    if isinstance(operand, bool):
        return TRUE_KIND if operand else FALSE_KIND, (), ()
    return _NEVER if operand is None else None


def _one_of(operands: Sequence[Json]) -> Reach | None:
    """Equal to any of these."""
    if len(operands) > POINTS:
        return None
    every = 0
    numbers: dict[Any, Any] = {}
    texts: dict[Any, Any] = {}
    for operand in operands:
        reach = _equal_to(operand)
        if reach is None:
            return None
        every |= reach[0]
        for points, table in ((reach[1], numbers), (reach[2], texts)):
            for point in points:
                table[point[0]] = point
    return every, _in_order(numbers), _in_order(texts)


def _in_order(points: Mapping[Any, tuple[Any, bool, bool]]) -> Points:
    return tuple([points[key] for key in sorted(points)])


def _unless(reach: Reach | None) -> Reach | None:
    return None if reach is None else none_of(reach)


_REACHES: Mapping[str, Callable[[Any], Reach | None]] = {
    "gt": _beside(False, False, True),  # noqa: FBT003 - below it, at it, above it
    "gte": _beside(False, True, True),  # noqa: FBT003
    "lt": _beside(True, False, False),  # noqa: FBT003
    "lte": _beside(True, True, False),  # noqa: FBT003
    "between": _between,
    "eq": _equal_to,
    "in": _one_of,
    "ne": lambda operand: _unless(_equal_to(operand)),
    "not_in": lambda operands: _unless(_one_of(operands)),
    "exists": lambda wanted: _PRESENT if wanted is True else none_of(_PRESENT),
}
"""By operator, from the operand; the others have no reach."""
