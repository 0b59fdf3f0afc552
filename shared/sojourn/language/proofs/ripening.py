"""Ripening: journeys entered by what comes true as time passes, and time alone moves nobody.

Who is to be found by such a condition is looked at when next something happens to her.
"""

from collections.abc import Iterator, Mapping, Sequence

from sojourn.core.matching.conditions import (
    All,
    Any_,
    Condition,
    Did,
    InSegment,
    Not,
)
from sojourn.core.workspace.plan import Entry, Journey
from sojourn.language.findings import Code, Place, Problem
from sojourn.language.wording import quoted

_FEWER = frozenset({"lt", "lte"})
_MORE = frozenset({"gt", "gte"})


def in_entry(journey: Journey, segments: Mapping[str, Condition]) -> Iterator[Problem]:
    """That an entry rests on time alone."""
    entry = journey.entry
    if entry.profile and all(_ripens(test, segments, to=True) for _, test in entry.profile):
        yield _told(
            ("entry", "profile"),
            "this comes true as time passes, and only a change of the profile lets anybody in",
        )
    if entry.segment is not None and entry.segment in segments:
        yield from _of_segment(entry.segment, entry, segments)


def _of_segment(name: str, entry: Entry, segments: Mapping[str, Condition]) -> Iterator[Problem]:
    enters = entry.on == "enter"
    if _ripens(segments[name], segments, to=enters):
        crossing = "come into" if enters else "leave"
        yield _told(
            ("entry", "segment"),
            f"customers {crossing} {quoted(name)} as time passes, and that lets nobody in: each is"
            " looked at when next an event of hers comes",
        )


def _told(place: Place, what: str) -> Problem:
    message = (
        f"{what}; enter by the event after which time counts, and let a `wait_for` with a `timeout`"
        " wait for the next one"
    )
    return Problem(place, Code.TIME_ALONE, message, "warning")


def _ripens(condition: Condition, segments: Mapping[str, Condition], *, to: bool) -> bool:
    """Whether nothing that a customer does, but only time, turns the condition ``to`` that."""
    match condition:
        case All(parts):
            return _together(parts, segments, to=to, one_is_enough=to)
        case Any_(parts):
            return _together(parts, segments, to=to, one_is_enough=not to)
        case Not(part):
            return _ripens(part, segments, to=not to)
        case InSegment(name):
            others = {other: where for other, where in segments.items() if other != name}
            return name in segments and _ripens(segments[name], others, to=to)
        case Did(within=within):
            return bool(within) and _counts(condition, down=to)
        case _:
            asked = "older_than" if to else "within"
            return condition.path[0] != "event" and condition.operator == asked


def _together(
    parts: Sequence[Condition],
    segments: Mapping[str, Condition],
    *,
    to: bool,
    one_is_enough: bool,
) -> bool:
    """Likewise of several parts; where one of them is enough, no other waits for an event.

    But for the very events that are not to come: she ordered, and not of late.
    """
    ripe = [part for part in parts if _ripens(part, segments, to=to)]
    others = [part for part in parts if part not in ripe]
    if not ripe or not one_is_enough:
        return bool(parts) and not others
    awaited = {name for part in others for name in _asked_for(part, segments)}
    return awaited <= {name for part in ripe for name in _asked_for(part, segments)}


def _asked_for(condition: Condition, segments: Mapping[str, Condition]) -> Iterator[str]:
    """The events that a condition counts."""
    match condition:
        case All(parts) | Any_(parts):
            for part in parts:
                yield from _asked_for(part, segments)
        case Not(part):
            yield from _asked_for(part, segments)
        case InSegment(name) if name in segments:
            others = {other: where for other, where in segments.items() if other != name}
            yield from _asked_for(segments[name], others)
        case Did(events=events):
            yield from events
        case _:
            return


def _counts(did: Did, *, down: bool) -> bool:
    """Whether one event more can only make it fail (``down``), or hold."""
    tests = (*did.count, *did.sum_tests)
    if down:
        return all(name in _FEWER or (name, bound) == ("eq", 0) for name, bound in tests)
    return all(name in _MORE for name, _ in tests)
