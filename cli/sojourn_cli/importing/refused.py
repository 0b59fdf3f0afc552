"""The file of refused rows: each as it stood, with its number, what is wrong and what to do.

In the form of the file that was read, so that it can be mended and imported itself.
"""

import csv
from io import StringIO
from pathlib import Path
from typing import BinaryIO

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn_cli.importing.rows import MARK, Problem, Row

ADDED = (f"{MARK}.row", f"{MARK}.reason", f"{MARK}.remedy", f"{MARK}.text")
_BOM = "\ufeff"


class RefusedFile:
    """Written as rows are refused; there is none until the first is."""

    def __init__(self, path: Path, header: tuple[str, ...], delimiter: str) -> None:
        """Write to a path, as a table when there is a header."""
        self._path = path
        self._header = header
        self._delimiter = delimiter
        self._stream: BinaryIO | None = None
        self.size_bytes = 0

    def begin(self, size_bytes: int) -> None:
        """Go on behind so many bytes: what came after them is written again."""
        if size_bytes == 0:
            self._path.unlink(missing_ok=True)
            return
        self._stream = self._path.open("r+b" if self._path.exists() else "wb")
        self._stream.truncate(min(size_bytes, self._path.stat().st_size))
        self._stream.seek(0, 2)
        self.size_bytes = self._stream.tell()

    def close(self) -> None:
        """Close what was opened."""
        if self._stream is not None:
            self._stream.close()

    def add(self, row: Row, problem: Problem) -> None:
        """Write one row."""
        if self._stream is None:
            self._stream = self._path.open("wb")
        if self._header:
            if self.size_bytes == 0:
                self._write(_BOM + self._cells((*self._own_names(), *ADDED)))
            self._write(self._cells(self._told(row, problem)))
        else:
            self._write(dumps(_told(row, problem)) + "\n")

    def flush(self) -> None:
        """See that what was written is there."""
        if self._stream is not None:
            self._stream.flush()

    def _write(self, text: str) -> None:
        assert self._stream is not None  # noqa: S101 - `add` opened it
        written = text.encode("utf-8", "backslashreplace")
        self._stream.write(written)
        self.size_bytes += len(written)

    def _own_names(self) -> list[str]:
        return [name for name in self._header if name not in ADDED]

    def _told(self, row: Row, problem: Problem) -> list[str]:
        """The row's own cells under their names, then what is added."""
        fits = len(row.cells) == len(self._header)
        own = dict(zip(self._header, row.cells, strict=True)) if fits else {}
        text = row.text if fits or not row.cells else self._cells(row.cells).rstrip("\r\n")
        text = own.get(ADDED[-1]) or text
        cells = [own.get(name, "") if name not in ADDED else "" for name in self._own_names()]
        return [*cells, str(row.number), problem.reason, problem.remedy, text]

    def _cells(self, cells: tuple[str, ...] | list[str]) -> str:
        written = StringIO()
        csv.writer(written, delimiter=self._delimiter).writerow(cells)
        return written.getvalue()


def _told(row: Row, problem: Problem) -> JsonObject:
    """The row as an object, with what is added under one name."""
    added: JsonObject = {
        "row": row.number,
        "reason": problem.reason,
        "remedy": problem.remedy,
    }
    try:
        return {**loads_object(row.text), MARK: added}
    except InvalidInput:
        return {MARK: {**added, "text": row.text}}
