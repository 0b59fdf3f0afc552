"""Evaluate: one stimulus in, one decision out; no I/O, no clock, no chance.

A stimulus is taken in this order: traits; exits and goals of live enrolments; waits of live
enrolments; entries. What it causes is taken next, in the same instant, first caused first.
"""

from collections.abc import Sequence

from sojourn.core.engine.candidates import stands
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.entry import follow, let_in
from sojourn.core.engine.exits import examine, examine_one
from sojourn.core.engine.facts import take_fact
from sojourn.core.engine.join import (
    Apart,
    Joining,
    Side,
    absorb,
    overtaking,
    part,
    stay_apart,
    take_links,
)
from sojourn.core.engine.outcomes import proven_sent, settle, told
from sojourn.core.engine.profile import fold_traits
from sojourn.core.engine.routes import Route
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.stimuli import Change, Stimulus
from sojourn.core.engine.timers import due_of, expiry_of
from sojourn.core.engine.waits import wait_until
from sojourn.core.engine.walk import (
    Onward,
    after_timeout,
    after_wait,
    matched,
)
from sojourn.core.errors import CorruptState
from sojourn.core.state.customer import Customer, Enrolment, Event, Links, Message, Wake
from sojourn.core.state.decisions import Decision
from sojourn.core.state.history import NO_HISTORY, History, own_order, taken_order
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import CHANGE, SENDING, Plan, Send, Step, Wait, WaitFor


def evaluate(  # noqa: PLR0913 - what decides, in full
    plan: Plan,
    customer: Customer,
    stimulus: Event | Wake,
    now: Instant,
    history: History = NO_HISTORY,
    *,
    reasons: bool = True,
    joining: Sequence[Joining | Apart] = (),
) -> Decision:
    """Decide what one stimulus means for a customer at ``now``.

    ``reasons`` keeps records of what was decided and why, and announcements; the decision is the
    same without them. ``joining`` are the customers whom the event's links name and who are not
    settled yet. Raises HistoryNeeded when a condition that is reached asks for events that
    ``history`` does not hold.
    """
    draft = Draft(plan, customer, now, history, reasons=reasons)
    work(draft, stimulus, joining)
    return draft.decision()


def work(draft: Draft, stimulus: Event | Wake, joining: Sequence[Joining | Apart] = ()) -> None:
    """Take one stimulus, and all that it causes, on a draft."""
    if isinstance(stimulus, Event):
        draft.silent = stimulus.silent
        if stimulus.links is not None:
            _link(draft, stimulus, stimulus.links, joining)
        sent = proven_sent(draft, stimulus)
        if sent is not None:
            take_outcome(draft, sent, "sent", None)
    run(draft, stimulus, 0)


def take_outcome(  # noqa: PLR0913 - a message's fate in full
    draft: Draft,
    message: Message,
    outcome: str,
    reason: str | None,
    segments: int | None = None,
    link: int = 0,
) -> None:
    """Settle a message with a send outcome, and take the fact it causes and all that follows."""
    name = settle(draft, message, outcome, reason, segments)
    if name not in draft.unheard:
        run(draft, told(draft, name, message, outcome, reason), link)
        return
    # It is a stimulus like any other; but nobody waits for it, no exit rule and no goal is asked by
    # it, and no journey is entered by it, unless a segment is crossed. So it may stay untold.
    fact, draft.link = None, link
    if name not in draft.untold:
        fact = told(draft, name, message, outcome, reason)
        draft.remember(fact)
    elif draft.newest_at is None or draft.now > draft.newest_at:
        draft.newest_at = draft.now
    _move_sender(draft, fact, message.enrolment, message.id)
    if not stands(draft, fact):
        let_in(draft, fact or told(draft, name, message, outcome, reason), None, ())
    if draft.queue:
        caused, link = draft.queue.popleft()
        run(draft, caused, link)


def _link(draft: Draft, event: Event, links: Links, joining: Sequence[Joining | Apart]) -> None:
    """Join whom the event joins: they catch up on what they had not seen of one another."""
    take_links(draft, links, event.at)
    before = draft.customer
    joined = [item for item in joining if isinstance(item, Joining)]
    for item in joining:
        if isinstance(item, Apart):
            stay_apart(draft, item)
    if not joined:
        return
    for side in absorb(draft, joined):
        _catch_up(draft, side)
    part(draft)
    run(draft, Change(before, draft.customer, tuple(item.customer for item in joined)), 0)


