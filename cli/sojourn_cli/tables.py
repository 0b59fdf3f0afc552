"""Tables: rows for people, on as few columns of a screen as it has.

No word of ordinary length is broken: where a table would have to, each row stands as a block of
its own, a line for each of its cells.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from sojourn_cli.output import console, visible

GAP: Final = 2
"""Columns of the screen between two of a table."""

LONGEST_WORD: Final = 40
"""Letters: what is longer may be broken, as it must be somewhere."""

READABLE_LINE: Final = 30
"""Letters: a sentence in less than this is hard to read, so no cell is squeezed below it."""


class Figure(str):
    """A number that is already written for people: `93 %`, `2 → 3 (+1)`."""

    __slots__ = ()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their column names; a cell's text is shown as it is, never as markup.

    Numbers stand at the right of their column. Where there are no rows it says so.
    """
    given = [tuple(row) for row in rows]
    out = console()
    if not given:
        out.print(_cell(f"{title}: none"))
        return
    out.print(_cell(title, "bold"))
    widths = _widths(columns, given, out.width)
    out.print(_blocks(columns, given) if widths is None else _table(columns, given, widths))
    out.print()


def is_number(cells: Iterable[object]) -> bool:
    """Whether a column holds numbers, and nothing else but gaps."""
    filled = [cell for cell in cells if cell is not None and cell != ""]
    numbers = (int, float, Decimal, Figure)
    return bool(filled) and all(isinstance(cell, numbers) for cell in filled)


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], widths: Sequence[int]
) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for name, width, cells in zip(columns, widths, zip(*rows, strict=True), strict=True):
        right = is_number(cells)
        table.add_column(
            _cell(name), width=width, overflow="fold", justify="right" if right else "left"
        )
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A block for each row, without the cells in which nothing is."""
    blocks = Table.grid(padding=(0, GAP, 0, 0))
    blocks.add_column(no_wrap=True)
    blocks.add_column(overflow="fold")
    for number, row in enumerate(rows):
        if number:
            blocks.add_row()
        for name, cell in zip(columns, row, strict=True):
            if cell is not None and cell != "":
                blocks.add_row(_cell(name), _cell(cell))
    return blocks


def _widths(
    columns: Sequence[str], rows: Sequence[Sequence[object]], room: int
) -> list[int] | None:
    """How wide each column is; None when they do not stand beside each other."""
    bounds = [
        _bounds(name, cells) for name, cells in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    widths = [least for least, _ in bounds]
    spare = room - sum(widths) - GAP * (len(widths) - 1)
    if spare < 0:
        return None
    wanting = sorted(range(len(widths)), key=lambda place: bounds[place][1] - widths[place])
    for left, place in zip(range(len(widths), 0, -1), wanting, strict=True):
        more = min(bounds[place][1] - widths[place], spare // left)
        widths[place] += more
        spare -= more
    return widths


def _bounds(name: str, cells: Sequence[object]) -> tuple[int, int]:
    """The least width in which a column can be read, and the one at which nothing is wrapped."""
    texts = [_cell(cell).plain for cell in cells]
    full = max(map(cell_len, chain.from_iterable(text.splitlines() for text in texts)), default=0)
    words = (cell_len(word) for text in texts for word in text.split())
    word = min(max(words, default=0), LONGEST_WORD)
    least = full if is_number(cells) else max(word, min(full, READABLE_LINE))
    heading = max(map(cell_len, name.split()), default=0)
    return max(least, heading), max(full, cell_len(name))


def _cell(value: object, style: str = "") -> Text:
    return Text("" if value is None else visible(str(value)), style)
