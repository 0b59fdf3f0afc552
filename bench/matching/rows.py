"""The bench of matching: the product, the bound and the peers in one run, against the oracle."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.matching import peers, task
from bench.measure import ROOT, Answer, Case, in_rounds, module, ratio_of, spread, spread_of
from bench.report import Result, Row

ROUNDS = 5
JOURNEYS = 1_000

PEERS = ROOT / ".tools" / "bench"
"""The environment of the peers; `make bench` makes it, and that of node beside it."""
NODE = ROOT / ".tools" / "bench-node"
JSON_LOGIC = "json-logic-engine"

OURS, WHOLE, BOUND = "ours", "ours, one journey in ten asks more", "bare bitmaps"

WANTED = {
    "common-expression-language": 5,
    "growthbook": 25,
    "flagsmith-flag-engine": 40,
    BOUND: 0.25,
}
"""How many times as many events a second as that."""

LARGEST_GROWTH = 5
LARGEST_BUILD_MS = 100
MANY, FEW = "10,000 journeys of 50 event names", "100 journeys of 50 event names"
ONE_MANY, ONE_FEW = "1,000 journeys of one event name", "100 journeys of one event name"


def cases(folder: Path) -> dict[str, Case]:
    """Who takes part; says who does not, and why."""
    found = {
        OURS: module("matching.ours", str(JOURNEYS), str(task.NAMES)),
        WHOLE: module("matching.ours", str(JOURNEYS), str(task.NAMES), "whole"),
        BOUND: module("matching.bound", str(JOURNEYS), str(task.NAMES)),
        MANY: module("matching.ours", "10000", "50"),
        FEW: module("matching.ours", "100", "50"),
        ONE_MANY: module("matching.ours", "1000", "1"),
        ONE_FEW: module("matching.ours", "100", "1"),
    }
    python = PEERS / "bin" / "python"
    if python.exists():
        for name in peers.PEERS:
            command = ["-m", "bench.matching.peers", name, str(JOURNEYS), str(task.NAMES)]
            found[name] = Case([str(python), *command])
    else:
        print("matching: without its peers, as `make bench` has not made their environment")
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / JSON_LOGIC).exists():
        print(f"matching: without {JSON_LOGIC}, as node and npm are not here")
    else:
        script = ROOT / "bench" / "matching" / "json_logic.mjs"
        found[JSON_LOGIC] = Case([node, str(script), str(written_task(folder)), str(NODE)])
    return found


def written_task(folder: Path) -> Path:
    """The task as a file, for who cannot make it."""
    made = task.make(JOURNEYS)
    journeys = {
        name: [[each.number, task.tests_of(each.where)] for each in all_]
        for name, all_ in made.by_event().items()
    }
    path = folder / "task.json"
    document = {"journeys": journeys, "events": made.events, "least_seconds": task.LEAST_SECONDS}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def result() -> Result:
    """Measure everybody; raises AssertionError when one answers otherwise than the oracle."""
    with tempfile.TemporaryDirectory() as folder:
        answers = in_rounds(cases(Path(folder)), ROUNDS)
    check(answers)
    rows = [_row(OURS, answers)]
    rows += [_against(name, answers, wanted) for name, wanted in WANTED.items() if name in answers]
    others = answers.keys() - {OURS, MANY, FEW, ONE_MANY, ONE_FEW, *WANTED}
    rows += sorted(
        [_against(name, answers, None) for name in others], key=lambda row: -row.value.median
    )
    rows += [_growth(FEW, MANY, answers), _growth(ONE_FEW, ONE_MANY, answers), _build(answers)]
    return Result(
        "Matching",
        f"Events a second on one core: which of {JOURNEYS:,} live journeys, each entered by one of"
        f" {task.NAMES} event names and three comparisons over event and profile, does an event let"
        " in? The product's own index, and peers behind an index by event name; a ratio says how"
        " many times as many events the product takes.",
        "Every answer, of every contender in every round, is that of a plain oracle.",
        rows,
        ", ".join(
            [
                f"{name} {found[0]['version']}"
                for name, found in answers.items()
                if "version" in found[0]
            ]
        ),
    )


def check(answers: Mapping[str, Sequence[Answer]]) -> None:
    """Hold every answer against the oracle's."""
    sizes = {MANY: (10_000, 50), FEW: (100, 50), ONE_MANY: (1_000, 1), ONE_FEW: (100, 1)}
    for name, found in answers.items():
        oracle = task.expected(task.make(*sizes.get(name, (JOURNEYS, task.NAMES))))
        for answer in found:
            if answer["digest"] != task.digest(oracle[: answer["events"]]):
                raise AssertionError(f"{name} lets in others than the oracle does")


def _row(name: str, answers: Mapping[str, Sequence[Answer]]) -> Row:
    return Row(
        name,
        spread_of(answers[name], "events_a_second"),
        "events/s",
        beside={"matches_a_thousand_events": 1_000 * answers[name][0]["matches_an_event"]},
    )


def _against(name: str, answers: Mapping[str, Sequence[Answer]], wanted: float | None) -> Row:
    ratio = ratio_of(answers[OURS], answers[name], "events_a_second")
    return Row(
        name,
        spread_of(answers[name], "events_a_second"),
        "events/s",
        ratio,
        f"{OURS} to it",
        None if wanted is None else f"at least {wanted}",
        None if wanted is None else ratio.median >= wanted,
    )


def _growth(few: str, many: str, answers: Mapping[str, Sequence[Answer]]) -> Row:
    """The time for an event with many journeys beside that with few."""
    growth = ratio_of(answers[few], answers[many], "events_a_second")
    return Row(
        many,
        spread_of(answers[many], "events_a_second"),
        "events/s",
        growth,
        f"{few}, time for an event",
        f"at most {LARGEST_GROWTH}",
        growth.median <= LARGEST_GROWTH,
        {
            "matches_a_thousand_events": 1_000 * answers[many][0]["matches_an_event"],
            "with_few": 1_000 * answers[few][0]["matches_an_event"],
        },
    )


def _build(answers: Mapping[str, Sequence[Answer]]) -> Row:
    built = spread([answer["build_ms"] for answer in answers[MANY]])
    wanted = f"at most {LARGEST_BUILD_MS} ms"
    return Row(
        "building the index of 10,000 journeys",
        built,
        "ms",
        target=wanted,
        met=built.median <= LARGEST_BUILD_MS,
    )
