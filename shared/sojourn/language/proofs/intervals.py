"""Intervals: sets of ordered values, exact under intersection and complement."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from math import ceil, floor
from typing import Any

from sojourn.core.nouns import noun


@noun
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


@noun
class Intervals:
    """A union of intervals in ascending order, none of which is empty or meets another."""

    parts: tuple[Interval, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no value lies in it."""
        return not self.parts

    def meet(self, other: "Intervals") -> "Intervals":
        """The values in both; takes time by the parts of the one that has fewer."""
        if other is ALL:
            return self
        few, many = sorted((self.parts, other.parts), key=len)
        found: list[Interval] = []
        for part in few:
            near = many[_first_up_to(many, part.low) : _last_from(many, part.high)]
            whole = slice(_TOUCHED, max(len(near) - _TOUCHED, _TOUCHED))
            found += _met(part, near[:_TOUCHED])
            found += near[whole]
            found += _met(part, near[whole.stop :])
        return Intervals(tuple(found))

    def outside(self) -> "Intervals":
        """All other values."""
        gaps = []
        low, low_in = None, False
        for part in self.parts:
            if part.low is not None:
                gaps.append(Interval(low, low_in, part.low, not part.low_in))
            low, low_in = part.high, not part.high_in
        if not self.parts or low is not None:
            gaps.append(Interval(low, low_in))
        return Intervals(tuple(gap for gap in gaps if not gap.is_empty))


_TOUCHED = 2
"""At each end of those near a part so many may stick out of it or touch it with their bound."""


def _met(part: Interval, others: Iterable[Interval]) -> Iterator[Interval]:
    met = (part.meet(other) for other in others)
    return (each for each in met if not each.is_empty)


def _first_up_to(parts: tuple[Interval, ...], low: Any) -> int:  # noqa: ANN401 - any ordered value
    """The place of the first part that does not end before ``low``."""
    if low is None or not parts:
        return 0
    ends = len(parts) - (parts[-1].high is None)
    return bisect_left(parts, low, 0, ends, key=lambda part: part.high)


def _last_from(parts: tuple[Interval, ...], high: Any) -> int:  # noqa: ANN401 - any ordered value
    """The place after the last part that does not begin after ``high``."""
    if high is None or not parts:
        return len(parts)
    begins = int(parts[0].low is None)
    return bisect_right(parts, high, begins, key=lambda part: part.low)


NONE = Intervals()
ALL = Intervals((Interval(),))


def between(low: Any, high: Any, *, low_in: bool = True, high_in: bool = True) -> Intervals:  # noqa: ANN401 - any ordered values
    """The values between two bounds; None is no bound."""
    part = Interval(low, low_in, high, high_in)
    return NONE if part.is_empty else Intervals((part,))


def points(values: Iterable[Any]) -> Intervals:
    """Single values."""
    return Intervals(tuple(Interval(value, True, value, True) for value in sorted(set(values))))  # noqa: FBT003 - in the noun's order


def spans(bounds: Iterable[tuple[Any, Any]]) -> Intervals:
    """All values from a low bound to a high one, both of which belong to it."""
    joined: list[tuple[Any, Any]] = []
    for low, high in sorted(bounds):
        if joined and low <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        else:
            joined.append((low, high))
    return Intervals(tuple(Interval(low, True, high, True) for low, high in joined))  # noqa: FBT003 - in the noun's order
