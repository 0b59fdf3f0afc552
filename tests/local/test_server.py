"""The server speaks as much HTTP as AWS's tools do."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qs

import pytest

from sojourn_cli.local.gateway import Receive, Scope, Send
from sojourn_cli.local.server import MAX_BODY_BYTES, MAX_HEAD_BYTES, serve

SOON = 20.0


class Application:
    """Answers with what it was asked, or as the path says."""

    def __init__(self) -> None:
        self.lifespan: list[str] = []
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self.scopes.append(scope)
        body = (await receive())["body"]
        if scope["path"] == "/break":
            raise ValueError("broken")
        if scope["path"] == "/hang-up":
            await send({"type": "sojourn.hang_up"})
            return
        wanted = parse_qs(scope["query_string"].decode())
        status = int(wanted.get("status", ["200"])[0])
        await send({"type": "http.response.start", "status": status, "headers": [(b"x", b"y")]})
        for _ in range(int(wanted.get("parts", ["0"])[0])):
            await send({"type": "http.response.body", "body": body, "more_body": True})
        answer = b"" if "parts" in wanted else body
        await send({"type": "http.response.body", "body": answer})

    async def _live(self, receive: Receive, send: Send) -> None:
        for _ in range(2):
            event = (await receive())["type"]
            self.lifespan.append(event)
            await send({"type": f"{event}.complete"})


class Served:
    """The application behind a server on a thread of its own."""

    def __init__(self) -> None:
        self.application = Application()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._ready.set()
        await serve(self.application, self.listening, self._over)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(SOON)

    def stop(self) -> None:
        if self._thread.is_alive():
            with suppress(RuntimeError):  # it may end in between
                self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(SOON)
        assert not self._thread.is_alive()

    def raw(self, *parts: bytes) -> bytes:
        """All that comes back for these bytes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SOON) as client:
            for part in parts:
                client.sendall(part)
            answer = b""
            while data := client.recv(65_536):
                answer += data
            return answer


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    served.start()
    yield served
    served.stop()


@pytest.fixture
def connection(served: Served) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=SOON)
    yield connection
    connection.close()


def test_a_request_comes_as_asgi_has_it(
    served: Served, connection: http.client.HTTPConnection
) -> None:
    connection.request("PUT", "/a%20b/%C3%BC?x=1&y=%20", b"body", {"X-Amz-Target": "T.Op "})
    answer = connection.getresponse()
    assert (answer.status, answer.reason, answer.read()) == (200, "OK", b"body")
    assert answer.getheader("x") == "y"
    [scope] = served.application.scopes
    assert (scope["method"], scope["path"], scope["raw_path"], scope["query_string"]) == (
        "PUT",
        "/a b/ü",
        b"/a%20b/%C3%BC",
        b"x=1&y=%20",
    )
    assert (b"x-amz-target", b"T.Op") in scope["headers"]
    assert scope["client"][0] == "127.0.0.1"


def test_a_connection_carries_many_requests(connection: http.client.HTTPConnection) -> None:
    for number in range(5):
        connection.request("POST", "/", str(number))
        assert connection.getresponse().read() == str(number).encode()


def test_requests_that_come_together_are_answered_in_order(served: Served) -> None:
    one = b"POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\n1"
    last = b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 1\r\n\r\n2"
    answer = served.raw(one + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b"\r\n\r\n1HTTP") < answer.index(b"\r\n\r\n2")


def test_a_request_may_come_in_pieces(served: Served) -> None:
    request = b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello"
    assert served.raw(*[request[place : place + 1] for place in range(len(request))]).endswith(
        b"\r\n\r\nhello"
    )


def test_a_chunked_body_is_put_together(served: Served) -> None:
    head = b"POST / HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    body = b"4\r\nwiki\r\n5;name=value\r\npedia\r\n0\r\nx-trailer: 1\r\n\r\n"
    assert served.raw(head, body[:9], body[9:]).endswith(b"\r\n\r\nwikipedia")


def test_a_client_that_asks_first_is_told_to_go_on(served: Served) -> None:
    head = (
        b"PUT / HTTP/1.1\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
    )
    answer = served.raw(head, b"ok")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_an_answer_in_parts_is_chunked(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/?parts=3", b"part")
    answer = connection.getresponse()
    assert answer.getheader("transfer-encoding") == "chunked"
    assert answer.read() == b"partpartpart"


def test_large_bodies_pass_both_ways(connection: http.client.HTTPConnection) -> None:
    body = b"x" * 5_000_000
    connection.request("POST", "/", body)
    assert connection.getresponse().read() == body


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/"), ("POST", "/?status=204")])
def test_some_answers_have_no_body(
    connection: http.client.HTTPConnection, method: str, path: str
) -> None:
    connection.request(method, path, b"unseen")
    assert connection.getresponse().read() == b""
    connection.request("POST", "/", b"next")
    assert connection.getresponse().read() == b"next"


def test_hanging_up_gives_no_answer(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/hang-up", b"")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()


def test_a_broken_application_is_a_500_and_serves_on(
    connection: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    connection.request("POST", "/break", b"")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (500, b"")
    assert "POST /break broke" in caplog.text
    connection.request("POST", "/", b"next")
    assert connection.getresponse().read() == b"next"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / SPDY/3\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nname : value\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n", 400),
        (b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), 413),
        (b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffff\r\n", 413),
        (b"GET / HTTP/1.1\r\nlong: " + b"x" * MAX_HEAD_BYTES, 431),
    ],
)
def test_what_is_no_request_is_refused(served: Served, request_bytes: bytes, status: int) -> None:
    assert served.raw(request_bytes).startswith(b"HTTP/1.1 %d " % status)
    assert served.application.scopes == []


def test_http_1_0_is_closed_after_its_answer(served: Served) -> None:
    answer = served.raw(b"POST / HTTP/1.0\r\ncontent-length: 2\r\n\r\nok")
    assert json.dumps(answer.decode()).count("connection: close") == 1


def test_the_application_hears_of_start_and_end() -> None:
    served = Served()
    served.start()
    served.raw(b"POST / HTTP/1.0\r\n\r\n")
    served.stop()
    assert served.application.lifespan == ["lifespan.startup", "lifespan.shutdown"]


def test_the_end_closes_idle_connections(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=SOON) as client:
        client.sendall(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n")
        assert client.recv(65_536)
        served.stop()
        assert client.recv(65_536) == b""


def test_an_application_that_cannot_start_is_not_served() -> None:
    async def failing(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no state"})

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        pytest.raises(RuntimeError, match="startup failed: no state"),
    ):
        asyncio.run(serve(failing, listening, asyncio.Event()))
