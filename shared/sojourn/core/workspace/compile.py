"""Compile: journeys, segments, templates and settings become one plan with its index."""

from collections.abc import Iterable, Iterator, Mapping

from sojourn.core.matching.comparisons import DURATION_OPERATORS
from sojourn.core.matching.conditions import All, Condition, Did, InSegment
from sojourn.core.matching.entrance import Entrance
from sojourn.core.matching.membership import fades, parts_of, rest_on
from sojourn.core.state.customer import ENDPOINT_GONE
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import DAY, Duration
from sojourn.core.values.paths import Path
from sojourn.core.workspace.plan import (
    CHANGE,
    SENDING,
    Branch,
    DateWait,
    Emit,
    Enter,
    ExitRule,
    From,
    Goal,
    Journey,
    Place,
    Plan,
    Send,
    Step,
    Update,
    Value,
    Wait,
    WaitFor,
)
from sojourn.core.workspace.settings import Settings

STATUS_FACTS = frozenset(
    {
        *("message.bounced", "message.complained", "message.unsubscribed"),
        ENDPOINT_GONE,
    }
)
"""Facts that change how a channel stands, whether or not a journey refers to them."""


LATENESS = 7 * DAY
"""How long after its window a goal's event may still come for an enrolment that has ended."""

_NOTHING: frozenset[str] = frozenset()
_FOR_EVER: Duration = 1 << 62


def compile_plan(  # noqa: PLR0913 - everything a plan is made of
    revision: int,
    settings: Settings,
    segments: Mapping[str, Condition],
    templates: Mapping[str, JsonObject],
    versions: Iterable[Journey],
    current: Iterable[Journey],
    sources: Iterable[JsonObject] = (),
) -> Plan:
    """Index what is live; ``versions`` are all that somebody may be in, ``current`` the newest."""
    newest = {journey.id: journey for journey in current}
    every = {(journey.id, journey.version): journey for journey in versions}
    every |= {(journey.id, journey.version): journey for journey in newest.values()}
    # A paused journey is asked too: it says why nobody enters, and keeps up with its segment.
    asked = sorted(
        (journey for journey in newest.values() if journey.status in {"live", "paused"}),
        key=lambda journey: (-journey.priority, journey.id),
    )
    by_segment = _by_segment(asked)
    entry_segments = frozenset([name for name, _ in by_segment])
    entered = [journey for journey in every.values() if journey.status != "draft"]
    return Plan(
        revision=revision,
        settings=settings,
        segments=segments,
        templates=templates,
        versions=every,
        current=newest,
        by_event=_by_event(asked),
        by_profile=Entrance(
            [(journey, _of_profile(journey)) for journey in asked if journey.entry.profile]
        ),
        by_segment=by_segment,
        entry_segments=entry_segments,
        segment_index=_index(entry_segments, segments),
        segments_rest_on=rest_on(entry_segments, segments),
        segments_fade=all(fades(segments.get(name), segments) for name in entry_segments),
        names=STATUS_FACTS.union(
            *(_names_inside(journey, segments) for journey in entered),
            *(_names_at_entry(journey, segments) for journey in asked),
        ),
        cares_for_all=any(
            _is_asked_always(rule, segments) for journey in entered for rule in journey.exits
        )
        or any(_moves_by_itself(_segment_of(journey), segments) for journey in asked),
        sources=tuple(sources),
        examined=_examined(every.values()),
        always_examined=frozenset(
            place
            for place, journey in every.items()
            if _may_archive(journey, newest) or any(not rule.events for rule in journey.exits)
        ),
        waited_for=frozenset(_waited_for(every.values())),
        moves=_moves(every.values()),
        followed={place: _followed(journey.goal) for place, journey in every.items()},
        undisturbed={
            place: journey.max_stay
            for place, journey in every.items()
            if _is_undisturbed(journey, newest)
        },
    )


def _by_event(journeys: Iterable[Journey]) -> dict[str, Entrance[Journey]]:
    """Whom an event of each name lets in where."""
    found: dict[str, list[Journey]] = {}
    for journey in journeys:
        for name in dict.fromkeys(journey.entry.events):
            found.setdefault(name, []).append(journey)
    return {
        name: Entrance([(journey, journey.entry.where) for journey in each])
        for name, each in found.items()
    }


def _index(names: frozenset[str], segments: Mapping[str, Condition]) -> Entrance[str]:
    """The entry segments that there are, by their conditions."""
    return Entrance([(name, segments[name]) for name in sorted(names & segments.keys())])


def _by_segment(journeys: Iterable[Journey]) -> dict[tuple[str, str], tuple[Journey, ...]]:
    """Journeys by the segment that lets in, and by whether it is entered or left."""
    found: dict[tuple[str, str], list[Journey]] = {}
    for journey in journeys:
        if journey.entry.segment is not None:
            found.setdefault((journey.entry.segment, journey.entry.on), []).append(journey)
    return {place: tuple(each) for place, each in found.items()}


