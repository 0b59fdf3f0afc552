"""A workspace that is right becomes a plan, and `validate` prints what is not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sojourn.core.values.exact import dumps, loads_object
from sojourn.core.workspace.documents import plan_from
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.main import main
from tests.language.given import HELLO, base, changed, hello

ROOT = Path(__file__).parents[2]


def on_disk(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def validate(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["validate", str(folder), *options])


def test_a_workspace_that_is_right_is_a_plan() -> None:
    workspace = load(base(journeys__hello=HELLO | {"$schema": "../x.json"}))
    assert workspace.ok
    assert workspace.plan is not None
    assert workspace.plan.current["hello"].version == 1
    assert set(workspace.plan.by_event) == {"signed up"}
    assert workspace.documents is not None
    assert "$schema" not in json.dumps(workspace.documents, default=str)


def test_documents_are_plain_json_from_which_the_plan_is_read_again() -> None:
    workspace = load(hello("priority", 60.5))
    assert workspace.documents is not None
    again = loads_object(dumps(workspace.documents))
    assert again == workspace.documents
    assert plan_from(again, 0) == workspace.plan


def test_a_workspace_with_an_error_is_no_plan() -> None:
    workspace = load(hello("start", "nowhere"))
    assert not workspace.ok
    assert workspace.plan is None
    assert workspace.documents is None


def test_validate_says_ok(tmp_path: Path) -> None:
    result = validate(on_disk(tmp_path, base()))
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"ok": True, "findings": []}


def test_warnings_are_told_and_are_no_failure(tmp_path: Path) -> None:
    result = validate(on_disk(tmp_path, {**base(), "settngs.json": b""}), "--format", "json")
    assert result.exit_code == 0
    told: dict[str, Any] = json.loads(result.stdout)
    assert told["ok"] is True
    assert [item["severity"] for item in told["findings"]] == ["warning"]


def test_errors_are_told_in_order_and_fail(tmp_path: Path) -> None:
    journey = changed(HELLO, "steps", "greet", "next", "anser")
    journey["caps"] = []
    result = validate(on_disk(tmp_path, base(journeys__hello=journey, settings={"timezone": 1})))
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "ok": False,
        "findings": [
            {
                "severity": "error",
                "code": "unknown-key",
                "file": "journeys/hello.json",
                "path": "caps",
                "message": "`caps` stands in `settings.json`, which holds for the whole workspace",
            },
            {
                "severity": "error",
                "code": "missing-target",
                "file": "journeys/hello.json",
                "path": "steps.greet.next",
                "message": "there is no step `anser`; did you mean `answer`?",
            },
            {
                "severity": "error",
                "code": "wrong-type",
                "file": "settings.json",
                "path": "timezone",
                "message": "the name of a time zone is wanted, not a number",
            },
        ],
    }


def test_a_table_names_file_path_and_code(tmp_path: Path) -> None:
    result = validate(on_disk(tmp_path, hello("start", "wiat")), "--format", "table")
    assert result.exit_code == 1
    for text in ("journeys/hello.json", "start", "missing-target", "did you mean `wait`?"):
        assert text in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("name", ["[/]", "[bold]", "[low, high]", "\x1b[31m", "\ud800"])
def test_a_table_shows_any_name_as_it_is(name: str, tmp_path: Path) -> None:
    files = hello("steps", "greet", {"type": "wait", "for": "1d", name: 1})
    result = validate(on_disk(tmp_path, files), "--format", "table")
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "\x1b" not in result.stdout
    if name.isprintable():
        assert f"`{name}`" in result.stdout


@pytest.mark.parametrize(
    "arguments", [["/no/such/folder"], [], [__file__], [".", "--format", "xml"]]
)
def test_bad_usage_is_told_apart(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, ["validate", *arguments]).exit_code == 2


def test_a_folder_that_cannot_be_read_is_bad_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(folder: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "walk", locked)
    assert validate(tmp_path).exit_code == 2


def test_the_command_itself_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from sojourn_cli.main import main; main()", "validate"]
    folder = str(on_disk(tmp_path, hello("start", "wiat")))
    done = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    assert done.stderr == ""


def test_the_example_is_right() -> None:
    workspace = load(read_folder(ROOT / "examples" / "shop"))
    assert [item for item in workspace.findings if item.severity == "error"] == []


def test_a_plan_is_read_without_pydantic() -> None:
    # What the functions load on a cold start.
    code = "import sys, sojourn.core.workspace.documents; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
