"""Regions: which values at one path a test allows.

Every region holds at least the values on which the test comes out that way, and maybe others: what
no region allows is impossible, while what one allows need not be possible.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sojourn.core.matching.comparisons import TEXT_OPERATORS, read_moment
from sojourn.core.matching.conditions import Test
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, is_number
from sojourn.core.values.instants import DAY, Duration, Instant, from_datetime
from sojourn.language.proofs.intervals import ALL, NONE, Intervals, between, points, spans

_MOST_POINTS = 20
"""The most single values told apart; of more only their range is kept."""

_LAST_LETTER = 0x10FFFF


@noun
class Region:
    """A set of values by kind.

    Texts that are no moment lie in ``texts``. Of moments the text must lie in ``written``, the
    instant in ``at``, and its distance from now, in microseconds, in ``from_now``. ``others`` are
    lists and objects.
    """

    missing: bool = False
    booleans: frozenset[bool] = frozenset()
    numbers: Intervals = NONE
    texts: Intervals = NONE
    written: Intervals = NONE
    at: Intervals = NONE
    from_now: Intervals = NONE
    others: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no value lies in it."""
        no_moment = self.written.is_empty or self.at.is_empty or self.from_now.is_empty
        return no_moment and not (
            self.missing
            or self.booleans
            or not self.numbers.is_empty
            or not self.texts.is_empty
            or self.others
        )

    def meet(self, other: "Region") -> "Region":
        """The values in both."""
        return Region(
            self.missing and other.missing,
            self.booleans & other.booleans,
            self.numbers.meet(other.numbers),
            self.texts.meet(other.texts),
            self.written.meet(other.written),
            self.at.meet(other.at),
            self.from_now.meet(other.from_now),
            self.others and other.others,
        )


NOTHING = Region()
PRESENT = Region(
    booleans=frozenset({True, False}),
    numbers=ALL,
    texts=ALL,
    written=ALL,
    at=ALL,
    from_now=ALL,
    others=True,
)
ANYTHING = replace(PRESENT, missing=True)
MISSING = Region(missing=True)
TEXT = Region(texts=ALL, written=ALL, at=ALL, from_now=ALL)
MOMENT = Region(written=ALL, at=ALL, from_now=ALL)


def allowed(test: Test, *, holds: bool) -> Region:
    """The values on which a test holds, or on which it does not."""
    match test.operator:
        case "ne":
            return allowed(replace(test, operator="eq"), holds=not holds)
        case "not_in":
            return allowed(replace(test, operator="in"), holds=not holds)
        case "exists":
            return PRESENT if test.operand is holds else MISSING
        case _:
            yes, no = _regions(test)
            return yes if holds else no


def _regions(test: Test) -> tuple[Region, Region]:
    """Where a test holds and where it does not; on a missing value it does not."""
    operand = test.operand
    folds = test.ignore_case and test.operator in TEXT_OPERATORS
    match test.operator:
        case "eq":
            return _one_of([operand], folds=folds)
        case "in":
            return _one_of(operand, folds=folds)
        case "gt":
            return _ordered(operand, lambda bound: between(bound, None, low_in=False))
        case "gte":
            return _ordered(operand, lambda bound: between(bound, None))
        case "lt":
            return _ordered(operand, lambda bound: between(None, bound, high_in=False))
        case "lte":
            return _ordered(operand, lambda bound: between(None, bound))
        case "between":
            return _between(*operand)
        case "starts_with" | "ends_with" | "like" | "contains":
            return _pattern(test.operator, operand, folds=folds)
        case "before" | "after":
            return _timed(test.operator, operand)
        case _:
            return _spanned(test.operator, operand.length)


