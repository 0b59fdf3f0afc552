"""What SES and SNS refuse: each bound itself is taken, one past it is refused by its own code."""

from typing import Any

import pytest

from sojourn_cli.local.refusals import refused_email, refused_push, refused_sms

MAIL: dict[str, Any] = {
    "configuration_set": "set",
    "from": "Shop <hello@shop.example>",
    "to": ["ana@shop.example"],
    "cc": [],
    "bcc": [],
    "reply_to": [],
    "tags": {"message": "m-1"},
    "headers": {"List-Unsubscribe": "<https://shop.example/>"},
    "raw": False,
}
TEXT: dict[str, Any] = {"to": ["+27820000042"], "text": "Hi", "attributes": {}}
SENDER = "AWS.SNS.SMS.SenderID"
PUSH: dict[str, Any] = {"attributes": {}, "payload": {"aps": "Hi"}}


def has(name: str) -> bool:
    return name == "set"


@pytest.mark.parametrize(
    ("taken", "refused", "status"),
    [
        ({"configuration_set": ""}, {"configuration_set": "other"}, 404),
        ({"to": [], "cc": ["b@shop.example"]}, {"to": []}, 400),
        ({"to": [], "bcc": ["b@shop.example"]}, {"to": [], "reply_to": ["b@shop.example"]}, 400),
        ({"to": ["a@xn--mller-kva.example"]}, {"to": ["a@müller.example"]}, 400),
        ({"cc": ["zoe@shop.example"]}, {"cc": ["zoë@shop.example"]}, 400),
        ({"from": '"Shop, Inc." <a@shop.example>'}, {"from": "Shop, Inc. <a@shop.example>"}, 400),
        ({"reply_to": ["a@shop.example"]}, {"reply_to": ["a@shop.example, b"]}, 400),
        ({"tags": {"a": "x" * 256}}, {"tags": {"a": "x" * 257}}, 400),
        ({"tags": {"a-b_C": "1"}}, {"tags": {"a.b": "1"}}, 400),
        (
            {"headers": {f"X-{n}": "1" for n in range(15)}},
            {"headers": {f"X-{n}": "1" for n in range(16)}},
            400,
        ),
        ({"headers": {"X-A": "one line"}}, {"headers": {"X-A": "two\nlines"}}, 400),
        ({"headers": {"X-A": "1"}}, {"headers": {"X A": "1"}}, 400),
        ({"headers": {"X A": "1"}, "raw": True}, {"headers": {"": "1"}}, 400),
    ],
)
def test_an_email(taken: dict[str, Any], refused: dict[str, Any], status: int) -> None:
    assert refused_email(MAIL, has) is None
    assert refused_email(MAIL | taken, has) is None
    why = refused_email(MAIL | refused, has)
    assert why is not None
    assert (why.status, why.code) == (
        status,
        "NotFoundException" if status == 404 else "BadRequestException",
    )


@pytest.mark.parametrize(
    ("taken", "refused", "code"),
    [
        ({"to": ["+14255550100"]}, {"to": ["0820000042"]}, "InvalidParameter"),
        ({"text": "x"}, {"text": ""}, "InvalidParameter"),
        ({"text": "x"}, {"text": None}, "InvalidParameter"),
        ({"text": "x" * 1_600}, {"text": "x" * 1_601}, "InvalidParameter"),
        ({"to": [], "text": "x" * 1_601}, {"text": "x" * 1_601}, "InvalidParameter"),
        (
            {"attributes": {SENDER: "Shop-123456"}},
            {"attributes": {SENDER: "Shop-1234567"}},
            "InvalidParameterValue",
        ),
        ({}, {"attributes": {SENDER: "123456"}}, "InvalidParameterValue"),
    ],
)
def test_a_text_message(taken: dict[str, Any], refused: dict[str, Any], code: str) -> None:
    assert refused_sms(TEXT | taken) is None
    why = refused_sms(TEXT | refused)
    assert why is not None
    assert (why.status, why.code) == (400, code)


@pytest.mark.parametrize(
    ("taken", "refused", "code"),
    [
        (
            {"attributes": {"AWS.SNS.MOBILE.GCM.TTL": "60", "mine": "x"}},
            {"attributes": {"AWS.SNS.MOBILE.FCM.TTL": "60"}},
            "InvalidParameterValue",
        ),
        ({"payload": {"a": "x" * 4_086}}, {"payload": {"a": "x" * 4_090}}, "InvalidParameter"),
        ({"payload": {"a": "é" * 2_043}}, {"payload": {"a": "é" * 2_045}}, "InvalidParameter"),
    ],
)
def test_a_push_message(taken: dict[str, Any], refused: dict[str, Any], code: str) -> None:
    assert refused_push(PUSH | taken) is None
    why = refused_push(PUSH | refused)
    assert why is not None
    assert (why.status, why.code) == (400, code)
