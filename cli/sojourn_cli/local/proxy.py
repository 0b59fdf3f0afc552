"""A proxy before SES v2 and SNS: it records each message with its arrival, breaks calls on demand,
and reports back.

`Host` passes unchanged, so signatures stay valid. Besides the two services it serves:
`GET /recorded?after=N&wait=SECONDS`, `DELETE /recorded`, `POST /faults`, `DELETE /faults`, `POST
/feedback`.
"""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sojourn_cli.local.calls import call_of, email_of, sms_of
from sojourn_cli.local.faults import Answer, Call, Fault, Faults
from sojourn_cli.local.feedback import KINDS, event_of, simulated
from sojourn_cli.local.gateway import PROXIED
from sojourn_cli.local.refusals import Refusal, refused_email, refused_sms

MAX_RECORDED = 100_000  # messages kept in memory, the oldest go first
MAX_BODY_BYTES = 40 * 1024 * 1024  # "40 MB per message", SES quotas
MAX_WAIT_SECONDS = 60.0
UPSTREAM_SECONDS = 60.0
LOOK_SECONDS = 0.05  # how soon the server notices that it is to end
UPSTREAM_IDLE_SECONDS = 30.0  # the emulator closes an idle connection after 75
HOP_HEADERS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class Account:
    """What the recorder must know of the account it stands before.

    `publish(configuration_set, matching_type, event)` puts a report of SES on the default bus and
    says whether an event destination of the configuration set asked for it. `crash` kills the
    process that holds a port.
    """

    region: str
    number: str
    has_configuration_set: Callable[[str], bool]
    publish: Callable[[str | None, str, Mapping[str, Any]], bool]
    crash: Callable[[int], None]


class Recorded:
    """The messages seen, in order of arrival; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin an empty record."""
        self._changed = threading.Condition()
        self._messages: list[dict[str, Any]] = []
        self._count = 0

    def add(self, message: Mapping[str, Any]) -> None:
        """Keep one more."""
        with self._changed:
            self._count += 1
            self._messages.append({"number": self._count, **message})
            del self._messages[:-MAX_RECORDED]
            self._changed.notify_all()

    def after(self, number: int, wait_seconds: float) -> list[dict[str, Any]]:
        """Those numbered above `number`; waits so long for the first of them."""
        until = time.monotonic() + wait_seconds
        with self._changed:
            while self._count <= number and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return [message for message in self._messages if message["number"] > number]

    def find(self, message_id: str) -> dict[str, Any]:
        """The accepted message with this id; LookupError when there is none."""
        with self._changed:
            found = [message for message in self._messages if message["message_id"] == message_id]
        if found:
            return found[-1]
        raise LookupError(f"no message {message_id!r} was recorded")

    def clear(self) -> None:
        """Forget all; numbers go on."""
        with self._changed:
            self._messages.clear()