def _one_of(operands: list[Any], *, folds: bool) -> tuple[Region, Region]:
    texts = [value for value in operands if isinstance(value, str)]
    moments = {value: read for value in texts if (read := read_moment(value)) is not None}
    numbers, no_numbers = _points([value for value in operands if is_number(value)])
    plain, no_plain = _points([value for value in texts if value not in moments])
    written, no_written = _points(list(moments))
    booleans = frozenset(value for value in operands if isinstance(value, bool))
    yes = Region(
        booleans=booleans,
        numbers=numbers,
        texts=plain,
        written=written,
        at=spans(_around(read) for read in moments.values()),
        from_now=ALL,
        others=any(isinstance(value, list | dict) for value in operands),
    )
    no = replace(
        ANYTHING,
        booleans=ANYTHING.booleans - booleans,
        numbers=no_numbers,
        texts=no_plain,
        written=no_written,
    )
    if folds and texts:
        yes = replace(yes, texts=ALL, written=ALL, at=ALL)
        no = replace(no, texts=ALL, written=ALL)
    return yes, no


def _points(values: list[Any]) -> tuple[Intervals, Intervals]:
    """Single values and all others; of very many the range, and no others told apart."""
    if len(values) > _MOST_POINTS:
        return between(min(values), max(values)), ALL
    found = points(values)
    return found, found.outside()


def _around(read: Instant | date) -> tuple[Instant, Instant]:
    """An instant, or all instants at which a date can begin, whatever the zone."""
    if isinstance(read, date):
        begins = from_datetime(datetime(read.year, read.month, read.day, tzinfo=UTC))
        return begins - DAY, begins + DAY
    return read, read


def _ordered(operand: Json, values: Callable[[Json], Intervals]) -> tuple[Region, Region]:
    if is_number(operand):
        found = values(operand)
        return Region(numbers=found), replace(ANYTHING, numbers=found.outside())
    if isinstance(operand, str):
        return _written(values(operand))
    return NOTHING, ANYTHING


def _written(found: Intervals) -> tuple[Region, Region]:
    """Texts within an interval, moments among them, and everything else."""
    others = found.outside()
    yes = replace(TEXT, texts=found, written=found)
    return yes, replace(ANYTHING, texts=others, written=others)


def _between(low: Json, high: Json) -> tuple[Region, Region]:
    alike = (is_number(low) and is_number(high)) or (isinstance(low, str) and isinstance(high, str))
    return _ordered(low, lambda _: between(low, high)) if alike else (NOTHING, ANYTHING)


def _pattern(operator: str, operand: Json, *, folds: bool) -> tuple[Region, Region]:
    if operator == "contains":
        of_text = isinstance(operand, str)
        return replace(TEXT if of_text else NOTHING, others=True), ANYTHING
    if not isinstance(operand, str):
        return NOTHING, ANYTHING
    if folds or operator == "ends_with":
        return TEXT, ANYTHING
    prefix, star, rest = operand.partition("*")
    if operator == "like" and not star:
        return _one_of([operand], folds=False)
    if operator == "starts_with":
        return _written(_beginning(operand))
    yes, no = _written(_beginning(prefix))
    return yes, ANYTHING if rest.strip("*") else no


def _beginning(prefix: str) -> Intervals:
    """All texts that begin so."""
    if not prefix:
        return ALL
    body = prefix.rstrip(chr(_LAST_LETTER))
    after = body[:-1] + chr(ord(body[-1]) + 1) if body else None
    return between(prefix, after, high_in=False)


def _timed(operator: str, operand: str) -> tuple[Region, Region]:
    read = read_moment(operand)
    assert read is not None, "the language checked that it is a moment"  # noqa: S101
    first, last = _around(read)
    sooner, later = between(None, last, high_in=False), between(first, None)
    if operator == "before":
        return replace(MOMENT, at=sooner), replace(ANYTHING, at=later)
    not_later = between(None, last)
    return replace(MOMENT, at=between(first, None, low_in=False)), replace(ANYTHING, at=not_later)


def _spanned(operator: str, length: Duration) -> tuple[Region, Region]:
    match operator:
        case "within":
            found = between(-length, 0, low_in=False)
        case "older_than":
            found = between(None, -length)
        case _:
            found = between(0, length, low_in=False)
    return replace(MOMENT, from_now=found), replace(ANYTHING, from_now=found.outside())
