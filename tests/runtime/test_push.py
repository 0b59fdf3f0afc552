"""Push messages: once to each device, and what becomes of devices that are gone."""

import json
from typing import Any, Never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.errors import Unavailable
from sojourn.core.limits import ENDPOINTS
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import JsonObject, loads_object
from sojourn.core.values.instants import HOUR
from sojourn.runtime.customer.mailbox import Moved
from sojourn.runtime.messages.providers import Push, Refused, Throttled, Unknown
from sojourn.runtime.messages.push_payload import attributes_of, payload_of, platform_of
from tests.runtime.given import ANA, Works, journey, push, text

PHONE = "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/7a1b"
TABLET = "arn:aws:sns:eu-west-1:123456789012:endpoint/APNS/shop/9c2d"
MAC = "arn:aws:sns:eu-west-1:123456789012:endpoint/APNS_SANDBOX/shop/3e4f"


def shop(*devices: str, **step: Any) -> Works:  # noqa: ANN401 - JSON
    """A customer with these devices, who has just ordered."""
    works = Works(journey(steps={"thank": push(**step)}))
    works.identify(push_endpoints=list(devices))
    return works


def ordered(works: Works, number: str = "1") -> tuple[str, str | None]:
    """What became of the message for an order: outcome and reason."""
    works.event("order.placed", order_id=number)
    works.run()
    _, outcome, reason = works.outcomes()[-1]
    return outcome, reason


def statuses(works: Works) -> dict[str, str]:
    table = works.customer().channels.get("push", {})
    return {address: standing.status for address, standing in table.items()}


# ---- Devices -------------------------------------------------------------------------------------


def test_a_message_goes_once_to_each_device() -> None:
    works = shop(PHONE, TABLET, PHONE)
    assert ordered(works) == ("sent", None)
    assert list(works.pusher.sent.values()) == [
        Push(device, "Thank you", "Thank you!", {"n": 7}) for device in (PHONE, TABLET)
    ]


def test_without_a_device_there_is_no_address() -> None:
    assert ordered(shop()) == ("no_address", "channels.push missing")


def test_a_device_that_is_gone_gets_nothing_more_and_the_others_do() -> None:
    works = shop(PHONE, TABLET)
    works.pusher.gone.add(PHONE)
    assert ordered(works) == ("sent", None)
    assert statuses(works) == {PHONE: "bounced"}
    works.pusher.sent.clear()
    works.pusher.gone.clear()
    assert ordered(works, "2") == ("sent", None)
    assert [item.endpoint for item in works.pusher.sent.values()] == [TABLET]


def test_when_every_device_is_gone_the_message_failed_and_the_next_is_suppressed() -> None:
    works = shop(PHONE, TABLET)
    works.pusher.gone |= {PHONE, TABLET}
    outcome, reason = ordered(works)
    assert outcome == "failed"
    assert str(reason).startswith("refused: EndpointDisabled")
    assert statuses(works) == {PHONE: "bounced", TABLET: "bounced"}
    assert works.customer().ledger == ()
    assert ordered(works, "2") == ("suppressed", "channels.push bounced")


def test_a_new_device_starts_well() -> None:
    works = shop(PHONE)
    works.pusher.gone.add(PHONE)
    ordered(works)
    works.identify(push_endpoints=[TABLET])
    assert ordered(works, "2") == ("sent", None)


def test_a_device_that_is_gone_ends_no_journey_of_the_others() -> None:
    works = Works(
        journey(
            steps={"thank": push(next="pause"), "pause": {"type": "wait", "for": "P1D"}},
            exit=[{"event": "message.bounced", "outcome": "lost"}],
        )
    )
    works.identify(push_endpoints=[PHONE, TABLET])
    works.pusher.gone.add(PHONE)
    ordered(works)
    assert [item.step for item in works.customer().live()] == ["pause"]


