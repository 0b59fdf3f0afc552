"""What goes over the wire: real requests to a server of the test's own."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sojourn.adapters import clients
from sojourn.adapters.ses import IDLE, SesMailer
from sojourn.adapters.sns import SnsPusher, SnsTexter
from sojourn.adapters.sqs import SqsQueue
from sojourn.core.errors import Unavailable
from sojourn.core.values.instants import SECOND
from sojourn.fakes.clock import FakeClock
from sojourn.runtime.messages.providers import Throttled, Unknown
from tests.adapters.examples import NOON
from tests.adapters.test_providers_contract import EMAIL, TEXT
from tests.adapters.test_pusher_contract import PUSH

if TYPE_CHECKING:
    from botocore.session import Session

PUBLISHED = (
    b"<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>"
)
ANSWERS = {"ses": b'{"MessageId": "m1"}', "sms": PUBLISHED, "push": PUBLISHED}


OPTED_IN = (
    b"<CheckIfPhoneNumberIsOptedOutResponse><CheckIfPhoneNumberIsOptedOutResult>"
    b"<isOptedOut>false</isOptedOut></CheckIfPhoneNumberIsOptedOutResult>"
    b"</CheckIfPhoneNumberIsOptedOutResponse>"
)


class Provider(ThreadingHTTPServer):
    """Takes requests, and answers them or hangs up; what is only asked before is not counted."""

    daemon_threads = True

    def __init__(self, kind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kind = kind
        self.answers = True
        self.requests = 0
        self.connections: set[object] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.connections.add(self.client_address)
        if b"CheckIfPhoneNumberIsOptedOut" in body:
            self._answer(OPTED_IN)
            return
        self.server.requests += 1
        if not self.server.answers:
            self.close_connection = True
            return
        self._answer(ANSWERS[self.server.kind])

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(params=list(ANSWERS))
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with Provider(request.param) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=20)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def send(
    provider: Provider, plain_session: "Session", clock: FakeClock
) -> Iterator[Callable[[], str]]:
    """Hands one message over to the provider."""
    ses, sns = clients.ses(plain_session), clients.sns(plain_session)
    mailer, texter = SesMailer(ses, "set", clock), SnsTexter(sns, clock)
    pusher = SnsPusher(sns, clock)

    def ask_and_send() -> str:
        texter.ask(TEXT.to)
        return texter.send(TEXT)

    sends = {
        "ses": lambda: mailer.send(EMAIL),
        "sms": ask_and_send,
        "push": lambda: pusher.send(PUSH),
    }
    yield sends[provider.kind]
    ses.close()
    sns.close()


def test_a_message_is_one_request(provider: Provider, send: Callable[[], str]) -> None:
    assert send() == "m1"
    assert provider.requests == 1


def test_a_message_whose_answer_is_lost_is_not_sent_again(
    provider: Provider, send: Callable[[], str]
) -> None:
    provider.answers = False
    with pytest.raises(Unknown):
        send()
    assert provider.requests == 1


def test_a_message_to_a_provider_out_of_reach_is_not_sent(
    plain_session: "Session", monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    with create_server(("127.0.0.1", 0)) as server:  # bound to have a port, closed to refuse on it
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
    with pytest.raises(Throttled):
        SesMailer(clients.ses(plain_session), "set", clock).send(EMAIL)
    with pytest.raises(Throttled):
        SnsTexter(clients.sns(plain_session), clock).ask(TEXT.to)
    with pytest.raises(Throttled):
        SnsTexter(clients.sns(plain_session), clock).send(TEXT)
    with pytest.raises(Throttled):
        SnsPusher(clients.sns(plain_session), clock).send(PUSH)


def test_a_connection_that_lay_idle_is_not_trusted(
    provider: Provider, send: Callable[[], str], clock: FakeClock
) -> None:
    send()
    for _ in range(2):
        clock.advance(IDLE)
        send()
    assert len(provider.connections) == 1
    clock.advance(IDLE + 1)
    send()
    assert len(provider.connections) == 2
    clock.advance(-SECOND)  # set back: nobody knows how long it lay
    send()
    assert len(provider.connections) == 3


def test_the_other_clients_try_again_when_the_answer_is_lost(
    provider: Provider, plain_session: "Session"
) -> None:
    provider.answers = False
    sqs = clients.sqs(plain_session)
    with pytest.raises(Unavailable):
        SqsQueue(sqs, provider.url).put(["body"])
    assert provider.requests == 3
    sqs.close()
