"""The front of the emulated AWS: it hides the loopback, records messages and breaks calls.

Clients speak plain HTTP to loopback, as behind a load balancer that ends TLS. So a request counts
as having come over TLS (`aws:SecureTransport`), unless it says otherwise in `X-Forwarded-Proto`; a
template's TLS-only policies then stand as they are, and can be tested.

Controls live below `/_sojourn/`; everything else is the emulator's.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sojourn_cli.local.calls import call_of
from sojourn_cli.local.faults import Answer, Call, Fault, Faults
from sojourn_cli.local.recorder import Handed, Recorder

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]
type Control = Callable[[Any], Awaitable[Any]]

PREFIX = "/_sojourn/"
MAX_CONTROL_BYTES = 1024 * 1024


class Gateway:
    """An ASGI application around MiniStack's.

    `controls` maps `METHOD name` to what answers it; `crash` ends the process that holds the
    connection between two ports, its own first.
    """

    def __init__(
        self,
        app: App,
        recorder: Recorder,
        faults: Faults,
        controls: Mapping[str, Control],
        crash: Callable[[tuple[int, int]], None],
    ) -> None:
        """Stand before `app`."""
        self._app = app
        self._recorder = recorder
        self._faults = faults
        self._controls = controls
        self._crash = crash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._control(scope, receive, send)
        else:
            await self._serve(over_tls(scope), receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, at once unless it carries a message or may be broken."""
        authorization = next((v for k, v in scope["headers"] if k == b"authorization"), b"")
        if not self._faults.armed and not self._recorder.watches(
            scope["method"], scope["path"], authorization
        ):
            await self._app(scope, receive, send)
            return
        arrived_at = datetime.now(UTC)
        body = await read_body(receive)
        call = received(scope, body)
        fault = self._faults.draw(call)
        message, refusal = self._recorder.read(call, body)
        if fault is not None and fault.kind in {"error", "throttle"}:
            answer = messages_of(fault.answer(call))
        elif refusal is not None:
            refused = Fault("error", status=refusal.status, code=refusal.code)
            answer = messages_of(refused.answer(call, refusal.message))
        else:
            if fault is not None and fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            answer = await self._answer(scope, replayed(body, receive))
        if message is not None:
            content = b"".join(part.get("body", b"") for part in answer[1:])
            kind = fault.kind if fault else None
            handed = Handed(call, arrived_at, message, answer[0]["status"], content, kind)
            self._recorder.keep(handed)
        await self._send(answer, fault, scope, send)

    async def _answer(self, scope: Scope, receive: Receive) -> list[Message]:
        """All that the emulator answers."""
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, keep)
        return sent

    async def _send(
        self, answer: list[Message], fault: Fault | None, scope: Scope, send: Send
    ) -> None:
        """Send an answer, or lose it."""
        if fault is not None and fault.kind == "crash":
            self._crash((scope["client"][1], scope["server"][1]))
        if fault is not None and fault.kind in {"drop_answer", "crash"}:
            await send({"type": "sojourn.hang_up"})
            return
        for message in answer:
            await send(message)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = f"{scope['method']} {scope['path'].removeprefix(PREFIX)}"
        status, told = await self._told(name, scope, await read_body(receive))
        content = json.dumps(told, default=str).encode()
        headers = {"Content-Type": "application/json"}
        for message in messages_of(Answer(status, headers, content)):
            await send(message)

    async def _told(self, name: str, scope: Scope, body: bytes) -> tuple[int, Any]:
        """What a control answers to a body, or without one to the query."""
        control = self._controls.get(name)
        if control is None:
            return HTTPStatus.NOT_FOUND, {"error": f"no control is called {name}"}
        if len(body) > MAX_CONTROL_BYTES:
            return HTTPStatus.CONTENT_TOO_LARGE, {"error": "too long"}
        try:
            asked = json.loads(body) if body else dict(parse_qsl(scope["query_string"].decode()))
            return HTTPStatus.OK, await control(asked)
        except (ValueError, TypeError, LookupError) as error:
            return HTTPStatus.BAD_REQUEST, {"error": f"{type(error).__name__}: {error}"}
        except TimeoutError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}


def over_tls(scope: Scope) -> Scope:
    """The request as a TLS-ending load balancer hands it on."""
    if any(name == b"x-forwarded-proto" for name, _ in scope["headers"]):
        return scope
    return {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}


def received(scope: Scope, body: bytes) -> Call:
    """The call a request makes."""
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    return call_of(scope["method"], scope["path"], headers, body)


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body again, then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def messages_of(answer: Answer) -> list[Message]:
    """A whole answer as ASGI sends it."""
    fields = {**answer.headers, "Content-Length": str(len(answer.body))}
    headers = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    return [
        {"type": "http.response.start", "status": int(answer.status), "headers": headers},
        {"type": "http.response.body", "body": answer.body, "more_body": False},
    ]
