"""Intervals: sets of ordered values, exact under intersection and complement."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """Values from ``low`` to ``high``, None being no bound; ``*_in``: the bound belongs to it."""

    low: Any = None
    low_in: bool = False
    high: Any = None
    high_in: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no value lies in it, as far as order alone tells."""
        if self.low is None or self.high is None:
            return False
        if self.low == self.high:
            return not (self.low_in and self.high_in)
        return bool(self.low > self.high)

    @property
    def has_whole(self) -> bool:
        """Whether a whole number lies in it; its bounds are numbers."""
        if self.low is None or self.high is None:
            return True
        low: int = ceil(self.low)
        high: int = floor(self.high)
        if low == self.low and not self.low_in:
            low += 1
        if high == self.high and not self.high_in:
            high -= 1
        return low <= high

    def meet(self, other: "Interval") -> "Interval":
        """The values in both."""
        low, low_in = self.low, self.low_in
        if low is None or (other.low is not None and other.low > low):
            low, low_in = other.low, other.low_in
        elif other.low == low:
            low_in = low_in and other.low_in
        high, high_in = self.high, self.high_in
        if high is None or (other.high is not None and other.high < high):
            high, high_in = other.high, other.high_in
        elif other.high == high:
            high_in = high_in and other.high_in
        return Interval(low, low_in, high, high_in)

    def outside(self) -> "Intervals":
        """All other values."""
        below = Interval(high=self.low, high_in=not self.low_in) if self.low is not None else None
        above = Interval(low=self.high, low_in=not self.high_in) if self.high is not None else None
        return Intervals(tuple(part for part in (below, above) if part is not None))


@dataclass(frozen=True, slots=True)
class Intervals:
    """A union of intervals, none of which is empty."""

    parts: tuple[Interval, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no value lies in it."""
        return not self.parts

    def meet(self, other: "Intervals") -> "Intervals":
        """The values in both."""
        both = (left.meet(right) for left in self.parts for right in other.parts)
        return Intervals(tuple(part for part in both if not part.is_empty))

    def outside(self) -> "Intervals":
        """All other values."""
        left = ALL
        for part in self.parts:
            left = left.meet(part.outside())
        return left


NONE = Intervals()
ALL = Intervals((Interval(),))


def between(low: Any, high: Any, *, low_in: bool = True, high_in: bool = True) -> Intervals:  # noqa: ANN401 - any ordered values
    """The values between two bounds; None is no bound."""
    part = Interval(low, low_in, high, high_in)
    return NONE if part.is_empty else Intervals((part,))


def points(values: Iterable[Any]) -> Intervals:
    """Single values."""
    return Intervals(tuple(Interval(value, True, value, True) for value in values))  # noqa: FBT003 - in the noun's order
