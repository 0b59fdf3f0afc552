"""The most messages one customer can get: a bound that no walk passes, and often reaches."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from sojourn.core.values.instants import DAY, HOUR
from sojourn.core.workspace.plan import Plan
from sojourn.language.proofs.most import WINDOWS, Most, most_messages
from sojourn.language.workspace import load
from sojourn_cli.main import main
from tests.language.given import base, written
from tests.language.test_proofs_never_wrong import LINES, journeys, lives

SMS = {"type": "send", "channel": "sms", "content": {"text": "Hi"}}
MAIL = {"type": "send", "channel": "email", "content": {"subject": "Hi", "text": "Ho"}}
DAY_OFF: dict[str, Any] = {"type": "wait", "for": "P1D"}
ONCE = {"reentry": {"mode": "never"}}


def plan_of(journey: dict[str, Any], rules: dict[str, Any], *more: dict[str, Any]) -> Plan:
    docs = {f"journeys/j{number}.json": doc for number, doc in enumerate((journey, *more))}
    workspace = load(written({**docs, "settings.json": rules}))
    assert workspace.plan is not None, workspace.findings
    return workspace.plan


def most(plan: Plan, journey: str | None = "j0") -> dict[str, int | None]:
    found = most_messages(plan.current.values(), plan.settings)
    return {item.per: item.count for item in found if item.journey == journey}


def row(*steps: dict[str, Any], **entry: object) -> dict[str, Any]:
    names = [f"s{number}" for number in range(len(steps))]
    doc = {
        name: {"next": following, **step} if following else {**step}
        for name, following, step in zip(names, [*names[1:], ""], steps, strict=True)
    }
    return {"status": "live", "entry": {"event": "go", **entry}, "start": "s0", "steps": doc}


@pytest.mark.parametrize(
    ("journey", "expected"),
    [
        (row(SMS, **ONCE), (1, 1)),
        (row(SMS, SMS, MAIL, **ONCE), (3, 3)),
        (row(SMS, DAY_OFF, SMS, DAY_OFF, SMS, **ONCE), (1, 3)),
        (row(SMS, {"type": "wait", "for": "PT23H"}, SMS, DAY_OFF, SMS, **ONCE), (2, 3)),
        (row(SMS, {"type": "wait", "for": "P7D"}, SMS, **ONCE), (1, 1)),
        (row(SMS, {"type": "wait", "until": {"time": "09:00"}}, SMS, **ONCE), (2, 2)),
        (row(DAY_OFF, **ONCE), (0, 0)),
        (row(SMS), (None, None)),
        (row(SMS, key="event.cart", **ONCE), (None, None)),
        (row(SMS, reentry={"mode": "always"}), (None, None)),
        (row(SMS, reentry={"max": 3}), (3, 3)),
        (row(SMS, reentry={"every": "P7D"}), (2, 2)),
        (row(SMS, reentry={"every": "P1D", "max": 5}), (2, 5)),
        (row(SMS, reentry={"every": "P1D", "mode": "always"}) | {"max_stay": "P3D"}, (5, 11)),
    ],
)
def test_without_caps_the_ways_and_the_entries_bound(
    journey: dict[str, Any], expected: tuple[int | None, int | None]
) -> None:
    assert tuple(most(plan_of(journey, {})).values()) == expected


def test_of_ways_that_part_only_one_is_gone() -> None:
    arms = [{"name": "a", "weight": 1, "next": "s1"}, {"name": "b", "weight": 1, "next": "s2"}]
    journey = row({"type": "split", "arms": arms}, SMS | {"next": "s3"}, MAIL, MAIL, **ONCE)
    del journey["steps"]["s0"]["next"]
    assert most(plan_of(journey, {})) == {"day": 2, "week": 2}


def test_a_loop_is_bound_by_its_time_and_by_its_visits() -> None:
    journey = row(SMS, DAY_OFF, **ONCE)
    journey["steps"]["s1"]["next"] = "s0"
    assert most(plan_of(journey, {})) == {"day": 1, "week": 7}
    journey["steps"]["s0"]["max_visits"] = 3
    assert most(plan_of(journey, {})) == {"day": 1, "week": 3}
    journey["steps"]["s1"] |= {"for": "PT0S", "until": {"time": "09:00"}}
    assert most(plan_of(journey, {})) == {"day": 3, "week": 3}
    journey["steps"]["s1"] = {
        "type": "branch",
        "branches": [{"where": {"profile.a": 1}, "next": "s2"}, {"where": {"profile.a": 2}}],
        "else": "s3",
    }
    journey["steps"]["s2"] = DAY_OFF | {"next": "s0"}
    journey["steps"]["s3"] = {"type": "wait", "for": "PT12H", "next": "s0"}
    journey["steps"]["s0"]["max_visits"] = 100
    assert most(plan_of(journey, {})) == {"day": 2, "week": 14}


def test_a_loop_that_sends_nothing_only_takes_its_time() -> None:
    again = {"type": "branch", "branches": [{"where": {"profile.a": 1}, "next": "s1"}]}
    journey = row(SMS, DAY_OFF, again | {"else": "s3"}, SMS, **ONCE)
    del journey["steps"]["s2"]["next"]
    assert most(plan_of(journey, {})) == {"day": 2, "week": 2}


def test_a_loop_is_bound_by_the_visits_of_its_wait_too() -> None:
    journey = row(SMS, MAIL, {"type": "wait", "for": "PT1H", "max_visits": 3}, **ONCE)
    journey["steps"]["s2"]["next"] = "s0"
    assert most(plan_of(journey, {})) == {"day": 8, "week": 8}
    journey["start"] = "s2"
    assert most(plan_of(journey, {})) == {"day": 6, "week": 6}
    silent = row(DAY_OFF, **ONCE)
    silent["steps"]["s0"]["next"] = "s0"
    assert most(plan_of(silent, {})) == {"day": 0, "week": 0}
    journey["steps"]["s2"]["for"] = "PT20H"
    assert most(plan_of(journey, {})) == {"day": 4, "week": 6}
    ways = [{"where": {"profile.a": 1}, "next": "s0"}]
    journey["steps"] |= {"s0": SMS | {"next": "s2"}, "s1": MAIL | {"next": "s2"}}
    journey["steps"]["s3"] = {"type": "branch", "branches": ways, "else": "s1"}
    journey["steps"]["s2"] |= {"for": "PT1H", "next": "s3"}
    assert most(plan_of(journey, {})) == {"day": 3, "week": 3}


def test_of_a_loop_of_very_many_steps_each_counts_alone() -> None:
    journey = row(*[SMS | {"max_visits": 2}] * 44, DAY_OFF | {"max_visits": 1}, **ONCE)
    journey["steps"]["s44"]["next"] = "s0"
    assert most(plan_of(journey, {})) == {"day": 44, "week": 88}


def test_of_ways_that_meet_again_a_round_takes_the_shorter() -> None:
    journey = row(SMS, **ONCE)
    journey["steps"] |= {
        "s0": SMS | {"next": "s1", "max_visits": 100},
        "s1": {
            "type": "branch",
            "branches": [{"where": {"profile.a": 1}, "next": "s2"}],
            "else": "s3",
        },
        "s2": {"type": "wait", "for": "PT1H", "next": "s3"},
        "s3": {"type": "wait", "for": "PT6H", "next": "s0"},
    }
    assert most(plan_of(journey, {})) == {"day": 4, "week": 28}


def test_of_a_very_long_journey_only_the_ways_are_counted() -> None:
    journey = row(*[SMS, DAY_OFF] * 110, **ONCE)
    assert most(plan_of(journey, {})) == {"day": 110, "week": 110}


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        ([{"max": 4, "per": "P7D"}], (4, 4)),
        ([{"max": 2, "per": "P1D"}], (2, 14)),
        ([{"max": 2, "per": "P1D"}, {"max": 4, "per": "P7D"}], (2, 4)),
        ([{"max": 2, "per": "P2D"}], (2, 8)),
        ([{"max": 0, "per": "P2D"}], (0, 0)),
        ([{"min_gap": "PT5H"}], (5, 34)),
        ([{"max": 3, "per": "P1D", "min_gap": "P1D"}], (1, 7)),
        ([{"max": 1, "per": "calendar_day"}], (3, 9)),
        ([{"max": 1, "per": "calendar_week"}], (2, 3)),
        ([{"max": 1, "per": "calendar_month"}], (2, 2)),
        ([{"max": 4, "per": "P7D", "channels": ["email"]}], (None, None)),
        ([{"max": 4, "per": "P7D", "categories": ["news"]}], (None, None)),
        ([{"max": n, "per": "P7D", "name": str(n)} for n in range(1, 9)], (1, 1)),
    ],
)
def test_caps_bound_what_entries_leave_free(
    caps: list[dict[str, Any]], expected: tuple[int | None, int | None]
) -> None:
    rules = {"caps": caps, "categories": {"news": {}}}
    assert tuple(most(plan_of(row(SMS), rules)).values()) == expected


def test_a_cap_binds_only_what_obeys_it_and_counts() -> None:
    caps = {"caps": [{"max": 4, "per": "P7D"}]}
    named = [("transactional", None), ("news", 4), ("alerts", None), ("urgent", None)]
    for category, expected in named:
        categories = {
            "news": {},
            "alerts": {"counts_toward_caps": False},
            "urgent": {"obeys_caps": False},
        }
        for by_itself in (row(SMS | {"category": category}), row(SMS) | {"category": category}):
            plan = plan_of(by_itself, caps | {"categories": categories})
            assert most(plan)["week"] == expected


def test_a_cap_of_a_category_binds_the_journeys_of_that_category() -> None:
    caps = [{"max": 4, "per": "P7D", "categories": ["news"]}]
    rules = {"caps": caps, "categories": {"news": {}}}
    assert most(plan_of(row(SMS) | {"category": "news"}, rules))["week"] == 4
    mixed = row(SMS, SMS | {"category": "marketing"}) | {"category": "news"}
    assert most(plan_of(mixed, rules))["week"] is None


def test_of_a_few_caps_those_bind_that_bind_best_together() -> None:
    caps = [
        {"name": "sms", "channels": ["sms"], "max": 1, "per": "P1D"},
        {"name": "mail", "channels": ["email"], "max": 1, "per": "P1D"},
        *({"name": f"loose {n}", "max": 100 + n, "per": "P1D"} for n in range(4)),
    ]
    plan = plan_of(row(SMS, MAIL), {"caps": caps})
    found = next(most_messages(plan.current.values(), plan.settings))
    assert (found.count, found.because) == (2, "cap `sms`; cap `mail`")


def test_a_great_many_caps_are_bounded_by_the_best_of_them() -> None:
    caps = [{"name": f"c{n}", "max": 90 - n, "per": "P1D"} for n in range(80)]
    plan = plan_of(row(SMS, MAIL), {"caps": caps})
    assert most(plan) == {"day": 11, "week": 77}


def test_what_sends_nothing_is_said_to() -> None:
    plan = plan_of(row(DAY_OFF), {"caps": [{"max": 4, "per": "P7D"}]})
    [day, *_] = most_messages(plan.current.values(), plan.settings)
    assert (day.count, day.because) == (0, "nothing is sent")


def test_a_workspace_is_bound_as_a_whole() -> None:
    caps = {"caps": [{"name": "mail", "channels": ["email"], "max": 2, "per": "P1D"}]}
    plan = plan_of(row(MAIL), caps, row(SMS, **ONCE), row(MAIL, SMS) | {"status": "draft"})
    assert most(plan, None) == {"day": 3, "week": 15}
    assert most(plan, "j2") == {}
    reasons = [item.because for item in most_messages(plan.current.values(), plan.settings)]
    assert reasons[:3] == [
        "cap `mail`",
        "`j1` is entered once and sends by `s0`",
        "cap `mail`; `j1` is entered once and sends by `s0`",
    ]


def test_what_is_unbounded_is_shown() -> None:
    plan = plan_of(row(SMS, MAIL), {})
    assert next(most_messages(plan.current.values(), plan.settings)) == Most(
        "j0",
        "day",
        None,
        "`j0` may be entered again after each exit and sends by `s0` and `s1`, bound by no cap",
    )


def test_the_command_prints_it_when_asked(tmp_path: Path) -> None:
    for name, content in base().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(main, ["validate", str(tmp_path), "--most"])
    assert json.loads(result.stdout)["most"][0] == {
        "journey": "hello",
        "per": "day",
        "messages": 4,
        "because": "cap `weekly`",
    }
    result = CliRunner().invoke(main, ["validate", str(tmp_path), "--most", "--format", "table"])
    rows = [re.split(r"\s{2,}", line.strip()) for line in result.stdout.splitlines()]
    assert ["hello", "day", "4", "cap `weekly`"] in rows
    assert ["all journeys", "week", "4", "cap `weekly`"] in rows
    (tmp_path / "settings.json").write_bytes(b"{")
    result = CliRunner().invoke(main, ["validate", str(tmp_path), "--most"])
    assert result.exit_code == 1
    assert "most" not in json.loads(result.stdout)


REENTRY = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["never", "after_exit", "always"]),
        "every": st.sampled_from(["PT1H", "P1D", "P2D"]),
        "max": st.integers(1, 3),
    },
)
CAPS = st.lists(
    st.one_of(
        st.builds(
            lambda most, per: {"max": most, "per": per},
            st.integers(1, 3),
            st.sampled_from(["PT6H", "P1D", "P2D", "calendar_day", "calendar_week"]),
        ),
        st.builds(lambda gap: {"min_gap": gap}, st.sampled_from(["PT1H", "PT13H"])),
    ),
    max_size=2,
)


@settings(max_examples=200)
@given(journeys(), REENTRY, CAPS, LINES, LINES)
def test_no_walk_sends_more(
    journey: dict[str, Any],
    reentry: dict[str, Any],
    caps: list[dict[str, Any]],
    lines: list[Any],
    others: list[Any],
) -> None:
    journey["entry"] = {"event": "go", "reentry": reentry}
    steps = journey["steps"]
    steps["end"] = {"type": "wait", "for": "PT5H", "next": "s0"} if len(lines) > 4 else SMS
    workspace = load(written({"journeys/j.json": journey, "settings.json": {"caps": caps}}))
    assume(workspace.plan is not None)
    plan = workspace.plan
    assert plan is not None
    bounds = {item.per: item.count for item in most_messages(plan.current.values(), plan.settings)}
    life = lives(plan, [("go", 0, 0, 1, 1), *sorted([*lines, *others], key=lambda line: line[1])])
    sent = sorted(item.decided_at for item in life.settled if item.status == "sent")
    for per, window in WINDOWS.items():
        busiest = max((sum(at <= other < at + window for other in sent) for at in sent), default=0)
        bound = bounds[per]
        event(
            f"{per}: {'unbounded' if bound is None else 'reached' if busiest == bound else 'under'}"
        )
        assert bound is None or busiest <= bound


def test_the_windows_are_a_day_and_a_week() -> None:
    assert WINDOWS == {"day": DAY, "week": 7 * 24 * HOUR}
