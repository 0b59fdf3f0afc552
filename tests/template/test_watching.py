"""Whoever runs it hears of what is wrong, sees it, and finds what to do."""

import json
import re
from typing import Any

import pytest

from sojourn.core.values.instants import SECOND
from sojourn.runtime.decisions.evaluate import NEAR
from sojourn.runtime.decisions.wake import AHEAD
from tests.template.given import (
    DEAD_LETTERS,
    FUNCTIONS,
    ROOT,
    consumer,
    named,
    properties,
    target,
    template,
)

ALARMS = named("AWS::CloudWatch::Alarm")
GRID_COLUMNS = 24


def watched() -> set[tuple[str, str]]:
    """What alarms look at: the metric, and the first thing it is about."""
    return {
        (alarm["MetricName"], target(dimension["Value"]))
        for alarm in ALARMS.values()
        for dimension in alarm.get("Dimensions", [])[:1]
    }


def test_each_failure_of_a_function_is_announced() -> None:
    """By its errors, or by what waits for it: a queue, or the page's customers."""
    waited_for = {consumer(queue) for queue in set(named("AWS::SQS::Queue")) - {DEAD_LETTERS}}
    assert {f"{name}Function" for name in FUNCTIONS} == waited_for | {
        "WakeFunction",
        "PreferencesFunction",
    }
    assert {("Errors", "WakeFunction"), ("Invocations", "WakeFunction")} <= watched()
    page = {("Url5xxCount", "PreferencesFunction"), ("Throttles", "PreferencesFunction")}
    assert page <= watched()


@pytest.mark.parametrize("name", ["Ingest", "Evaluate", "Dispatch"])
def test_a_bad_version_shows_before_anything_is_late(name: str) -> None:
    assert ("Errors", f"{name}Function") in watched()


def test_a_cause_that_has_no_alarm_is_on_the_dashboard() -> None:
    """Where the runbook sends who wants to know why something waits."""
    shown = {
        (metric[1], str(metric[3]) if len(metric) > 3 else "")
        for widget in dashboard()
        if widget["properties"].get("title") in {"Errors", "Refused: functions and table"}
        for metric in widget["properties"]["metrics"]
        if metric[0] != "..."
    }
    assert {("WriteThrottleEvents", "${Table}"), ("ReadThrottleEvents", "${Table}")} <= shown
    titles = [widget["properties"].get("title") for widget in dashboard()]
    refused = dashboard()[titles.index("Refused: functions and table")]["properties"]["metrics"]
    errors = dashboard()[titles.index("Errors")]["properties"]["metrics"]
    for name in FUNCTIONS:
        assert sum(f"${{{name}Function}}" in metric for metric in (*refused, *errors)) == 2


@pytest.mark.parametrize(
    "queue", sorted(set(named("AWS::SQS::Queue")) - {DEAD_LETTERS, "RightsQueue"})
)
def test_a_queue_that_waits_alarms(queue: str) -> None:
    assert ("ApproximateAgeOfOldestMessage", queue) in watched()


def test_wake_ups_are_late_five_minutes_after_the_longest_delay() -> None:
    longest = max(NEAR, AHEAD) // SECOND
    assert ALARMS["WakeAgeAlarm"]["Threshold"] == longest + 300
    assert f"wake-ups (up to {longest} by design)" in json.dumps(dashboard())


def test_a_request_that_is_not_done_becomes_a_dead_letter_within_the_hour() -> None:
    """What is asked for about one customer may take so long; a law gives a month."""
    queue = properties("RightsQueue")
    tries = queue["RedrivePolicy"]["maxReceiveCount"]
    assert tries * queue["VisibilityTimeout"] <= 3600


def test_the_first_dead_letter_alarms() -> None:
    alarm = ALARMS["DeadLettersAlarm"]
    assert ("ApproximateNumberOfMessagesVisible", DEAD_LETTERS) in watched()
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_a_stream_that_lags_alarms() -> None:
    assert ("IteratorAge", "EvaluateFunction") in watched()


def test_silence_of_the_clock_alarms() -> None:
    alarm = ALARMS["NoWakeUpsAlarm"]
    assert alarm["MetricName"] == "Invocations"
    assert alarm["TreatMissingData"] == "breaching"


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_reaches_whoever_asked_for_it(name: str) -> None:
    heard = {"Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
    assert ALARMS[name]["AlarmActions"] == ALARMS[name]["OKActions"] == heard


def test_without_an_address_there_is_no_topic() -> None:
    resources = template()["Resources"]
    conditional = {name for name, r in resources.items() if r.get("Condition") == "HasAlarmEmail"}
    assert conditional == {"AlarmTopic", "AlarmTopicPolicy"}


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_the_runbook_says_what_to_do_about_an_alarm(name: str) -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    assert f"`{name}`" in runbook


def test_the_runbook_speaks_of_no_alarm_that_is_not_there() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(\w+Alarm)`", runbook)) == set(ALARMS)


def dashboard() -> list[dict[str, Any]]:
    """The widgets, with every reference in place of what it stands for."""
    body = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    widgets: list[dict[str, Any]] = json.loads(body)["widgets"]
    return widgets


def test_everything_the_dashboard_refers_to_is_there() -> None:
    body = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    names = set(re.findall(r"\$\{([\w:]+)", body))
    assert names - {"AWS::Region"} <= set(template()["Resources"])


def test_the_dashboard_asks_its_three_questions() -> None:
    titles = [w["properties"]["markdown"] for w in dashboard() if w["type"] == "text"]
    assert titles == ["## Are messages going out?", "## Are they on time?", "## What is stuck?"]


def test_the_dashboard_shows_every_alarm() -> None:
    [shown] = [w["properties"]["alarms"] for w in dashboard() if w["type"] == "alarm"]
    assert set(shown) == {f"${{{name}.Arn}}" for name in ALARMS}


def test_widgets_lie_beside_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard():
        columns = range(widget["x"], widget["x"] + widget["width"])
        rows = range(widget["y"], widget["y"] + widget["height"])
        cells = {(x, y) for x in columns for y in rows}
        assert max(columns) < GRID_COLUMNS
        assert not cells & taken
        taken |= cells