def _catch_up(draft: Draft, side: Side) -> None:
    """Examine enrolments against the others' events since they began; then their waits."""
    asked = []
    for began in draft.in_order([draft.enrolments[id_] for id_ in side.enrolments]):
        names = list(overtaking(draft, began, side))
        events = side.others.events(names, began.begun_at + 1) if names else ()
        for event in sorted(events, key=own_order):
            if not event.by_a_machine:
                asked += examine_one(draft, draft.enrolments[began.id], event, overtook=True)
        _meet(draft, draft.enrolments[began.id], side)
    let_in(draft, None, None, asked)


def _meet(draft: Draft, enrolment: Enrolment, side: Side) -> None:
    """Move an enrolment whose wait one of the others' events would have ended."""
    if enrolment.exited_at is not None:
        return
    route = draft.route_of(enrolment)
    step = draft.step_of(enrolment, route)
    if not isinstance(step, WaitFor) or (side.newest_at or 0) < enrolment.begun_at:
        return
    names = [name for match in step.any for name in match.events]
    events = side.others.events(names, enrolment.begun_at)
    for event in sorted(events, key=taken_order):
        if event.received_at >= enrolment.step_at and not event.silent:
            onward = matched(draft, enrolment, step, event)
            if onward is not None:
                _move_by(draft, route, enrolment, event, onward)
                return


def run(draft: Draft, stimulus: Stimulus, link: int) -> None:
    """Take a stimulus, so far along a chain, and everything it causes."""
    queue, caused, draft.link = draft.queue, stimulus, link
    while True:
        if isinstance(caused, Event):
            _take_event(draft, caused)
        elif isinstance(caused, Wake):
            _take_wake(draft)
        else:
            _take_change(draft, caused)
        if not queue:
            return
        caused, draft.link = queue.popleft()


def _take_event(draft: Draft, event: Event) -> None:
    if not event.caused and draft.has_seen(event):
        draft.record("duplicate", reason=f"messageId {event.id} was taken before")
        return
    draft.remember(event)
    if event.by_a_machine:
        draft.record("ignored", reason=f"{event.name} by a machine, not a person")
        return
    change = None
    if event.traits:
        before = draft.customer
        if fold_traits(draft, event):
            change = Change(before, draft.customer)
    take_fact(draft, event)
    asked = examine(draft, event)
    _move(draft, None if event.silent else event, change)
    let_in(draft, event, change, asked)


def _take_wake(draft: Draft) -> None:
    asked, now = examine(draft, None) if draft.plan.always_examined else (), draft.now
    along = draft.along
    over: list[Enrolment] = []
    rung: list[Enrolment] = []
    for enrolment in draft.timed():
        stay = (along.get(enrolment.id) or draft.route_of(enrolment)).stay
        ends_at: Instant | None
        if stay is not None:
            ends_at, due_at = enrolment.entered_at + stay, enrolment.due_at
        else:
            ends_at, due_at = expiry_of(enrolment, draft.plan), due_of(enrolment, draft.plan)
        if ends_at is not None and ends_at <= now:
            over.append(enrolment)
        elif due_at is not None and due_at <= now:
            rung.append(enrolment)
    if over:
        for enrolment in draft.in_order(over):
            draft.exit(enrolment, "expired", "max_stay")
    for enrolment in draft.in_order(rung):
        route = along[enrolment.id]
        onward = _after_timer(draft, route, enrolment)
        if onward is not None:
            follow(draft, route, draft.owned(enrolment), onward)
    if asked or not stands(draft, None):
        let_in(draft, None, None, asked)


def _after_timer(draft: Draft, route: Route, enrolment: Enrolment) -> Onward | None:
    """Where an enrolment goes on whose timer fired."""
    if enrolment.onward:
        return enrolment.onward[0], None, None
    step = draft.step_of(enrolment, route)
    if isinstance(step, Wait):
        return after_wait(draft, enrolment, step, past=enrolment.past)
    if isinstance(step, WaitFor):
        if draft.reasons:
            draft.record("timeout", enrolment=enrolment, step=step.name)
        return after_timeout(step)
    raise CorruptState(f"enrolment {enrolment.id} has a timer at step {step.name}")


