"""Walking: an enrolment moves from step to step until it waits, sends or ends.

Total over the kinds of step (the type checker proves it) and bounded by each step's `max_visits`.
"""

from decimal import Decimal
from typing import assert_never

from sojourn.core.conditions import MISSING, Path, holds
from sojourn.core.customer import Consent, Enrolment, Event, Message, MessageFacts, Trait
from sojourn.core.engine.draft import Change, Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.timers import wait_until
from sojourn.core.exact import Json
from sojourn.core.ids import choose, derived_id
from sojourn.core.instants import format_instant
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

type Forced = tuple[str, dict[str, Json]]
"""A journey to enter without asking its `where`, and the properties to enter with."""


class _Stop:
    """Says that the walk rests at this step."""


_STOP = _Stop()


def walk(draft: Draft, enrolment: Enrolment, step: str | None, event: Event | None) -> list[Forced]:
    """Move an enrolment to ``step`` and on, as far as it goes now; None ends it as finished.

    Gives the journeys that `enter` steps asked for, in order.
    """
    journey = draft.journey_of(enrolment)
    forced: list[Forced] = []
    target: str | _Stop | None = step
    while not isinstance(target, _Stop):
        if target is None:
            draft.exit(enrolment, FINISHED)
            break
        at = journey.steps[target]
        visits = enrolment.visits.get(target, 0) + 1
        if visits > at.max_visits:
            draft.exit(enrolment, "loop_limit", f"step {target} was visited {at.max_visits} times")
            break
        enrolment = draft.alter(
            enrolment,
            step=target,
            step_at=draft.now,
            due_at=None,
            visits={**enrolment.visits, target: visits},
        )
        draft.record("step", enrolment=enrolment, step=target, visit=visits)
        target = _take(draft, enrolment, at, event, forced)
        enrolment = draft.enrolments[enrolment.id]
        if not enrolment.live:
            break
    return forced


def _take(  # noqa: C901 - one line or two for each kind of step
    draft: Draft, enrolment: Enrolment, step: Step, event: Event | None, forced: list[Forced]
) -> str | _Stop | None:
    """Do one step: where to go next, or that the walk rests."""
    scope = DraftScope(draft, event, enrolment)
    match step:
        case Send():
            return _send(draft, enrolment, step, scope)
        case Wait():
            return _wait(draft, enrolment, step, scope)
        case WaitFor():
            return _wait_for(draft, enrolment, step)
        case Branch():
            return _branch(draft, enrolment, step, scope)
        case Split():
            arm = choose(
                step.weights, "split", enrolment.journey, step.name, step.salt, draft.drawn_as
            )
            draft.record("split", enrolment=enrolment, step=step.name, arm=arm)
            return step.targets.get(arm)
        case Update():
            return _update(draft, enrolment, step, scope)
        case Emit():
            return _emit(draft, enrolment, step, scope)
        case Enter():
            if draft.chain_is_full():
                return _loop_limit(draft, enrolment)
            forced.append((step.journey, scope.read_all(step.variables)))
            return step.next
        case Exit():
            draft.exit(enrolment, step.outcome)
            return _STOP
        case _:  # pragma: no cover - the type checker proves it cannot be
            assert_never(step)


def _loop_limit(draft: Draft, enrolment: Enrolment) -> _Stop:
    draft.exit(enrolment, "loop_limit", "a chain of causes in one instant grew too long")
    return _STOP


def _send(draft: Draft, enrolment: Enrolment, step: Send, scope: DraftScope) -> _Stop:
    journey = draft.journey_of(enrolment)
    visit = enrolment.visits[step.name]
    id_ = derived_id("message", draft.customer.id, enrolment.id, step.name, visit)
    message = Message(
        id=id_,
        enrolment=enrolment.id,
        journey=enrolment.journey,
        version=enrolment.version,
        step=step.name,
        number=enrolment.number,
        channel=step.channel,
        category=step.category or journey.category,
        priority=step.priority if step.priority is not None else journey.priority,
        requested_at=draft.now,
        deadline_at=draft.now + step.hold,
        wake_at=draft.now,
        on_limit=step.on_limit,
        variables=scope.read_all(step.variables),
        link=draft.link,
    )
    draft.want(message)
    facts = dict(enrolment.messages)
    facts.pop(step.name, None)
    facts[step.name] = MessageFacts(id_, step.channel, "wanted")
    draft.alter(enrolment, messages=facts)
    return _STOP


def _wait(draft: Draft, enrolment: Enrolment, step: Wait, scope: DraftScope) -> str | _Stop | None:
    due, past = wait_until(step, enrolment.step_at, scope)
    if due <= draft.now:
        return after_wait(draft, enrolment, step, past=past)
    draft.alter(enrolment, due_at=due)
    draft.record("waiting", enrolment=enrolment, step=step.name, until=format_instant(due))
    return _STOP


def after_wait(draft: Draft, enrolment: Enrolment, step: Wait, *, past: bool) -> str | _Stop | None:
    """Where a wait that is over goes on."""
    if past and isinstance(step.until, DateWait) and step.until.if_past == "exit":
        draft.exit(enrolment, "past", f"the date of step {step.name} is past")
        return _STOP
    return step.next


def wait_is_over(draft: Draft, enrolment: Enrolment, step: Wait) -> list[Forced]:
    """A wait's timer fired: go on, or exit when its date turned out to be past."""
    past = False
    if step.duration is not None and isinstance(step.until, DateWait):
        _, past = wait_until(step, enrolment.step_at, DraftScope(draft, None, enrolment))
    target = after_wait(draft, enrolment, step, past=past)
    return [] if isinstance(target, _Stop) else walk(draft, enrolment, target, None)


