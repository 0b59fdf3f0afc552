"""Segments: those that are defined by themselves, and those that name too much to be asked."""

from collections.abc import Iterable, Iterator, Mapping

from sojourn.core.limits import SEGMENT_DEPTH, SEGMENT_TESTS
from sojourn.core.values.exact import JsonObject
from sojourn.language.findings import Code, Place, Problem
from sojourn.language.graphs import cycles, downhill
from sojourn.language.mentions import Mention, in_segment
from sojourn.language.wording import shown


def cyclic_segments(segments: Mapping[str, JsonObject]) -> Iterator[tuple[str, Problem]]:
    """Rounds of segments that refer to one another, each with the segment it is reported in."""
    places = _named({name: list(in_segment(doc)) for name, doc in segments.items()})
    for way in cycles(places):
        message = f"{shown(way)}: a segment cannot be defined by itself; take one of them out"
        yield (
            way[0],
            Problem(
                places[way[0]][way[1]], Code.CYCLIC_SEGMENT, message, because=_files(way[1:-1])
            ),
        )


def outgrown_segments(segments: Mapping[str, JsonObject]) -> Iterator[tuple[str, Problem]]:
    """Segments too deep or too large to be asked once those they name are written out in them.

    What names one of these is not reported for it again; nor is anything while there are rounds.
    """
    mentions = {name: list(in_segment(doc)) for name, doc in segments.items()}
    places = _named(mentions)
    if cycles(places):
        return
    sizes: dict[str, tuple[int, int]] = {}
    for name in reversed(downhill(places)):
        depth, tests = 0, 0
        for item in mentions[name]:
            inner = sizes.get(item.name, (0, 1)) if item.kind == "segment" else (0, 1)
            depth = max(depth, len(item.place) + inner[0])
            tests += inner[1]
        if depth > SEGMENT_DEPTH:
            deepest = f"{depth} levels deep; the most is {SEGMENT_DEPTH}"
            yield name, _outgrown(places[name], Code.TOO_DEEP, deepest)
        elif tests > SEGMENT_TESTS:
            largest = f"{tests} conditions; the most is {SEGMENT_TESTS}"
            yield name, _outgrown(places[name], Code.OUT_OF_RANGE, largest)
        else:
            sizes[name] = depth, max(tests, 1)


def _named(mentions: Mapping[str, list[Mention]]) -> dict[str, dict[str, Place]]:
    """Which segments each names, and where."""
    return {
        name: {
            item.name: item.place
            for item in found
            if item.kind == "segment" and item.name in mentions
        }
        for name, found in mentions.items()
    }


def _outgrown(named: Mapping[str, Place], code: Code, size: str) -> Problem:
    message = f"written out with the segments it names, this is {size}"
    return Problem(("where",), code, message, because=_files(named))


def _files(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"segments/{name}.json" for name in dict.fromkeys(names))
