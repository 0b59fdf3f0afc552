"""Routing: which way each arrow goes, so that none crosses a box or lies upon another's line.

Arrows run in the channels above rows and in the gutters beside lanes. Each has a track of its own
there; arrows to one box share theirs and become one. They leave at the bottom or at a side, and
arrive at the top.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Literal

from sojourn.core.nouns import noun
from sojourn_cli.drawing.diagram import Arrow
from sojourn_cli.drawing.placing import Grid, Place

type Side = Literal["bottom", "left", "right"]
type Owner = tuple[str, str]
"""Whose a track is: a box's, for its main way out (`from`), or a target's (`to`)."""

type _Span = tuple[float, float]

_TALLEST = 1_000_000
"""Pixels; no box is taller."""


@noun
class Route:
    """One arrow's way.

    From a ``side`` of its box (``port`` is the height there, 0 at the bottom); along channel
    ``leave``; along ``gutter``; along channel ``arrive``; down into its target. What is None is not
    passed.
    """

    arrow: Arrow
    side: Side
    port: int
    leave: int | None
    gutter: int | None
    arrive: int | None


@noun
class Tracks:
    """Which track each line has in its channel or gutter, and how many there are in each."""

    channels: Mapping[tuple[int, Owner], int]
    gutters: Mapping[tuple[int, Owner], int]
    channel_sizes: Sequence[int]
    gutter_sizes: Sequence[int]


def owner_out(route: Route) -> Owner:
    """Whose track the way out of a box is, along its first channel."""
    if route.gutter is None:
        return "to", route.arrow.target
    return "from", route.arrow.source


def owner_in(route: Route) -> Owner:
    """Whose track the rest of the way is."""
    return "to", route.arrow.target


def routes_of(arrows: Iterable[tuple[Arrow, int | None]], grid: Grid) -> list[Route]:
    """The way of every arrow; with each comes its port's height (None: the bottom)."""
    taken: dict[int, list[int]] = {}
    for spot in grid.places.values():
        taken.setdefault(spot.lane, []).append(spot.row)
    lanes = {lane: sorted(rows) for lane, rows in taken.items()}
    return [_route(arrow, port, grid, lanes) for arrow, port in arrows]


def _route(arrow: Arrow, port: int | None, grid: Grid, lanes: Mapping[int, Sequence[int]]) -> Route:
    here, there = grid.places[arrow.source], grid.places[arrow.target]
    right = there.lane > here.lane
    gutter = here.lane + 1 if right else here.lane
    if port is not None:
        return Route(arrow, "right" if right else "left", port, None, gutter, there.row)
    below = here.row + 1
    if there.row >= below and _is_free(lanes[there.lane], below, there.row):
        if there.lane == here.lane:
            return Route(arrow, "bottom", 0, None, None, None)
        return Route(arrow, "bottom", 0, below, None, None)
    return Route(arrow, "bottom", 0, below, gutter, there.row)


def _is_free(rows: Sequence[int], first: int, end: int) -> bool:
    """Whether no box of a lane stands in the rows from ``first`` to just before ``end``."""
    place = bisect_left(rows, first)
    return place == len(rows) or rows[place] >= end


def tracks_of(routes: Iterable[Route], grid: Grid) -> Tracks:
    """Give every line its track."""
    along: dict[int, dict[Owner, _Span]] = {}
    down: dict[int, dict[Owner, _Span]] = {}
    for route in routes:
        here, there = grid.places[route.arrow.source], grid.places[route.arrow.target]
        for channel, owner, span in _along(route, here, there):
            _widen(along.setdefault(channel, {}), owner, span)
        if route.gutter is not None and route.arrive is not None:
            begin = _begin(route, here)
            span = _span(begin, 2 * route.arrive)
            _widen(down.setdefault(route.gutter, {}), owner_in(route), span)
    channels, channel_sizes = _coloured(along, grid.rows + 1)
    gutters, gutter_sizes = _coloured(down, grid.lanes + 1)
    return Tracks(channels, gutters, channel_sizes, gutter_sizes)


def _begin(route: Route, here: Place) -> float:
    """Where a route comes into its gutter: channels lie at even numbers, rows between at odd."""
    return 2 * here.row + 1 + route.port / _TALLEST if route.leave is None else 2 * route.leave


def _along(route: Route, here: Place, there: Place) -> Iterable[tuple[int, Owner, _Span]]:
    """What a route takes of channels; gutters lie at even numbers, lanes between them at odd."""
    source, target = 2 * here.lane + 1, 2 * there.lane + 1
    gutter = 2 * route.gutter if route.gutter is not None else target
    if route.leave is not None:
        yield route.leave, owner_out(route), _span(source, gutter)
    if route.arrive is not None:
        yield route.arrive, owner_in(route), _span(gutter, target)


def _span(one: float, other: float) -> _Span:
    return min(one, other), max(one, other)


def _widen(spans: dict[Owner, _Span], owner: Owner, span: _Span) -> None:
    before = spans.get(owner, span)
    spans[owner] = min(before[0], span[0]), max(before[1], span[1])


def _coloured(
    spans: Mapping[int, Mapping[Owner, _Span]], number: int
) -> tuple[dict[tuple[int, Owner], int], list[int]]:
    """The lowest free track for each span, from the first on: no more tracks than lines abreast."""
    tracks: dict[tuple[int, Owner], int] = {}
    sizes = [0] * number
    for place, owners in spans.items():
        sizes[place] = 0
        busy: list[tuple[float, int]] = []
        free: list[int] = []
        for owner, (low, high) in sorted(owners.items(), key=lambda item: (item[1], item[0])):
            while busy and busy[0][0] < low:
                heappush(free, heappop(busy)[1])
            if not free:
                free.append(sizes[place])
                sizes[place] += 1
            tracks[place, owner] = heappop(free)
            heappush(busy, (high, tracks[place, owner]))
    return tracks, sizes
