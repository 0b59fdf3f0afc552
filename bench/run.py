"""Every bench, one after another: results are printed, and written to `bench/results/`.

`python -m bench.run [NAME...]`: all but the long ones, or those named. Exits 1 when an answer was
wrong: a fast wrong answer counts for nothing. A target that is missed is printed, and no failure.
"""

import subprocess
import sys
from collections.abc import Callable

from bench import cold_start, cost, orders, pages, simulate
from bench.machine import load_average, machine
from bench.matching import rows as matching
from bench.measure import (
    ROOT,
    Answer,
    in_rounds,
    module,
    on_every_core,
    on_one_core,
    ratio_of,
    run,
    spread,
    spread_of,
)
from bench.persisted import rows as persisted
from bench.report import Result, Row, table, write

COLD_ROUNDS = 11
EVALUATE_ROUNDS = 5
SIMULATE_ROUNDS = 3
SHARED_ROUNDS = 3
RELEASE_ROUNDS = 7
VALIDATE_ROUNDS = 3

MOST_VALIDATE_SECONDS = 10
"""For validating a thousand journeys."""

LARGEST_COLD_RATIO = 1.25
LEAST_RECORDS_A_SECOND = 1_000
"""What one shard of a table's stream brings at most."""

LEAST_DECISIONS_A_SECOND = 100_000

OTHERS = 1_000
SHARE = 8
"""One customer in that many is simulated in rounds, half of them and all of them once."""

PROCESSES = {"1 process": 1, "2 processes": 2, "4 processes": 4}
"""In how many the simulation is shared, beside the one core that all else is measured on."""

MOST_SECONDS = 20.0
MOST_MB = 600.0
MOST_GROWTH = 1.25
"""What all customers may take for an event beside a share of them: the same, but for noise."""

APART = {"stack": "stack", "timers": "timers", "import": "importing"}
"""Benches that write and print their own results, by the module they are in."""

LONG = ("import",)
"""Run only when they are named: a quarter of an hour."""


def cold_start_result() -> Result:
    """Each function's handler beside a bare one on boto3."""
    answers = cold_start.measured(COLD_ROUNDS)
    rows = [Row(cold_start.BARE, spread_of(answers[cold_start.BARE], "ms"), "ms")]
    rows += [
        _cold_row(answers, function, cold_start.BARE, wanted=function == "evaluate")
        for function in cold_start.FUNCTIONS
    ]
    rows.append(_cold_row(answers, cold_start.BARE_FIRST, cold_start.BARE))
    rows.append(_cold_row(answers, cold_start.EVALUATE_FIRST, cold_start.BARE_FIRST))
    return Result(
        "Cold start",
        "Importing each function's handler in a fresh process, in milliseconds of the processor.",
        "The first event was read, decided, written and carried on, with one request for each.",
        rows,
    )


def _cold_row(
    answers: dict[str, list[Answer]], what: str, against: str, *, wanted: bool = False
) -> Row:
    ratio = ratio_of(answers[what], answers[against], "ms")
    return Row(
        what,
        spread_of(answers[what], "ms"),
        "ms",
        ratio,
        against,
        f"at most {LARGEST_COLD_RATIO}" if wanted else None,
        ratio.median <= LARGEST_COLD_RATIO if wanted else None,
        {"wall_ms": spread_of(answers[what], "wall_ms").median},
    )


def evaluate_result() -> Result:
    """Evaluate over nulled clients, with one journey and with a thousand more."""
    alone, among = "1 journey", f"{1 + OTHERS:,} journeys, one of which cares"
    cases = {alone: module("evaluate"), among: module("evaluate", str(OTHERS))}
    answers = in_rounds(cases, EVALUATE_ROUNDS)
    rows = []
    for name, found in answers.items():
        value = spread_of(found, "records_a_second")
        rows.append(
            Row(
                name,
                value,
                "records/s",
                None if name == alone else ratio_of(found, answers[alone], "records_a_second"),
                None if name == alone else alone,
                f"at least {LEAST_RECORDS_A_SECOND:,}/s",
                value.median >= LEAST_RECORDS_A_SECOND,
                {
                    figure: spread_of(found, figure).median
                    for figure in ("decided_a_second", "carried_on_a_second")
                },
            )
        )
    return Result(
        "Evaluate",
        "Records of the table's stream a second on one core through the handler, of whose events"
        f" one in {orders.ONE_IN} enters a journey of five steps; the AWS clients are nulled.",
        "Every event was written once; just those that should wait in the journey, and were"
        " announced.",
        rows,
    )


