"""Belonging: where a key stands that was written an object too far out, or too far in.

A journey's `holdout` stands in its `entry`, and its `goal` beside that. A guess is only made from
keys that say what they are for: many an object has a `name`.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject

_ALIKE: Final = 0.85
"""Of `step` and `steps`, which is a slip of the pen, and not of `reentry` and `entry`."""

_ANYWHERE: Final = frozenset({"description", "id", "name", "title", "type"})


@noun
class Within:
    """A key, and whether an object further in is its value, in a list there or under a name."""

    key: str
    how: Literal["value", "list", "named"] = "value"

    def around(self, part: Json) -> JsonObject:
        """The key with a value that holds the part."""
        match self.how:
            case "list":
                return {self.key: [part]}
            case "named":
                return {self.key: {"…": part}}
            case _:
                return {self.key: part}


type Way = tuple[Within, ...]
"""From an object to one further in."""

type Model = type[BaseModel]


def further_in(form: Model, key: str) -> Way:
    """The way to the nearest object in a form that has a key; empty when there is none.

    A key that is nearly one of the form's own is misspelt.
    """
    ahead: deque[tuple[Way, Model]] = deque([((), form)])
    is_misspelt = get_close_matches(key, keys(form), n=1, cutoff=_ALIKE)
    while ahead and not is_misspelt and key not in _ANYWHERE:
        way, around = ahead.popleft()
        for within, inner in _inner(around):
            if key in keys(inner):
                return (*way, within)
            ahead.append(((*way, within), inner))
    return ()


def further_out(form: Model, key: str) -> str | None:
    """The key beside which another one stands: that of a form in the one around it."""
    for around in _all_forms() if key not in _ANYWHERE else ():
        for within, inner in _inner(around):
            if inner is form and key in keys(around):
                return within.key
    return None


def elsewhere(key: str) -> str | None:
    """The file of its own name that a key stands in, whatever file it was written into."""
    for form in _all_forms() if key not in _ANYWHERE else ():
        file = vars(form).get("file")
        if file and key in keys(form):
            return str(file)
    return None


def keys(form: Model) -> list[str]:
    """The keys of a form as a file has them."""
    return [field.alias or name for name, field in form.model_fields.items()]


@lru_cache
def _all_forms() -> tuple[Model, ...]:
    """Every form there is; asked where something is wrong, when all are made."""
    found: list[Model] = [BaseModel]
    for form in found:
        found += form.__subclasses__()
    return tuple(found[1:])


@lru_cache
def _inner(form: Model) -> tuple[tuple[Within, Model], ...]:
    """The forms within a form, each with its key."""
    return tuple(
        (Within(key, how), inner)
        for key, field in zip(keys(form), form.model_fields.values(), strict=True)
        for how, inner in _forms_in(field.annotation, field.metadata)
    )


def _forms_in(
    kind: Any,  # noqa: ANN401 - any annotation
    metadata: Iterable[object] = (),
) -> Iterator[tuple[Literal["value", "list", "named"], Model]]:
    """The forms that an annotation names, or those by which a value is checked."""
    for mark in metadata:
        checked_by = getattr(mark, "json_schema_input_type", None)
        if isinstance(checked_by, type | UnionType) or get_origin(checked_by) is not None:
            yield from _forms_in(checked_by)
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield "value", kind
    elif origin in {list, dict}:
        for _, inner in _forms_in(parts[-1]):
            yield "list" if origin is list else "named", inner
    elif origin in {Union, UnionType}:
        for part in parts:
            yield from _forms_in(part)
    elif hasattr(kind, "__metadata__"):
        yield from _forms_in(parts[0], kind.__metadata__)
