"""What tests do in a process of its own, where no other thread runs, so that it can be copied.

`python -m tests.simulation.acts ACT`: fails by its exit code, as a test would.
"""

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import Event, active_children

import click

from sojourn_cli.simulation.processes import shared

LOTS = [bytes([number]) for number in range(6)]
FATAL = LOTS[3]


def _ends(how: Callable[[], object]) -> Callable[[bytes], bytes]:
    def work(lot: bytes) -> bytes:
        if lot == FATAL:
            how()
        return lot

    return work


def _fails(work: Callable[[bytes], bytes]) -> str:
    """The error that work ends with, when all processes are gone."""
    try:
        with shared(work, 2) as share:
            found = list(share(LOTS))
    except click.ClickException as error:
        assert active_children() == []
        return f"{error.exit_code}: {error.message}"
    raise AssertionError(found)


def killed() -> None:
    """A process that is killed, as by a system that is out of memory."""
    click.echo(_fails(_ends(lambda: os.kill(os.getpid(), signal.SIGKILL))))


def failed() -> None:
    """A process whose work raises."""
    click.echo(_fails(_ends(lambda: 1 // 0)))


def interrupted() -> None:
    """Ctrl-C reaches this process and its copies at once."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in a background ignores it
    try:
        with shared(_ends(lambda: os.kill(0, signal.SIGINT)), 2) as share:
            found = list(share(LOTS))
    except KeyboardInterrupt:
        assert active_children() == []
        click.echo("ended")
        return
    raise AssertionError(found)


def orphaned() -> None:
    """This process is killed; its copies end by themselves, and let go of what they print to."""
    with shared(_ends(lambda: os.kill(os.getppid(), signal.SIGKILL)), 2) as share:
        raise AssertionError(list(share(LOTS)))


def in_order() -> None:
    """What comes before its turn waits for it, however long each takes; no lot is too large."""
    first = Event()
    large = [*LOTS, b"x" * 5_000_000]

    def work(lot: bytes) -> bytes:
        if lot == LOTS[0]:
            first.wait(30)
        if lot == LOTS[2]:
            first.set()
        return lot * 2

    for processes in (2, 3):
        first.clear()
        with shared(work, processes) as share:
            assert list(share(large)) == [lot * 2 for lot in large]
    with shared(work, 2) as share:
        assert list(share([])) == []
        assert next(share(LOTS)) == LOTS[0] * 2
    assert active_children() == []


ACTS = {act.__name__: act for act in (killed, failed, interrupted, orphaned, in_order)}

if __name__ == "__main__":
    ACTS[sys.argv[1]]()
