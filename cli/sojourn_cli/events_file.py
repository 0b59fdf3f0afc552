"""The events file: opened and read in one way by every command that takes one.

JSON Lines in UTF-8, with or without a byte order mark, plain or compressed with gzip, in a folder
or out of a pipe.
"""

import gzip
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, cast

import click

_GZIP = b"\x1f\x8b"
"""How everything begins that gzip compressed (RFC 1952)."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What spreadsheets write before the first line of a text."""

_BLOCK = 1 << 20

_KEPT = "standard-input"
"""The name of the copy of what can be read but once."""


def open_events(path: Path, mode: Literal["rb", "wb"] = "rb") -> IO[bytes]:
    """An events file; compressed is one whose name ends in `.gz`, and to read, what begins so."""
    packed = path.suffix == ".gz" if mode == "wb" else _is_packed(path)
    return cast("IO[bytes]", gzip.open(path, mode)) if packed else path.open(mode)


def _is_packed(path: Path) -> bool:
    if path.suffix == ".gz":
        return True
    with path.open("rb") as stream:
        return stream.read(len(_GZIP)) == _GZIP


class EventsFileType(click.Path):
    """A file to read; `-` and anything else that can be read but once is kept until the end."""

    def __init__(self) -> None:
        """One that exists."""
        super().__init__(exists=True, dir_okay=False, allow_dash=True, path_type=Path)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The file; raises BadParameter where there is none."""
        path = Path(str(super().convert(cast("str", value), param, ctx)))
        if ctx is None or path.is_file():
            return path
        if str(path) == "-" and sys.stdin is None:  # as `<&-` leaves it
            self.fail("standard input is closed", param, ctx)
        try:
            if str(path) == "-":
                return _kept(sys.stdin.buffer, ctx)
            with path.open("rb") as stream:
                return _kept(stream, ctx)
        except OSError as error:
            self.fail(f"{value} cannot be read: {error}", param, ctx)


def _kept(stream: IO[bytes], ctx: click.Context) -> Path:
    """What a stream holds, in a file that goes when the command ends."""
    folder = ctx.with_resource(tempfile.TemporaryDirectory(prefix="sojourn-"))
    path = Path(folder) / _KEPT
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file)
    return path


def called(path: Path) -> str:
    """An events file as its user knows it: a copy of ours stands for what was piped in."""
    return "standard input" if path.name == _KEPT else str(path)


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """An events file that somebody named, as its lines; what cannot be read is a wrong usage."""
    try:
        with open_events(path) as lines:
            yield lines
    except (OSError, EOFError, zlib.error) as error:
        raise click.UsageError(f"{called(path)}: cannot be read: {error}") from error


def check_whole(path: Path) -> None:
    """Refuse a compressed file that is damaged anywhere, before its first line is worked."""
    with reading(path) as lines:
        packed = _is_packed(path)
        while packed and lines.read(_BLOCK):
            pass


def numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, with its number (the first is 1), bare of what surrounds it."""
    for number, line in enumerate(lines, start=1):
        text = (line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line).strip()
        if text:
            yield number, text
