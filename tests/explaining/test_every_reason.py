"""Every reason that a simulation gives has an explanation."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sojourn.core.state.decisions import Record
from sojourn.core.workspace.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.story import Entry, Story, explain, explain_record
from sojourn_cli.simulation.lines import EventsFile, read_events
from sojourn_cli.simulation.run import as_document, simulate

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"


def events_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("events*.jsonl")) or sorted(folder.parent.glob("events*.jsonl"))


WORKSPACES = sorted(
    path.parent
    for place in ("examples", "tests")
    for path in (ROOT / place).rglob("journeys")
    if path.is_dir() and events_of(path.parent)
)
"""The shop, and every golden case: a folder with journeys, and events in it or beside it."""


@cache
def given(folder: Path) -> tuple[Plan, EventsFile]:
    plan = load(read_folder(folder)).plan
    assert plan is not None
    lines = [line for path in events_of(folder) for line in path.read_bytes().splitlines()]
    return plan, read_events(lines)


def stories(folder: Path) -> Iterator[Story]:
    plan, file = given(folder)
    for customer, life in simulate(plan, file, reasons=True).lives.items():
        yield Story(customer, life.events, life.records)


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


_OPERATORS = re.compile(
    r"(\.\S+|\btimes|\bsum of \S+) "
    r"(eq|ne|not_in|gte?|lte?|between|starts_with|ends_with|older_than|in_next) "
)


@pytest.mark.parametrize("folder", WORKSPACES, ids=lambda folder: folder.name)
def test_no_explanation_speaks_in_operators_or_calls_entering_otherwise(folder: Path) -> None:
    plan, _ = given(folder)
    told = [
        entry.explanation
        for story in stories(folder)
        for entry in explain(story, plan)
        if entry.what != "event"
    ]
    assert told
    assert [text for text in told if _OPERATORS.search(text)] == []
    assert [text for text in told if re.match(r"Began|Started|Did not (start|begin)", text)] == []


@pytest.mark.parametrize("folder", WORKSPACES, ids=lambda folder: folder.name)
def test_every_reason_of_the_result_stands_in_an_explanation(folder: Path) -> None:
    plan, file = given(folder)
    result = as_document(simulate(plan, file))
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


def test_every_kind_of_entry_stands_on_the_page_of_commands() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    kinds = {
        entry.what
        for folder in WORKSPACES
        for story in stories(folder)
        for entry in explain(story, given(folder)[0])
    }
    assert len(kinds) > 10
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in page] == []


IN_THE_WAY = {"not_entered", "held_out", "held", "timeout", "refused", "duplicate", "ignored"} | {
    "not_joined",
    "identity_conflict",
}


def stood_in_the_way(entry: Entry) -> bool:
    """Whether something did not happen, or not to its end."""
    if entry.what == "message":
        return entry.details["outcome"] != "sent"
    return entry.what in IN_THE_WAY or (entry.what == "exited" and entry.reason is not None)


@pytest.mark.parametrize("folder", WORKSPACES, ids=lambda folder: folder.name)
def test_whatever_did_not_happen_has_a_nearest_change_or_says_why_there_is_none(
    folder: Path,
) -> None:
    plan, _ = given(folder)
    for story in stories(folder):
        for entry in filter(stood_in_the_way, explain(story, plan)):
            assert "nearest" in entry.details, entry


def test_every_kind_of_record_that_is_made_stands_on_the_page_of_commands() -> None:
    core = (ROOT / "shared" / "sojourn" / "core").rglob("*.py")
    code = "".join(path.read_text(encoding="utf-8") for path in core)
    kinds = set(re.findall(r"\.record\(\s*\"(\w+)\"", code)) | {"message", "held"}
    assert len(kinds) > 20
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in page] == []


def test_the_same_events_are_told_in_the_same_words() -> None:
    plan, _ = given(SHOP)
    first, again = (
        [entry.as_document() for story in stories(SHOP) for entry in explain(story, plan)]
        for _ in range(2)
    )
    assert first == again
