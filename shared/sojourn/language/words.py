"""Words: the kinds of single values that files are made of, each with its check and its schema."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

from sojourn.core.limits import EMITTED_NAME_CHARS, EVENT_NAME_CHARS
from sojourn.core.state.customer import MESSAGE_FACTS
from sojourn.core.values.addresses import name_and_address
from sojourn.core.values.exact import is_number
from sojourn.core.values.instants import parse_date, parse_duration, parse_instant, parse_offset
from sojourn.core.values.localtime import WEEKDAYS, find_zone, parse_time_of_day
from sojourn.core.workspace.plan import CHANNELS
from sojourn.language import meant
from sojourn.language.assigning import (
    assignments_problems,
    increments_problems,
    values_problems,
    writable_problems,
)
from sojourn.language.findings import Code, Problem, Unknown, no_such
from sojourn.language.forms import SHARED, Check, Checked, wrong_type
from sojourn.language.paths import path_problems
from sojourn.language.wording import breaks_a_line, near, quoted

ID_CHARS = 100
"""The longest id; ids are part of keys and of tags on messages."""

TEXT_CHARS = 1000
"""The longest name or label."""

_LONGEST_GUESSED = 40
"""The longest text that is looked at for what was meant by it."""

_SENDER_ID = re.compile(r"(?=[\d-]*[A-Za-z])[A-Za-z0-9-]{1,11}|\+[1-9][0-9]{4,14}", re.ASCII)
"""Amazon SNS Developer Guide, "Sender IDs"; and a number as `SnsTexter` tells it from one."""

_ABOUT = "message."
"""How the names of facts about our own messages begin."""

_FACTS = tuple(name.removeprefix(_ABOUT) for name in (*MESSAGE_FACTS, "message.not_spam"))

_OFFSET = re.compile(r"(?:UTC|GMT|Z)? ?[+-]\d{1,2}(?::?\d\d)?", re.ASCII | re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>(),:;\[\]\\\"]+@[^\s@<>(),:;\[\]\\\"]+")


def _text(most: int) -> Check:
    def check(value: object) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield wrong_type("text", value)
        elif not value.strip():
            yield Problem((), Code.EMPTY, "this text is empty; write one or leave the key out")
        elif len(value) > most:
            message = f"a text of {len(value)} characters; the most is {most}"
            yield Problem((), Code.OUT_OF_RANGE, message)
        elif breaks_a_line(value):
            message = "a line break or control character does not belong here"
            yield Problem((), Code.BAD_TEXT, message)

    return check


def id_problems(value: object) -> Iterator[Problem]:
    """What is wrong with an id: letters, digits, `-`, `_` and `.`, a letter or digit first."""
    if not isinstance(value, str):
        yield wrong_type("an id", value)
    elif not (
        0 < len(value) <= ID_CHARS
        and value[0].isalnum()
        and all(letter.isalnum() or letter in "-_." for letter in value)
    ):
        message = (
            f"{quoted(value)} is no id: up to {ID_CHARS} letters, digits, `-`, `_` and `.`,"
            " a letter or digit first"
        )
        yield Problem((), Code.BAD_ID, message)


def one_of(*choices: str, what: str = "value", code: Code = Code.UNKNOWN_VALUE) -> Checked:
    """Annotates one of a few words."""

    def check(value: object) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield wrong_type("text", value)
        elif value not in choices:
            yield no_such(what, value, choices, code)

    return Checked(check, {"type": "string", "enum": list(choices)})


def _weekday(value: object) -> Iterator[Problem]:
    """One of the short names; what was meant by a long one stands at its beginning."""
    if not isinstance(value, str):
        yield wrong_type("text", value)
    elif value not in WEEKDAYS:
        problem = no_such("weekday", value, WEEKDAYS, Code.UNKNOWN_VALUE)
        yield replace(problem, unknown=Unknown(value[:3], WEEKDAYS))


type _Guess = Callable[[str], str | None]


def _parsed(
    parse: Callable[[str], object], code: Code, wanted: str, guess: _Guess, *, above: bool = False
) -> Check:
    def check(value: object) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield wrong_type(wanted, value)
            return
        try:
            read = parse(value)
        except ValueError as error:
            yield Problem((), code, f"{error}{written_instead(value, guess, parse)}")
            return
        if above and not read:
            yield Problem(
                (), Code.OUT_OF_RANGE, f"{quoted(value)} is no length of time; give more than none"
            )

    return check


def written_instead(text: str, guess: _Guess, parse: Callable[[str], object]) -> str:
    """How a sentence ends that knows what was meant, once that can be read."""
    instead = guess(text) if len(text) <= _LONGEST_GUESSED else None
    if instead is None:
        return ""
    try:
        parse(instead)
    except ValueError:
        return ""
    return f"; write {quoted(instead)}"


def _boolean(value: object) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield wrong_type("true or false", value)


def whole(least: int, most: int | None = None) -> Checked:
    """Annotates a whole number within bounds, both in."""
    schema = {"type": "integer", "minimum": least}
    if most is not None:
        schema["maximum"] = most

    def check(value: object) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield wrong_type("a whole number", value)
        elif value < least or (most is not None and value > most):
            yield Problem((), Code.OUT_OF_RANGE, _range(value, least, most))

    return Checked(check, schema)


def number(least: int | None = None, most: int | None = None) -> Checked:
    """Annotates a number within bounds."""
    bounds = {"minimum": least, "maximum": most}
    schema = {"type": "number"} | {key: value for key, value in bounds.items() if value is not None}

    def check(value: object) -> Iterator[Problem]:
        if not is_number(value):
            yield wrong_type("a number", value)
        elif (least is not None and value < least) or (most is not None and value > most):
            yield Problem((), Code.OUT_OF_RANGE, _range(value, least, most))

    return Checked(check, schema)


def _range(value: int | Decimal, least: int | None, most: int | None) -> str:
    if most is None:
        return f"{value} is less than {least}"
    return f"{value} is not within {least} and {most}"


def many(check: Check, what: str, schema: Mapping[str, Any]) -> Checked:
    """Annotates a list of at least one value, without the same twice."""

    def check_all(value: object) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield wrong_type(f"a list of {what}s", value)
            return
        if not value:
            yield Problem((), Code.EMPTY, f"an empty list; name at least one {what}")
        seen: set[str] = set()
        for index, item in enumerate(value):
            problems = list(check(item))
            if not problems and item in seen:
                message = f"{quoted(item)} stands in this list before; name it once"
                problems = [Problem((), Code.DUPLICATE_NAME, message, "warning")]
            elif not problems:
                seen.add(item)
            for problem in problems:
                yield problem.under(index)

    return Checked(check_all, {"type": "array", "items": dict(schema), "minItems": 1})


def _event_name(value: object) -> Iterator[Problem]:
    """A name; one that is nearly that of a fact about our messages was perhaps meant so."""
    problems = list(_text(EVENT_NAME_CHARS)(value))
    yield from problems
    if problems or not isinstance(value, str) or not value.casefold().startswith(_ABOUT):
        return
    fact = near(value[len(_ABOUT) :], _FACTS)
    if fact is not None and value != _ABOUT + fact:
        message = (
            f"no fact about a message is called {quoted(value)}; did you mean"
            f" {quoted(_ABOUT + fact)}?"
        )
        yield Problem((), Code.UNKNOWN_FACT, message, "warning")


def event_names_problems(value: object) -> Iterator[Problem]:
    """What is wrong with the name of an event, or a list of names."""
    if isinstance(value, list):
        yield from _names.check(value)
    elif isinstance(value, str):
        yield from _event_name(value)
    else:
        yield wrong_type("the name of an event or a list of names", value)


def zone_problems(value: object) -> Iterator[Problem]:
    """What is wrong with the name of a time zone."""
    if not isinstance(value, str):
        yield wrong_type("the name of a time zone", value)
    elif find_zone(value) is None and _OFFSET.fullmatch(value):
        message = (
            f"{quoted(value)} is an offset; name a place like `Europe/Berlin`, whose clock counts"
        )
        yield Problem((), Code.UNKNOWN_ZONE, message)
    elif find_zone(value) is None:
        yield no_such("time zone", value, _zones_like(value), Code.UNKNOWN_ZONE)


def _zones_like(name: str) -> list[str]:
    """Zones of that very city; where there is none, of the same continent, or that end alike."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - looks into hundreds of files

    city = name.casefold().replace(" ", "_")
    of_city = [zone for zone in available_timezones() if zone.casefold().endswith(f"/{city}")]
    if of_city:
        return of_city
    first, last = name[:3].casefold(), name[-3:].casefold()
    return [
        zone
        for zone in available_timezones()
        if zone[:3].casefold() == first or zone[-3:].casefold() == last
    ]


