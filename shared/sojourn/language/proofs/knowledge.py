"""Knowledge: which values a path can have at all, by the language or by this journey."""

from collections.abc import Mapping
from dataclasses import replace

from sojourn.core.nouns import noun
from sojourn.core.values.paths import Path
from sojourn.core.workspace.plan import Journey, Send, Update
from sojourn.language.models.steps import OUTCOMES
from sojourn.language.proofs.intervals import points
from sojourn.language.proofs.regions import ANYTHING, MISSING, MOMENT, TEXT, Region

_BOOLEAN = Region(booleans=frozenset({True, False}))
_STATUS = Region(texts=points(("ok", "bounced", "complained", "unsubscribed", "missing")))
_MESSAGE_STATUS = Region(missing=True, texts=points((*OUTCOMES, "held", "cancelled")))
"""As `DraftScope` tells it: one that waits or is on its way has none."""

_MAYBE_TEXT = replace(TEXT, missing=True)
_MAYBE_MOMENT = replace(MOMENT, missing=True)


@noun
class Domains:
    """The values of paths; ``variables`` are those an enrolment can have, None: any.

    ``channels`` gives the channel of each send step; None when the journey is not known.
    ``is_inside`` says that there may be an enrolment, and so what entered it.
    """

    variables: frozenset[str] | None = None
    channels: Mapping[str, str] | None = None
    is_inside: bool = True

    def __call__(self, path: Path) -> Region:
        """The values at a path."""
        match path:
            case ("consent", _):
                return _BOOLEAN
            case ("channels", _, "status"):
                return _STATUS
            case ("customer", "created_at"):
                return MOMENT
            case ("customer", "id" | "timezone"):
                return TEXT
            case ("messages", step, field):
                return self._message(step, field)
            case ("entry", *_) if not self.is_inside:
                return MISSING
            case ("vars", name, *_) if self.variables is not None and name not in self.variables:
                return MISSING
            case _:
                return ANYTHING

    def _message(self, step: str, field: str) -> Region:
        channel = None
        if self.channels is not None:
            channel = self.channels.get(step)
            if channel is None:
                return MISSING
        match field:
            case "status":
                return _MESSAGE_STATUS
            case "channel":
                return (
                    _MAYBE_TEXT
                    if channel is None
                    else Region(missing=True, texts=points([channel]))
                )
            case _:
                return _MAYBE_MOMENT


ANYWHERE = Domains()
"""For a condition that stands in no journey: a segment's."""

AT_THE_DOOR = Domains(frozenset(), {}, is_inside=False)
"""For the condition of an entry: without an enrolment no `entry`, variables or messages."""


def inside(journey: Journey) -> Domains:
    """For the conditions of a journey that look at an enrolment."""
    steps = journey.steps.values()
    paths = [
        path
        for step in steps
        if isinstance(step, Update)
        for path, _ in (*step.set, *step.increment)
    ]
    return Domains(
        frozenset(path[1] for path in paths if path[0] == "vars"),
        {step.name: step.channel for step in steps if isinstance(step, Send)},
    )
