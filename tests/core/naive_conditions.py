"""Conditions a second time: straight from the JSON document, written from the language alone.

Slow and plain on purpose; it shares no code with the core, so the two can disagree.
"""
# ruff: noqa: ANN401 - any JSON value

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

NOTHING = object()
LOCAL = timezone(timedelta(hours=2))
"""The customer's zone in these tests."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the past: its name, own time and properties."""

    name: str
    at: datetime
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """Everything a condition can see; ``entered`` is the place of the entering event."""

    now: datetime
    roots: Mapping[str, Any]
    segments: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Happened, ...] = ()
    entered: int | None = None


def agrees(doc: Mapping[str, Any], world: World, asked: tuple[str, ...] = ()) -> bool:
    """Whether the document's condition holds."""
    return all(_part(key, value, world, asked) for key, value in doc.items())


def _part(key: str, value: Any, world: World, asked: tuple[str, ...]) -> bool:
    if key == "all":
        return all(agrees(part, world, asked) for part in value)
    if key == "any":
        return any(agrees(part, world, asked) for part in value)
    if key == "not":
        return not agrees(value, world, asked)
    if key == "segment":
        known = value in world.segments and value not in asked
        return known and agrees(world.segments[value], world, (*asked, value))
    if key == "did":
        return _did(value, world, asked)
    return _tests(_look(key, world.roots), value, world)


def _look(path: str, roots: Any) -> Any:
    """Walk a path, read letter by letter."""
    for quoted, bare in re.findall(r'"([^"]*)"|([^."]+)', path):
        name = quoted or bare
        if not isinstance(roots, Mapping) or name not in roots:
            return NOTHING
        roots = roots[name]
    return NOTHING if roots is None else roots


def _tests(value: Any, test: Any, world: World) -> bool:
    if isinstance(test, Mapping):
        folds = test.get("ignore_case", False)
        return all(
            _operator(name, value, operand, world, folds=folds)
            for name, operand in test.items()
            if name != "ignore_case"
        )
    if isinstance(test, list):
        return _operator("in", value, test, world, folds=False)
    return _operator("eq", value, test, world, folds=False)


def _number(value: Any) -> Fraction | None:
    if type(value) is int or isinstance(value, Decimal):
        return Fraction(value)
    return None


def _typed(value: Any, *, folds: bool) -> Any:
    """A value that equals another one just when the language says so; None inside is itself."""
    number = _number(value)
    if number is not None:
        return ("number", number)
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, str):
        return ("text", value.casefold() if folds else value)
    if isinstance(value, list):
        return ("list", tuple(_typed(item, folds=folds) for item in value))
    if isinstance(value, Mapping):
        pairs = {(name, _typed(item, folds=False)) for name, item in value.items()}
        return ("object", frozenset(pairs))
    return ("null",)


def _operator(name: str, value: Any, operand: Any, world: World, *, folds: bool) -> bool:
    if value is NOTHING:
        return name in ("ne", "not_in") or (name == "exists" and not operand)
    mine, theirs = _typed(value, folds=folds), _typed(operand, folds=folds)
    null = ("null",)
    match name:
        case "exists":
            return bool(operand)
        case "eq" | "ne":
            return bool(mine == theirs) is (name == "eq") and not (name == "eq" and theirs == null)
        case "in" | "not_in":
            known = [_typed(item, folds=folds) for item in operand]
            return (mine in known) is (name == "in")
        case "contains" if isinstance(value, list):
            return theirs in mine[1] and theirs != null
        case "contains" | "starts_with" | "ends_with" | "like":
            return mine[0] == theirs[0] == "text" and _spells(name, mine[1], theirs[1])
        case "gt" | "gte" | "lt" | "lte":
            return _in_order(name, _typed(value, folds=False), _typed(operand, folds=False))
        case "between":
            plain, low, high = (_typed(item, folds=False) for item in (value, *operand))
            return _in_order("gte", plain, low) and _in_order("lte", plain, high)
        case _:
            return _in_time(name, value, operand, world)


def _spells(name: str, text: str, pattern: str) -> bool:
    literal = re.escape(pattern)
    forms = {
        "contains": f".*{literal}.*",
        "starts_with": f"{literal}.*",
        "ends_with": f".*{literal}",
        "like": literal.replace(r"\*", ".*"),
    }
    return re.fullmatch(forms[name], text, re.DOTALL) is not None


def _in_order(name: str, left: Any, right: Any) -> bool:
    if left[0] != right[0] or left[0] not in ("number", "text"):
        return False
    order = (left > right) - (left < right)
    return order in {"gt": (1,), "gte": (0, 1), "lt": (-1,), "lte": (-1, 0)}[name]


def _in_time(name: str, value: Any, operand: Any, world: World) -> bool:
    at = _when(value)
    if at is None:
        return False
    if name in ("before", "after"):
        other = _when(operand)
        return other is not None and (at < other if name == "before" else at > other)
    distance = world.now - at
    length = _how_long(operand)
    zero = timedelta(0)
    if name == "within":
        return zero <= distance < length
    if name == "older_than":
        return distance >= length
    return zero < -distance <= length


def _when(text: Any) -> datetime | None:
    """An instant, or a date's local midnight."""
    if not isinstance(text, str):
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        return datetime.fromisoformat(text)
    return None


def _how_long(text: str) -> timedelta:
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[text[-1]]
    return timedelta(**{unit: int(text[:-1])})


def _did(doc: Mapping[str, Any], world: World, asked: tuple[str, ...]) -> bool:
    found = []
    for place, event in enumerate(world.events):
        seen = replace(world, roots={**world.roots, "event": event.properties})
        if _counts(doc, place, world) and agrees(doc.get("where", {}), seen, asked):
            found.append(seen)
    if not _tests(len(found), doc.get("count", {"gte": 1}), world):
        return False
    if "sum" not in doc:
        return True
    amounts = [_number(_look(doc["sum"]["of"], seen.roots)) for seen in found]
    total = sum((amount for amount in amounts if amount is not None), Fraction(0))
    rest = {name: operand for name, operand in doc["sum"].items() if name != "of"}
    return _tests(_exactly(total), rest, world)


def _counts(doc: Mapping[str, Any], place: int, world: World) -> bool:
    """Whether an event has the name and the time that are asked for."""
    event = world.events[place]
    if event.name not in ([doc["event"]] if isinstance(doc["event"], str) else doc["event"]):
        return False
    age = world.now - event.at
    if "within" in doc and not timedelta(0) <= age < _how_long(doc["within"]):
        return False
    if "since" not in doc:
        return True
    if world.entered is None or place == world.entered:
        return False
    return event.at >= world.events[world.entered].at


def _exactly(total: Fraction) -> Decimal:
    """Fractions of decimals have a finite decimal form: shift until whole."""
    places = 0
    while total.denominator != 1:
        total, places = total * 10, places + 1
    return Decimal(f"{total.numerator}E-{places}")
