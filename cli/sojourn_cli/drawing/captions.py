"""Captions: what stands in a box, beside an arrow and in the notes, in the words of the file."""

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from sojourn.core.matching.conditions import All, Condition
from sojourn.core.values.instants import format_instant
from sojourn.core.values.localtime import WEEKDAYS
from sojourn.core.values.paths import Path, show_path
from sojourn.core.workspace.plan import (
    DEFAULT_HOLD,
    DEFAULT_STAY,
    DEFAULT_VISITS,
    Branch,
    DateWait,
    Emit,
    Enter,
    Entry,
    Exit,
    ExitRule,
    From,
    Goal,
    Journey,
    LocalTime,
    Match,
    Number,
    Send,
    Split,
    Step,
    Update,
    Value,
    Wait,
    WaitFor,
)
from sojourn_cli.drawing.diagram import Note
from sojourn_cli.explaining.words import (
    CHANNELS,
    condition_in_words,
    duration_in_words,
    listed,
    value_in_words,
)

_TITLES: dict[type, tuple[str, str]] = {
    Wait: ("wait", "Wait"),
    WaitFor: ("wait_for", "Wait for"),
    Branch: ("branch", "Branch"),
    Split: ("split", "Split"),
    Update: ("update", "Update"),
    Emit: ("emit", "Emit"),
    Enter: ("enter", "Enter"),
    Exit: ("exit", "Exit"),
}

type Way = tuple[str, str | None]
"""When a way out is taken, and to which step; None ends the journey."""


def kind_of(step: Step) -> tuple[str, str]:
    """A step's type as files write it, and as a picture does."""
    if isinstance(step, Send):
        return "send", f"Send {CHANNELS.get(step.channel, step.channel)}"
    return _TITLES[type(step)]


def lines_of(  # noqa: C901 - one case for each kind of step
    step: Step, journey: Journey
) -> Iterator[str]:
    """What is essential about a step."""
    match step:
        case Send():
            yield from _send(step, journey)
        case Wait():
            yield from _wait(step)
        case WaitFor():
            if step.timeout is None:
                yield "without a timeout"
        case Update():
            yield from _update(step)
        case Emit():
            yield f"event {step.event}"
        case Enter():
            yield f"journey {step.journey}"
        case Exit():
            if step.outcome != step.name:
                yield step.outcome
        case Branch() | Split():
            pass
        case _:  # pragma: no cover - the type checker proves it cannot be
            assert_never(step)
    if step.max_visits != DEFAULT_VISITS:
        yield f"at most {step.max_visits} visits"


def _send(step: Send, journey: Journey) -> Iterator[str]:
    if step.template is not None:
        yield f"template {step.template}"
    else:
        content = step.content or {}
        said = content.get("subject") or content.get("title") or content.get("text")
        yield f"“{said}”" if isinstance(said, str) else "content of its own"
    if step.category is not None and step.category != journey.category:
        yield step.category
    if step.on_limit == "skip":
        yield "not sent later"
    elif step.hold != DEFAULT_HOLD:
        yield f"held up to {duration_in_words(step.hold)}"


def _wait(step: Wait) -> Iterator[str]:
    if step.duration is not None:
        yield duration_in_words(step.duration)
    match step.until:
        case LocalTime(at, weekdays):
            days = [WEEKDAYS[day].capitalize() for day in sorted(weekdays)]
            yield f"until {at:%H:%M}" + (f" on {listed(days, 'or')}" if days else "")
        case DateWait(value, offset, at, if_past):
            date = _value(value)
            if offset.total:
                side = "before" if offset.total < 0 else "after"
                date = f"{duration_in_words(abs(offset.total))} {side} {date}"
            yield f"until {date}" + (f" at {at:%H:%M}" if at is not None else "")
            if if_past == "exit":
                yield "ends when that is past"
        case None:
            pass


def _update(step: Update) -> Iterator[str]:
    for path, value in step.set:
        yield f"{show_path(path)} = {_value(value)}"
    for path, value in step.increment:
        yield f"{show_path(path)} + {_value(value)}"
    for path in step.unset:
        yield f"unset {show_path(path)}"


def _value(value: Value) -> str:
    return show_path(value.path) if isinstance(value, From) else value_in_words(value)


