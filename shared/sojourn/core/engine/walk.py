"""Walking: an enrolment moves from step to step until it waits, sends or ends.

Total over the kinds of step (the type checker proves it) and bounded by each step's `max_visits`.
`event.*` goes along while its event is worked: past a wait, a timeout or a send it is gone.
"""

from collections.abc import Callable
from typing import Any, assert_never

from sojourn.core.engine.asked import Asked
from sojourn.core.engine.draft import WANTED, Draft
from sojourn.core.engine.facts import concerns
from sojourn.core.engine.holding import too_much
from sojourn.core.engine.outcomes import fail
from sojourn.core.engine.routes import Route
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.updates import update
from sojourn.core.engine.waits import passing_date, time_until, wait_until
from sojourn.core.limits import CHAIN_LINKS, EMITTED_BYTES, REASONS
from sojourn.core.matching.conditions import holds, obstacle
from sojourn.core.nouns import maker
from sojourn.core.state.customer import Enrolment, Event, Message, MessageFacts
from sojourn.core.values.exact import Json, dumps
from sojourn.core.values.ids import choose, derived_id, mark, message_id
from sojourn.core.workspace.plan import (
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

type Taking = Callable[[Draft, Enrolment, Event | None], Onward | None]
"""Does one step: where to go next, or None when the walk rests or has ended."""

type Stride = tuple[int, Enter | None, Taking]
"""What walking knows of a step beforehand: how often it may be visited, whether it enters another
journey, and how it is done."""

_made_message, _made_facts = maker(Message), maker(MessageFacts)


def walk(draft: Draft, route: Route, own: Enrolment, onward: Onward) -> tuple[Asked, Onward] | None:
    """Move one of the draft's own enrolments on along its route, as far as it goes now.

    At an `enter` step it halts: gives which journey is asked for, and where to go on after that.
    """
    strides, visits = route.strides, own.visits
    ahead: Onward | None = onward
    while ahead is not None:
        name, event, mover = ahead
        if name is None:
            draft.leave(own, FINISHED, None)
            return None
        most, enter, take = strides.get(name) or _new_stride(route, name)
        visit = visits.get(name, 0) + 1
        if visit > most:
            draft.leave(own, LOOP_LIMIT, f"step {name} was visited {most} times")
            return None
        draft.arrive(own, name, visit, mover)
        if enter is not None and not draft.chain_is_full():
            scope = DraftScope(draft, event, own)
            asked = Asked(enter.journey, scope.read_all(enter.variables), event)
            return asked, (enter.next, event, None)
        ahead = take(draft, own, event)
    return None


def _new_stride(route: Route, name: str) -> Stride:
    """What is known of a step that nobody came to yet."""
    step = route.steps[name]
    enter = step if isinstance(step, Enter) else None
    stride = route.strides[name] = step.max_visits, enter, _taking(route, step)
    return stride


def _taking(route: Route, step: Step) -> Taking:
    """How a step is done: worked out once for each step of a version."""
    match step:
        case Send():
            return _sending(route, step)
        case WaitFor():
            return _waiting_for(route, step)
        case Wait():
            return _waiting(step)
        case Exit():
            return lambda draft, own, _: draft.leave(own, step.outcome, None)
        case Branch():
            return lambda draft, own, event: _branch(draft, own, step, event)
        case Split():
            return lambda draft, own, event: (_split(draft, own, step), event, None)
        case Update():
            return lambda draft, own, event: _update(draft, own, step, event)
        case Emit():
            return lambda draft, own, event: _emit(draft, own, step, event)
        case Enter():
            return lambda draft, own, _: draft.leave(own, LOOP_LIMIT, TOO_LONG)
        case _:  # pragma: no cover - the type checker proves it cannot be
            assert_never(step)


def _sending(route: Route, step: Send) -> Taking:
    journey, name, channel, variables = route.journey, step.name, step.channel, step.variables
    journey_id, version = journey.id, journey.version
    category = step.category or journey.category
    priority = step.priority if step.priority is not None else journey.priority
    hold, on_limit = step.hold, step.on_limit

    def send(draft: Draft, own: Enrolment, event: Event | None) -> None:
        now = draft.now
        values = DraftScope(draft, event, own).read_all(variables) if variables else {}
        too_many: int | None = None
        if values:
            too_many = draft.holding.take((values,), draft.enrolments, draft.messages)
        id_ = message_id(draft.customer.id, own.id, name, own.visits[name])
        message = _made_message(
            id_,
            own.id,
            journey_id,
            version,
            name,
            own.number,
            channel,
            category,
            priority,
            now,
            now + hold,
            now,
            on_limit,
            values if too_many is None else {},
            "wanted",
            None,
            None,
            0,
            CHAIN_LINKS if draft.chain_is_full() else draft.link,
        )
        draft.want(message)
        draft.keep_facts(own, name, _made_facts(id_, channel, WANTED))
        if too_many is not None and draft.chain_is_full():
            draft.leave(own, LOOP_LIMIT, TOO_LONG)
        elif too_many is not None:
            fail(draft, message, too_much(too_many))

    return send


def _waiting(step: Wait) -> Taking:
    duration, until = step.duration or 0, step.until
    if isinstance(until, DateWait):
        return lambda draft, own, event: _wait_for_date(draft, own, step, event)

    def wait(draft: Draft, own: Enrolment, _: Event | None) -> Onward | None:
        due = time_until(until, draft.now + duration, draft)
        if due <= draft.now:
            return step.next, None, None
        draft.rest(own, due)
        return None

    return wait


def _wait_for_date(draft: Draft, own: Any, step: Wait, event: Event | None) -> Onward | None:  # noqa: ANN401 - an enrolment, open
    scope = DraftScope(draft, event, own)
    date = passing_date(step, scope)
    due, past = wait_until(step, draft.now, scope)
    if due <= draft.now:
        return after_wait(draft, own, step, past=past)
    own.date, own.past = date, past
    draft.rest(own, due)
    return None


def after_wait(draft: Draft, enrolment: Enrolment, step: Wait, *, past: bool) -> Onward | None:
    """Where a wait that is over goes on; None when its date was past and that ends the journey."""
    if past and isinstance(step.until, DateWait) and step.until.if_past == "exit":
        draft.exit(enrolment, PAST, f"the date of step {step.name} is past")
        return None
    return step.next, None, None


def _waiting_for(route: Route, step: WaitFor) -> Taking:
    """Look at events of this very instant first, then wait."""
    names, timeout = route.moves[step.name], step.timeout

    def wait_for(draft: Draft, own: Enrolment, _: Event | None) -> Onward | None:
        for event in draft.events_of_instant(names, own.begun_at):
            onward = matched(draft, own, step, event)
            if onward is not None:
                draft.record("matched", enrolment=own, step=step.name, event=event.name)
                return onward
        if timeout is not None:
            draft.rest(own, draft.now + timeout)
        return None

    return wait_for


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


def _branch(draft: Draft, enrolment: Enrolment, step: Branch, event: Event | None) -> Onward:
    scope = DraftScope(draft, event, enrolment)
    for number, arm in enumerate(step.branches):
        if holds(arm.where, scope):
            draft.record("branch", enrolment=enrolment, step=step.name, branch=number)
            return arm.next, event, None
    if draft.reasons:
        found: list[Json] = [str(obstacle(arm.where, scope)) for arm in step.branches[:REASONS]]
        draft.record("branch", enrolment=enrolment, step=step.name, branch="else", obstacles=found)
    return step.otherwise, event, None


def _split(draft: Draft, enrolment: Enrolment, step: Split) -> str | None:
    journey = enrolment.journey
    arm = drawn_arm(step, journey, draft.drawn_as(journey, enrolment.id))
    draft.record("split", enrolment=enrolment, step=step.name, arm=arm)
    return step.targets.get(arm)


def drawn_arm(step: Split, journey: str, drawn_as: str) -> str:
    """The arm that whoever draws under this id goes on by, always the same."""
    return choose(step.weights, "split", journey, step.name, step.salt, drawn_as)


def _update(draft: Draft, own: Enrolment, step: Update, event: Event | None) -> Onward | None:
    if update(draft, own, step, DraftScope(draft, event, own)):
        return step.next, event, None
    draft.leave(own, LOOP_LIMIT, TOO_LONG)
    return None


def _emit(draft: Draft, enrolment: Enrolment, step: Emit, event: Event | None) -> Onward | None:
    if draft.chain_is_full():
        draft.leave(enrolment, LOOP_LIMIT, TOO_LONG)
        return None
    visit = enrolment.visits[step.name]
    id_ = derived_id("emit", draft.customer.id, enrolment.id, step.name, visit)
    properties = DraftScope(draft, event, enrolment).read_all(step.properties)
    draft.emitted += len(dumps(properties).encode())
    if draft.emitted > EMITTED_BYTES:
        reason = f"{step.event}: emitted events of {draft.emitted} bytes"
        draft.record("refused", enrolment=enrolment, step=step.name, reason=reason)
    else:
        draft.caused(Event(id_, step.event, draft.now, draft.now, properties, caused=True))
        draft.announce(step.event, id_, properties)
    return step.next, event, None
