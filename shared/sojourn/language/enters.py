"""Enters: journeys that lead into one another, round after round.

Where nothing waits and no condition stands in the way, the round never ends: an error. Where one
does, a monthly round may be meant: a warning. Whoever is entered goes first, so who comes round in
no time is still in every journey on the way: such a round goes on only where they take her in all
the same. That nobody goes round another is told too: as an error where nothing but that ends it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.language.findings import Code, Place, Problem, Severity
from sojourn.language.graphs import Edges, cycles, reachable
from sojourn.language.tolerant import as_list, as_object, as_objects
from sojourn.language.ways import ahead_of
from sojourn.language.wording import quoted, shown


@noun
class Door:
    """A step that leads into another journey.

    ``certain``: some come through it in the instant in which they enter, on no condition.
    ``later``: some may come through it after that instant, and have left what led them here.
    """

    place: Place
    journey: str
    certain: bool
    later: bool


@noun
class Hall:
    """A journey as others lead into it, and its doors.

    ``always``: it takes in whoever is still in it. ``keyed``: it may, by another key. ``limited``:
    it refuses some time. ``asks``: some of its exit rules are looked at as somebody enters.
    """

    doors: Sequence[Door]
    always: bool
    keyed: bool
    limited: bool
    asks: bool


def rounds(journeys: Mapping[str, JsonObject]) -> Iterator[tuple[str, Problem]]:
    """Rounds that no re-entry rule ends, and those that nobody goes, each with its journey."""
    halls = {name: _hall(doc) for name, doc in journeys.items() if doc.get("status") != "archived"}
    told = _endless(halls)
    for way in told:
        message = (
            f"{shown(way)} enter one another for ever, without a wait; give one of them a"
            " `reentry` with `max`"
        )
        yield way[0], _problem(halls, way, message, "error")
    for way in _held_up(halls):
        if any(set(way) & set(other) for other in told):
            continue
        told.append(way)
        refusing = _refusing(halls, way)
        if refusing is not None:
            yield _vain(halls, way, refusing)
            continue
        message = (
            f"only waits and conditions hold up the round {shown(way)}; if it should end,"
            " give one of them a `reentry` with `max`"
        )
        yield way[0], _problem(halls, way, message, "warning")
    for name, hall in halls.items():
        if not _takes_back(hall) and any(door.journey == name for door in hall.doors):
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
    among = {
        name for name, hall in halls.items() if hall.always and not hall.limited and not hall.asks
    }
    return cycles(_edges(halls, among, lambda door: door.certain))


def _held_up(halls: Mapping[str, Hall]) -> list[list[str]]:
    """Rounds of journeys that refuse nobody for good, those first that somebody goes.

    A round that nobody goes may hide another: so those of journeys that take in whoever is in them,
    and those of waits, are looked for by themselves too.
    """
    open_ = {name for name, hall in halls.items() if not hall.limited}
    again = {name for name in open_ if _takes_back(halls[name])}
    found = [
        *cycles(_edges(halls, open_, lambda _: True)),
        *cycles(_edges(halls, again, lambda _: True)),
        *cycles(_edges(halls, open_, lambda door: door.later)),
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
            and (door.journey != name or _takes_back(halls[name]))
        ]
        for name in halls
        if name in among
    }


def _takes_back(hall: Hall) -> bool:
    """Whether it may take in who is still in it."""
    return hall.always or hall.keyed


def _refusing(halls: Mapping[str, Hall], way: Sequence[str]) -> str | None:
    """The journey on a round that whoever comes round is still in; None when there need be none.

    Who comes through a door later has left all others on the way before it.
    """
    later = [
        name
        for name, other in pairwise(way)
        if any(door.later for door in halls[name].doors if door.journey == other)
    ]
    if len(later) > 1:
        return None
    candidates = later or way[:-1]
    return next((name for name in candidates if not _takes_back(halls[name])), None)


def _problem(
    halls: Mapping[str, Hall], way: Sequence[str], message: str, severity: Severity
) -> Problem:
    place = next(door.place for door in halls[way[0]].doors if door.journey == way[1])
    others = tuple(f"journeys/{name}.json" for name in dict.fromkeys(way[1:]) if name != way[0])
    return Problem(place, Code.ENTER_LOOP, message, severity, others)


def _hall(doc: JsonObject) -> Hall:
    entry = as_object(doc.get("entry"))
    rule = as_object(entry.get("reentry"))
    mode = rule.get("mode")
    return Hall(
        [*_doors(doc)],
        mode == "always",
        "key" in entry,
        "until" in entry or "max" in rule or "every" in rule or mode == "never",
        any("event" not in as_object(item) for item in as_list(doc.get("exit"))),
    )


_PASSING = frozenset({"update", "emit", "enter", "split"})
"""Types of steps that are gone through in no time and on no condition."""

_AT_ONCE = _PASSING | {"branch", "exit"}
"""Types of steps that hold nobody up; any other may, be it a message or a type that is misspelt."""


def _is_of(types: Collection[str], step: JsonObject) -> bool:
    kind = step.get("type")
    return isinstance(kind, str) and kind in types


def _doors(doc: JsonObject) -> Iterator[Door]:
    steps = {name: as_object(step) for name, step in as_object(doc.get("steps")).items()}
    ways: dict[str | None, list[str]] = {name: _ways(step, steps) for name, step in steps.items()}
    passing = {name: ways[name] if _is_of(_PASSING, step) else [] for name, step in steps.items()}
    start = doc.get("start")
    begins = [start] if isinstance(start, str) and start in steps else []
    at_once = reachable({**passing, None: begins}, None)
    reached = reachable({**ways, None: begins}, None)
    held = [name for name in reached if name is not None and not _is_of(_AT_ONCE, steps[name])]
    later = reachable({**ways, None: [other for name in held for other in ways[name]]}, None)
    for name, step in steps.items():
        journey = step.get("journey")
        if step.get("type") == "enter" and isinstance(journey, str):
            place = ("steps", name, "journey")
            certain, unknown = name in at_once, name not in reached
            yield Door(place, journey, certain, later=unknown or name in later)


def _ways(step: JsonObject, steps: Mapping[str, JsonObject]) -> list[str]:
    """Where a step leads; nobody goes the way of an arm without a weight."""
    shut = {
        index for index, arm in enumerate(as_objects(step.get("arms"))) if arm.get("weight") == 0
    }
    return [
        name
        for name, place in ahead_of(step)
        if name in steps and not (place[0] == "arms" and place[1] in shut)
    ]
