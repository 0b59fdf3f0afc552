"""Starting and ending the emulator's process."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from sojourn_cli.local.home import PROJECT, Home, LocalError, Running

INTERPRETER = PROJECT / ".tools" / "ministack" / "bin" / "python"
START = """\
import sys
sys.path.insert(0, sys.argv[1])
from sojourn_cli.local.launcher import main
main(sys.argv[2:])
"""
READY_SECONDS = 30.0
GONE_SECONDS = 15.0
LOOK_SECONDS = 0.02


def start(home: Home, region: str, max_minutes: float) -> Running:
    """Start an emulator that outlives this process, and return once it answers."""
    if not INTERPRETER.exists():
        raise LocalError(f"{INTERPRETER} is missing: run `make setup` in {PROJECT}")
    home.forget()
    for name in ("tmp", "packages"):
        shutil.rmtree(home.folder / name, ignore_errors=True)
    (home.folder / "tmp").mkdir(parents=True)
    command = [str(INTERPRETER), "-P", "-c", START, str(Path(__file__).parents[2])]
    command += ["--home", str(home.folder), "--region", region, "--max-minutes", str(max_minutes)]
    with home.log.open("w") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home.folder)},
            cwd=home.folder,
            start_new_session=True,
        )
    running = _until_ready(home, process)
    # It is meant to outlive this object, whose end would otherwise be reported as a leak.
    process.returncode = 0
    return running


def _until_ready(home: Home, process: subprocess.Popen[bytes]) -> Running:
    until = time.monotonic() + READY_SECONDS
    pause = threading.Event()
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        running = home.running()
        if running is not None and _answers(running.endpoint):
            return running
        pause.wait(LOOK_SECONDS)
    if process.poll() is None:
        process.kill()
        process.wait()
    raise LocalError(f"the emulator did not start; its log ({home.log}) ends:\n{home.end_of_log()}")


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


def stop(home: Home) -> bool:
    """End the emulator and everything it started; false when none ran."""
    running = home.running()
    if running is None:
        home.forget()
        return False
    os.kill(running.pid, signal.SIGTERM)
    if not _gone(running.pid, GONE_SECONDS):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        _gone(running.pid, GONE_SECONDS)
    home.forget()
    return True


def _gone(pid: int, seconds: float) -> bool:
    """Wait for a process to end, whether it is our child or not."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < until:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0]:
                return True
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        pause.wait(LOOK_SECONDS)
    return False
