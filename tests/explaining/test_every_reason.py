"""Every reason that a simulation gives has an explanation."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sojourn.core.decisions import Record
from sojourn.core.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.story import Story, explain, explain_record
from sojourn_cli.simulation.lines import EventsFile, read_events
from sojourn_cli.simulation.run import as_document, simulate

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
WORKSPACES = sorted(
    journeys.parent
    for place in ("examples", "tests")
    for journeys in (ROOT / place).rglob("journeys")
    if journeys.is_dir() and any(journeys.parent.glob("*.jsonl"))
)
"""The shop, and every golden case that has its files and its events in one folder."""


@cache
def given(folder: Path) -> tuple[Plan, EventsFile]:
    plan = load(read_folder(folder)).plan
    assert plan is not None
    lines = [
        line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ]
    return plan, read_events(lines)


def stories(folder: Path) -> Iterator[Story]:
    plan, file = given(folder)
    for customer, life in simulate(plan, file, reasons=True).lives.items():
        yield Story(customer, file.by_customer[customer], life.records)


def unexplained(story: Story, plan: Plan) -> list[Record]:
    standing = Standing(story.customer, plan)
    found = []
    for record in story.records:
        if explain_record(record, standing) is None:
            found.append(record)
        standing.take_record(record)
    return found


def test_there_is_something_to_explain() -> None:
    assert SHOP in WORKSPACES


@pytest.mark.parametrize("folder", WORKSPACES, ids=lambda folder: folder.name)
def test_every_record_has_an_explanation(folder: Path) -> None:
    plan, _ = given(folder)
    assert [item for story in stories(folder) for item in unexplained(story, plan)] == []


@pytest.mark.parametrize("folder", WORKSPACES, ids=lambda folder: folder.name)
def test_every_reason_of_the_result_stands_in_an_explanation(folder: Path) -> None:
    plan, file = given(folder)
    result = as_document(simulate(plan, file), plan, file)
    told = {
        (story.customer, entry.journey, entry.step, entry.reason)
        for story in stories(folder)
        for entry in explain(story, plan)
        if entry.explanation.endswith(".")
    }
    rows = [dict(row) for row in result["messages"]]  # type: ignore[union-attr, arg-type]
    wanted = {
        tuple(row[name] for name in ("customer", "journey", "step", "reason")) for row in rows
    }
    assert wanted <= told


def test_the_same_events_are_told_in_the_same_words() -> None:
    plan, _ = given(SHOP)
    first, again = (
        [entry.as_document() for story in stories(SHOP) for entry in explain(story, plan)]
        for _ in range(2)
    )
    assert first == again
