"""Enters: journeys that lead into one another, round after round.

Where nothing waits and no condition stands in the way, the round never ends: an error. Where one
does, a monthly round may be meant: a warning.
"""

from collections.abc import Collection, Iterator, Mapping

from sojourn.core.exact import JsonObject
from sojourn.core.nouns import noun
from sojourn.language.findings import Code, Place, Problem, Severity
from sojourn.language.graphs import Edges, cycles, reachable
from sojourn.language.tolerant import as_object, as_objects
from sojourn.language.ways import ahead_of
from sojourn.language.wording import shown


@noun
class Door:
    """A step that leads into another journey.

    ``certain``: whoever enters comes through it without a wait, and can come again: by then she has
    left this journey, or it takes her in again all the same.
    """

    place: Place
    journey: str
    certain: bool


def rounds(journeys: Mapping[str, JsonObject]) -> Iterator[tuple[str, Problem]]:
    """Rounds that no re-entry rule ends, each with the id of the journey it is reported in."""
    doors = {name: [*_doors(doc)] for name, doc in journeys.items() if not _is_limited(doc)}
    certain = cycles(_edges(doors, certain_only=True))
    for way in certain:
        message = (
            f"{shown(way)} enter one another for ever, without a wait; give one of them a"
            " `reentry` with `max`"
        )
        yield way[0], _problem(doors, way, message, "error")
    for way in cycles(_edges(doors, certain_only=False)):
        if not any(set(way) & set(other) for other in certain):
            message = (
                f"only waits and conditions hold up the round {shown(way)}; if it should end,"
                " give one of them a `reentry` with `max`"
            )
            yield way[0], _problem(doors, way, message, "warning")


def _is_limited(doc: JsonObject) -> bool:
    """Whether entry is refused some time, so that a round through this journey ends there."""
    entry = as_object(doc.get("entry"))
    rule = as_object(entry.get("reentry"))
    return "until" in entry or "max" in rule or "every" in rule or rule.get("mode") == "never"


def _edges(doors: Mapping[str, list[Door]], *, certain_only: bool) -> Edges[str]:
    return {
        name: [
            door.journey
            for door in found
            if door.journey in doors and (door.certain or not certain_only)
        ]
        for name, found in doors.items()
    }


def _problem(
    doors: Mapping[str, list[Door]], way: list[str], message: str, severity: Severity
) -> Problem:
    place = next(door.place for door in doors[way[0]] if door.journey == way[1])
    others = tuple(f"journeys/{name}.json" for name in dict.fromkeys(way[1:-1]))
    return Problem(place, Code.ENTER_LOOP, message, severity, others)


def _doors(doc: JsonObject) -> Iterator[Door]:
    steps = {name: as_object(step) for name, step in as_object(doc.get("steps")).items()}
    rule = as_object(as_object(doc.get("entry")).get("reentry"))
    start = doc.get("start")
    passing = {name: _ways(step, steps, _PASSING | {"send"}) for name, step in steps.items()}
    leaving = {name: _ways(step, steps, _PASSING) for name, step in steps.items()}
    at_once = reachable(passing, start) if isinstance(start, str) and start in steps else set()
    for name, step in steps.items():
        journey = step.get("journey")
        if step.get("type") != "enter" or not isinstance(journey, str):
            continue
        again = rule.get("mode") == "always" or any(
            _ends(steps[other]) for other in reachable(leaving, name)
        )
        yield Door(("steps", name, "journey"), journey, certain=name in at_once and again)


_PASSING = frozenset({"update", "emit", "enter", "split"})
"""Types of steps that are gone through in no time and on no condition."""


def _ways(step: JsonObject, steps: Mapping[str, JsonObject], types: Collection[str]) -> list[str]:
    """Where a step of those types leads; any other one holds the customer up."""
    kind = step.get("type")
    if not isinstance(kind, str) or kind not in types:
        return []
    return [name for name, _ in ahead_of(step) if name in steps]


def _ends(step: JsonObject) -> bool:
    """Whether a customer can leave the journey at this step, in the instant she comes to it."""
    match step.get("type"):
        case "exit":
            return True
        case "update" | "emit" | "enter":
            return "next" not in step
        case "split":
            return any("next" not in arm for arm in as_objects(step.get("arms")))
        case _:
            return False
