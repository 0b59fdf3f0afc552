"""The gateway stands before the emulator unnoticed, unless it is told to break something."""

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from sojourn_cli.local.faults import Faults
from sojourn_cli.local.gateway import Gateway, Receive, Scope, Send
from sojourn_cli.local.recorder import Account, Recorder

type Message = MutableMapping[str, Any]
type Json = Any

SILENT = Recorder(Account("us-east-1", "000000000000", lambda _: True, lambda *_: True))


class Exchange:
    """One request through a gateway; the application behind it answers with what it saw."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.seen: list[tuple[Scope, bytes]] = []
        self.sent: list[Message] = []
        self.crashed: list[tuple[int, int]] = []
        controls = {"POST echo": self.echo, "GET echo": self.echo}
        self.gateway = Gateway(self.application, SILENT, self.faults, controls, self.crash)

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.seen.append((scope, message["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def echo(self, asked: Json) -> Json:
        if asked == "slow":
            raise TimeoutError("too slow")
        return {"asked": asked["this"]}

    def crash(self, ports: tuple[int, int]) -> None:
        self.crashed.append(ports)

    def ask(
        self,
        body: bytes = b"",
        *,
        path: str = "/",
        query: bytes = b"",
        method: str = "POST",
        headers: dict[str, str] | None = None,
    ) -> None:
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "client": ("127.0.0.1", 4711),
            "server": ("127.0.0.1", 80),
            "headers": [(k.encode(), v.encode()) for k, v in (headers or {}).items()],
        }
        half = len(body) // 2
        messages = iter(
            [
                {"type": "http.request", "body": body[:half], "more_body": True},
                {"type": "http.request", "body": body[half:], "more_body": False},
            ]
        )
        if not self.faults.armed and not path.startswith("/_sojourn"):
            messages = iter([{"type": "http.request", "body": body}])

        async def receive() -> Message:
            return next(messages)

        async def send(message: Message) -> None:
            self.sent.append(message)

        asyncio.run(self.gateway(scope, receive, send))

    @property
    def answer(self) -> tuple[int, Any]:
        start, body = self.sent
        return start["status"], json.loads(body["body"])


SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, x",
    "x-amz-target": "DynamoDB_20120810.UpdateItem",
}


def test_a_request_counts_as_sent_over_tls() -> None:
    exchange = Exchange()
    exchange.ask(b"{}")
    assert (b"x-forwarded-proto", b"https") in exchange.seen[0][0]["headers"]


def test_a_request_that_says_it_was_not_is_believed() -> None:
    exchange = Exchange()
    exchange.ask(b"{}", headers={"x-forwarded-proto": "http"})
    assert exchange.seen[0][0]["headers"] == [(b"x-forwarded-proto", b"http")]


def test_controls_are_not_the_emulators() -> None:
    exchange = Exchange()
    exchange.ask(b'{"this": 1}', path="/_sojourn/echo")
    assert exchange.answer == (200, {"asked": 1})
    assert exchange.seen == []


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [
        ("PUT", "echo", b"", 404),
        ("POST", "other", b"", 404),
        ("POST", "echo", b"not json", 400),
        ("POST", "echo", b"{}", 400),
        ("POST", "echo", b'"slow"', 503),
        ("GET", "echo", b"", 400),
        ("POST", "echo", b" " * 1_048_577, 413),
    ],
)
def test_a_control_that_cannot_be_done_says_so(
    method: str, name: str, body: bytes, status: int
) -> None:
    exchange = Exchange()
    exchange.ask(body, path=f"/_sojourn/{name}", method=method)
    assert exchange.answer[0] == status
    assert exchange.answer[1]["error"]


def test_a_call_that_no_rule_names_passes_whole_while_others_break() -> None:
    exchange = Exchange()
    exchange.faults.add({"match": {"operation": "PutItem"}, "kind": "error"})
    exchange.ask(b'{"TableName": "t"}', headers=SIGNED)
    assert exchange.seen[0][1] == b'{"TableName": "t"}'
    assert exchange.answer == (200, {})


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("throttle", 400)])
def test_a_refused_call_has_no_effect(kind: str, status: int) -> None:
    exchange = Exchange()
    exchange.faults.add({"match": {"service": "dynamodb", "operation": "Update*"}, "kind": kind})
    exchange.ask(b"{}", headers=SIGNED)
    assert exchange.seen == []
    assert exchange.answer[0] == status


def test_a_delayed_call_is_done_and_answered() -> None:
    exchange = Exchange()
    exchange.faults.add({"kind": "delay", "seconds": 0.01})
    exchange.ask(b"{}", headers=SIGNED)
    assert len(exchange.seen) == 1
    assert exchange.answer == (200, {})


def test_a_dropped_answer_has_its_effect_and_ends_too_early() -> None:
    exchange = Exchange()
    exchange.faults.add({"kind": "drop_answer"})
    exchange.ask(b"{}", headers=SIGNED)
    assert len(exchange.seen) == 1
    assert exchange.sent == [{"type": "sojourn.hang_up"}]


def test_a_crash_has_its_effect_and_ends_the_caller() -> None:
    exchange = Exchange()
    exchange.faults.add({"kind": "crash"})
    exchange.ask(b"{}", headers=SIGNED)
    assert len(exchange.seen) == 1
    assert exchange.crashed == [(4711, 80)]
    assert exchange.sent == [{"type": "sojourn.hang_up"}]


def test_a_control_may_be_asked_in_the_query() -> None:
    exchange = Exchange()
    exchange.ask(path="/_sojourn/echo", query=b"this=1", method="GET")
    assert exchange.answer == (200, {"asked": "1"})


def test_only_http_is_looked_at() -> None:
    seen = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {}

    async def send(_message: Message) -> None: ...

    gateway = Gateway(application, SILENT, Faults(), {}, print)
    asyncio.run(gateway({"type": "lifespan"}, receive, send))
    assert seen == ["lifespan"]
