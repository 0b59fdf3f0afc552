"""A folder knows what runs in it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sojourn_cli.local import process
from sojourn_cli.local.home import Deployed, Home

SOON = 20.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def other_process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        yield running
        running.kill()


def write_state(home: Home, pid: int) -> None:
    home.folder.mkdir(exist_ok=True)
    (home.folder / "emulator.json").write_text(
        f'{{"pid": {pid}, "endpoint": "http://e", "region": "x", "ends_at": 1.5}}'
    )


def test_nothing_runs_in_a_folder_that_does_not_exist(home: Home) -> None:
    assert home.running() is None
    assert home.deployed() is None
    assert home.end_of_log() == "(no log)"


def test_a_process_that_is_gone_does_not_run(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    write_state(home, gone.pid)
    assert home.running() is None


def test_another_process_under_the_same_number_is_never_taken_for_ours(
    home: Home, other_process: subprocess.Popen[bytes]
) -> None:
    write_state(home, other_process.pid)
    if Path(f"/proc/{os.getpid()}/cmdline").exists():
        assert home.running() is None
        assert process.stop(home) is False
    assert other_process.poll() is None


def test_what_was_deployed_is_remembered_until_it_is_forgotten(home: Home) -> None:
    home.folder.mkdir()
    deployed = Deployed("shop", "digest", {"TableName": "customers"})
    home.remember(deployed)
    assert home.deployed() == deployed
    home.forget()
    assert home.deployed() is None


def test_one_at_a_time_starts_or_stops(home: Home) -> None:
    entered = threading.Event()

    def enter() -> None:
        with home.locked():
            entered.set()

    with home.locked():
        thread = threading.Thread(target=enter)
        thread.start()
        assert not entered.wait(0.1)
    thread.join(SOON)
    assert entered.is_set()


def test_the_end_of_the_log_is_shown_when_something_fails(home: Home) -> None:
    home.folder.mkdir()
    home.log.write_text("\n".join(str(number) for number in range(50)))
    assert home.end_of_log(2) == "48\n49"


def test_a_child_is_ended_and_collected(home: Home) -> None:
    code = "import sys; print(flush=True); sys.stdin.read()"
    arguments = [sys.executable, "-c", code, str(home.folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, start_new_session=True) as child:
        assert child.stdout
        child.stdout.readline()
        write_state(home, child.pid)
        running = home.running()
        assert running is not None
        assert running.ends_at < time.time()
        assert process.stop(home) is True
        assert home.running() is None
        child.returncode = 0  # collected already
