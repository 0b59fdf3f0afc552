"""Reading journeys and settings: defaults, and what slipped through the checks."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.values.instants import DAY, HOUR, MINUTE
from sojourn.core.workspace.journeys import read_journey, read_step
from sojourn.core.workspace.plan import From, LocalTime, Send, Wait
from sojourn.core.workspace.settings_file import read_settings
from tests.core.engine.given import at, end, exact, journey, plan_of

STOP = {"stop": end()}


def test_what_a_journey_leaves_out() -> None:
    read = read_journey({"id": "a", "entry": {"event": "x"}, "start": "stop", "steps": STOP})

    assert (read.name, read.status, read.priority, read.category) == ("a", "draft", 50, "marketing")
    assert (read.max_stay, read.resume_over, read.on_archive) == (365 * DAY, HOUR, "finish")
    assert (read.exits, read.goal) == ((), None)
    entry = read.entry
    assert (entry.events, entry.holdout, entry.key, entry.after, entry.until) == (
        ("x",),
        0,
        None,
        None,
        None,
    )
    assert (entry.reentry.mode, entry.reentry.every, entry.reentry.max) == (
        "after_exit",
        None,
        None,
    )


def test_what_a_send_leaves_out() -> None:
    step = read_step("a", {"type": "send", "channel": "sms", "template": "t"})

    assert isinstance(step, Send)
    assert (step.on_limit, step.hold, step.priority, step.category) == ("hold", DAY, None, None)
    assert (step.max_visits, step.stage, step.next) == (100, None, None)


def test_a_step_of_no_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"steps\.a\.type: there is no step type 'dance'"):
        read_step("a", {"type": "dance"})
    with pytest.raises(InvalidInput, match="there is no step type None"):
        read_step("a", {})


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ({"type": "wait", "for": "P1M"}, "steps.a.for"),
        ({"type": "wait", "for": "-P1D"}, "steps.a.for"),
        ({"type": "wait", "until": {}}, "steps.a.until"),
        ({"type": "wait", "until": {"time": "25:00"}}, "steps.a.until.time"),
        ({"type": "wait", "until": {"time": "09:00", "weekdays": ["day"]}}, "steps.a.until.weekd"),
        ({"type": "wait", "until": {"date": "someday"}}, "steps.a.until.date"),
        ({"type": "wait", "until": {"date": "2026-01-01", "offset": "x"}}, "steps.a.until.offset"),
        ({"type": "send", "channel": "sms", "hold": 7}, "steps.a.hold"),
        ({"type": "send", "channel": "sms", "priority": True}, "steps.a.priority"),
        ({"type": "split", "arms": [{"name": "x", "weight": "1"}]}, "steps.a.arms[0].weight"),
        ({"type": "update", "set": {"nowhere": 1}}, "steps.a.set.nowhere"),
        ({"type": "update", "unset": ["vars"]}, "steps.a.unset[0]"),
        (
            {"type": "emit", "event": "e", "properties": {"p": {"from": "x"}}},
            "steps.a.properties.p",
        ),
    ],
)
def test_a_value_that_cannot_be_read_names_its_place(step: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_step("a", step)

    assert str(refused.value).startswith(place)


def test_waits() -> None:
    step = read_step("a", {"type": "wait", "until": {"time": "09:30", "weekdays": ["sun", "mon"]}})

    assert isinstance(step, Wait)
    assert isinstance(step.until, LocalTime)
    assert (step.duration, step.until.at.minute, sorted(step.until.weekdays)) == (None, 30, [0, 6])


def test_a_value_is_a_literal_or_a_path() -> None:
    given = {"a": {"from": "event.x"}, "b": {"from": "event.x", "and": 1}, "c": [1]}
    step = read_step("a", {"type": "send", "channel": "sms", "template": "t", "with": given})

    assert isinstance(step, Send)
    assert step.variables == {"a": From(("event", "x")), "b": given["b"], "c": [1]}


def test_a_journeys_life() -> None:
    read = read_journey(
        journey("a", {"event": "x", "after": "2026-03-02T10:00:00Z"}, STOP), 3, archived_at=1
    )

    assert (read.version, read.archived_at, read.resumed_at) == (3, 1, None)
    assert read.entry.after == at("10:00")


def test_a_profile_entry_reads_every_test_of_every_trait() -> None:
    entry = {"profile": {"a": 1, "b": {"gte": 1, "lt": 5}, "c.d": ["x"], "e": {"exists": True}}}
    read = read_journey(journey("a", entry, STOP))

    assert [(path[1:], test.operator) for path, test in read.entry.profile] == [
        (("a",), "eq"),
        (("b",), "gte"),
        (("b",), "lt"),
        (("c", "d"), "in"),
        (("e",), "exists"),
    ]


def test_rules_join_their_where_and_their_segment() -> None:
    rules = [{"segment": "s", "where": {"profile.a": 1}}, {"segment": "s"}, {"event": ["x", "y"]}]
    plan = plan_of(journey("a", "asked", STOP, exit=rules, goal={"event": "o", "segment": "s"}))

    read = plan.current["a"]
    assert [rule.outcome for rule in read.exits] == ["exited"] * 3
    assert read.exits[2].events == ("x", "y")
    assert read.goal is not None
    assert (read.goal.where, read.goal.exit, read.goal.within) == (read.exits[1].where, False, None)


def test_settings_have_defaults() -> None:
    read = read_settings({})

    assert (read.timezone, read.control_group, read.seed, read.caps) == ("UTC", 0, 0, ())
    assert read.category("marketing").consent == "opt_out"
    assert read.category("transactional").consent == "none"
    assert not read.category("transactional").obeys_caps
    assert read.category("unheard of").consent == "opt_out"


def test_a_category_leaves_out_what_it_has_by_nature() -> None:
    read = read_settings({"categories": {"marketing": {"consent": "opt_in"}, "news": {}}})

    assert read.category("marketing").consent == "opt_in"
    assert read.category("marketing").quiet_hours
    assert read.category("news").obeys_caps
    assert read.category("news").name == "news"
    assert not read.category("transactional").quiet_hours


def test_caps_and_hours() -> None:
    read = read_settings(
        exact(
            {
                "control_group": 2.5,
                "caps": [
                    {"max": 1, "per": "P1D", "channels": ["sms"], "categories": ["marketing"]},
                    {"name": "month", "max": 3, "per": "calendar_month"},
                    {"name": "gap", "min_gap": "PT90M"},
                ],
                "quiet_hours": [{"from": "21:00", "to": "08:00", "weekdays": ["mon"]}],
                "closed": [{"from": "2026-12-25", "to": "2026-12-26", "channels": ["sms"]}],
            }
        )
    )

    assert read.control_group == Decimal("2.5")
    assert [(cap.name, cap.maximum, cap.window, cap.min_gap) for cap in read.caps] == [
        ("0", 1, DAY, None),
        ("month", 3, "month", None),
        ("gap", None, None, 90 * MINUTE),
    ]
    assert read.caps[0].channels == frozenset({"sms"})
    assert read.caps[0].categories == frozenset({"marketing"})
    assert read.quiet_hours[0].weekdays == {0}
    assert read.closed[0].channels == frozenset({"sms"})


def test_another_seed_draws_under_another_id() -> None:
    settings = read_settings({})
    assert settings.draw("ana") == "ana"
    assert replace(settings, seed=7).draw("ana") == "7 ana"
