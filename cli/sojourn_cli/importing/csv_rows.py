"""CSV as programs and spreadsheets write it: one row at a time, a broken one alone is refused.

The delimiter is told by the header, quotes may hold delimiters and line breaks. A quote that does
not end costs the row it begins in, not those after it.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from sojourn.core.errors import InvalidInput
from sojourn_cli.importing.columns import Columns
from sojourn_cli.importing.lines import check_text, is_cut
from sojourn_cli.importing.rows import Problem, Row, RowRefused, problem_of

DELIMITERS = (",", ";", "\t", "|")
CELL_CHARS = csv.field_size_limit()
"""The longest cell: twice the largest event."""

_QUOTES = "end each quote, write a quote within one twice"


class CsvRows:
    """Rows under a header. Raises InvalidInput when the header cannot be read."""

    def __init__(
        self, lines: Iterable[str], delimiter: str | None, maps: Iterable[tuple[str, str]]
    ) -> None:
        """Read the header: a delimiter that is not given is the one it has most of."""
        self._cells = _Cells(lines)
        first = self._cells.peek()
        named = first.rstrip("\r\n")
        if named.lower().startswith("sep=") and len(named) == len("sep=") + 1:
            self._cells.skip()
            delimiter, first = delimiter or named[-1], self._cells.peek()
        self._delimiter = delimiter or _told_by(first)
        self._cells.begin(self._delimiter)
        found = next(self._cells, None)
        if found is None or isinstance(found[1], Problem):
            raise InvalidInput("has no header: the first row names the columns")
        check_text("".join(found[1]))
        self._header = tuple(name.strip() for name in found[1])
        self._columns = Columns(self._header, maps)
        self._number = 1 if self._cells.skipped == 0 else 2

    @property
    def header(self) -> tuple[str, ...]:
        """See Rows."""
        return self._header

    @property
    def delimiter(self) -> str:
        """See Rows."""
        return self._delimiter

    def read_as(self) -> list[tuple[str, str]]:
        """How each column is read: its name, and what it becomes."""
        return self._columns.read_as()

    def hints(self) -> list[str]:
        """See Rows."""
        return self._columns.hints()

    def __iter__(self) -> Iterator[Row]:
        """See Rows."""
        for line, found in self._cells:
            self._number += 1
            if isinstance(found, Problem):
                yield Row(self._number, line, text=self._cells.text, problem=found)
            elif any(cell.strip() for cell in found):
                yield self._row(line, tuple(found))

    def _row(self, line: int, cells: tuple[str, ...]) -> Row:
        try:
            check_text("".join(cells))
            if len(cells) != len(self._header):
                raise RowRefused(
                    f"has {len(cells)} cells, the header {len(self._header)}",
                    f"look for a {self._delimiter!r} or a quote too many, or one that is missing",
                )
            messages = self._columns.messages(cells)
        except InvalidInput as error:
            return Row(self._number, line, cells, problem=problem_of(error))
        return Row(self._number, line, cells, messages=messages)


def _told_by(header: str) -> str:
    """The delimiter that a header has most of, outside of quotes."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


class _Cells:
    """Rows of cells, each with the line it begins at; ``text`` is the line of a broken one."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._line = 0
        self._delimiter = ","
        self._reader = csv.reader(())
        self.skipped = 0
        self.text = ""

    def peek(self) -> str:
        """The line that comes next; empty when there is none."""
        if not self._again:
            self._again.extend(line for line in [next(self._lines, "")] if line)
        return self._again[0] if self._again else ""

    def skip(self) -> None:
        """Pass over the line that comes next."""
        self._again.popleft()
        self.skipped += 1
        self._line += 1

    def begin(self, delimiter: str) -> None:
        """Take the lines apart by a delimiter from here on."""
        self._delimiter = delimiter
        self._reader = csv.reader(self._pulled(), delimiter=delimiter, strict=True)

    def _pulled(self) -> Iterator[str]:
        """The lines as they are wanted for one row; they are kept, should it be broken."""
        while line := self.peek():
            self._row.append(self._again.popleft())
            yield line

    def __iter__(self) -> Iterator[tuple[int, list[str] | Problem]]:
        return self

    def __next__(self) -> tuple[int, list[str] | Problem]:
        self._row = []
        line = self._line + 1
        if is_cut(self.peek()):
            self._row.append(self._again.popleft())
            return line, self._broken("the line is longer than a million characters")
        try:
            cells = next(self._reader)
        except csv.Error as error:
            return line, self._broken(str(error))
        self._line += len(self._row)
        return line, cells

    def _broken(self, reason: str) -> Problem:
        """Give up the first line of a row; those after it are rows of their own."""
        self.text = self._row[0].rstrip("\r\n")
        self._again.extendleft(reversed(self._row[1:]))
        self._line += 1
        self.begin(self._delimiter)
        if "field larger" in reason:
            reason = f"a cell is longer than {CELL_CHARS} characters, or a quote does not end"
        if "unexpected end" in reason:
            reason = "a quote does not end"
        return Problem(reason, _QUOTES)
