"""Reports of SES have the shape SES gives them."""

from typing import Any

import pytest

from sojourn_cli.local.feedback import KINDS, event_of, simulated

MAIL = {
    "message_id": "m-1",
    "arrived_at": "2026-01-05T09:00:00.000000Z",
    "from": "Shop <hello@shop.example>",
    "to": ["Ana <ana@shop.example>"],
    "cc": [],
    "bcc": [],
    "subject": "Your cart",
    "headers": {"List-Unsubscribe": "<https://shop.example/u>"},
    "configuration_set": "sojourn",
    "tags": {"message": "abc_1"},
}
AT = "2026-01-05T09:00:10.250Z"


def reported(kind: str, **told: str) -> dict[str, Any]:
    return event_of(kind, MAIL, {"at": AT, **told}, "eu-west-1", "123456789012")


def test_the_envelope_is_that_of_an_aws_service() -> None:
    event = reported("bounce")
    assert event.pop("id")
    del event["detail"]
    assert event == {
        "version": "0",
        "detail-type": "Email Bounced",
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2026-01-05T09:00:10Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:ses:eu-west-1:123456789012:configuration-set/sojourn"],
    }


def test_the_mail_carries_its_id_destination_and_tags() -> None:
    mail = reported("open")["detail"]["mail"]
    assert mail["messageId"] == "m-1"
    assert mail["destination"] == ["ana@shop.example"]
    assert mail["tags"] == {
        "ses:configuration-set": ["sojourn"],
        "ses:from-domain": ["shop.example"],
        "ses:source-ip": ["192.0.2.33"],
        "message": ["abc_1"],
    }
    assert {"name": "Subject", "value": "Your cart"} in mail["headers"]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"click"}))
def test_every_kind_has_an_event_type_and_its_details(kind: str) -> None:
    event = reported(kind)
    detail = event["detail"]
    assert event["detail-type"].startswith("Email ")
    keys = set(detail) - {"eventType", "mail"}
    assert {key.lower() for key in keys} == {detail["eventType"].lower()}


def test_a_bounce_is_permanent_unless_it_is_told_otherwise() -> None:
    permanent = reported("bounce")["detail"]["bounce"]
    assert (permanent["bounceType"], permanent["bounceSubType"]) == ("Permanent", "General")
    assert permanent["bouncedRecipients"][0]["emailAddress"] == "ana@shop.example"
    transient = reported("bounce", bounce_type="transient")["detail"]["bounce"]
    assert (transient["bounceType"], transient["bounceSubType"]) == ("Transient", "MailboxFull")


def test_a_click_names_its_link() -> None:
    click = reported("click", link="https://shop.example/cart")["detail"]["click"]
    assert click["link"] == "https://shop.example/cart"
    with pytest.raises(ValueError, match="needs the link"):
        reported("click")


def test_what_ses_does_not_report_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no 'read'"):
        reported("read")


@pytest.mark.parametrize(
    ("address", "reports"),
    [
        ("success@simulator.amazonses.com", ("delivery",)),
        ("Ana <bounce+ana@simulator.amazonses.com>", ("bounce",)),
        ("complaint@simulator.amazonses.com", ("delivery", "complaint")),
        ("bounce@shop.example", ()),
        ("ooto@simulator.amazonses.com", ()),
    ],
)
def test_the_mailbox_simulator_answers_for_its_addresses(
    address: str, reports: tuple[str, ...]
) -> None:
    assert simulated(address) == reports