class Recorder:
    """The proxy: `start`, then `port` is where SES and SNS calls go; `stop` ends it."""

    account: Account

    def __init__(self, gateway_port: int, faults: Faults) -> None:
        """Bind a free port of loopback."""
        self.recorded = Recorded()
        self.faults = faults
        self.gateway_port = gateway_port
        recorder = self

        class Handler(_Handler):
            pass

        Handler.recorder = recorder
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_SECONDS,), name="recorder", daemon=True
        )

    @property
    def port(self) -> int:
        """The local TCP port."""
        return self._server.server_port

    def start(self, account: Account) -> None:
        """Begin to serve, before this account."""
        self.account = account
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()

    def feedback(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Report something about a recorded mail, as SES would."""
        kind = str(told["kind"])
        mail = self.recorded.find(str(told["message_id"]))
        event = event_of(kind, mail, told, self.account.region, self.account.number)
        published = self.account.publish(mail["configuration_set"], KINDS[kind].matching, event)
        return {"published": published, "event": event}

    def simulate(self, mail: Mapping[str, Any]) -> None:
        """Report what the mailbox simulator reports of this mail."""
        for address in mail["to"]:
            for kind in simulated(address):
                self.feedback({"message_id": mail["message_id"], "kind": kind})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class _Handler(BaseHTTPRequestHandler):
    recorder: Recorder
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = (
        True  # header and body go in two writes, which Nagle would hold for 40 ms
    )
    timeout = 300.0

    def setup(self) -> None:
        super().setup()
        self._upstream: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def finish(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
        super().finish()

    def log_message(self, *_arguments: object) -> None:
        """Nothing: what matters is recorded."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path != "/recorded":
            self._relay()
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        wait_seconds = min(float(query.get("wait", 0)), MAX_WAIT_SECONDS)
        self._json(200, self.recorder.recorded.after(int(query.get("after", 0)), wait_seconds))

    def do_DELETE(self) -> None:
        match self.path:
            case "/recorded":
                self.recorder.recorded.clear()
                self._json(200, {})
            case "/faults":
                self._json(200, {"struck": self.recorder.faults.clear()})
            case _:
                self._relay()

    def do_POST(self) -> None:
        if self.path not in {"/faults", "/feedback"}:
            self._relay()
            return
        try:
            told = json.loads(self._body())
            if self.path == "/faults":
                self.recorder.faults.add(told)
                self._json(200, {})
            else:
                self._json(200, self.recorder.feedback(told))
        except (ValueError, TypeError, LookupError) as error:
            self._json(400, {"error": f"{type(error).__name__}: {error}"})

    do_PUT = do_HEAD = do_POST  # noqa: N815 - names of http.server

    def _relay(self) -> None:
        arrived_at = datetime.now(UTC)
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = call_of(self.command, self.path, headers, body)
        fault = self.recorder.faults.draw(call) if self.recorder.faults.armed else None
        if fault is not None and fault.kind == "delay":
            threading.Event().wait(fault.seconds)
        answer, accepted, message = self._answer(call, fault, body)
        if message is not None:
            entry = {
                "arrived_at": arrived_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "service": call.service,
                "operation": call.operation,
                "status": answer.status,
                "accepted": accepted,
                "fault": fault.kind if fault else None,
                "message_id": _message_id(answer) if accepted else None,
                **message,
            }
            self.recorder.recorded.add(entry)
            if accepted and message["channel"] == "email":
                self.recorder.simulate(entry)
        match fault:
            case Fault(kind="drop_answer"):
                self._hang_up()
            case Fault(kind="crash"):
                self.recorder.account.crash(self.client_address[1])
                self._hang_up()
            case _:
                self._send(answer)

    def _answer(
        self, call: Call, fault: Fault | None, body: bytes
    ) -> tuple[Answer, bool, dict[str, Any] | None]:
        """What to answer, whether the service took the message, and the message if it is one."""
        message, refusal = self._message(call, body)
        if fault is not None and fault.kind in {"error", "throttle"}:
            return fault.answer(call), False, message
        if refusal is not None:
            refused = Fault("error", status=refusal.status, code=refusal.code)
            return refused.answer(call, refusal.message), False, message
        answer = self._forward(body)
        return answer, answer.status == http.HTTPStatus.OK, message

    def _message(self, call: Call, body: bytes) -> tuple[dict[str, Any] | None, Refusal | None]:
        try:
            if (call.service, call.operation) == ("ses", "SendEmail"):
                mail = email_of(body)
                return mail, refused_email(mail, self.recorder.account.has_configuration_set)
            if (call.service, call.operation) == ("sns", "Publish"):
                sms = sms_of(body)
                return sms, refused_sms(sms)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return None, Refusal(400, "SerializationException", f"{type(error).__name__}: {error}")
        return None, None

    def _forward(self, body: bytes) -> Answer:
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in HOP_HEADERS
        }
        headers |= {PROXIED: "1", "Content-Length": str(len(body))}
        idle_seconds = time.monotonic() - self._used_at
        if self._upstream is None or idle_seconds > UPSTREAM_IDLE_SECONDS:
            if self._upstream is not None:
                self._upstream.close()
            self._upstream = http.client.HTTPConnection(
                "127.0.0.1", self.recorder.gateway_port, timeout=UPSTREAM_SECONDS
            )
        self._upstream.request(self.command, self.path, body, headers)
        response = self._upstream.getresponse()
        content = response.read()
        self._used_at = time.monotonic()
        kept = {
            name: value for name, value in response.getheaders() if name.lower() not in HOP_HEADERS
        }
        return Answer(response.status, kept, content)

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            raise ValueError(f"a body of {length} bytes is above SES's {MAX_BODY_BYTES}")
        return self.rfile.read(length)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _json(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self._send(Answer(status, {"Content-Type": "application/json"}, content))

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def _message_id(answer: Answer) -> str | None:
    """The id in an answer of SES (JSON) or SNS (XML)."""
    text = answer.body.decode("utf-8", "replace")
    if "<MessageId>" in text:
        return text.partition("<MessageId>")[2].partition("</MessageId>")[0]
    content = json.loads(text)
    return str(content["MessageId"]) if "MessageId" in content else None
