"""Every function may do what it is for, and nothing else."""

import json
import re
from typing import Any

import pytest

from tests.template.given import (
    FUNCTIONS,
    ROOT,
    consumer,
    listed,
    mappings,
    named,
    properties,
    statements,
    target,
)

# What cannot be named more closely, and why.
WILDCARDS = {
    ("DeploymentRole", "cloudwatch:DescribeAlarms", "StackName}-*"): "the stack's own alarms",
    ("DispatchRole", "ses:SendEmail", "identity/*"): "the workspace's settings name the senders",
    ("DispatchRole", "sns:Publish", "sns:*:*:*"): "NotResource: a telephone number has no ARN",
    ("DispatchRole", "sns:CheckIfPhoneNumberIsOptedOut", "*"): "neither has who opted out",
    ("DispatchRole", "sns:Publish", ":endpoint/*"): "a customer's devices, which the profile names",
    (
        "EvaluateRole",
        "dynamodb:DescribeStream",
        "stream/*",
    ): "a table's streams, ListStreams needs it",
    ("PublishRole", "s3:GetObject", "/*"): "every file of the one bucket",
    ("PublishRole", "s3:PutObject", "/reports/*"): "every report of the one bucket",
    ("RightsRole", "s3:DeleteObjectVersion", "/exports/*"): "every export of the one bucket",
}
# What a variable is for; the others (log level, retention, sender) name nothing in AWS.
NEEDED_FOR = {
    "CONFIGURATION_SET": "ses:SendEmail",
    "DEAD_LETTER_QUEUE_URL": "sqs:SendMessage",
    "DISPATCH_QUEUE_URL": "sqs:SendMessage",
    "EVENT_BUS_NAME": "events:PutEvents",
    "INGEST_QUEUE_URL": "sqs:SendMessage",
    "WAKE_FUNCTION_NAME": "lambda:InvokeFunction",
    "WAKE_QUEUE_URL": "sqs:SendMessage",
    "WORKSPACE_BUCKET": "s3:PutObject",
}


def allowed() -> list[tuple[str, dict[str, Any]]]:
    """Every statement that allows something to a role of the stack."""
    return [
        (role, statement)
        for role, settings in named("AWS::IAM::Role").items()
        for policy in settings["Policies"]
        for statement in statements(policy)
        if statement["Effect"] == "Allow"
    ]


def may(role: str) -> set[tuple[str, str]]:
    """What a role may do, and to what."""
    return {
        (action, target(thing))
        for owner, statement in allowed()
        for action in listed(statement["Action"])
        for thing in listed(statement.get("Resource", []))
        if owner == role
    }


def test_no_action_is_a_wildcard() -> None:
    actions = {action for _, statement in allowed() for action in listed(statement["Action"])}
    assert actions
    assert {action for action in actions if "*" in action} == set()


def test_wildcards_in_resources_are_the_documented_ones() -> None:
    found = {
        (role, listed(statement["Action"])[0], target(thing))
        for role, statement in allowed()
        for thing in [
            *listed(statement.get("Resource", [])),
            *listed(statement.get("NotResource", [])),
        ]
        if "*" in target(thing)
    }
    unexplained = [
        (role, action, thing)
        for role, action, thing in found
        if not any((role, action) == key[:2] and thing.endswith(key[2]) for key in WILDCARDS)
    ]
    assert unexplained == []
    assert len(found) == len(WILDCARDS)
    # Service Authorization Reference, "Actions defined by Amazon SNS": no resource can be named.
    assert {action for _, action, thing in found if thing.startswith("*")} == {
        "sns:CheckIfPhoneNumberIsOptedOut"
    }


def test_only_a_statement_about_telephone_numbers_names_what_it_leaves_out() -> None:
    [(role, statement)] = [(role, s) for role, s in allowed() if "NotResource" in s]
    assert role == "DispatchRole"
    assert listed(statement["Action"]) == ["sns:Publish"]


def test_no_role_has_a_managed_policy() -> None:
    roles = named("AWS::IAM::Role")
    assert {name for name, role in roles.items() if role.get("ManagedPolicyArns")} == set()


def test_every_function_has_a_role_of_its_own() -> None:
    roles = {
        name: target(function["Role"]) for name, function in named("AWS::Lambda::Function").items()
    }
    assert roles == {f"{name}Function": f"{name}Role" for name in FUNCTIONS}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_role_is_for_lambda_alone(name: str) -> None:
    [statement] = properties(f"{name}Role")["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("ses:SendEmail", {"DispatchRole"}),
        ("sns:Publish", {"DispatchRole"}),
        ("events:PutEvents", {"EvaluateRole", "PublishRole", "RightsRole"}),
        ("s3:PutObject", {"PublishRole", "RightsRole"}),
        ("s3:DeleteObjectVersion", {"RightsRole"}),
        ("dynamodb:DeleteItem", {"RightsRole"}),
        ("dynamodb:BatchWriteItem", {"RightsRole"}),
        ("dynamodb:Scan", set()),
    ],
)
def test_few_may_do_what_reaches_far(action: str, roles: set[str]) -> None:
    assert {role for role, s in allowed() if action in listed(s["Action"])} == roles


