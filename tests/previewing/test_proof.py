"""A proof: a message sent to whoever wrote it, and to nobody else, as dispatch would send it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from click.testing import CliRunner, Result

from sojourn.adapters import clients
from sojourn_cli.main import main
from tests.cli.deployed import SENDER, Deployed, deployed

TEMPLATE = {
    "email": {"subject": "Hello {{ profile.first_name }}", "html": "<p>{{ entry.code }}</p>"},
    "sms": {"text": "Hi {{ profile.first_name }}"},
}
MINE, PHONE = "me@shop.example", "+27821234567"
ENTRY = ("--entry", '{"code": "TEN"}')


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(monkeypatch) as found:
        monkeypatch.setattr(clients, "aws", lambda: found.session)
        boto3.client("sesv2").create_email_identity(EmailIdentity="shop.example")
        yield found


@pytest.fixture
def requests(stack: Deployed) -> list[Any]:
    """What SES and SNS are asked to send."""
    asked: list[Any] = []
    for operation in ("sesv2.SendEmail", "sns.Publish"):
        stack.session.register(
            f"before-send.{operation}", lambda request, **_: asked.append(request)
        )
    return asked


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A workspace with a template."""
    (tmp_path / "shop/templates").mkdir(parents=True)
    (tmp_path / "shop/settings.json").write_text('{"senders": {"sms": "SHOP"}}')
    (tmp_path / "shop/templates/hello.json").write_text(json.dumps(TEMPLATE))
    (tmp_path / "ana.json").write_text('{"first_name": "Ana", "email": "ana@example.com"}')
    return tmp_path / "shop"


def preview(shop: Path, *more: str) -> Result:
    who = ("--customer-file", str(shop.parent / "ana.json"))
    return CliRunner().invoke(main, ["preview", str(shop), "hello", *who, *ENTRY, *more])


def settings(shop: Path, senders: dict[str, str]) -> None:
    (shop / "settings.json").write_text(json.dumps({"senders": senders}))


def test_the_e_mail_goes_to_whoever_asked_and_to_nobody_else(
    shop: Path, requests: list[Any]
) -> None:
    result = preview(shop, "--send-to", MINE, "--stack", "shop")
    assert (result.exit_code, result.stderr) == (0, f"sent to {MINE}\n")
    [request] = requests
    body = json.loads(request.body)
    assert body["Destination"] == {"ToAddresses": [MINE]}
    assert body["FromEmailAddress"] == SENDER
    simple = body["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "[Preview] Hello Ana"
    assert simple["Body"]["Html"]["Data"] == "<p>TEN</p>"
    sent = json.loads(result.stdout)["sent"]
    assert sent == {"channel": "email", "to": MINE, "id": sent["id"]}
    assert sent["id"]


def test_nothing_is_told_of_a_proof(shop: Path, requests: list[Any]) -> None:
    preview(shop, "--send-to", MINE, "--stack", "shop")
    body = json.loads(requests[0].body)
    assert "ConfigurationSetName" not in body
    assert body["EmailTags"] == []
    assert body["Content"]["Simple"]["Headers"] == []


def test_settings_say_whom_an_e_mail_is_from(shop: Path, requests: list[Any]) -> None:
    senders = {"email": "Shop <hi@shop.example>", "reply_to": "help@shop.example"}
    settings(shop, senders)
    preview(shop, "--send-to", MINE, "--stack", "shop")
    body = json.loads(requests[0].body)
    assert body["FromEmailAddress"] == "Shop <hi@shop.example>"
    assert body["ReplyToAddresses"] == ["help@shop.example"]


def test_the_text_message_goes_to_a_number(shop: Path, requests: list[Any]) -> None:
    result = preview(shop, "--send-to", PHONE, "--stack", "shop")
    assert (result.exit_code, result.stderr) == (0, f"sent to {PHONE}\n")
    fields = parse_qs(requests[0].body)
    assert (fields["PhoneNumber"], fields["Message"]) == ([PHONE], ["Hi Ana"])
    assert ["SHOP"] in fields.values()
    assert json.loads(result.stdout)["sent"]["channel"] == "sms"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--send-to", MINE), "--send-to and --stack go together"),
        (("--stack", "shop"), "--send-to and --stack go together"),
        (("--send-to", "me", "--stack", "shop"), "'me' is neither an e-mail address nor a"),
        (("--send-to", "a@b, c@d", "--stack", "shop"), "is neither an e-mail address nor a"),
        (
            ("--send-to", MINE, "--stack", "shop", "--channel", "sms"),
            "there is no part for email, only for sms",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    shop: Path, requests: list[Any], words: tuple[str, ...], message: str
) -> None:
    result = preview(shop, *words)
    assert (result.exit_code, result.stdout, requests) == (2, "", [])
    assert message in " ".join(result.stderr.split())


def test_a_part_that_fails_is_not_sent(shop: Path, requests: list[Any]) -> None:
    result = preview(shop, "--entry", "{}", "--send-to", MINE, "--stack", "shop")
    assert (result.exit_code, requests) == (1, [])
    assert result.stderr == (
        f"not sent to {MINE}: its part cannot be rendered\n"
        "templates/hello.json email.html: entry.code is missing and has no default\n"
    )
    assert json.loads(result.stdout)["sent"] is None


@pytest.mark.usefixtures("stack")
def test_a_provider_that_refuses_is_quoted(shop: Path) -> None:
    settings(shop, {"email": "hi@other.example"})
    result = preview(shop, "--send-to", MINE, "--stack", "shop")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: not sent to {MINE}: ")
    assert "verified" in result.stderr


def test_a_provider_that_does_not_answer_is_not_asked_again(
    shop: Path, stack: Deployed, requests: list[Any]
) -> None:
    def silent(request: object, **_: object) -> None:
        requests.append(request)
        raise ReadTimeoutError(endpoint_url="https://ses.example")

    stack.session.register("before-send.sesv2.SendEmail", silent)
    result = preview(shop, "--send-to", MINE, "--stack", "shop")
    assert result.exit_code == 1
    assert f"it is not known whether it went to {MINE}: look there first" in result.stderr
