"""Compile: journeys, segments, templates and settings become one plan with its index."""

from collections.abc import Iterable, Iterator, Mapping

from sojourn.core.conditions import (
    DURATION_OPERATORS,
    All,
    Any_,
    Condition,
    Did,
    InSegment,
    Not,
    Test,
)
from sojourn.core.exact import JsonObject
from sojourn.core.plan import Branch, Journey, Plan, Settings, WaitFor


def compile_plan(  # noqa: PLR0913 - everything a plan is made of
    revision: int,
    settings: Settings,
    segments: Mapping[str, Condition],
    templates: Mapping[str, JsonObject],
    versions: Iterable[Journey],
    current: Iterable[Journey],
) -> Plan:
    """Index what is live; ``versions`` are all that somebody may be in, ``current`` the newest."""
    newest = {journey.id: journey for journey in current}
    every = {(journey.id, journey.version): journey for journey in versions}
    every |= {(journey.id, journey.version): journey for journey in newest.values()}
    live = sorted(
        (journey for journey in newest.values() if journey.status == "live"),
        key=lambda journey: (-journey.priority, journey.id),
    )
    by_event: dict[str, list[Journey]] = {}
    for journey in live:
        for name in journey.entry.events:
            by_event.setdefault(name, []).append(journey)
    names: set[str] = set()
    cares_for_all = False
    for journey in every.values():
        found, for_all = _interests(journey, segments)
        names |= found
        cares_for_all |= for_all
    return Plan(
        revision=revision,
        settings=settings,
        segments=segments,
        templates=templates,
        versions=every,
        current=newest,
        by_event={name: tuple(found) for name, found in by_event.items()},
        by_profile=tuple(journey for journey in live if journey.entry.profile),
        by_segment=tuple(journey for journey in live if journey.entry.segment is not None),
        names=frozenset(names),
        cares_for_all=cares_for_all,
    )


def _interests(journey: Journey, segments: Mapping[str, Condition]) -> tuple[set[str], bool]:
    """Event names a journey refers to, and whether any stimulus at all can matter to it.

    A rule without event, or a segment, whose answer can change without anything the customer item
    records (by the event at hand, or by time alone) must be asked on every event.
    """
    if journey.status == "draft":
        return set(), False
    names = set(journey.entry.events)
    conditions: list[Condition | None] = [journey.entry.where]
    asked_always: list[Condition | None] = []
    for rule in (*journey.exits, *((journey.goal,) if journey.goal is not None else ())):
        names |= set(rule.events)
        (conditions if rule.events else asked_always).append(rule.where)
    if journey.entry.segment is not None:
        asked_always.append(InSegment(journey.entry.segment))
    for step in journey.steps.values():
        if isinstance(step, WaitFor):
            names |= {name for item in step.any for name in item.events}
            conditions += [item.where for item in step.any]
        elif isinstance(step, Branch):
            conditions += [arm.where for arm in step.branches]
    for condition in (*conditions, *asked_always):
        for part in _parts(condition, segments, frozenset()):
            names |= _names_of(part)
    return names, any(_moves_by_itself(condition, segments) for condition in asked_always)


def _names_of(part: Condition) -> set[str]:
    """Events that one part of a condition rests on."""
    if isinstance(part, Did):
        return set(part.events)
    if isinstance(part, Test) and part.path[0] == "messages":
        field = part.path[-1]
        return {f"message.{field.removesuffix('_at')}"} if field.endswith("_at") else set()
    return set()


def _moves_by_itself(condition: Condition | None, segments: Mapping[str, Condition]) -> bool:
    return any(
        (
            isinstance(part, Test)
            and (part.path[0] == "event" or part.operator in DURATION_OPERATORS)
        )
        or (isinstance(part, Did) and part.within is not None)
        for part in _parts(condition, segments, frozenset())
    )


def _parts(
    condition: Condition | None, segments: Mapping[str, Condition], within: frozenset[str]
) -> Iterator[Condition]:
    """Every part of a condition, through segments; a segment that holds itself ends there."""
    match condition:
        case None:
            return
        case All(parts) | Any_(parts):
            for part in parts:
                yield from _parts(part, segments, within)
        case Not(part):
            yield from _parts(part, segments, within)
        case InSegment(name):
            yield condition
            if name not in within:
                yield from _parts(segments.get(name), segments, within | {name})
        case Did(where=where):
            yield condition
            yield from _parts(where, segments, within)
        case Test():
            yield condition
