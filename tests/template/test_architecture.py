"""What the architecture promises: nothing is lost, nothing is open, names stay."""

import json
from typing import Any

import pytest

from sojourn.adapters.batches import MOST_ENTRIES
from sojourn.adapters.exports import EXPORTS
from sojourn.core.values.instants import MINUTE, SECOND
from sojourn.runtime.customer.forgotten import SETTLING
from sojourn.runtime.customer.mailbox import SHARDS
from sojourn.runtime.decisions.wake import AHEAD, EVERY, MOST_HERE, MOST_PER_SHARD
from sojourn.runtime.rights.forgetting import LEFT_AFTER
from sojourn.runtime.rights.requests import EXPORT, FORGET, LIFT
from tests.template.given import (
    DEAD_LETTERS,
    FUNCTIONS,
    consumer,
    deployed,
    listed,
    mappings,
    named,
    properties,
    resource,
    statements,
    target,
    template,
)

QUEUES = {"DispatchQueue", "IngestQueue", "PublishQueue", "RightsQueue", "WakeQueue"}
DAY_SECONDS = 24 * 60 * 60
REQUEST_SECONDS = 0.01
"""A request of ten to SQS from a function of 512 MB, at most (docs/architecture.md)."""

SHARD_WRITES = 1_000
"""What DynamoDB writes a second under one key of an index."""

