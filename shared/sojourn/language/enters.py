"""Enters: journeys that lead into one another, round after round.

Where nothing waits and no condition stands in the way, the round never ends: an error. Where one
does, a monthly round may be meant: a warning. Whoever is entered goes first, so who comes round in
no time is still in every journey on the way: such a round goes on only where they take her in all
the same. That nobody goes round another is told too: as an error where nothing but that ends it.

Whoever emits the event that lets her in goes on first, and may have left by then. A round by events
is a warning at most: each is an event like any other, and a chain of them ends by itself.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice, pairwise

from sojourn.core.values.exact import JsonObject
from sojourn.language.doors import Door, Hall, halls_of
from sojourn.language.findings import Code, Problem, Severity
from sojourn.language.graphs import Edges, cycles, knots, shortest
from sojourn.language.wording import quoted, shown

_MOST_TRIED = 20
"""Doors of one group that are tried for a round that somebody goes."""


def rounds(journeys: Mapping[str, JsonObject]) -> Iterator[tuple[str, Problem]]:
    """Rounds that no re-entry rule ends, and those that nobody goes, each with its journey."""
    halls = halls_of(journeys)
    told = _endless(halls)
    for way in told:
        message = (
            f"{shown(way)} enter one another for ever, without a wait{_by(halls, way)}; give one of"
            " them a `reentry` with `max`"
        )
        severity: Severity = "warning" if _emits(halls, way) else "error"
        yield way[0], _problem(halls, way, message, severity)
    for way in _held_up(halls):
        if any(set(way) & set(other) for other in told):
            continue
        told.append(way)
        refusing = _refusing(halls, way)
        if refusing is not None:
            if not _emits(halls, way):  # or the event may be meant for somebody else
                yield _vain(halls, way, refusing)
            continue
        message = (
            f"only waits and conditions hold up the round {shown(way)}{_by(halls, way)}; if it"
            " should end, give one of them a `reentry` with `max`"
        )
        yield way[0], _problem(halls, way, message, "warning")
    for name, hall in halls.items():
        own = [door for door in hall.doors if door.journey == name]
        if own and not _takes_back(hall) and not any(door.afterwards for door in own):
            yield _vain(halls, [name, name], name)


def _vain(halls: Mapping[str, Hall], way: Sequence[str], refusing: str) -> tuple[str, Problem]:
    """A round that ends where it comes back to the journey that refuses.

    It is an error where nothing else would end it: whatever is meant by it, it does not do that.
    """
    is_certain = all(
        any(door.certain for door in halls[name].doors if door.journey == other)
        for name, other in pairwise(way)
    )
    severity: Severity = (
        "error" if is_certain and not any(halls[name].limited for name in way) else "warning"
    )
    place = way.index(refusing)
    turned = [*way[place:-1], *way[:place], refusing]
    message = (
        f"nobody goes round {shown(turned)}: whoever comes back to {quoted(refusing)} is still in"
        " it, and only `reentry` with the mode `always` lets her in again"
    )
    return turned[-2], _problem(halls, turned[-2:], message, severity)


def _endless(halls: Mapping[str, Hall]) -> list[list[str]]:
    """Rounds that go on in one instant, whatever she is like."""
    free = {name for name, hall in halls.items() if not hall.limited and not hall.asks}
    always = {name for name in free if halls[name].always}
    found = cycles(_edges(halls, always, lambda door: door.certain))
    left = cycles(_edges(halls, free, lambda door: door.certain and door.afterwards and door.ends))
    return [*found, *(way for way in left if not any({*way} & {*other} for other in found))]


def _held_up(halls: Mapping[str, Hall]) -> list[list[str]]:
    """Rounds of journeys that refuse nobody for good, those first that somebody goes.

    A round that nobody goes may hide another: so those of journeys that take in whoever is in them,
    those of waits, and those on which a journey is left, are looked for by themselves too.
    """
    open_ = {name for name, hall in halls.items() if not hall.limited}
    again = {name for name in open_ if _takes_back(halls[name])}
    found = [
        *cycles(_edges(halls, open_, lambda _: True)),
        *cycles(_edges(halls, again, lambda _: True)),
        *cycles(_edges(halls, open_, lambda door: door.later)),
        *_left_on_the_way(halls, open_),
    ]
    return sorted(found, key=lambda way: _refusing(halls, way) is not None)


def _edges(
    halls: Mapping[str, Hall], among: Collection[str], leads: Callable[[Door], bool]
) -> Edges[str]:
    """Where doors lead among some journeys; not back into one that is sure to refuse."""
    return {
        name: [
            door.journey
            for door in halls[name].doors
            if door.journey in among
            and leads(door)
            and (door.journey != name or _takes_back(halls[name]) or _has_left(door))
        ]
        for name in halls
        if name in among
    }


def _left_on_the_way(halls: Mapping[str, Hall], open_: Collection[str]) -> Iterator[list[str]]:
    """Of each group of journeys that lead into one another, a round on which some were left."""
    edges = _edges(halls, open_, lambda _: True)
    for group in knots(edges):
        among = {*group}
        ways_on = (
            (name, door.journey)
            for name in group
            for door in halls[name].doors
            if _has_left(door) and door.journey in among
        )
        for name, other in islice(dict.fromkeys(ways_on), _MOST_TRIED):
            back = [] if name == other else shortest(edges, other, name, among)[1:]
            way = [name, other, *back]
            if _refusing(halls, way) is None:
                yield way
                break


def _has_left(door: Door) -> bool:
    """Whether she may have left the journey of a door as she comes through it."""
    return door.afterwards and door.may_end


def _takes_back(hall: Hall) -> bool:
    """Whether it may take in who is still in it."""
    return hall.always or hall.keyed


def _refusing(halls: Mapping[str, Hall], way: Sequence[str]) -> str | None:
    """The journey on a round that whoever comes round is still in; None when there need be none.

    Who comes through a door later has left all others on the way before it. Where one is gone
    through afterwards, she has gone on behind the others by then, perhaps to the end.
    """
    doors = _doors_on(halls, way)
    later = [name for name, some in doors.items() if any(door.later for door in some)]
    if len(later) > 1:
        return None
    afterwards = _emits(halls, way)
    for name in later or doors:
        has_left = afterwards and any(door.may_end for door in doors[name])
        if not has_left and not _takes_back(halls[name]):
            return name
    return None


def _doors_on(halls: Mapping[str, Hall], way: Sequence[str]) -> dict[str, list[Door]]:
    """Of each journey on a round, the doors that lead on."""
    return {
        name: [door for door in halls[name].doors if door.journey == other]
        for name, other in pairwise(way)
    }


def _by(halls: Mapping[str, Hall], way: Sequence[str]) -> str:
    """The events that lead on a round, where some do."""
    events = [next((door.by for door in some), None) for some in _doors_on(halls, way).values()]
    named = dict.fromkeys(quoted(event) for event in events if event is not None)
    return f" (by {', '.join(named)})" if named else ""


def _emits(halls: Mapping[str, Hall], way: Sequence[str]) -> bool:
    """Whether some door on a round is gone through afterwards."""
    return any(door.afterwards for some in _doors_on(halls, way).values() for door in some)


def _problem(
    halls: Mapping[str, Hall], way: Sequence[str], message: str, severity: Severity
) -> Problem:
    place = next(door.place for door in halls[way[0]].doors if door.journey == way[1])
    others = tuple(f"journeys/{name}.json" for name in dict.fromkeys(way[1:]) if name != way[0])
    return Problem(place, Code.ENTER_LOOP, message, severity, others)
