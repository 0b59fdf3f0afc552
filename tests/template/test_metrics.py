"""What alarms and dashboard look at is something that AWS's services really tell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sojourn_cli.local.deploy import sources
from tests.template.given import ROOT, named, properties, resource, target
from tests.template.test_watching import ALARMS, dashboard

SECONDS = {"a minute": 60, "three minutes": 180, "five minutes": 300, "six minutes": 360}

FUNCTION, QUEUE = ("FunctionName",), ("QueueName",)
TABLE, INDEX = ("TableName",), ("TableName", "GlobalSecondaryIndexName")
ACCOUNT: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Emitted:
    """A metric as its service documents it: by what it is told, what is worth asking, in what."""

    dimensions: frozenset[tuple[str, ...]]
    statistics: frozenset[str]
    unit: str = "count"


def emitted(statistics: str, *dimensions: tuple[str, ...], unit: str = "count") -> Emitted:
    return Emitted(frozenset(dimensions), frozenset(statistics.split()), unit)


EMITTED: dict[str, dict[str, Emitted]] = {
    "AWS/SQS": {
        "NumberOfMessagesDeleted": emitted("Sum", QUEUE),
        "ApproximateAgeOfOldestMessage": emitted("Maximum", QUEUE, unit="seconds"),
        "ApproximateNumberOfMessagesVisible": emitted("Maximum Average", QUEUE),
    },
    "AWS/Lambda": {
        "AsyncEventsReceived": emitted("Sum", FUNCTION),
        "Invocations": emitted("Sum", FUNCTION),
        "Errors": emitted("Sum", FUNCTION),
        "Throttles": emitted("Sum", FUNCTION),
        "Url5xxCount": emitted("Sum", FUNCTION),
        "IteratorAge": emitted("Maximum", FUNCTION, unit="milliseconds"),
        "Duration": emitted("p99 Average Maximum", FUNCTION, unit="milliseconds"),
    },
    "AWS/DynamoDB": {
        "ReadThrottleEvents": emitted("Sum", TABLE, INDEX),
        "WriteThrottleEvents": emitted("Sum", TABLE, INDEX),
    },
    "AWS/SES": {
        **{name: emitted("Sum", ACCOUNT) for name in ("Send", "Delivery", "Bounce", "Complaint")},
        "Reject": emitted("Sum", ACCOUNT),
        "Reputation.BounceRate": emitted("Average Maximum", ACCOUNT, unit="share of 1"),
        "Reputation.ComplaintRate": emitted("Average Maximum", ACCOUNT, unit="share of 1"),
    },
    "AWS/SNS": {
        "NumberOfNotificationsDelivered": emitted("Sum", ("PhoneNumber",)),
        "NumberOfNotificationsFailed": emitted("Sum", ("PhoneNumber",)),
    },
}
"""From the page on metrics of each service's developer guide, as far as it is looked at here."""