def test_publish_writes_reports_and_no_other_file() -> None:
    written = {thing for action, thing in may("PublishRole") if action == "s3:PutObject"}
    assert written == {"${WorkspaceBucket.Arn}/reports/*"}


def test_rights_reads_no_file_and_writes_exports_alone() -> None:
    written = {thing for action, thing in may("RightsRole") if action.startswith("s3:")}
    assert written == {"WorkspaceBucket", "${WorkspaceBucket.Arn}/exports/*"}
    reading = {action for action, _ in may("RightsRole") if "Get" in action and "s3:" in action}
    assert reading == set()


def test_wake_reads_the_index_and_of_the_table_one_item_at_a_time() -> None:
    assert {pair for pair in may("WakeRole") if pair[0].startswith("dynamodb:")} == {
        ("dynamodb:Query", "${Table.Arn}/index/due"),
        ("dynamodb:GetItem", "Table"),  # which plan is live
    }


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_knows_what_it_may_reach_and_may_reach_what_it_knows(name: str) -> None:
    variables = properties(f"{name}Function")["Environment"]["Variables"]
    known = {
        (NEEDED_FOR[variable], target(value))
        for variable, value in variables.items()
        if variable in NEEDED_FOR
    }
    if name == "Wake":  # a role made before the function knows it by its name
        known = {(action, _arn(thing) if "lambda:" in action else thing) for action, thing in known}
    actions = set(NEEDED_FOR.values())
    reachable = {
        (action, thing if "lambda:" in action else thing.removeprefix("${").split(".")[0])
        for action, thing in may(f"{name}Role")
        if action in actions and "identity/*" not in thing
    }
    if name == "Dispatch":  # the set's ARN is put together from its name
        [configuration_set] = {thing for action, thing in reachable if action == "ses:SendEmail"}
        reachable -= {("ses:SendEmail", configuration_set)}
        known -= {("ses:SendEmail", "ConfigurationSet")}
    assert reachable == known
    assert target(variables["TABLE_NAME"]) == "Table"


@pytest.mark.parametrize("mapping", mappings(), ids=lambda m: target(m["EventSourceArn"]))
def test_a_function_may_take_what_feeds_it_and_nothing_else(mapping: dict[str, Any]) -> None:
    function = target(mapping["FunctionName"])
    role = function.replace("Function", "Role")
    source = target(mapping["EventSourceArn"])
    if source == "Table":
        wanted = {
            (f"dynamodb:{action}", "${Table.Arn}/stream/*")
            for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
        }
        assert wanted <= may(role)
    else:
        taking = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        assert {pair for pair in may(role) if pair[0] in taking} == {(a, source) for a in taking}
        assert consumer(source) == function


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_writes_its_own_log_alone(name: str) -> None:
    assert {pair for pair in may(f"{name}Role") if pair[0].startswith("logs:")} == {
        ("logs:CreateLogStream", f"{name}LogGroup"),
        ("logs:PutLogEvents", f"{name}LogGroup"),
    }


def test_the_scheduler_may_start_wake_and_wake_itself_and_nobody_anything_else() -> None:
    found = {
        role: target(s["Resource"])
        for role, s in allowed()
        if "lambda:InvokeFunction" in listed(s["Action"])
    }
    name = target(properties("WakeFunction")["FunctionName"])
    assert found.pop("WakeRole") == _arn(name)
    [(role, started)] = found.items()
    assert started == "WakeFunction"
    assert "scheduler.amazonaws.com" in json.dumps(properties(role)["AssumeRolePolicyDocument"])


def _arn(function: str) -> str:
    return (
        f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function}"
    )


def test_everybody_may_ask_for_the_preference_page_and_only_by_its_address() -> None:
    open_doors = [
        (target(door["FunctionName"]), door["Action"])
        for door in named("AWS::Lambda::Permission").values()
        if door["Principal"] == "*"
        and ("FunctionUrlAuthType" in door or door["InvokedViaFunctionUrl"] is True)
    ]
    everybody = [d for d in named("AWS::Lambda::Permission").values() if d["Principal"] == "*"]
    assert len(everybody) == len(open_doors)
    assert set(open_doors) == {
        ("PreferencesFunction", "lambda:InvokeFunction"),
        ("PreferencesFunction", "lambda:InvokeFunctionUrl"),
    }


def test_what_everybody_may_ask_reads_and_never_writes() -> None:
    assert {pair for pair in may("PreferencesRole") if not pair[0].startswith("logs:")} == {
        ("dynamodb:GetItem", "Table"),
        ("dynamodb:Query", "Table"),
        ("sqs:SendMessage", "IngestQueue"),
    }


def test_no_policy_on_a_resource_opens_it_to_everybody() -> None:
    kinds = ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy")
    everybody = [
        statement
        for kind in kinds
        for policy in named(kind).values()
        for statement in statements(policy)
        if statement["Effect"] == "Allow" and "Service" not in statement["Principal"]
    ]
    assert everybody == []


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_is_told_what_it_asks_for_and_no_more(name: str) -> None:
    wiring = ROOT / "shared/sojourn/adapters/wiring" / f"{name.lower()}.py"
    asked = set(re.findall(r'environment\["(\w+)"\]', wiring.read_text(encoding="utf-8")))
    assert set(properties(f"{name}Function")["Environment"]["Variables"]) == asked
