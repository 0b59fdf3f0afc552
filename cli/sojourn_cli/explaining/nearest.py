"""Nearest: the one change after which a condition would have held, or why there is none.

Whatever value is called enough was tried: the language's own comparison holds on it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sojourn.core.matching.comparisons import (
    Clock,
    Span,
    compare,
    is_mismatch,
    kind,
    moment,
    read_moment,
)
from sojourn.core.matching.conditions import All, Any_, Condition, Did, InSegment, Not, Test
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn.core.values.instants import LATEST, SECOND, Duration, Instant, format_instant
from sojourn.core.values.localtime import start_of_day
from sojourn.core.values.paths import Found, Missing, Path, show_path
from sojourn_cli.explaining.obstacles import Met
from sojourn_cli.explaining.retyped import how_typed, retyped
from sojourn_cli.explaining.words import condition_in_full, counted

_MOST_TIMES = 1_000
"""How many times more are looked at to find a count that fits."""

_BEYOND = {"gt": "more", "lt": "less"}


@noun
class Nearest:
    """The nearest change: a clause that ends the sentence, and the change as JSON.

    ``change`` is None where no single change would do: then ``text`` says why. ``others`` are
    further changes, each of which would do alone.
    """

    text: str
    change: JsonObject | None
    others: tuple[JsonObject, ...] = ()

    def details(self) -> JsonObject:
        """The change as it stands under `nearest`."""
        if self.change is None:
            return {"change": None, "why": self.text}
        if not self.others:
            return {"change": self.change}
        return {"change": self.change, "or": [*self.others]}


@noun
class Moment:
    """The moment of a decision: the instant, the customer's zone, segments, what she did before.

    ``is_ours`` says that the event at hand is one we caused, which nobody outside can change.
    """

    now: Instant
    zone: ZoneInfo
    segments: Mapping[str, Condition]
    events: Sequence[Event] = ()
    is_ours: bool = False

    def local_midnight(self, day: date) -> Instant:
        """See Clock."""
        return start_of_day(day, self.zone)


def no_change(why: str) -> Nearest:
    """That no single change would do, and why."""
    return Nearest(why, None)


def at_instant(text: str, at: Instant) -> Nearest:
    """That the same at that instant or later would have been let."""
    return Nearest(text, {"instant": format_instant(at)})


def in_file(text: str, file: str, path: str, to: Json) -> Nearest:
    """That another value in a file of the workspace would have let it be."""
    return Nearest(text, {"file": file, "path": path, "to": to})


def nearest(met: Met, moment_of: Moment) -> Nearest:
    """What would have been enough for a part that did not hold."""
    match met.part:
        case Test():
            return _of_test(met.part, met.found, moment_of)
        case Any_() | InSegment():
            found = [nearest(item, moment_of) for item in met.inside]
            best = next((item for item in found if item.change is not None), None)
            if best is not None:
                return best
            return found[0] if found else no_change("nothing can make it hold")
        case Did():
            return _of_did(met.part, met, moment_of)
        case Not(part):
            return without(part, moment_of)
        case All():
            return no_change("it always holds")


def _of_test(test: Test, found: Found | None, clock: Moment) -> Nearest:
    later = _later(test, found, clock)
    if later is not None:
        text = format_instant(later)
        return at_instant(f"it holds from {text} on", later)
    if test.operator == "exists" and test.operand is True:
        return _change(test.path, "any value would be enough", {"needs": {"exists": True}}, clock)
    for value in _possible(test.path, _candidates(test, found, clock)):
        if compare(test.operator, value, test.operand, clock, ignore_case=test.ignore_case):
            text = _enough(test.path, value)
            if test.operator in _BEYOND and value != retyped(found):
                text = f"{_BEYOND[test.operator]} than {dumps(test.operand)} would be enough"
            return _change(test.path, text + how_typed(value, found), {"to": value}, clock)
    return no_change(f"no value would make this hold: {condition_in_full(test)}")


def _enough(path: Path, value: Json) -> str:
    if value is None:
        return f"without {show_path(path)} it would"
    return f"{dumps(value)} would be enough"


def _change(path: Path, text: str, to: JsonObject, clock: Moment) -> Nearest:
    """A change of the value at a path, where somebody outside gives that value."""
    match path:
        case ("event", *_) if clock.is_ours:
            return no_change(f"{text}, but that follows from what we did ourselves")
        case ("profile" | "event" | "entry", *_):
            return Nearest(text, {"path": show_path(path), **to})
        case ("consent", *rest):
            return Nearest(text, {"path": show_path(("profile", "consent", *rest)), **to})
        case ("customer", ("timezone" | "locale") as name):
            return Nearest(text, {"path": f"profile.{name}", **to})
        case ("vars", *_):
            return no_change(f"{text}, but only a step of the journey can set that")
        case ("channels", *_):
            return no_change(
                f"{text}, but that follows from the address and what became of messages"
            )
        case ("messages", *_):
            return no_change(f"{text}, but that follows from what became of the message")
        case _:
            return no_change(f"{text}, but nothing changes that")


def _candidates(test: Test, found: Found | None, clock: Moment) -> Iterator[Json]:
    """Values that may fulfil a test, the nearest to what was found first."""
    operand, other = test.operand, retyped(found)
    mistyped = not isinstance(found, Missing) and is_mismatch(test.operator, found, operand, clock)
    if mistyped and other is not None:
        yield other
    match test.operator:
        case "ne" | "not_in" | "exists":
            yield None
        case "in":
            yield from sorted(operand, key=lambda item: _distance(item, found))
        case "between":
            yield from sorted(operand, key=lambda item: _distance(item, found))
        case "gt" | "lt":
            yield from _beyond(operand, up=test.operator == "gt")
        case "contains":
            yield [*found, operand] if isinstance(found, list) else operand
            yield [operand]
        case "like":
            yield operand.replace("*", "") if isinstance(operand, str) else None
        case "before" | "after":
            yield from _around(operand, clock, after=test.operator == "after")
        case "within" | "older_than" | "in_next":
            back = {"within": 0, "older_than": -1, "in_next": 1}[test.operator]
            yield format_instant(clock.now + back * operand.length)
        case _:
            yield operand


def _possible(path: Path, values: Iterable[Json]) -> Iterator[Json]:
    """Of values those that a path can have: consent, which nobody can be without, is yes or no."""
    if path[0] == "consent" or path[:2] == ("profile", "consent"):
        yield from (True, False)
    else:
        yield from values


def _distance(value: Any, found: Found | None) -> Any:  # noqa: ANN401 - numbers or nothing
    if kind(value) == "number" and kind(found) == "number":
        return abs(Decimal(value) - Decimal(found))  # type: ignore[arg-type]  # two numbers
    return 0


def _beyond(operand: Any, *, up: bool) -> Iterator[Json]:  # noqa: ANN401 - any operand
    """Values just above or below another one."""
    if kind(operand) == "number":
        yield operand + 1 if up else operand - 1
    elif isinstance(operand, str):
        yield operand + "a" if up else operand[:-1]


def _around(operand: object, clock: Clock, *, after: bool) -> Iterator[Json]:
    """Moments just before or after another one, as a date where that is one."""
    read = read_moment(operand)
    step = 1 if after else -1
    if isinstance(read, date):
        yield (read + timedelta(days=step)).isoformat()
    at = moment(operand, clock)
    if at is not None:
        yield format_instant(at + step * SECOND)


def _later(test: Test, found: Found | None, clock: Moment) -> Instant | None:
    """From when on time alone makes a test hold, where it does."""
    if not isinstance(test.operand, Span) or found is None or isinstance(found, Missing):
        return None
    at, length = moment(found, clock), test.operand.length
    if at is None or (not length and test.operator != "older_than"):
        return None
    later = {"within": at, "older_than": at + length, "in_next": at - length}[test.operator]
    return later if clock.now < later <= LATEST else None


# ---- What does hold, and should not ----------------------------------------------------------


def without(part: Condition, clock: Moment) -> Nearest:
    """What would have kept a part from holding."""
    match part:
        case Test():
            return _unlike(part, clock)
        case All(parts):
            found = [without(item, clock) for item in parts]
            best = next((item for item in found if item.change is not None), None)
            return best or no_change(f"nothing would make this fail: {condition_in_full(part)}")
        case Any_((only,)):
            return without(only, clock)
        case InSegment(name) if name in clock.segments:
            return without(clock.segments[name], _outside(name, clock))
        case Did(within=None):
            return no_change("what was done cannot be undone")
        case Did():
            return _forgotten(part, 0, clock)
        case _:
            return no_change(
                f"several things would have to change for this to fail: {condition_in_full(part)}"
            )


def _outside(name: str, clock: Moment) -> Moment:
    others = {other: where for other, where in clock.segments.items() if other != name}
    return replace(clock, segments=others)


def _unlike(test: Test, clock: Moment) -> Nearest:
    """A value on which a test fails."""
    if test.operator == "exists" and test.operand is False:
        return _change(test.path, "any value would be enough", {"needs": {"exists": True}}, clock)
    others = test.operand if test.operator == "not_in" else [test.operand]
    for value in _possible(test.path, (None, *others)):
        if not compare(test.operator, value, test.operand, clock, ignore_case=test.ignore_case):
            return _change(test.path, _enough(test.path, value), {"to": value}, clock)
    return no_change(f"this holds with every value: {condition_in_full(test)}")


# ---- What was done too seldom, or too often --------------------------------------------------


def _of_did(did: Did, met: Met, clock: Moment) -> Nearest:
    more = _more(did, met, clock)
    if more is not None:
        return more
    if not did.sum_tests:
        most = _at_most(did)
        if most is not None and met.count > most:
            return _forgotten(did, most, clock)
    return no_change("no number of times more would be enough")


def _more(did: Did, met: Met, clock: Moment) -> Nearest | None:
    """How often more, and with what amount, would be enough."""
    first = met.count if did.sum_tests else met.count + 1
    counts = range(first, met.count + _MOST_TIMES)
    fitting = (number for number in counts if _all_hold(did.count, number, clock))
    times = next(fitting, met.count - 1) - met.count
    if times < 0:
        return None
    values = fulfilling(did.where, clock)
    if values is None:
        return no_change(
            f"{counted(max(times, 1), 'time')} more with {condition_in_full(did.where or All(()))}"
            " would be enough, but that rests on more than the event"
        )
    if did.sum_tests:
        amount = _amount(did, met, clock)
        if amount is None or times > 1 or not _all_hold(did.count, met.count + 1, clock):
            return None
        values[show_path(did.sum_of or ())] = amount
        times = 1
    change: JsonObject = {"event": did.events[0], "times": times}
    said = f"{counted(times, 'time')} more would be enough"
    if values:
        change["with"] = values
        said = f"{counted(times, 'time')} more with {said_of(values)} would be enough"
    return Nearest(said, change)


def said_of(values: JsonObject) -> str:
    """Values of an event as a sentence names them."""
    return " and ".join(f"{path} {dumps(value)}" for path, value in values.items())


def _all_hold(tests: Sequence[tuple[str, Any]], value: Json, clock: Clock) -> bool:
    return all(compare(operator, value, operand, clock) for operator, operand in tests)


def fulfilling(where: Condition | None, clock: Moment) -> JsonObject | None:
    """Values of an event that fulfil a condition; None when they alone cannot."""
    if where is None:
        return {}
    parts = where.parts if isinstance(where, All) else (where,)
    values: JsonObject = {}
    for part in parts:
        change = _of_test(part, None, clock).change if isinstance(part, Test) else None
        if change is None or not isinstance(part, Test) or part.path[0] != "event":
            return None
        if "instant" in change:
            return None
        if change.get("to", 0) is not None:
            values[show_path(part.path)] = change.get("to", "given")
    return values


def _amount(did: Did, met: Met, clock: Moment) -> int | Decimal | None:
    """What one event more would have to bring for the sum to fit."""
    for operator, operand in did.sum_tests:
        for target in _candidates(Test((), operator, operand), met.total, clock):
            if kind(target) == "number" and _all_hold(did.sum_tests, target, clock):
                amount = Decimal(target) - met.total  # type: ignore[arg-type]  # a number
                return int(amount) if amount == int(amount) else amount
    return None


def _at_most(did: Did) -> int | None:
    """The largest count that is allowed, where there is one below a thousand."""
    allowed = [
        number
        for number in range(_MOST_TIMES)
        if all(compare(operator, number, operand, _NO_CLOCK) for operator, operand in did.count)
    ]
    return allowed[-1] if allowed and allowed[-1] < _MOST_TIMES - 1 else None


def _forgotten(did: Did, most: int, clock: Moment) -> Nearest:
    """When so many of what was done lie outside the window that at most that many count."""
    length: Duration | None = did.within
    if length is None:
        return no_change("what was done cannot be undone")
    if did.where is not None or did.since_entry or did.sum_tests:
        return no_change("what was done cannot be undone; it counts until its window is past")
    times = sorted(
        event.at
        for event in clock.events
        if event.name in did.events and clock.now - length < event.at <= clock.now
    )
    if len(times) <= most:
        return no_change("what was done cannot be undone; it counts until its window is past")
    at = times[-most - 1] + length
    return at_instant(f"it counts until {format_instant(at)}", at)


_NO_CLOCK = Moment(0, ZoneInfo("UTC"), {})