NAMING_OTHERS = {
    *("AWS::CloudWatch::Alarm", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"),
    *("AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Alias", "AWS::Lambda::Version"),
}
"""Resources that have no name of their own, and name another."""


# ---- What others call ----------------------------------------------------------------------------


def test_parameters_are_the_published_ones() -> None:
    parameters = template()["Parameters"]
    assert {name: parameter.get("Default") for name, parameter in parameters.items()} == {
        "SenderEmail": None,
        "AlarmEmail": "",
        "EventRetentionDays": 400,
        "WayIn": "queue",
        "AccountConcurrency": "thousand",
        "GradualDeployment": "false",
        "TableCapacity": "on-demand",
        "LeastWriteUnits": 5,
        "MostWriteUnits": 1000,
        "LeastReadUnits": 5,
        "MostReadUnits": 1000,
        "LogLevel": "INFO",
    }


def test_outputs_are_the_published_ones() -> None:
    outputs = template()["Outputs"]
    assert {name: target(output["Value"]) for name, output in outputs.items()} == {
        "EventBusName": "EventBus",
        "WorkspaceBucketName": "WorkspaceBucket",
        "TableName": "Table",
        "DeadLetterQueueUrl": DEAD_LETTERS,
        "PreferencesUrl": "PreferencesFunctionUrl",
        "SmsRepliesTopicArn": "SmsReplies",
        "IngestQueueUrl": "IngestQueue",
    }


def test_nothing_that_has_to_be_unique_in_an_account_has_a_fixed_name() -> None:
    keys = ("Name", "QueueName", "TableName", "BucketName", "FunctionName", "RoleName", "TopicName")
    names = [
        (name, settings[key])
        for name, r in template()["Resources"].items()
        for settings in [r.get("Properties", {})]
        for key in (*keys, "LogGroupName", "DashboardName", "AlarmName")
        if key in settings and r["Type"] not in NAMING_OTHERS
    ]
    assert names
    assert [name for name, value in names if "AWS::StackName" not in json.dumps(value)] == []


# ---- Queues --------------------------------------------------------------------------------------


def test_there_are_five_queues_and_one_for_dead_letters() -> None:
    assert set(named("AWS::SQS::Queue")) == QUEUES | {DEAD_LETTERS}


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_what_a_queue_cannot_get_rid_of_becomes_a_dead_letter(queue: str) -> None:
    redrive = properties(queue)["RedrivePolicy"]
    assert target(redrive["deadLetterTargetArn"]) == DEAD_LETTERS
    assert redrive["maxReceiveCount"] == 5


def test_a_dead_letter_is_kept_as_long_as_sqs_can() -> None:
    settings = properties(DEAD_LETTERS)
    assert settings["MessageRetentionPeriod"] == 14 * DAY_SECONDS
    assert "RedrivePolicy" not in settings


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_a_message_has_time_left_to_be_a_dead_letter(queue: str) -> None:
    # A letter's age counts from when it was first sent.
    assert properties(queue)["MessageRetentionPeriod"] <= 7 * DAY_SECONDS


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_a_batch_that_is_being_worked_is_not_handed_out_again(queue: str) -> None:
    timeout = properties(consumer(queue))["Timeout"]
    assert properties(queue)["VisibilityTimeout"] == 6 * timeout


@pytest.mark.parametrize(
    ("kind", "things"),
    [
        ("AWS::SQS::QueuePolicy", QUEUES | {DEAD_LETTERS}),
        ("AWS::S3::BucketPolicy", {"WorkspaceBucket"}),
        ("AWS::SNS::TopicPolicy", {"AlarmTopic", "SmsReplies"}),
    ],
)
def test_nothing_is_reached_without_tls(kind: str, things: set[str]) -> None:
    refused = {
        target(thing).removeprefix("${").split(".")[0]
        for policy in named(kind).values()
        for statement in statements(policy)
        for thing in listed(statement["Resource"])
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert refused == things


@pytest.mark.parametrize("queue", sorted(QUEUES | {DEAD_LETTERS}))
def test_only_its_own_rules_may_put_something_into_a_queue(queue: str) -> None:
    rules = {
        name
        for name, rule in named("AWS::Events::Rule").items()
        for goal in deployed(rule["Targets"])
        if queue in {target(goal["Arn"]), target(goal["DeadLetterConfig"]["Arn"])}
    }
    rules |= {
        target(subscription["TopicArn"])
        for subscription in named("AWS::SNS::Subscription").values()
        for goal in (subscription["Endpoint"], subscription["RedrivePolicy"]["deadLetterTargetArn"])
        if target(goal) == queue
    }
    services = {"events.amazonaws.com", "sns.amazonaws.com"}
    let_in: set[str] = set()
    for policy in named("AWS::SQS::QueuePolicy").values():
        for statement in statements(policy):
            if statement["Effect"] == "Allow" and target(statement["Resource"]) == queue:
                assert set(statement["Principal"]) == {"Service"}
                assert statement["Principal"]["Service"] in services
                assert statement["Action"] == "sqs:SendMessage"
                sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
                let_in |= {target(source) for source in listed(sources)}
    assert let_in == rules


def test_answers_to_text_messages_come_as_they_are_and_from_this_account_alone() -> None:
    [subscription] = [
        found
        for found in named("AWS::SNS::Subscription").values()
        if target(found["TopicArn"]) == "SmsReplies"
    ]
    assert subscription["RawMessageDelivery"] is True
    assert target(subscription["Endpoint"]) == "IngestQueue"
    allow, _ = statements(properties("SmsRepliesPolicy"))
    assert allow["Principal"] == {"Service": "sms-voice.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


# ---- Rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", sorted(named("AWS::Events::Rule")))
def test_what_a_rule_cannot_deliver_becomes_a_dead_letter(rule: str) -> None:
    [goal] = deployed(properties(rule)["Targets"])
    assert target(goal["DeadLetterConfig"]["Arn"]) == DEAD_LETTERS


def test_everything_on_the_bus_is_taken_in_but_our_own() -> None:
    rule = properties("EventsIn")
    assert target(rule["EventBusName"]) == "EventBus"
    assert rule["EventPattern"] == {
        "source": [{"anything-but": ["sojourn"]}],
        "detail-type": [{"anything-but": {"prefix": "sojourn."}}],
    }
    assert target(deployed(rule["Targets"])[0]["Arn"]) == "IngestQueue"


def test_what_is_asked_about_one_customer_goes_a_way_of_its_own() -> None:
    rule = properties("RightsIn")
    assert target(rule["EventBusName"]) == "EventBus"
    assert rule["EventPattern"] == {"detail-type": [{"prefix": "sojourn."}]}
    assert target(rule["Targets"][0]["Arn"]) == "RightsQueue"
    for asked in (FORGET, LIFT, EXPORT):
        assert asked.startswith("sojourn.")


def test_a_forgetting_comes_again_when_nobody_is_at_work_who_has_not_heard_of_it() -> None:
    hidden = properties("RightsQueue")["VisibilityTimeout"]
    assert hidden * SECOND > LEFT_AFTER
    longest = max(properties(f"{name}Function")["Timeout"] for name in FUNCTIONS - {"Rights"})
    assert (longest + 30) * SECOND <= SETTLING
    assert (properties("RightsFunction")["Timeout"] + 30) * SECOND <= LEFT_AFTER - SETTLING


def test_an_export_goes_after_a_week_with_all_its_versions() -> None:
    [rule] = [
        rule
        for rule in properties("WorkspaceBucket")["LifecycleConfiguration"]["Rules"]
        if rule.get("Prefix") == EXPORTS
    ]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 7)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_a_report_does_not_publish_itself() -> None:
    rule = properties("WorkspaceChanges")
    assert "EventBusName" not in rule  # S3 reports to the default bus
    assert rule["EventPattern"]["detail"] == {
        "bucket": {"name": [{"Ref": "WorkspaceBucket"}]},
        "object": {"key": [{"anything-but": {"prefix": ["reports/", "exports/"]}}]},
    }
    assert target(rule["Targets"][0]["Arn"]) == "PublishQueue"


def test_what_becomes_of_our_mail_comes_back() -> None:
    destination = properties("EmailEvents")["EventDestination"]
    assert destination["Enabled"] is True
    assert set(destination["MatchingEventTypes"]) == {
        *("send", "reject", "bounce", "complaint", "delivery", "open", "click"),
        *("renderingFailure", "deliveryDelay", "subscription"),
    }
    rule = properties("EmailFeedback")
    assert "EventBusName" not in rule  # SES reports to the default bus
    assert rule["EventPattern"] == {
        "source": ["aws.ses"],
        "detail": {"mail": {"tags": {"ses:configuration-set": [{"Ref": "ConfigurationSet"}]}}},
    }
    assert target(deployed(rule["Targets"])[0]["Arn"]) == "IngestQueue"


# ---- Table and bucket ----------------------------------------------------------------------------


def test_the_table_has_its_keys_and_the_index_of_due_timers() -> None:
    table = properties("Table")
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    [index] = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "due"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["timer_shard", "timer_at"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    assert types == {"pk": "S", "sk": "S", "timer_shard": "S", "timer_at": "N"}


def test_the_table_is_safe_and_forgets_in_time() -> None:
    table = properties("Table")
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_bucket_is_private_versioned_and_encrypted() -> None:
    bucket = properties("WorkspaceBucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert "ServerSideEncryptionByDefault" in json.dumps(bucket["BucketEncryption"])
    assert bucket["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }


@pytest.mark.parametrize("name", ["Table", "WorkspaceBucket"])
def test_what_customers_and_marketers_told_us_outlives_the_stack(name: str) -> None:
    assert resource(name)["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource(name)["UpdateReplacePolicy"] == "Retain"


# ---- Functions -----------------------------------------------------------------------------------


def test_the_functions_are_the_seven() -> None:
    assert set(named("AWS::Lambda::Function")) == {f"{name}Function" for name in FUNCTIONS}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_runs_on_what_the_layer_is_built_for(name: str) -> None:
    function = properties(f"{name}Function")
    [layer] = named("AWS::Lambda::LayerVersion").items()
    assert function["Runtime"] in layer[1]["CompatibleRuntimes"] == ["python3.13"]
    assert function["Architectures"] == layer[1]["CompatibleArchitectures"] == ["arm64"]
    assert [target(used) for used in function["Layers"]] == [layer[0]]
    assert function["Handler"] == "handler.handler"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_log_is_structured_and_ends(name: str) -> None:
    logging = properties(f"{name}Function")["LoggingConfig"]
    assert logging["LogFormat"] == "JSON"
    assert logging["ApplicationLogLevel"] == {"Ref": "LogLevel"}
    assert target(logging["LogGroup"]) == f"{name}LogGroup"
    assert properties(f"{name}LogGroup")["RetentionInDays"] == 30


@pytest.mark.parametrize("mapping", mappings(), ids=lambda m: target(m["EventSourceArn"]))
def test_a_bad_record_fails_alone_and_load_is_bounded(mapping: dict[str, Any]) -> None:
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    if target(mapping["EventSourceArn"]) != "Table":
        for account in ("ten", "thousand"):
            assert at_once(mapping, account) >= 2


def at_once(mapping: dict[str, Any], account: str) -> int:
    """How many batches of a queue are worked at once in such an account."""
    most = mapping["ScalingConfig"]["MaximumConcurrency"]
    match most:
        case {"Fn::FindInMap": [name, {"Ref": "AccountConcurrency"}, key]}:
            return int(template()["Mappings"][name][account][key])
        case _:
            return int(most)


@pytest.mark.parametrize(("account", "runs"), [("ten", 10), ("thousand", 1_000)])
def test_all_queues_together_ask_for_no_more_than_the_account_runs(account: str, runs: int) -> None:
    queues = [m for m in mappings() if target(m["EventSourceArn"]) in QUEUES]
    assert sum(at_once(queue, account) for queue in queues) <= runs


def test_the_stream_loses_nothing_and_gets_past_poison() -> None:
    [stream] = [m for m in mappings() if target(m["EventSourceArn"]) == "Table"]
    assert target(stream["FunctionName"]) == "EvaluateFunction"
    assert stream["StartingPosition"] == "TRIM_HORIZON"
    assert stream["BisectBatchOnFunctionError"] is True
    assert 0 < stream["MaximumRetryAttempts"] < 100
    assert target(stream["DestinationConfig"]["OnFailure"]["Destination"]) == DEAD_LETTERS
    [pattern] = [json.loads(f["Pattern"]) for f in stream["FilterCriteria"]["Filters"]]
    assert pattern == {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {"sk": {"S": ["@"]}}},
    }


def test_lambda_does_not_take_a_chain_of_wake_ups_for_a_loop() -> None:
    fed_by_themselves = {
        function
        for mapping in mappings()
        for function in [target(mapping["FunctionName"])]
        for value in properties(function)["Environment"]["Variables"].values()
        if target(value) == target(mapping["EventSourceArn"]) != "Table"
    }
    assert fed_by_themselves == {"EvaluateFunction"}
    allowing = {n for n, f in named("AWS::Lambda::Function").items() if "RecursiveLoop" in f}
    assert allowing == fed_by_themselves
    assert {properties(name)["RecursiveLoop"] for name in allowing} == {"Allow"}


def test_due_timers_are_looked_for_as_often_as_wake_thinks() -> None:
    [schedule] = named("AWS::Scheduler::Schedule").values()
    assert schedule["ScheduleExpression"] == f"rate({EVERY // MINUTE} minutes)"
    assert target(schedule["Target"]["Arn"]) == "WakeFunction"


def test_a_worker_of_a_full_shard_gets_through_it() -> None:
    seconds = MOST_PER_SHARD / MOST_ENTRIES * REQUEST_SECONDS
    assert seconds < properties("WakeFunction")["Timeout"]
    assert SHARDS * MOST_HERE / MOST_ENTRIES * REQUEST_SECONDS < (AHEAD - EVERY) / SECOND


def test_what_one_look_puts_is_ten_thousand_timers_a_second() -> None:
    """Those between the next look and the one after, and the half minute that both look at."""
    assert SHARDS * MOST_PER_SHARD >= 10_000 * AHEAD / SECOND
    assert SHARDS * SHARD_WRITES >= 10_000 * 2  # set and taken away


def test_a_wake_that_failed_is_not_tried_again_by_lambda_when_the_next_look_has_been() -> None:
    config = properties("WakeFunctionEventInvokeConfig")
    assert config["MaximumRetryAttempts"] == 0
    assert config["MaximumEventAgeInSeconds"] * SECOND <= EVERY