@pytest.mark.parametrize("failures", [[Throttled("slow")], [Unknown("lost")]])
def test_when_one_device_took_it_the_message_is_sent(
    failures: list[Throttled | Unknown],
) -> None:
    works = shop(PHONE, TABLET)
    for failure in failures:
        works.pusher.fail_next(failure)
    assert ordered(works) == ("sent", None)
    works.wait(HOUR)
    assert len(works.pusher.sent) == 1


def test_when_none_takes_it_now_all_are_tried_again_but_those_that_are_gone() -> None:
    works = shop(PHONE, TABLET, MAC)
    works.pusher.gone.add(TABLET)
    works.pusher.fail_next(Throttled("slow"))
    works.pusher.fail_next(Throttled("slow"))
    works.event("order.placed", order_id="1")
    works.run()
    assert statuses(works) == {TABLET: "bounced"}
    works.pusher.gone.clear()
    works.wait(HOUR)
    assert works.outcomes() == [("thank", "sent", None)]
    assert [item.endpoint for item in works.pusher.sent.values()] == [PHONE, MAC]


def test_when_nobody_knows_it_is_not_sent_again() -> None:
    works = shop(PHONE, TABLET)
    works.pusher.fail_next(Unknown("lost"), taken=True)
    works.pusher.fail_next(Throttled("slow"))
    works.event("order.placed", order_id="1")
    works.run()
    works.wait(HOUR)
    assert [step for step, *_ in works.outcomes()] == ["thank"]
    assert works.outcomes()[0][1] == "failed"
    assert len(works.pusher.sent) == 1


def test_only_the_last_devices_are_written_to_and_what_is_none_is_passed_over() -> None:
    many = [f"{PHONE}{number}" for number in range(ENDPOINTS + 5)]
    works = shop(*many)
    ordered(works)
    assert [item.endpoint for item in works.pusher.sent.values()] == many[-ENDPOINTS:]
    works.identify(push_endpoints=["two words", "", " ", 7, None, TABLET])
    works.run()
    assert works.customer().addresses("push") == (TABLET,)


@pytest.mark.parametrize(
    "device",
    [
        "arn:aws:sns:eu-west-1:123456789012:orders",
        "arn:aws:sns:eu-west-1:123456789012:endpoint/ADM/shop/1",
        "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop",
        "arn:aws:sqs:eu-west-1:123456789012:endpoint/GCM/shop/1",
        "ana@example.com",
    ],
)
def test_what_is_no_device_is_refused_before_anybody_is_called(device: str) -> None:
    outcome, reason = ordered(shop(device))
    assert (outcome, device in str(reason)) == ("failed", False)
    assert str(reason).startswith("refused: ")
    assert ("only APNS" in str(reason)) == ("/ADM/" in device)


def test_what_is_no_device_hinders_none_that_is_one() -> None:
    works = shop("a-token", PHONE)
    assert ordered(works) == ("sent", None)
    assert [item.endpoint for item in works.pusher.sent.values()] == [PHONE]
    works.pusher.gone.add(PHONE)
    none = "refused: what stands there is no platform endpoint of SNS (its ARN)"
    assert ordered(works, "2") == ("failed", f"{none}; EndpointDisabled: Endpoint is disabled")


def test_a_message_too_long_for_the_services_fails_with_a_reason() -> None:
    works = shop(PHONE, content={"body": "{{ entry.note }}"})
    works.event("order.placed", order_id="1", note="x" * 4_000)
    works.run()
    assert works.outcomes() == [
        ("thank", "failed", "render: limit of push messages: over 3600 bytes")
    ]


