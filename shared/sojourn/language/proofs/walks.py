"""Walks: how many messages one enrolment can send within a window of time, at most."""

from collections.abc import Collection, Mapping
from heapq import heappop, heappush

from sojourn.core.nouns import noun
from sojourn.core.values.instants import Duration
from sojourn.core.workspace.plan import Journey
from sojourn.language.graphs import downhill, knots
from sojourn.language.proofs.passage import leads
from sojourn.language.proofs.rounds import most_visits

_MOST_TIMED = 200
"""Of a journey with more steps the times are not looked at, only the ways."""

_MOST_ROUNDED = 40
"""Of a loop of more steps each is bound by its own visits alone."""


@noun
class _Slope:
    """The steps, with those that lead back to themselves as one place; there is no way back.

    ``weights`` are the most sends at each place, ``ways`` lead on with the least time that takes,
    and ``order`` has every place before those it leads to.
    """

    weights: Mapping[int, int]
    ways: Mapping[int, Mapping[int, Duration]]
    order: list[int]


def most_sends(journey: Journey, steps: frozenset[str], window: Duration) -> int:
    """The most visits to some send steps that one enrolment makes in a half-open window."""
    slope = _slope(journey, steps, window)
    if len(journey.steps) > _MOST_TIMED:
        return _heaviest(slope)
    starts = [place for place in slope.order if slope.weights[place]]
    return max((_within(slope, start, window) for start in starts), default=0)


def _slope(journey: Journey, steps: frozenset[str], window: Duration) -> _Slope:
    edges = {
        name: [target for target, _ in leads(step) if target is not None]
        for name, step in journey.steps.items()
    }
    groups = knots(edges)
    looped = {name for group in groups for name in group}
    groups += [[name] for name in journey.steps if name not in looped]
    places = {name: place for place, group in enumerate(groups) for name in group}
    weights = dict.fromkeys(range(len(groups)), 0)
    for place, group in enumerate(groups):
        counted = steps.intersection(group)
        if looped.isdisjoint(group):
            weights[place] = len(counted)
        elif counted:
            weights[place] = _in_loop(journey, edges, group, counted, window)
    ways: dict[int, dict[int, Duration]] = {place: {} for place in weights}
    for name, step in journey.steps.items():
        here = ways[places[name]]
        for target, length in leads(step):
            if target is not None and places[target] != places[name]:
                here[places[target]] = min(here.get(places[target], length), length)
    return _Slope(weights, ways, downhill(ways))


def _in_loop(
    journey: Journey,
    edges: Mapping[str, Collection[str]],
    group: Collection[str],
    counted: Collection[str],
    window: Duration,
) -> int:
    """The most sends of a loop.

    What its steps' bounds leave from its entrance on, for good; and within the window, which may
    begin at any of them.
    """
    timed = {name: _visits(journey, name, window) for name in counted}
    if len(group) > _MOST_ROUNDED:
        return sum(timed.values())
    most = {name: journey.steps[name].max_visits for name in group}
    outside = [name for name in edges if name not in most]
    entrances = {journey.start, *(target for name in outside for target in edges[name])}
    for_good = most_visits(edges, most, entrances, counted)
    return min(for_good, most_visits(edges, {**most, **timed}, group, counted))


def _visits(journey: Journey, name: str, window: Duration) -> int:
    """The most visits to a step of a loop: by its bound, and by the time that a round takes."""
    most = journey.steps[name].max_visits
    round_time = _return_time(journey, name)
    return most if not round_time else min(most, -(-window // round_time))


def _return_time(journey: Journey, name: str) -> Duration:
    """The least time from a step of a loop back to itself."""
    seen: set[str] = set()
    ahead: list[tuple[Duration, str]] = [(0, name)]
    while True:
        after, here = heappop(ahead)
        if here == name and seen:
            return after
        if here in seen:
            continue
        seen.add(here)
        for target, length in leads(journey.steps[here]):
            if target is not None:
                heappush(ahead, (after + length, target))


def _within(slope: _Slope, start: int, window: Duration) -> int:
    """The most sends from a place on within a window that begins with the first of them."""
    soonest: dict[int, dict[int, Duration]] = {start: {slope.weights[start]: 0}}
    most = 0
    for place in slope.order:
        for count, after in soonest.get(place, {}).items():
            most = max(most, count)
            for target, length in slope.ways[place].items():
                if after + length < window:
                    there = soonest.setdefault(target, {})
                    more = count + slope.weights[target]
                    there[more] = min(there.get(more, window), after + length)
    return most


def _heaviest(slope: _Slope) -> int:
    """The most sends on any way, however long it takes."""
    most: dict[int, int] = {}
    for place in reversed(slope.order):
        ahead = (most[target] for target in slope.ways[place])
        most[place] = slope.weights[place] + max(ahead, default=0)
    return max(most.values())
