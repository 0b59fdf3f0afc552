"""However many processes share a run, it is the same run; and none of them is left over."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from sojourn_cli.main import main
from sojourn_cli.simulation.processes import LEAST_EVENTS, MOST_UNASKED, processes_for

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"


def act(name: str, module: str = "acts") -> subprocess.CompletedProcess[str]:
    """Do one of `acts`, in a group of processes of its own; returns when all have let go."""
    return subprocess.run(
        [sys.executable, "-m", f"tests.simulation.{module}", name],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("module", "name"), [("agreeing", "histories"), ("agreeing", "commands"), ("acts", "in_order")]
)
def test_the_same_comes_out_to_the_last_byte(module: str, name: str) -> None:
    done = act(name, module)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""


def test_a_process_that_is_killed_ends_the_run_plainly() -> None:
    done = act("killed")
    assert done.stdout == (
        "1: one of the processes was ended by SIGKILL, for want of memory? Try fewer --processes\n"
    )
    assert done.stderr == ""


def test_a_process_that_fails_says_where_and_ends_the_run() -> None:
    done = act("failed")
    assert done.stdout.startswith("1: one of the processes failed, as told above")
    assert "ZeroDivisionError" in done.stderr


def test_an_interrupt_ends_all_of_them_without_a_word() -> None:
    done = act("interrupted")
    assert (done.stdout, done.stderr) == ("ended\n", "")


def test_who_is_left_behind_ends_by_itself() -> None:
    done = act("orphaned")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGKILL, "", "")


def test_few_events_are_one_process_s_work_unless_more_are_asked_for() -> None:
    assert processes_for(None, 2 * LEAST_EVENTS - 1) == 1
    assert processes_for(None, 1_000_000) <= MOST_UNASKED
    assert processes_for(1, 1_000_000) == 1


def test_where_other_threads_run_one_process_does_it_and_says_so() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        alone = CliRunner().invoke(main, ["simulate", *GIVEN])
        asked = CliRunner().invoke(main, ["simulate", *GIVEN, "--processes", "4"])
    finally:
        end.set()
        thread.join()
    assert asked.stdout == alone.stdout
    assert (alone.stderr, asked.stderr) == (
        "",
        "one process in place of 4: a process in which other threads run is not copied\n",
    )


@pytest.mark.parametrize("count", ["0", "65", "many"])
def test_no_process_or_far_too_many_is_bad_usage(count: str) -> None:
    result = CliRunner().invoke(main, ["simulate", *GIVEN, "--processes", count])
    assert result.exit_code == 2


GIVEN = (str(SHOP), "--events", str(SHOP / "events.jsonl"))
