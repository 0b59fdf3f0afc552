"""Entry: trying the journeys that a stimulus may let the customer into, and why not others."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from sojourn.core.conditions import MISSING, Path, holds, obstacle
from sojourn.core.customer import Enrolment, Event
from sojourn.core.engine.asked import Asked
from sojourn.core.engine.candidates import (
    Candidate,
    Chosen,
    asked_for,
    candidates,
    stands,
    those_after,
)
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.entry_keys import EntryKey, entry_key
from sojourn.core.engine.exits import examine_one
from sojourn.core.engine.routes import Route, new_route_along
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.stimuli import Change
from sojourn.core.engine.walk import Onward, walk
from sojourn.core.exact import Json, dumps
from sojourn.core.history import own_order
from sojourn.core.ids import enrolment_id, falls_within
from sojourn.core.instants import format_instant
from sojourn.core.limits import ENROLMENTS, REASONS
from sojourn.core.nouns import maker
from sojourn.core.plan import Journey, Reentry

ENTRIES_CHARS = 131_072
"""The most that `entry.*` of all live enrolments of one customer holds; an entry beyond it is
refused with the reason `limit`. A third of what an item of DynamoDB can be."""


_made_enrolment = maker(Enrolment)


def let_in(
    draft: Draft, event: Event | None, change: Change | None, asked: Sequence[Asked]
) -> None:
    """Enter each journey that a stimulus lets the customer into."""
    named = event is not None and event.name in draft.plan.by_event
    if not (named or asked or change is not None) and stands(draft, event):
        return
    chosen = candidates(draft, event, change, asked)
    if chosen is not None:
        _enter_all(draft, chosen)


def _enter_all(draft: Draft, chosen: Chosen) -> None:
    """Try each candidate in order."""
    refused, passed_over = 0, chosen.passed_over
    traits = draft.customer.traits
    left = deque(chosen.candidates)
    while left:
        candidate = left.popleft()
        entered = _enter(draft, candidate)
        if isinstance(entered, str):
            refused += 1
            if draft.reasons and refused <= REASONS:
                _record_refused(draft, candidate, entered)
            continue
        if entered.exited_at is None:
            follow(draft, entered, (candidate.journey.start, candidate.event, None))
        if draft.customer.traits is not traits:
            # Whoever entered changed the profile: it may let in other journeys than before.
            traits = draft.customer.traits
            anew = those_after(draft, chosen, candidate)
            passed_over -= len(anew) - len(left)
            left = deque(anew)
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


def follow(draft: Draft, enrolment: Enrolment, onward: Onward) -> None:
    """Let an enrolment walk on, and enter each journey that it asks for as it comes there.

    Whoever is entered goes first, a link further; those that wait for it are not nested, as a chain
    may be longer than Python nests.
    """
    halted = [(enrolment, onward, draft.link)]
    while halted:
        walking, ahead, draft.link = halted.pop()
        halt = walk(draft, walking, ahead)
        if halt is not None:
            asked, after = halt
            halted.append((walking, after, draft.link))
            begun = _begin_asked(draft, asked)
            if begun is not None:
                halted.append((*begun, draft.link))


def _begin_asked(draft: Draft, asked: Asked) -> tuple[Enrolment, Onward] | None:
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
    return entered, (candidate.journey.start, candidate.event, None)


def _record_refused(draft: Draft, candidate: Candidate, reason: str) -> None:
    """Record why a journey was not entered; with the key where re-entry was asked for it."""
    journey = candidate.journey
    if reason.startswith("reentry") and journey.entry.key is not None:
        key = _key(draft, candidate, journey.entry.key)
        draft.record("not_entered", journey=journey.id, reason=reason, key=key)
    else:
        draft.record("not_entered", journey=journey.id, reason=reason)


def _enter(draft: Draft, candidate: Candidate) -> Enrolment | str:
    """Enter one journey, or say why not; whoever enters and has not left is to walk."""
    journey = candidate.journey
    route = draft.routes.get((journey.id, journey.version)) or new_route_along(journey, draft.plan)
    reason = None if route.is_open else _closed(draft, journey)
    if reason is None and candidate.asks_where and not candidate.sure:
        reason = _unwanted(draft, candidate)
    if reason is not None:
        return reason
    path = journey.entry.key
    key = None if path is None else _key(draft, candidate, path)
    name = route.unkeyed if key is None else entry_key(journey.id, key)
    reason = _reentry(draft, journey.entry.reentry, name) or _too_many(draft, candidate)
    return reason if reason is not None else _enrol(draft, candidate, route, key, name)


def _key(draft: Draft, candidate: Candidate, path: Path) -> Json:
    """The key of this entry, read at its path; without a value there it is null."""
    if path[0] in {"event", "entry"}:
        path = ("event", *path[1:])
    scope = DraftScope(draft, Event("", "", 0, 0, candidate.properties))
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


def _unwanted(draft: Draft, candidate: Candidate) -> str | None:
    where = candidate.journey.entry.where
    if where is None:
        return None
    scope = DraftScope(draft, candidate.event)
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


def _too_many(draft: Draft, candidate: Candidate) -> str | None:
    if len(draft.enrolments) >= ENROLMENTS and len(draft.live()) >= ENROLMENTS:
        return f"limit: {ENROLMENTS} live enrolments"
    # Python's own way to write a table is quick, and JSON's is never twice as long. Several
    # journeys are entered with the same ones.
    sized, properties = draft.sized, candidate.properties
    if sized is None or sized[0] is not properties:
        sized = draft.sized = properties, len(str(properties))
    chars = draft.entry_chars
    if chars is None:
        chars = sum([len(str(item.entry)) for item in draft.live()])
    chars = draft.entry_chars = chars + sized[1]
    if 2 * chars <= ENTRIES_CHARS:
        return None
    draft.entry_chars, live = None, draft.live()
    size = chars_of(properties) + sum(chars_of(item.entry) for item in live)
    return f"limit: entry.* of {size} characters in all" if size > ENTRIES_CHARS else None


def chars_of(table: Mapping[str, Json]) -> int:
    """About how many characters a table of values takes when it is stored."""
    size = 0
    for name, value in table.items():
        if isinstance(value, str):
            size += len(name) + len(value)
        elif isinstance(value, dict | list):
            size += len(name) + len(dumps(value))
        else:
            size += len(name) + len(str(value))
    return size


def _enrol(
    draft: Draft, candidate: Candidate, route: Route, key: Json, name: EntryKey
) -> Enrolment:
    journey, event, now = route.journey, candidate.event, draft.now
    number = draft.number + 1
    made = _made_enrolment(
        id=enrolment_id(draft.customer.id, journey.id, number),
        journey=journey.id,
        version=journey.version,
        key=key,
        number=number,
        entered_at=now,
        begun_at=event.at if event is not None else now,
        entry_event=event.id if event is not None else "",
        entry={**candidate.properties},
    )
    enrolment = draft.enrol(made, name, remember=key is None or route.remembers)
    holdout = journey.entry.holdout
    if holdout and falls_within(holdout, "holdout", journey.id, draft.drawn_as(journey.id)):
        draft.alter(enrolment, exited_at=now, outcome="held_out")
        draft.record("held_out", enrolment=enrolment, version=journey.version, key=key)
    elif draft.reasons:
        draft.enter(enrolment, event)
    if route.asks:
        _look_at_once(draft, enrolment, journey, event)
    return enrolment


def _look_at_once(
    draft: Draft, enrolment: Enrolment, journey: Journey, event: Event | None
) -> None:
    """Examine events that overtook the entering one, then rules without event."""
    for overtaking in _overtaking(draft, enrolment, journey):
        enter_asked(draft, examine_one(draft, enrolment, overtaking, overtook=True))
    enter_asked(draft, examine_one(draft, enrolment, event))


def _overtaking(draft: Draft, enrolment: Enrolment, journey: Journey) -> list[Event]:
    """Events already here whose own time is after the entering one's, for exit rules and goal."""
    newest = draft.customer.newest_at
    if newest is None or newest <= enrolment.begun_at:
        return []
    names = [name for rule in journey.exits for name in rule.events]
    if journey.goal is not None:
        names += journey.goal.events
    return sorted(draft.events(names, enrolment.begun_at + 1), key=own_order)
