"""Intervals are sets: what is in both, and what is in neither, value by value."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sojourn.language.proofs.intervals import ALL, Interval, Intervals, between, points, spans

VALUES = [Fraction(number, 2) for number in range(-1, 23)]
"""On every bound, beside it, and beyond all."""

BOUNDS = st.none() | st.integers(0, 10)
SINGLE = st.builds(
    lambda low, high, low_in, high_in: between(low, high, low_in=low_in, high_in=high_in),
    *(BOUNDS, BOUNDS, st.booleans(), st.booleans()),
)
SETS = st.recursive(
    SINGLE
    | st.builds(points, st.lists(st.integers(0, 10), max_size=9))
    | st.builds(spans, st.lists(st.tuples(st.integers(0, 5), st.integers(5, 10)), max_size=3)),
    lambda inner: (
        st.builds(lambda left, right: left.meet(right), inner, inner)
        | st.builds(lambda each: each.outside(), inner)
    ),
    max_leaves=8,
)


def has(part: Interval, value: Fraction) -> bool:
    above = part.low is None or value > part.low or (part.low_in and value == part.low)
    below = part.high is None or value < part.high or (part.high_in and value == part.high)
    return above and below


def held(found: Intervals) -> set[Fraction]:
    """The values that lie in it; none lies in two of its parts."""
    lying = [value for part in found.parts for value in VALUES if has(part, value)]
    assert lying == sorted(set(lying))
    return set(lying)


@given(SETS, SETS)
def test_what_is_in_both(left: Intervals, right: Intervals) -> None:
    assert held(left.meet(right)) == held(left) & held(right)


@given(SETS)
def test_what_is_in_it_no_more(found: Intervals) -> None:
    assert held(found.outside()) == set(VALUES) - held(found)
    assert held(found.meet(ALL)) == held(ALL.meet(found)) == held(found)


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 3)), max_size=5))
def test_spans_that_touch_are_one(begins: list[tuple[int, int]]) -> None:
    bounds = [(low, low + length) for low, length in begins]
    wanted = {value for value in VALUES if any(low <= value <= high for low, high in bounds)}
    assert held(spans(bounds)) == wanted
