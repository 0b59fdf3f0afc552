"""Every folder here is a case: a workspace, events, and what must come of them.

`expected.json` is the simulation's object or the parts that matter: each list has as many rows as
there are, and each row the fields that the case is about. `given` holds options of `simulate`.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import parse_instant
from sojourn.core.workspace.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/expected.json"))


def plan_of(case: str) -> Plan:
    workspace = load(read_folder(HERE / case))
    assert [item for item in workspace.findings if item.severity == "error"] == []
    assert workspace.plan is not None
    return workspace.plan


def simulated(case: str, until: str | None) -> dict[str, Any]:
    plan = plan_of(case)
    with (HERE / case / "events.jsonl").open("rb") as lines:
        events = read_events(lines, plan.sources)
    end = None if until is None else parse_instant(until)
    found: dict[str, Any] = json.loads(dumps(as_document(simulate(plan, events, end))))
    return found


def the_parts_that_matter(found: object, expected: object) -> object:
    """Of what was found, the fields that are expected."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: the_parts_that_matter(found.get(key), expected[key]) for key in expected}
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        return [the_parts_that_matter(*pair) for pair in zip(found, expected, strict=True)]
    return found


@pytest.mark.parametrize("case", CASES)
def test_what_the_case_promises_is_what_comes(case: str) -> None:
    expected = json.loads((HERE / case / "expected.json").read_text(encoding="utf-8"))
    given = expected.pop("given", {})

    found = simulated(case, given.get("until"))

    assert the_parts_that_matter(found, expected) == expected


@pytest.mark.parametrize("case", CASES)
def test_a_case_says_what_it_is_about(case: str) -> None:
    title, _, text = (HERE / case / "README.md").read_text(encoding="utf-8").partition("\n")
    assert title.removeprefix("# ").lower().replace(" ", "-") == case
    assert len(text.strip()) > len(case)


def test_the_page_of_cases_names_every_one() -> None:
    page = (HERE.parents[2] / "docs" / "language" / "cases.md").read_text(encoding="utf-8")
    named = re.findall(
        r"^- \[(.+)\]\(../../tests/core/golden/(.+)/README.md\)$", page, re.MULTILINE
    )
    assert sorted(case for _, case in named) == CASES
    for title, case in named:
        first = (HERE / case / "README.md").read_text(encoding="utf-8").partition("\n")[0]
        assert first == f"# {title}"
