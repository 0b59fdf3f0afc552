"""Placing: every box gets a row and a lane.

Rows are the longest way from the entry, ways back left out. Stages are columns; a column has as
many lanes as it has boxes in one row. The way that is taken when no other is goes straight down.
"""

from collections.abc import Iterator, Mapping, Sequence

from sojourn.core.nouns import noun
from sojourn_cli.drawing.diagram import ENTRY, Diagram


@noun
class Place:
    """Where a box stands: its row from the top and its lane from the left."""

    row: int
    lane: int


@noun
class Column:
    """A stage with its first lane and how many it has; the title is empty without stages."""

    title: str
    first: int
    lanes: int


@noun
class Grid:
    """Boxes in rows and lanes."""

    places: Mapping[str, Place]
    columns: Sequence[Column]
    rows: int
    lanes: int


def place(diagram: Diagram) -> Grid:
    """Give every box its row and lane."""
    ways = {box: [way.target for way in out] for box, out in diagram.ways_out().items()}
    rows = _rows(diagram, ways)
    lanes, columns = _lanes(diagram, rows, ways)
    places = {box: Place(rows[box], lanes[box]) for box in diagram.boxes}
    return Grid(places, columns, max(rows.values()) + 1, sum(column.lanes for column in columns))


def _rows(diagram: Diagram, ways: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The longest way from the entry to each box, ways that lead back left out."""
    order = _finished_last_first(diagram, ways)
    position = {box: number for number, box in enumerate(order)}
    rows = dict.fromkeys(diagram.boxes, 0)
    for box in order:
        for target in ways[box]:
            if position[target] > position[box]:
                rows[target] = max(rows[target], rows[box] + 1)
    return rows


def _finished_last_first(diagram: Diagram, ways: Mapping[str, Sequence[str]]) -> list[str]:
    """Boxes so that every way but those back in a loop leads on: depth first, without recursion."""
    done: list[str] = []
    seen: set[str] = set()
    for root in (ENTRY, *diagram.boxes):
        path: list[tuple[str, Iterator[str]]] = []
        if root not in seen:
            seen.add(root)
            path.append((root, iter(ways[root])))
        while path:
            box, ahead = path[-1]
            target = next((other for other in ahead if other not in seen), None)
            if target is None:
                path.pop()
                done.append(box)
            else:
                seen.add(target)
                path.append((target, iter(ways[target])))
    return done[::-1]


def _lanes(
    diagram: Diagram, rows: Mapping[str, int], ways: Mapping[str, Sequence[str]]
) -> tuple[dict[str, int], list[Column]]:
    """Lanes row by row in each column: a box beneath what leads to it, where that can be."""
    stages: list[str | None] = [*diagram.stages] or [None]
    number = {stage: place for place, stage in enumerate(stages)}
    column_of = {box.id: number[box.stage] for box in diagram.boxes.values()}
    groups: dict[tuple[int, int], list[str]] = {}
    for box, column in column_of.items():
        groups.setdefault((rows[box], column), []).append(box)
    wishes: dict[str, _Wish] = {}
    lanes: dict[str, int] = {}
    widths = [1] * len(stages)
    for (_, column), group in sorted(groups.items()):
        taken = -1
        for box in sorted(group, key=lambda box: wishes.get(box, _NO_WISH)[::-1]):
            _, wanted = wishes.get(box, _NO_WISH)
            taken = lanes[box] = max(taken + 1, wanted)
            for target, wish in _wishes(box, taken, ways[box], column_of):
                if rows[target] > rows[box]:
                    wishes[target] = min(wishes.get(target, wish), wish)
        widths[column] = max(widths[column], taken + 1)
    firsts = [sum(widths[:column]) for column in range(len(stages))]
    whole = {box: firsts[column_of[box]] + lane for box, lane in lanes.items()}
    columns = zip(stages, firsts, widths, strict=True)
    return whole, [Column(stage or "", first, wide) for stage, first, wide in columns]


type _Wish = tuple[bool, int]
"""Whether a box is only led to by the way, and the lane it would have then."""

_NO_WISH: _Wish = (True, 0)


def _wishes(
    box: str, lane: int, ways: Sequence[str], column_of: Mapping[str, int]
) -> Iterator[tuple[str, _Wish]]:
    """In its own column: the main way straight down, the others beside it."""
    if not ways:
        return
    main = ways[-1]
    beside = column_of[main] == column_of[box]
    for target in ways:
        if column_of[target] == column_of[box]:
            yield target, (target != main, lane + (beside and target != main))
