"""What a role is granted is what its function's own code uses: nothing less, nothing more.

Each function runs, wired as it is in Lambda, over an AWS in this process, through all it is for;
every call is noted at botocore. What Lambda itself does with a role (logs, polling) is left out:
`test_permissions.py` holds that.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sojourn.adapters import clients, keys
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.items import change_from_record
from sojourn.adapters.keys import shard_of
from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.adapters.wiring import dispatch, evaluate, ingest, preferences, publish, rights, wake
from sojourn.core.state.customer import Event, Links
from sojourn.core.values.instants import DAY, MINUTE, parse_instant
from sojourn.fakes.clock import FakeClock
from sojourn.runtime.batches import take_bodies, take_changes
from sojourn.runtime.customer.mailbox import Change
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.wake import Looked, wake_due, wake_shard
from sojourn.runtime.preferences.links import Link, sign
from sojourn.runtime.preferences.requests import Request
from sojourn.runtime.rights.forgetting import Settling
from tests.template.given import FUNCTIONS, deployed, listed, named, properties, statements, target
from tests.template.used import JOURNEYS

type Used = tuple[str, str]
"""An action and the logical id (of a table also the index) it was done to."""

POLLING = {
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
    *("dynamodb:ListStreams", "logs:CreateLogStream", "logs:PutLogEvents"),
}
"""What Lambda does with a function's role before and after the function's own code runs."""

ACTIONS = {
    "SendMessageBatch": "SendMessage",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "DeleteObject": "DeleteObjectVersion",
}
"""Operations whose permission has another name."""

SERVICES = {"sesv2": "ses"}
NOON = parse_instant("2026-03-01T12:00:00Z")
KEY = {"pk": {"S": "C#ana"}, "sk": {"S": "@"}}
TABLE, BUCKET, BUS, SET = "Table", "WorkspaceBucket", "EventBus", "ConfigurationSet"
NUMBER, DEVICE, FUNCTION = "a telephone number", "a device", "wake"
QUEUES = ("IngestQueue", "DispatchQueue", "WakeQueue", "DeadLetterQueue")


class Account:
    """An AWS in this process with the template's resources under their logical ids."""

    def __init__(self) -> None:
        self.used: dict[str, set[Used]] = {}
        self.leading: dict[str, set[tuple[str, str]]] = {}
        table = deployed(properties("Table"))
        parts = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        self.dynamodb: Any = boto3.client("dynamodb")
        self.dynamodb.create_table(TableName=TABLE, **{part: table[part] for part in parts})
        self.sqs = boto3.client("sqs")
        self.urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        boto3.client("events").create_event_bus(Name=BUS)
        mail = boto3.client("sesv2")
        mail.create_configuration_set(ConfigurationSetName=SET)
        mail.create_email_identity(EmailIdentity="hello@shop.example")
        sns = boto3.client("sns")
        app = sns.create_platform_application(Name="shop", Platform="GCM", Attributes={})
        self.device: str = sns.create_platform_endpoint(
            PlatformApplicationArn=app["PlatformApplicationArn"], Token="t"
        )["EndpointArn"]
        _make_function(FUNCTION)
        self.clock = FakeClock(NOON)
        tombstones = DynamoDbTombstones(self.dynamodb, TABLE, 400)
        mark = tombstones.mark_of("eve")  # somebody is forgotten, so the list of them is read
        tombstones.note([mark], {}, NOON, person=mark)

    def environment(self, function: str) -> dict[str, str]:
        """The function's variables, filled in."""
        values = {
            **self.urls,
            "SenderEmail": "hello@shop.example",
            "EventRetentionDays": "400",
            "PreferencesFunctionUrl": "https://preferences.example/",
            "${AWS::StackName}-wake": FUNCTION,
        }
        found = {}
        for name, value in properties(f"{function}Function")["Environment"]["Variables"].items():
            logical = target(value)
            found[name] = values.get(logical, logical)
        return found

    def session(self, function: str) -> Any:  # noqa: ANN401 - botocore's
        """A session that notes every call as the function's."""
        noted = self.used.setdefault(function, set())
        leading = self.leading.setdefault(function, set())

        def note(**told: Any) -> None:  # noqa: ANN401 - botocore's
            noted.update(_used(told["model"], told["params"]))
            leading.update(_leading(told["model"], told["params"]))

        session = clients.aws()
        session.register("provide-client-params", note)
        return session

    def upload(self, files: Mapping[str, Any]) -> list[str]:
        for path, doc in files.items():
            self.s3.put_object(Bucket=BUCKET, Key=path, Body=json.dumps(doc))
        return list(files)

    def item(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.dynamodb.get_item(TableName=TABLE, Key=KEY).get("Item")
        return found

    def bodies(self, queue: str) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]


def _make_function(name: str) -> None:
    role = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]
    code: Any = {"Role": role["Arn"], "Handler": "h.h", "Code": {"ZipFile": b""}}
    boto3.client("lambda").create_function(FunctionName=name, Runtime="python3.13", **code)