def _examined(versions: Iterable[Journey]) -> dict[str, frozenset[Place]]:
    """Which versions examine an event of each name, for their exits or their goal."""
    found: dict[str, set[Place]] = {}
    for journey in versions:
        goal = () if journey.goal is None else journey.goal.events
        for name in (*goal, *(name for rule in journey.exits for name in rule.events)):
            found.setdefault(name, set()).add((journey.id, journey.version))
    return {name: frozenset(places) for name, places in found.items()}


def _followed(goal: Goal | None) -> Duration:
    if goal is None:
        return 0
    return _FOR_EVER if goal.within is None else goal.within + LATENESS


def _waited_for(versions: Iterable[Journey]) -> Iterator[str]:
    """The events that a step of them waits for."""
    for journey in versions:
        for step in _steps(journey, WaitFor):
            for match in step.any:
                yield from match.events


def _moves(versions: Iterable[Journey]) -> dict[tuple[str, int, str], frozenset[str]]:
    """For each step of each version what may move who is at it."""
    return {
        (journey.id, journey.version, name): _moved_by(step)
        for journey in versions
        for name, step in journey.steps.items()
    }


def _moved_by(step: Step) -> frozenset[str]:
    """What may move who is at a step (see `Plan`)."""
    match step:
        case Send():
            return SENDING
        case WaitFor():
            return frozenset(name for match in step.any for name in match.events)
        case Wait(until=until) if until is not None:
            return CHANGE
        case _:
            return _NOTHING


def _may_archive(journey: Journey, newest: Mapping[str, Journey]) -> bool:
    current = newest.get(journey.id)
    return current is None or current.status == "archived"


def _is_undisturbed(journey: Journey, newest: Mapping[str, Journey]) -> bool:
    current = newest.get(journey.id)
    return current is not None and current.status == "live" and current.resumed_at is None


def _names_at_entry(journey: Journey, segments: Mapping[str, Condition]) -> set[str]:
    """Event names on which it rests who enters."""
    entry = journey.entry
    names = set(entry.events) | _names_in(entry.where, segments)
    return names | _names_in(_segment_of(journey), segments)


def _of_profile(journey: Journey) -> Condition:
    return All(tuple([test for _, test in journey.entry.profile]))


def _segment_of(journey: Journey) -> Condition | None:
    return None if journey.entry.segment is None else InSegment(journey.entry.segment)


def _names_inside(journey: Journey, segments: Mapping[str, Condition]) -> set[str]:
    """Event names that matter to who is inside."""
    names: set[str] = set()
    rules = (*journey.exits, *((journey.goal,) if journey.goal is not None else ()))
    matches = [item for step in _steps(journey, WaitFor) for item in step.any]
    for rule in (*rules, *matches):
        names |= set(rule.events) | _names_in(rule.where, segments)
        for pair in rule.match:
            names |= {name for path in pair for name in _names_at(path)}
    for branch in _steps(journey, Branch):
        for arm in branch.branches:
            names |= _names_in(arm.where, segments)
    for value in _values(journey):
        if isinstance(value, From):
            names |= _names_at(value.path)
    return names


def _steps[T](journey: Journey, kind: type[T]) -> list[T]:
    return [step for step in journey.steps.values() if isinstance(step, kind)]


def _values(journey: Journey) -> Iterator[Value]:
    """Every value that a step reads."""
    for step in journey.steps.values():
        match step:
            case Send() | Enter():
                yield from step.variables.values()
            case Emit():
                yield from step.properties.values()
            case Update():
                yield from (value for _, value in (*step.set, *step.increment))
            case Wait(until=DateWait(value=value)):
                yield value
            case _:
                continue


def _is_asked_always(rule: ExitRule, segments: Mapping[str, Condition]) -> bool:
    """Whether a rule without event must be asked on every event."""
    paths = [path for pair in rule.match for path in pair]
    at_hand = any(path[0] == "event" for path in paths)
    return not rule.events and (at_hand or _moves_by_itself(rule.where, segments))


def _names_in(condition: Condition | None, segments: Mapping[str, Condition]) -> set[str]:
    """Event names that a condition rests on."""
    names: set[str] = set()
    for part, _ in parts_of(condition, segments):
        names |= set(part.events) if isinstance(part, Did) else _names_at(part.path)
    return names


def _names_at(path: Path) -> set[str]:
    """The fact that fills a path of `messages`."""
    if path[0] != "messages" or not path[-1].endswith("_at"):
        return set()
    return {f"message.{path[-1].removesuffix('_at')}"}


def _moves_by_itself(condition: Condition | None, segments: Mapping[str, Condition]) -> bool:
    """Whether the answer can change without anything that the customer item records.

    By the event at hand, or by time alone: such a condition must be asked on every event.
    """
    for part, inside_did in parts_of(condition, segments):
        if isinstance(part, Did):
            moves = part.within is not None
        else:
            at_hand = part.path[0] == "event" and not inside_did
            moves = at_hand or part.operator in DURATION_OPERATORS
        if moves:
            return True
    return False
