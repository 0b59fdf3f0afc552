"""Entry: trying the journeys that a stimulus may let the customer into, and why not others."""

from collections.abc import Iterable, Mapping, Sequence

from sojourn.core.engine.asked import Asked
from sojourn.core.engine.candidates import (
    MAYBE,
    Candidate,
    asked_for,
    candidates,
    stands,
    those_after,
)
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.entry_keys import EntryKey, entry_key
from sojourn.core.engine.exits import examine_one
from sojourn.core.engine.holding import too_much
from sojourn.core.engine.routes import Route
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.stimuli import Change
from sojourn.core.engine.walk import Onward, walk
from sojourn.core.limits import ENROLMENTS, ENTERED, KEY_BYTES, REASONS
from sojourn.core.matching.conditions import holds, obstacle
from sojourn.core.nouns import open_maker
from sojourn.core.state.customer import Enrolment, Event
from sojourn.core.state.history import own_order
from sojourn.core.values.exact import Json
from sojourn.core.values.ids import enrolment_id, falls_within
from sojourn.core.values.instants import format_instant
from sojourn.core.values.paths import MISSING, Path
from sojourn.core.workspace.plan import Journey, Reentry

_open_enrolment = open_maker(Enrolment)


def let_in(
    draft: Draft, event: Event | None, change: Change | None, asked: Sequence[Asked]
) -> None:
    """Enter each journey that a stimulus lets the customer into."""
    named = event is not None and event.name in draft.plan.by_event
    if not (named or asked or change is not None) and stands(draft, event):
        return
    found, passed_over = candidates(draft, event, change, asked)
    if found or passed_over:
        _enter_all(draft, event, found, passed_over)


def _enter_all(draft: Draft, event: Event | None, found: list[Candidate], passed_over: int) -> None:
    """Try each candidate in order."""
    refused, begun = 0, 0
    traits = draft.customer.traits
    left = found[::-1]
    while left:
        candidate = left.pop()
        entered: Enrolment | str = f"limit: {ENTERED} journeys at once"
        if begun < ENTERED:
            entered = _enter(draft, candidate)
        if isinstance(entered, str):
            refused += 1
            if draft.reasons and refused <= REASONS:
                _record_refused(draft, candidate, entered)
            continue
        begun += 1
        if entered.exited_at is None:
            _, route, _, by, _ = candidate
            follow(draft, route, entered, (route.start, by, None))
        if draft.customer.traits is not traits:
            # Whoever entered changed the profile: it may let in other journeys than before.
            traits = draft.customer.traits
            anew = those_after(draft, found, event, candidate)
            passed_over -= len(anew) - len(left)
            left = anew[::-1]
    if draft.reasons:
        more = refused - min(refused, REASONS) + passed_over
        if more > 0:
            draft.record("not_entered", reason=f"and {more} more journeys")


def enter_asked(draft: Draft, asked: Iterable[Asked]) -> None:
    """Enter each journey that is asked for, a link further in the chain."""
    for item in asked:
        link = draft.link
        begun = _begin_asked(draft, item)
        if begun is not None:
            follow(draft, *begun)
        draft.link = link


def follow(draft: Draft, route: Route, own: Enrolment, onward: Onward) -> None:
    """Let one of the draft's own walk on, and enter each journey it asks for as it comes there.

    Whoever is entered goes first, a link further; those that wait for it are not nested, as a chain
    may be longer than Python nests.
    """
    halt = walk(draft, route, own, onward)
    if halt is None:
        return
    waiting = _entering(draft, route, own, halt)
    while waiting:
        route, own, onward, draft.link = waiting.pop()
        halt = walk(draft, route, own, onward)
        if halt is not None:
            waiting += _entering(draft, route, own, halt)


def _entering(
    draft: Draft, route: Route, enrolment: Enrolment, halt: tuple[Asked, Onward]
) -> list[tuple[Route, Enrolment, Onward, int]]:
    """Who halted, and whoever is entered by that, each with where to go on and at which link."""
    asked, onward = halt
    halted = route, enrolment, onward, draft.link
    begun = _begin_asked(draft, asked)
    return [halted] if begun is None else [halted, (*begun, draft.link)]


def _begin_asked(draft: Draft, asked: Asked) -> tuple[Route, Enrolment, Onward] | None:
    """Enter a journey that is asked for: who walks now, from where on, a link further."""
    if draft.chain_is_full():
        draft.record("not_entered", journey=asked.journey, reason="loop_limit")
        return None
    candidate = asked_for(draft, asked)
    if candidate is None:
        return None
    draft.causes += 1
    draft.link += 1
    entered = _enter(draft, candidate)
    if isinstance(entered, str):
        _record_refused(draft, candidate, entered)
        return None
    if entered.exited_at is not None:
        return None
    _, route, _, event, _ = candidate
    return route, entered, (route.start, event, None)


def _record_refused(draft: Draft, candidate: Candidate, reason: str) -> None:
    """Record why a journey was not entered; with the key where re-entry was asked for it."""
    _, route, properties, _, _ = candidate
    path = route.journey.entry.key
    if reason.startswith("reentry") and path is not None:
        key = _key(draft, properties, path)
        draft.record("not_entered", journey=route.journey.id, reason=reason, key=key)
    else:
        draft.record("not_entered", journey=route.journey.id, reason=reason)


