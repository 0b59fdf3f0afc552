"""The table's capacity is chosen, and chosen again, where the table is: nothing in it is lost.

MiniStack never throttles, and fills an index anew whose capacity changes, which AWS leaves.
"""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import WaiterError

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
SCALING = "AWS::ApplicationAutoScaling::"
UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


def of_the_table() -> str:
    """The template's table, and what scales it."""
    found = template()
    wanted = {
        name: resource
        for name, resource in found["Resources"].items()
        if name == "Table" or resource["Type"].startswith(SCALING)
    }
    kept = {name: found[name] for name in ("Parameters", "Conditions")}
    outputs = {"TableName": found["Outputs"]["TableName"]}
    return json.dumps({**kept, "Resources": wanted, "Outputs": outputs})


class Chosen:
    """A stack of that alone."""

    def __init__(self, stack: LocalStack) -> None:
        self._formation = stack.client("cloudformation")
        self.dynamodb = stack.client("dynamodb")
        self._told("create", "on-demand", {})
        [output] = self._formation.describe_stacks(StackName=NAME)["Stacks"][0]["Outputs"]
        self.table: str = output["OutputValue"]

    def update(self, capacity: str, **given: str) -> None:
        self._told("update", capacity, given)

    def _told(self, what: str, capacity: str, given: dict[str, str]) -> None:
        values = {"TableCapacity": capacity, **given}
        named = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
        call = getattr(self._formation, f"{what}_stack")
        call(StackName=NAME, TemplateBody=of_the_table(), Parameters=[SENDER, *named])
        waiter = self._formation.get_waiter(f"stack_{what}_complete")
        waiter.wait(StackName=NAME, WaiterConfig={"Delay": 1})

    def capacity(self) -> tuple[str, list[tuple[int, int]]]:
        """How the table is paid for, and the units of it and its index, to read and to write."""
        found = self.dynamodb.describe_table(TableName=self.table)["Table"]
        places = (found, *found["GlobalSecondaryIndexes"])
        throughputs = [has for place in places if (has := place.get("ProvisionedThroughput"))]
        units = [(int(has[UNITS[0]]), int(has[UNITS[1]])) for has in throughputs]
        return found["BillingModeSummary"]["BillingMode"], units

    def scaled(self) -> list[str]:
        """What is scaled, as CloudFormation names it."""
        found = self._formation.describe_stack_resources(StackName=NAME)["StackResources"]
        return sorted(
            item["PhysicalResourceId"]
            for item in found
            if item["ResourceType"] == f"{SCALING}ScalableTarget"
        )

    def remove(self) -> None:
        self._formation.delete_stack(StackName=NAME)
        self._formation.get_waiter("stack_delete_complete").wait(
            StackName=NAME, WaiterConfig={"Delay": 1}
        )
        self.dynamodb.delete_table(TableName=self.table)


@pytest.fixture
def chosen(stack: LocalStack) -> Iterator[Chosen]:
    found = Chosen(stack)
    yield found
    found.remove()


def test_a_change_of_mind_keeps_the_table_and_what_is_due(chosen: Chosen) -> None:
    chosen.dynamodb.put_item(TableName=chosen.table, Item=CUSTOMER)
    seen = [(chosen.capacity(), chosen.scaled())]
    for wanted in ("provisioned", "on-demand", "provisioned"):
        chosen.update(wanted, LeastWriteUnits="20", LeastReadUnits="7")
        seen.append((chosen.capacity(), chosen.scaled()))
    modes = [mode for (mode, _), _ in seen]
    assert modes == ["PAY_PER_REQUEST", "PROVISIONED", "PAY_PER_REQUEST", "PROVISIONED"]
    assert seen[1][0][1] == seen[3][0][1] == [(7, 20), (7, 20)]
    assert (7, 20) not in seen[2][0][1]
    table = f"table/{chosen.table}"
    places = {"index": f"{table}/index/{keys.DUE_INDEX}", "table": table}
    all_of_it = sorted(
        f"{place}|dynamodb:{kind}:{unit}|dynamodb"
        for kind, place in places.items()
        for unit in UNITS
    )
    assert [names for _, names in seen] == [[], all_of_it, [], all_of_it]

    [kept] = chosen.dynamodb.scan(TableName=chosen.table)["Items"]
    assert kept == CUSTOMER
    [due] = chosen.dynamodb.query(
        TableName=chosen.table,
        IndexName=keys.DUE_INDEX,
        KeyConditionExpression=f"{keys.TIMER_SHARD} = :shard",
        ExpressionAttributeValues={":shard": {"S": "7"}},
    )["Items"]
    assert due[keys.PK] == CUSTOMER[keys.PK]


def test_a_least_above_the_most_is_refused_and_changes_nothing(chosen: Chosen) -> None:
    chosen.update("provisioned")
    before = chosen.capacity(), chosen.scaled()
    with pytest.raises(WaiterError, match="ROLLBACK"):
        chosen.update("provisioned", LeastWriteUnits="50", MostWriteUnits="20")
    assert (chosen.capacity(), chosen.scaled()) == before
