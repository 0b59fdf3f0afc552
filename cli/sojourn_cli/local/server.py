"""An HTTP/1.1 server for one ASGI application on loopback.

MiniStack comes with a general one, which spends a third of the time that a call takes. This one
knows its clients: whole requests in, one at a time on a connection, and no more of HTTP than AWS's
tools speak. Beyond ASGI an application may send `{"type": "sojourn.hang_up"}`: the connection
closes without an answer.
"""

import asyncio
import logging
import socket
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from sojourn_cli.local.gateway import App, Scope

logger = logging.getLogger("sojourn.local")

type Message = MutableMapping[str, Any]
type Headers = list[tuple[bytes, bytes]]

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 300 * 1024 * 1024  # a function's package may have 250 MB
IDLE_SECONDS = 75.0
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
BODILESS = frozenset({204, 304})


class BadRequestError(Exception):
    """What came is not a request this server can read; carries the status to answer with."""

    def __init__(self, status: HTTPStatus) -> None:
        """Answer with `status`."""
        super().__init__(status.phrase)
        self.status = status


class Head:
    """The first line and the header fields of a request."""

    def __init__(self, head: bytes) -> None:
        """Read them; BadRequestError when they are malformed."""
        first, *lines = head.split(b"\r\n")
        parts = first.split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):  # noqa: PLR2004 - as RFC 9112 has it
            raise BadRequestError(HTTPStatus.BAD_REQUEST)
        self.method, self.target, self.version = parts
        self.headers: Headers = []
        self.fields: dict[bytes, bytes] = {}
        for line in lines:
            name, colon, value = line.partition(b":")
            if not colon or name != name.strip():
                raise BadRequestError(HTTPStatus.BAD_REQUEST)
            field = (name.lower(), value.strip(b" \t"))
            self.headers.append(field)
            self.fields[field[0]] = field[1]

    @property
    def keeps_open(self) -> bool:
        """Whether another request may follow."""
        connection = self.fields.get(b"connection", b"").lower()
        return connection != b"close" and (
            self.version == b"HTTP/1.1" or connection == b"keep-alive"
        )

    def scope(self, client: object, server: object) -> Scope:
        """The request as ASGI describes it."""
        path, _, query = self.target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self.version[5:].decode("latin-1"),
            "method": self.method.decode("latin-1").upper(),
            "scheme": "http",
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": self.headers,
            "client": client,
            "server": server,
        }


def body_of(head: Head, buffer: bytearray) -> bytes | None:
    """Take the body off the front of `buffer`; `None` while it is not complete."""
    if b"chunked" in head.fields.get(b"transfer-encoding", b"").lower():
        return _chunked(buffer)
    try:
        length = int(head.fields.get(b"content-length", b"0"))
    except ValueError:
        raise BadRequestError(HTTPStatus.BAD_REQUEST) from None
    if not 0 <= length <= MAX_BODY_BYTES:
        raise BadRequestError(HTTPStatus.CONTENT_TOO_LARGE)
    if len(buffer) < length:
        return None
    body = bytes(buffer[:length])
    del buffer[:length]
    return body


def _chunked(buffer: bytearray) -> bytes | None:
    body, place = bytearray(), 0
    while (end := buffer.find(b"\r\n", place)) >= 0:
        try:
            length = int(buffer[place:end].partition(b";")[0], 16)
        except ValueError:
            raise BadRequestError(HTTPStatus.BAD_REQUEST) from None
        if length + len(body) > MAX_BODY_BYTES:
            raise BadRequestError(HTTPStatus.CONTENT_TOO_LARGE)
        start = end + 2
        if length == 0:
            end = buffer.find(b"\r\n\r\n", end)  # trailers, if any, end as a head does
            if end < 0:
                return None
            del buffer[: end + 4]
            return bytes(body)
        if len(buffer) < start + length + 2:
            return None
        body += buffer[start : start + length]
        place = start + length + 2
    return None


