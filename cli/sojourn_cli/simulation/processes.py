"""Processes: work shared among copies of this process, each made by a fork when all is read.

A copy has everything that was read without being sent it; it is sent one lot of work after another,
and sends back what it made of each, packed. It ends as soon as whoever asked is gone. A process in
which other threads run is not copied: what one of them holds at that moment stays held for ever.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import click

from sojourn_cli.output import fail, say

type Work = Callable[[bytes], bytes]
"""What is made of a lot; both are packed."""

type Share = Callable[[Iterable[bytes]], Iterator[bytes]]
"""What is made of each lot, in their order."""

MOST_PROCESSES = 64
"""Beyond it `--processes` is refused."""

MOST_UNASKED = 8
"""Reading, sorting and writing are one process's work, a tenth of all: more would mostly wait."""

LEAST_EVENTS = 500
"""For each process, unless a number is asked for: a quarter of a second's work. To begin one and to
hear from it takes a hundredth."""


def processes_option[F: Callable[..., object]](command: F) -> F:
    """Add `--processes N` as ``processes``."""
    return click.option(
        "--processes",
        type=click.IntRange(min=1, max=MOST_PROCESSES),
        help="How many processes share the work; the output is the same."
        f"  [default: one for each processor, at most {MOST_UNASKED}; 1 for few events]",
    )(command)


def processes_for(asked: int | None, events: int) -> int:
    """In how many processes to run so many events; says so where what was asked cannot be."""
    wanted = asked
    if wanted is None:
        worth = max(1, events // LEAST_EVENTS)
        wanted = min(os.process_cpu_count() or 1, MOST_UNASKED, worth)
    if wanted == 1:
        return 1
    reason = _why_alone()
    if reason is not None and asked is not None:
        say(f"one process in place of {asked}: {reason}")
    return 1 if reason is not None else wanted


def _why_alone() -> str | None:
    if "fork" not in get_all_start_methods():
        return "this system cannot copy a process"
    if threading.active_count() > 1:
        return "a process in which other threads run is not copied"
    return None


_NONE = -1


@dataclass(slots=True)
class _Worker:
    """A copy, our end of what we talk through, and the number of the lot it has."""

    process: BaseProcess
    talk: "Connection[bytes, bytes]"
    number: int = _NONE


@contextmanager
def shared(work: Work, processes: int) -> Iterator[Share]:
    """Begin so many copies; within, they share lots of work.

    Afterwards none of them is left, however this ends. Raises an error of the command line when
    one is killed or fails.
    """
    crew: list[_Worker] = []
    try:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(processes):
                crew.append(_begun(work, crew))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield partial(_collected, crew)
    finally:
        for worker in crew:
            worker.process.kill()
            worker.talk.close()
        for worker in crew:
            worker.process.join()
            worker.process.close()


def _begun(work: Work, crew: Sequence[_Worker]) -> _Worker:
    fork = get_context("fork")
    ours, theirs = fork.Pipe()
    process = fork.Process(target=_serve, args=(theirs, [ours, *_talks(crew)], work), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _talks(crew: Sequence[_Worker]) -> "list[Connection[bytes, bytes]]":
    return [worker.talk for worker in crew]


def _serve(
    talk: "Connection[bytes, bytes]", inherited: "Sequence[Connection[bytes, bytes]]", work: Work
) -> None:
    """What a copy does: work on what it is sent, until nobody is there to send."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in inherited:
        other.close()
    while True:
        try:
            lot = talk.recv_bytes()
        except (EOFError, OSError):
            return
        made = work(lot)
        try:
            talk.send_bytes(made)
        except OSError:
            return


def _collected(crew: Sequence[_Worker], lots: Iterable[bytes]) -> Iterator[bytes]:
    """What was made of each lot; what comes before its turn is kept packed.

    A copy is sent a lot when it has sent back what it made of the last one: so neither ever waits
    for the other to take what it sends.
    """
    by_talk = {worker.talk: worker for worker in crew}
    numbered = enumerate(lots)
    made: dict[int, bytes] = {}
    turn = 0
    for worker in crew:
        _send(worker, numbered)
    while any(worker.number != _NONE for worker in crew):
        for talk in wait(_talks(crew)):
            worker = by_talk[talk]  # type: ignore[index]  # what is waited for are connections
            made[worker.number] = _heard(worker)
            _send(worker, numbered)
        while turn in made:
            yield made.pop(turn)
            turn += 1


def _send(worker: _Worker, lots: Iterator[tuple[int, bytes]]) -> None:
    """Send a worker the next lot, if there is one."""
    worker.number, lot = next(lots, (_NONE, b""))
    if worker.number == _NONE:
        return
    try:
        worker.talk.send_bytes(lot)
    except OSError as error:
        raise _ended(worker) from error


def _heard(worker: _Worker) -> bytes:
    try:
        return worker.talk.recv_bytes()
    except (EOFError, OSError) as error:
        raise _ended(worker) from error


def _ended(worker: _Worker) -> click.ClickException:
    """Why a worker is no longer there."""
    worker.process.join()
    code = worker.process.exitcode or 0
    if code < 0:
        name = signal.Signals(-code).name
        return fail(
            f"one of the processes was ended by {name}, for want of memory? Try fewer --processes"
        )
    return fail("one of the processes failed, as told above; --processes 1 does without them")
