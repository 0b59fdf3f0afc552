"""Alarms and dashboard of the deployed stack look at what is deployed."""

import json
from typing import Any

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.template.test_metrics import Asked, of_widget
from tests.template.test_watching import ALARMS

pytestmark = pytest.mark.stack


@pytest.fixture
def there(stack: LocalStack) -> dict[str, set[str]]:
    """The names of what is deployed, by the dimension that names it."""
    functions = stack.client("lambda").list_functions()["Functions"]
    return {
        "FunctionName": {function["FunctionName"] for function in functions},
        "QueueName": {
            url.rsplit("/", 1)[-1] for url in stack.client("sqs").list_queues()["QueueUrls"]
        },
        "TableName": {stack.outputs["TableName"]},
        "GlobalSecondaryIndexName": {"due"},
        "PhoneNumber": {""},
    }


def test_every_alarm_is_about_something_that_is_there(
    stack: LocalStack, there: dict[str, set[str]]
) -> None:
    found = stack.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(found) == len(ALARMS)
    for alarm in found:
        for dimension in alarm.get("Dimensions", []):
            assert dimension["Value"] in there[dimension["Name"]], alarm["AlarmName"]


def test_every_line_of_the_dashboard_is_about_something_that_is_there(
    stack: LocalStack, there: dict[str, set[str]]
) -> None:
    client = stack.client("cloudwatch")
    (entry,) = client.list_dashboards()["DashboardEntries"]
    assert entry["DashboardName"] == f"{stack.stack}-{stack.region}"
    body: Any = json.loads(
        client.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"]
    )
    shown = [item["properties"] for item in body["widgets"] if item["type"] == "metric"]
    asked: list[Asked] = [each for properties in shown for each in of_widget(properties)]
    assert len(asked) > len(ALARMS)
    for each in asked:
        for name, value in each.about:
            assert value in there[name], each
    (watched,) = [item["properties"] for item in body["widgets"] if item["type"] == "alarm"]
    alarms = {alarm["AlarmArn"] for alarm in client.describe_alarms()["MetricAlarms"]}
    assert set(watched["alarms"]) == alarms
