"""Entry: which journeys a stimulus lets the customer into, and why not into others."""

from collections.abc import Mapping
from dataclasses import dataclass

from sojourn.core.conditions import MISSING, compare, holds, obstacle
from sojourn.core.customer import Customer, Enrolment, Event, Trait
from sojourn.core.engine.draft import Draft, entry_key
from sojourn.core.engine.exits import examine_one
from sojourn.core.engine.scope import DraftScope, as_before
from sojourn.core.engine.walk import Forced, walk
from sojourn.core.exact import Json
from sojourn.core.ids import enrolment_id, falls_within
from sojourn.core.instants import format_instant
from sojourn.core.limits import ENROLMENTS, REASONS
from sojourn.core.plan import Journey


@dataclass(frozen=True, slots=True)
class Candidate:
    """A journey that may be entered now; ``properties`` become `entry.*`."""

    journey: Journey
    properties: Mapping[str, Json]
    asks_where: bool


def candidates(
    draft: Draft,
    event: Event | None,
    before: Mapping[str, Trait] | None,
    forced: list[Forced],
) -> list[Candidate]:
    """Every journey this stimulus could enter, by priority, then journey id."""
    plan = draft.plan
    properties = event.properties if event is not None else {}
    found: dict[str, Candidate] = {}
    for name, values in forced:
        journey = plan.current.get(name)
        if journey is not None and journey.status == "live" and name not in found:
            found[name] = Candidate(journey, values, asks_where=False)
    if event is not None:
        for journey in plan.by_event.get(event.name, ()):
            found.setdefault(journey.id, Candidate(journey, properties, asks_where=True))
    if before is not None:
        was = as_before(draft.customer, before)
        for journey in plan.by_profile:
            if _became_true(draft, journey, was):
                found.setdefault(journey.id, Candidate(journey, properties, asks_where=True))
    for journey in _crossed_segments(draft, event):
        found.setdefault(journey.id, Candidate(journey, properties, asks_where=True))
    if len(found) < 2:  # noqa: PLR2004 - nothing to sort
        return list(found.values())
    return sorted(found.values(), key=lambda item: (-item.journey.priority, item.journey.id))


def _became_true(draft: Draft, journey: Journey, was: Customer) -> bool:
    now, earlier = DraftScope(draft), DraftScope(draft, customer=was)
    return _profile_holds(journey, now) and not _profile_holds(journey, earlier)


def _profile_holds(journey: Journey, scope: DraftScope) -> bool:
    return all(
        compare(
            test.operator,
            scope.value(path),
            test.operand,
            scope,
            ignore_case=test.ignore_case,
        )
        for path, test in journey.entry.profile
    )


def _crossed_segments(draft: Draft, event: Event | None) -> list[Journey]:
    """Journeys whose segment the customer entered or left; membership starts from outside."""
    if not draft.plan.by_segment:
        return []
    scope = DraftScope(draft, event)
    names = {journey.entry.segment for journey in draft.plan.by_segment}
    member = draft.customer.segments
    now = set()
    for name in names:
        condition = scope.segment(name) if name is not None else None
        if name is not None and condition is not None and holds(condition, scope):
            now.add(name)
    if now == member:
        return []
    draft.change(segments=frozenset(now))
    return [
        journey
        for journey in draft.plan.by_segment
        if (journey.entry.on == "enter" and journey.entry.segment in now - member)
        or (journey.entry.on == "leave" and journey.entry.segment in member - now)
    ]


def enter_all(draft: Draft, chosen: list[Candidate], event: Event | None) -> None:
    """Try each candidate in order; what `enter` steps ask for follows at once."""
    refused = 0
    for candidate in chosen:
        reason = _enter(draft, candidate, event)
        if reason is not None and draft.reasons:
            refused += 1
            if refused <= REASONS:
                draft.record("not_entered", journey=candidate.journey.id, reason=reason)
    if refused > REASONS:
        draft.record("not_entered", reason=f"and {refused - REASONS} more journeys")


def enter_forced(draft: Draft, forced: list[Forced]) -> None:
    """Enter the journeys that steps asked for, each a link further in the chain."""
    for name, properties in forced:
        journey = draft.plan.current.get(name)
        if journey is None:
            draft.record("not_entered", journey=name, reason="there is no such journey")
            continue
        link, draft.link = draft.link, draft.link + 1
        reason = _enter(draft, Candidate(journey, properties, asks_where=False), None)
        draft.link = link
        if reason is not None:
            draft.record("not_entered", journey=name, reason=reason)


