"""The ways through one journey: targets, steps never reached, loops that never wait."""

from typing import Any

import pytest

from sojourn.language.graphs import cycles, reachable
from tests.language.given import HELLO, LEAVE_OUT, base, changed, findings, hello, told

WAIT = ("steps", "wait")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("start", "wiat"), ["missing-target start"]),
        (("start", 5), ["wrong-type start"]),
        ((*WAIT, "next", "greeet"), ["missing-target steps.wait.next"]),
        (
            (*WAIT, "next", "nowhere"),
            [
                "unreachable-step steps.answer",
                "unreachable-step steps.end",
                "unreachable-step steps.greet",
                "missing-target steps.wait.next",
            ],
        ),
        (("steps", "greet", "on", {"failed": "edn"}), ["missing-target steps.greet.on.failed"]),
        (("steps", "answer", "any", 0, "next", "edn"), ["missing-target steps.answer.any[0].next"]),
        (("steps", "answer", "on_timeout", "edn"), ["missing-target steps.answer.on_timeout"]),
        (
            (
                "steps",
                "end",
                {
                    "type": "branch",
                    "branches": [{"where": {"vars.a": 1}, "next": "x"}],
                    "else": "y",
                },
            ),
            [
                "impossible-condition steps.end.branches[0].where.vars.a",
                "missing-target steps.end.branches[0].next",
                "missing-target steps.end.else",
            ],
        ),
        (
            ("steps", "end", {"type": "split", "arms": [{"name": "a", "weight": 1, "next": "x"}]}),
            ["missing-target steps.end.arms[0].next"],
        ),
        (("steps", "lost", {"type": "exit"}), ["unreachable-step steps.lost"]),
        (
            ("start", "end"),
            [
                "unreachable-step steps.answer",
                "unreachable-step steps.greet",
                "unreachable-step steps.wait",
            ],
        ),
        (("steps", "answer", "any", 0, "step", "wait"), ["unknown-step steps.answer.any[0].step"]),
        (("steps", "answer", "any", 0, "step", "gret"), ["unknown-step steps.answer.any[0].step"]),
        (
            ("goal", "where", {"messages.wait.status": "sent"}),
            ["unknown-step goal.where.messages.wait.status"],
        ),
    ],
)
def test_names_of_steps(change: tuple[Any, ...], expected: list[str]) -> None:
    found = told(hello(*change))
    errors = [line for line in found if "impossible" not in line]
    assert errors == [line for line in expected if "impossible" not in line]


def test_a_near_name_is_suggested_and_believed() -> None:
    (finding,) = findings(hello(*WAIT, "next", "Greet"))
    assert finding.message == "there is no step `Greet`; did you mean `greet`?"
    (finding,) = findings(hello("steps", "answer", "any", 0, "step", "wait"))
    assert finding.message == "the step `wait` sends nothing; name a `send` step"


def test_a_step_with_an_unknown_key_still_leads_on() -> None:
    step = {"type": "wait", "for": "PT1H", "nxt": "greet"}
    assert told(hello(*WAIT, step)) == ["unknown-key steps.wait.nxt"]


def loop(step: dict[str, Any]) -> list[str]:
    """A step that leads back to `greet`, which leads to it, for as long as the file says."""
    journey = changed(HELLO, "steps", "greet", "next", "back") | {"max_stay": "P30D"}
    steps = {key: journey["steps"][key] for key in ("wait", "greet")}
    journey["steps"] = steps | {"back": {"max_visits": 100, **step}}
    return told(base(journeys__hello=journey))


@pytest.mark.parametrize(
    "step",
    [
        {"type": "emit", "event": "x", "next": "greet"},
        {"type": "branch", "branches": [{"where": {"profile.a": 1}, "next": "greet"}]},
    ],
)
def test_a_loop_must_wait(step: dict[str, Any]) -> None:
    assert loop(step) == ["loop-without-wait steps.greet"]


