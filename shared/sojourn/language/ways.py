"""Ways: where the steps of one journey lead, which are never reached, which go round for ever."""

from collections.abc import Callable, Collection, Iterator, Mapping

from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import parse_duration
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
    reached = reachable(edges, first)
    if any(name in broken and _leads_nowhere(steps[name]) for name in reached):
        return  # what lies behind such a step cannot be told
    for name in steps.keys() - reached:
        message = f"no way leads to the step {quoted(name)}; lead one there or take it out"
        yield Problem(("steps", name), Code.UNREACHABLE_STEP, message)


def _leads_nowhere(step: Json) -> bool:
    """Whether what should name a step, or list ways to one, does not: that is said there."""
    targets = as_object(step)
    if any(not isinstance(targets.get(key, []), list) for key in ("any", "arms", "branches")):
        return True
    return any(not isinstance(targets.get(key, ""), str) for key in ("next", "else", "on_timeout"))


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
    """Loops without a wait, and loops whose waits may all be over at once."""
    certain = cycles(_ways_past(steps, _is_a_wait))
    for way in certain:
        message = f"{shown(way)} goes round without a wait; put a `wait` or `wait_for` into it"
        yield Problem(("steps", way[0]), Code.LOOP_WITHOUT_WAIT, message)
    for way in cycles(_ways_past(steps, always_lasts)):
        if not any(set(way) & set(other) for other in certain):
            message = (
                f"{shown(way)} can go round again and again in one instant, until `max_visits`: a"
                " time that is exactly now, or a date that is past, has come; wait `for` some time"
            )
            yield Problem(("steps", way[0]), Code.LOOP_IN_AN_INSTANT, message, "warning")


def _ways_past(steps: Mapping[str, Json], holds_up: Callable[[JsonObject], bool]) -> Edges[str]:
    """Where steps lead that hold nobody up."""
    return {
        name: ()
        if holds_up(as_object(step))
        else [other for other, _ in ahead_of(step) if other in steps]
        for name, step in steps.items()
    }


def _is_a_wait(step: JsonObject) -> bool:
    return step.get("type") in ("wait", "wait_for")


def always_lasts(step: JsonObject) -> bool:
    """Whether a step lets time pass whenever it is come to."""
    match step.get("type"):
        case "wait":
            return "for" in step and _has_length(step["for"])
        case "wait_for":
            return "timeout" not in step or _has_length(step["timeout"])
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
