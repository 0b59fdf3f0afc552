"""Filters that work on lists; none changes the list it is given.

A filter that finds nothing gives None, which the caller turns into a missing variable.
"""

from collections.abc import Mapping

from sojourn.rendering.budget import check_items
from sojourn.rendering.failure import Unfit
from sojourn.rendering.numeric import Number, plus
from sojourn.rendering.values import (
    hashable,
    items,
    joined,
    ordered,
    property_of,
    same,
    text,
    whole,
    written,
)


def first(value: object) -> object:
    """The first item, if there is one."""
    return next(iter(items(value)), None)


def last(value: object) -> object:
    """The last item, if there is one."""
    return next(reversed(items(value)), None)


def join(value: object, separator: object = " ") -> str:
    """All items as one text."""
    return joined([written(item) for item in items(value)], written(separator))


def concat(value: object, other: object) -> list[object]:
    """The items of two lists."""
    both = items(value) + items(other)
    check_items(len(both))
    return both


def mapped(value: object, key: object) -> list[object]:
    """One property of each item; null where there is none."""
    name = text(key)
    return [property_of(item, name) for item in items(value)]


def compact(value: object, key: object = None) -> list[object]:
    """The items, or those with a property, that are not null."""
    found = items(value)
    if key is None:
        return [item for item in found if item is not None]
    return [item for item in found if property_of(item, text(key)) is not None]


def reverse(value: object) -> list[object]:
    """The items from the last to the first."""
    return items(value)[::-1]


def sort(value: object, key: object = None) -> list[object]:
    """The items in order, or in that of a property; large letters come before small ones."""
    name = None if key is None else text(key)
    return ordered(items(value), lambda item: item if name is None else property_of(item, name))


def sort_natural(value: object, key: object = None) -> list[object]:
    """The items in order, large and small letters alike."""
    name = None if key is None else text(key)

    def folded(item: object) -> object:
        found = item if name is None else property_of(item, name)
        return found.casefold() if isinstance(found, str) else found

    return ordered(items(value), folded)


def uniq(value: object, key: object = None) -> list[object]:
    """The items without those equal to an earlier one, or equal in a property."""
    name = None if key is None else text(key)
    seen: dict[object, object] = {}
    for item in items(value):
        seen.setdefault(hashable(item if name is None else property_of(item, name)), item)
    return list(seen.values())


def where(value: object, key: object, wanted: object = None) -> list[object]:
    """The items whose property is the one wanted, or is neither null nor false."""
    return [item for item in items(value) if _holds(item, text(key), wanted)]


def reject(value: object, key: object, wanted: object = None) -> list[object]:
    """The items `where` leaves out."""
    return [item for item in items(value) if not _holds(item, text(key), wanted)]


def find(value: object, key: object, wanted: object = None) -> object:
    """The first item `where` would keep, if there is one."""
    return first(where(value, key, wanted))


def find_index(value: object, key: object, wanted: object = None) -> int | None:
    """The place of that item, from 0."""
    kept = (at for at, item in enumerate(items(value)) if _holds(item, text(key), wanted))
    return next(kept, None)


def has(value: object, key: object, wanted: object = None) -> bool:
    """Whether there is such an item."""
    return bool(where(value, key, wanted))


def total(value: object, key: object = None) -> Number:
    """The exact sum of the numbers, or of a property; an empty list has 0."""
    name = None if key is None else text(key)
    result: Number = 0
    for item in items(value):
        result = plus(result, item if name is None else property_of(item, name))
    return result


def part(value: object, start: object, length: object = 1) -> object:
    """So many items, or characters of a text, from a place on; a negative place is from the end."""
    sequence = items(value) if isinstance(value, list | tuple | range) else text(value)
    begin, count = whole(start), whole(length)
    if begin < 0:
        begin += len(sequence)
    if begin < 0 or count < 0:
        return sequence[:0]
    return sequence[begin : begin + count]


def size(value: object) -> int:
    """How many items, or characters of a text."""
    match value:
        case str():
            return len(text(value))
        case list() | tuple() | range() | Mapping():
            return len(value)
        case _:
            raise Unfit("only texts and lists have a size")


def _holds(item: object, key: str, wanted: object) -> bool:
    found = property_of(item, key)
    if wanted is None:
        return found is not None and found is not False
    return same(found, wanted)