class Answer:
    """One answer on its way out; `done` when it is complete."""

    def __init__(self, connection: "Connection", head: Head, body: bytes) -> None:
        """Answer a request."""
        self.done = False
        self.started = False
        self._connection = connection
        self._head = head
        self._body: bytes | None = body
        self._start: Message = {}
        self._chunks = False

    async def receive(self) -> Message:
        """The request's body, then the end of the connection."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._connection.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Send the start or a part of the answer."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "sojourn.hang_up":
            self._connection.close()
        else:
            self._connection.write(self._encoded(message))
            await self._connection.writable.wait()

    def _encoded(self, message: Message) -> bytes:
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        head = b""
        if not self.started:
            self.started = True
            head = self._first(body, more=more)
        self.done = not more
        if self._head.method == b"HEAD" or self._start["status"] in BODILESS:
            return head
        if not self._chunks:
            return head + body
        chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
        return head + chunk + (b"" if more else b"0\r\n\r\n")

    def _first(self, body: bytes, *, more: bool) -> bytes:
        status: int = self._start["status"]
        headers: Headers = list(self._start.get("headers", []))
        names = {name.lower() for name, _ in headers}
        if not names & {b"content-length", b"transfer-encoding"} and status not in BODILESS:
            self._chunks = more
            chunks = (b"transfer-encoding", b"chunked")
            headers.append(chunks if more else (b"content-length", b"%d" % len(body)))
        if not self._head.keeps_open:
            headers.append((b"connection", b"close"))
        lines = [b"HTTP/1.1 %d %s" % (status, REASONS.get(status, b""))]
        lines += [b"%s: %s" % header for header in headers]
        return b"\r\n".join([*lines, b"", b""])


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, app: App) -> None:
        """Hand requests to `app`."""
        self.gone = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self._app = app
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._head: Head | None = None
        self._task: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._rests_since = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._look_for_idleness()

    def connection_lost(self, _error: Exception | None) -> None:
        """End; a request that is being worked is finished."""
        self.gone.set()
        self.writable.set()
        self._transport = None
        if self._idle is not None:
            self._idle.cancel()

    def pause_writing(self) -> None:
        """Hold the application until the client has read."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        self._buffer += data
        self._advance()

    def write(self, data: bytes) -> None:
        """Send bytes, unless nobody is there."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def _look_for_idleness(self) -> None:
        """Close once nothing was asked for so long; one timer serves all requests."""
        ends_at = self._rests_since + IDLE_SECONDS
        if self._task is None and ends_at <= self._loop.time():
            self.close()
            return
        again_at = ends_at if self._task is None else self._loop.time() + IDLE_SECONDS
        self._idle = self._loop.call_at(again_at, self._look_for_idleness)

    def _advance(self) -> None:
        """Begin the next request once it is here and the one before is answered."""
        if self._task is not None:
            return
        try:
            if self._head is None:
                self._head = self._next_head()
            body = None if self._head is None else body_of(self._head, self._buffer)
        except BadRequestError as error:
            phrase = error.status.phrase.encode()
            refusal = b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.write(refusal % (error.status.value, phrase))
            self.close()
            return
        if self._head is not None and body is not None:
            head, self._head = self._head, None
            self._task = self._loop.create_task(self._answer(head, body))

    def _next_head(self) -> Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or end > MAX_HEAD_BYTES:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return None
        head = Head(bytes(self._buffer[:end]).lstrip(b"\r\n"))
        del self._buffer[: end + 4]
        if head.fields.get(b"expect", b"").lower() == b"100-continue":
            self.write(CONTINUE)
        return head

    async def _answer(self, head: Head, body: bytes) -> None:
        answer = Answer(self, head, body)
        transport = self._transport
        if transport is None:
            return
        client, server = (transport.get_extra_info(name) for name in ("peername", "sockname"))
        try:
            await self._app(head.scope(client, server), answer.receive, answer.send)
        except Exception:
            # One request's fault, whatever it is, must not end the others.
            logger.exception("%s %s broke", head.method.decode(), head.target.decode("latin-1"))
            if not answer.started:
                await answer.send({"type": "http.response.start", "status": 500, "headers": []})
                await answer.send({"type": "http.response.body", "body": b""})
        self._task = None
        if not answer.done or not head.keeps_open:
            self.close()
            return
        self._rests_since = self._loop.time()
        self._advance()


class Lifespan:
    """Tells an application that the server starts, and that it ends."""

    def __init__(self, app: App) -> None:
        """Prepare to tell `app`."""
        self._app = app
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def tell(self, event: str) -> None:
        """Tell `startup` or `shutdown`; RuntimeError when the application fails at it."""
        if self._task is None:
            scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
            coroutine = self._app(scope, self._told.get, self._heard.put)
            self._task = asyncio.ensure_future(coroutine)
        await self._told.put({"type": f"lifespan.{event}"})
        heard = await self._heard.get()
        if heard["type"] != f"lifespan.{event}.complete":
            raise RuntimeError(f"{event} failed: {heard.get('message', '')}")


async def serve(app: App, listening: socket.socket, over: asyncio.Event) -> None:
    """Serve `app` on a listening socket until `over` is set."""
    lifespan = Lifespan(app)
    await lifespan.tell("startup")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(app), sock=listening)
    try:
        await over.wait()
    finally:
        server.close()
        server.close_clients()
        await lifespan.tell("shutdown")
