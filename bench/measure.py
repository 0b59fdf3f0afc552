"""Measuring: every case in fresh processes, in shuffled rounds on one core.

A case is a command that prints one JSON object. Rounds interleave the cases, so
what disturbs the machine for a while disturbs all of them; a ratio is taken within each round, and
the median of the rounds is what counts. A first round, which fills the caches, is thrown away.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]

LONGEST_SECONDS = 300
"""No case runs longer: one that does hangs."""

type Answer = dict[str, Any]
"""What a case printed."""


@dataclass(frozen=True, slots=True)
class Case:
    """A command to measure; without an environment of its own it has this process's."""

    command: Sequence[str]
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the least and the most."""

    median: float
    low: float
    high: float


def module(name: str, *arguments: str) -> Case:
    """The case that runs a module of this folder, seeing no AWS settings of whoever measures."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return Case([sys.executable, "-m", f"bench.{name}", *arguments], kept)


def in_rounds(cases: Mapping[str, Case], rounds: int) -> dict[str, list[Answer]]:
    """Every case's answers, one a round."""
    answers: dict[str, list[Answer]] = {name: [] for name in cases}
    chance = random.Random(1)
    for case in cases.values():
        run(case)
    for _ in range(rounds):
        for name in chance.sample(list(cases), len(cases)):
            answers[name].append(run(cases[name]))
    return answers


def run(case: Case) -> Answer:
    """Run a case once. Raises RuntimeError with what it wrote when it fails."""
    done = subprocess.run(
        case.command,
        cwd=ROOT,
        env=case.environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(case.command)[:200]}\n{done.stdout}{done.stderr}")
    answer: Answer = json.loads(done.stdout)
    return answer


def spread(values: Sequence[float]) -> Spread:
    """The median of some values and their range."""
    return Spread(median(values), min(values), max(values))


def spread_of(answers: Sequence[Answer], figure: str) -> Spread:
    """The spread of one figure of a case's answers."""
    return spread([answer[figure] for answer in answers])


def ratio_of(answers: Sequence[Answer], others: Sequence[Answer], figure: str) -> Spread:
    """The spread of one figure's ratio between two cases, taken within each round."""
    pairs = zip(answers, others, strict=True)
    return spread([mine[figure] / theirs[figure] for mine, theirs in pairs])


def on_one_core() -> int | None:
    """Keep this process, and those it starts, on one core; which one, or None where none can be."""
    if not CORES:
        return None
    core = max(CORES)
    _pin({core})
    return core


@contextmanager
def on_every_core() -> Iterator[None]:
    """Let what is started meanwhile have all the cores there were: several processes at work."""
    if not CORES:
        yield
        return
    before = os.sched_getaffinity(0)
    _pin(CORES)
    try:
        yield
    finally:
        _pin(before)


def _cores() -> set[int]:
    look: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return set() if look is None else look(0)


def _pin(cores: set[int]) -> None:
    os.sched_setaffinity(0, cores)


CORES = _cores()
"""Those this process may use from the start; empty on a system that does not say."""
