"""The sheet: every box, line and note at its place, in pixels."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from sojourn.core.nouns import noun
from sojourn_cli.drawing.diagram import Box, Diagram, Note
from sojourn_cli.drawing.placing import Column, Grid, place
from sojourn_cli.drawing.routing import Route, Tracks, owner_in, owner_out, routes_of, tracks_of
from sojourn_cli.drawing.shaping import (
    BOX_WIDTH,
    NOTE_WIDTH,
    Shape,
    Text,
    shape_heading,
    shape_note,
    shape_of,
)

MARGIN = 14
TRACK = 9
"""Between two lines that run side by side."""

BESIDE_WIDTH = 900
"""Notes stand beside the steps up to this width, else beneath them."""

_UNDER_HEADING = 10
_STAGE_HEADER = 26
_GUTTER, _BAND_PAD, _BAND_GAP = 18, 9, 9
_STUB, _ARROW = 16, 14
"""Above and below the lines of a channel: room for a count, and for an arrow's head."""
_NOTE_GAP = 12
_SHIFT = 14
"""How far beside the middle an arrow leaves that does not go straight down."""
_PORTS = 6
"""Heights at which arrows leave a side are a multiple of it, or half of it more."""

type Point = tuple[int, int]


@noun
class Placed:
    """A box or a note with its inside and its top left corner."""

    x: int
    y: int
    shape: Shape
    box: Box | None = None


@noun
class Line:
    """An arrow's corners, from its box to the top of its target; ``back`` in a loop."""

    route: Route
    points: tuple[Point, ...]
    back: bool


@noun
class Band:
    """The ground of one stage."""

    title: str
    x: int
    width: int


@noun
class Sheet:
    """Everything at its place; bands reach from ``top`` to ``bottom``."""

    width: int
    height: int
    heading: Sequence[Text]
    top: int
    bottom: int
    bands: Sequence[Band]
    boxes: Sequence[Placed]
    lines: Sequence[Line]
    notes: Sequence[Placed]


def lay_out(diagram: Diagram) -> Sheet:
    """Place a diagram."""
    grid = place(diagram)
    ways = diagram.ways_out()
    shapes = {box.id: shape_of(box, ways[box.id]) for box in diagram.boxes.values()}
    ports = [
        (way, port)
        for box, out in ways.items()
        for way, port in zip(out, shapes[box].ports, strict=True)
    ]
    routes = routes_of(ports, grid)
    ground = _Ground(diagram, grid, tracks_of(routes, grid), shapes)
    boxes = [
        Placed(ground.left(box.id), ground.top_of(box.id), shapes[box.id], box)
        for box in diagram.boxes.values()
    ]
    lines = [Line(route, tuple(ground.points(route)), ground.leads_back(route)) for route in routes]
    notes, height = _notes(diagram.notes, ground)
    return Sheet(
        ground.width,
        height,
        ground.heading,
        ground.top,
        ground.bottom,
        ground.bands(),
        boxes,
        lines,
        notes,
    )


