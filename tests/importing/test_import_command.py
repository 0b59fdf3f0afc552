"""What `sojourn import` says of a file, and what it refuses before it reads anything."""

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sojourn.core.values.instants import SECOND, parse_instant
from sojourn_cli.main import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("id,email,timestamp\n1,a@x.example,2026-01-05\nnull,,\n", encoding="utf-8")
    return path


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def test_a_dry_run_checks_every_row_without_a_stack(file: Path) -> None:
    options = ("--map", "id=userId", "--timezone", "Africa/Johannesburg")
    done = command(file, "--dry-run", *options)
    refused = file.with_name("people.refused.csv")
    assert json.loads(done.stdout) == {
        "rows": 2,
        "taken": 2,
        "known": 0,
        "refused": 0,
        "events": 2,
        "resumed_after": None,
        "refused_file": None,
        "dry_run": True,
    }
    assert (done.exit_code, refused.exists()) == (0, False)


def test_refused_rows_end_it_with_1_and_are_written(file: Path, tmp_path: Path) -> None:
    where = tmp_path / "bad.csv"
    done = command(file, "--dry-run", "--map", "id=userId", "--refused", where)
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert (said["taken"], said["refused"], said["refused_file"]) == (1, 1, str(where))
    assert "says no zone" in where.read_text(encoding="utf-8")
    assert done.stderr == f"refused rows, each with its reason: {where}\n"


def test_people_get_a_table(file: Path) -> None:
    done = command(file, "--dry-run", "--map", "id=userId", "--format", "table")
    assert "could be taken" in done.stdout
    assert "people.refused.csv" in done.stderr


def test_rows_without_a_time_are_of_the_day_the_file_was_written(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("userId\nana\n")
    os.utime(path, (0, parse_instant("2300-01-01T00:00:00Z") // SECOND))
    assert command(path, "--dry-run").exit_code == 1
    done = command(path, "--dry-run", "--as-of", "2026-01-01T00:00:00Z")
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "--stack is wanted, or --dry-run to check the file alone"),
        (("--dry-run", "--timezone", "Mars/Base"), 2, "Mars/Base is no IANA time zone"),
        (("--dry-run", "--map", "id"), 2, "id is not COLUMN=PLACE"),
        (("--dry-run", "--map", "=id"), 2, "=id is not COLUMN=PLACE"),
        (("--dry-run", "--rate", "0"), 2, "0 is not in the range"),
        (("--dry-run", "--refused", "people.csv"), 2, "--refused: is FILE itself"),
        (("--dry-run", "--delimiter", "::"), 2, "one character is wanted, or tab"),
        (("--dry-run", "--delimiter", "tab"), 1, "no column that says who the customer is"),
        (("--dry-run", "--map", "email=traits.mail"), 1, "column that says who the customer is"),
        (("--dry-run", "--as-of", "today"), 2, "Invalid value for '--as-of'"),
        (("--dry-run", "--map", "id=userId", "--refused", "no/such"), 1, "no/such"),
    ],
)
def test_what_cannot_be_meant_is_told(  # noqa: PLR0913 - two fixtures and a case
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command(file, *options)
    assert (done.exit_code, said in done.stderr) == (code, True), done.stderr


def test_json_lines_have_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text('{"userId": "ana"}\n\n{"detail": {}}\n')
    done = command(path, "--dry-run", "--map", "id=userId")
    assert "is JSON Lines by its name, whose rows name their own fields" in done.stderr
    done = command(path, "--dry-run")
    assert json.loads(done.stdout)["rows"] == 2
    (line,) = path.with_name("c.refused.jsonl").read_text().splitlines()
    assert json.loads(line)["import"]["reason"] == "is an EventBridge entry"


def test_a_json_list_is_not_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('[{"userId": "ana"}]\n')
    done = command(path, "--dry-run")
    assert (done.exit_code, "is one JSON list" in done.stderr) == (1, True)


def test_the_table_that_the_documentation_shows_is_taken(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(userId.*?)```", page, re.DOTALL)
    path = tmp_path / "c.csv"
    path.write_text(shown, encoding="utf-8")
    done = command(path, "--dry-run")
    assert (json.loads(done.stdout)["events"], done.stderr) == (3, "")
