"""Journeys read: from checked documents to the plan's nouns."""

from collections.abc import Callable, Mapping
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.matching.conditions import Test
from sojourn.core.values.instants import (
    Offset,
    parse_date,
    parse_duration,
    parse_instant,
    parse_offset,
)
from sojourn.core.values.localtime import parse_time_of_day
from sojourn.core.workspace.plan import (
    DEFAULT_HOLD,
    DEFAULT_PRIORITY,
    DEFAULT_RESUME_OVER,
    DEFAULT_STAY,
    DEFAULT_VISITS,
    Arm,
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
    Reentry,
    Send,
    Split,
    Step,
    Update,
    Value,
    Wait,
    WaitFor,
)
from sojourn.core.workspace.reading import (
    Doc,
    condition_or_none,
    duration_or_none,
    names,
    number,
    read_at,
    read_condition,
    read_match,
    read_path,
    read_tests,
    read_value,
    read_values,
    read_weekdays,
    rule_condition,
)


def read_journey(doc: Doc, version: int = 1, **life: int | None) -> Journey:
    """One version of a journey; ``life`` may give when it was last resumed, archived."""
    goal = doc.get("goal")
    return Journey(
        id=doc["id"],
        version=version,
        name=doc.get("name", doc["id"]),
        status=doc.get("status", "draft"),
        priority=number(doc.get("priority", DEFAULT_PRIORITY), "priority"),
        category=doc.get("category", "marketing"),
        entry=_read_entry(doc["entry"]),
        exits=tuple(
            _read_exit_rule(rule, f"exit[{index}]")
            for index, rule in enumerate(doc.get("exit", ()))
        ),
        goal=None if goal is None else _read_goal(goal),
        start=doc["start"],
        steps={name: read_step(name, step) for name, step in doc["steps"].items()},
        max_stay=_duration(doc, "max_stay", "", DEFAULT_STAY),
        resume_over=_duration(doc, "resume_over", "", DEFAULT_RESUME_OVER),
        on_archive=doc.get("on_archive", "finish"),
        resumed_at=life.get("resumed_at"),
        archived_at=life.get("archived_at"),
    )


def _duration(doc: Doc, key: str, place: str, default: int) -> int:
    found = doc.get(key)
    here = f"{place}.{key}" if place else key
    return default if found is None else read_at(here, parse_duration, found)


def _maybe_instant(doc: Doc, key: str, place: str) -> int | None:
    found = doc.get(key)
    return None if found is None else read_at(f"{place}.{key}", parse_instant, found)


def _read_entry(doc: Doc) -> Entry:
    reentry = doc.get("reentry", {})
    segment = doc.get("segment")
    profile: list[tuple[tuple[str, ...], Test]] = []
    for trait, tests in doc.get("profile", {}).items():
        place = f"entry.profile.{trait}"
        path = read_path(f"profile.{trait}", place)
        read = read_tests(path, tests, place)
        parts = read.parts if not isinstance(read, Test) else (read,)  # type: ignore[union-attr]
        profile += [(path, part) for part in parts if isinstance(part, Test)]
    key = doc.get("key")
    return Entry(
        events=names(doc["event"]) if "event" in doc else (),
        where=condition_or_none(doc, "where", "entry"),
        profile=tuple(profile),
        segment=segment["id"] if segment is not None else None,
        on=segment.get("on", "enter") if segment is not None else "enter",
        key=None if key is None else read_path(key, "entry.key"),
        reentry=Reentry(
            reentry.get("mode", "after_exit"),
            duration_or_none(reentry, "every", "entry.reentry"),
            reentry.get("max"),
        ),
        holdout=number(doc.get("holdout", 0), "entry.holdout"),
        after=_maybe_instant(doc, "after", "entry"),
        until=_maybe_instant(doc, "until", "entry"),
    )


def _read_exit_rule(doc: Doc, place: str) -> ExitRule:
    return ExitRule(
        names(doc["event"]) if "event" in doc else (),
        rule_condition(doc, place),
        read_match(doc.get("match"), f"{place}.match"),
        doc.get("outcome", "exited"),
        doc.get("enter"),
    )


def _read_goal(doc: Doc) -> Goal:
    return Goal(
        names(doc["event"]),
        rule_condition(doc, "goal"),
        read_match(doc.get("match"), "goal.match"),
        duration_or_none(doc, "within", "goal"),
        doc.get("exit") is True,
    )


def read_step(name: str, doc: Doc) -> Step:
    """One step by its type; raises InvalidInput when there is no such type."""
    reader = _STEPS.get(doc.get("type", ""))
    if reader is None:
        raise InvalidInput(f"steps.{name}.type: there is no step type {doc.get('type')!r}")
    return reader(name, doc, f"steps.{name}")


def _common(doc: Doc) -> dict[str, Any]:
    return {"max_visits": doc.get("max_visits", DEFAULT_VISITS), "stage": doc.get("stage")}