def _sender(value: object) -> Iterator[Problem]:
    """An address, with or without a display name."""
    problems = list(_text(TEXT_CHARS)(value))
    yield from problems
    if not problems and isinstance(value, str):
        address = name_and_address(value)[1]
        local, _, domain = address.rpartition("@")
        if local and not local.isascii():
            message = f"{quoted(value)}: SES takes ASCII alone before the `@` of a sender"
            yield Problem((), Code.BAD_SENDER, message)
        elif not _ADDRESS.fullmatch(address) or "." not in domain:
            message = f"{quoted(value)} is no sender like `Shop <hello@shop.example>`"
            yield Problem((), Code.BAD_SENDER, message)


def _texting_sender(value: object) -> Iterator[Problem]:
    """A sender id as SNS takes one, or a number of ours with its country's code."""
    problems = list(_text(TEXT_CHARS)(value))
    yield from problems
    if not problems and isinstance(value, str) and not _SENDER_ID.fullmatch(value):
        message = (
            f"{quoted(value)}: SNS takes up to 11 letters, digits and hyphens, one of them a letter"
            " at least, or a number of yours with its country's code (`+14255550100`)"
        )
        yield Problem((), Code.BAD_SENDER, message, "warning")


def match_problems(value: object) -> Iterator[Problem]:
    """What is wrong with pairs of paths that must be equal."""
    if not isinstance(value, dict):
        yield wrong_type("an object of pairs of paths", value)
        return
    if not value:
        yield Problem((), Code.EMPTY, "this is empty; name two paths or leave the key out")
    for left, right in value.items():
        for side in (left, right):
            for problem in path_problems(side):
                yield problem.under(left)


