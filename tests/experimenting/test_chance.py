"""Chance: the published values, and what holds of any two groups."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn_cli.experimenting.chance import Share, difference

SHARES = st.integers(0, 500).flatmap(
    lambda customers: st.builds(Share, st.integers(0, customers), st.just(customers))
)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_bounds_are_those_that_newcombe_printed(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    # Statistics in Medicine 17 (1998), table II, method 10.
    found = difference(Share(*one), Share(*other))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.00006)


@given(SHARES, SHARES)
def test_a_difference_lies_within_its_bounds_and_turns_with_its_groups(
    one: Share, other: Share
) -> None:
    found, turned = difference(one, other), difference(other, one)
    assert -1 - 1e-9 <= found.low <= found.rate <= found.high <= 1 + 1e-9
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    words = {"more": "fewer", "fewer": "more", "may be chance": "may be chance"}
    assert turned.verdict == words[found.verdict]


@given(SHARES, st.integers(0, 3))
def test_nobody_tells_nothing(share: Share, converted: int) -> None:
    assert difference(Share(0, 0), share).verdict == "may be chance"
    assert difference(Share(converted, 3), Share(converted, 3)).verdict == "may be chance"


def test_of_a_hundred_experiments_some_ninety_five_hold_the_truth() -> None:
    chance = Random(7)
    held = 0
    for _ in range(2_000):
        rates = chance.random(), chance.random()
        sizes = chance.randint(20, 200), chance.randint(20, 200)
        one, other = (
            Share(sum(chance.random() < rate for _ in range(size)), size)
            for rate, size in zip(rates, sizes, strict=True)
        )
        found = difference(one, other)
        held += found.low <= rates[0] - rates[1] <= found.high
    assert 0.94 < held / 2_000 < 0.97