class _Ground:
    """Where lanes, rows and tracks are."""

    def __init__(
        self, diagram: Diagram, grid: Grid, tracks: Tracks, shapes: Mapping[str, Shape]
    ) -> None:
        self._grid = grid
        self._tracks = tracks
        self._shapes = shapes
        firsts = {column.first for column in grid.columns}
        gutters = [
            _GUTTER
            + TRACK * max(0, size - 1)
            + (_BAND_PAD + _BAND_GAP if lane in firsts and lane else 0)
            for lane, size in enumerate(tracks.gutter_sizes)
        ]
        self._gutters = [*accumulate((width + BOX_WIDTH for width in gutters), initial=MARGIN)][:-1]
        self._lanes = [x + width for x, width in zip(self._gutters, gutters, strict=True)]
        self.right = self._lanes.pop()
        beside = self.right + _NOTE_GAP + NOTE_WIDTH + MARGIN
        self.notes_beside = bool(diagram.notes) and beside <= BESIDE_WIDTH
        self.width = beside if self.notes_beside else self.right + MARGIN
        self.heading = shape_heading(diagram, MARGIN, self.width - 2 * MARGIN)
        self.top = round(self.heading[-1].y) + _UNDER_HEADING
        heights = [0] * grid.rows
        for box, spot in grid.places.items():
            heights[spot.row] = max(heights[spot.row], shapes[box].height)
        y = self.top + (_STAGE_HEADER if diagram.stages else 0)
        self._channels: list[int] = []
        self._rows: list[int] = []
        for row, height in enumerate(heights):
            self._channels.append(y)
            lines = tracks.channel_sizes[row]
            y += _STUB + TRACK * lines + _ARROW if row or lines else _ARROW
            self._rows.append(y)
            y += height
        self._channels.append(y)
        self.bottom = y + MARGIN
        if tracks.channel_sizes[grid.rows]:
            self.bottom += _STUB + TRACK * tracks.channel_sizes[grid.rows]

    def left(self, box: str) -> int:
        """The left edge of a box, in the middle of its lane."""
        return self._middle(box) - self._shapes[box].width // 2

    def top_of(self, box: str) -> int:
        return self._rows[self._grid.places[box].row]

    def _middle(self, box: str) -> int:
        return self._lanes[self._grid.places[box].lane] + BOX_WIDTH // 2

    def leads_back(self, route: Route) -> bool:
        places = self._grid.places
        return places[route.arrow.target].row <= places[route.arrow.source].row

    def points(self, route: Route) -> Iterator[Point]:
        """The corners of an arrow."""
        target = route.arrow.target
        middle = self._middle(target)
        x, y = self._exit(route)
        yield x, y
        if route.leave is not None:
            y = self._channel(route.leave, self._tracks.channels[route.leave, owner_out(route)])
            yield x, y
        if route.gutter is not None and route.arrive is not None:
            track = self._tracks.gutters[route.gutter, owner_in(route)]
            x = self._gutters[route.gutter] + self._inset(route.gutter) + TRACK * track
            yield x, y
            y = self._channel(route.arrive, self._tracks.channels[route.arrive, owner_in(route)])
            yield x, y
        if x != middle:
            yield middle, y
        yield middle, self.top_of(target)

    def _exit(self, route: Route) -> Point:
        source = route.arrow.source
        shape = self._shapes[source]
        if route.side == "bottom":
            shift = 0
            if route.leave is not None:
                here, there = self._grid.places[source], self._grid.places[route.arrow.target]
                shift = _SHIFT if there.lane > here.lane else -_SHIFT
            return self._middle(source) + shift, self.top_of(source) + shape.height
        # On heights of its own for each side: two boxes face each other across a gutter.
        right = route.side == "right"
        height = route.port // _PORTS * _PORTS + (0 if right else _PORTS // 2)
        return self.left(source) + (shape.width if right else 0), self.top_of(source) + height

    def _inset(self, gutter: int) -> int:
        """Lines begin in the middle of what a gutter is wide without them."""
        return _GUTTER // 2 + (_BAND_PAD + _BAND_GAP if self._begins_band(gutter) else 0)

    def _begins_band(self, gutter: int) -> bool:
        return gutter > 0 and any(column.first == gutter for column in self._grid.columns)

    def _channel(self, channel: int, track: int) -> int:
        return self._channels[channel] + _STUB + TRACK * track + TRACK // 2

    def bands(self) -> list[Band]:
        """The ground of each column, from its first gutter to the next column's."""
        lefts = [self._band_left(column) for column in self._grid.columns]
        rights = [*(left - _BAND_GAP for left in lefts[1:]), self.right]
        return [
            Band(column.title, left, right - left)
            for column, left, right in zip(self._grid.columns, lefts, rights, strict=True)
        ]

    def _band_left(self, column: Column) -> int:
        before = _BAND_PAD + _BAND_GAP if self._begins_band(column.first) else 0
        return self._gutters[column.first] + before


def _notes(notes: Sequence[Note], ground: _Ground) -> tuple[list[Placed], int]:
    """Notes beside the steps, or beneath when it grew too wide; and the height of the page."""
    shapes = [shape_note(note) for note in notes]
    bottom = ground.bottom
    placed: list[Placed] = []
    if not shapes:
        return placed, bottom + MARGIN
    if ground.notes_beside:
        y = ground.top
        for shape in shapes:
            placed.append(Placed(ground.right + _NOTE_GAP, y, shape))
            y += shape.height + _NOTE_GAP
        return placed, max(bottom, y - _NOTE_GAP) + MARGIN
    x = MARGIN
    for shape in shapes:
        placed.append(Placed(x, bottom + _NOTE_GAP, shape))
        x += NOTE_WIDTH + _NOTE_GAP
    tallest = max(shape.height for shape in shapes)
    return placed, bottom + _NOTE_GAP + tallest + MARGIN
