"""Widths: how wide a text is at most, so that none overflows its box, whatever font shows it.

Measured in DejaVu Sans, rounded up: the widest of the fonts that the picture's font list may
become (Helvetica and Arial are a tenth narrower).
"""

import re
import unicodedata
from collections.abc import Iterator

_REGULAR = (
    *(32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34),
    *(64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 54),
    *(102, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79),
    *(61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50),
    *(50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62),
    *(64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84),
)
"""Hundredths of the font's size for the characters from space to tilde."""

_BOLD = (
    *(35, 46, 53, 84, 70, 101, 88, 31, 46, 46, 53, 84, 38, 42, 38, 37),
    *(70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 40, 40, 84, 84, 84, 59),
    *(102, 78, 77, 74, 84, 69, 69, 83, 84, 38, 38, 78, 64, 100, 84, 86),
    *(74, 86, 78, 73, 69, 82, 78, 111, 78, 73, 73, 46, 37, 46, 84, 50),
    *(50, 68, 72, 60, 72, 68, 44, 72, 72, 35, 35, 67, 35, 105, 72, 69),
    *(72, 72, 50, 60, 48, 72, 66, 93, 65, 66, 59, 72, 37, 72, 84),
)
"""The same in the bold face."""

_FIRST, _LAST = " ", "~"
_SIGNS_OF_OURS = {"·": 38, "“": 66, "”": 66, "=": 84, "≥": 84, "≤": 84, "≠": 84, "→": 84}
_ACCENT = 15
"""What an accent adds to its letter at most."""
_WIDE, _OTHER = 140, 141
"""Ideographs and pictures; and the widest letter of Greek and Cyrillic in the bold face."""

ELLIPSIS = "…"

_SIGNS = frozenset("=≠><≥≤→")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The most that a line of text takes, in the unit of the font's size."""
    table = _BOLD if bold else _REGULAR
    return sum(_hundredths(letter, table) for letter in text) * size / 100


def _hundredths(letter: str, table: tuple[int, ...]) -> int:
    if _FIRST <= letter <= _LAST:
        return table[ord(letter) - ord(_FIRST)]
    if letter in _SIGNS_OF_OURS:
        return _SIGNS_OF_OURS[letter]
    if letter == ELLIPSIS:
        return 100
    if unicodedata.combining(letter):
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    base = unicodedata.normalize("NFD", letter)[0]
    if _FIRST <= base <= _LAST:
        return table[ord(base) - ord(_FIRST)] + _ACCENT
    return _OTHER


def wrap(text: str, most: float, size: float, *, lines: int, bold: bool = False) -> tuple[str, ...]:
    """The text in at most so many lines, each at most ``most`` wide; what is cut ends in `…`.

    Broken at spaces; a word wider than a line after a dot, dash, slash or underscore, or anywhere.
    """
    done: list[str] = []
    line = ""
    for piece in _pieces(printable(text), most, size, bold=bold):
        if not line or width((line + piece).rstrip(), size, bold=bold) <= most:
            line += piece
            continue
        done.append(line.rstrip())
        if len(done) == lines:
            done[-1] = _shortened(done[-1] + ELLIPSIS, most, size, bold=bold)
            return tuple(done)
        line = piece
    return (*done, line.rstrip()) if line.strip() else tuple(done)


def wrap_name(
    text: str, most: float, size: float, *, lines: int, bold: bool = False
) -> tuple[str, ...]:
    """A name wrapped alike, but cut in the middle: names often differ at their end alone."""
    name = " ".join(printable(text).split())
    for left_out in range(max(1, len(name) - 1)):
        kept = len(name) - left_out
        shown = name if not left_out else name[: (kept + 1) // 2] + ELLIPSIS + name[-(kept // 2) :]
        found = wrap(shown, most, size, lines=lines + 1, bold=bold)
        if len(found) <= lines:
            return found
    return ()


def printable(text: str) -> str:
    """The text on one line, without control characters and halves of characters."""
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def _pieces(text: str, most: float, size: float, *, bold: bool) -> Iterator[str]:
    """Pieces between which a line may end, none wider than a line, their spaces left aside."""
    for word in _words(text, most, size, bold=bold):
        if width(word, size, bold=bold) <= most:
            yield word + " "
            continue
        part = ""
        for piece in re.split(r"(?<=[.\-/_])", word):
            if part and width(part + piece, size, bold=bold) > most:
                yield part
                part = ""
            for letter in piece:
                if part and width(part + letter, size, bold=bold) > most:
                    yield part
                    part = ""
                part += letter
        yield part + " "


def _words(text: str, most: float, size: float, *, bold: bool) -> Iterator[str]:
    """The text's words; a sign stays with the word after it, where both fit into a line."""
    sign = ""
    for word in text.split():
        if sign and width(f"{sign} {word}", size, bold=bold) > most:
            yield sign
            sign = ""
        if word in _SIGNS:
            sign = f"{sign} {word}" if sign else word
        else:
            yield f"{sign} {word}" if sign else word
            sign = ""
    if sign:
        yield sign


def _shortened(text: str, most: float, size: float, *, bold: bool) -> str:
    while len(text) > 1 and width(text, size, bold=bold) > most:
        text = text[:-2].rstrip() + ELLIPSIS
    return text
