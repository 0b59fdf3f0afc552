"""The page of pitfalls names tests that exist, and for each pitfall one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")

ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "shown by" not in line]
NODE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)(?:\[([\w-]+)\])?`")
GOLDEN = "tests/core/golden/test_golden.py"


def problem_with(file: str, function: str, case: str) -> str | None:
    """Why a test that is named cannot be run, or None."""
    path = ROOT / file
    if not path.is_file():
        return f"there is no {file}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if function not in {item.name for item in tree.body if isinstance(item, ast.FunctionDef)}:
        return f"{file} has no {function}"
    if case and not (file == GOLDEN and (path.parent / case).is_dir()):
        return f"{function} has no case {case}"
    return None


@pytest.mark.parametrize(("file", "function", "case"), sorted(set(NODE.findall(PAGE))))
def test_a_test_that_is_named_exists(file: str, function: str, case: str) -> None:
    assert problem_with(file, function, case) is None


def test_each_pitfall_says_what_is_done_and_names_its_tests() -> None:
    assert len(ROWS) > 50
    for row in ROWS:
        wrong, done, shown = (cell.strip() for cell in row.strip("|").split(" | "))
        assert wrong
        assert done
        assert re.fullmatch(rf"{NODE.pattern}(, {NODE.pattern})*", shown), row


def test_no_test_proves_two_pitfalls() -> None:
    named = [node for row in ROWS for node in NODE.findall(row)]
    assert len(set(named)) == len(named)


def test_a_wrong_name_is_found() -> None:
    function = "test_what_the_case_promises_is_what_comes"
    assert problem_with("tests/core/test_nothing.py", function, "") is not None
    assert problem_with(GOLDEN, "test_nothing", "") is not None
    assert problem_with(GOLDEN, function, "nothing") is not None
    assert problem_with(
        "tests/core/sending/test_caps.py", "test_calendar_windows_are_the_customers", "x"
    )
    assert problem_with(GOLDEN, function, "an-overtaken-entry") is None
