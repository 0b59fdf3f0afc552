"""Retyped: a value that was sent as another type than the rule's, as it should have been typed."""

import re
from typing import Final

from sojourn.core.matching.comparisons import kind
from sojourn.core.values.exact import Json, dumps, loads
from sojourn.core.values.paths import Found

_BARE: Final = re.compile(r"true|false|-?(0|[1-9]\d{0,20})(\.\d{1,20})?")
"""What JSON reads as a number or a boolean once its quotes are gone, of a length to be said."""


def retyped(found: Found | None) -> Json:
    """The same value without its quotes, or with some; None where there is no such value."""
    match found:
        case str():
            bare = found.strip()
            return loads(bare) if _BARE.fullmatch(bare) else None
        case list() | dict() | None:
            return None
        case _ if kind(found) in ("number", "boolean"):
            return dumps(found)
        case _:
            return None


def how_typed(value: Json, found: Found | None) -> str:
    """How to type a value so that its type is not again that of what was found."""
    match kind(found), kind(value):
        case "text", "number":
            return ", a number without quotes"
        case "text", "boolean":
            return ", without quotes"
        case "number" | "boolean", "text":
            return ", a text in quotes"
        case _:
            return ""