def _date(value: object) -> Iterator[Problem]:
    """A fixed date or instant, or the path of one."""
    if not isinstance(value, str):
        yield wrong_type("a path, a date or an instant", value)
    elif not (value[:1].isascii() and value[:1].isdigit()):
        yield from path_problems(value)
    else:
        yield from moment_problems(value)


def duration_problems(value: object) -> Iterator[Problem]:
    """What is wrong with a duration; none at all is one."""
    yield from _duration(value)


def moment_problems(value: object) -> Iterator[Problem]:
    """What is wrong with a fixed date or instant."""
    is_date = isinstance(value, str) and len(value) <= len("2026-01-31")
    parse = parse_date if is_date else parse_instant
    yield from _parsed(parse, Code.BAD_INSTANT, "a date or an instant", meant.instant)(value)


def shared(name: str) -> dict[str, str]:
    """Stands for a definition that `schemas.py` gives."""
    return {SHARED: name}


_TEXT_SCHEMA = {"type": "string", "minLength": 1}
_duration = _parsed(parse_duration, Code.BAD_DURATION, "a duration like P7D or 90m", meant.duration)
_real_duration = _parsed(
    parse_duration, Code.BAD_DURATION, "a duration like P7D or 90m", meant.duration, above=True
)
_names = many(_event_name, "event name", _TEXT_SCHEMA)

Text = Annotated[str, Checked(_text(TEXT_CHARS), _TEXT_SCHEMA)]
StepName = Annotated[str, Checked(_text(ID_CHARS), _TEXT_SCHEMA)]
Id = Annotated[str, Checked(id_problems, shared("Id"))]
Boolean = Annotated[bool, Checked(_boolean, {"type": "boolean"})]
Duration = Annotated[str, Checked(_duration, shared("Duration"))]
RealDuration = Annotated[str, Checked(_real_duration, shared("Duration"))]
Offset = Annotated[
    str,
    Checked(
        _parsed(parse_offset, Code.BAD_DURATION, "a duration like -P7D", meant.duration),
        shared("Offset"),
    ),
]
Instant = Annotated[
    str,
    Checked(
        _parsed(parse_instant, Code.BAD_INSTANT, "an instant", meant.instant), shared("Instant")
    ),
]
Date = Annotated[
    str,
    Checked(_parsed(parse_date, Code.BAD_INSTANT, "a date", meant.date), shared("Date")),
]
DateOrPath = Annotated[str, Checked(_date, shared("DateOrPath"))]
TimeOfDay = Annotated[
    str,
    Checked(
        _parsed(parse_time_of_day, Code.BAD_TIME, "a time of day like 09:00", meant.time_of_day),
        shared("TimeOfDay"),
    ),
]
EmittedName = Annotated[str, Checked(_text(EMITTED_NAME_CHARS), _TEXT_SCHEMA)]
EventNames = Annotated[object, Checked(event_names_problems, shared("EventNames"))]
Path = Annotated[str, Checked(path_problems, shared("Path"))]
WritablePath = Annotated[str, Checked(writable_problems, shared("Writable"))]
Match = Annotated[object, Checked(match_problems, shared("Match"))]
Values = Annotated[object, Checked(values_problems, shared("Values"))]
Assignments = Annotated[object, Checked(assignments_problems, shared("Assignments"))]
Increments = Annotated[object, Checked(increments_problems, shared("Increments"))]
_CHANNEL = one_of(*CHANNELS, what="channel", code=Code.UNKNOWN_CHANNEL)
Channel = Annotated[str, _CHANNEL]
Channels = Annotated[
    list[str],
    many(_CHANNEL.check, "channel", _CHANNEL.schema),
]
Weekdays = Annotated[
    list[str],
    many(_weekday, "weekday", {"type": "string", "enum": list(WEEKDAYS)}),
]
Zone = Annotated[str, Checked(zone_problems, {"type": "string"})]
TextingSender = Annotated[str, Checked(_texting_sender, _TEXT_SCHEMA)]
Sender = Annotated[str, Checked(_sender, {"type": "string"})]
