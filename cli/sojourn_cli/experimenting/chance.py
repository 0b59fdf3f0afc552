"""Chance: how far apart two shares may be, and whether they are apart at all.

Intervals hold the truth in 95 of 100 experiments, also where few or none converted: Wilson's for a
share, Newcombe's hybrid score interval for the difference of two (R. G. Newcombe, "Interval
estimation for the difference between independent proportions", Statistics in Medicine 17, 1998,
method 10).
"""

from math import sqrt
from statistics import NormalDist

from sojourn.core.nouns import noun

_Z = NormalDist().inv_cdf(0.975)


@noun
class Share:
    """How many of a group converted."""

    converted: int
    customers: int

    @property
    def rate(self) -> float:
        """The share, from 0 to 1; 0 of nobody."""
        return self.converted / self.customers if self.customers else 0.0


@noun
class Difference:
    """How much higher one rate is than another, and between which bounds it may be."""

    rate: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Whether more than chance is needed to explain it."""
        if self.low > 0:
            return "more"
        return "fewer" if self.high < 0 else "may be chance"


def difference(one: Share, other: Share) -> Difference:
    """How much higher the rate of one is; of nobody nothing is known."""
    low, high = _bounds(one)
    other_low, other_high = _bounds(other)
    rate = one.rate - other.rate
    return Difference(
        rate,
        rate - sqrt((one.rate - low) ** 2 + (other_high - other.rate) ** 2),
        rate + sqrt((high - one.rate) ** 2 + (other.rate - other_low) ** 2),
    )


def _bounds(share: Share) -> tuple[float, float]:
    """Wilson's score interval."""
    if not share.customers:
        return 0.0, 1.0
    square = _Z**2 / share.customers
    middle = share.rate + square / 2
    half = _Z * sqrt((share.rate * (1 - share.rate) + square / 4) / share.customers)
    return max((middle - half) / (1 + square), 0.0), min((middle + half) / (1 + square), 1.0)
