"""Exit rules and goals: examined on every stimulus before steps move."""

from collections.abc import Sequence

from sojourn.core.engine.asked import Asked
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.state.customer import Enrolment, Event
from sojourn.core.workspace.plan import ExitRule, Goal, Place

_NOWHERE: frozenset[Place] = frozenset()


def examine(draft: Draft, event: Event | None) -> list[Asked]:
    """Apply exit rules and goals to every enrolment; gives the journeys that exits lead into."""
    plan = draft.plan
    named = plan.examined.get(event.name, _NOWHERE) if event is not None else _NOWHERE
    if not named and not plan.always_examined:
        return []
    concerned = [
        item
        for item in draft.enrolments.values()
        if (item.journey, item.version) in named
        or (item.exited_at is None and (item.journey, item.version) in plan.always_examined)
    ]
    asked: list[Asked] = []
    for enrolment in draft.in_order(concerned):
        asked += examine_one(draft, enrolment, event)
    return asked


def examine_one(
    draft: Draft, enrolment: Enrolment, event: Event | None, *, overtook: bool = False
) -> list[Asked]:
    """Apply the exit rules and the goal of its journey to one enrolment.

    An event from before the entering one is passed over; the entering one itself is seen by rules
    without event alone. One that ``overtook`` is a stimulus of the past: rules without event are
    tested at the present one, whichever names the others have.
    """
    if event is not None and event.at < enrolment.begun_at:
        event = None
    route = draft.route_of(enrolment)
    journey, goal = route.journey, route.journey.goal
    asked: list[Asked] = []
    if enrolment.exited_at is None:
        if route.is_archived:
            draft.exit(enrolment, "archived")
        elif journey.exits:
            rules = [rule for rule in journey.exits if rule.events] if overtook else journey.exits
            asked = _examine_exits(draft, enrolment, rules, event)
    if goal is not None and event is not None and event.id != enrolment.entry_event:
        _examine_goal(draft, draft.enrolments[enrolment.id], goal, event)
    return asked


def _examine_exits(
    draft: Draft, enrolment: Enrolment, rules: Sequence[ExitRule], event: Event | None
) -> list[Asked]:
    for rule in rules:
        if not _applies(rule, event, enrolment):
            continue
        if not _asks(rule) or DraftScope(draft, event, enrolment).fits(rule.where, rule.match):
            named = f"event {event.name}" if rule.events and event is not None else None
            draft.exit(enrolment, rule.outcome, named or "exit condition")
            if rule.enter is None or (event is not None and event.silent):
                return []
            properties = dict(event.properties) if event is not None else {}
            return [Asked(rule.enter, properties, event)]
    return []


def _asks(rule: ExitRule | Goal) -> bool:
    """Whether a rule asks more than that its event comes."""
    return rule.where is not None or bool(rule.match)


def _applies(rule: ExitRule, event: Event | None, enrolment: Enrolment) -> bool:
    """Whether a rule is to be looked at: its event came, or it has none and any will do."""
    if not rule.events:
        return True
    return event is not None and event.name in rule.events and event.id != enrolment.entry_event


def _examine_goal(draft: Draft, enrolment: Enrolment, goal: Goal, event: Event) -> None:
    if event.name not in goal.events or enrolment.converted_at is not None:
        return
    if goal.within is not None and event.at >= enrolment.begun_at + goal.within:
        return
    if _asks(goal) and not DraftScope(draft, event, enrolment).fits(goal.where, goal.match):
        return
    reached = draft.convert(enrolment, event.at)
    if goal.exit and reached.exited_at is None:
        draft.exit(reached, "converted", f"goal {event.name}")
