"""How values of JSON become text, numbers and lists, for output and for filters.

Text that is `Markup` is HTML already; all other text is escaped where HTML is written. A filter
that works on text takes `Markup` as the text a reader would see, so its result is escaped again.
What a value cannot be taken for raises Unfit.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from sojourn.core.values.exact import Json, is_number
from sojourn.rendering.budget import check_chars, check_items, check_number
from sojourn.rendering.failure import Unfit

_NUMBER = re.compile(r"[+-]?\d{1,38}(?:\.\d{1,38})?", re.ASCII)
_LAST = (2, 0)


class Named(dict[str, Json]):
    """An object with an `id`, which is what stands there when it is printed alone."""

    __slots__ = ()


def written(value: object) -> str:
    """A value as it is printed: numbers as they were written, lists run together.

    Raises Unfit for what has no text (an object) and for null.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            check_number(value)
            return str(value)
        case Decimal():
            check_number(value)
            return f"{value:f}"
        case range():
            return f"{value.start}..{value.stop - 1}"
        case list() | tuple():
            return joined([written(item) for item in value], "")
        case Named():
            return written(value["id"])
        case None:
            raise Unfit("an item is missing")
        case _:
            raise Unfit("an object cannot be printed")


def text(value: object) -> str:
    """A value as plain text; of HTML what a reader would see, tags included."""
    shown = written(value)
    return shown.unescape() if isinstance(shown, Markup) else shown


def joined(pieces: Sequence[str], separator: str) -> str:
    """Run texts together; where one of them is HTML, all others are escaped for it."""
    check_chars(sum(map(len, pieces)) + len(separator) * len(pieces))
    if any(isinstance(piece, Markup) for piece in (separator, *pieces)):
        return escape(separator).join(pieces)
    return separator.join(pieces)


def number(value: object) -> int | Decimal:
    """A number, or a text that is written like one."""
    match value:
        case bool():
            raise Unfit("true and false are not numbers")
        case int() | Decimal():
            check_number(value)
            return value
        case str() if _NUMBER.fullmatch(value):
            return Decimal(value) if "." in value else int(value)
        case _:
            raise Unfit("not a number")


def whole(value: object) -> int:
    """A whole number."""
    found = number(value)
    if found != int(found):
        raise Unfit("not a whole number")
    return int(found)


def items(value: object) -> list[object]:
    """The items of a list or range."""
    if not isinstance(value, list | tuple | range):
        raise Unfit("not a list")
    check_items(len(value))
    return list(value)


def property_of(item: object, key: str) -> object:
    """An object's property; None when there is none, or when the item is no object."""
    return item.get(key) if isinstance(item, Mapping) else None


def same(left: object, right: object) -> bool:
    """Whether two values are equal; values of different types never are."""
    return hashable(left) == hashable(right)


def hashable(value: object) -> object:
    """A stand-in that is equal, and hashes alike, for equal values of one type alone."""
    match value:
        case bool() | None:
            return (type(value), value)
        case Mapping():
            return frozenset((key, hashable(item)) for key, item in value.items())
        case str():
            return str(value)
        case range():
            return value
        case Sequence():
            return tuple(map(hashable, value))
        case _:
            return value


def contains(holder: object, wanted: object) -> bool:
    """Whether a text has a part, a list an item, or an object a key; false for all else."""
    match holder:
        case str():
            return isinstance(wanted, str | int | Decimal) and written(wanted) in holder
        case Mapping():
            return isinstance(wanted, str) and wanted in holder
        case list() | tuple() | range():
            return any(same(item, wanted) for item in holder)
        case _:
            return False


def compared(holds: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    """A comparison that holds between two numbers or two texts alone."""

    def test(left: object, right: object) -> bool:
        if isinstance(left, str):
            return isinstance(right, str) and holds(left, right)
        return is_number(left) and is_number(right) and holds(left, right)

    return test


def order(value: object) -> tuple[int, int | Decimal | str]:
    """What to sort by: numbers by size, texts by their characters, missing ones last.

    Raises Unfit for what has no order.
    """
    match value:
        case bool() | list() | tuple() | Mapping():
            raise Unfit("only numbers, or only texts, have an order")
        case None:
            return _LAST
        case int() | Decimal():
            return (0, value)
        case _:
            return (1, str(value))


def ordered(values: Sequence[object], key: Callable[[object], object]) -> list[object]:
    """Sort by a key; values whose key is missing come last, equal ones keep their order."""
    keyed = [(order(key(value)), value) for value in values]
    if len({kind for (kind, _), _ in keyed} - {_LAST[0]}) > 1:
        raise Unfit("only numbers, or only texts, have an order")
    return [value for _, value in sorted(keyed, key=lambda pair: pair[0])]
