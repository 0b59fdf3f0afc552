"""How the table is paid for: by what is written and read, or by the hour.

A unit of provisioned capacity writes or reads one unit a second, and costs the same whether it does
or not: so what a write costs depends on the part of the capacity that is in use.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject

MILLION = 1_000_000
HOUR_SECONDS = 3_600

type Mode = Literal["on-demand", "provisioned"]

USE = Fraction(7, 10)
"""What the template's auto scaling aims at; on average it is less, as it follows some minutes
later."""


@noun
class Capacity:
    """The table's capacity; ``use`` is the part of what is provisioned that is in use, on average.

    Above 0, at most 1; None on demand, where there is nothing unused.
    """

    use: Fraction | None = None

    @property
    def mode(self) -> Mode:
        """As the template's parameter `TableCapacity` calls it."""
        return "on-demand" if self.use is None else "provisioned"

    def priced(self, prices: Mapping[str, Any]) -> Mapping[str, Any]:
        """The prices with those of a million units that this capacity leads to."""
        if self.use is None:
            return prices
        units = {f"{what}_units": full(prices, what) / self.use for what in ("write", "read")}
        return {**prices, "per_million": {**prices["per_million"], **units}}

    def standing(self, prices: Mapping[str, Any]) -> list[tuple[str, Fraction]]:
        """What it takes in a month in which nothing comes; dollars."""
        if self.use is None:
            return []
        idle = prices["idle_month"]
        least, alarms = idle["provisioned"], idle["provisioned"]["alarms"]
        units = least["places"] * (_least(prices, "write") + _least(prices, "read"))
        return [
            ("the least capacity of the table and of its index", units),
            (f"{alarms} alarms that scale it", alarms * Fraction(idle["alarms"]["each"])),
        ]

    def in_use(self, prices: Mapping[str, Any], spent: Mapping[str, Fraction]) -> Fraction:
        """Dollars of a month's least capacity that its events use, and so pay already.

        ``spent`` is what they take in that month: `write` and `read` of the table, `index` writes.
        """
        if self.use is None:
            return Fraction(0)
        least = {what: _least(prices, what) for what in ("write", "read")}
        least["index"] = least["write"]
        return sum((min(least[what], much) for what, much in spent.items()), Fraction(0))

    def told(self, prices: Mapping[str, Any]) -> JsonObject:
        """The capacity in the bill; ``prices`` are those of the file.

        ``break_even_use``: above it provisioned capacity is cheaper, but for what stands still.
        """
        even = full(prices, "write") / Fraction(prices["per_million"]["write_units"])
        return {
            "mode": self.mode,
            "use": None if self.use is None else _places(self.use),
            "break_even_use": _places(even),
        }


ON_DEMAND = Capacity()


def full(prices: Mapping[str, Any], what: str) -> Fraction:
    """Dollars of a million units where all that is provisioned is in use: `write` or `read`."""
    return Fraction(prices["provisioned"][f"{what}_unit_hour"]) * MILLION / HOUR_SECONDS


def _least(prices: Mapping[str, Any], what: str) -> Fraction:
    """Dollars a month of the least that one place, the table or its index, always has."""
    least = prices["idle_month"]["provisioned"]
    hourly = Fraction(prices["provisioned"][f"{what}_unit_hour"])
    return Fraction(least[f"{what}_units"]) * Fraction(least["hours"]) * hourly


def _places(value: Fraction) -> Decimal:
    """A part, with four places at most."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.0001")).normalize()
