"""Push messages: what holds for whoever hands them over, on the fake and on SNS."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from sojourn.adapters import clients
from sojourn.adapters.ses import IDLE
from sojourn.adapters.sns import SnsPusher, SnsTexter
from sojourn.core.state.customer import ENDPOINT_GONE
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.providers import FakePusher, FakeTexter
from sojourn.runtime.messages.providers import Note, Push, Pusher, Refused, Text, Throttled, Unknown
from tests.adapters.answers import answering, lost, opted_out, said
from tests.adapters.examples import NOON
from tests.adapters.test_providers_contract import PUBLISHED, fields_of, note_requests, sns_error

if TYPE_CHECKING:
    from botocore.session import Session

ARN = "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/shop/7a1b"
PUSH = Push(ARN, "Hello", "Zoë & Ana", {"url": "shop://cart"})


@dataclass(frozen=True, slots=True)
class Phones:
    """Who hands over, a device that takes messages, and what is done to it."""

    port: Pusher
    device: str
    switch_off: Callable[[], object]
    delete: Callable[[], object]
    taken: Callable[[], int]


@pytest.fixture(params=["fake", "moto"])
def phones(request: pytest.FixtureRequest) -> Phones:
    if request.param == "fake":
        fake = FakePusher()
        gone = lambda: fake.gone.add(ARN)  # noqa: E731 - three words
        return Phones(fake, ARN, gone, gone, lambda: len(fake.sent))
    client = clients.sns(request.getfixturevalue("session"))
    app = client.create_platform_application(
        Name="shop", Platform="GCM", Attributes={"PlatformCredential": "x"}
    )["PlatformApplicationArn"]
    device = client.create_platform_endpoint(PlatformApplicationArn=app, Token="t")["EndpointArn"]
    bodies = note_requests(client)
    return Phones(
        SnsPusher(client, FakeClock(NOON)),
        device,
        lambda: client.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "false"}),
        lambda: client.delete_endpoint(EndpointArn=device),
        lambda: sum(b"Action=Publish" in _bytes(body) for body in bodies),
    )


def _bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


def test_a_message_is_handed_over_once(phones: Phones) -> None:
    push = replace(PUSH, endpoint=phones.device)
    assert phones.port.send(push) != phones.port.send(push)
    assert phones.taken() == 2


@pytest.mark.parametrize("what", ["switch_off", "delete"])
def test_a_device_that_is_gone_is_noted(phones: Phones, what: str) -> None:
    getattr(phones, what)()
    with pytest.raises(Refused) as caught:
        phones.port.send(replace(PUSH, endpoint=phones.device))
    (note,) = caught.value.notes
    assert (note.address, note.fact) == (phones.device, ENDPOINT_GONE)
    assert note.reason == str(caught.value)


@pytest.mark.parametrize("arn", ["arn:aws:sns:us-east-1:123456789012:topic", "", "ana@example.com"])
def test_nothing_but_a_device_is_published_to(phones: Phones, arn: str) -> None:
    with pytest.raises(Refused, match="is no platform endpoint"):
        phones.port.send(replace(PUSH, endpoint=arn))
    assert phones.taken() == 0


def test_sns_is_given_the_payload_of_the_devices_service(plain_session: "Session") -> None:
    client = clients.sns(plain_session)
    apple = ARN.replace("GCM", "APNS_SANDBOX")
    with answering(client, PUBLISHED) as requests:
        SnsPusher(client, FakeClock(NOON)).send(replace(PUSH, endpoint=apple))
    fields = fields_of(requests[0].body or b"")  # type: ignore[arg-type]  # bytes or text
    assert (fields["TargetArn"], fields["MessageStructure"]) == (apple, "json")
    assert json.loads(json.loads(fields["Message"])["APNS_SANDBOX"]) == {
        "aps": {"alert": {"title": "Hello", "body": "Zoë & Ana"}},
        "data": {"url": "shop://cart"},
    }
    assert fields["AWS.SNS.MOBILE.APNS.PUSH_TYPE"] == "alert"


@pytest.mark.parametrize(
    ("status", "code", "becomes"),
    [
        (400, "InvalidParameter", Refused),
        (400, "PlatformApplicationDisabled", Throttled),
        (403, "AuthorizationError", Throttled),
        (429, "Throttled", Throttled),
        (500, "InternalError", Unknown),
    ],
)
def test_what_says_nothing_of_the_device_is_not_noted(
    plain_session: "Session", status: int, code: str, becomes: type[Exception]
) -> None:
    client = clients.sns(plain_session)
    with answering(client, sns_error(status, code)), pytest.raises(becomes) as caught:
        SnsPusher(client, FakeClock(NOON)).send(PUSH)
    assert getattr(caught.value, "notes", ()) == ()


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "EndpointDisabled", "Endpoint is disabled"),
        (404, "NotFound", "Endpoint does not exist"),
        (
            400,
            "InvalidParameter",
            "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified",
        ),
    ],
)
def test_each_way_in_which_sns_says_that_a_device_is_gone_is_noted(
    plain_session: "Session", status: int, code: str, words: str
) -> None:
    client = clients.sns(plain_session)
    error = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>"
    answer = said(status, f"<ErrorResponse>{error}</ErrorResponse>")
    with answering(client, answer), pytest.raises(Refused) as caught:
        SnsPusher(client, FakeClock(NOON)).send(PUSH)
    assert caught.value.notes == (Note(ARN, ENDPOINT_GONE, f"{code}: {words}"),)


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), Throttled),
        (ReadTimeoutError(endpoint_url="https://x"), Unknown),
    ],
)
def test_without_an_answer_it_is_unknown_unless_it_cannot_have_gone(
    plain_session: "Session", error: Exception, becomes: type[Exception]
) -> None:
    client = clients.sns(plain_session)
    with answering(client, lost(error)), pytest.raises(becomes):
        SnsPusher(client, FakeClock(NOON)).send(PUSH)


def test_a_connection_that_lay_idle_is_made_anew(
    plain_session: "Session", monkeypatch: pytest.MonkeyPatch
) -> None:
    client, clock = clients.sns(plain_session), FakeClock(NOON)
    closed = []
    pusher = SnsPusher(client, clock)
    monkeypatch.setattr(client, "close", lambda: closed.append(clock.now()), raising=False)
    with answering(client, PUBLISHED, PUBLISHED, PUBLISHED):
        pusher.send(PUSH)
        clock.advance(IDLE)
        pusher.send(PUSH)
        clock.advance(IDLE + 1)
        pusher.send(PUSH)
    assert closed == [clock.now()]


@pytest.mark.parametrize("taken", [False, True])
def test_the_fake_loses_the_message_or_only_the_answer(*, taken: bool) -> None:
    fake = FakePusher()
    fake.fail_next(Unknown("timeout"), taken=taken)
    with pytest.raises(Unknown):
        fake.send(PUSH)
    assert len(fake.sent) == taken


# ---- A number that has opted out -----------------------------------------------------------------

TEXT = Text(sender=None, to="+27821234567", text="Hi", promotional=True)


def test_a_number_that_has_opted_out_is_noted_by_sns(plain_session: "Session") -> None:
    client = clients.sns(plain_session)
    # SNS API reference, CheckIfPhoneNumberIsOptedOut: `Publish` itself refuses no such number.
    with answering(client, opted_out(has=True)), pytest.raises(Refused) as caught:
        SnsTexter(client, FakeClock(NOON)).ask(TEXT.to)
    said = "OptedOut: the number has opted out of text messages"
    assert caught.value.notes == (Note(TEXT.to, "message.unsubscribed", said),)


def test_a_number_that_opts_out_meanwhile_is_noted_too(plain_session: "Session") -> None:
    client = clients.sns(plain_session)
    texter = SnsTexter(client, FakeClock(NOON))
    with answering(client, opted_out(has=False), sns_error(400, "OptedOut")):
        texter.ask(TEXT.to)
        with pytest.raises(Refused) as caught:
            texter.send(TEXT)
    assert caught.value.notes == (Note(TEXT.to, "message.unsubscribed", "OptedOut: why"),)


def test_a_number_that_has_opted_out_is_noted_by_the_fake() -> None:
    fake = FakeTexter()
    fake.opted_out.add(TEXT.to)
    with pytest.raises(Refused, match="OptedOut") as caught:
        fake.ask(TEXT.to)
    assert [(note.address, note.fact) for note in caught.value.notes] == [
        (TEXT.to, "message.unsubscribed")
    ]
