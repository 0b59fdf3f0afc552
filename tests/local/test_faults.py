"""Faults strike the calls they name, as often as they say."""

import json

import pytest

from sojourn_cli.local.faults import Call, Fault, Faults

SEND = Call("ses", "SendEmail", '{"to": "ana@shop.example"}')
PUBLISH = Call("sns", "Publish", "Action=Publish")


def test_without_rules_nothing_is_armed() -> None:
    faults = Faults()
    assert not faults.armed
    assert faults.draw(SEND) is None


def test_a_rule_strikes_what_it_names_and_no_more_than_it_says() -> None:
    faults = Faults()
    faults.add({"match": {"service": "ses"}, "kind": "error", "times": 2})
    assert [faults.draw(call) is not None for call in (PUBLISH, SEND, SEND, SEND)] == [
        False,
        True,
        True,
        False,
    ]
    assert faults.clear() == [2]
    assert not faults.armed


@pytest.mark.parametrize(
    ("match", "strikes"),
    [
        ({}, True),
        ({"operation": "Send*"}, True),
        ({"operation": "send*"}, False),
        ({"text": "ana@"}, True),
        ({"text": "ben@"}, False),
        ({"service": "s[en]s", "operation": "SendEmail", "text": "to"}, True),
    ],
)
def test_operation_and_service_are_globs_and_text_is_within(
    match: dict[str, str], *, strikes: bool
) -> None:
    faults = Faults()
    faults.add({"match": match, "kind": "throttle"})
    assert (faults.draw(SEND) is not None) is strikes


def test_calls_can_be_let_through_first() -> None:
    faults = Faults()
    faults.add({"kind": "crash", "skip": 2, "times": 1})
    assert [faults.draw(SEND) for _ in range(4)] == [None, None, Fault("crash", 1.0), None]


def test_chance_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults()
        faults.add({"kind": "error", "probability": 0.5, "seed": seed})
        return [faults.draw(SEND) is not None for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 10 < sum(drawn(1)) < 40


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"kind": "explode"}, "explode"),
        ({}, "kind is None"),
        ({"kind": "error", "time": 1}, "no time"),
        ({"kind": "error", "match": {"region": "x"}}, "no region"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(spec: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Faults().add(spec)


def test_each_service_refuses_in_its_own_words() -> None:
    throttle = Fault("throttle")
    ses = throttle.answer(SEND)
    assert (ses.status, ses.headers["x-amzn-ErrorType"]) == (429, "TooManyRequestsException")
    dynamodb = throttle.answer(Call("dynamodb", "UpdateItem", ""))
    assert json.loads(dynamodb.body)["__type"] == "ProvisionedThroughputExceededException"
    assert b"<ErrorResponse><Error><Code>Throttling</Code>" in throttle.answer(PUBLISH).body
    s3 = throttle.answer(Call("s3", "GetObject", ""))
    assert (s3.status, s3.body[:28]) == (503, b"<Error><Code>SlowDown</Code>")


def test_status_and_code_can_be_chosen() -> None:
    answer = Fault("error", status=400, code="MessageRejected").answer(SEND, "because <of> it")
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "MessageRejected")
    assert json.loads(answer.body)["message"] == "because <of> it"
