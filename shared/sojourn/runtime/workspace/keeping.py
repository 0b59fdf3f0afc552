"""Keeping: segments and templates that are no longer in the workspace, for who still needs them.

Whoever is inside a journey finishes on the version she entered. So what a version names stays as it
was last, also when the file, or the part of a template for that channel, was taken away since.
"""

from collections.abc import Iterator

from sojourn.core.values.exact import Json, JsonObject


def with_what_is_needed(documents: JsonObject, before: JsonObject) -> JsonObject:
    """The documents of a plan, with what its versions name and only ``before`` still has."""
    journeys = documents.get("journeys", {})
    segments = _kept_segments(
        journeys, object_at(documents, "segments"), object_at(before, "segments")
    )
    templates = _kept_templates(
        journeys, object_at(documents, "templates"), object_at(before, "templates")
    )
    return {**documents, "segments": segments, "templates": templates}


def object_at(document: JsonObject, key: str) -> JsonObject:
    """The object that a document has under a key; an empty one when it has none there."""
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _kept_segments(journeys: Json, present: JsonObject, past: JsonObject) -> JsonObject:
    kept = dict(present)
    wanted = list(_named(journeys))
    while wanted:
        name = wanted.pop()
        if name not in kept and name in past:
            kept[name] = past[name]
            wanted += _named(past[name])
    return kept


def _named(document: Json) -> Iterator[str]:
    """The segments that a document names, at any depth."""
    match document:
        case list():
            for item in document:
                yield from _named(item)
        case dict():
            for key, value in document.items():
                match key, value:
                    case ("segment", str(name)) | ("segment", {"id": str(name)}):
                        yield name
                    case _:
                        yield from _named(value)
        case _:
            pass


def _kept_templates(journeys: Json, present: JsonObject, past: JsonObject) -> JsonObject:
    kept = dict(present)
    for name, channel in _parts(journeys):
        part = object_at(past, name).get(channel)
        if part is not None and channel not in object_at(kept, name):
            kept[name] = {**object_at(kept, name), channel: part}
    return kept


def _parts(document: Json) -> Iterator[tuple[str, str]]:
    """The parts of templates that the steps of all versions send."""
    match document:
        case {"type": "send", "template": str(name), "channel": str(channel)}:
            yield name, channel
        case dict():
            for value in document.values():
                yield from _parts(value)
        case _:
            pass