def _wait_for(draft: Draft, enrolment: Enrolment, step: WaitFor) -> str | _Stop | None:
    """Look at events of this very instant first, then wait."""
    for event in draft.customer.instant:
        target = matched(draft, enrolment, step, event)
        if not isinstance(target, _Stop):
            draft.alter(enrolment, moved_by=(*enrolment.moved_by, event.id))
            return target
    if step.timeout is None:
        return _STOP
    if step.timeout == 0:
        return step.on_timeout if step.on_timeout is not None else step.next
    due = draft.now + step.timeout
    draft.alter(enrolment, due_at=due)
    draft.record("waiting", enrolment=enrolment, step=step.name, until=format_instant(due))
    return _STOP


def matched(draft: Draft, enrolment: Enrolment, step: WaitFor, event: Event) -> str | _Stop | None:
    """Where an event moves a waiting enrolment, or that it does not."""
    if (
        event.at < enrolment.begun_at
        or event.id == enrolment.entry_event
        or event.id in enrolment.moved_by
    ):
        return _STOP
    scope = DraftScope(draft, event, enrolment)
    for match in step.any:
        if event.name not in match.events:
            continue
        if match.step is not None:
            binding = draft.bindings.get(event.id)
            if binding is None or binding.enrolment != enrolment.id or binding.step != match.step:
                continue
        if scope.fits(match.where, match.match):
            return match.next if match.next is not None else step.next
    return _STOP


def move_by_event(
    draft: Draft, enrolment: Enrolment, step: WaitFor, event: Event
) -> list[Forced] | None:
    """Move an enrolment that waits for this event; None when it does not match."""
    target = matched(draft, enrolment, step, event)
    if isinstance(target, _Stop):
        return None
    moved = draft.alter(enrolment, moved_by=(*enrolment.moved_by, event.id))
    draft.record("matched", enrolment=moved, step=step.name, event=event.name)
    return walk(draft, moved, target, event)


def _branch(draft: Draft, enrolment: Enrolment, step: Branch, scope: DraftScope) -> str | None:
    for number, arm in enumerate(step.branches):
        if holds(arm.where, scope):
            draft.record("branch", enrolment=enrolment, step=step.name, branch=number)
            return arm.next
    draft.record("branch", enrolment=enrolment, step=step.name, branch="else")
    return step.otherwise


def _emit(draft: Draft, enrolment: Enrolment, step: Emit, scope: DraftScope) -> str | _Stop | None:
    if draft.chain_is_full():
        return _loop_limit(draft, enrolment)
    id_ = derived_id(
        "emit", draft.customer.id, enrolment.id, step.name, enrolment.visits[step.name]
    )
    properties = scope.read_all(step.properties)
    event = Event(id_, step.event, draft.now, draft.now, properties, caused=True)
    draft.caused(event)
    draft.announce(step.event, id_, properties)
    return step.next


def _update(
    draft: Draft, enrolment: Enrolment, step: Update, scope: DraftScope
) -> str | _Stop | None:
    wanted = _new_values(draft, enrolment, step, scope)
    changed = [(path, value) for path, value in wanted if scope.value(path) != value]
    if not changed:
        return step.next
    if draft.chain_is_full():
        return _loop_limit(draft, enrolment)
    before = draft.customer.traits
    for path, value in changed:
        _assign(draft, draft.enrolments[enrolment.id], path, value)
    names = ", ".join(".".join(path) for path, _ in changed)
    draft.record("update", enrolment=enrolment, step=step.name, changed=names)
    draft.caused(Change(before))
    return step.next


def _new_values(
    draft: Draft, enrolment: Enrolment, step: Update, scope: DraftScope
) -> list[tuple[Path, Json]]:
    """What the step makes of each path; None unsets. What cannot be added is left as it is."""
    values: list[tuple[Path, Json]] = []
    for path, value in step.set:
        found = scope.read(value)
        values.append((path, None if found is MISSING else found))  # type: ignore[arg-type]
    for path, value in step.increment:
        now, by = scope.value(path), scope.read(value)
        base = 0 if now is MISSING or now is None else now
        if _is_number(base) and _is_number(by):
            values.append((path, base + by))  # type: ignore[operator]
        else:
            draft.record("update", enrolment=enrolment, step=step.name, reason="type mismatch")
    values += [(path, None) for path in step.unset if scope.value(path) is not MISSING]
    return values


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _assign(draft: Draft, enrolment: Enrolment, path: Path, value: Json) -> None:
    root, name, *inner = path
    if root == "vars":
        table = _put(dict(enrolment.vars), (name, *inner), value)
        draft.alter(enrolment, vars=table)
    elif name == "consent" and inner:
        if isinstance(value, bool):
            consents = {**draft.customer.consents, inner[0]: Consent(value, draft.now)}
            draft.change(consents=consents)
    else:
        now = {} if not inner else draft.customer.trait(name)
        table = dict(now) if isinstance(now, dict) else {}
        whole = _put(table, tuple(inner), value) if inner else value
        draft.change(traits={**draft.customer.traits, name: Trait(whole, draft.now)})


def _put(table: dict[str, Json], names: Path, value: Json) -> dict[str, Json]:
    """The table with a value at nested names; None removes it."""
    name, *inner = names
    if inner:
        below = table.get(name)
        table[name] = _put(dict(below) if isinstance(below, dict) else {}, tuple(inner), value)
    elif value is None:
        table.pop(name, None)
    else:
        table[name] = value
    return table


def message_next(step: Send, outcome: str) -> str | None:
    """Where a send step goes on after an outcome."""
    return step.on.get(outcome, step.next)
