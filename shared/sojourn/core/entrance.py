"""Entrance: which of many conditions one event and one profile fulfil, without asking each.

Each condition has a bit. Each path that conditions look at has a column: for any value there, the
bits of the conditions that it does not rule out, found by one look into a table or one bisection
(`reach`). The columns' bits are ANDed. A condition of which every part is in a column is *sure*:
its bit is its answer. Of any other, a bit that is left means only that it must be asked.

Only `event` and `profile` have columns; what else a condition looks at is asked.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sojourn.core.conditions import All, Condition, Found, Path, descend
from sojourn.core.customer import Trait
from sojourn.core.exact import Json
from sojourn.core.reach import (
    FALSE_KIND,
    MISSING_KIND,
    NUMBER_KIND,
    OTHER_KIND,
    TEXT_KIND,
    TRUE_KIND,
    Points,
    Reach,
    all_of,
    reach_of,
)

BLOCK = 1_024
"""Conditions that share columns. A column's memory grows with conditions times points; beyond
this many another block begins, so that it grows no faster than their number."""

COLUMN_POINTS = 4_096
"""The most points of a column; a condition that would bring more is asked."""


class Entrance[T]:
    """Things with a condition each, in their order; built when it is first asked."""

    __slots__ = ("_blocks", "_conditions", "items")

    def __init__(self, items: Iterable[tuple[T, Condition | None]]) -> None:
        """Take things with their conditions; None always holds."""
        pairs = tuple(items)
        self.items = tuple([item for item, _ in pairs])
        self._conditions = tuple([condition for _, condition in pairs])
        self._blocks: tuple[_Block[T], ...] | None = None

    def __eq__(self, other: object) -> bool:
        """Two are equal that hold the same things under the same conditions."""
        if not isinstance(other, Entrance):
            return NotImplemented
        return (self.items, self._conditions) == (other.items, other._conditions)

    def __hash__(self) -> int:
        """As equality has it."""
        return hash(len(self.items))

    def build(self) -> "tuple[_Block[T], ...]":
        """Build the columns, which the first question does otherwise."""
        starts = range(0, len(self.items), BLOCK)
        self._blocks = tuple(
            [
                _block(self.items[start : start + BLOCK], self._conditions[start : start + BLOCK])
                for start in starts
            ]
        )
        return self._blocks

    def open_to(  # noqa: C901 - in one piece: a call less for every event
        self, properties: Mapping[str, Json], traits: Mapping[str, Trait]
    ) -> list[tuple[T, bool]]:
        """Those whose condition can hold, in order, each with whether it surely does."""
        open_: list[tuple[T, bool]] = []
        for block in self._blocks or self.build():
            left, answers, columns = block
            for told, of_event, name, names, numbers, marks, over, texts, rest, others in columns:
                if not left & told:
                    continue
                found: Any
                if of_event:
                    found = properties.get(name)
                else:
                    trait = traits.get(name)
                    found = None if trait is None else trait.value
                if names:
                    found = descend(found, names)
                kind = type(found)
                if kind is str:
                    allowed = texts.get(found, rest)
                    if allowed < 0:
                        allowed = others.at_text(found)
                elif kind is int or kind is Decimal:
                    allowed = numbers.get(found, -1) if numbers else -1
                    if allowed < 0:
                        allowed = over[bisect_right(marks, found)]
                else:
                    allowed = others.at(found)
                left &= allowed
            while left:
                place = left.bit_length()
                left ^= 1 << place - 1
                open_.append(answers[place])
        return open_


type _Column = tuple[
    int,  # the conditions that look at it
    bool,  # whether it is of the event; else of the profile
    str,
    Path,  # names after the first
    Mapping[int | Decimal, int],
    Sequence[int | Decimal],
    Sequence[int],  # between those points
    Mapping[str, int],
    int,  # at any other text; -1 where texts are ordered
    _Others,
]
"""For each value at a path, the conditions that it does not rule out. A bare tuple: it is taken
apart for every event, which costs a third of what a named one does."""


class _Others(NamedTuple):
    """Who is left at what is neither a number nor a text that some condition names."""

    missing: int
    true: int
    false: int
    other: int
    words: Sequence[str]
    among: Sequence[int]

    def at_text(self, found: str) -> int:
        """Who is left between two texts, where texts are ordered."""
        return self.among[bisect_right(self.words, found)]

    def at(self, found: Found) -> int:
        """Who is left at a value that is neither number nor text."""
        if found is True:
            return self.true
        if found is False:
            return self.false
        return self.other if isinstance(found, list | dict) else self.missing


class _Block[T](NamedTuple):
    """Up to so many conditions, the most telling column first.

    The first condition has the highest bit: the highest is the cheapest to find. ``answers`` are
    by the length of the number whose highest bit it is.
    """

    everyone: int
    answers: Sequence[tuple[T, bool]]
    columns: Sequence[_Column]


def _block[T](items: Sequence[T], conditions: Sequence[Condition | None]) -> _Block[T]:
    drafts: dict[Path, _Draft] = {}
    answers = [(items[0], False)]  # no number is of length 0
    bit = 1
    for item, condition in zip(reversed(items), reversed(conditions), strict=True):
        answers.append((item, condition is None or _enlist(condition, bit, drafts)))
        bit <<= 1
    columns = [draft.column(path, bit - 1) for path, draft in drafts.items()]
    return _Block(bit - 1, answers, sorted(columns, key=_left_on_average))


def _left_on_average(column: _Column) -> float:
    """How many a column leaves, taking each of its answers as likely."""
    _, _, _, _, numbers, _, over, texts, _, others = column
    answers = [*numbers.values(), *over, *texts.values(), *others.among]
    return sum(map(int.bit_count, answers)) / len(answers)


def _enlist(condition: Condition, bit: int, drafts: "dict[Path, _Draft]") -> bool:
    """Put into columns what can be put there; whether that was all."""
    found = [reach_of(part) for part in _parts(condition)]
    pairs = [pair for pair in found if pair is not None]
    whole = len(pairs) == len(found)
    if len({path for path, _ in pairs}) < len(pairs):
        pairs = _joined(pairs)
    for path, reach in pairs:
        draft = drafts.get(path)
        if draft is None:
            if path[0] != "event" and (path[0] != "profile" or path[1] == "consent"):
                whole = False
                continue
            draft = drafts[path] = _Draft()
        whole &= draft.add(bit, reach)
    return whole


def _joined(pairs: Sequence[tuple[Path, Reach]]) -> list[tuple[Path, Reach]]:
    """Several reaches along one path as one: a bit changes but once along a column."""
    reaches: dict[Path, list[Reach]] = {}
    for path, reach in pairs:
        reaches.setdefault(path, []).append(reach)
    return [(path, all_of(several)) for path, several in reaches.items()]


def _parts(condition: Condition) -> Sequence[Condition]:
    """What must hold, each by itself."""
    if not isinstance(condition, All):
        return (condition,)
    parts = condition.parts
    if All not in map(type, parts):
        return parts
    return [inner for part in parts for inner in _parts(part)]


class _Line:
    """Where along one type the answers of conditions change.

    ``spots`` are points that differ from their both sides; ``turns`` hold the bits that change at a
    point and those that change just above it.
    """

    __slots__ = ("spots", "turns")

    def __init__(self) -> None:
        self.spots: dict[Any, int] = {}
        self.turns: dict[Any, list[int]] = {}

    def add(self, bit: int, points: Points, *, below: bool) -> None:
        answer = below
        for point, at, above in points:
            if answer == above:
                if at != answer:
                    self.spots[point] = self.spots.get(point, 0) | bit
                continue
            turn = self.turns.get(point)
            if turn is None:
                turn = self.turns[point] = [0, 0]
            turn[at == answer] |= bit
            answer = above

    def tables(self, below: int) -> tuple[dict[Any, int], list[Any], list[int]]:
        """Who is left at each point that differs from just above it; points; who between them."""
        spots, turns = self.spots, self.turns
        if not turns:  # nothing but equality: one answer between all points
            return {point: below ^ bits for point, bits in spots.items()}, [], [below]
        points = sorted(spots.keys() | turns.keys())
        at, between, bits = {}, [below], below
        for point in points:
            turn = turns.get(point, (0, 0))
            at_it = bits ^ turn[0] ^ spots.get(point, 0)
            bits ^= turn[0] ^ turn[1]
            if at_it != bits:
                at[point] = at_it
            between.append(bits)
        return at, points, between


class _Draft:
    """A column in the making; ``kinds`` holds the bits of those with the same kinds in reach."""

    __slots__ = ("kinds", "numbers", "points", "texts", "told")

    def __init__(self) -> None:
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
        self.kinds[kinds] = self.kinds.get(kinds, 0) | bit
        if numbers:
            self.numbers.add(bit, numbers, below=kinds & NUMBER_KIND != 0)
        if texts:
            self.texts.add(bit, texts, below=kinds & TEXT_KIND != 0)
        return True

    def column(self, path: Path, everyone: int) -> _Column:
        """The column as it is asked."""
        texts, words, among = self.texts.tables(self._left(TEXT_KIND, everyone))
        others = _Others(
            self._left(MISSING_KIND, everyone),
            self._left(TRUE_KIND, everyone),
            self._left(FALSE_KIND, everyone),
            self._left(OTHER_KIND, everyone),
            words,
            among,
        )
        return (
            self.told,
            path[0] == "event",
            path[1],
            path[2:],
            *self.numbers.tables(self._left(NUMBER_KIND, everyone)),
            texts,
            -1 if words else among[0],
            others,
        )

    def _left(self, kind: int, everyone: int) -> int:
        """Those whom a value of that kind does not rule out."""
        for kinds, bits in self.kinds.items():
            if not kinds & kind:
                everyone ^= bits
        return everyone
