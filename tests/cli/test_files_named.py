"""Files the user names: what cannot be read or written is told by its name, by every command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click import UsageError
from click.testing import CliRunner

from sojourn_cli.main import main
from sojourn_cli.recording.folder import PLACE, add_turns, write_about, write_files, write_plan

SHOP = Path(__file__).parents[2] / "examples" / "shop"
EVENTS = ("--events", str(SHOP / "events.jsonl"))

WRITERS = [
    ("new/", ("init", "new")),
    ("cart.svg", ("draw", str(SHOP), "cart-recovery", "-o", "cart.svg")),
    ("page.html", ("simulate", str(SHOP), *EVENTS, "--html", "page.html")),
    ("diff.md", ("diff", str(SHOP), str(SHOP), *EVENTS, "--markdown", "diff.md")),
    ("seen.html", ("preview", str(SHOP), "welcome", "--customer-file", "ada", "-o", "seen.html")),
]


@pytest.mark.parametrize(("file", "words"), WRITERS)
def test_a_file_without_room_is_named(tmp_path: Path, file: str, words: tuple[str, ...]) -> None:
    (tmp_path / "ada").write_text('{"first_name": "Ada"}', encoding="utf-8")
    script = 'ulimit -f 0; exec "$0" -c "from sojourn_cli.main import main; main()" "$@"'
    run = ["bash", "-c", script, sys.executable, *words]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"Error: {file}")
    assert told.endswith(": cannot be written: File too large")


@pytest.mark.parametrize("name", ["settings.json", "plans/1.json", "turns.jsonl", "about.json"])
def test_a_recording_without_room_names_its_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / PLACE / name
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/full")
    write = {
        "settings.json": lambda: write_files(path.parent, {name: b"{}"}),
        "plans/1.json": lambda: write_plan(tmp_path, 1, {}),
        "turns.jsonl": lambda: add_turns(tmp_path, "[]"),
        "about.json": lambda: write_about(tmp_path, {}, "", 1),
    }
    with pytest.raises(UsageError) as told:
        write[name]()
    assert told.value.message == f"{path}: cannot be written: No space left on device"


@pytest.mark.parametrize("words", ['{"a":', "[]", "\xff", None])
@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("--customer-file", ("preview", str(SHOP), "welcome")),
        ("--entry", ("preview", str(SHOP), "welcome", "--customer-file", "ada")),
        ("--vars", ("preview", str(SHOP), "welcome", "--customer-file", "ada")),
        ("--with", ("preview", str(SHOP), "welcome", "--customer-file", "ada")),
        ("--result", ("draw", str(SHOP), "cart-recovery")),
        ("--prices", ("cost", str(SHOP), *EVENTS)),
    ],
)
def test_a_file_that_is_no_object_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    given: tuple[str, ...],
    words: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada").write_text(json.dumps({"first_name": "Ada"}), encoding="utf-8")
    if words is not None:
        (tmp_path / "broken.json").write_text(words, encoding="latin-1")
    result = CliRunner().invoke(main, [*given, option, "broken.json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].count("broken.json") == 1
