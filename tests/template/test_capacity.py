"""The table's capacity is a choice: by what is written and read, or by the hour."""

import json
from typing import Any

import pytest

from tests.template.given import deployed, named, properties, template

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
LEAST = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def table(capacity: str, **given: str) -> dict[str, Any]:
    found: dict[str, Any] = deployed(properties("Table"), TableCapacity=capacity, **given)
    return found


def scaled() -> set[tuple[str, str]]:
    """What has a capacity: the table and each of its indexes, to read and to write."""
    names = [index["IndexName"] for index in properties("Table")["GlobalSecondaryIndexes"]]
    places = {"table/${Table}": "table"} | {f"table/${{Table}}/index/{n}": "index" for n in names}
    return {(place, f"dynamodb:{kind}:{u}") for place, kind in places.items() for u in UNITS}


def test_on_demand_is_what_nobody_chose_and_names_no_capacity() -> None:
    assert table("on-demand") == deployed(properties("Table"))
    assert table("on-demand")["BillingMode"] == "PAY_PER_REQUEST"
    # DynamoDB refuses a capacity there, be it of the table or of an index.
    assert "ProvisionedThroughput" not in json.dumps(table("on-demand"))


def test_provisioned_the_table_and_every_index_begin_at_the_least() -> None:
    found = table("provisioned")
    assert found["BillingMode"] == "PROVISIONED"
    assert found["ProvisionedThroughput"] == LEAST
    # One without would be refused, and one short of writes throttles the table.
    throughputs = [index["ProvisionedThroughput"] for index in found["GlobalSecondaryIndexes"]]
    assert throughputs == [LEAST]


def test_nothing_else_of_the_table_depends_on_it() -> None:
    """So a change of mind is an update where the table is."""
    one, other = table("on-demand"), table("provisioned")
    for found in (one, other):
        for place in (found, *found["GlobalSecondaryIndexes"]):
            place.pop("ProvisionedThroughput", None)
        del found["BillingMode"]
    assert one == other


@pytest.mark.parametrize("capacity", ["on-demand", "provisioned"])
def test_what_scales_is_there_only_where_there_is_something_to_scale(capacity: str) -> None:
    conditions = {
        found["Condition"]
        for found in template()["Resources"].values()
        if found["Type"] in {TARGET, POLICY}
    }
    assert conditions == {"Provisioned"}
    chosen = deployed({"Fn::If": ["Provisioned", True, False]}, TableCapacity=capacity)
    assert chosen is (capacity == "provisioned")


def test_the_table_and_every_index_are_scaled_to_read_and_to_write() -> None:
    targets = named(TARGET).values()
    found = [(target["ResourceId"]["Fn::Sub"], target["ScalableDimension"]) for target in targets]
    assert set(found) == scaled()
    assert len(found) == len(scaled())


@pytest.mark.parametrize("name", sorted(named(TARGET)))
def test_each_goes_from_the_least_to_the_most(name: str) -> None:
    target = named(TARGET)[name]
    what = "Write" if "Write" in target["ScalableDimension"] else "Read"
    bounds = {"Ref": f"Least{what}Units"}, {"Ref": f"Most{what}Units"}
    assert (target["MinCapacity"], target["MaxCapacity"]) == bounds
    assert target["ServiceNamespace"] == "dynamodb"


@pytest.mark.parametrize("name", sorted(named(TARGET)))
def test_each_follows_its_own_use(name: str) -> None:
    [policy] = [p for p in named(POLICY).values() if p["ScalingTargetId"] == {"Ref": name}]
    settings = policy["TargetTrackingScalingPolicyConfiguration"]
    [metric] = settings["PredefinedMetricSpecification"].values()
    what = "Write" if "Write" in named(TARGET)[name]["ScalableDimension"] else "Read"
    assert metric == f"DynamoDB{what}CapacityUtilization"
    assert settings["TargetValue"] == 70
    assert policy["PolicyType"] == "TargetTrackingScaling"


def test_bounds_that_dynamodb_would_refuse_are_refused_before() -> None:
    for what in ("Write", "Read"):
        least, most = (template()["Parameters"][f"{end}{what}Units"] for end in ("Least", "Most"))
        assert least["Default"] <= most["Default"]
        for bound in (least, most):
            # A table, or one of its indexes, of an account that asked for no more.
            assert (bound["Type"], bound["MinValue"], bound["MaxValue"]) == ("Number", 1, 40_000)


def test_no_role_of_ours_may_scale() -> None:
    roles = json.dumps(named("AWS::IAM::Role"))
    for action in ("application-autoscaling:", "dynamodb:UpdateTable", "PutMetricAlarm"):
        assert action not in roles
