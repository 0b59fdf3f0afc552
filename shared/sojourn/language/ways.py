"""Ways: where the steps of one journey lead, which are never reached, which go round for ever."""

from collections.abc import Collection, Iterator, Mapping

from sojourn.core.exact import Json, JsonObject
from sojourn.core.instants import parse_duration
from sojourn.language.findings import MOST_GUESSES, Code, Place, Problem, no_such
from sojourn.language.graphs import Edges, cycles, reachable
from sojourn.language.mentions import in_journey, in_step
from sojourn.language.tolerant import as_object, texts
from sojourn.language.wording import near, quoted, shown


def way_problems(doc: JsonObject, broken: Collection[str]) -> Iterator[Problem]:
    """Targets that are missing, steps never reached, loops that never wait.

    ``broken`` steps have other errors: any name of a step in them counts as a way to it.
    """
    steps = as_object(doc.get("steps"))
    if not steps:
        return  # that there are none is said where the shape is checked
    for mention in in_journey(doc):
        if mention.kind in ("start", "step") and mention.name not in steps:
            problem = no_such("step", mention.name, steps, Code.MISSING_TARGET)
            yield problem.under(*mention.place)
    yield from _unreachable(doc, steps, broken)
    yield from _loops(steps)


def _unreachable(doc: JsonObject, steps: JsonObject, broken: Collection[str]) -> Iterator[Problem]:
    start = doc.get("start")
    meant = _Meanings(steps)
    first = meant.step(start) if isinstance(start, str) else None
    if first is None:
        return  # nothing can be said; that there is no start is said elsewhere
    edges: dict[str, list[str]] = {}
    for name, step in steps.items():
        found = [meant.step(other) for other, _ in ahead_of(step)]
        if name in broken:
            found += [text for text in texts(step) if text in steps]
        edges[name] = [other for other in found if other is not None]
    for name in steps.keys() - reachable(edges, first):
        message = f"no way leads to the step {quoted(name)}; lead one there or take it out"
        yield Problem(("steps", name), Code.UNREACHABLE_STEP, message)


class _Meanings:
    """Which step a name means: the one of that name, or the one that was perhaps meant."""

    def __init__(self, steps: Collection[str]) -> None:
        self._steps = steps
        self._guesses = MOST_GUESSES

    def step(self, name: str) -> str | None:
        if name in self._steps:
            return name
        self._guesses -= 1
        return near(name, self._steps) if self._guesses >= 0 else None


def ahead_of(step: Json) -> Iterator[tuple[str, Place]]:
    """The names a step leads to, and where they stand in it."""
    for mention in in_step(as_object(step)):
        if mention.kind == "step":
            yield mention.name, mention.place


def _loops(steps: JsonObject) -> Iterator[Problem]:
    for way in cycles(ways_without_wait(steps)):
        message = f"{shown(way)} goes round without a wait; put a `wait` or `wait_for` into it"
        yield Problem(("steps", way[0]), Code.LOOP_WITHOUT_WAIT, message)


def ways_without_wait(steps: Mapping[str, Json]) -> Edges[str]:
    """Where steps that do not wait lead; a step that waits leads nowhere."""
    return {
        name: () if waits(step) else [other for other, _ in ahead_of(step) if other in steps]
        for name, step in steps.items()
    }


def waits(step: Json) -> bool:
    """Whether a step lets time pass; a wait of no length does not."""
    found = as_object(step)
    match found.get("type"):
        case "wait":
            return "until" in found or _has_length(found.get("for"))
        case "wait_for":
            return "timeout" not in found or _has_length(found["timeout"])
        case _:
            return False


def _has_length(duration: Json) -> bool:
    """Whether a duration is longer than none; one that cannot be read may be."""
    if not isinstance(duration, str):
        return True
    try:
        return parse_duration(duration) > 0
    except ValueError:
        return True
