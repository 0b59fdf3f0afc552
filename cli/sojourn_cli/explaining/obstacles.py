"""Obstacles: the part of a condition that did not hold, read back out of a decision's reason.

A reason quotes the part and the value it met. With the condition at hand both are nouns again, and
arithmetic can say what would have been enough.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from sojourn.core.matching.conditions import (
    SHOWN_CHARS,
    All,
    Any_,
    Condition,
    Did,
    InSegment,
    Not,
    Test,
    describe,
)
from sojourn.core.nouns import noun
from sojourn.core.values.paths import MISSING, Found
from sojourn_cli.explaining.words import condition_in_full, counted

_JSON = json.JSONDecoder(parse_float=Decimal)
_ELLIPSIS = "…"
_LONGEST = SHOWN_CHARS + len(_ELLIPSIS)
"""A reason quotes no more of a value."""
_MISMATCH = " (type mismatch)"
_NO_SEGMENT = "there is no such segment"
_HOLDS = "it holds"
_NONE_GIVEN = "none given"
_SEEN = re.compile(r"(\d+) times(?:, sum (-?[\dE.+-]+))?")


@noun
class Met:
    """A part that did not hold: what it met, as quoted and, where it was quoted whole, as a value.

    ``inside`` are the parts within it that did not hold: of every alternative, or of a segment.
    ``count`` and ``total`` are what a `did` saw.
    """

    part: Condition
    quoted: str = ""
    found: Found | None = None
    inside: "tuple[Met, ...]" = ()
    count: int = 0
    total: Decimal = Decimal(0)


def read_obstacle(
    condition: Condition, reason: str, segments: Mapping[str, Condition]
) -> Met | None:
    """The part that a reason quotes, or None when the condition has no such part."""
    read = _read(condition, reason, segments)
    return read[0] if read is not None and not read[1] else None


def _read(
    condition: Condition, text: str, segments: Mapping[str, Condition]
) -> tuple[Met, str] | None:
    """What a text begins with, and the rest of it."""
    if isinstance(condition, All):
        found = (_read(part, text, segments) for part in condition.parts)
        return next((item for item in found if item is not None), None)
    head = f"{describe(condition)}: "
    if not text.startswith(head):
        return None
    rest = text[len(head) :]
    match condition:
        case Test():
            return _read_test(condition, rest)
        case Any_(parts):
            return _read_alternatives(condition, parts, rest, segments)
        case Not():
            return (Met(condition), rest[len(_HOLDS) :]) if rest.startswith(_HOLDS) else None
        case InSegment() if rest.startswith(_NO_SEGMENT):
            return Met(condition, _NO_SEGMENT), rest[len(_NO_SEGMENT) :]
        case InSegment(name):
            inner = segments.get(name)
            without = {other: where for other, where in segments.items() if other != name}
            read = None if inner is None else _read(inner, rest, without)
            return None if read is None else (Met(condition, inside=(read[0],)), read[1])
        case Did():
            seen = _SEEN.match(rest)
            if seen is None:
                return None
            met = Met(condition, count=int(seen[1]), total=Decimal(seen[2] or 0))
            return met, rest[seen.end() :]


def _read_test(test: Test, text: str) -> tuple[Met, str] | None:
    found: Found | None
    if text.startswith("missing"):
        found, end = MISSING, len("missing")
    else:
        try:
            found, end = _JSON.raw_decode(text)
        except ValueError:
            found, end = None, _LONGEST
            if not text.startswith(_ELLIPSIS, SHOWN_CHARS):
                return None
    if text.startswith(_MISMATCH, end):
        return Met(test, text[: end + len(_MISMATCH)], found), text[end + len(_MISMATCH) :]
    return Met(test, text[:end], found), text[end:]


def _read_alternatives(
    condition: Any_, parts: tuple[Condition, ...], text: str, segments: Mapping[str, Condition]
) -> tuple[Met, str] | None:
    if not parts:
        whole = text.startswith(_NONE_GIVEN)
        return (Met(condition), text[len(_NONE_GIVEN) :]) if whole else None
    inside: list[Met] = []
    for part in parts:
        if inside:
            if not text.startswith("; "):
                return None
            text = text[2:]
        read = _read(part, text, segments)
        if read is None:
            return None
        met, text = read
        inside.append(met)
    return Met(condition, inside=tuple(inside)), text


def say_met(met: Met) -> str:
    """The part that did not hold and what it met, as a clause."""
    match met.part:
        case Test():
            return f"{condition_in_full(met.part)}: it was {met.quoted}"
        case Any_():
            if not met.inside:
                return "an empty list of alternatives never holds"
            return "no alternative held (" + "; ".join(say_met(item) for item in met.inside) + ")"
        case InSegment(name):
            inside = "; ".join(say_met(item) for item in met.inside)
            return f"segment {name}: {inside or met.quoted}"
        case Did():
            seen = f"{condition_in_full(met.part)}: it was done {counted(met.count, 'time')}"
            return f"{seen}, sum {met.total}" if met.part.sum_tests else seen
        case _:
            return f"{condition_in_full(met.part)}: {_HOLDS}"