def simulate_result() -> Result | None:
    """A real purchase log on the virtual clock; None where the log is absent."""
    if not simulate.LOG.exists():
        return None
    read, share = "read as JSON only", f"one customer in {SHARE}"
    half, whole = "one customer in 2", "every customer"
    cases = {read: module("simulate", str(SHARE), "read"), share: module("simulate", str(SHARE))}
    answers = in_rounds(cases, SIMULATE_ROUNDS)
    answers[half] = [run(module("simulate", "2"))]
    answers[whole] = [run(module("simulate", "1"))]
    rows = [_simulate_row(answers, name, share, read) for name in answers]
    (last,) = answers[whole]
    seconds = last["seconds_an_event"] * last["events"]
    rows += [
        _most("every customer, in all", seconds, "s", MOST_SECONDS),
        _most("every customer, memory", last["peak_mb"], "MB", MOST_MB),
        *_shared_rows(half),
    ]
    return Result(
        "Simulate",
        "Events of a real purchase log a second on one core: read, simulated through ten journeys"
        " with waits, win-backs after 60 and 120 days, caps and quiet hours, and written as JSON."
        " Rows by the clock share the customers among processes, on all cores of the machine.",
        "What two of the journeys sent, to whom, when and with what outcome, is what an independent"
        " count says; a checker that knows the language and not the engine found no cap, quiet"
        " hour, hold, re-entry, exit or wait broken.",
        rows,
    )


def _simulate_row(answers: dict[str, list[Answer]], name: str, share: str, read: str) -> Row:
    found = answers[name]
    grows = name not in {read, share}
    ratio = None
    if name == share:
        ratio = ratio_of(found, answers[read], "seconds_an_event")
    elif grows:
        times = [each["seconds_an_event"] for each in answers[share]]
        ratio = spread([found[0]["seconds_an_event"] / each for each in times])
    return Row(
        name,
        spread_of(found, "events_a_second"),
        "events/s",
        ratio,
        None if ratio is None else f"{read if name == share else share}, time for an event",
        f"at most {MOST_GROWTH} times" if grows else None,
        ratio.median <= MOST_GROWTH if grows and ratio is not None else None,
        {"events": found[0]["events"], "peak_mb": spread_of(found, "peak_mb").median},
    )


def _shared_rows(half: str) -> list[Row]:
    """The same in several processes, by the clock: what whoever has the cores waits."""
    cases = {
        f"{half}, {name}, by the clock": module("simulate", "2", str(count))
        for name, count in PROCESSES.items()
    }
    with on_every_core():
        answers = in_rounds(cases, SHARED_ROUNDS)
        whole = run(module("simulate", "1", str(max(PROCESSES.values()))))
    alone = next(iter(cases))
    rows = [
        Row(
            name,
            spread_of(found, "events_a_second"),
            "events/s",
            None if name == alone else ratio_of(found, answers[alone], "seconds_an_event"),
            None if name == alone else f"{alone}, time for an event",
            beside={"peak_mb": spread_of(found, "peak_mb").median},
        )
        for name, found in answers.items()
    ]
    memory = f"every customer, memory of {max(PROCESSES.values())} processes"
    return [*rows, _most(memory, whole["peak_mb"], "MB", MOST_MB)]


def _most(what: str, value: float, unit: str, most: float) -> Row:
    return Row(what, spread([value]), unit, target=f"under {most:g} {unit}", met=value < most)


