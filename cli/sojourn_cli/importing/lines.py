"""Lines of a text file in any usual encoding, one at a time and never more of one than is bounded.

A byte that the encoding does not know becomes half a character, so that only its row is refused.
"""

import codecs
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO

from sojourn.core.errors import InvalidInput
from sojourn_cli.importing.rows import ROW_CHARS, RowRefused

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def open_text(stream: BinaryIO, encoding: str | None) -> TextIOWrapper:
    """A file as text: by its byte order mark, else in the encoding that is given, else UTF-8.

    Raises InvalidInput for what is no text, as a spreadsheet, and for an unknown encoding.
    """
    start = stream.read(4)
    stream.seek(0)
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), None)
    if start.startswith(b"\x1f\x8b"):
        raise InvalidInput("is compressed: gunzip it first")
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InvalidInput("is a spreadsheet, not CSV: save it as CSV UTF-8")
    if marked is None and b"\0" in start:
        raise InvalidInput("is neither CSV nor JSON Lines: it holds zero bytes; export it as CSV")
    name = marked or encoding or "utf-8"
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise InvalidInput(f"{name} is no encoding; utf-8, cp1252 and utf-16 are") from error
    errors = "strict" if name.startswith("utf-16") else "surrogateescape"
    return TextIOWrapper(stream, encoding=name, errors=errors, newline="")


def read_lines(text: TextIOWrapper) -> Iterator[str]:
    """Every line with its end; of one that is too long just the beginning, without one."""
    try:
        while line := text.readline(ROW_CHARS):
            yield line
            while is_cut(line):
                line = text.readline(ROW_CHARS)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"is not {text.encoding} throughout: {error.reason}") from error


def is_cut(line: str) -> bool:
    """Whether of a line just the beginning is there."""
    return len(line) == ROW_CHARS and line[-1] not in "\r\n"


def check_text(text: str) -> None:
    """Refuse text that was not read right."""
    if text.isascii():
        return
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise RowRefused(
            "holds bytes that are no text in this encoding",
            "say which it is: Excel on Windows often writes --encoding cp1252",
        )
