"""Filters that calculate: exactly, on whole numbers and decimals as they were written.

Sums, differences and products lose nothing. A quotient of two whole numbers is rounded down to one,
as everywhere in Liquid; any other has 28 digits. Halves are rounded away from zero.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from sojourn.rendering.budget import NUMBER_SIZE
from sojourn.rendering.failure import Unfit
from sojourn.rendering.values import number, whole

type Number = int | Decimal

_EXACT = Context(prec=4 * NUMBER_SIZE)
"""More digits than a product of two numbers can have, `NUMBER_SIZE` on each side of each point."""

_QUOTIENT = Context(prec=28)
_MOST_PLACES = 30


def absolute(value: object) -> Number:
    """The number without its sign."""
    found = number(value)
    return -found if found < 0 else found


def at_least(value: object, least: object) -> Number:
    """The larger of two."""
    return max(number(value), number(least))


def at_most(value: object, most: object) -> Number:
    """The smaller of two."""
    return min(number(value), number(most))


def plus(value: object, other: object) -> Number:
    """The exact sum."""
    left, right = number(value), number(other)
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return _EXACT.add(Decimal(left), Decimal(right))


def minus(value: object, other: object) -> Number:
    """The exact difference."""
    left, right = number(value), number(other)
    if isinstance(left, int) and isinstance(right, int):
        return left - right
    return _EXACT.subtract(Decimal(left), Decimal(right))


def times(value: object, other: object) -> Number:
    """The exact product."""
    left, right = number(value), number(other)
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    return _EXACT.multiply(Decimal(left), Decimal(right))


def divided_by(value: object, other: object) -> Number:
    """The quotient, rounded down to a whole number when both are whole numbers."""
    left, right = number(value), _divisor(other)
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    return _QUOTIENT.divide(Decimal(left), Decimal(right))


def modulo(value: object, other: object) -> Number:
    """What a division down to a whole number leaves; it has the sign of the divisor."""
    left, right = number(value), _divisor(other)
    if isinstance(left, int) and isinstance(right, int):
        return left % right
    rest = _EXACT.remainder(Decimal(left), Decimal(right))
    if rest and (rest < 0) != (right < 0):
        return _EXACT.add(rest, Decimal(right))
    return rest


def ceil(value: object) -> int:
    """The next whole number upwards."""
    return int(Decimal(number(value)).to_integral_value(ROUND_CEILING))


def floor(value: object) -> int:
    """The next whole number downwards."""
    return int(Decimal(number(value)).to_integral_value(ROUND_FLOOR))


def rounded(value: object, places: object = 0) -> Number:
    """The number with so many decimal places; a whole number without them."""
    digits = whole(places)
    if not 0 <= digits <= _MOST_PLACES:
        raise Unfit(f"0 to {_MOST_PLACES} places can be rounded to")
    result = Decimal(number(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT)
    return result if digits else int(result)


def _divisor(value: object) -> Number:
    divisor = number(value)
    if not divisor:
        raise Unfit("nothing can be divided by zero")
    return divisor
