"""The table's capacity is chosen, and chosen again, where the table is: nothing in it is lost.

MiniStack knows no Application Auto Scaling, so what scales is left out here (`tests/template` looks
at it), and it never throttles. It fills an index anew whose capacity changes, which AWS leaves.
"""

import json
from typing import Any

import pytest

from sojourn.adapters import keys
from sojourn_cli.local.stack import LocalStack
from tests.template.given import template

pytestmark = pytest.mark.stack

NAME = "capacity"
CUSTOMER = {
    keys.PK: {"S": "C#ana"},
    keys.SK: {"S": "@"},
    keys.TIMER_SHARD: {"S": "7"},
    keys.TIMER_AT: {"N": "5"},
}
SENDER = {"ParameterKey": "SenderEmail", "ParameterValue": "hello@shop.example"}


def table_alone() -> str:
    """The template without everything that is not the table."""
    found = template()
    kept = {name: found[name] for name in ("Parameters", "Conditions")}
    table = {"Table": found["Resources"]["Table"]}
    outputs = {"TableName": found["Outputs"]["TableName"]}
    return json.dumps({**kept, "Resources": table, "Outputs": outputs})


def chosen(capacity: str, **given: str) -> dict[str, Any]:
    """What is told to CloudFormation."""
    values = {"TableCapacity": capacity, **given}
    named = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    return {"StackName": NAME, "TemplateBody": table_alone(), "Parameters": [SENDER, *named]}


def capacity(described: dict[str, Any]) -> tuple[str, list[tuple[int, int]]]:
    """How a table is paid for, and the units of it and of its index, to write and to read."""
    units = [
        (int(has["WriteCapacityUnits"]), int(has["ReadCapacityUnits"]))
        for place in (described, *described["GlobalSecondaryIndexes"])
        if (has := place.get("ProvisionedThroughput"))
    ]
    return described["BillingModeSummary"]["BillingMode"], units


def test_a_change_of_mind_keeps_the_table_and_what_is_due(stack: LocalStack) -> None:
    formation, dynamodb = stack.client("cloudformation"), stack.client("dynamodb")
    formation.create_stack(**chosen("on-demand"))
    formation.get_waiter("stack_create_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})
    [output] = formation.describe_stacks(StackName=NAME)["Stacks"][0]["Outputs"]
    table = output["OutputValue"]
    dynamodb.put_item(TableName=table, Item=CUSTOMER)

    def described() -> tuple[str, list[tuple[int, int]]]:
        return capacity(dynamodb.describe_table(TableName=table)["Table"])

    def update(wanted: str, **given: str) -> None:
        formation.update_stack(**chosen(wanted, **given))
        waiter = formation.get_waiter("stack_update_complete")
        waiter.wait(StackName=NAME, WaiterConfig={"Delay": 1})

    seen = [described()]
    for wanted in ("provisioned", "on-demand", "provisioned"):
        update(wanted, LeastWriteUnits="20", LeastReadUnits="7")
        seen.append(described())
    modes = [mode for mode, _ in seen]
    assert modes == ["PAY_PER_REQUEST", "PROVISIONED", "PAY_PER_REQUEST", "PROVISIONED"]
    assert seen[1][1] == seen[3][1] == [(20, 7), (20, 7)]
    assert (20, 7) not in seen[2][1]

    [kept] = dynamodb.scan(TableName=table)["Items"]
    assert kept == CUSTOMER
    [due] = dynamodb.query(
        TableName=table,
        IndexName=keys.DUE_INDEX,
        KeyConditionExpression=f"{keys.TIMER_SHARD} = :shard",
        ExpressionAttributeValues={":shard": {"S": "7"}},
    )["Items"]
    assert due[keys.PK] == CUSTOMER[keys.PK]
    formation.delete_stack(StackName=NAME)
    dynamodb.delete_table(TableName=table)