@pytest.mark.parametrize(
    "step",
    [
        {"type": "wait", "for": "PT1S", "next": "greet"},
        {"type": "wait", "for": "PT1S", "until": {"time": "09:00"}, "next": "greet"},
        {"type": "wait_for", "any": [{"event": "x", "next": "greet"}]},
        {"type": "wait_for", "any": [{"event": "x"}], "timeout": "P1D", "next": "greet"},
    ],
)
def test_a_loop_that_waits_is_a_loop(step: dict[str, Any]) -> None:
    assert loop(step) == []


@pytest.mark.parametrize(
    "step",
    [
        {"type": "wait", "for": "PT0S", "next": "greet"},
        {"type": "wait", "until": {"time": "09:00"}, "next": "greet"},
        {"type": "wait", "until": {"date": "profile.due", "if_past": "exit"}, "next": "greet"},
        {"type": "wait_for", "any": [{"event": "x"}], "timeout": "0m", "next": "greet"},
    ],
)
def test_a_loop_whose_waits_may_be_over_at_once_is_warned_about(step: dict[str, Any]) -> None:
    assert loop(step) == ["loop-in-an-instant steps.greet"]


@pytest.mark.parametrize("length", [5, "soon"])
def test_a_wait_that_cannot_be_read_counts_as_one(length: object) -> None:
    (found,) = loop({"type": "wait", "for": length, "next": "greet"})
    assert "loop" not in found


def test_a_loop_is_shown_shortened() -> None:
    names = [f"s{number}" for number in range(20)]
    steps = {
        name: {"type": "emit", "event": "x", "next": following}
        for name, following in zip(names, [*names[1:], names[0]], strict=True)
    }
    (finding,) = findings(base(journeys__hello=HELLO | {"start": "s0", "steps": steps}))
    assert finding.path == "steps.s0"
    assert finding.message.startswith("`s0` → `s1` → `s2` → `s3` → `s4` → `s5` → … → `s0` goes")


def test_a_step_that_leads_to_itself_is_a_loop() -> None:
    step = {"type": "emit", "event": "x", "next": "end"}
    assert told(hello("steps", "end", step)) == ["loop-without-wait steps.end"]


def test_cycles_are_found_wherever_they_are() -> None:
    edges = {1: [2], 2: [3, 4], 3: [1], 4: [5], 5: [4, 6], 6: [], 7: [7], 8: [1, 7]}
    assert cycles(edges) == [[1, 2, 3, 1], [4, 5, 4], [7, 7]]
    assert reachable(edges, 4) == {4, 5, 6}
    assert reachable(edges, 1, {2, 4}) == {1, 2, 4}


def test_a_hundred_thousand_nodes_are_no_matter() -> None:
    edges = {node: [node + 1] for node in range(100_000)} | {100_000: [0]}
    assert len(cycles(edges)[0]) == 100_002


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (LEAVE_OUT, "missing-key steps"),
        ({}, "empty steps"),
        ([], "wrong-type steps"),
    ],
)
def test_without_steps_nothing_is_said_of_ways(steps: object, expected: str) -> None:
    assert told(hello("steps", steps)) == [expected]


def test_more_steps_than_anybody_follows_are_one_finding() -> None:
    steps = {f"s{n}": {"type": "emit", "event": "x", "next": f"s{n + 1}"} for n in range(9_999)}
    steps["s9999"] = {"type": "exit"}
    found = findings(base(journeys__hello=HELLO | {"start": "s0", "steps": steps}))
    assert [(item.code, item.path) for item in found] == [("too-many-steps", "steps")]
    assert "10000 steps" in found[0].message


def test_ten_thousand_wrong_steps_are_bounded() -> None:
    steps = {f"step-{n}": {"type": "wiat", "next": f"stop-{n}"} for n in range(10_000)}
    found = findings(base(journeys__hello=HELLO | {"start": "step-0", "steps": steps}))
    codes = [item.code.value for item in found]
    assert len(codes) == 501
    assert codes.count("more-findings") == 1


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [("split", "arms", {"a": 50, "b": 50}), ("branch", "branches", {}), ("wait_for", "any", {})],
)
def test_what_lies_behind_ways_that_are_no_list_is_not_called_unreachable(
    kind: str, key: str, value: object
) -> None:
    [found] = findings(hello(*WAIT, {"type": kind, key: value}))
    assert (found.code, found.path) == ("wrong-type", f"steps.wait.{key}")
