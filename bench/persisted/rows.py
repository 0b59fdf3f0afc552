"""The bench of a persisted step: the product and machines of states, in one run."""

from bench.matching.rows import PEERS
from bench.measure import Answer, Case, in_rounds, module, ratio_of, spread_of
from bench.persisted import peers
from bench.report import Result, Row

ROUNDS = 5
OURS = "ours"
ALONE = "ours, an enrolment without its customer"
NEAREST = "transitions, one machine for all"
WANTED = {
    "transitions, one machine for all": 5,
    "python-statemachine, one for all": 30,
    "SpiffWorkflow": 100,
}
MOST_BYTES = 150


def result() -> Result:
    """Measure everybody."""
    cases = {OURS: module("persisted.ours"), ALONE: module("persisted.ours", "alone")}
    python = PEERS / "bin" / "python"
    if python.exists():
        for name in peers.FORMS:
            command = [str(python), "-W", "ignore", "-m", "bench.persisted.peers", name]
            cases[name] = Case(command)
    else:
        print("persisted: without its peers, as `make bench` has not made their environment")
    answers = in_rounds(cases, ROUNDS)
    size = spread_of(answers[OURS], "bytes")
    rows = [
        Row(OURS, spread_of(answers[OURS], "steps_a_second"), "steps/s"),
        _alone(answers),
        *[_row(name, answers) for name in peers.FORMS if name in answers],
        Row(
            "an enrolment, stored",
            size,
            "bytes",
            target=f"at most {MOST_BYTES}",
            met=size.median <= MOST_BYTES,
        ),
    ]
    versions = {found[0]["version"] for found in answers.values() if "version" in found[0]}
    return Result(
        "A persisted step",
        "Steps a second on one core: what was stored as text is loaded, goes one place further in a"
        " ring of five, and is stored as text. The product loads and stores a whole customer and"
        " evaluates an event against duplicates, exits, waits and entries; the machines of states"
        " know no customer, no event and no time. Beside it, of the same functions, those alone"
        " that move one enrolment. A ratio says how many times as many steps the product takes.",
        "Whoever took part went round the ring.",
        rows,
        ", ".join(sorted(versions)),
    )


def _alone(answers: dict[str, list[Answer]]) -> Row:
    """An enrolment alone, beside the peer that is nearest to it."""
    ratio = (
        ratio_of(answers[ALONE], answers[NEAREST], "steps_a_second") if NEAREST in answers else None
    )
    return Row(
        ALONE,
        spread_of(answers[ALONE], "steps_a_second"),
        "steps/s",
        ratio,
        None if ratio is None else f"it to {NEAREST}",
        beside={"bytes": spread_of(answers[ALONE], "bytes").median},
    )


def _row(name: str, answers: dict[str, list[Answer]]) -> Row:
    ratio = ratio_of(answers[OURS], answers[name], "steps_a_second")
    wanted = WANTED.get(name)
    return Row(
        name,
        spread_of(answers[name], "steps_a_second"),
        "steps/s",
        ratio,
        f"{OURS} to it",
        None if wanted is None else f"at least {wanted}",
        None if wanted is None else ratio.median >= wanted,
        {"bytes": spread_of(answers[name], "bytes").median},
    )
