"""A scan of the whole template: what each kind of resource must have, and each exception's reason.

The rules are those of AWS's Foundational Security Best Practices and of checkov that concern what
is in the template; the ids are theirs. SECURITY.md has the exceptions for people.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.template.given import ROOT, listed, named, statements, target, template

type Properties = Mapping[str, Any]
type Rule = Callable[[Properties], bool]

NOT_A_PLACE = "holds nothing and is reached by nobody: it ties others together"
EXCEPTIONS = {
    "CKV_AWS_27": "queues are encrypted with SQS's own keys; those who read would be the same",
    "CKV_AWS_119": "the table likewise, with DynamoDB's AWS managed key",
    "CKV_AWS_158": "logs likewise; they hold no personal data (tests/stack/test_logs.py)",
    "CKV_AWS_173": "variables hold names of resources and an address of the sender, no secret",
    "CKV_AWS_26": "those who write to the topics could not under AWS's key; nothing stays there",
    "CKV_AWS_18": "who uploaded is in CloudTrail's data events, where the account has them on",
    "CKV_AWS_116": "a letter is written by the queue, the stream or the handler, with its reason",
    "CKV_AWS_117": "nothing here has an address in a network; a VPC would only add a way out",
    "CKV_AWS_115": "MaximumConcurrency bounds each source; only WayIn=direct has to reserve",
    "CKV_AWS_258": "the preference page is for whoever has a signed link; nothing else opens it",
    "DynamoDB.6": "a failed first deployment must go; afterwards the table is retained by policy",
}  # fmt: skip


def _public_access_blocked(bucket: Properties) -> bool:
    return set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def _policies(owner: Properties) -> list[Properties]:
    """A role's policies, or the one that is a resource of its own."""
    return list(owner["Policies"]) if "Policies" in owner else [owner]


def _names_no_secret(function: Properties) -> bool:
    names = function["Environment"]["Variables"]
    return not any(word in name for name in names for word in ("SECRET", "PASSWORD", "TOKEN"))


def _names_actions(role: Properties) -> bool:
    return all(
        "*" not in action
        for policy in _policies(role)
        for statement in statements(dict(policy))
        for action in listed(statement["Action"])
    )


NAMELESS_READ = ["sns:CheckIfPhoneNumberIsOptedOut"]
"""Reads something that SNS knows no resource for; the rule is about what writes."""


def _never_everything(role: Properties) -> bool:
    return all(
        thing != "*"
        for policy in _policies(role)
        for statement in statements(dict(policy))
        for thing in listed(statement.get("Resource", "named"))
        if listed(statement["Action"]) != NAMELESS_READ
    )


def _trusts_services_alone(role: Properties) -> bool:
    return all(
        set(statement["Principal"]) == {"Service"}
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    )


def _opens_to_nobody(policy: Properties) -> bool:
    return all(
        statement["Effect"] == "Deny"
        or (set(statement["Principal"]) == {"Service"} and "Condition" in statement)
        for statement in statements(dict(policy))
    )


def _wants_tls(policy: Properties) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in statements(dict(policy))
    )


