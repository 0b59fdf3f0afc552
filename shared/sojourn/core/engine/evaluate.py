"""Evaluate: one stimulus in, one decision out; no I/O, no clock, no chance.

A stimulus is taken in this order: traits; exits and goals of live enrolments; waits of live
enrolments; entries. What it causes is taken next, in the same instant, first caused first.
"""

from sojourn.core.customer import OUTCOME_FACTS, Customer, Enrolment, Event, Wake
from sojourn.core.decisions import Decision
from sojourn.core.engine.candidates import candidates
from sojourn.core.engine.draft import Change, Draft, Stimulus
from sojourn.core.engine.entry import enter_all, enter_asked
from sojourn.core.engine.exits import examine
from sojourn.core.engine.facts import take_fact
from sojourn.core.engine.outcomes import proven_sent, settle
from sojourn.core.engine.profile import fold_traits
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.timers import due_of, expiry_of
from sojourn.core.engine.waits import wait_until
from sojourn.core.engine.walk import (
    Onward,
    after_send,
    after_timeout,
    after_wait,
    matched,
    walk,
)
from sojourn.core.errors import CorruptState
from sojourn.core.history import NO_HISTORY, History
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan, Send, Step, Wait, WaitFor


def evaluate(  # noqa: PLR0913 - what decides, in full
    plan: Plan,
    customer: Customer,
    stimulus: Event | Wake,
    now: Instant,
    history: History = NO_HISTORY,
    *,
    reasons: bool = True,
) -> Decision:
    """Decide what one stimulus means for a customer at ``now``.

    ``reasons`` keeps records of what was decided and why, and announcements; the decision is the
    same without them. Raises HistoryNeeded when a condition
    that is reached asks for events that ``history`` does not hold.
    """
    draft = Draft(plan, customer, now, history, reasons=reasons)
    sent = proven_sent(draft, stimulus)
    if sent is not None:
        run(draft, settle(draft, sent, "sent", None))
    run(draft, stimulus)
    return draft.decision()


def run(draft: Draft, stimulus: Stimulus, link: int = 0) -> None:
    """Take a stimulus and everything it causes."""
    draft.queue.append((stimulus, link))
    while draft.queue:
        caused, draft.link = draft.queue.popleft()
        match caused:
            case Event():
                _take_event(draft, caused)
            case Wake():
                _take_wake(draft)
            case change:
                _take_change(draft, change)


def _take_event(draft: Draft, event: Event) -> None:
    if not event.caused and draft.has_seen(event):
        draft.record("duplicate", reason=f"messageId {event.id} was taken before")
        return
    draft.remember(event)
    if event.by_a_machine:
        draft.record("ignored", reason=f"{event.name} by a machine, not a person")
        return
    before = draft.customer
    changed = fold_traits(draft, event)
    change = Change(before, draft.customer) if changed else None
    take_fact(draft, event)
    asked = examine(draft, event)
    _move(draft, event, change)
    enter_all(draft, candidates(draft, event, change, asked))


def _take_wake(draft: Draft) -> None:
    asked = examine(draft, None)
    for enrolment in draft.in_order([item for item in draft.live() if _is_over(draft, item)]):
        draft.exit(enrolment, "expired", "max_stay")
    due = [item for item in draft.live() if _is_due(draft, item)]
    for enrolment in draft.in_order(due):
        _go_on(draft, enrolment, _after_timer(draft, enrolment))
    enter_all(draft, candidates(draft, None, None, asked))


def _is_over(draft: Draft, enrolment: Enrolment) -> bool:
    stay = draft.plan.undisturbed.get((enrolment.journey, enrolment.version))
    if stay is not None:
        return enrolment.entered_at + stay <= draft.now
    expiry = expiry_of(enrolment, draft.plan)
    return expiry is not None and expiry <= draft.now


def _is_due(draft: Draft, enrolment: Enrolment) -> bool:
    if enrolment.due_at is None:
        return False
    due = due_of(enrolment, draft.plan)
    return due is not None and due <= draft.now


def _after_timer(draft: Draft, enrolment: Enrolment) -> Onward | None:
    """Where an enrolment goes on whose timer fired."""
    if enrolment.onward:
        return Onward(enrolment.onward[0])
    match draft.step_of(enrolment):
        case Wait() as step:
            return after_wait(draft, enrolment, step, past=enrolment.past)
        case WaitFor() as step:
            draft.record("timeout", enrolment=enrolment, step=step.name)
            return after_timeout(step)
        case step:
            raise CorruptState(f"enrolment {enrolment.id} has a timer at step {step.name}")


def _take_change(draft: Draft, change: Change) -> None:
    asked = examine(draft, None)
    _move(draft, None, change)
    enter_all(draft, candidates(draft, None, change, asked))


def _move(draft: Draft, event: Event | None, change: Change | None) -> None:
    """Move enrolments that wait for this event, or for what it changed."""
    concerned = [item for item in draft.live() if _may_move(draft.step_of(item), event, change)]
    for enrolment in draft.in_order(concerned):
        match draft.step_of(enrolment):
            case Wait() as step:
                _go_on(draft, enrolment, _wait_anew(draft, enrolment, step))
            case WaitFor() as step if event is not None:
                onward = matched(draft, enrolment, step, event)
                _move_by(draft, enrolment, event, onward)
            case Send() as step if event is not None:
                _move_by(draft, enrolment, event, _after_outcome(draft, enrolment, step, event))


def _may_move(step: Step, event: Event | None, change: Change | None) -> bool:
    """Whether who is at this step may move by this event, or by what it changed."""
    match step:
        case Wait():
            return change is not None and step.until is not None
        case WaitFor():
            return event is not None and any(event.name in item.events for item in step.any)
        case Send():
            return event is not None and event.caused and event.name in OUTCOME_FACTS
        case _:
            return False


def _wait_anew(draft: Draft, enrolment: Enrolment, step: Wait) -> Onward | None:
    """Compute a wait again that rests on a trait or on the zone; one that is over stays so."""
    if (enrolment.due_at or 0) <= draft.now:
        return None
    due, past = wait_until(step, enrolment.step_at, DraftScope(draft, None, enrolment))
    if due <= draft.now and not draft.is_paused(enrolment):
        return after_wait(draft, enrolment, step, past=past)
    if due != enrolment.due_at:
        draft.alter(enrolment, due_at=due, past=past)
        draft.record("waiting", enrolment=enrolment, step=step.name, instants={"until": due})
    return None


def _after_outcome(draft: Draft, enrolment: Enrolment, step: Send, event: Event) -> Onward | None:
    """Where a send step goes on, when this is the fact that tells of its message's fate."""
    facts, binding = enrolment.messages[step.name], draft.bindings.get(event.id)
    if binding is None or binding.message != facts.id:
        return None
    return after_send(step, facts.status, event)


def _move_by(draft: Draft, enrolment: Enrolment, event: Event, onward: Onward | None) -> None:
    """Go on by an event, at once or, while the journey is paused, when it is resumed."""
    if onward is None or enrolment.onward:
        return
    draft.record("matched", enrolment=enrolment, step=enrolment.step, event=event.name)
    if draft.is_paused(enrolment):
        draft.alter(enrolment, due_at=draft.now, onward=(onward.step,))
    else:
        _go_on(draft, enrolment, onward)


def _go_on(draft: Draft, enrolment: Enrolment, onward: Onward | None) -> None:
    if onward is not None:
        enter_asked(draft, walk(draft, enrolment, onward))
