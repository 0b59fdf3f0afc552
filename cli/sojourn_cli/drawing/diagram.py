"""The diagram: what a picture of a journey holds, before anybody says where it stands."""

from collections.abc import Mapping, Sequence

from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject

ENTRY = "entry"
"""The id of the box that says who enters."""


@noun
class Box:
    """One box: the entry, a step, or an end.

    ``kind`` is the step's type, `entry` or `end`; ``stage`` its column, None when the journey has
    no stages; ``tally`` what a simulation counted here, None without one.
    """

    id: str
    kind: str
    title: str
    name: str
    lines: tuple[str, ...]
    stage: str | None
    tally: str | None = None


@noun
class Arrow:
    """A way from one box to another; ``label`` says when it is taken (empty: always).

    ``count`` is how many went this way, None when that is not known.
    """

    source: str
    target: str
    label: str
    count: int | None = None


@noun
class Note:
    """What holds beside the steps, under a title."""

    title: str
    lines: tuple[str, ...]


@noun
class Diagram:
    """A journey to be drawn: boxes in the order of the file, ways out in the order they are tried.

    ``stages`` are the columns in order; empty when no step names one.
    """

    title: str
    subtitle: str
    boxes: Mapping[str, Box]
    arrows: Sequence[Arrow]
    notes: Sequence[Note]
    stages: Sequence[str]

    def ways_out(self) -> dict[str, list[Arrow]]:
        """Every box's ways out, by its id."""
        ways: dict[str, list[Arrow]] = {box: [] for box in self.boxes}
        for arrow in self.arrows:
            ways[arrow.source].append(arrow)
        return ways


def as_document(diagram: Diagram) -> JsonObject:
    """The diagram as one JSON object."""
    return {
        "title": diagram.title,
        "subtitle": diagram.subtitle,
        "stages": list(diagram.stages),
        "boxes": [
            {
                "id": box.id,
                "kind": box.kind,
                "title": box.title,
                "name": box.name,
                "lines": list(box.lines),
                "stage": box.stage,
                "tally": box.tally,
            }
            for box in diagram.boxes.values()
        ],
        "arrows": [
            {
                "from": arrow.source,
                "to": arrow.target,
                "label": arrow.label,
                "count": arrow.count,
            }
            for arrow in diagram.arrows
        ],
        "notes": [{"title": note.title, "lines": list(note.lines)} for note in diagram.notes],
    }
