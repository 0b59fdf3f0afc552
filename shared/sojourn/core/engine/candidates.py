"""Candidates: which journeys a stimulus may let the customer into, found by the plan's index."""

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter

from sojourn.core.engine.asked import Asked
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.routes import Rank, Route
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.stimuli import Change, Look
from sojourn.core.limits import REASONS
from sojourn.core.matching.comparisons import compare
from sojourn.core.matching.conditions import holds
from sojourn.core.nouns import maker
from sojourn.core.state.customer import Customer, Event
from sojourn.core.values.exact import Json
from sojourn.core.workspace.plan import Journey

SURELY = "surely"
MAYBE = "maybe"
NOT_ASKED = "not asked"

type Candidate = tuple[Rank, Route, Mapping[str, Json], Event | None, str]
"""A journey that may be entered now: its rank and its route, what becomes `entry.*`, by which
event. At last whether its `where` holds: `SURELY` as the index has answered it, `MAYBE` when it is
to be asked, or it is `NOT_ASKED`.
"""


def candidates(
    draft: Draft, event: Event | None, change: Change | None, asked: Sequence[Asked]
) -> tuple[list[Candidate], int]:
    """Every journey this stimulus could enter, by priority, then journey id.

    How many others there are whose `where` fails is counted besides, when reasons are wanted. By a
    silent event there is none; the segments the customer is in by now are noted all the same.
    """
    crossed = () if stands(draft, event) else _crossed_segments(draft, event)
    if draft.silent:
        return [], 0
    found = [] if event is None else _by_event(draft, event)
    if crossed or asked or change is not None:
        found = _with_others(draft, event, change, asked, found, crossed)
    passed_over = 0
    if event is not None and draft.reasons:
        passed_over = _add_passed_over(draft, event, found)
    if len(found) > 1:
        found.sort(key=_rank)
    return found, passed_over


_rank, _made_look = itemgetter(0), maker(Look)


def asked_for(draft: Draft, asked: Asked) -> Candidate | None:
    """The journey that a step or an exit rule asks for; None, and a record, if there is none."""
    journey = draft.plan.current.get(asked.journey)
    if journey is None:
        draft.record("not_entered", journey=asked.journey, reason="there is no such journey")
        return None
    route = draft.route_into(journey)
    return route.rank, route, asked.properties, asked.event, NOT_ASKED


def those_after(
    draft: Draft, chosen: Sequence[Candidate], event: Event | None, candidate: Candidate
) -> list[Candidate]:
    """Whoever comes after a candidate in order, those passed over too, to be asked in full."""
    left = [
        (rank, route, properties, by, MAYBE if where is SURELY else where)
        for rank, route, properties, by, where in chosen
        if rank > candidate[0]
    ]
    entrance = draft.plan.by_event.get(event.name) if event is not None else None
    if event is not None and entrance is not None:
        known = {rank for rank, *_ in left}
        others = [draft.route_into(journey) for journey in entrance.items]
        left += [
            (other.rank, other, event.properties, event, MAYBE)
            for other in others
            if other.rank > candidate[0] and other.rank not in known
        ]
    left.sort(key=_rank)
    return left


def _by_event(draft: Draft, event: Event) -> list[Candidate]:
    """The journeys that an event may enter."""
    entrance = draft.plan.by_event.get(event.name)
    if entrance is None:
        return []
    properties, newest = event.properties, draft.newest
    surely, maybe = entrance.open_to(properties, draft.customer.traits)
    found: list[Candidate] = []
    for those, where in ((surely, SURELY), (maybe, MAYBE)):
        for journey in those:
            route = newest.get(journey.id) or draft.route_into(journey)
            found.append((route.rank, route, properties, event, where))
    return found


def _with_others(  # noqa: PLR0913 - all that lets anybody in
    draft: Draft,
    event: Event | None,
    change: Change | None,
    asked: Sequence[Asked],
    by_event: Sequence[Candidate],
    crossed: Sequence[Journey],
) -> list[Candidate]:
    """Each journey once: what is asked for goes before what the event lets in, and so on."""
    found: dict[Rank, Candidate] = {}
    for item in asked:
        candidate = asked_for(draft, item)
        if candidate is not None:
            found.setdefault(candidate[0], candidate)
    for candidate in by_event:
        found.setdefault(candidate[0], candidate)
    others: list[Journey] = [*crossed]
    if change is not None:
        open_to = draft.plan.by_profile.open_to({}, change.after.traits)
        others += [each for each in chain(*open_to) if _became_true(draft, each, change)]
    properties = event.properties if event is not None else {}
    for route in map(draft.route_into, others):
        found.setdefault(route.rank, (route.rank, route, properties, event, MAYBE))
    return list(found.values())


def _add_passed_over(draft: Draft, event: Event, found: list[Candidate]) -> int:
    """How many journeys that the event names are not among those found.

    The first of them are added, as they will be named.
    """
    entrance = draft.plan.by_event.get(event.name)
    if entrance is None:
        return 0
    known = {route.journey.id for _, route, *_ in found}
    others = [journey for journey in entrance.items if journey.id not in known]
    named = map(draft.route_into, others[:REASONS])
    found += [(route.rank, route, event.properties, event, MAYBE) for route in named]
    return len(others) - min(len(others), REASONS)


def _became_true(draft: Draft, journey: Journey, change: Change) -> bool:
    return _profile_holds(draft, journey, change.after) and not any(
        _profile_holds(draft, journey, before) for before in (change.before, *change.joined)
    )


def _profile_holds(draft: Draft, journey: Journey, customer: Customer) -> bool:
    scope = DraftScope(draft, customer=customer)
    return all(
        compare(test.operator, scope.value(path), test.operand, scope, ignore_case=test.ignore_case)
        for path, test in journey.entry.profile
    )


def stands(draft: Draft, event: Event | None) -> bool:
    """Whether the segments are surely as they were at the last look, or there are none."""
    look = draft.looked
    if look is None:
        return not draft.plan.entry_segments
    if event is not None and event.name in look.rest_on:
        return False
    return look.lasts or look.at == draft.now


def _look(draft: Draft, inside: frozenset[str]) -> Look | None:
    """What is known for later when the customer is in these of the segments that let in."""
    plan, newest_at = draft.plan, draft.newest_at
    if plan.segments_rest_on is None:
        return None
    # Time alone lets nobody in, but for events whose own time had not come.
    all_come = newest_at is None or newest_at <= draft.now
    return _made_look(
        draft.now, plan.segments_rest_on, plan.segments_fade and all_come and not inside
    )


def _crossed_segments(draft: Draft, event: Event | None) -> list[Journey]:
    """Journeys whose segment the customer entered or left; membership starts from outside."""
    properties = {} if event is None else event.properties
    sure, asked = draft.plan.segment_index.open_to(properties, draft.customer.traits)
    inside = frozenset(sure)
    if asked:
        scope, segments = DraftScope(draft, event), draft.plan.segments
        inside = inside.union([name for name in asked if holds(segments[name], scope)])
    was = draft.customer.segments
    now = (was - draft.plan.entry_segments) | inside
    draft.looked = _look(draft, inside)
    if now == was:
        return []
    draft.change(segments=now)
    crossed = [*((name, "enter") for name in now - was), *((name, "leave") for name in was - now)]
    return [journey for place in crossed for journey in draft.plan.by_segment.get(place, ())]
