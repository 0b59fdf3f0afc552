"""Events of the bus come by the ingest queue or, where that was chosen, directly: none is lost."""

from typing import Any

import pytest

from tests.template.given import deployed, mappings, named, properties, resource, target, template

RULES = ("EmailFeedback", "EventsIn")
OF_DIRECT = {"DirectAttempts", "DirectEmailFeedback", "DirectEvents", "DirectPolicy"}


def goal(rule: str, way_in: str) -> dict[str, Any]:
    """Where a rule sends what it lets in."""
    [found] = deployed(properties(rule)["Targets"], WayIn=way_in)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_by_the_queue_what_a_rule_cannot_deliver_is_a_dead_letter(rule: str) -> None:
    found = goal(rule, "queue")
    assert target(found["Arn"]) == "IngestQueue"
    assert target(found["DeadLetterConfig"]["Arn"]) == "DeadLetterQueue"
    assert "RetryPolicy" not in found


@pytest.mark.parametrize("rule", RULES)
def test_directly_what_a_rule_cannot_deliver_goes_by_the_queue_within_a_minute(rule: str) -> None:
    found = goal(rule, "direct")
    assert target(found["Arn"]) == "IngestFunction"  # its live version
    assert found["Arn"] == {"Ref": "IngestFunctionAliaslive"}
    assert target(found["DeadLetterConfig"]["Arn"]) == "IngestQueue"
    assert found["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60}


def test_what_is_not_taken_at_once_goes_by_the_queue_which_tries_again() -> None:
    config = properties("DirectAttempts")
    assert (target(config["FunctionName"]), config["Qualifier"]) == ("IngestFunction", "live")
    assert config["MaximumRetryAttempts"] == 0
    assert config["MaximumEventAgeInSeconds"] == 60
    assert target(config["DestinationConfig"]["OnFailure"]["Destination"]) == "IngestQueue"
    # Lambda asks whether it may, when it is told where to, and IAM takes some seconds to know: so
    # long the function takes to be made, which refers to the policy, and is referred to.
    assert "DirectPolicy" in resource("DirectAttempts")["DependsOn"]
    assert resource("IngestFunction")["Metadata"]["After"] == {
        "Fn::If": ["Direct", {"Ref": "DirectPolicy"}, "nothing"]
    }
    [policy] = named("AWS::IAM::Policy").values()
    [statement] = policy["PolicyDocument"]["Statement"]
    assert [target(role) for role in policy["Roles"]] == ["IngestRole"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sqs:SendMessage")
    assert target(statement["Resource"]) == "IngestQueue"


def test_the_two_rules_alone_may_start_ingest() -> None:
    starters = [
        found
        for found in named("AWS::Lambda::Permission").values()
        if target(found["FunctionName"]) == "IngestFunction"
    ]
    assert {found["Principal"] for found in starters} == {"events.amazonaws.com"}
    assert {found["Action"] for found in starters} == {"lambda:InvokeFunction"}
    assert sorted(target(found["SourceArn"]) for found in starters) == sorted(RULES)
    # The permission is the live version's, which is what the rules start.
    assert {found["FunctionName"]["Ref"] for found in starters} == {"IngestFunctionAliaslive"}


def test_nothing_of_it_is_there_by_default() -> None:
    conditional = {
        name for name, r in template()["Resources"].items() if r.get("Condition") == "Direct"
    }
    assert conditional == OF_DIRECT
    function = deployed(properties("IngestFunction"))
    assert "ReservedConcurrentExecutions" not in function


def test_a_burst_leaves_the_account_to_others_and_the_queue_its_share() -> None:
    reserved = deployed(properties("IngestFunction"), WayIn="direct")[
        "ReservedConcurrentExecutions"
    ]
    at_once = template()["Mappings"]["AtOnce"]["thousand"]
    assert reserved == {"Fn::FindInMap": ["AtOnce", "thousand", "Direct"]}
    [mapping] = [m for m in mappings() if target(m["FunctionName"]) == "IngestFunction"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"]["Fn::FindInMap"][2] == "Ingest"
    assert 2 * at_once["Ingest"] <= at_once["Direct"] <= 100


def test_where_ten_run_at_once_it_is_refused() -> None:
    """AWS refuses to reserve there, long into a deployment and in words of its own."""
    [rule] = template()["Rules"].values()
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "WayIn"}, "direct"]}
    [assertion] = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "AccountConcurrency"}, "thousand"]}
    assert "AccountConcurrency=thousand" in assertion["AssertDescription"]
