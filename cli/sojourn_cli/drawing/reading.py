"""Reading: a journey of the plan becomes a diagram."""

from collections import deque
from dataclasses import replace

from sojourn.core.workspace.plan import Journey
from sojourn_cli.drawing.captions import entry_lines, kind_of, lines_of, notes_of, ways_of
from sojourn_cli.drawing.counts import NO_VISITS, Counts, counts_on_arrows
from sojourn_cli.drawing.diagram import ENTRY, Arrow, Box, Diagram

FINISHED = "finished"

_STEP = "step "
_END = "end "


def diagram_of(journey: Journey, counts: Counts | None = None) -> Diagram:
    """What a picture of the journey shows; with a simulation's counts where they are given."""
    ways_out = {name: tuple(ways_of(step)) for name, step in journey.steps.items()}
    ways = {name: [target for _, target in out] for name, out in ways_out.items()}
    stages = _stages(journey, ways)
    boxes = {ENTRY: _entry(journey, stages[journey.start])}
    arrows = [Arrow(ENTRY, _STEP + journey.start, "")]
    ends: dict[str, Box] = {}
    for name, step in journey.steps.items():
        kind, title = kind_of(step)
        lines = tuple(lines_of(step, journey))
        boxes[_STEP + name] = Box(_STEP + name, kind, title, name, lines, stages[name])
        for label, target in ways_out[name]:
            if target is None:
                end = _end(stages[name])
                ends.setdefault(end.id, end)
                arrows.append(Arrow(_STEP + name, end.id, label))
            else:
                arrows.append(Arrow(_STEP + name, _STEP + target, label))
    # As they come in the file: a short cut to the last stage does not make it the second.
    named = dict.fromkeys(step.stage for step in journey.steps.values())
    diagram = Diagram(
        title=journey.name,
        subtitle=" · ".join(_facts(journey)),
        boxes=boxes | ends,
        arrows=arrows,
        notes=tuple(notes_of(journey)),
        stages=tuple(stage for stage in named if stage is not None),
    )
    return diagram if counts is None else _with_counts(diagram, counts)


def _facts(journey: Journey) -> list[str]:
    facts = [] if journey.name == journey.id else [journey.id]
    return [*facts, journey.status, journey.category, f"priority {journey.priority}"]


def _entry(journey: Journey, stage: str | None) -> Box:
    return Box(ENTRY, ENTRY, "Entry", "", tuple(entry_lines(journey.entry)), stage)


def _end(stage: str | None) -> Box:
    return Box(_END + (stage or ""), "end", "", FINISHED, (), stage)


type _Ways = dict[str, list[str | None]]


def _stages(journey: Journey, ways: _Ways) -> dict[str, str | None]:
    """The stage of every step; one without inherits that of what leads to it.

    What nothing with a stage leads to goes where it leads itself.
    """
    stages = {name: step.stage for name, step in journey.steps.items()}
    known = deque([name for name in _walk(journey, ways) if stages[name] is not None])
    while known:
        name = known.popleft()
        for target in ways[name]:
            if target is not None and stages[target] is None:
                stages[target] = stages[name]
                known.append(target)
    first = next((stages[name] for name in _walk(journey, ways) if stages[name]), None)
    return {name: first if stage is None else stage for name, stage in stages.items()}


def _walk(journey: Journey, ways: _Ways) -> list[str]:
    """Every step, nearest to the start first; what cannot be reached at the end."""
    order = {journey.start: None}
    ahead = deque(order)
    while ahead:
        for target in ways[ahead.popleft()]:
            if target is not None and target not in order:
                order[target] = None
                ahead.append(target)
    return [*order, *(name for name in journey.steps if name not in order)]


def _with_counts(diagram: Diagram, counts: Counts) -> Diagram:
    """The diagram with what was counted at each step and, where it follows, on each arrow."""
    steps = {id_: box for id_, box in diagram.boxes.items() if id_.startswith(_STEP)}
    told = {id_: replace(box, tally=counts.tally(box.name)) for id_, box in steps.items()}
    visits = {id_: counts.steps.get(box.name, NO_VISITS) for id_, box in steps.items()}
    known = counts_on_arrows(diagram.arrows, visits)
    return replace(
        diagram,
        boxes={**diagram.boxes, **told},
        arrows=tuple(map(_counted, diagram.arrows, known)),
        notes=(*diagram.notes, counts.note()),
    )


def _counted(arrow: Arrow, count: int | None) -> Arrow:
    return replace(arrow, count=count)
