"""Segments: those that are defined by themselves."""

from collections.abc import Iterator, Mapping

from sojourn.core.exact import JsonObject
from sojourn.language.findings import Code, Place, Problem
from sojourn.language.graphs import cycles
from sojourn.language.mentions import in_segment
from sojourn.language.wording import shown


def cyclic_segments(segments: Mapping[str, JsonObject]) -> Iterator[tuple[str, Problem]]:
    """Rounds of segments that refer to one another, each with the segment it is reported in."""
    places: dict[str, dict[str, Place]] = {}
    for name, doc in segments.items():
        found = (mention for mention in in_segment(doc) if mention.kind == "segment")
        places[name] = {item.name: item.place for item in found if item.name in segments}
    for way in cycles(places):
        message = f"{shown(way)}: a segment cannot be defined by itself"
        others = tuple(f"segments/{name}.json" for name in dict.fromkeys(way[1:-1]))
        yield way[0], Problem(places[way[0]][way[1]], Code.CYCLIC_SEGMENT, message, because=others)
