"""Evaluate: one stimulus in, one decision out; no I/O, no clock, no chance.

A stimulus is taken in this order: traits; exits and goals of live enrolments; waits of live
enrolments; entries. What it causes is taken next, in the same instant, first caused first.
"""

from collections.abc import Mapping
from dataclasses import replace

from sojourn.core.customer import Customer, Enrolment, Event, Trait, Wake
from sojourn.core.decisions import Decision
from sojourn.core.engine.draft import Change, Draft, Stimulus
from sojourn.core.engine.entry import candidates, enter_all, enter_forced
from sojourn.core.engine.exits import examine
from sojourn.core.engine.facts import fold_traits, is_by_a_machine, take_fact
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.timers import due_of, expires_at, rests_on_profile, wait_until
from sojourn.core.engine.walk import (
    Forced,
    message_next,
    move_by_event,
    wait_is_over,
    walk,
)
from sojourn.core.history import NO_HISTORY, History
from sojourn.core.ids import mark
from sojourn.core.instants import Instant
from sojourn.core.limits import SEEN_IDS
from sojourn.core.plan import Plan, Send, Wait, WaitFor

_OUTCOME_EVENTS = frozenset({"message.sent", "message.skipped", "message.failed"})


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

    ``reasons`` records also why journeys did not start. Raises HistoryNeeded when a condition
    that is reached asks for events that ``history`` does not hold.
    """
    draft = Draft(plan, customer, now, history, reasons=reasons)
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
            case Change(before):
                _take_change(draft, before)


def _take_event(draft: Draft, event: Event) -> None:
    if not event.caused and _is_seen(draft, event):
        draft.record("duplicate", reason=f"messageId {event.id} was taken before")
        return
    _remember(draft, event)
    if is_by_a_machine(event):
        draft.record("ignored", reason=f"{event.name} by a machine, not a person")
        return
    before = draft.customer.traits
    changed = fold_traits(draft, event)
    take_fact(draft, event)
    forced = examine(draft, event)
    _advance(draft, event)
    if changed:
        _wait_anew(draft)
    enter_all(draft, candidates(draft, event, before if changed else None, forced), event)


def _is_seen(draft: Draft, event: Event) -> bool:
    """Whether this message id was taken before; older ones are looked up in the history."""
    if mark(event.id) in draft.customer.seen:
        return True
    forgotten = draft.customer.forgotten_at
    if forgotten is None or event.at > forgotten:
        return False
    return any(past.id == event.id for past in draft.history.events(None, event.at))


def _remember(draft: Draft, event: Event) -> None:
    customer = draft.customer
    newest = event.at if customer.newest_at is None else max(customer.newest_at, event.at)
    seen, forgotten = customer.seen, customer.forgotten_at
    if not event.caused:
        seen = (*seen, mark(event.id))
        if len(seen) > SEEN_IDS:
            seen, forgotten = seen[-SEEN_IDS:], newest
    draft.customer = replace(
        customer,
        newest_at=newest,
        seen=seen,
        forgotten_at=forgotten,
        instant=(*customer.instant, event),
    )
    draft.taken.append(event)


def _advance(draft: Draft, event: Event) -> None:
    """Move enrolments that wait for this event, or for the outcome it tells of."""
    for waiting in draft.in_order(live=True):
        enrolment = draft.enrolments[waiting.id]
        if not enrolment.live or enrolment.step is None or _rests(draft, enrolment):
            continue
        step = draft.journey_of(enrolment).steps[enrolment.step]
        forced: list[Forced] | None = None
        if isinstance(step, WaitFor):
            forced = move_by_event(draft, enrolment, step, event)
        elif isinstance(step, Send) and event.caused and event.name in _OUTCOME_EVENTS:
            forced = _after_send(draft, enrolment, step, event)
        if forced:
            enter_forced(draft, forced)


def _rests(draft: Draft, enrolment: Enrolment) -> bool:
    return draft.status_of(enrolment.journey) == "paused"


def _after_send(
    draft: Draft, enrolment: Enrolment, step: Send, event: Event
) -> list[Forced] | None:
    binding = draft.bindings.get(event.id)
    facts = enrolment.messages.get(step.name)
    if binding is None or facts is None or facts.id != binding.message:
        return None
    moved = draft.alter(enrolment, moved_by=(*enrolment.moved_by, event.id))
    return walk(draft, moved, message_next(step, facts.status), event)


def _wait_anew(draft: Draft) -> None:
    """Compute waits again that rest on a trait or on the zone."""
    for waiting in draft.in_order(live=True):
        enrolment = draft.enrolments[waiting.id]
        if not enrolment.live or enrolment.step is None or enrolment.due_at is None:
            continue
        step = draft.journey_of(enrolment).steps[enrolment.step]
        if not isinstance(step, Wait) or not rests_on_profile(step):
            continue
        if enrolment.step_at == draft.now:
            continue
        due, _ = wait_until(step, enrolment.step_at, DraftScope(draft, None, enrolment))
        if due <= draft.now and not _rests(draft, enrolment):
            enter_forced(draft, wait_is_over(draft, enrolment, step))
        elif due != enrolment.due_at:
            draft.alter(enrolment, due_at=due)


def _take_wake(draft: Draft) -> None:
    forced = examine(draft, None)
    for waiting in draft.in_order(live=True):
        enrolment = draft.enrolments[waiting.id]
        if not enrolment.live:
            continue
        journey = draft.journey_of(enrolment)
        due = due_of(enrolment, journey, draft.plan.current.get(journey.id))
        if expires_at(enrolment, journey) <= draft.now:
            draft.exit(enrolment, "expired", "max_stay")
        elif due is not None and due <= draft.now and enrolment.step is not None:
            step = journey.steps[enrolment.step]
            if isinstance(step, Wait):
                enter_forced(draft, wait_is_over(draft, enrolment, step))
            elif isinstance(step, WaitFor):
                draft.record("timeout", enrolment=enrolment, step=step.name)
                target = step.on_timeout if step.on_timeout is not None else step.next
                enter_forced(draft, walk(draft, enrolment, target, None))
    enter_all(draft, candidates(draft, None, None, forced), None)


def _take_change(draft: Draft, before: Mapping[str, Trait]) -> None:
    forced = examine(draft, None)
    _wait_anew(draft)
    enter_all(draft, candidates(draft, None, before, forced), None)
