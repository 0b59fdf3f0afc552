"""A new version of the template goes over every one that was ever deployed.

CloudFormation makes a resource that has a new logical id before it removes the old one, so a name
of ours may never go from one logical id to another; and it makes a resource anew, empty, when its
logical id changes or a property of which its type says so.
"""

import json
from typing import Any

import pytest

from tests.template.given import named, resource, template

NAMED_BY = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": "PolicyName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::Events::EventBus": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::Scheduler::Schedule": "Name",
}
"""The types of which a resource has a name of ours; those of others name themselves."""

SCALING = "AWS::ApplicationAutoScaling::ScalingPolicy"
NAMES = {
    (SCALING, "${AWS::StackName}-index-reads"): "IndexReadsFollowUse",
    (SCALING, "${AWS::StackName}-index-writes"): "IndexWritesFollowUse",
    (SCALING, "${AWS::StackName}-table-reads"): "TableReadsFollowUse",
    (SCALING, "${AWS::StackName}-table-writes"): "TableWritesFollowUse",
    ("AWS::CloudWatch::Dashboard", "${AWS::StackName}-${AWS::Region}"): "Dashboard",
    ("AWS::Events::EventBus", "${AWS::StackName}"): "EventBus",
    ("AWS::Lambda::Function", "${AWS::StackName}-wake"): "WakeFunction",
    ("AWS::Logs::LogGroup", "/aws/lambda/${AWS::StackName}/dispatch"): "DispatchLogGroup",
    ("AWS::Logs::LogGroup", "/aws/lambda/${AWS::StackName}/evaluate"): "EvaluateLogGroup",
    ("AWS::Logs::LogGroup", "/aws/lambda/${AWS::StackName}/ingest"): "IngestLogGroup",
    ("AWS::Logs::LogGroup", "/aws/lambda/${AWS::StackName}/preferences"): "PreferencesLogGroup",
    ("AWS::Logs::LogGroup", "/aws/lambda/${AWS::StackName}/publish"): "PublishLogGroup",
    ("AWS::Logs::LogGroup", "/aws/lambda/${AWS::StackName}/rights"): "RightsLogGroup",
    ("AWS::Logs::LogGroup", "/aws/lambda/${AWS::StackName}/wake"): "WakeLogGroup",
    ("AWS::SES::ConfigurationSet", "${AWS::StackName}"): "ConfigurationSet",
    ("AWS::Scheduler::Schedule", "${AWS::StackName}-look"): "WakeFunctionLook",
}
"""Whose a name is, for ever. Who adds one enters it; who gives one up moves it to those below."""

GIVEN_UP = {
    ("AWS::Scheduler::Schedule", "WakeFunctionMinute"),
    ("AWS::Scheduler::Schedule", "${AWS::StackName}-wake"),
}
"""Names that former versions gave to a resource of another logical id: nobody may have them."""

QUEUE: dict[str, Any] = {"QueueName": None, "FifoQueue": None}
KEPT: dict[str, tuple[str, dict[str, Any]]] = {
    "Table": (
        "AWS::DynamoDB::Table",
        {
            "TableName": None,
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "LocalSecondaryIndexes": None,
            "ImportSourceSpecification": None,
            # Not made anew, but filled anew: what is due would be looked for in an empty index.
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "due",
                    "KeySchema": [
                        {"AttributeName": "timer_shard", "KeyType": "HASH"},
                        {"AttributeName": "timer_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        },
    ),
    "WorkspaceBucket": ("AWS::S3::Bucket", {"BucketName": None}),
    "IngestQueue": ("AWS::SQS::Queue", QUEUE),
    "RightsQueue": ("AWS::SQS::Queue", QUEUE),
    "PublishQueue": ("AWS::SQS::Queue", QUEUE),
    "WakeQueue": ("AWS::SQS::Queue", QUEUE),
    "DispatchQueue": ("AWS::SQS::Queue", QUEUE),
    "DeadLetterQueue": ("AWS::SQS::Queue", QUEUE),
    "EventBus": ("AWS::Events::EventBus", {"Name": {"Ref": "AWS::StackName"}}),
    "SmsReplies": ("AWS::SNS::Topic", {"TopicName": None, "FifoTopic": None}),
    # Its address is in every message that was ever sent.
    "PreferencesFunction": ("AWS::Lambda::Function", {"FunctionName": None, "PackageType": None}),
    "PreferencesFunctionUrl": (
        "AWS::Lambda::Url",
        {"TargetFunctionArn": {"Ref": "PreferencesFunction"}, "Qualifier": None},
    ),
}
"""What holds something, or is known elsewhere, with the properties that would have it made anew."""


def given_name(logical_id: str) -> str | None:
    """The name that the template gives a resource; None where AWS makes one."""
    found = resource(logical_id)
    value = found["Properties"].get(NAMED_BY.get(found["Type"], ""))
    if isinstance(value, dict):
        return value["Fn::Sub"] if "Fn::Sub" in value else f"${{{value['Ref']}}}"
    assert value is None or isinstance(value, str)
    return value


def test_a_name_never_goes_from_one_resource_to_another() -> None:
    present = {
        (found["Type"], name): logical_id
        for logical_id, found in template()["Resources"].items()
        if (name := given_name(logical_id)) is not None
    }
    assert present == NAMES
    assert not GIVEN_UP & set(present)


def test_no_other_type_is_named_here() -> None:
    """Else its names would have to be told above."""
    properties = {*NAMED_BY.values(), "QueueName", "TopicName", "TableName", "BucketName"}
    properties |= {"AlarmName", "RoleName", "LayerName", "PolicyName"}
    # Of an inline policy the name is its role's alone.
    of_policies = {"AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::IAM::Policy"}
    # An alias is told by its function; a destination by its set; a permission names no one.
    told_by_another = {"AWS::Lambda::Alias", "AWS::SES::ConfigurationSetEventDestination"}
    told_by_another |= {"AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"}
    told_by_another |= {"AWS::Lambda::Version", "AWS::Lambda::EventInvokeConfig"}
    told_by_another |= {"AWS::Lambda::LayerVersion"}  # each is a version of its own
    for logical_id, found in template()["Resources"].items():
        kind = found["Type"]
        if kind not in {*NAMED_BY, *of_policies, *told_by_another}:
            assert not properties & set(found.get("Properties", {})), (logical_id, kind)


@pytest.mark.parametrize("logical_id", sorted(KEPT))
def test_what_holds_something_is_never_made_anew(logical_id: str) -> None:
    kind, properties = KEPT[logical_id]
    found = resource(logical_id)
    assert found["Type"] == kind
    for name, value in properties.items():
        present = _without_capacity(found["Properties"].get(name))
        assert json.dumps(present) == json.dumps(value), name


def _without_capacity(value: Any) -> Any:  # noqa: ANN401 - any property
    """A property but for the capacity of indexes: that is changed where they are."""
    if not isinstance(value, list):
        return value
    return [{k: part for k, part in each.items() if k != "ProvisionedThroughput"} for each in value]


def test_every_queue_table_bucket_and_bus_is_among_them() -> None:
    kinds = {kind for kind, _ in KEPT.values()} - {"AWS::Lambda::Function", "AWS::SNS::Topic"}
    assert set(KEPT) >= {logical_id for kind in kinds for logical_id in named(kind)}
