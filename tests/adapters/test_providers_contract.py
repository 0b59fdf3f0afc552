"""Mailer and Texter: what holds for the fakes, for SES and for SNS."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)

from sojourn.adapters import clients
from sojourn.adapters.ses import SesMailer
from sojourn.adapters.sns import SnsTexter
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.providers import FakeMailer, FakeTexter
from sojourn.runtime.messages.providers import (
    Email,
    Mailer,
    Refused,
    Text,
    Texter,
    Throttled,
    Unknown,
)
from sojourn_cli.local.refusals import is_mailbox
from tests.adapters.answers import Answer, answering, lost, refused, said
from tests.adapters.examples import NOON

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_sesv2.client import SESV2Client

EMAIL = Email(
    sender="Shop <hello@shop.example>",
    to="ana@example.com",
    subject="Grüße, Ana",
    text="Plain \U0001f600",
    html="<p>Rich</p>",
    reply_to="Help <help@shop.example>",
    headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "X-Why": "cart"},
    tags={"message": "AbC-_123", "customer": "YW5h"},
)
TEXT = Text(sender="SHOP", to="+27821234567", text="Your cart, Zoë", promotional=True)


@dataclass(frozen=True, slots=True)
class Provider[P, M]:
    """What hands over, and what was handed over, as the provider has it."""

    port: P
    taken: Callable[[], list[M]]


def note_requests(client: Any) -> list[Any]:  # noqa: ANN401 - any of the clients
    """The bodies of requests that moto gets."""
    bodies: list[Any] = []

    def note(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        bodies.append(request.body)

    client.meta.events.register("before-send", note)
    return bodies


@pytest.fixture(params=["fake", "moto"])
def mailer(request: pytest.FixtureRequest) -> Provider[Mailer, Email]:
    if request.param == "fake":
        fake = FakeMailer(verified={"shop.example"})
        return Provider(fake, lambda: list(fake.sent.values()))
    client = clients.ses(request.getfixturevalue("session"))
    client.create_configuration_set(ConfigurationSetName="set")
    client.create_email_identity(EmailIdentity="shop.example")
    bodies = note_requests(client)
    mailer = SesMailer(client, "set", FakeClock(NOON))
    return Provider(mailer, lambda: [email_of(json.loads(body)) for body in bodies])


def email_of(body: Mapping[str, Any]) -> Email:
    assert body["ConfigurationSetName"] == "set"
    simple = body["Content"]["Simple"]
    assert {part["Charset"] for part in (simple["Subject"], *simple["Body"].values())} == {"UTF-8"}
    (to,) = body["Destination"]["ToAddresses"]
    return Email(
        body["FromEmailAddress"],
        to,
        simple["Subject"]["Data"],
        simple["Body"]["Text"]["Data"],
        simple["Body"]["Html"]["Data"] if "Html" in simple["Body"] else None,
        (body.get("ReplyToAddresses") or [None])[0],
        {item["Name"]: item["Value"] for item in simple["Headers"]},
        {item["Name"]: item["Value"] for item in body["EmailTags"]},
    )


@pytest.fixture(params=["fake", "moto"])
def texter(request: pytest.FixtureRequest) -> Provider[Texter, Text]:
    if request.param == "fake":
        fake = FakeTexter()
        return Provider(fake, lambda: list(fake.sent.values()))
    client = clients.sns(request.getfixturevalue("session"))
    bodies = note_requests(client)
    texter = SnsTexter(client, FakeClock(NOON))
    published = "Action=Publish&"
    return Provider(texter, lambda: [text_of(body) for body in bodies if published in str(body)])


def fields_of(body: bytes | str) -> dict[str, str]:
    text = body.decode() if isinstance(body, bytes) else body
    fields = {name: values[0] for name, values in parse_qs(text).items()}
    entries = "MessageAttributes.entry."
    for number in (1, 2):
        if f"{entries}{number}.Name" in fields:
            assert fields[f"{entries}{number}.Value.DataType"] == "String"
            value = fields[f"{entries}{number}.Value.StringValue"]
            fields[fields[f"{entries}{number}.Name"]] = value
    return fields


def text_of(body: bytes) -> Text:
    fields = fields_of(body)
    return Text(
        fields.get("AWS.SNS.SMS.SenderID"),
        fields["PhoneNumber"],
        fields["Message"],
        {"Promotional": True, "Transactional": False}[fields["AWS.SNS.SMS.SMSType"]],
    )


# ---- E-mail


@pytest.mark.parametrize(
    "email", [EMAIL, replace(EMAIL, html=None, headers={}, tags={}, sender="hello@shop.example")]
)
def test_an_email_is_handed_over_as_it_is(mailer: Provider[Mailer, Email], email: Email) -> None:
    id_ = mailer.port.send(email)
    assert id_
    assert mailer.taken() == [email]


def test_each_email_has_an_id_of_its_own(mailer: Provider[Mailer, Email]) -> None:
    assert mailer.port.send(EMAIL) != mailer.port.send(EMAIL)
    assert mailer.taken() == [EMAIL, EMAIL]


def test_an_email_waits_until_its_sender_is_verified(mailer: Provider[Mailer, Email]) -> None:
    with pytest.raises(Throttled, match="verified"):
        mailer.port.send(replace(EMAIL, sender="hello@elsewhere.example"))


@pytest.mark.parametrize(
    ("failed", "becomes"),
    [
        ("{to}", Refused),
        ("{sender}", Throttled),
        ("Shop <{sender}>, {sender}", Throttled),
        ("{sender}, {to}", Throttled),
    ],
)
@pytest.mark.parametrize(
    ("sender", "written"),
    [
        ("Shop <Hello@Shop.example>", "hello@shop.example"),
        ("hello@müller.example", "hello@xn--mller-kva.example"),
    ],
)
def test_only_a_sender_may_be_verified_later(
    plain_session: "Session", failed: str, becomes: type[Exception], sender: str, written: str
) -> None:
    # In SES's sandbox the recipient is asked for too, and moto and MiniStack do not ask for her.
    client = clients.ses(plain_session)
    mailer = SesMailer(client, "set", FakeClock(NOON))
    text = (
        "Email address is not verified. The following identities failed the check in region "
        f"EU-WEST-1: {failed.format(sender=written, to=EMAIL.to)}"
    )
    answers = answering(client, refused(400, "MessageRejected", text))
    with answers, pytest.raises(becomes, match="not verified"):
        mailer.send(replace(EMAIL, sender=sender))


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Café Zoë <hello@shop.example>", "Café Zoë", "hello@shop.example"),
        ('"Zoë, Ben" <hello@müller.example>', "Zoë, Ben", "hello@xn--mller-kva.example"),
        ("hello@müller.example", "", "hello@xn--mller-kva.example"),
        (f"{'日本' * 40} <a@shop.example>", "日本" * 40, "a@shop.example"),
        ("Shop, Inc. <hello@shop.example>", "Shop, Inc.", "hello@shop.example"),
        ("Zoë: Ben <hello@shop.example>", "Zoë: Ben", "hello@shop.example"),
        ("Shop: all of it; really <a@shop.example>", "Shop: all of it; really", "a@shop.example"),
        ("Shop (Rome) [x] <a@shop.example>", "Shop (Rome) [x]", "a@shop.example"),
        ('The "Shop\\" <a@shop.example>', 'The "Shop\\"', "a@shop.example"),
        ('"The \\"Shop\\"" <a@shop.example>', 'The "Shop"', "a@shop.example"),
        ("me@shop.example <a@shop.example>", "me@shop.example", "a@shop.example"),
        ("Ana's Shop & Co<a@shop.example>", "Ana's Shop & Co", "a@shop.example"),
        (" <a@shop.example> ", "", "a@shop.example"),
    ],
)
def test_ses_gets_names_and_addresses_as_it_takes_them(
    sender: str, name: str, address: str
) -> None:
    # What SES does with others is in its API reference, SendEmail: moto and MiniStack take them.
    requests: list[dict[str, Any]] = []

    class Client:
        def send_email(self, **request: Any) -> dict[str, str]:  # noqa: ANN401 - as botocore's
            requests.append(request)
            return {"MessageId": "1"}

    mailer = SesMailer(cast("SESV2Client", Client()), "set", FakeClock(NOON))
    mailer.send(replace(EMAIL, sender=sender, reply_to=sender, to="ana@exämple.com"))
    [request] = requests
    assert request["Destination"] == {"ToAddresses": ["ana@xn--exmple-cua.com"]}
    for given in (request["FromEmailAddress"], *request["ReplyToAddresses"]):
        assert given.isascii()
        assert given.isprintable()
        assert is_mailbox(given)
        shown, written = parseaddr(given)
        assert (str(make_header(decode_header(shown))), written) == (name, address)


@pytest.mark.parametrize("tags", [{"customer": "ana@example.com"}, {"a b": "c"}, {"a": ""}])
def test_the_fake_refuses_tags_that_ses_refuses_and_moto_takes(tags: dict[str, str]) -> None:
    mailer = FakeMailer()
    with pytest.raises(Refused, match="cannot be a tag"):
        mailer.send(replace(EMAIL, tags=tags))
    assert mailer.sent == {}


# ---- Text messages


@pytest.mark.parametrize("text", [TEXT, replace(TEXT, sender=None, promotional=False)])
def test_a_text_is_handed_over_as_it_is(texter: Provider[Texter, Text], text: Text) -> None:
    assert texter.port.send(text) != texter.port.send(text)
    assert texter.taken() == [text, text]


def test_a_text_to_what_is_no_number_is_refused(texter: Provider[Texter, Text]) -> None:
    with pytest.raises(Refused, match="InvalidParameter"):
        texter.port.send(replace(TEXT, to="0821234567"))


def test_a_sender_that_is_a_number_is_an_origination_number(plain_session: "Session") -> None:
    client = clients.sns(plain_session)
    with answering(client, PUBLISHED) as requests:
        SnsTexter(client, FakeClock(NOON)).send(replace(TEXT, sender="+14255550100"))
    fields = fields_of(requests[0].body or b"")  # type: ignore[arg-type]  # bytes or text
    assert fields["AWS.MM.SMS.OriginationNumber"] == "+14255550100"
    assert "AWS.SNS.SMS.SenderID" not in fields


# ---- The fakes fail as they are told


@pytest.mark.parametrize("taken", [False, True])
def test_a_fake_loses_the_message_or_only_the_answer(*, taken: bool) -> None:
    mailer, texter = FakeMailer(), FakeTexter()
    for fake, message in ((mailer, EMAIL), (texter, TEXT)):
        fake.fail_next(Unknown("timeout"), taken=taken)
        fake.fail_next(Throttled("slow down"))
        with pytest.raises(Unknown):
            fake.send(message)  # type: ignore[arg-type]  # each its own
        assert len(fake.sent) == taken
        with pytest.raises(Throttled):
            fake.send(message)  # type: ignore[arg-type]  # each its own
        fake.send(message)  # type: ignore[arg-type]  # each its own
        assert len(fake.sent) == taken + 1


# ---- What AWS answers

PUBLISHED = said(
    200,
    "<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>",
)


def sns_error(status: int, code: str) -> Answer:
    error = f"<Error><Code>{code}</Code><Message>why</Message></Error>"
    return said(status, f"<ErrorResponse>{error}</ErrorResponse>")


@pytest.mark.parametrize(
    ("status", "code", "becomes"),
    [
        (400, "MessageRejected", Refused),
        (400, "BadRequestException", Refused),
        (400, "AccountSuspendedException", Refused),
        (413, "RequestEntityTooLargeException", Refused),
        (400, "SomethingNewException", Refused),
        (400, "SendingPausedException", Throttled),
        (400, "MailFromDomainNotVerifiedException", Throttled),
        (400, "LimitExceededException", Throttled),
        (429, "TooManyRequestsException", Throttled),
        (404, "NotFoundException", Throttled),
        (403, "AccessDeniedException", Throttled),
        (403, "SomethingNewException", Throttled),
        (408, "RequestTimeoutException", Unknown),
        (408, "SomethingNewException", Unknown),
        (400, "RequestTimeoutException", Unknown),
        (500, "InternalServiceErrorException", Unknown),
        (503, "ServiceUnavailable", Unknown),
        (502, "", Unknown),
    ],
)
def test_what_ses_answers_says_what_became_of_an_email(
    plain_session: "Session", status: int, code: str, becomes: type[Exception]
) -> None:
    client = clients.ses(plain_session)
    mailer = SesMailer(client, "set", FakeClock(NOON))
    with answering(client, refused(status, code)), pytest.raises(becomes) as caught:
        mailer.send(EMAIL)
    assert (code.removesuffix("Exception") or "502") in str(caught.value)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("status", "code", "becomes"),
    [
        (400, "InvalidParameter", Refused),
        (400, "ParameterValueInvalid", Refused),
        (400, "OptedOut", Refused),
        (400, "EndpointDisabled", Refused),
        (400, "ValidationException", Refused),
        (400, "PlatformApplicationDisabled", Throttled),
        (403, "AuthorizationError", Throttled),
        (403, "InvalidSecurity", Throttled),
        (400, "KMSThrottling", Throttled),
        (400, "Throttling", Throttled),
        (429, "Throttled", Throttled),
        (400, "ExpiredToken", Throttled),
        (400, "InternalError", Unknown),
        (500, "SomethingNew", Unknown),
    ],
)
def test_what_sns_answers_says_what_became_of_a_text(
    plain_session: "Session", status: int, code: str, becomes: type[Exception]
) -> None:
    client = clients.sns(plain_session)
    with answering(client, sns_error(status, code)), pytest.raises(becomes, match="why"):
        SnsTexter(client, FakeClock(NOON)).send(TEXT)


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), Throttled),
        (ConnectTimeoutError(endpoint_url="https://x"), Throttled),
        (NoCredentialsError(), Throttled),
        (ReadTimeoutError(endpoint_url="https://x"), Unknown),
        (SSLError(endpoint_url="https://x", error=OSError("in the middle")), Unknown),
        (HTTPClientError(error=OSError("something new")), Unknown),
    ],
)
def test_without_an_answer_a_message_is_unknown_unless_it_cannot_have_gone(
    plain_session: "Session", error: Exception, becomes: type[Exception]
) -> None:
    ses, sns = clients.ses(plain_session), clients.sns(plain_session)
    with answering(ses, lost(error)), pytest.raises(becomes):
        SesMailer(ses, "set", FakeClock(NOON)).send(EMAIL)
    with answering(sns, lost(error)), pytest.raises(becomes):
        SnsTexter(sns, FakeClock(NOON)).send(TEXT)
    with answering(sns, lost(error)), pytest.raises(Throttled):  # only the question was lost
        SnsTexter(sns, FakeClock(NOON)).ask(TEXT.to)


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "Throttled"), (403, "AuthorizationError"), (400, "InvalidParameter"), (500, "")],
)
def test_what_sns_does_not_say_of_a_number_holds_no_text_up(
    plain_session: "Session", status: int, code: str
) -> None:
    client = clients.sns(plain_session)
    with answering(client, sns_error(status, code)) as requests:
        SnsTexter(client, FakeClock(NOON)).ask(TEXT.to)
    assert len(requests) == 1
