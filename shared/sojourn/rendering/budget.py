"""The bounds of one rendering: what a template may be, hold, do and write.

Work is counted in units: one for each node, variable, filter and item visited, and one more for
each 256 characters or each item of a list that is handed on. No step costs more than its units, so
the bound on units is one on time, and it holds whatever the values are.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sojourn.rendering.failure import RenderFailed

SOURCE_CHARS = 262_144
"""The longest template part. Mail programs cut messages at about 100 KB."""

TAG_CHARS = 8_192
"""The longest tag or output, from `{` to `}`."""

TAG_SPACES = 200
"""The most white space in a row inside a tag; python-liquid's patterns take its square in time."""

OUTPUT_BYTES = 524_288
"""The most one part may write, in UTF-8, and the most characters of one value."""

LIST_ITEMS = 10_000
"""The most items of one list or range."""

NUMBER_SIZE = 100
"""The most digits of a number, on either side of the point."""

WORK_UNITS = 100_000
"""What one message may cost, about half a second. A long newsletter takes some thousands."""

_CHARS_PER_UNIT = 256
_LARGEST = 10**NUMBER_SIZE


class Budget:
    """The work that is left for one message, over all its parts."""

    __slots__ = ("left",)

    def __init__(self, units: int = WORK_UNITS) -> None:
        """Begin with ``units`` of work."""
        self.left = units

    def spend(self, units: int) -> None:
        """Take ``units`` away; raises RenderFailed when there are not so many."""
        self.left -= units
        if self.left < 0:
            raise RenderFailed(f"limit of work: over {WORK_UNITS} units")

    def spend_on(self, value: object) -> None:
        """Pay for handing on a value, and refuse one that is too large to handle."""
        self.spend(_units(value))
        if isinstance(value, Decimal):
            check_number(value)


def _units(value: object) -> int:
    match value:
        case str():
            return 1 + len(value) // _CHARS_PER_UNIT
        case range():
            return 1
        case Mapping() | Sequence():
            return 1 + sum(
                1 + len(item) // _CHARS_PER_UNIT if isinstance(item, str) else 1 for item in value
            )
        case _:
            return 1


def check_number(number: int | Decimal) -> None:
    """Raise RenderFailed for a number with too many digits to calculate with or to print."""
    if isinstance(number, int):
        fits = -_LARGEST < number < _LARGEST
    else:
        fits = (
            number.is_finite()
            and -NUMBER_SIZE <= number.adjusted() <= NUMBER_SIZE
            and len(number.as_tuple().digits) <= NUMBER_SIZE
        )
    if not fits:
        raise RenderFailed(f"limit of numbers: over {NUMBER_SIZE} digits")


def check_items(count: int) -> None:
    """Raise RenderFailed for a list or range of more than `LIST_ITEMS`."""
    if count > LIST_ITEMS:
        raise RenderFailed(f"limit of lists: over {LIST_ITEMS} items")


def check_chars(count: int) -> None:
    """Raise RenderFailed for a text of more than `OUTPUT_BYTES` characters."""
    if count > OUTPUT_BYTES:
        raise RenderFailed(f"limit of output: over {OUTPUT_BYTES} bytes")
