"""Columns: for any value at one path, the conditions that it does not rule out.

Each condition has a bit. A column is made by taking the bits of conditions one after another, as
toggles along the line of numbers and the line of texts: at which point a bit changes, and at which
it changes just above. The sums of those toggles are the bits at each point and between points.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sojourn.core.matching.conditions import Test
from sojourn.core.matching.reach import (
    FALSE_KIND,
    MISSING_KIND,
    NUMBER_KIND,
    OTHER_KIND,
    POINTS,
    TEXT_KIND,
    TRUE_KIND,
    Points,
    Reach,
    reach_of,
)
from sojourn.core.values.exact import NUMBERS
from sojourn.core.values.paths import Found, Path

COLUMN_POINTS = 4_096
"""The most points of a column; a condition that would bring more is asked."""

NAMES = 2
"""Of a path that is not deep: its root and one name."""

DENSE = 4
"""Whole numbers are listed one by one where that makes at most so many for each point."""

type Column = tuple[
    int,  # the conditions that look at it
    Path | None,  # None: a trait; (): a property of the event; else the whole path
    str,
    Callable[[Any, int], int] | None,  # the table's `get`, where whatever is not listed is alike
    int,  # the bits at that
    Table,
    Sequence[Any],  # where no number is listed: those at or above which the bits are others
    Sequence[int],  # the bits between those numbers
]
"""A column as it is asked. A bare tuple: it is taken apart for every event, which costs a third of
what a named one does."""


class Table(dict[Any, int]):
    """From a value to bits: a look for those that are listed, the way through `__missing__` else.

    Lists and objects have no place in a table: for them there is ``other``.
    """

    __slots__ = ("among", "false", "marks", "other", "over", "true", "words")

    marks: Sequence[Any]
    over: Sequence[int]
    words: Sequence[str]
    among: Sequence[int]
    true: int
    false: int
    other: int

    def __missing__(self, found: Found) -> int:
        """The bits at a value that is not listed."""
        if isinstance(found, str):
            return self.among[bisect_right(self.words, found)]
        if found is True:
            return self.true
        if found is False:
            return self.false
        if isinstance(found, NUMBERS):
            return self.over[bisect_right(self.marks, found)]
        return self[None]


class _TableWithOne(Table):
    """A table in which 0 or 1 is listed, which false and true are not."""

    __slots__ = ()

    def __getitem__(self, found: Found) -> int:
        """The bits at a value."""
        if found is True:
            return self.true
        return self.false if found is False else super().__getitem__(found)


class _Line:
    """The bits that change along one type.

    ``at`` a point from it on, ``above`` from just above it on, ``spots`` at the point alone.
    """

    __slots__ = ("above", "at", "spots")

    def __init__(self) -> None:
        self.at: dict[Any, int] = {}
        self.above: dict[Any, int] = {}
        self.spots: dict[Any, int] = {}

    def add(self, bit: int, points: Points, *, below: bool) -> None:
        answer = below
        for point, at, above in points:
            if answer != above:
                line = self.at if answer != at else self.above
            elif answer != at:
                line = self.spots
            else:
                continue
            line[point] = line.get(point, 0) | bit
            answer = above

    def tables(self, below: int) -> tuple[dict[Any, int], list[Any], list[int]]:
        """The bits at points that differ from just above; marks; the bits between marks."""
        at, above, spots = self.at, self.above, self.spots
        if not at and not above:  # nothing but equality: the same bits between all points
            return {point: below ^ bits for point, bits in spots.items()}, [], [below]
        listed, marks, between, bits = {}, [], [below], below
        for point in sorted(at.keys() | above.keys() | spots.keys()):
            from_it = bits ^ at.get(point, 0)
            after = from_it ^ above.get(point, 0)
            at_it = from_it ^ spots.get(point, 0)
            if at_it != after:
                listed[point] = at_it
            if after != bits:
                marks.append(point)
                between.append(after)
            bits = after
        return listed, marks, between


class ColumnDraft:
    """A column in the making; ``kinds`` holds the bits of those with the same kinds in reach."""

    __slots__ = ("kinds", "numbers", "points", "texts", "told")

    def __init__(self) -> None:
        """Begin without any condition."""
        self.told = self.points = 0
        self.kinds: dict[int, int] = {}
        self.numbers, self.texts = _Line(), _Line()

    def add(self, bit: int, reach: Reach) -> bool:
        """Take the reach of one condition; whether there was room for it."""
        kinds, numbers, texts = reach
        points = self.points + len(numbers) + len(texts)
        if points > COLUMN_POINTS:
            return False
        self.points = points
        self.told |= bit
        if kinds:
            self.kinds[kinds] = self.kinds.get(kinds, 0) | bit
        if numbers:
            self.numbers.add(bit, numbers, below=kinds & NUMBER_KIND != 0)
        if texts:
            self.texts.add(bit, texts, below=kinds & TEXT_KIND != 0)
        return True

    def add_tests(self, pairs: Iterable[tuple[int, Test]]) -> int:  # noqa: C901 - in one piece: a call less for every test
        """Take tests with their bits; the bits of those for which there is no room or no reach.

        The commonest are taken here as their reaches would be: several times as fast.
        """
        at, above, spots = self.numbers.at, self.numbers.above, self.numbers.spots
        texts, told, below, points, unsure = self.texts.spots, 0, 0, self.points, 0
        for bit, test in pairs:
            operator, operand = test.operator, test.operand
            kind = type(operand)
            if points > COLUMN_POINTS - POINTS or test.ignore_case:
                pass
            elif kind is str and operator == "eq":
                texts[operand] = texts.get(operand, 0) | bit
                points += 1
                told |= bit
                continue
            elif (kind is int or kind is Decimal) and operator in _CHANGES:
                line = at if operator in _AT else above if operator in _ABOVE else spots
                line[operand] = line.get(operand, 0) | bit
                if operator in _BELOW:
                    below |= bit
                points += 1
                told |= bit
                continue
            elif operator == "in" and set(map(type, operand)) == {str} and len(operand) <= POINTS:
                for word in operand:
                    texts[word] = texts.get(word, 0) | bit
                points += len(operand)
                told |= bit
                continue
            elif operator == "between" and _NUMBERS.issuperset(map(type, operand)):
                low, high = operand
                if low < high:
                    at[low] = at.get(low, 0) | bit
                    above[high] = above.get(high, 0) | bit
                    points += 2
                    told |= bit
                    continue
            found = reach_of(test)
            self.points = points
            if found is None or not self.add(bit, found[1]):
                unsure |= bit
            points = self.points
        self.points = points
        self.told |= told
        if below:
            self.kinds[NUMBER_KIND] = self.kinds.get(NUMBER_KIND, 0) | below
        return unsure

    def column(self, path: Path, everyone: int) -> Column:
        """The column as it is asked."""
        listed, marks, over = self.numbers.tables(self._left(NUMBER_KIND, everyone))
        texts, words, among = self.texts.tables(self._left(TEXT_KIND, everyone))
        listed.update(_dense(listed, marks, over))
        table = (_TableWithOne if 0 in listed or 1 in listed else Table)(listed)
        table.update(texts)
        table[None] = self._left(MISSING_KIND, everyone)
        table.marks, table.over, table.words, table.among = marks, over, words, among
        table.true = self._left(TRUE_KIND, everyone)
        table.false = self._left(FALSE_KIND, everyone)
        table.other = self._left(OTHER_KIND, everyone)
        deeper = path if len(path) > NAMES else () if path[0] == "event" else None
        rest = among[0]
        alike = {*over, *among, table[None], table.true, table.false, table.other} == {rest}
        get = table.get if alike and type(table) is Table else None
        return self.told, deeper, path[1], get, rest, table, () if listed else marks, over

    def _left(self, kind: int, everyone: int) -> int:
        """Those whom a value of that kind does not rule out."""
        everyone ^= self.told
        for kinds, bits in self.kinds.items():
            if kinds & kind:
                everyone |= bits
        return everyone


def _dense(listed: Mapping[Any, int], marks: Sequence[Any], over: Sequence[int]) -> dict[Any, int]:
    """The bits at whole numbers from the first mark to the last, where those are not far apart.

    Not at 0 and 1, which would cost more for the sake of true and false.
    """
    if set(map(type, marks)) != {int} or marks[-1] - marks[0] > DENSE * len(marks):
        return {}
    return {
        number: over[bisect_right(marks, number)]
        for number in range(marks[0], marks[-1] + 1)
        if number not in listed and number not in (0, 1)
    }


_NUMBERS = {int, Decimal}
_AT, _ABOVE, _BELOW = {"gte", "lt"}, {"gt", "lte"}, {"lt", "lte"}
_CHANGES = _AT | _ABOVE | {"eq"}
"""Operators by where along the line of numbers their answer changes, and by what it is below."""