KINDS = {
    "FunctionName": "AWS::Lambda::Function",
    "QueueName": "AWS::SQS::Queue",
    "TableName": "AWS::DynamoDB::Table",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One metric that is asked for, and of what: dimension names with references."""

    namespace: str
    metric: str
    statistic: str
    about: tuple[tuple[str, str], ...]

    def check(self) -> None:
        """Assert that its service tells it like this."""
        found = EMITTED[self.namespace][self.metric]
        assert tuple(name for name, _ in self.about) in found.dimensions, self
        assert self.statistic in found.statistics, self
        for name, value in self.about:
            if name in KINDS:
                what = value.removeprefix("${").removesuffix("}").partition(".")
                assert resource(what[0])["Type"] == KINDS[name], self
                # A queue's `Ref` is its URL; of the others it is the name.
                assert what[2] == ("QueueName" if name == "QueueName" else ""), self


def of_alarm(alarm: dict[str, Any]) -> Asked:
    """What an alarm asks for, its references written as the dashboard's are."""
    about = tuple((item["Name"], written(item["Value"])) for item in alarm.get("Dimensions", ()))
    return Asked(alarm["Namespace"], alarm["MetricName"], alarm["Statistic"], about)


def written(value: Any) -> str:  # noqa: ANN401 - an intrinsic function
    if "Fn::GetAtt" in value:
        return "${" + ".".join(value["Fn::GetAtt"]) + "}"
    return "${" + target(value) + "}"


SEARCH = re.compile(r"SEARCH\('\{([\w/,]+)\} MetricName=(\w+)', '(\w+)', \d+\)")


def of_widget(shown: dict[str, Any]) -> Iterator[Asked]:
    """What a widget asks for; `...` stands for what the row before has in all places but its last.

    Each row may end in how it is drawn.
    """
    before: list[str] = []
    for row in shown["metrics"]:
        *plain, last = row if isinstance(row[-1], dict) else [*row, {}]
        if "expression" in last:
            found = SEARCH.fullmatch(last["expression"])
            assert found is not None, last
            namespace, *names = found[1].split(",")
            yield Asked(namespace, found[2], found[3], tuple((name, "") for name in names))
            continue
        if plain[0] == "...":
            plain = [*before[: len(before) - len(plain) + 1], *plain[1:]]
        before = plain
        namespace, metric, *rest = plain
        about = tuple(zip(rest[::2], rest[1::2], strict=True))
        yield Asked(namespace, metric, last.get("stat", shown["stat"]), about)


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_looks_at_what_its_service_tells(name: str) -> None:
    of_alarm(ALARMS[name]).check()


WIDGETS = {
    widget["properties"]["title"]: widget["properties"]
    for widget in dashboard()
    if widget["type"] == "metric"
}


@pytest.mark.parametrize("title", sorted(WIDGETS))
def test_a_widget_shows_what_its_service_tells(title: str) -> None:
    asked = list(of_widget(WIDGETS[title]))
    assert asked
    for each in asked:
        each.check()


def test_each_widget_says_what_its_lines_are() -> None:
    for shown in WIDGETS.values():
        assert all("label" in row[-1] for row in shown["metrics"])


def test_the_index_that_is_looked_at_is_the_tables() -> None:
    names = {index["IndexName"] for index in properties("Table")["GlobalSecondaryIndexes"]}
    asked = [
        value
        for shown in WIDGETS.values()
        for each in of_widget(shown)
        for name, value in each.about
        if name == "GlobalSecondaryIndexName"
    ]
    assert asked
    assert set(asked) <= names


def test_a_threshold_is_what_the_alarm_says_in_the_unit_of_its_metric() -> None:
    """IteratorAge is told in milliseconds, the age of a queue's oldest message in seconds."""
    longest_delay = 180
    for name, alarm in ALARMS.items():
        unit = EMITTED[alarm["Namespace"]][alarm["MetricName"]].unit
        said = [wanted for words, wanted in SECONDS.items() if words in alarm["AlarmDescription"]]
        if unit == "share of 1":
            of, every = re.findall(r"([\d,]+) of ([\d,]+)", alarm["AlarmDescription"])[0]
            assert alarm["Threshold"] == int(of) / int(every.replace(",", "")), name
        elif unit in {"seconds", "milliseconds"}:
            per_second = 1_000 if unit == "milliseconds" else 1
            late = longest_delay if name == "WakeAgeAlarm" else 0
            assert [alarm["Threshold"]] == [(wanted + late) * per_second for wanted in said], name
        elif said:
            assert [alarm["Period"] * alarm["EvaluationPeriods"]] == said, name


def test_there_is_no_metric_of_our_own() -> None:
    """What code told CloudWatch itself would have to be in the table above, to the letter."""
    for role in named("AWS::IAM::Role").values():
        assert "PutMetricData" not in str(role)
    for folder in ("shared", "functions"):
        for path in sources(ROOT / folder):
            text = path.read_text(encoding="utf-8")
            assert "CloudWatchMetrics" not in text, path
