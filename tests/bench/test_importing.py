"""The import's memory is its own, whoever measures it."""

import subprocess
import sys

from bench.importing import mark_of

HELD_MB = 100


def marked(work: str) -> float:
    """The mark of a program once it has done some work; when it has ended there is none."""
    command = [sys.executable, "-S", "-c", f"{work}; print(flush=True); input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        mark = mark_of(child.pid)
        child.communicate("done\n")
    assert mark_of(child.pid) == 0
    return mark


def test_a_process_is_not_charged_with_what_whoever_started_it_held() -> None:
    held = bytearray(b"x" * (HELD_MB << 20))
    assert 0 < marked("pass") < HELD_MB
    assert len(held) == HELD_MB << 20


def test_what_a_process_gave_back_was_held() -> None:
    assert marked(f"held = bytearray(b'x' * ({HELD_MB} << 20)); del held") > HELD_MB
