"""Saying: what an explanation consists of."""

from collections.abc import Mapping
from types import MappingProxyType

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json
from sojourn_cli.explaining.nearest import Nearest

_NOTHING: Mapping[str, Json] = MappingProxyType({})


@noun
class Said:
    """One explanation: a sentence, and what it rests upon as JSON."""

    text: str
    details: Mapping[str, Json] = _NOTHING


def said(text: str, nearest: Nearest | None = None, details: Mapping[str, Json] = _NOTHING) -> Said:
    """An explanation; the nearest change ends the sentence and stands under `nearest`."""
    if nearest is None:
        return Said(f"{text}.", details)
    return Said(f"{text}; {nearest.text}.", {**details, "nearest": nearest.details()})
