"""Mermaid: the diagram as a flowchart that GitHub and many editors draw themselves."""

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from sojourn.core.values.exact import dumps
from sojourn_cli.drawing.diagram import Arrow, Box, Diagram, Note
from sojourn_cli.drawing.widths import printable

_LINE_CHARS = 40

_BRACKETS = {
    "entry": ("([", "])"),
    "exit": ("([", "])"),
    "end": ("([", "])"),
    "wait": ("(", ")"),
    "wait_for": ("(", ")"),
    "branch": ("{{", "}}"),
    "split": ("{{", "}}"),
}
"""Shapes by the kind of box; what is not here is a rectangle."""

_TAKEN = re.compile(r"[#\"<>&`*~\\]|%(?=%)|(?<!\w)_|_(?!\w)|^[-+]|(?<=^\d)[.)]")
"""Whatever Mermaid, or the Markdown in its labels, would take for its own."""


def to_mermaid(diagram: Diagram) -> str:
    """The flowchart as text; the same diagram gives the same bytes."""
    ids = {box: f"n{number}" for number, box in enumerate(diagram.boxes)}
    return "\n".join((*_lines(diagram, ids), ""))


def _lines(diagram: Diagram, ids: Mapping[str, str]) -> Iterator[str]:
    yield "---"
    yield f"title: {dumps(printable(diagram.title))}"
    yield "---"
    yield "flowchart TD"
    stages: Sequence[str | None] = diagram.stages or (None,)
    for number, stage in enumerate(stages):
        nodes = [_node(ids[box.id], box) for box in diagram.boxes.values() if box.stage == stage]
        if stage is None:
            yield from (f"  {node}" for node in nodes)
            continue
        yield f'  subgraph stage{number}["{_label((stage,))}"]'
        yield from (f"    {node}" for node in nodes)
        yield "  end"
    for arrow in diagram.arrows:
        yield f"  {_arrow(arrow, ids)}"
    for number, note in enumerate(diagram.notes):
        yield f"  {_note(number, note)}"
    yield "  classDef note stroke-dasharray: 4 3"


def _node(id_: str, box: Box) -> str:
    opening, closing = _BRACKETS.get(box.kind, ("[", "]"))
    heading = ": ".join(part for part in (box.title, box.name) if part)
    tally = () if box.tally is None else (box.tally,)
    return f'{id_}{opening}"{_label((heading, *box.lines, *tally))}"{closing}'


def _arrow(arrow: Arrow, ids: Mapping[str, str]) -> str:
    count = () if arrow.count is None else (str(arrow.count),)
    label = " · ".join((*((arrow.label,) if arrow.label else ()), *count))
    said = f'|"{_label((label,))}"|' if label else ""
    return f"{ids[arrow.source]} -->{said} {ids[arrow.target]}"


def _note(number: int, note: Note) -> str:
    return f'note{number}["{_label((note.title, *note.lines))}"]:::note'


def _label(lines: Sequence[str]) -> str:
    """Lines of readable length, with everything escaped."""
    broken = [part for line in lines for part in wrap(printable(line), _LINE_CHARS)]
    return "<br/>".join(_TAKEN.sub(lambda found: f"#{ord(found[0])};", part) for part in broken)
