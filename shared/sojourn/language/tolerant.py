"""Reading JSON of any shape: what is not there, or is something else, is empty."""

from collections.abc import Iterator

from sojourn.core.values.exact import Json, JsonObject


def as_object(value: Json) -> JsonObject:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def as_objects(value: Json) -> list[JsonObject]:
    """The objects of a list, in their places."""
    return [as_object(item) for item in as_list(value)]


def texts(value: Json) -> Iterator[str]:
    """Every text anywhere in a value; keys are none."""
    ahead = [value]
    while ahead:
        match ahead.pop():
            case str() as text:
                yield text
            case dict() as table:
                ahead += table.values()
            case list() as items:
                ahead += items
            case _:
                continue
