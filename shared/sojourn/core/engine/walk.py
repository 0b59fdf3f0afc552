"""Walking: an enrolment moves from step to step until it waits, sends or ends.

Total over the kinds of step (the type checker proves it) and bounded by each step's `max_visits`.
`event.*` goes along while its event is worked: past a wait, a timeout or a send it is gone.
"""

from typing import assert_never

from sojourn.core.conditions import holds, obstacle
from sojourn.core.customer import Enrolment, Event, Message, MessageFacts
from sojourn.core.engine.asked import Asked
from sojourn.core.engine.draft import WANTED, Draft
from sojourn.core.engine.facts import concerns
from sojourn.core.engine.routes import Route
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.updates import update
from sojourn.core.engine.waits import passing_date, time_until, wait_until
from sojourn.core.exact import Json, dumps
from sojourn.core.ids import choose, derived_id, mark, message_id
from sojourn.core.limits import CHAIN_LINKS, EMITTED_CHARS, REASONS
from sojourn.core.nouns import maker
from sojourn.core.plan import (
    Branch,
    DateWait,
    Emit,
    Enter,
    Exit,
    Send,
    Split,
    Step,
    Update,
    Wait,
    WaitFor,
)

FINISHED = "finished"
PAST = "past"
LOOP_LIMIT = "loop_limit"
TOO_LONG = "a chain of causes in one instant grew too long"


type Onward = tuple[str | None, Event | None, Event | None]
"""Where a walk goes on (None: the journey is finished), the event still at hand, and the one that
moved the enrolment, which does not do so again."""

_made_message, _made_facts = maker(Message), maker(MessageFacts)


def walk(draft: Draft, enrolment: Enrolment, onward: Onward) -> tuple[Asked, Onward] | None:
    """Move an enrolment on, as far as it goes now.

    At an `enter` step it halts: gives which journey is asked for, and where to go on after that.
    """
    route = draft.route_of(enrolment)
    own: Enrolment = draft.owned(enrolment)
    ahead: Onward | None = onward
    while ahead is not None:
        name, event, mover = ahead
        if name is None:
            draft.exit(own, FINISHED)
            return None
        step = route.steps[name]
        visit = own.visits.get(name, 0) + 1
        if visit > step.max_visits:
            reason = f"step {name} was visited {step.max_visits} times"
            draft.exit(own, LOOP_LIMIT, reason)
            return None
        draft.arrive(own, name, visit, mover)
        if isinstance(step, Enter) and not draft.chain_is_full():
            scope = DraftScope(draft, event, own)
            asked = Asked(step.journey, scope.read_all(step.variables), event)
            return asked, (step.next, event, None)
        ahead = _take(draft, own, route, step, event)
    return None


def _take(
    draft: Draft, own: Enrolment, route: Route, step: Step, event: Event | None
) -> Onward | None:
    """Do one step: where to go next, or None when the walk rests or has ended."""
    match step:
        case Send():
            _send(draft, own, route, step, event)
        case WaitFor():
            return _wait_for(draft, own, route, step)
        case Wait():
            return _wait(draft, own, step, event)
        case Exit():
            draft.exit(own, step.outcome)
        case Branch():
            scope = DraftScope(draft, event, own)
            return _branch(draft, own, step, scope), event, None
        case Split():
            return _split(draft, own, step), event, None
        case Update() if update(draft, own, step, DraftScope(draft, event, own)):
            return step.next, event, None
        case Emit() if not draft.chain_is_full():
            _emit(draft, own, step, DraftScope(draft, event, own))
            return step.next, event, None
        case Update() | Emit() | Enter():
            draft.exit(own, LOOP_LIMIT, TOO_LONG)
        case _:  # pragma: no cover - the type checker proves it cannot be
            assert_never(step)
    return None


def _send(
    draft: Draft, enrolment: Enrolment, route: Route, step: Send, event: Event | None
) -> None:
    journey, now = route.journey, draft.now
    visit = enrolment.visits[step.name]
    id_ = message_id(draft.customer.id, enrolment.id, step.name, visit)
    variables = {}
    if step.variables:
        variables = DraftScope(draft, event, enrolment).read_all(step.variables)
    message = _made_message(
        id=id_,
        enrolment=enrolment.id,
        journey=enrolment.journey,
        version=enrolment.version,
        step=step.name,
        number=enrolment.number,
        channel=step.channel,
        category=step.category or journey.category,
        priority=step.priority if step.priority is not None else journey.priority,
        requested_at=now,
        deadline_at=now + step.hold,
        wake_at=now,
        on_limit=step.on_limit,
        variables=variables,
        link=CHAIN_LINKS if draft.chain_is_full() else draft.link,
    )
    draft.want(message)
    draft.keep_facts(enrolment, step.name, _made_facts(id_, step.channel, WANTED))


