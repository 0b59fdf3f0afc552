"""The events file: opened and read in one way by every command that takes one.

JSON Lines in UTF-8, with or without a byte order mark; a name that ends in `.gz` is compressed.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, cast

import click

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What spreadsheets write before the first line of a text."""

_BLOCK = 1 << 20


def open_events(path: Path, mode: Literal["rb", "wb"] = "rb") -> IO[bytes]:
    """An events file; one whose name ends in `.gz` is compressed."""
    return cast("IO[bytes]", gzip.open(path, mode)) if path.suffix == ".gz" else path.open(mode)


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """An events file that somebody named, as its lines; what cannot be read is a wrong usage."""
    try:
        with open_events(path) as lines:
            yield lines
    except (OSError, EOFError, zlib.error) as error:
        raise click.UsageError(f"{path}: cannot be read: {error}") from error


def check_whole(path: Path) -> None:
    """Refuse a compressed file that is damaged anywhere, before its first line is worked."""
    with reading(path) as lines:
        while path.suffix == ".gz" and lines.read(_BLOCK):
            pass


def numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, with its number (the first is 1), bare of what surrounds it."""
    for number, line in enumerate(lines, start=1):
        text = (line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line).strip()
        if text:
            yield number, text
