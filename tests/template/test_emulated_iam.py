"""The emulated IAM asks for what AWS asks for."""

import json
import subprocess
from typing import Any

import pytest

from sojourn_cli.local.iam import leading_keys, resources
from tests.template.given import ROOT

OWNER = "arn:aws:ses:us-east-1:000000000000"
SIMPLE = {"FromEmailAddress": "Shop <hello@mail.shop.example>", "ConfigurationSetName": "sojourn"}

# Runs under MiniStack's interpreter, as the launcher does: what is asked of IAM is printed.
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from sojourn_cli.local import iam
iam.correct_iam()
from ministack import app
from ministack.core import iam_actions, iam_evaluator
asked = []
app.AUTH = True
app._enforce_data_plane = lambda *call, **more: asked.append((call[1], more["resource_arn"]))
for kind, path, body in json.loads(sys.argv[2]):
    if kind == "ses":
        app._enforce_ses_v2("POST", path, {}, body.encode(), {}, "request")
    elif kind == "transport":
        if body:
            iam_evaluator.pin_request_origin("127.0.0.1", body == "https")
        who = {"principal_arn": "", "principal_type": "", "principal_account": ""}
        caller = iam_evaluator.EvalContext(**who, action="", resource_arn="", region="")
        asked.append(("tls", str(caller.secure_transport)))
    elif kind == "dynamodb":
        from ministack.services import dynamodb
        index = {"IndexName": "due", "KeySchema": [{"AttributeName": "s", "KeyType": "HASH"}]}
        keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
        dynamodb._tables["T"] = {"KeySchema": keys, "GlobalSecondaryIndexes": [index]}
        context = iam_actions.dynamodb_service_context(body.encode())
        policy = iam_evaluator.parse_policy_document({"Statement": [{"Effect": "Allow",
            "Action": "*", "Resource": "*", "Condition": {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["C#*", "P#plan"]}}}]})
        who = {"principal_arn": "", "principal_type": "", "principal_account": ""}
        known = {key.lower(): value for key, value in context.items()}
        caller = iam_evaluator.EvalContext(
            **who, action="", resource_arn="", region="", service_context=known)
        allowed = iam_evaluator._conditions_met(policy[0].conditions, caller)
        asked.append(("allowed" if allowed else "denied", None))
    else:
        headers = {"x-amz-target": path}
        action = iam_actions.extract_iam_action(kind, "POST", "/", headers, body.encode(), {})
        asked.append((action, None))
print(json.dumps(asked))
"""


def asked(kind: str, path: str, body: object) -> list[list[str | None]]:
    """The actions and resources that a request is checked for."""
    python = ROOT / ".tools/ministack/bin/python"
    assert python.exists(), "run `make setup` first"
    text = body if isinstance(body, str) else json.dumps(body)
    done = subprocess.run(
        [python, "-c", ASK, ROOT / "cli", json.dumps([[kind, path, text]])],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    found: list[list[str | None]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("operation", ["SendMessage", "DeleteMessage", "ChangeMessageVisibility"])
def test_a_batch_needs_the_right_to_its_single_call(operation: str) -> None:
    assert asked("sqs", f"AmazonSQS.{operation}Batch", {}) == [[f"sqs:{operation}", None]]


def test_other_calls_are_asked_for_as_before() -> None:
    assert asked("sqs", "AmazonSQS.PurgeQueue", {}) == [["sqs:PurgeQueue", None]]


def test_a_mail_is_checked_on_its_sender_and_its_configuration_set() -> None:
    assert asked("ses", "/v2/email/outbound-emails", SIMPLE) == [
        ["ses:SendEmail", f"{OWNER}:identity/hello@mail.shop.example"],
        ["ses:SendEmail", f"{OWNER}:configuration-set/sojourn"],
    ]


def test_a_raw_mail_needs_a_right_of_its_own() -> None:
    mail = {"FromEmailAddress": "hello@shop.example", "Content": {"Raw": {"Data": ""}}}
    assert asked("ses", "/v2/email/outbound-emails", mail) == [
        ["ses:SendRawEmail", f"{OWNER}:identity/hello@shop.example"]
    ]


@pytest.mark.parametrize("body", ["{", "[]"])
def test_a_body_that_cannot_be_read_is_left_to_the_service(body: str) -> None:
    assert asked("ses", "/v2/email/outbound-emails", body) == [["ses:SendEmail", "*"]]


@pytest.mark.parametrize(
    ("known", "identity"),
    [
        (set[str](), "hello@mail.shop.example"),
        ({"hello@mail.shop.example", "shop.example"}, "hello@mail.shop.example"),
        ({"shop.example"}, "shop.example"),
        ({"mail.shop.example", "shop.example"}, "mail.shop.example"),
    ],
)
def test_the_nearest_identity_is_the_one_that_sends(known: set[str], identity: str) -> None:
    mail: dict[str, Any] = dict(SIMPLE)
    assert next(resources(mail, OWNER, known.__contains__)) == f"{OWNER}:identity/{identity}"


def test_an_identity_that_is_named_is_taken() -> None:
    mail = {**SIMPLE, "FromEmailAddressIdentityArn": f"{OWNER}:identity/other.example"}
    first = next(resources(mail, OWNER, lambda _: False))
    assert first == f"{OWNER}:identity/other.example"


@pytest.mark.parametrize(("scheme", "secure"), [("", "True"), ("http", "False"), ("https", "True")])
def test_services_call_each_other_over_tls_and_requests_say_how_they_came(
    scheme: str, secure: str
) -> None:
    assert asked("transport", "", scheme) == [["tls", secure]]


GET = {"TableName": "T", "Key": {"pk": {"S": "C#ana"}, "sk": {"S": "@"}}}
QUERY = {
    "TableName": "T",
    "KeyConditionExpression": "#p = :pk AND sk > :sk",
    "ExpressionAttributeNames": {"#p": "pk"},
    "ExpressionAttributeValues": {":pk": {"S": "P#plan"}, ":sk": {"S": "R#"}},
}


@pytest.mark.parametrize(
    ("call", "leading"),
    [
        (GET, ["C#ana"]),
        ({"TableName": "arn:aws:dynamodb:x:0:table/T", "Item": GET["Key"]}, ["C#ana"]),
        (QUERY, ["P#plan"]),
        ({**QUERY, "IndexName": "due", "KeyConditionExpression": "s=:sk AND pk < :pk"}, ["R#"]),
        ({"TableName": "T"}, []),
        ({"RequestItems": {}}, []),
        ([], []),
    ],
)
def test_a_call_names_the_partitions_it_is_about(call: Any, leading: list[str]) -> None:  # noqa: ANN401 - JSON
    def partition_of(table: str, index: str | None) -> str:
        assert table.endswith("T")
        return "pk" if index is None else "s"

    assert leading_keys(json.dumps(call).encode(), partition_of) == leading
    assert leading_keys(b"{", partition_of) == []


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        (GET, "allowed"),
        (QUERY, "allowed"),
        ({**GET, "Key": {"pk": {"S": "I#email#ana@x"}}}, "denied"),
        ({**QUERY, "ExpressionAttributeValues": {":pk": {"S": "P#planned"}}}, "denied"),
        ({**QUERY, "IndexName": "due", "KeyConditionExpression": "s = :sk"}, "denied"),
    ],
)
def test_who_is_let_at_some_partitions_is_refused_at_others(call: Any, verdict: str) -> None:  # noqa: ANN401 - JSON
    assert asked("dynamodb", "", call) == [[verdict, None]]