def _used(model: Any, params: Mapping[str, Any]) -> Iterator[Used]:  # noqa: ANN401 - botocore's
    """What a call needs; a transaction needs what each of its parts does."""
    for part in params.get("TransactItems", ()):
        for name, own in part.items():
            action = "ConditionCheckItem" if name == "ConditionCheck" else f"{name}Item"
            yield f"dynamodb:{action}", own["TableName"]
    if "TransactItems" not in params:
        yield _used_once(model, params)


def _used_once(model: Any, params: Mapping[str, Any]) -> Used:  # noqa: ANN401 - botocore's
    service = SERVICES.get(model.service_model.service_name, model.service_model.service_name)
    action = f"{service}:{ACTIONS.get(model.name, model.name)}"
    match model.name:
        case "PutEvents":
            (thing,) = {entry["EventBusName"] for entry in params["Entries"]}
        case "BatchWriteItem":
            (thing,) = params["RequestItems"]
        case "SendEmail":
            thing = params["ConfigurationSetName"]
        case "Publish" | "CheckIfPhoneNumberIsOptedOut":
            thing = DEVICE if ":endpoint/" in params.get("TargetArn", "") else NUMBER
            assert thing == DEVICE or {"PhoneNumber", "phoneNumber"} & params.keys()
        case "Invoke":
            action, thing = "lambda:InvokeFunction", params["FunctionName"]
        case _:
            thing = params.get("TableName") or params.get("Bucket") or params["QueueUrl"]
    index = f"/{params['IndexName']}" if "IndexName" in params else ""
    return action, thing.rpartition("/")[2] + index


