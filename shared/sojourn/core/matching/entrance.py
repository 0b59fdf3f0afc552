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
from typing import Any, NamedTuple, TypeIs

from sojourn.core.matching.columns import Column, ColumnDraft
from sojourn.core.matching.conditions import All, Condition, Test
from sojourn.core.matching.reach import Reach, all_of, reach_of
from sojourn.core.state.customer import Trait
from sojourn.core.values.exact import Json
from sojourn.core.values.paths import MISSING, Found, Path, descend

BLOCK = 1_024
"""Conditions that share columns. A column's memory grows with conditions times points; beyond
this many another block begins, so that it grows no faster than their number."""


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

    def open_to(  # noqa: C901, PLR0912 - in one piece: a call less for every event
        self, properties: Mapping[str, Json], traits: Mapping[str, Trait]
    ) -> tuple[list[T], list[T]]:
        """Those whose condition surely holds, and those whose condition must be asked, in order."""
        sure: list[T] = []
        asked: list[T] = []
        found: Any
        for everyone, unsure, items, columns in self._blocks or self.build():
            left = everyone
            for told, deeper, name, get, rest, table, marks, over in columns:
                if left & told:
                    if deeper is None:
                        found = traits.get(name)
                        if found is not None:
                            found = found.value
                    elif deeper:
                        found = _found(deeper, properties, traits)
                    else:
                        found = properties.get(name)
                    try:
                        if get is not None:
                            left &= get(found, rest)
                        elif marks and type(found) is Decimal:
                            left &= over[bisect_right(marks, found)]
                        else:
                            left &= table[found]
                    except TypeError:  # lists and objects have no place in a table
                        left &= table.other
                    if not left:
                        break
            else:
                ask = left & unsure
                left ^= ask
                while left:
                    place = left.bit_length()
                    left ^= _BITS[place]
                    sure.append(items[place])
                while ask:
                    place = ask.bit_length()
                    ask ^= _BITS[place]
                    asked.append(items[place])
        return sure, asked


def _found(path: Path, properties: Mapping[str, Json], traits: Mapping[str, Trait]) -> Found:
    """The value at a path of more than two names."""
    if path[0] == "event":
        return descend(properties.get(path[1]), path[2:])
    trait = traits.get(path[1])
    return MISSING if trait is None else descend(trait.value, path[2:])


_BITS = (0, *(1 << place for place in range(BLOCK)))
"""By place, from 1: the number with that bit alone."""


class _Block[T](NamedTuple):
    """Up to so many conditions, the most telling column first.

    The first condition has the highest bit: the highest is the cheapest to find. ``items`` are
    by the length of the number whose highest bit it is; ``unsure`` are those that must be asked.
    """

    everyone: int
    unsure: int
    items: Sequence[T]
    columns: Sequence[Column]


def _block[T](items: Sequence[T], conditions: Sequence[Condition | None]) -> _Block[T]:
    drafts: dict[Path, ColumnDraft] = {}
    tests: dict[Path, list[tuple[int, Test]]] = {}
    unsure, bit = 0, 1
    for condition in reversed(conditions):
        if condition is not None:
            parts = _parts(condition)
            if _is_plain(parts):
                for test in parts:
                    tests.setdefault(test.path, []).append((bit, test))
            elif not _enlist(parts, bit, drafts):
                unsure |= bit
        bit <<= 1
    for path, pairs in tests.items():
        draft = _draft(path, drafts)
        unsure |= draft.add_tests(pairs) if draft is not None else sum([one for one, _ in pairs])
    columns = [draft.column(path, bit - 1) for path, draft in drafts.items()]
    # No number is of length 0: the first item stands there for nobody.
    places = (items[0], *reversed(items))
    return _Block(bit - 1, unsure, places, sorted(columns, key=_left_on_average))


def _is_plain(parts: Sequence[Condition]) -> TypeIs[Sequence[Test]]:
    """Whether these are tests alone, each along a path of its own."""
    return len({part.path for part in parts if type(part) is Test}) == len(parts)


def _left_on_average(column: Column) -> float:
    """How many a column leaves, taking each of its answers as likely."""
    _, _, _, _, _, table, _, over = column
    answers = [*over, *table.values(), *table.among]
    return sum(map(int.bit_count, answers)) / len(answers)


def _enlist(parts: Sequence[Condition], bit: int, drafts: dict[Path, ColumnDraft]) -> bool:
    """Put parts into columns, several along one path as one; whether that was all.

    A bit changes but once along a column.
    """
    found = [reach_of(part) for part in parts]
    reaches: dict[Path, list[Reach]] = {}
    for path, reach in filter(None, found):
        reaches.setdefault(path, []).append(reach)
    whole = None not in found
    for path, several in reaches.items():
        draft = _draft(path, drafts)
        reach = several[0] if len(several) == 1 else all_of(several)
        whole &= draft is not None and draft.add(bit, reach)
    return whole


def _draft(path: Path, drafts: dict[Path, ColumnDraft]) -> ColumnDraft | None:
    """The column of a path; None where it can have none."""
    draft = drafts.get(path)
    if draft is None and (path[0] == "event" or (path[0] == "profile" and path[1] != "consent")):
        draft = drafts[path] = ColumnDraft()
    return draft


def _parts(condition: Condition) -> Sequence[Condition]:
    """What must hold, each by itself."""
    if not isinstance(condition, All):
        return (condition,)
    parts = condition.parts
    if All not in map(type, parts):
        return parts
    return [inner for part in parts for inner in _parts(part)]
