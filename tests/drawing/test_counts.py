"""Counts in a picture: what the funnel tells, and nothing that it does not."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.errors import InvalidInput
from sojourn.core.workspace.plan import Journey
from sojourn_cli.drawing.counts import Visits, counts_on_arrows, read_counts
from sojourn_cli.drawing.diagram import ENTRY, Arrow, Diagram
from sojourn_cli.drawing.reading import diagram_of
from tests.drawing.journeys import journey_of, journeys

STEPS = ("wait", "remind", "done")


def result(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    funnel = [row("wait", 5, 4, 1), row("remind", 3, 3, 0)]
    enrolments = [
        {"journey": "j", "version": 1, "outcome": outcome, "converted_at": at}
        for outcome, at in (("bought", "2026-01-05T09:00:00Z"), ("bought", None), (None, None))
    ]
    return {"funnel": funnel, "enrolments": enrolments} | changes


def row(step: str, entered: int, left: int, inside: int, version: int = 1) -> dict[str, Any]:
    numbers = {"entered": entered, "left": left, "inside": inside}
    return {"journey": "j", "version": version, "step": step} | numbers


def walked(diagram: Diagram, seed: int) -> tuple[list[int], dict[str, Visits]]:
    """Some customers walk at random: how many took each arrow, and what the funnel then says."""
    chance = random.Random(seed)
    ways = diagram.ways_out()
    taken: Counter[int] = Counter()
    entered: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    places = {id(arrow): place for place, arrow in enumerate(diagram.arrows)}
    for _ in range(chance.randrange(6)):
        here = ENTRY
        for _ in range(12):
            out = ways[here]
            if here != ENTRY and (not out or chance.random() < 0.15):
                inside[here] += chance.random() < 0.5  # else an exit rule ended it
                break
            arrow = chance.choice(out)
            taken[places[id(arrow)]] += 1
            here = arrow.target
            entered[here] += 1
        else:
            inside[here] += 1
    steps = [box for box in diagram.boxes if box.startswith("step ")]
    visits = {box: Visits(entered[box], entered[box] - inside[box], inside[box]) for box in steps}
    return [taken[place] for place in range(len(diagram.arrows))], visits


@given(journeys(st.just("x")), st.integers(0, 1_000_000))
def test_a_count_on_an_arrow_is_how_many_took_it(journey: Journey, seed: int) -> None:
    diagram = diagram_of(journey)
    taken, visits = walked(diagram, seed)
    known = counts_on_arrows(diagram.arrows, visits)
    for count, true in zip(known, taken, strict=True):
        assert count in (None, true)
    ways_in = Counter(arrow.target for arrow in diagram.arrows)
    for arrow, count in zip(diagram.arrows, known, strict=True):
        if ways_in[arrow.target] == 1 and arrow.target in visits:
            assert count is not None, "the only way in is known"


def test_a_way_among_several_is_left_out() -> None:
    arrows = [Arrow("a", "c", "x"), Arrow("b", "c", "y"), Arrow("a", "d", "")]
    visits = {box: Visits(3, 3, 0) for box in "abcd"}
    assert counts_on_arrows(arrows, visits) == [None, None, 3]


def test_a_way_is_known_when_nobody_left_by_the_other() -> None:
    arrows = [Arrow("a", "c", "x"), Arrow("b", "c", "y")]
    visits = {"a": Visits(2, 2, 0), "b": Visits(4, 0, 4), "c": Visits(1, 1, 0)}
    assert counts_on_arrows(arrows, visits) == [1, 0]


def test_the_counts_of_a_result() -> None:
    counts = read_counts(result(), "j", STEPS)
    assert counts.steps == {"wait": Visits(5, 4, 1), "remind": Visits(3, 3, 0)}
    assert counts.tally("wait") == "5 entered · 4 left · 1 inside"
    assert counts.tally("done") == "0 entered"
    assert counts.note().lines == ("3 entered", "1 converted", "bought: 2", "still inside: 1")


def test_other_journeys_and_older_versions_do_not_count() -> None:
    rows = [row("wait", 5, 5, 0), row("wait", 2, 2, 0, version=2), {"journey": "other"}]
    counts = read_counts(result(funnel=rows, enrolments=[]), "j", STEPS)
    assert counts.steps == {"wait": Visits(2, 2, 0)}
    assert counts.enrolments == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"funnel": None}, "funnel: a list of objects is wanted, not null"),
        ({"enrolments": [1]}, "enrolments: a list of objects is wanted"),
        ({"funnel": [{"journey": "j", "version": 1}]}, "entered: a whole number is wanted"),
        ({"funnel": [row("gone", 1, 1, 0)]}, "counts step gone, which journey j does not have"),
    ],
)
def test_what_is_no_result_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_counts(result(**changes), "j", STEPS)


def test_counts_stand_in_boxes_on_arrows_and_in_a_note() -> None:
    steps = {
        "wait": {"type": "wait", "for": "PT1H", "next": "remind"},
        "remind": {"type": "send", "channel": "sms", "template": "t", "next": "done"},
        "done": {"type": "exit"},
    }
    journey = journey_of(steps, "wait")
    diagram = diagram_of(journey, read_counts(result(), "j", STEPS))
    assert [arrow.count for arrow in diagram.arrows] == [5, 3, 0]
    assert diagram.boxes["step remind"].tally == "3 entered"
    assert diagram.boxes[ENTRY].tally is None
    assert diagram.notes[-1].title == "Simulated"
