"""Counts: what a simulation's result says about each step and, where it follows, each arrow.

The funnel tells how often each step was visited, not by which way. A way's count follows when it
is the only unknown one into its step; every other is left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject, type_name
from sojourn_cli.drawing.diagram import Arrow, Note


@noun
class Visits:
    """How often a step was come to, left, and is being stayed at."""

    entered: int
    left: int
    inside: int


NO_VISITS = Visits(0, 0, 0)


@noun
class Counts:
    """What a simulation counted in one journey; steps nobody visited are not in ``steps``.

    ``outcomes`` holds how enrolments ended.
    """

    steps: Mapping[str, Visits]
    enrolments: int
    converted: int
    outcomes: Mapping[str, int]

    def tally(self, step: str) -> str:
        """What stands in a step's box."""
        visits = self.steps.get(step, NO_VISITS)
        if not visits.inside:
            return f"{visits.entered} entered"
        return f"{visits.entered} entered · {visits.left} left · {visits.inside} inside"

    def note(self) -> Note:
        """What became of everybody."""
        return Note("Simulated", tuple(self._lines()))

    def _lines(self) -> Iterator[str]:
        yield f"{self.enrolments} entered"
        if self.converted:
            yield f"{self.converted} converted"
        for outcome, number in self.outcomes.items():
            yield f"{outcome}: {number}"
        inside = self.enrolments - sum(self.outcomes.values())
        if inside:
            yield f"still inside: {inside}"


def read_counts(result: JsonObject, journey: str, steps: Sequence[str]) -> Counts:
    """One journey's counts out of a result of `sojourn simulate`, of its newest version there.

    Raises InvalidInput when it is no such result, or one of another version of the journey.
    """
    funnel = [row for row in _rows(result, "funnel") if row.get("journey") == journey]
    enrolments = [row for row in _rows(result, "enrolments") if row.get("journey") == journey]
    newest = max((_number(row, "version") for row in (*funnel, *enrolments)), default=1)
    visits = {}
    for row in funnel:
        if row["version"] == newest:
            numbers = (_number(row, name) for name in ("entered", "left", "inside"))
            visits[str(row.get("step"))] = Visits(*numbers)
    unknown = [name for name in visits if name not in steps]
    if unknown:
        raise InvalidInput(
            f"it counts step {unknown[0]}, which journey {journey} does not have:"
            " it comes from other files; simulate this workspace anew"
        )
    ours = [row for row in enrolments if row["version"] == newest]
    ended = Counter(str(row["outcome"]) for row in ours if row.get("outcome") is not None)
    outcomes = dict(sorted(ended.items(), key=lambda item: (-item[1], item[0])))
    converted = sum(row.get("converted_at") is not None for row in ours)
    return Counts(visits, len(ours), converted, outcomes)


def _rows(result: JsonObject, key: str) -> list[dict[str, Any]]:
    rows = result.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(
            f"{key}: a list of objects is wanted, not {type_name(rows)}:"
            " is it what `sojourn simulate --format json` printed?"
        )
    return rows  # type: ignore[return-value]  # each is an object


def _number(row: Mapping[str, Any], name: str) -> int:
    found = row.get(name)
    if isinstance(found, bool) or not isinstance(found, int):
        raise InvalidInput(f"{name}: a whole number is wanted, not {type_name(found)}")
    return found


def counts_on_arrows(arrows: Sequence[Arrow], visits: Mapping[str, Visits]) -> list[int | None]:
    """How many took each arrow, as far as the visits of the boxes at its ends tell.

    Nobody leaves a box that nobody left, nor comes to one that nobody entered; and who came by the
    last unknown way is who did not come by the others. Boxes not in ``visits`` tell nothing.
    """
    known: list[int | None] = [None] * len(arrows)
    into: dict[str, list[int]] = {}
    for place, arrow in enumerate(arrows):
        into.setdefault(arrow.target, []).append(place)
        if arrow.source in visits and not visits[arrow.source].left:
            known[place] = 0
    for target, places in into.items():
        if target not in visits:
            continue
        entered = visits[target].entered
        unknown = [place for place in places if known[place] is None]
        if len(unknown) == 1:
            known[unknown[0]] = entered
        elif not entered:
            for place in unknown:
                known[place] = 0
    return known
