"""Every message to SES and SNS is seen, and what they would refuse is refused."""

import asyncio
import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest

from sojourn_cli.local.faults import Faults
from sojourn_cli.local.gateway import Gateway, Receive, Scope, Send
from sojourn_cli.local.recorder import Account, Recorder
from sojourn_cli.local.server import serve

SOON = 20.0


class Provider:
    """What stands behind the gateway: takes every message and numbers it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        self.bodies.append((await receive())["body"])
        number = len(self.bodies)
        answer = json.dumps({"MessageId": f"mail-{number}"})
        if b"Action=Publish" in self.bodies[-1]:
            answer = f"<PublishResult><MessageId>sms-{number}</MessageId></PublishResult>"
        headers = [(b"x-provider", b"yes"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer.encode()})


class Desk:
    """A gateway with a recorder before a provider, on a thread, and what became of it."""

    def __init__(self) -> None:
        self.provider = Provider()
        self.published: list[tuple[str | None, str, Mapping[str, Any]]] = []
        self.crashed: list[tuple[int, int]] = []
        self.faults = Faults()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(SOON)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        account = Account("us-east-1", "000000000000", lambda n: n == "sojourn", self.publish)
        recorder = Recorder(account)
        controls = recorder.controls()
        gateway = Gateway(self.provider, recorder, self.faults, controls, self.crashed.append)
        self._ready.set()
        await serve(gateway, self.listening, self._over)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(SOON)
        assert not self._thread.is_alive()

    def publish(self, name: str | None, matching: str, event: Mapping[str, Any]) -> bool:
        self.published.append((name, matching, event))
        return matching != "OPEN"

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        port = self.listening.getsockname()[1]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def send_email(self, **changes: object) -> tuple[int, bytes, Mapping[str, str]]:
        request = {
            "FromEmailAddress": "Shop <hello@shop.example>",
            "Destination": {"ToAddresses": ["ana@shop.example"]},
            "ConfigurationSetName": "sojourn",
            "EmailTags": [{"Name": "message", "Value": "abc_1"}],
            "Content": {
                "Simple": {
                    "Subject": {"Data": "Your cart"},
                    "Body": {"Text": {"Data": "Come back"}, "Html": {"Data": "<p>Come back</p>"}},
                    "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://shop.example/u>"}],
                }
            },
            **changes,
        }
        body = json.dumps(request).encode()
        return self.ask("POST", "/v2/email/outbound-emails", body, signed("ses"))

    def send_sms(self, number: str = "+27821234567", **attributes: str) -> tuple[int, bytes]:
        fields = {"Action": "Publish", "PhoneNumber": number, "Message": "Still thinking?"}
        for place, (name, value) in enumerate(attributes.items(), start=1):
            entry = f"MessageAttributes.entry.{place}"
            fields |= {f"{entry}.Name": f"AWS.SNS.SMS.{name}", f"{entry}.Value.StringValue": value}
        form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        status, body, _ = self.ask("POST", "/", urlencode(fields).encode(), signed("sns") | form)
        return status, body

    def recorded(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.ask("GET", f"/_sojourn/recorded{query}")[1])
        return found


def signed(service: str) -> dict[str, str]:
    credential = f"Credential=ASIA/20260101/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 {credential}, Signature=x"}


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


def test_a_mail_passes_and_is_seen_as_its_reader_sees_it(desk: Desk) -> None:
    status, body, headers = desk.send_email()
    assert (status, json.loads(body)) == (200, {"MessageId": "mail-1"})
    assert headers["x-provider"] == "yes"
    [mail] = desk.recorded()
    assert mail.pop("arrived_at").endswith("Z")
    assert mail == {
        "number": 1,
        "service": "ses",
        "operation": "SendEmail",
        "status": 200,
        "accepted": True,
        "fault": None,
        "message_id": "mail-1",
        "channel": "email",
        "from": "Shop <hello@shop.example>",
        "to": ["ana@shop.example"],
        "cc": [],
        "bcc": [],
        "reply_to": [],
        "configuration_set": "sojourn",
        "tags": {"message": "abc_1"},
        "raw": False,
        "subject": "Your cart",
        "text": "Come back",
        "html": "<p>Come back</p>",
        "headers": {"List-Unsubscribe": "<https://shop.example/u>"},
    }


def test_a_raw_mail_is_read_too(desk: Desk) -> None:
    raw = EmailMessage()
    raw["From"], raw["To"], raw["Subject"] = "hello@shop.example", "Ana <ana@shop.example>", "Hé"
    raw["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    raw.set_content("plain\n")
    raw.add_alternative("<p>rich</p>\n", subtype="html")
    data = base64.b64encode(bytes(raw)).decode()
    assert desk.send_email(Content={"Raw": {"Data": data}}, Destination={})[0] == 200
    [mail] = desk.recorded()
    assert (mail["to"], mail["subject"]) == (["ana@shop.example"], "Hé")
    assert (mail["text"], mail["html"]) == ("plain\n", "<p>rich</p>\n")
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_text_message_is_seen_with_its_attributes(desk: Desk) -> None:
    assert desk.send_sms(SenderID="SHOP", SMSType="Promotional")[0] == 200
    [sms] = desk.recorded()
    assert (sms["channel"], sms["to"], sms["text"]) == ("sms", ["+27821234567"], "Still thinking?")
    assert sms["attributes"] == {
        "AWS.SNS.SMS.SenderID": "SHOP",
        "AWS.SNS.SMS.SMSType": "Promotional",
    }
    assert sms["message_id"] == "sms-1"


def test_other_calls_pass_unrecorded(desk: Desk) -> None:
    assert desk.ask("POST", "/v2/email/identities", b"{}", signed("ses"))[0] == 200
    assert desk.recorded() == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"EmailTags": [{"Name": "key", "Value": "a b"}]}, 400, "BadRequestException"),
        ({"EmailTags": [{"Name": "k" * 257, "Value": "a"}]}, 400, "BadRequestException"),
        ({"ConfigurationSetName": "unknown"}, 404, "NotFoundException"),
        ({"Destination": {}}, 400, "BadRequestException"),
        ({"FromEmailAddress": "Café <a@b.example>"}, 400, "BadRequestException"),
        ({"FromEmailAddress": "Shop, Inc <a@b.example>"}, 400, "BadRequestException"),
        ({"FromEmailAddress": "Shop: us <a@b.example>"}, 400, "BadRequestException"),
        ({"FromEmailAddress": "a@b.example, c@b.example"}, 400, "BadRequestException"),
        ({"ReplyToAddresses": ["Shop <a@b.example"]}, 400, "BadRequestException"),
        ({"ReplyToAddresses": ["zoë@b.example"]}, 400, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["ana@exämple.com"]}}, 400, "BadRequestException"),
        (
            {
                "Content": {
                    "Simple": {"Subject": {"Data": "x"}, "Headers": [{"Name": "A:", "Value": "b"}]}
                }
            },
            400,
            "BadRequestException",
        ),
    ],
)
def test_what_ses_would_refuse_is_refused(
    desk: Desk, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = desk.send_email(**changes)
    assert (answer[0], json.loads(answer[1])["__type"]) == (status, code)
    assert desk.provider.bodies == []
    assert [mail["accepted"] for mail in desk.recorded()] == [False]


@pytest.mark.parametrize(("number", "sender"), [("0821234567", "SHOP"), ("+27821234567", "12345")])
def test_what_sns_would_refuse_is_refused(desk: Desk, number: str, sender: str) -> None:
    status, body = desk.send_sms(number, SenderID=sender)
    assert status == 400
    assert b"<Code>InvalidParameter" in body
    assert desk.provider.bodies == []


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("throttle", 429)])
def test_a_failing_provider_has_taken_nothing(desk: Desk, kind: str, status: int) -> None:
    match = {"service": "ses", "operation": "SendEmail"}
    desk.faults.add({"match": match, "kind": kind, "times": 1})
    assert desk.send_email()[0] == status
    assert desk.send_email()[0] == 200
    assert [(mail["fault"], mail["accepted"]) for mail in desk.recorded()] == [
        (kind, False),
        (None, True),
    ]
    assert desk.faults.clear() == [1]


@pytest.mark.parametrize("kind", ["drop_answer", "crash"])
def test_a_lost_answer_leaves_a_mail_that_was_taken(desk: Desk, kind: str) -> None:
    desk.faults.add({"kind": kind, "times": 1, "match": {"service": "ses"}})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        desk.send_email()
    assert [(mail["fault"], mail["accepted"]) for mail in desk.recorded()] == [(kind, True)]
    assert len(desk.provider.bodies) == 1
    assert len(desk.crashed) == (kind == "crash")


def test_a_delayed_call_arrives(desk: Desk) -> None:
    desk.faults.add({"kind": "delay", "seconds": 0.01})
    assert desk.send_email()[0] == 200


def test_a_report_goes_to_the_bus_with_the_mails_tags(desk: Desk) -> None:
    desk.send_email()
    told = {"message_id": "mail-1", "kind": "click", "link": "https://shop.example/cart"}
    status, body, _ = desk.ask("POST", "/_sojourn/feedback", json.dumps(told).encode())
    assert (status, json.loads(body)["published"]) == (200, True)
    [(name, matching, event)] = desk.published
    assert (name, matching, event["detail-type"]) == ("sojourn", "CLICK", "Email Clicked")
    assert event["detail"]["mail"]["messageId"] == "mail-1"
    assert event["detail"]["mail"]["tags"]["message"] == ["abc_1"]


def test_a_report_nobody_asked_for_is_said_to_be_unpublished(desk: Desk) -> None:
    desk.send_email()
    told = json.dumps({"message_id": "mail-1", "kind": "open"}).encode()
    assert json.loads(desk.ask("POST", "/_sojourn/feedback", told)[1])["published"] is False


def test_a_report_of_an_unknown_mail_is_refused(desk: Desk) -> None:
    status, body, _ = desk.ask(
        "POST", "/_sojourn/feedback", b'{"message_id": "other", "kind": "open"}'
    )
    assert status == 400
    assert "other" in json.loads(body)["error"]


def test_the_mailbox_simulator_reports_by_itself(desk: Desk) -> None:
    desk.send_email(Destination={"ToAddresses": ["complaint+1@simulator.amazonses.com"]})
    assert [matching for _, matching, _ in desk.published] == ["DELIVERY", "COMPLAINT"]


def test_a_reader_can_wait_for_the_next_message(desk: Desk) -> None:
    desk.send_email()
    found: list[list[dict[str, Any]]] = []
    reader = threading.Thread(target=lambda: found.append(desk.recorded("?after=1&wait=20")))
    reader.start()
    desk.send_sms()
    reader.join(SOON)
    assert [[message["channel"] for message in messages] for messages in found] == [["sms"]]


def test_the_record_can_be_cleared_and_numbers_go_on(desk: Desk) -> None:
    desk.send_email()
    desk.ask("DELETE", "/_sojourn/recorded")
    assert desk.recorded() == []
    desk.send_email()
    assert [mail["number"] for mail in desk.recorded()] == [2]


def test_a_mail_that_cannot_be_read_is_refused_as_malformed(desk: Desk) -> None:
    status, body, _ = desk.ask("POST", "/v2/email/outbound-emails", b"not json", signed("ses"))
    assert (status, json.loads(body)["__type"]) == (400, "SerializationException")
