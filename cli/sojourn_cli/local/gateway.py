"""The front of the emulated AWS: what a client on loopback must not notice, and the controls of the
tests.

Clients speak plain HTTP to loopback, as behind a load balancer that ends TLS. So a request counts
as having come over TLS (`aws:SecureTransport`) unless it says otherwise itself with `X-Forwarded-
Proto: http`; a template's TLS-only policies then stand as they are, and can be tested.

Controls live below `/_sojourn/`; everything else is the emulator's.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from sojourn_cli.local.calls import call_of
from sojourn_cli.local.faults import Call, Fault, Faults

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]
type Control = Callable[[Any], Awaitable[Any]]

PREFIX = "/_sojourn/"
PROXIED = "x-sojourn-proxied"  # the recorder has drawn its faults already
MAX_CONTROL_BYTES = 1024 * 1024


class Gateway:
    """An ASGI application around MiniStack's.

    `controls` maps `METHOD name` to what answers it; `crash` ends the process at the other end of a
    connection from this local port.
    """

    def __init__(
        self,
        app: App,
        controls: MutableMapping[str, Control],
        faults: Faults,
        crash: Callable[[int], None],
    ) -> None:
        """Stand before `app`."""
        self._app = app
        self._controls = controls
        self._faults = faults
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
        if not self._faults.armed or _was_proxied(scope):
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        call = received(scope, body)
        replay = replayed(body, receive)
        fault = self._faults.draw(call)
        match fault:
            case None:
                await self._app(scope, replay, send)
            case Fault(kind="delay"):
                await asyncio.sleep(fault.seconds)
                await self._app(scope, replay, send)
            case Fault(kind="drop_answer"):
                await self._app(scope, replay, unanswered(send))
            case Fault(kind="crash"):
                await self._app(scope, replay, discard)
                self._crash(scope["client"][1])
                await send({"type": "sojourn.hang_up"})
            case _:
                refusal = fault.answer(call)
                await respond(send, refusal.status, refusal.headers, refusal.body)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = f"{scope['method']} {scope['path'].removeprefix(PREFIX)}"
        control = self._controls.get(name)
        if control is None:
            await answer(send, 404, {"error": f"no control is called {name}"})
            return
        body = await read_body(receive)
        if len(body) > MAX_CONTROL_BYTES:
            await answer(send, 413, {"error": "too long"})
            return
        try:
            asked = json.loads(body) if body else None
            result = await control(asked)
        except (ValueError, TypeError, KeyError) as error:
            await answer(send, 400, {"error": f"{type(error).__name__}: {error}"})
            return
        except TimeoutError as error:
            await answer(send, 503, {"error": str(error)})
            return
        await answer(send, 200, result)


def _was_proxied(scope: Scope) -> bool:
    return any(name == PROXIED.encode() for name, _ in scope["headers"])


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

    async def again() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def unanswered(send: Send) -> Send:
    """A `send` that closes the connection instead of answering."""

    async def hang_up(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await send({"type": "sojourn.hang_up"})

    return hang_up


async def discard(_message: MutableMapping[str, Any]) -> None:
    """A `send` that sends nothing."""


async def answer(send: Send, status: int, body: object) -> None:
    """Answer with JSON."""
    content = json.dumps(body, default=str).encode()
    await respond(send, status, {"Content-Type": "application/json"}, content)


async def respond(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send a whole answer."""
    fields = {**headers, "Content-Length": str(len(body))}
    encoded = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})
