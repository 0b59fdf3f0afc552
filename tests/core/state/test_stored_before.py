"""Customers as earlier code stored them are read as they were.

Each line holds the text that an earlier version wrote, and what that version read out of it.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.state.codec import decode_customer, encode_customer

LINES = (Path(__file__).parent / "stored" / "customers.jsonl").read_text().splitlines()


def told(value: Any) -> Any:  # noqa: ANN401 - nouns, and whatever is in them
    """A noun as plain JSON."""
    if is_dataclass(value):
        return {item.name: told(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return [[told(key), told(each)] for key, each in value.items()]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [told(each) for each in value]
    return str(value) if isinstance(value, Decimal) else value


def as_it_was(found: Any, before: Any) -> Any:  # noqa: ANN401 - plain JSON
    """What was found, without the fields that nouns have got since."""
    if isinstance(found, dict) and isinstance(before, dict):
        return {name: as_it_was(found.get(name), value) for name, value in before.items()}
    if isinstance(found, list) and isinstance(before, list) and len(found) == len(before):
        return [as_it_was(*pair) for pair in zip(found, before, strict=True)]
    return found


@pytest.mark.parametrize("line", LINES)
def test_what_was_stored_before_is_read_as_it_was_and_can_be_stored_again(line: str) -> None:
    doc = json.loads(line)
    # Whose an identity is that is not hers is no longer kept; only that it is another's.
    doc["customer"]["conflicts"] = [
        [key, bool(whose)] for key, whose in doc["customer"]["conflicts"]
    ]
    customer = decode_customer("ana", doc["stored"])
    assert as_it_was(told(customer), doc["customer"]) == doc["customer"]
    assert decode_customer("ana", encode_customer(customer)) == customer