def after_send(step: Send, outcome: str, fact: Event) -> Onward:
    """Where a send step goes on after an outcome, of which the fact tells."""
    return step.on.get(outcome, step.next), None, fact


def _wait(draft: Draft, enrolment: Enrolment, step: Wait, event: Event | None) -> Onward | None:
    now, date = draft.now, None
    if not isinstance(step.until, DateWait):
        base = now if step.duration is None else now + step.duration
        due, past = time_until(step.until, base, draft), False
    else:
        scope = DraftScope(draft, event, enrolment)
        date = passing_date(step, scope)
        due, past = wait_until(step, now, scope)
    if due <= now:
        return after_wait(draft, enrolment, step, past=past)
    draft.rest(enrolment, due, date=date, past=past)
    return None


def after_wait(draft: Draft, enrolment: Enrolment, step: Wait, *, past: bool) -> Onward | None:
    """Where a wait that is over goes on; None when its date was past and that ends the journey."""
    if past and isinstance(step.until, DateWait) and step.until.if_past == "exit":
        draft.exit(enrolment, PAST, f"the date of step {step.name} is past")
        return None
    return step.next, None, None


def _wait_for(draft: Draft, enrolment: Enrolment, route: Route, step: WaitFor) -> Onward | None:
    """Look at events of this very instant first, then wait."""
    names = route.moves[step.name]
    for event in draft.events_of_instant(names, enrolment.begun_at):
        onward = matched(draft, enrolment, step, event)
        if onward is not None:
            draft.record("matched", enrolment=enrolment, step=step.name, event=event.name)
            return onward
    if step.timeout is None:
        return None
    draft.rest(enrolment, draft.now + step.timeout)
    return None


def after_timeout(step: WaitFor) -> Onward:
    """Where nobody's coming leads."""
    return step.on_timeout if step.on_timeout is not None else step.next, None, None


def matched(draft: Draft, enrolment: Enrolment, step: WaitFor, event: Event) -> Onward | None:
    """Where an event moves a waiting enrolment, or None when it does not."""
    if (
        event.at < enrolment.begun_at
        or event.id == enrolment.entry_event
        or event.by_a_machine
        or (enrolment.moved_by and mark(event.id) in enrolment.moved_by)
    ):
        return None
    for match in step.any:
        if event.name not in match.events:
            continue
        if match.step is not None and not concerns(draft, event, enrolment, match.step):
            continue
        if (match.where is None and not match.match) or DraftScope(draft, event, enrolment).fits(
            match.where, match.match
        ):
            return match.next if match.next is not None else step.next, event, event
    return None


def _branch(draft: Draft, enrolment: Enrolment, step: Branch, scope: DraftScope) -> str | None:
    for number, arm in enumerate(step.branches):
        if holds(arm.where, scope):
            draft.record("branch", enrolment=enrolment, step=step.name, branch=number)
            return arm.next
    if draft.reasons:
        found: list[Json] = [str(obstacle(arm.where, scope)) for arm in step.branches[:REASONS]]
        draft.record("branch", enrolment=enrolment, step=step.name, branch="else", obstacles=found)
    return step.otherwise


def _split(draft: Draft, enrolment: Enrolment, step: Split) -> str | None:
    journey = enrolment.journey
    drawn_as = draft.drawn_as(journey, enrolment.id)
    arm = choose(step.weights, "split", journey, step.name, step.salt, drawn_as)
    draft.record("split", enrolment=enrolment, step=step.name, arm=arm)
    return step.targets.get(arm)


def _emit(draft: Draft, enrolment: Enrolment, step: Emit, scope: DraftScope) -> None:
    visit = enrolment.visits[step.name]
    id_ = derived_id("emit", draft.customer.id, enrolment.id, step.name, visit)
    properties = scope.read_all(step.properties)
    draft.emitted += len(dumps(properties))
    if draft.emitted > EMITTED_CHARS:
        reason = f"{step.event}: emitted events of {draft.emitted} characters"
        draft.record("refused", enrolment=enrolment, step=step.name, reason=reason)
        return
    draft.caused(Event(id_, step.event, draft.now, draft.now, properties, caused=True))
    draft.announce(step.event, id_, properties)
