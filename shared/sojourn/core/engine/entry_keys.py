"""Under what re-entry is counted."""

from decimal import Decimal

from sojourn.core.limits import ENTRY_KEYS, ENTRY_KEYS_BYTES
from sojourn.core.values.exact import Json, dumps

type EntryKey = tuple[str, str]
"""A journey, and a key's text."""


def entry_key(journey: str, key: Json) -> EntryKey:
    """Under which re-entry is counted: the journey, and the key as text, equal for equal keys."""
    if key is None:
        return journey, "null"
    return journey, dumps(_canonical(key))


def remembered[T](table: dict[EntryKey, T], size: int) -> int:
    """Forget the oldest counts, which come first, till there is room; gives the size of the rest.

    ``size`` is how many bytes all keys have.
    """
    while len(table) > ENTRY_KEYS or size > ENTRY_KEYS_BYTES:
        oldest = next(iter(table))
        del table[oldest]
        size -= bytes_of_key(oldest)
    return size


def bytes_of_key(key: EntryKey) -> int:
    """How many bytes a key's text has."""
    return len(key[1].encode())


def _canonical(value: Json) -> Json:
    match value:
        case Decimal():
            text = f"{value:f}"
            short = text.rstrip("0").rstrip(".") if "." in text else text
            return Decimal(short) if "." in short else int(short)
        case list():
            return [_canonical(item) for item in value]
        case dict():
            return {name: _canonical(value[name]) for name in sorted(value)}
        case _:
            return value
