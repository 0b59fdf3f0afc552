"""Exit rules and goals: examined on every stimulus before steps move."""

from sojourn.core.customer import Enrolment, Event
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.walk import Forced
from sojourn.core.plan import ExitRule, Goal, Journey


def examine(draft: Draft, event: Event | None) -> list[Forced]:
    """Apply exit rules and goals to every enrolment; gives journeys that exits lead into."""
    forced: list[Forced] = []
    for enrolment in draft.in_order(live=False):
        journey = draft.journey_of(enrolment)
        forced += examine_one(draft, enrolment, journey, event)
    return forced


def examine_one(
    draft: Draft, enrolment: Enrolment, journey: Journey, event: Event | None
) -> list[Forced]:
    """Apply one journey's exit rules and goal to one enrolment."""
    if event is not None and (event.at < enrolment.begun_at or event.id == enrolment.entry_event):
        event = None
    forced: list[Forced] = []
    if enrolment.live:
        if journey.on_archive == "exit" and draft.status_of(journey.id) == "archived":
            draft.exit(enrolment, "archived")
        else:
            forced = _examine_exits(draft, enrolment, journey, event)
    enrolment = draft.enrolments[enrolment.id]
    if journey.goal is not None and event is not None and enrolment.converted_at is None:
        _examine_goal(draft, enrolment, journey.goal, event)
    return forced


def _examine_exits(
    draft: Draft, enrolment: Enrolment, journey: Journey, event: Event | None
) -> list[Forced]:
    scope = DraftScope(draft, event, enrolment)
    for rule in journey.exits:
        if applies(rule, event) and scope.fits(rule.where, rule.match):
            draft.exit(enrolment, rule.outcome, _named(rule, event))
            if rule.enter is not None:
                return [(rule.enter, dict(event.properties) if event is not None else {})]
            return []
    return []


def applies(rule: ExitRule, event: Event | None) -> bool:
    """Whether a rule is to be looked at: its event came, or it has none and any will do."""
    return not rule.events or (event is not None and event.name in rule.events)


def _named(rule: ExitRule, event: Event | None) -> str:
    return f"event {event.name}" if rule.events and event is not None else "exit condition"


def _examine_goal(draft: Draft, enrolment: Enrolment, goal: Goal, event: Event) -> None:
    if event.name not in goal.events:
        return
    if goal.within is not None and event.at >= enrolment.begun_at + goal.within:
        return
    if not DraftScope(draft, event, enrolment).fits(goal.where, goal.match):
        return
    reached = draft.convert(enrolment, event.at)
    if goal.exit and reached.live:
        draft.exit(reached, "converted", f"goal {event.name}")
