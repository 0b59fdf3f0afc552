"""Shaping: what stands where inside each box, how large it is, and where its arrows leave.

Every text is measured before it is placed, so none overflows.
"""

from collections.abc import Sequence

from sojourn.core.nouns import noun
from sojourn_cli.drawing.diagram import Arrow, Box, Diagram, Note
from sojourn_cli.drawing.widths import width, wrap, wrap_name

BOX_WIDTH = 192
"""Wide enough for some 25 letters a line; four boxes abreast still fit a page."""

NOTE_WIDTH = 176

_LEFT, _RIGHT = 14, 8
_INNER = BOX_WIDTH - _LEFT - _RIGHT
_TITLE, _NAME, _TEXT = 10.5, 13.0, 11.0
_TITLE_STEP, _NAME_STEP, _TEXT_STEP = 14, 17, 15
_TOP, _BOTTOM = 8, 8
_TEXT_LINES, _MOST_LINES = 3, 12
_NAME_LINES = 6
"""Of a step: a hundred ordinary letters, which is the longest there is, are seldom more."""

_HEADING, _HEADING_STEP, _SUB_STEP, _HEADING_LINES = 16.0, 21, 16, 5
_COUNT_ROOM = 8
_END_HEIGHT = 28


@noun
class Text:
    """One line of text: its left edge (or, ``to_left``, its right edge) and its baseline."""

    x: float
    y: float
    text: str
    style: str
    to_left: bool = False


@noun
class Shape:
    """A box's inside, measured from its top left corner.

    ``ports`` are heights at which arrows leave at a side; None: from the middle of the bottom.
    ``rules`` are heights of dividing lines.
    """

    width: int
    height: int
    texts: tuple[Text, ...]
    rules: tuple[int, ...]
    ports: tuple[int | None, ...]


class _Column:
    """Lines set one beneath the other."""

    def __init__(self, left: float, inner: float) -> None:
        self.left = left
        self.inner = inner
        self.y = float(_TOP)
        self.texts: list[Text] = []

    def add(  # noqa: PLR0913 - how a text is set
        self, text: str, style: str, size: float, step: int, *, lines: int, inner: float = 0
    ) -> None:
        bold = style in {"heading", "name", "title", "tally"}
        fitted = wrap_name if style == "name" else wrap
        for line in fitted(text, inner or self.inner, size, lines=lines, bold=bold):
            self.y += step
            self.texts.append(Text(self.left, self.y - 3, line, style))


def shape_of(box: Box, ways: Sequence[Arrow]) -> Shape:
    """The inside of a box with its ways out; a way without a label leaves from the bottom."""
    if box.kind == "end":
        return _end(box)
    column = _Column(_LEFT, _INNER)
    column.add(box.title, "title", _TITLE, _TITLE_STEP, lines=1)
    if box.name:
        column.add(box.name, "name", _NAME, _NAME_STEP, lines=_NAME_LINES)
    for line in _few(box.lines):
        column.add(line, "text", _TEXT, _TEXT_STEP, lines=_TEXT_LINES)
    if box.tally is not None:
        column.add(box.tally, "tally", _TEXT, _TEXT_STEP, lines=2)
    rules: list[int] = []
    ports: list[int | None] = []
    for way in ways:
        if way.label:
            rules.append(round(column.y) + 6)
            column.y += 8
            ports.append(_way(column, way))
        else:
            ports.append(None)
    if ports:
        ports[-1] = None
    return Shape(
        BOX_WIDTH, round(column.y) + _BOTTOM, tuple(column.texts), tuple(rules), tuple(ports)
    )


def _way(column: _Column, way: Arrow) -> int:
    """Set a way's label with its count; gives the height of its first line."""
    count = "" if way.count is None else str(way.count)
    room = width(count, _TEXT, bold=True) + _COUNT_ROOM if count else 0
    middle = column.y + _TEXT_STEP - 7
    if count:
        y = column.y + _TEXT_STEP - 3
        column.texts.append(Text(BOX_WIDTH - _RIGHT, y, count, "tally", to_left=True))
    column.add(way.label, "way", _TEXT, _TEXT_STEP, lines=_TEXT_LINES, inner=_INNER - room)
    return round(middle)


def _few(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= _MOST_LINES:
        return lines
    return (*lines[: _MOST_LINES - 1], f"and {len(lines) - _MOST_LINES + 1} more")


def _end(box: Box) -> Shape:
    text = Text(_LEFT, 18, box.name, "text")
    wide = round(width(box.name, _TEXT) + 2 * _LEFT)
    return Shape(wide, _END_HEIGHT, (text,), (), ())


def shape_heading(diagram: Diagram, left: float, room: float) -> tuple[Text, ...]:
    """The title and the facts above the boxes, on as many lines as they need on a narrow page."""
    column = _Column(left, room)
    column.add(diagram.title, "heading", _HEADING, _HEADING_STEP, lines=_HEADING_LINES)
    column.add(diagram.subtitle, "sub", _TEXT, _SUB_STEP, lines=_HEADING_LINES)
    return tuple(column.texts)


def shape_note(note: Note) -> Shape:
    """The inside of a note."""
    column = _Column(12, NOTE_WIDTH - 22)
    column.add(note.title, "title", _TITLE, _TITLE_STEP, lines=1)
    for line in _few(note.lines):
        column.y += 3
        column.add(line, "text", _TEXT, _TEXT_STEP, lines=5)
    return Shape(NOTE_WIDTH, round(column.y) + _BOTTOM, tuple(column.texts), (), ())
