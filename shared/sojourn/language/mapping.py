"""Mapping: the entries of a source become canonical ones, by the first source that is for them.

A source that matches is asked even when the entry is canonical by itself: whoever writes a pattern
means it. What no source matches is read as it is.
"""

from collections.abc import Iterable

from sojourn.core.errors import CorruptState, InvalidInput
from sojourn.core.incoming.events import Incoming, parse_entry
from sojourn.core.matching.patterns import Pattern, mismatch, read_pattern
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import Instant
from sojourn.core.values.paths import Path, parse_path
from sojourn.language.expressions import Expression


@noun
class Constant:
    """The same value for every entry."""

    value: Json


@noun
class Field:
    """A canonical field, ``name`` as it is written, and where its value comes from."""

    name: str
    path: Path
    value: Constant | Expression


@noun
class Source:
    """One source's pattern and fields, the outer before the inner."""

    id: str
    pattern: Pattern
    fields: tuple[Field, ...]


class Unmapped(InvalidInput):
    """A field's value could not be found or put in its place."""

    def __init__(self, field: str, reason: str) -> None:
        """Say which one, and why."""
        super().__init__(f"map.{field}: {reason}")
        self.field = field
        self.reason = reason


class Mappings:
    """All sources, in the order of their ids."""

    def __init__(self, sources: Iterable[JsonObject]) -> None:
        """Read sources that were checked before; raises CorruptState when they cannot be read."""
        try:
            self._sources = tuple(read_source(doc) for doc in sources)
        except InvalidInput as error:
            raise CorruptState(f"a source of the plan cannot be read: {error}") from error

    def parse(self, entry: JsonObject, received_at: Instant | None) -> Incoming:
        """Read an entry, mapped when a source is for it; raises InvalidInput with the reason."""
        for source in self._sources:
            if mismatch(source.pattern, entry) is None:
                try:
                    return parse_entry(mapped(source, entry), received_at)
                except InvalidInput as error:
                    raise InvalidInput(f"sources/{source.id}: {error}") from error
        return parse_entry(entry, received_at)


def read_source(doc: JsonObject) -> Source:
    """A source's document; raises InvalidInput with the first thing that is wrong."""
    match, fields = doc.get("match"), doc.get("map")
    if not isinstance(match, dict) or not isinstance(fields, dict):
        raise InvalidInput("match and map: objects are wanted")
    pattern, flaws = read_pattern(match)
    if flaws:
        raise InvalidInput(f"match: {flaws[0][1]}")
    read = [read_field(name, value) for name, value in fields.items()]
    return Source(
        str(doc.get("id", "")), pattern, tuple(sorted(read, key=lambda field: len(field.path)))
    )


def read_field(name: str, value: Json) -> Field:
    """A field with its expression or constant; raises Unmapped."""
    try:
        path = parse_path(name)
        if isinstance(value, str):
            return Field(name, path, Expression(value))
    except (InvalidInput, ValueError) as error:
        raise Unmapped(name, str(error)) from error
    if isinstance(value, dict) and value.keys() == {"value"}:
        return Field(name, path, Constant(value["value"]))
    raise Unmapped(name, 'a JMESPath or {"value": constant} is wanted')


def mapped(source: Source, entry: JsonObject) -> JsonObject:
    """The entry with a canonical detail; a field that says null is left out. Raises Unmapped."""
    detail: JsonObject = {}
    for field in source.fields:
        if isinstance(field.value, Constant):
            _put(detail, field, field.value.value)
            continue
        try:
            found = field.value.of(entry)
        except InvalidInput as error:
            raise Unmapped(field.name, str(error)) from error
        if found is not None:
            _put(detail, field, found)
    return {**entry, "detail": detail}


def _put(detail: JsonObject, field: Field, value: Json) -> None:
    """Put a value at its path, making objects on the way; those of the entry are not touched."""
    *above, last = field.path
    inner: JsonObject = detail
    for name in above:
        present = inner.get(name)
        if present is not None and not isinstance(present, dict):
            raise Unmapped(field.name, f"{name} is no object that this could stand in")
        fresh: JsonObject = dict(present or {})
        inner[name] = fresh
        inner = fresh
    inner[last] = value
