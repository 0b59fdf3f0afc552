"""An events file may be plain or compressed, with a mark or without, in a folder or in a pipe."""

import gzip
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from sojourn_cli.commands.send_events import batches_of
from sojourn_cli.main import main

SHOP = Path(__file__).parents[2] / "examples" / "shop"
LINES = (SHOP / "events.jsonl").read_bytes()
MARK = b"\xef\xbb\xbf"
HALF = len(LINES) // 2


def run(*arguments: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(item) for item in arguments], input=given)


@pytest.fixture(scope="module")
def wanted() -> str:
    return run("simulate", SHOP, "--events", SHOP / "events.jsonl").stdout


FORMS = {
    "plain": LINES,
    "marked": MARK + LINES,
    "crlf": LINES.replace(b"\n", b"\r\n"),
    "no newline at its end": LINES.rstrip(),
    "gzip by its content alone": gzip.compress(LINES),
    "gzip with a mark inside": gzip.compress(MARK + LINES),
    "gzip in two parts": gzip.compress(LINES[:HALF]) + gzip.compress(LINES[HALF:]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_file(form: str, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(FORMS[form])
    assert run("simulate", SHOP, "--events", path).stdout == wanted


@pytest.mark.parametrize("form", ["plain", "gzip with a mark inside"])
def test_a_dash_is_standard_input_and_nothing_of_it_stays(
    form: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = run("simulate", SHOP, "--events", "-", given=FORMS[form])
    assert found.stdout == wanted
    assert list(tmp_path.iterdir()) == []


def test_what_was_piped_in_is_called_so() -> None:
    found = run("explain", SHOP, "--events", "-", "--customer", "lerat", given=LINES)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "standard input: there is no customer `lerat`; did you mean `lerato`?" in found.stderr
    found = run("simulate", SHOP, "--events", "-", given=gzip.compress(LINES)[:200])
    assert found.exit_code == 2
    assert "standard input: cannot be read" in found.stderr


@pytest.mark.parametrize(
    ("handed", "said"),
    [("<&-", "standard input is closed"), ("0>/dev/null", "- cannot be read")],
)
@pytest.mark.parametrize(
    "words", [["simulate", str(SHOP), "--events", "-"], ["send-events", "-", "--stack", "shop"]]
)
def test_a_standard_input_that_gives_nothing_is_wrong_usage(
    words: list[str], handed: str, said: str
) -> None:
    command = [sys.executable, "-c", "from sojourn_cli.main import main; main()", *words]
    shell = ["sh", "-c", f"{shlex.join(command)} {handed}"]
    found = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert said in found.stderr
    assert "Traceback" not in found.stderr


def test_a_pipe_may_be_read_by_a_command_that_reads_twice(tmp_path: Path) -> None:
    """Where the sources of both workspaces differ, each reads the history anew."""
    other = tmp_path / "other"
    (other / "sources").mkdir(parents=True)
    mapping = {"id": "till", "match": {"source": ["till"]}, "map": {"event": {"value": "sale"}}}
    (other / "sources" / "till.json").write_text(json.dumps(mapping), encoding="utf-8")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeding = Thread(target=pipe.write_bytes, args=(LINES,))
    feeding.start()
    found = run("diff", SHOP, other, "--events", pipe)
    feeding.join()
    assert found.stdout == run("diff", SHOP, other, "--events", SHOP / "events.jsonl").stdout
    assert json.loads(found.stdout)["totals"]["customers"] > 0


def _broken(packed: bytes) -> bytes:
    return packed[:60] + bytes(byte ^ 0xFF for byte in packed[60:64]) + packed[64:]


BROKEN = {
    "in the middle": _broken(gzip.compress(LINES)),
    "cut off": gzip.compress(LINES)[:-300],
    "from the beginning": b"\x1f\x8b no",
}


@pytest.mark.parametrize("where", BROKEN)
def test_what_cannot_be_unpacked_is_bad_usage(where: str, tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(BROKEN[where])
    found = run("simulate", SHOP, "--events", path)
    assert found.exit_code == 2
    assert f"{path}: cannot be read: " in found.stderr


def test_a_second_file_is_not_passed_over() -> None:
    events = SHOP / "events.jsonl"
    found = run("simulate", SHOP, "--events", events, "--events", events)
    assert found.exit_code == 2
    assert "one file is wanted" in found.stderr


def test_a_file_that_is_wanted_and_not_given_is_bad_usage() -> None:
    found = run("simulate", SHOP)
    assert found.exit_code == 2
    assert "Missing option '--events'" in found.stderr


@pytest.mark.parametrize("form", FORMS)
def test_what_is_simulated_can_be_sent(form: str, tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(FORMS[form])
    refused: list[object] = []
    batches = list(batches_of(path, "bus", lambda _: None, refused))  # type: ignore[arg-type]
    assert refused == []
    assert sum(map(len, batches)) == sum(bool(line.strip()) for line in LINES.splitlines())