@pytest.mark.parametrize("error", [Unavailable("away"), Moved("bo")])
def test_a_note_that_cannot_be_kept_costs_the_message_nothing(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    works = shop(PHONE, TABLET)
    works.pusher.gone.add(PHONE)
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()

    def refuse(_customer: str, _event: Event) -> Never:
        raise error

    with monkeypatch.context() as away:
        away.setattr(works.mailboxes, "append", refuse)
        works.hand_out()
    works.run()
    assert works.outcomes() == [("thank", "sent", None)]
    assert statuses(works) == {}
    ordered(works, "2")
    assert statuses(works) == {PHONE: "bounced"}


# ---- A number that has opted out -----------------------------------------------------------------


def test_a_number_that_has_opted_out_fails_once_and_gets_nothing_more() -> None:
    works = Works(journey(steps={"thank": text()}))
    works.identify()
    works.texter.opted_out.add("+27820000001")
    outcome, reason = ordered(works)
    assert outcome == "failed"
    assert str(reason).startswith("refused: OptedOut")
    assert works.customer().channel_status("sms") == "unsubscribed"
    assert ordered(works, "2") == ("suppressed", "channels.sms unsubscribed")
    assert works.customer().ledger == ()


def test_an_opt_out_is_a_fact_that_ends_journeys() -> None:
    works = Works(
        journey(
            steps={"thank": text(next="pause"), "pause": {"type": "wait", "for": "P1D"}},
            exit=[{"event": "message.unsubscribed", "outcome": "unsubscribed"}],
        )
    )
    works.identify()
    works.texter.opted_out.add("+27820000001")
    ordered(works)
    assert works.customer().live() == ()


# ---- Payloads ------------------------------------------------------------------------------------


def payload(message: Push) -> JsonObject:
    """What the service is given, and that SNS finds it."""
    platform = platform_of(message.endpoint)
    whole = json.loads(payload_of(message, platform))
    assert set(whole) == {"default", platform}
    assert isinstance(whole["default"], str)
    assert whole["default"]
    return loads_object(whole[platform])


def test_google_is_given_texts_alone() -> None:
    message = Push(PHONE, "Hello", "Zoë", {"url": "shop://cart", "n": 7, "deep": {"a": [True]}})
    assert payload(message) == {
        "fcmV1Message": {
            "message": {
                "notification": {"title": "Hello", "body": "Zoë"},
                "data": {"url": "shop://cart", "n": "7", "deep": '{"a":[true]}'},
            }
        }
    }
    assert attributes_of(message, "GCM") == {}


@pytest.mark.parametrize("device", [TABLET, MAC])
def test_apple_is_given_an_alert_and_the_data_beside_it(device: str) -> None:
    message = Push(device, "Hello", None, {"n": 7})
    assert payload(message) == {"aps": {"alert": {"title": "Hello"}}, "data": {"n": 7}}
    platform = platform_of(device)
    assert attributes_of(message, platform) == {
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
        "AWS.SNS.MOBILE.APNS.PRIORITY": "10",
    }


def test_what_shows_nothing_is_handed_over_quietly() -> None:
    silent = Push(TABLET, None, None, {"sync": True})
    assert payload(silent) == {"aps": {"content-available": 1}, "data": {"sync": True}}
    assert attributes_of(silent, "APNS") == {
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "background",
        "AWS.SNS.MOBILE.APNS.PRIORITY": "5",
    }
    assert payload(Push(PHONE, None, None, {"sync": True})) == {
        "fcmV1Message": {"message": {"data": {"sync": "true"}}}
    }


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_no_text_gets_out_of_its_place(title: str, body: str, data: dict[str, str]) -> None:
    said = payload(Push(TABLET, title, body, data))
    assert set(said) <= {"aps", "data"}
    assert said.get("data", {}) == data


@given(st.text())
def test_only_whole_arns_are_endpoints(text: str) -> None:
    with pytest.raises(Refused):
        platform_of(text)
    with pytest.raises(Refused):
        platform_of(f"{PHONE}\n{text}")


def test_a_customer_sees_nothing_of_another() -> None:
    works = shop(PHONE)
    works.identify("bo", push_endpoints=[TABLET])
    ordered(works)
    assert works.customer(ANA).channels.get("push", {}) == {}
    assert [item.endpoint for item in works.pusher.sent.values()] == [PHONE]
