"""Whoever was let through a moment ago goes a short way; whatever is not as usual goes the long."""

import asyncio
import json
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sojourn_cli.local.gateway import Message, Receive, Scope, Send, read_body
from sojourn_cli.local.shortcut import REMEMBERED_SECONDS, SES_PATH, Shortcut

GET = "DynamoDB_20120810.GetItem"
ITEM = {"TableName": "table", "Key": {"pk": {"S": "ana"}}}
SECRET = "secret of the function"

type Json = Any


def statement(**conditions: object) -> SimpleNamespace:
    return SimpleNamespace(conditions=conditions)


class FakeStack:
    """As much of MiniStack as the short way touches."""

    def __init__(self) -> None:
        self.long: list[str] = []
        self.short: list[tuple[str, bytes]] = []
        self.status = 200
        self.principal = SimpleNamespace(policies=[[statement()]], limits=[], arn="arn:role")
        self.broken = False
        self.now = datetime.now(UTC).timestamp()
        self.account: ContextVar[str] = ContextVar("account")
        self.region: ContextVar[str] = ContextVar("region")
        self.responses = SimpleNamespace(
            _request_account_id=self.account,
            _request_region=self.region,
            get_account_id=self.account.get,
            get_region=self.region.get,
            set_request_client_ip=lambda _: None,
            fix_error_content_type=lambda *_: None,
            fix_success_content_type=lambda *_: None,
        )
        credential = SimpleNamespace(secret_access_key=SECRET)
        self.iam_evaluator = SimpleNamespace(
            _request_caller_arn=ContextVar[str]("arn"),
            pin_request_origin=lambda *_: None,
            resolve_credential=lambda *_: credential,
            resolve_principal=lambda *_: self.principal,
        )
        self.lock = asyncio.Lock()
        self.app = SimpleNamespace(_get_reset_lock=lambda: self.lock)
        self.dynamodb = SimpleNamespace(handle_request=self.handle)
        self.sqs = self.ses_v2 = self.eventbridge = self.dynamodb
        self.shortcut = Shortcut(self.answer, self, lambda: self.now)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The long way."""
        self.account.set("000000000000")
        self.region.set("us-east-1")
        self.long.append(scope["path"] + " " + (await read_body(receive)).decode())
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b"long"})

    async def handle(self, *request: Json) -> tuple[int, dict[str, str], bytes]:
        if self.broken:
            raise LookupError("no such table")
        assert (self.account.get(), self.region.get()) == ("000000000000", "us-east-1")
        self.short.append((request[1], request[3]))
        return 200, {"Content-Type": "application/json"}, b"short"

    def ask(  # noqa: PLR0913 - what makes one request unlike another
        self,
        document: Json = ITEM,
        target: str = GET,
        *,
        path: str = "/",
        secret: str = SECRET,
        also: tuple[tuple[bytes, bytes], ...] = (),
        change: Callable[[Scope], None] = lambda _: None,
    ) -> tuple[int, bytes]:
        """Status and body of the answer to a request signed as clients sign."""
        body = json.dumps(document).encode()
        headers = {"Host": "127.0.0.1:1", "X-Amz-Target": target}
        request = AWSRequest("POST", f"http://127.0.0.1:1{path}", headers, body)
        SigV4Auth(Credentials("ASIA1", SECRET, "token"), "dynamodb", "us-east-1").add_auth(request)
        if secret != SECRET:
            del request.headers["Authorization"], request.headers["X-Amz-Security-Token"]
            signer = SigV4Auth(Credentials("ASIA1", secret, "token"), "dynamodb", "us-east-1")
            signer.add_auth(request)
        pairs = [(k.lower().encode(), v.encode()) for k, v in request.headers.items()]
        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "client": ("127.0.0.1", 4711),
            "headers": [*pairs, (b"x-forwarded-proto", b"https"), *also],
        }
        change(scope)
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self.shortcut(scope, receive, send))
        return sent[0]["status"], sent[1]["body"]


@pytest.fixture
def stack() -> FakeStack:
    return FakeStack()


def test_who_was_let_through_goes_the_short_way(stack: FakeStack) -> None:
    assert stack.ask() == (200, b"long")
    assert stack.ask() == (200, b"short")
    assert stack.ask({**ITEM, "Key": {"pk": {"S": "bo"}}}) == (200, b"short")
    assert [path for path, _ in stack.short] == ["/", "/"]
    assert json.loads(stack.short[1][1])["Key"] == {"pk": {"S": "bo"}}


@pytest.mark.parametrize(
    ("document", "target", "path"),
    [
        ({"QueueUrl": "queue", "Entries": []}, "AmazonSQS.SendMessageBatch", "/"),
        ({"Entries": [{"EventBusName": "bus"}]}, "AWSEvents.PutEvents", "/"),
        ({"FromEmailAddress": "shop@shop.example"}, "none", SES_PATH),
    ],
)
def test_other_services_have_a_short_way_too(
    stack: FakeStack, document: Json, target: str, path: str
) -> None:
    answers = [stack.ask(document, target, path=path)[1] for _ in range(2)]
    assert answers == [b"long", b"short"]


def test_another_operation_or_resource_is_asked_for_anew(stack: FakeStack) -> None:
    stack.ask()
    assert stack.ask({**ITEM, "TableName": "other"}) == (200, b"long")
    assert stack.ask(target="DynamoDB_20120810.PutItem") == (200, b"long")
    assert stack.ask(also=((b"x-amz-meta", b"1"),)) == (200, b"short")


def test_another_secret_is_no_signature(stack: FakeStack) -> None:
    stack.ask()
    assert stack.ask(secret="guessed") == (200, b"long")


def test_a_body_or_a_name_that_was_not_signed_is_no_signature(stack: FakeStack) -> None:
    stack.ask()

    def swap(scope: Scope) -> None:
        scope["headers"] = [
            (name, b"127.0.0.1:2" if name == b"host" else value) for name, value in scope["headers"]
        ]

    assert stack.ask(change=swap) == (200, b"long")


def test_a_signature_of_another_time_is_left_to_the_long_way(stack: FakeStack) -> None:
    stack.ask()
    stack.shortcut._allowed = {
        key: SimpleNamespace(until=stack.now + 9_999, secret=SECRET)  # type: ignore[misc]
        for key in stack.shortcut._allowed
    }
    stack.now += 300
    assert stack.ask() == (200, b"long")


def test_it_is_forgotten_after_a_moment(stack: FakeStack) -> None:
    stack.ask()
    stack.now += REMEMBERED_SECONDS
    assert stack.ask() == (200, b"long")
    assert stack.ask() == (200, b"short")


def test_any_other_call_may_change_who_is_allowed_what(stack: FakeStack) -> None:
    stack.ask()
    stack.ask({"PolicyName": "none"}, "IAM.PutRolePolicy")
    assert stack.ask() == (200, b"long")


def test_a_call_that_only_reads_changes_nothing(stack: FakeStack) -> None:
    stack.ask()
    stack.ask({"TableName": "table"}, "DynamoDB_20120810.Scan")
    assert stack.ask() == (200, b"short")


def test_who_was_refused_is_refused_again(stack: FakeStack) -> None:
    stack.status = 400
    stack.ask()
    stack.ask()
    assert len(stack.long) == 2


def test_a_policy_that_looks_into_calls_is_asked_each_time(stack: FakeStack) -> None:
    looks = statement(**{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ana"]}})
    stack.principal.policies = [[statement(), looks]]
    stack.ask()
    assert stack.ask() == (200, b"long")
    stack.principal.policies = [[statement(Bool={"aws:SecureTransport": "true"})]]
    stack.principal.limits = [[[looks]]]
    stack.ask()
    assert stack.ask() == (200, b"long")
    stack.principal.limits = []
    stack.ask()
    assert stack.ask() == (200, b"short")


def test_the_root_whom_no_policy_binds_goes_the_long_way(stack: FakeStack) -> None:
    stack.principal.policies = None
    stack.ask()
    assert stack.ask() == (200, b"long")


@pytest.mark.parametrize(
    "change",
    [
        lambda scope: scope.update(query_string=b"a=b"),
        lambda scope: scope.update(method="PUT"),
        lambda scope: scope.update(path="/table"),
        lambda scope: scope["headers"].append((b"host", b"127.0.0.1:1")),
        lambda scope: scope["headers"].append((b"content-encoding", b"gzip")),
    ],
    ids=["query", "method", "path", "header twice", "packed"],
)
def test_what_is_not_as_usual_goes_the_long_way(
    stack: FakeStack, change: Callable[[Scope], None]
) -> None:
    stack.ask()
    assert stack.ask(change=change) == (200, b"long")


@pytest.mark.parametrize("document", [[], {"Entries": 3}, {}])
def test_a_body_that_names_nothing_is_left_to_the_service(stack: FakeStack, document: Json) -> None:
    answers = [stack.ask(document, "AWSEvents.PutEvents")[1] for _ in range(2)]
    assert answers == [b"long", b"long"]


def test_while_everything_is_being_emptied_the_long_way_waits(stack: FakeStack) -> None:
    stack.ask()
    asyncio.run(stack.lock.acquire())
    assert stack.ask() == (200, b"long")


def test_a_service_that_breaks_is_an_answer(
    stack: FakeStack, caplog: pytest.LogCaptureFixture
) -> None:
    stack.ask()
    stack.broken = True
    status, body = stack.ask()
    assert (status, json.loads(body)["message"]) == (500, "no such table")
    assert "dynamodb broke" in caplog.text
