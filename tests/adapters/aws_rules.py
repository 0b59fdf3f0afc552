"""What DynamoDB refuses or ignores, and moto lets pass: every call of the adapters is held to it.

Sources: DynamoDB developer guide, "Constraints in Amazon DynamoDB" and "Time to Live".
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sojourn.adapters import keys
from sojourn.core.values.instants import DAY, SECOND, Instant

EXPRESSION_BYTES = 4_096
PARTITION_KEY_BYTES = 2_048
SORT_KEY_BYTES = 1_024

TTL_LOOKS_BACK = 5 * 365 * DAY
"""An item that was to go longer ago than that is never deleted."""


def check_call(params: Mapping[str, Any]) -> None:
    """Raise AssertionError for a call that DynamoDB would refuse."""
    for name, value in _named(params):
        if name.endswith("Expression"):
            assert len(value.encode()) <= EXPRESSION_BYTES, f"{name}: {len(value)} characters"
        if name in {"SS", "BS", "NS"}:
            assert value, f"{name}: an empty set"
            assert len(set(value)) == len(value), f"{name}: the same twice: {value}"
        if name == keys.PK and "S" in value:
            assert len(value["S"].encode()) <= PARTITION_KEY_BYTES, value
        if name == keys.SK and "S" in value:
            assert len(value["S"].encode()) <= SORT_KEY_BYTES, value
    touched = [
        tuple(sorted((key, str(value)) for key, value in part["Key"].items()))
        for entry in params.get("TransactItems", ())
        for part in entry.values()
    ]
    assert len(set(touched)) == len(touched), f"one item twice in a transaction: {touched}"


def check_expiry(items: Iterable[Mapping[str, Any]], now: Instant) -> None:
    """Raise AssertionError for an item that is to go by itself and never would."""
    for item in items:
        if keys.EXPIRES_AT in item:
            at = int(item[keys.EXPIRES_AT]["N"]) * SECOND
            assert at >= now - TTL_LOOKS_BACK, f"it would never be deleted: {item}"


def _named(value: object) -> Iterator[tuple[str, Any]]:
    """Every member of every object within a value."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield str(name), item
            yield from _named(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item)
