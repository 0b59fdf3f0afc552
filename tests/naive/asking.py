"""Conditions as the language's description has them, over plain JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.naive.clock import as_instant, duration

type Json = Any
type Doc = Mapping[str, Any]

MISSING = object()
_NAMES = re.compile(r'"([^"]*)"|([^.]+)')


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: its own time and when it was taken in."""

    id: str
    name: str
    own: datetime
    taken: datetime
    properties: Doc
    traits: Doc
    silent: bool = False
    """Whether it tells of the past: it counts, but lets nobody in and moves nobody on."""

    @property
    def by_a_machine(self) -> bool:
        """Whether no person did this to a message of ours."""
        return self.name.startswith("message.") and self.properties.get("bot") is True


@dataclass(frozen=True, slots=True)
class View:
    """What a condition can see."""

    now: datetime
    zone: str
    segments: Mapping[str, Doc]
    history: Sequence[Happening]
    places: Mapping[str, Json]
    """`profile`, `event`, `entry`, `vars`, `messages`, `consent`, `channels`."""
    entered_by: Happening | None = None


def look(view: View, path: str) -> Json:
    """What stands at a path; MISSING where nothing does."""
    found: Json = view.places
    for quoted, plain in _NAMES.findall(path):
        name = quoted or plain
        if not isinstance(found, Mapping) or name not in found or found[name] is None:
            return MISSING
        found = found[name]
    return found


def holds(condition: Doc, view: View) -> bool:
    """Whether every part of a condition holds."""
    return all(_part(name, test, view) for name, test in condition.items())


def _part(name: str, test: Json, view: View) -> bool:
    match name:
        case "all":
            return all(holds(each, view) for each in test)
        case "any":
            return any(holds(each, view) for each in test)
        case "not":
            return not holds(test, view)
        case "segment":
            return holds(view.segments[test], view)
        case "did":
            return did(test, view)
        case _:
            return tested(look(view, name), test, view)


def tested(value: Json, test: Json, view: View) -> bool:
    """Whether a value passes a test: scalar, list, or operators."""
    if isinstance(test, dict):
        fold = _folded if test.get("ignore_case") else _as_it_is
        return all(
            _operator(fold(value), name, fold(given), view)
            for name, given in test.items()
            if name != "ignore_case"
        )
    if isinstance(test, list):
        return _operator(value, "in", test, view)
    return _operator(value, "eq", test, view)


def _as_it_is(value: Json) -> Json:
    return value


def _folded(value: Json) -> Json:
    """The same without a difference of case."""
    if isinstance(value, list):
        return [_folded(each) for each in value]
    return value.lower() if isinstance(value, str) else value


def same(one: Json, other: Json) -> bool:
    """Whether two values are equal: of one type, and there."""
    if one is MISSING or other is MISSING or isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)


def _operator(value: Json, name: str, given: Json, view: View) -> bool:
    match name:
        case "exists":
            return bool((value is not MISSING) == given)
        case "eq" | "ne":
            return same(value, given) == (name == "eq")
        case "in" | "not_in":
            return any(same(value, each) for each in given) == (name == "in")
        case "between":
            low, high = given
            return _ordered(value, "gte", low) and _ordered(value, "lte", high)
        case "contains":
            return _contains(value, given)
        case "starts_with" | "ends_with" | "like":
            return isinstance(value, str) and _is_like(value, name, given)
        case "before" | "after" | "within" | "older_than" | "in_next":
            at = as_instant(value, view.zone)
            return at is not None and _lies(at, name, given, view)
        case _:
            return _ordered(value, name, given)


def _contains(value: Json, given: Json) -> bool:
    if isinstance(value, str) and isinstance(given, str):
        return given in value
    return isinstance(value, list) and any(same(each, given) for each in value)


def _is_like(value: str, name: str, given: str) -> bool:
    if name == "starts_with":
        return value.startswith(given)
    if name == "ends_with":
        return value.endswith(given)
    return re.fullmatch(".*".join(map(re.escape, given.split("*"))), value, re.DOTALL) is not None


def _lies(at: datetime, name: str, given: str, view: View) -> bool:
    """Whether an instant lies where a test wants it."""
    if name in {"before", "after"}:
        other = as_instant(given, view.zone)
        assert other is not None
        return at < other if name == "before" else at > other
    now, span = view.now, duration(given)
    match name:
        case "within":
            return now - span < at <= now
        case "older_than":
            return at <= now - span
        case _:
            return now < at <= now + span


def _ordered(value: Json, name: str, given: Json) -> bool:
    numbers = all(isinstance(each, int | float | Decimal) for each in (value, given))
    booleans = any(isinstance(each, bool) for each in (value, given))
    texts = all(isinstance(each, str) for each in (value, given))
    if booleans or not (numbers or texts):
        return False
    return bool(
        {
            "gt": lambda: value > given,
            "gte": lambda: value >= given,
            "lt": lambda: value < given,
            "lte": lambda: value <= given,
        }[name]()
    )


def names(value: Json) -> list[str]:
    """A name, or a list of them."""
    return [value] if isinstance(value, str) else list(value)


def did(asked: Doc, view: View) -> bool:
    """Whether she did it as often as asked."""
    found = [each for each in view.history if each.name in names(asked["event"])]
    if "within" in asked:
        span = duration(asked["within"])
        found = [each for each in found if view.now - span < each.own <= view.now]
    if asked.get("since") == "entry":
        by = view.entered_by
        assert by is not None
        found = [each for each in found if each.own >= by.own and each.id != by.id]
    if "where" in asked:
        found = [each for each in found if holds(asked["where"], at_event(view, each.properties))]
    total = True
    if "sum" in asked:
        path, test = asked["sum"]["of"], {k: v for k, v in asked["sum"].items() if k != "of"}
        values = [look(at_event(view, each.properties), path) for each in found]
        numbers = [
            Decimal(str(each))
            for each in values
            if isinstance(each, int | float) and not isinstance(each, bool)
        ]
        total = tested(sum(numbers), test, view)
    return total and tested(len(found), asked.get("count", {"gte": 1}), view)


def at_event(view: View, properties: Doc) -> View:
    """The same view with another event at hand."""
    return View(
        view.now,
        view.zone,
        view.segments,
        view.history,
        {**view.places, "event": properties},
        view.entered_by,
    )