def _leading(model: Any, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - botocore's
    """The action and the partition of a call to the table alone: its kind, where it has many."""
    if model.service_model.service_name == "dynamodb" and "TableName" in params:
        if "IndexName" in params:
            return
        values = {"pk": params.get("ExpressionAttributeValues", {}).get(":pk")}
        key = params.get("Key") or params.get("Item") or values
        kind, sign, _ = key["pk"]["S"].partition("#")
        known = kind + sign in {keys.CUSTOMER, keys.IDENTITIES, keys.NUMBER}
        yield f"dynamodb:{model.name}", f"{kind}#*" if known else key["pk"]["S"]


def granted(role: str) -> Iterator[Used]:
    """What a role may do by itself."""
    for policy in properties(role)["Policies"]:
        for statement in statements(policy):
            for action in listed(statement["Action"]):
                for thing in listed(statement.get("Resource", NUMBER)):
                    if action not in POLLING and "identity/*" not in target(thing):
                        yield action, _logical(target(thing))


def _logical(text: str) -> str:
    """The logical id in a resource of a policy, with the index where one is named."""
    if "configuration-set" in text:
        return SET
    if text == "*" or text.endswith(":endpoint/*"):
        return NUMBER if text == "*" else DEVICE
    if ":function:" in text:
        return FUNCTION
    name, _, rest = text.removeprefix("${").partition(".")
    return name + ("/due" if rest.endswith("/index/due") else "")


# ---- What each function is for ---------------------------------------------------------------


def entry(number: int, name: str = "order.placed", **detail: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(
        {
            "id": f"e{number}",
            "source": "shop",
            "detail-type": name,
            "time": "2026-03-01T12:00:00Z",
            "detail": {"userId": "ana", "event": name, "properties": {"n": number}, **detail},
        }
    )


def letters(records: list[str], take: Callable[[str], object], dead: Any, part: str) -> None:  # noqa: ANN401 - a port
    """Let a part take what nobody can."""
    broken = [{"messageId": "1", "body": body} for body in records]
    assert take_bodies(part, broken, take, dead) == {"batchItemFailures": []}


def use_publish(account: Account) -> None:
    work = publish.wire(account.environment("Publish"))
    work.take(account.upload(JOURNEYS))
    for settings in ({"timezone": "Europe/Paris"}, {"timezone": "Asia/Tokyo"}):
        work.take(account.upload({"settings.json": JOURNEYS["settings.json"] | settings}))


def use_ingest(account: Account) -> None:
    work, _ = ingest.wire(account.environment("Ingest"))
    traits = {
        "email": "ana@shop.example",
        "phone": "+27825550101",
        "push_endpoints": [account.device],
    }
    work.take(entry(0, traits=traits))
    for number in range(1, 20):
        work.take(entry(number))
    work.take(entry(20, "page viewed"))
    cards = {"externalIds": [{"type": "card", "id": "L1"}]}
    work.take(entry(22, "page viewed", anonymousId="v1", context=cards))
    work.take(entry(23, "page viewed", userId="ben", context=cards))
    work.take(entry(21, "page viewed", timestamp="never"))


class Stream:
    """What the table's stream tells of the one customer."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._before: dict[str, Any] | None = None

    def next(self) -> Change:
        """From how she was last time to how she is."""
        after = self._account.item()
        image: dict[str, Any] = {"Keys": KEY, "NewImage": after}
        if self._before is not None:
            image["OldImage"] = self._before
        self._before = after
        return change_from_record({"dynamodb": image})


def append(account: Account, id_: str, links: Links | None = None) -> None:
    history, now = DynamoDbHistory(account.dynamodb, TABLE, 400), account.clock.now()
    event = Event(id_, "order.placed", now, now, {"n": 1}, links=links)
    DynamoDbMailboxes(account.dynamodb, TABLE, history).append("ana", event)


def use_evaluate(account: Account) -> None:
    work, dead = evaluate.wire(account.environment("Evaluate"))
    stream = Stream(account)
    for number in range(2):  # decides, and carries on what was decided
        append(account, f"again {number}")  # so her journal is moved by the second
        work.take([stream.next()])
        work.flush()
    account.clock.advance(MINUTE)
    work.wake(body_of("ana"))
    work.take([stream.next()])
    work.flush()
    letters(["{"], work.wake, dead, "evaluate")
    record = {"dynamodb": {"Keys": KEY}}
    take_changes("evaluate", [record], lambda _: "ana", change_from_record, work.take, dead)


def use_dispatch(account: Account) -> None:
    work, dead = dispatch.wire(account.environment("Dispatch"))
    append(account, "visit", Links(joins=("v2",)))
    for _ in range(3):
        work.take(body_of("ana"))
    letters(["{"], work.take, dead, "dispatch")


def use_preferences(account: Account) -> None:
    work = preferences.wire(account.environment("Preferences"))
    [key] = DynamoDbLinkKeys(account.dynamodb, TABLE).keys()
    link = Link("ana", "marketing", "m1", "email", account.clock.now() + DAY)
    body = b"List-Unsubscribe=One-Click"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for method in ("GET", "POST"):
        answer = work.answer(Request(method, f"/{sign(link, key)}", headers, body))
        assert answer.status == HTTPStatus.OK


def use_wake(account: Account) -> None:
    mailboxes, wakes, workers, clock, plans = wake.wire(account.environment("Wake"))
    account.clock.advance(400 * DAY)
    for most_here, woken in ((2, 1), (1, 0)):
        assert wake_due(mailboxes, wakes, workers, clock, plans, Looked(), most_here) == woken
    assert wake_shard(mailboxes, wakes, clock, plans, shard_of("ana")) == 1


def use_rights(account: Account) -> None:
    work, dead = rights.wire(account.environment("Rights"))
    asks = ({"detail-type": f"sojourn.{what}", "id": what} for what in ("export", "forget", "lift"))
    for asked in asks:
        body = json.dumps({**asked, "detail": {"customer": "ana"}})
        with suppress(Settling):
            work.take(body)
            continue
        account.clock.advance(10 * DAY)
        work.take(body)
    letters(["{"], work.take, dead, "rights")


USES = {
    "Publish": use_publish,
    "Ingest": use_ingest,
    "Evaluate": use_evaluate,
    "Dispatch": use_dispatch,
    "Preferences": use_preferences,
    "Wake": use_wake,
    "Rights": use_rights,
}
WIRINGS: Mapping[str, Any] = {
    "Publish": publish,
    "Ingest": ingest,
    "Evaluate": evaluate,
    "Dispatch": dispatch,
    "Preferences": preferences,
    "Wake": wake,
    "Rights": rights,
}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """Every function, once through all it is for, in the order in which an event travels."""
    with pytest.MonkeyPatch.context() as patch, mock_aws(config={"lambda": {"use_docker": False}}):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        found = Account()
        for function, use in USES.items():
            wiring = WIRINGS[function]
            session = found.session(function)
            with pytest.MonkeyPatch.context() as wired:
                wired.setattr(wiring.clients, "aws", lambda session=session: session)
                wired.setattr(wiring, "SystemClock", lambda: found.clock)
                use(found)
        yield found


def test_every_function_is_run() -> None:
    assert set(USES) == FUNCTIONS
    assert {f"{name}Role" for name in USES} <= set(named("AWS::IAM::Role"))


@pytest.mark.parametrize("function", sorted(USES))
def test_a_role_is_granted_just_what_its_function_uses(account: Account, function: str) -> None:
    used = account.used[function]
    assert used
    allowed = set(granted(f"{function}Role"))
    assert {"surplus": allowed - used, "missing": used - allowed} == {
        "surplus": set(),
        "missing": set(),
    }


@pytest.mark.parametrize("function", ["Preferences", "Publish", "Wake"])
def test_who_has_business_with_a_part_of_the_table_is_let_at_that_part_alone(
    account: Account, function: str
) -> None:
    allowed: set[tuple[str, str]] = set()
    for policy in properties(f"{function}Role")["Policies"]:
        for statement in statements(policy):
            if statement.get("Resource") == {"Fn::GetAtt": ["Table", "Arn"]}:
                leading = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                allowed |= {
                    (action, partition)
                    for action in listed(statement["Action"])
                    for partition in listed(leading)
                }
    assert allowed == account.leading[function]
