"""Candidates: which journeys a stimulus may let the customer into, found by the plan's index."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from sojourn.core.conditions import compare, holds
from sojourn.core.customer import Customer, Event
from sojourn.core.engine.asked import Asked
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.stimuli import Change, Look
from sojourn.core.exact import Json
from sojourn.core.limits import REASONS
from sojourn.core.nouns import maker, quick
from sojourn.core.plan import Journey


@quick
@dataclass(frozen=True, slots=True)
class Candidate:
    """A journey that may be entered now; ``properties`` become `entry.*`.

    ``asks_where`` is whether its `where` counts, ``sure`` that the index has answered it: it holds.
    """

    journey: Journey
    properties: Mapping[str, Json]
    event: Event | None
    asks_where: bool
    sure: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Chosen:
    """Who may be entered, in order; ``passed_over`` counts those whose `where` fails besides."""

    candidates: list[Candidate]
    event: Event | None
    passed_over: int


_made_candidate = maker(Candidate)


def candidates(
    draft: Draft, event: Event | None, change: Change | None, asked: Sequence[Asked]
) -> Chosen | None:
    """Every journey this stimulus could enter, by priority, then journey id; None for nobody.

    By a silent event there is none; the segments the customer is in by now are noted all the same.
    """
    crossed = () if stands(draft, event) else _crossed_segments(draft, event)
    if draft.silent:
        return None
    by_event = event is not None and event.name in draft.plan.by_event
    if not (by_event or crossed or asked or change is not None):
        return None
    properties = event.properties if event is not None else {}
    found: dict[str, Candidate] = {}
    for item in asked:
        candidate = asked_for(draft, item)
        if candidate is not None:
            found.setdefault(item.journey, candidate)
    passed_over = 0 if event is None else _add_by_event(draft, event, found)
    if change is not None:
        for journey in chain(*draft.plan.by_profile.open_to({}, change.after.traits)):
            if _became_true(draft, journey, change):
                found.setdefault(journey.id, Candidate(journey, properties, event, asks_where=True))
    for journey in crossed:
        found.setdefault(journey.id, Candidate(journey, properties, event, asks_where=True))
    return Chosen(_in_order(found.values()), event, passed_over)


def asked_for(draft: Draft, asked: Asked) -> Candidate | None:
    """The journey that a step or an exit rule asks for; None, and a record, if there is none."""
    journey = draft.plan.current.get(asked.journey)
    if journey is None:
        draft.record("not_entered", journey=asked.journey, reason="there is no such journey")
        return None
    return Candidate(journey, asked.properties, asked.event, asks_where=False)


def those_after(draft: Draft, chosen: Chosen, candidate: Candidate) -> list[Candidate]:
    """Whoever comes after a candidate in order, those passed over too, to be asked in full."""
    place, event = _rank(candidate), chosen.event
    left = {
        each.journey.id: replace(each, sure=False)
        for each in chosen.candidates
        if _rank(each) > place
    }
    entrance = draft.plan.by_event.get(event.name) if event is not None else None
    if event is not None and entrance is not None:
        for journey in entrance.items:
            other = Candidate(journey, event.properties, event, asks_where=True)
            if _rank(other) > place:
                left.setdefault(journey.id, other)
    return _in_order(left.values())


def _add_by_event(draft: Draft, event: Event, found: dict[str, Candidate]) -> int:
    """Add the journeys that an event may enter; how many others there are beside those added.

    When reasons are wanted, the first of the others are added too, as they will be named.
    """
    entrance = draft.plan.by_event.get(event.name)
    if entrance is None:
        return 0
    properties = event.properties
    surely, maybe = entrance.open_to(properties, draft.customer.traits)
    for journeys, sure in ((surely, True), (maybe, False)):
        for journey in journeys:
            if journey.id not in found:
                found[journey.id] = _made_candidate(journey, properties, event, True, sure)  # noqa: FBT003 - as the fields are
    if not draft.reasons:
        return 0
    known = sum(event.name in each.journey.entry.events for each in found.values())
    others = len(entrance.items) - known
    named = 0
    for journey in entrance.items:
        if named == min(others, REASONS):
            break
        if journey.id not in found:
            found[journey.id] = Candidate(journey, event.properties, event, asks_where=True)
            named += 1
    return others - named


def _in_order(chosen: Iterable[Candidate]) -> list[Candidate]:
    order = list(chosen)
    if len(order) > 1:
        order.sort(key=_rank)
    return order


def _rank(candidate: Candidate) -> tuple[int | Decimal, str]:
    return -candidate.journey.priority, candidate.journey.id


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
    plan, look = draft.plan, draft.looked
    if not plan.entry_segments:
        return True
    rest_on = plan.segments_rest_on
    if look is None or rest_on is None or (event is not None and event.name in rest_on):
        return False
    if look.at == draft.now:
        return True
    # Time alone lets nobody in, but for events whose own time had not come.
    inside = draft.customer.segments
    return plan.segments_fade and look.all_come and inside.isdisjoint(plan.entry_segments)


def _crossed_segments(draft: Draft, event: Event | None) -> list[Journey]:
    """Journeys whose segment the customer entered or left; membership starts from outside."""
    looked_at = draft.plan.entry_segments
    all_come = draft.newest_at is None or draft.newest_at <= draft.now
    draft.looked = Look(draft.now, all_come)
    properties = {} if event is None else event.properties
    sure, asked = draft.plan.segment_index.open_to(properties, draft.customer.traits)
    inside = frozenset(sure)
    if asked:
        scope, segments = DraftScope(draft, event), draft.plan.segments
        inside = inside.union([name for name in asked if holds(segments[name], scope)])
    was = draft.customer.segments
    now = (was - looked_at) | inside
    if now == was:
        return []
    draft.change(segments=now)
    crossed = [*((name, "enter") for name in now - was), *((name, "leave") for name in was - now)]
    return [journey for place in crossed for journey in draft.plan.by_segment.get(place, ())]