def ways_of(step: Step) -> Iterator[Way]:  # noqa: C901 - one case for each kind of step
    """A step's ways out, the one that is left when no other is taken last."""
    match step:
        case Send():
            yield from _after_send(step)
        case Wait(next=following) | Update(next=following) | Emit(next=following):
            yield "", following
        case Enter(next=following):
            yield "", following
        case WaitFor():
            for match in step.any:
                yield _match(match), match.next if match.next is not None else step.next
            if step.timeout is not None:
                late = step.on_timeout if step.on_timeout is not None else step.next
                yield f"after {duration_in_words(step.timeout)}", late
        case Branch():
            for arm in step.branches:
                yield condition_in_words(arm.where), arm.next
            yield "else", step.otherwise
        case Split():
            total = sum(map(Decimal, step.weights.values()), Decimal(0))
            for name, weight in step.weights.items():
                yield f"{name}: {_share(weight, total)}", step.targets.get(name)
        case Exit():
            return
        case _:  # pragma: no cover - the type checker proves it cannot be
            assert_never(step)


def _after_send(step: Send) -> Iterator[Way]:
    """Outcomes that lead to one step are one way."""
    grouped: dict[str, list[str]] = {}
    for outcome, target in step.on.items():
        if target != step.next:
            grouped.setdefault(target, []).append(outcome)
    for target, outcomes in grouped.items():
        yield listed(outcomes, "or"), target
    yield "otherwise" if grouped else "", step.next


def _match(match: Match) -> str:
    text = listed(match.events, "or")
    if match.step is not None:
        text += f" of {match.step}"
    asked = ", ".join(_asked(match.where, match.match))
    return f"{text}, {asked}" if asked else text


def _share(weight: Number, total: Decimal) -> str:
    if not total:
        return "0 %"
    return f"{(Decimal(weight) * 100 / total).quantize(Decimal('0.1')).normalize():f} %"


def _asked(where: Condition | None, match: tuple[tuple[Path, Path], ...]) -> Iterator[str]:
    if where is not None:
        yield from _parts(where)
    for left, right in match:
        one, other = sorted((left, right))
        if (one[0], other[0]) == ("entry", "event") and one[1:] == other[1:]:
            yield f"same {show_path(one[1:])}"
        else:
            yield f"{show_path(left)} = {show_path(right)}"


def _parts(where: Condition) -> Iterator[str]:
    if isinstance(where, All):
        yield from (condition_in_words(part) for part in where.parts)
    else:
        yield condition_in_words(where)


def entry_lines(entry: Entry) -> Iterator[str]:
    """Who enters, when, and how often."""
    if entry.events:
        yield f"event {listed(entry.events, 'or')}"
    for _, test in entry.profile:
        yield f"when {condition_in_words(test)}"
    if entry.segment is not None:
        yield f"{'left' if entry.on == 'leave' else 'came into'} segment {entry.segment}"
    if entry.where is not None:
        yield from _parts(entry.where)
    if entry.after is not None:
        yield f"from {format_instant(entry.after)}"
    if entry.until is not None:
        yield f"until {format_instant(entry.until)}"
    yield from _reentry(entry)
    if entry.holdout:
        yield f"{entry.holdout} % held out"


def _reentry(entry: Entry) -> Iterator[str]:
    each = f" per {show_path(entry.key)}" if entry.key is not None else ""
    rule = entry.reentry
    match rule.mode:
        case "never":
            yield f"once{each}"
        case "always":
            yield f"every time{each}"
        case _:
            if each:
                yield f"one at a time{each}"
    if rule.every is not None:
        yield f"again after {duration_in_words(rule.every)}"
    if rule.max is not None:
        yield f"at most {rule.max} times"


def notes_of(journey: Journey) -> Iterator[Note]:
    """Exit rules and the goal: what holds wherever the customer is."""
    rules = [_exit_rule(rule) for rule in journey.exits]
    if journey.max_stay != DEFAULT_STAY:
        rules.append(f"after {duration_in_words(journey.max_stay)} → expired")
    if rules:
        yield Note("Leaves at once", tuple(rules))
    if journey.goal is not None:
        yield Note("Goal", (_goal(journey.goal),))


def _exit_rule(rule: ExitRule) -> str:
    when = ", ".join(_when(rule.events, rule.where, rule.match))
    then = f", enters {rule.enter}" if rule.enter is not None else ""
    return f"{when} → {rule.outcome}{then}"


def _goal(goal: Goal) -> str:
    text = ", ".join(_when(goal.events, goal.where, goal.match))
    if goal.within is not None:
        text += f", within {duration_in_words(goal.within)}"
    return f"{text}; then leaves, converted" if goal.exit else text


def _when(
    events: tuple[str, ...], where: Condition | None, match: tuple[tuple[Path, Path], ...]
) -> Iterator[str]:
    if events:
        yield listed(events, "or")
    yield from _asked(where, match)