def _take_change(draft: Draft, change: Change) -> None:
    asked = examine(draft, None)
    _move(draft, None, change)
    let_in(draft, None, change, asked)


def _move(draft: Draft, event: Event | None, change: Change | None) -> None:
    """Move enrolments that wait for this event, or for what it changed.

    What we caused ourselves, and no step waits for, is about one message at most: whose fate it
    tells. Any other event looks at everybody, and finds whoever is at a step that is lost.
    """
    waited_for = draft.plan.waited_for
    if change is None and event is not None and event.caused and event.name not in waited_for:
        binding = draft.bindings.get(event.id)
        if binding is not None:
            _move_sender(draft, event, binding.enrolment, binding.message)
        return
    concerned = [item for item in draft.live() if _may_move(draft, item, event, change)]
    for enrolment in draft.in_order(concerned):
        route = draft.route_of(enrolment)
        step = draft.step_of(enrolment, route)
        if isinstance(step, Wait) or event is None:
            onward = _wait_anew(draft, route, enrolment, step)
            if onward is not None:
                follow(draft, route, draft.owned(enrolment), onward)
        elif isinstance(step, WaitFor):
            _move_by(draft, route, enrolment, event, matched(draft, enrolment, step, event))
        else:
            binding = draft.bindings.get(event.id)
            message = binding.message if binding is not None else None
            onward = _after_outcome(enrolment, step, message, event)
            _move_by(draft, route, enrolment, event, onward)


def _move_sender(draft: Draft, fact: Event | None, sender: str, message: str) -> None:
    """Move the enrolment whose message was settled, if it is still at that step."""
    enrolment = draft.enrolments.get(sender)
    if enrolment is not None and enrolment.exited_at is None:
        route = draft.along.get(sender) or draft.route_of(enrolment)
        step = draft.step_of(enrolment, route)
        onward = _after_outcome(enrolment, step, message, fact)
        _move_by(draft, route, enrolment, fact, onward)


def _may_move(
    draft: Draft, enrolment: Enrolment, event: Event | None, change: Change | None
) -> bool:
    """Whether who is at this step may move by this event, or by what it changed."""
    route = draft.along.get(enrolment.id) or draft.route_of(enrolment)
    by = route.moves.get(enrolment.step or "")
    if by is None:
        raise draft.lost(enrolment)
    if by is CHANGE:
        return change is not None
    return event is not None and event.name in by and (event.caused or by is not SENDING)


def _wait_anew(draft: Draft, route: Route, enrolment: Enrolment, step: Step) -> Onward | None:
    """Compute a wait again that rests on a trait or on the zone.

    One that was over before stays so. One that ends in this instant may become longer, as events
    come before what falls due; if not, it falls due with everything else.
    """
    due_at = enrolment.due_at or 0
    if not isinstance(step, Wait) or due_at < draft.now:
        return None
    due, past = wait_until(step, enrolment.step_at, DraftScope(draft, None, enrolment))
    if due <= draft.now < due_at and not route.is_paused:
        return after_wait(draft, enrolment, step, past=past)
    if (due, past) != (due_at, enrolment.past):
        own = draft.owned(enrolment)
        own.past = past
        draft.rest(own, due)
    return None


def _after_outcome(
    enrolment: Enrolment, step: Step, message: str | None, fact: Event | None
) -> Onward | None:
    """Where a send step goes on, when it is its message whose fate is told, or would be."""
    facts = enrolment.messages.get(step.name)
    if message is None or not isinstance(step, Send) or facts is None or facts.id != message:
        return None
    return step.on.get(facts.status, step.next), None, fact


def _move_by(
    draft: Draft, route: Route, enrolment: Enrolment, event: Event | None, onward: Onward | None
) -> None:
    """Go on by an event, at once or, while the journey is paused, when it is resumed."""
    if onward is None or enrolment.onward:
        return
    if draft.reasons and event is not None:
        draft.record("matched", enrolment=enrolment, step=enrolment.step, event=event.name)
    if route.is_paused:
        draft.alter(enrolment, due_at=draft.now, onward=(onward[0],))
    else:
        follow(draft, route, draft.owned(enrolment), onward)