def _send(name: str, doc: Doc, place: str) -> Send:
    priority = doc.get("priority")
    return Send(
        name=name,
        channel=doc["channel"],
        template=doc.get("template"),
        content=doc.get("content"),
        category=doc.get("category"),
        priority=None if priority is None else number(priority, f"{place}.priority"),
        variables=read_values(doc.get("with"), f"{place}.with"),
        on_limit=doc.get("on_limit", "hold"),
        hold=_duration(doc, "hold", place, DEFAULT_HOLD),
        on=dict(doc.get("on", {})),
        next=doc.get("next"),
        **_common(doc),
    )


def _wait(name: str, doc: Doc, place: str) -> Wait:
    until = doc.get("until")
    return Wait(
        name=name,
        duration=duration_or_none(doc, "for", place),
        until=None if until is None else _read_until(until, f"{place}.until"),
        next=doc.get("next"),
        **_common(doc),
    )


def _read_until(doc: Doc, place: str) -> LocalTime | DateWait:
    time = doc.get("time")
    at = None if time is None else read_at(f"{place}.time", parse_time_of_day, time)
    if "date" not in doc:
        if at is None:
            raise InvalidInput(f"{place}: a time or a date is wanted")
        return LocalTime(at, read_weekdays(doc.get("weekdays"), f"{place}.weekdays"))
    offset = doc.get("offset")
    return DateWait(
        _read_date(doc["date"], f"{place}.date"),
        Offset(0, 0) if offset is None else read_at(f"{place}.offset", parse_offset, offset),
        at,
        doc.get("if_past", "continue"),
    )


def _read_date(text: str, place: str) -> Value:
    """A fixed date or instant as it stands, else a path."""
    for parse in (parse_instant, parse_date):
        try:
            parse(text)
        except ValueError:
            continue
        return text
    return From(read_path(text, place))


def _wait_for(name: str, doc: Doc, place: str) -> WaitFor:
    return WaitFor(
        name=name,
        any=tuple(
            Match(
                names(item["event"]),
                rule_condition(item, f"{place}.any[{index}]"),
                read_match(item.get("match"), f"{place}.any[{index}].match"),
                item.get("step"),
                item.get("next"),
            )
            for index, item in enumerate(doc["any"])
        ),
        timeout=duration_or_none(doc, "timeout", place),
        on_timeout=doc.get("on_timeout"),
        next=doc.get("next"),
        **_common(doc),
    )


def _branch(name: str, doc: Doc, place: str) -> Branch:
    return Branch(
        name=name,
        branches=tuple(
            Arm(
                read_condition(item["where"], f"{place}.branches[{index}].where"),
                item.get("next"),
            )
            for index, item in enumerate(doc["branches"])
        ),
        otherwise=doc.get("else"),
        **_common(doc),
    )


def _split(name: str, doc: Doc, place: str) -> Split:
    arms = doc["arms"]
    return Split(
        name=name,
        weights={
            arm["name"]: number(arm["weight"], f"{place}.arms[{index}].weight")
            for index, arm in enumerate(arms)
        },
        targets={arm["name"]: arm.get("next") for arm in arms},
        salt=doc.get("salt", ""),
        **_common(doc),
    )


def _update(name: str, doc: Doc, place: str) -> Update:
    def pairs(key: str) -> tuple[tuple[tuple[str, ...], Value], ...]:
        here = f"{place}.{key}"
        return tuple(
            (read_path(path, f"{here}.{path}"), read_value(value, f"{here}.{path}"))
            for path, value in doc.get(key, {}).items()
        )

    return Update(
        name=name,
        set=pairs("set"),
        increment=pairs("increment"),
        unset=tuple(
            read_path(path, f"{place}.unset[{index}]")
            for index, path in enumerate(doc.get("unset", ()))
        ),
        next=doc.get("next"),
        **_common(doc),
    )


def _emit(name: str, doc: Doc, place: str) -> Emit:
    return Emit(
        name=name,
        event=doc["event"],
        properties=read_values(doc.get("properties"), f"{place}.properties"),
        next=doc.get("next"),
        **_common(doc),
    )


def _enter(name: str, doc: Doc, place: str) -> Enter:
    return Enter(
        name=name,
        journey=doc["journey"],
        variables=read_values(doc.get("with"), f"{place}.with"),
        next=doc.get("next"),
        **_common(doc),
    )


def _exit(name: str, doc: Doc, _place: str) -> Exit:
    return Exit(name=name, outcome=doc.get("outcome", "finished"), **_common(doc))


_STEPS: Mapping[str, Callable[[str, Doc, str], Step]] = {
    "send": _send,
    "wait": _wait,
    "wait_for": _wait_for,
    "branch": _branch,
    "split": _split,
    "update": _update,
    "emit": _emit,
    "enter": _enter,
    "exit": _exit,
}