def _enter(draft: Draft, candidate: Candidate) -> Enrolment | str:
    """Enter one journey, or say why not; whoever enters and has not left is to walk."""
    _, route, properties, event, where = candidate
    reason = None if route.is_open else _closed(draft, route.journey)
    if reason is None and where is MAYBE:
        reason = _unwanted(draft, route.journey, event)
    if reason is not None:
        return reason
    key, name = None, route.unkeyed
    if route.key is not None:
        key = _key(draft, properties, route.key)
        name = name if key is None else entry_key(route.journey.id, key)
        size = 0 if key is None else len(name[1].encode())
        if size > KEY_BYTES:
            return f"limit: a key of {size} bytes"
    reason = _reentry(draft, route.reentry, name) or _too_many(draft, properties, key)
    return reason if reason is not None else _enrol(draft, candidate, key, name)


def _key(draft: Draft, properties: Mapping[str, Json], path: Path) -> Json:
    """The key of this entry, read at its path; without a value there it is null."""
    if path[0] in {"event", "entry"}:
        path = ("event", *path[1:])
    scope = DraftScope(draft, Event("", "", 0, 0, properties))
    found = scope.value(path)
    return None if found is MISSING else found  # type: ignore[return-value]  # not missing


def _closed(draft: Draft, journey: Journey) -> str | None:
    entry = journey.entry
    if journey.status != "live":
        return f"journey is {journey.status}"
    if entry.after is not None and draft.now < entry.after:
        return f"entry opens at {format_instant(entry.after)}"
    if entry.until is not None and draft.now >= entry.until:
        return f"entry closed at {format_instant(entry.until)}"
    return None


def _unwanted(draft: Draft, journey: Journey, event: Event | None) -> str | None:
    where = journey.entry.where
    if where is None:
        return None
    scope = DraftScope(draft, event)
    if holds(where, scope):
        return None
    return str(obstacle(where, scope)) if draft.reasons else "where"


def _reentry(draft: Draft, rule: Reentry, name: EntryKey) -> str | None:
    """Why re-entry does not let in; ``name`` is the journey and the key, as they are counted."""
    if rule.mode == "after_exit":
        journey = name[0]
        for enrolment in draft.enrolments.values():
            if (
                enrolment.journey == journey
                and enrolment.exited_at is None
                and entry_key(journey, enrolment.key) == name
            ):
                return "reentry after_exit: still in it"
    entries = draft.entries.get(name)
    if entries is None:
        return None
    if rule.mode == "never":
        return "reentry never: entered before"
    if rule.max is not None and entries.count >= rule.max:
        return f"reentry max {rule.max}: entered {entries.count} times"
    if rule.every is not None and draft.now - entries.last_at < rule.every:
        return f"reentry every: open again at {format_instant(entries.last_at + rule.every)}"
    return None


def _too_many(draft: Draft, properties: Mapping[str, Json], key: Json) -> str | None:
    if len(draft.enrolments) >= ENROLMENTS and len(draft.live()) >= ENROLMENTS:
        return f"limit: {ENROLMENTS} live enrolments"
    size = draft.holding.take((properties, key), draft.enrolments, draft.messages)  # type: ignore[arg-type]  # a JSON object
    return None if size is None else too_much(size)


def _enrol(draft: Draft, candidate: Candidate, key: Json, name: EntryKey) -> Enrolment:
    _, route, properties, event, _ = candidate
    journey, now, number = route.journey, draft.now, draft.number + 1
    own: Enrolment = _open_enrolment(
        enrolment_id(draft.customer.id, journey.id, number),
        journey.id,
        journey.version,
        key,
        number,
        now,
        event.at if event is not None else now,
        event.id if event is not None else "",
        properties,
    )
    draft.enrol(own, route)
    if key is None or route.remembers:
        draft.count_entry(name)
    holdout = journey.entry.holdout
    if holdout and falls_within(holdout, "holdout", journey.id, draft.drawn_as(journey.id)):
        draft.alter(own, exited_at=now, outcome="held_out")
        draft.holding.let_go_of(own)
        draft.record("held_out", enrolment=own, version=journey.version, key=key)
    elif draft.reasons:
        draft.enter(own, event)
    if route.asks:
        _look_at_once(draft, own, route, event)
    return own


def _look_at_once(draft: Draft, enrolment: Enrolment, route: Route, event: Event | None) -> None:
    """Examine events that overtook the entering one, then rules without event."""
    newest = draft.customer.newest_at
    if newest is not None and newest > enrolment.begun_at:
        for overtaking in _overtaking(draft, enrolment, route.journey):
            enter_asked(draft, examine_one(draft, enrolment, overtaking, overtook=True))
    if route.tests:
        enter_asked(draft, examine_one(draft, enrolment, event))


def _overtaking(draft: Draft, enrolment: Enrolment, journey: Journey) -> list[Event]:
    """Events already here whose own time is after the entering one's, for exit rules and goal."""
    names = [name for rule in journey.exits for name in rule.events]
    if journey.goal is not None:
        names += journey.goal.events
    return sorted(draft.events(names, enrolment.begun_at + 1), key=own_order)
