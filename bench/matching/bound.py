"""The bound: bare bitmaps for just this task, with nothing of a language about them.

Every path is known beforehand, every value is there and of its type, and every operator is one of
the task's. What a product's index costs beside this is what its language costs.
"""

import json
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from bench.matching import task

type Line = tuple[list[float], list[int]]
"""Points, and who is left below, at and above each."""


def fitting(journeys: Sequence[task.Journey], path: str, value: object) -> int:
    """The bits of the journeys that a value at a path does not rule out."""
    root, _, name = path.partition(".")
    bits = 0
    for place, journey in enumerate(journeys):
        if path not in journey.where:
            bits |= 1 << place
        else:
            alone = task.Journey(0, "e", {path: journey.where[path]})
            tables: dict[str, dict[str, object]] = {"event": {}, "profile": {}}
            tables[root][name] = value
            one = task.Task([alone], [("e", tables["event"], tables["profile"])])
            bits |= (1 << place) if task.expected(one)[0] else 0
    return bits


def line(journeys: Sequence[task.Journey], path: str) -> Line:
    """The line of a path with numbers."""
    operands = [
        operand
        for journey in journeys
        for at, _, operand in task.tests_of(journey.where)
        if at == path
    ]
    points = sorted(
        {end for each in operands for end in (each if isinstance(each, list) else [each])}
    )
    between = [
        *[points[0] - 1 if points else 0],
        *[(low + high) / 2 for low, high in pairwise(points)],
        *([points[-1] + 1] if points else []),
    ]
    values = [between[0]]
    for point, above in zip(points, between[1:], strict=True):
        values += [point, above]
    return points, [fitting(journeys, path, value) for value in values]


def contender(made: task.Task) -> Callable[[str, Any, Any], list[int]]:
    """Decide by bare bitmaps."""
    indexed = {
        name: (
            [journey.number for journey in journeys],
            line(journeys, "event.total"),
            line(journeys, "profile.age"),
            {kind: fitting(journeys, "event.kind", kind) for kind in task.KINDS},
            {land: fitting(journeys, "profile.country", land) for land in task.COUNTRIES},
        )
        for name, journeys in made.by_event().items()
    }

    def decide(name: str, properties: Any, profile: Any) -> list[int]:  # noqa: ANN401 - JSON
        numbers, totals, ages, kinds, countries = indexed[name]
        left = kinds[properties["kind"]] & countries[profile["country"]]
        points, bits = totals
        value = properties["total"]
        left &= bits[bisect_left(points, value) + bisect_right(points, value)]
        points, bits = ages
        value = profile["age"]
        left &= bits[bisect_left(points, value) + bisect_right(points, value)]
        found = []
        while left:
            place = left.bit_length() - 1
            found.append(numbers[place])
            left ^= 1 << place
        return found

    return decide


def main() -> None:
    """Measure, print."""
    made = task.make(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps(task.measured(contender(made), made.events)))


if __name__ == "__main__":
    main()
