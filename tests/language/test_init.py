"""`sojourn init` makes a workspace that is right, explained, and runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sojourn.core.values.exact import dumps
from sojourn.language.files import read_folder
from sojourn.language.schemas import NAMES, schema_text
from sojourn.language.workspace import load
from sojourn_cli.main import main
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate


def init(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["init", str(folder), *options])


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "new" / "garden"
    result = init(folder)
    assert result.exit_code == 0
    created = json.loads(result.stdout)["created"]
    assert created == sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )
    return folder


def test_nothing_is_wrong_with_it(made: Path) -> None:
    workspace = load(read_folder(made))
    assert workspace.findings == ()
    assert workspace.ok


def test_every_file_names_a_schema_that_is_there(made: Path) -> None:
    for name in read_folder(made):
        if name.endswith(".json"):
            schema = json.loads((made / name).read_text())["$schema"]
            assert (made / name).parent.joinpath(schema).is_file(), name
    for kind, name in NAMES.items():
        assert (made / ".schemas" / f"{name}.schema.json").read_text() == schema_text(kind)


def test_its_page_explains_every_file(made: Path) -> None:
    page = (made / "README.md").read_text()
    for name in read_folder(made):
        if name not in ("README.md", "templates/welcome.html"):
            assert f"`{name}`" in page


def test_its_invariants_hold_and_can_be_broken(made: Path) -> None:
    command = ["simulate", str(made), "--events", str(made / "events.jsonl"), "--check"]
    assert CliRunner().invoke(main, command).exit_code == 0
    path = made / "invariants.json"
    path.write_text(path.read_text().replace('"max": 2', '"max": 0'))
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["broken"]


def test_it_runs_and_says_what_its_page_says(made: Path) -> None:
    plan = load(read_folder(made)).plan
    assert plan is not None
    file = read_events((made / "events.jsonl").read_bytes().splitlines())
    document = as_document(simulate(plan, file))
    found: dict[str, Any] = json.loads(dumps(document))
    assert found["refused"] == []
    messages = [
        (item["customer"], item["step"], item["status"], item["decided_at"])
        for item in found["messages"]
    ]
    assert sorted(messages) == [
        ("ana", "confirm", "sent", "2026-03-03T12:00:00Z"),
        ("ana", "confirm", "sent", "2026-03-20T18:00:00Z"),
        ("ana", "confirm", "sent", "2026-03-27T18:00:00Z"),
        ("ana", "greet", "sent", "2026-03-02T09:00:00Z"),
        ("ana", "regular-thanks", "sent", "2026-03-30T09:00:00Z"),
        ("ben", "greet", "sent", "2026-03-03T08:00:00Z"),
        ("ben", "remind", "sent", "2026-03-06T08:00:00Z"),
        ("cleo", "greet", "sent", "2026-03-03T14:00:00Z"),
    ]


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = init(tmp_path)
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert init(tmp_path, "--format", "table").exit_code == 0
    assert load(read_folder(tmp_path)).ok


def test_what_cannot_be_written_is_bad_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert init(tmp_path / "file" / "garden").exit_code == 2