def release_result() -> Result:
    """Decisions of `release`, which `bench/release.py` makes."""
    answers = in_rounds({"release": module("release")}, RELEASE_ROUNDS)["release"]
    if any(_outcomes(answer) != _outcomes(answers[0]) for answer in answers):
        raise AssertionError("release decided the same cases differently")
    rows = []
    for within, outcomes in _outcomes(answers[0]).items():
        value = spread([each["sends_within"][within]["decisions_per_second"] for each in answers])
        rows.append(
            Row(
                f"{answers[0]['ledger']} sends within a {within}",
                value,
                "decisions/s",
                target=f"at least {LEAST_DECISIONS_A_SECOND:,}/s",
                met=value.median >= LEAST_DECISIONS_A_SECOND,
                beside=outcomes,
            )
        )
    return Result(
        "Release",
        f"Decisions a second on one core: may this message go now, under {answers[0]['caps']} caps,"
        " quiet hours, closed days and a control group? The best of many short rounds. The nearer"
        " the sends, the more of them a cap looks at, and the more often a hold would be too long.",
        "The same cases were decided alike in every round;"
        " tests/core/sending/test_release_agrees.py holds them to a second, slow implementation.",
        rows,
    )


def _outcomes(answer: Answer) -> dict[str, dict[str, float]]:
    return {within: found["outcomes"] for within, found in answer["sends_within"].items()}


def validate_result() -> Result:
    """`sojourn validate` over a thousand journeys, which `bench/validating.py` writes."""
    answers = in_rounds({"validate": module("validating")}, VALIDATE_ROUNDS)["validate"]
    value = spread_of(answers, "seconds")
    row = Row(
        "1,000 journeys",
        value,
        "s",
        target=f"under {MOST_VALIDATE_SECONDS} s",
        met=value.median < MOST_VALIDATE_SECONDS,
        beside={"peak_mb": spread_of(answers, "peak_mb").median},
    )
    return Result(
        "Validate",
        "Seconds of the processor that `sojourn validate` takes over a workspace of a thousand"
        " journeys, the example's again and again, from start to end.",
        "It found nothing wrong, as there is nothing.",
        [row],
    )


BENCHES: dict[str, Callable[[], Result | None]] = {
    "matching": matching.result,
    "persisted": persisted.result,
    "validate": validate_result,
    "cold-start": cold_start_result,
    "release": release_result,
    "evaluate": evaluate_result,
    "simulate": simulate_result,
    "cost": cost.result,
}


def main() -> int:
    """Run the benches named, or all."""
    names = sys.argv[1:] or [name for name in (*BENCHES, *APART) if name not in LONG]
    unknown = [name for name in names if name not in BENCHES and name not in APART]
    if unknown:
        print(f"there is no bench {unknown[0]}; there are {', '.join([*BENCHES, *APART])}")
        return 2
    core = on_one_core()
    for what, said in machine().items():
        print(f"{what}: {said}")
    print(f"on core {core if core is not None else 'any'}, load {load_average()} at the start")
    failed = [name for name in names if not (_apart(name) if name in APART else _here(name))]
    pages.write()
    if failed:
        print(f"\nwrong or failed: {', '.join(failed)}")
    return 1 if failed else 0


def _here(name: str) -> bool:
    """Run one of the benches of this file; whether its answers were right."""
    try:
        result = BENCHES[name]()
    except (AssertionError, RuntimeError) as error:
        print(f"\n{name}: {error}")
        return False
    if result is None:
        print(f"\n{name}: left out, as the log it reads is not there")
        return True
    write(name, result)
    print(f"\n{result.title}: {result.about}\n{table(result)}\n{result.checked}")
    return True


def _apart(name: str) -> bool:
    """Run a bench that writes and prints its own results, where it is there, on every core."""
    print(f"\n{name}", flush=True)
    command = [sys.executable, "-m", f"bench.{APART[name]}"]
    with on_every_core():
        return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