POLICY: Mapping[str, Rule] = {"opens to nobody": _opens_to_nobody, "TLS alone": _wants_tls}
RULES: Mapping[str, Mapping[str, Rule] | str] = {
    "AWS::S3::Bucket": {
        "S3.8 public access is blocked": _public_access_blocked,
        "S3.12 no access lists": lambda b: (
            b["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        ),
        "S3.14 versions": lambda b: b["VersioningConfiguration"]["Status"] == "Enabled",
        "S3.17 encrypted": lambda b: "BucketEncryption" in b,
        "S3.13 what is old goes": lambda b: "LifecycleConfiguration" in b,
    },
    "AWS::DynamoDB::Table": {
        "DynamoDB.2 point-in-time recovery": lambda t: (
            t["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        ),
        "CKV_AWS_28 encrypted": lambda t: t["SSESpecification"]["SSEEnabled"] is True,
    },
    "AWS::SQS::Queue": {"SQS.1 encrypted": lambda q: q["SqsManagedSseEnabled"] is True},
    "AWS::Lambda::Function": {
        "Lambda.2 a supported runtime": lambda f: f["Runtime"] == "python3.13",
        "CKV_AWS_45 no secret in variables": _names_no_secret,
        "a role of its own": lambda f: "Fn::GetAtt" in f["Role"],
        "a log of its own": lambda f: "Ref" in f["LoggingConfig"]["LogGroup"],
    },
    "AWS::Logs::LogGroup": {"CKV_AWS_66 a log ends": lambda g: 0 < g["RetentionInDays"] <= 365},
    "AWS::IAM::Role": {
        "CKV_AWS_107 actions by name": _names_actions,
        "CKV_AWS_111 never on everything": _never_everything,
        "CKV_AWS_60 trusts services alone": _trusts_services_alone,
    },
    "AWS::IAM::Policy": {
        "CKV_AWS_107 actions by name": _names_actions,
        "CKV_AWS_111 never on everything": _never_everything,
    },
    "AWS::SQS::QueuePolicy": POLICY,
    "AWS::S3::BucketPolicy": POLICY,
    "AWS::SNS::TopicPolicy": POLICY,
    "AWS::Events::EventBus": {
        # Without a policy only principals of the account may put events, as IAM lets them.
        "EventBridge.3 no policy opens it": lambda b: "Policy" not in b,
    },
    "AWS::Events::Rule": {
        "letters of what cannot be delivered": lambda r: all(
            "DeadLetterConfig" in target for target in r["Targets"]
        ),
    },
    "AWS::Lambda::EventSourceMapping": {
        "a bad record fails alone": lambda m: (
            m["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        ),
    },
    "AWS::Lambda::Url": {
        "CKV_AWS_258 one page is open": lambda u: (
            target(u["TargetFunctionArn"]) == "PreferencesFunction"
        ),
    },
    "AWS::Lambda::Alias": "which version of a function is live",
    "AWS::Lambda::Version": "a function as it was deployed",
    "AWS::Lambda::EventInvokeConfig": "how often a start is tried",
    "AWS::Lambda::Permission": {
        "nothing but that page may be called from outside, and ingest by a rule": lambda p: (
            target(p["FunctionName"]) == "PreferencesFunction"
            or (p["Principal"] == "events.amazonaws.com" and "SourceArn" in p)
        ),
    },
    "AWS::SNS::Topic": NOT_A_PLACE,
    "AWS::SNS::Subscription": {
        "letters of what cannot be delivered": lambda s: "RedrivePolicy" in s,
    },
    "AWS::SES::ConfigurationSet": {
        "who complained is not written to": lambda s: (
            set(s["SuppressionOptions"]["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}
        ),
    },
    "AWS::SES::ConfigurationSetEventDestination": NOT_A_PLACE,
    "AWS::Scheduler::Schedule": NOT_A_PLACE,
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "AWS's own role alone scales the table": lambda t: "RoleARN" not in t,
    },
    "AWS::ApplicationAutoScaling::ScalingPolicy": NOT_A_PLACE,
    "AWS::Lambda::LayerVersion": NOT_A_PLACE,
    "AWS::CloudWatch::Alarm": NOT_A_PLACE,
    "AWS::CloudWatch::Dashboard": NOT_A_PLACE,
}
CASES = [
    pytest.param(kind, rule, id=f"{kind} {rule}")
    for kind, rules in RULES.items()
    if not isinstance(rules, str)
    for rule in rules
]


def test_every_kind_of_resource_was_looked_at() -> None:
    kinds = {resource["Type"] for resource in template()["Resources"].values()}
    assert kinds - set(RULES) == set(), "say in RULES what this kind must have, or why nothing"
    assert set(RULES) - kinds == set()


@pytest.mark.parametrize(("kind", "rule"), CASES)
def test_every_resource_of_a_kind_has_what_it_must(kind: str, rule: str) -> None:
    rules = RULES[kind]
    assert not isinstance(rules, str)
    assert [name for name, found in named(kind).items() if not rules[rule](found)] == []


def test_every_place_that_has_a_policy_of_its_own_wants_tls() -> None:
    policies = [
        *("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"),
    ]
    places = {"AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SNS::Topic"}
    held = sum(len(named(kind)) for kind in policies)
    assert held == sum(len(named(kind)) for kind in places)


def test_every_exception_is_told_to_people_with_its_reason() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert [code for code in EXCEPTIONS if f"`{code}`" not in page] == []
    assert all(len(reason.split()) > len("few") for reason in EXCEPTIONS.values())