def _enter(draft: Draft, candidate: Candidate, event: Event | None) -> str | None:
    """Enter one journey, or say why not."""
    journey = candidate.journey
    key = _key(draft, candidate, event)
    reason = _closed(draft, journey) or _unwanted(draft, candidate, event)
    reason = reason or _reentry(draft, journey, key)
    if reason is not None:
        return reason
    if len(draft.customer.enrolments) >= ENROLMENTS and (
        sum(1 for item in draft.enrolments.values() if item.live) >= ENROLMENTS
    ):
        return f"limit: {ENROLMENTS} live enrolments"
    _enrol(draft, candidate, event, key)
    return None


def _key(draft: Draft, candidate: Candidate, event: Event | None) -> Json:
    path = candidate.journey.entry.key
    if path is None:
        return None
    if path[0] in ("event", "entry"):
        scope = DraftScope(draft, Event("", "", 0, 0, candidate.properties))
        found = scope.value(("event", *path[1:]))
    else:
        found = DraftScope(draft, event).value(path)
    return None if found is MISSING else found  # type: ignore[return-value]


def _closed(draft: Draft, journey: Journey) -> str | None:
    entry = journey.entry
    if journey.status != "live":
        return f"journey is {journey.status}"
    if entry.after is not None and draft.now < entry.after:
        return f"entry opens at {format_instant(entry.after)}"
    if entry.until is not None and draft.now >= entry.until:
        return f"entry closed at {format_instant(entry.until)}"
    return None


def _unwanted(draft: Draft, candidate: Candidate, event: Event | None) -> str | None:
    where = candidate.journey.entry.where
    if where is None or not candidate.asks_where:
        return None
    scope = DraftScope(draft, event)
    if holds(where, scope):
        return None
    return str(obstacle(where, scope)) if draft.reasons else "where"


def _reentry(draft: Draft, journey: Journey, key: Json) -> str | None:
    rule = journey.entry.reentry
    name = entry_key(journey.id, key)
    if rule.mode == "after_exit":
        for enrolment in draft.enrolments.values():
            if (
                enrolment.live
                and enrolment.journey == journey.id
                and entry_key(journey.id, enrolment.key) == name
            ):
                return "reentry after_exit: still in it"
    entries = draft.customer.entries.get(name)
    if entries is None:
        return None
    if rule.mode == "never":
        return "reentry never: entered before"
    if rule.max is not None and entries.count >= rule.max:
        return f"reentry max {rule.max}: entered {entries.count} times"
    if rule.every is not None and draft.now - entries.last_at < rule.every:
        return f"reentry every: open again at {format_instant(entries.last_at + rule.every)}"
    return None


def _enrol(draft: Draft, candidate: Candidate, event: Event | None, key: Json) -> None:
    journey = candidate.journey
    number = draft.customer.number + 1
    id_ = enrolment_id(draft.customer.id, journey.id, number)
    rule = journey.entry.reentry
    enrolment = Enrolment(
        id=id_,
        journey=journey.id,
        version=journey.version,
        key=key,
        number=number,
        entered_at=draft.now,
        begun_at=event.at if event is not None else draft.now,
        entry_event=event.id if event is not None else "",
        entry=dict(candidate.properties),
        moved_by=(event.id,) if event is not None else (),
    )
    remember = key is None or rule.mode == "never" or rule.every is not None or rule.max is not None
    draft.enrol(enrolment, entry_key(journey.id, key), remember=remember)
    draft.announce(
        "journey.entered",
        id_,
        {"journey": journey.id, "version": journey.version, "enrolment": id_, "key": key},
    )
    if falls_within(journey.entry.holdout, "holdout", journey.id, draft.drawn_as):
        held = draft.alter(enrolment, exited_at=draft.now, outcome="held_out")
        draft.record("held_out", enrolment=held)
        _look_back(draft, held, journey)
        return
    draft.record("entered", enrolment=enrolment, event=event.name if event is not None else None)
    forced = _look_back(draft, enrolment, journey)
    enrolment = draft.enrolments[id_]
    if enrolment.live:
        forced += walk(draft, enrolment, journey.start, event)
    enter_forced(draft, forced)


def _look_back(draft: Draft, enrolment: Enrolment, journey: Journey) -> list[Forced]:
    """Examine exit rules and goal for events already here that came after the entering one."""
    forced: list[Forced] = []
    newest = draft.customer.newest_at
    if newest is not None and newest > enrolment.begun_at:
        names = {name for rule in journey.exits for name in rule.events}
        names |= set(journey.goal.events) if journey.goal is not None else set()
        later = [
            event
            for event in (*draft.history.events(names, enrolment.begun_at + 1), *draft.taken)
            if event.at > enrolment.begun_at and event.name in names
        ]
        for event in sorted(later, key=lambda item: item.at):
            forced += examine_one(draft, draft.enrolments[enrolment.id], journey, event)
    now = draft.enrolments[enrolment.id]
    if now.live:
        forced += examine_one(draft, now, journey, None)
    return forced
