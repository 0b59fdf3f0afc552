"""`sojourn local` says what is wrong, and where nothing runs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sojourn_cli.main import main


def test_status_of_nothing_is_said_and_is_a_failure(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["local", "status", "--home", str(tmp_path), "--format", "json"]
    )
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"running": False})


def test_status_can_be_read_by_people(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["local", "status", "--home", str(tmp_path), "--format", "table"]
    )
    assert result.stdout == f"nothing runs in {tmp_path}: start it with `sojourn local up`\n"


def test_ending_nothing_is_no_failure(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["local", "down", "--home", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (0, '{"ended":false}\n')
    told = CliRunner().invoke(main, ["local", "down", "--home", str(tmp_path), "--format", "table"])
    assert (told.exit_code, told.stdout, told.stderr) == (
        0,
        "",
        f"nothing was running in {tmp_path}\n",
    )


def test_emptying_nothing_says_how_to_start_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["local", "reset", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "sojourn local up" in result.stderr


def test_of_nothing_there_are_no_variables(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["local", "env", "--home", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "sojourn local up" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--parameter", "LogLevel"], ["--template", "nowhere.yaml"], ["--max-minutes", "0"]],
)
def test_bad_usage_ends_with_two(tmp_path: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["local", "up", "--home", str(tmp_path), *arguments])
    assert result.exit_code == 2
