"""What the provider answers, or does not: the message fails, waits, goes again or is given up."""

import json

import pytest

from sojourn.core.values.instants import HOUR, MINUTE, SECOND, Duration, format_instant
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.messages.providers import Refused, Throttled, Unknown
from tests.runtime.given import (
    ANA,
    BUYS,
    DAILY,
    NOON,
    Works,
    email,
    journey,
    ordered,
    settings,
    text,
    unsettled,
)


def test_a_refused_message_fails_frees_its_slot_and_the_journey_goes_on() -> None:
    steps = {
        "thank": email("by mail", on={"failed": "by-sms"}),
        "by-sms": text("by sms"),
    }
    works = ordered(journey(steps=steps))
    works.mailer.fail_next(Refused("MessageRejected: a virus"))
    works.run()
    first, second = works.outcomes()
    assert first == ("thank", "failed", "refused: MessageRejected: a virus")
    assert second == ("by-sms", "sent", None)
    assert [sent.step for sent in works.customer().ledger] == ["by-sms"]


def test_a_throttled_message_frees_its_slot_and_is_tried_again_after_a_growing_wait() -> None:
    works = ordered()
    waits = []
    for _ in range(4):
        works.mailer.fail_next(Throttled("slow down"))
        works.run()
        message = unsettled(works)
        assert (message.status, message.reason) == ("held", "throttled: slow down")
        told = works.records()[-1]
        assert (told.what, told.reason) == ("held", "throttled: slow down")
        assert told.details["until"] == format_instant(message.wake_at)
        assert works.customer().ledger == ()
        waits.append(message.wake_at - works.clock.now())
        works.clock.advance(waits[-1])
        works.evaluate.wake(body_of(ANA))
        works.evaluate.flush()
    works.run()
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]
    assert all(
        SECOND << attempt > wait >= SECOND << (attempt - 1)
        for attempt, wait in enumerate(waits, start=1)
    )


def test_what_waits_for_a_sender_goes_out_when_it_is_verified() -> None:
    works = ordered(settings=settings(senders={"email": "Shop <hello@other.example>"}))
    works.mailer.verified = {"shop.example"}
    works.wait(HOUR)
    message = unsettled(works)
    assert message.status == "held"
    assert str(message.reason).startswith("throttled: MessageRejected: hello@other.example")
    works.mailer.verified = {"other.example"}
    works.wait(5 * MINUTE)
    assert works.outcomes() == [("thank", "sent", None)]


def test_the_wait_between_tries_stays_within_five_minutes() -> None:
    works = ordered()
    for _ in range(12):
        works.mailer.fail_next(Throttled("slow down"))
    works.wait(HOUR)
    assert works.subjects() == ["Thank you"]


def test_a_message_that_is_throttled_to_its_deadline_fails() -> None:
    works = ordered(
        journey(steps={"thank": email(hold="PT10M", on={"failed": "sorry"}), "sorry": text()})
    )
    for _ in range(100):
        works.mailer.fail_next(Throttled("slow down"))
    works.wait(HOUR)
    assert works.subjects() == []
    assert works.outcomes() == [
        ("thank", "failed", "throttled: slow down"),
        ("sorry", "sent", None),
    ]
    decided = [record for record in works.records() if record.what == "message"]
    assert decided[0].at <= NOON + 10 * MINUTE


@pytest.mark.parametrize(
    ("late", "outcomes"), [(0, []), (1, [("thank", "failed", "throttled: slow down")])]
)
def test_a_throttled_message_waits_up_to_its_deadline_that_instant_included(
    late: Duration, outcomes: list[tuple[str, str, str]]
) -> None:
    works = ordered(journey(steps={"thank": email(hold="PT10S")}))
    twin = works.copied()
    for each in (works, twin):
        each.mailer.fail_next(Throttled("slow down"))
    twin.run()
    wait = unsettled(twin).wake_at - twin.clock.now()
    works.clock.advance(10 * SECOND - wait + late)
    works.run()
    assert works.outcomes() == outcomes
    left = [each.wake_at - each.deadline_at for each in works.customer().messages.values()]
    assert left == ([] if outcomes else [0])


def test_an_answer_that_never_came_leaves_the_message_claimed_until_its_lease_ends() -> None:
    works = ordered()
    works.mailer.fail_next(Unknown("timed out"), taken=True)
    works.hand_out()
    assert unsettled(works).status == "claimed"
    works.wait(2 * MINUTE - SECOND)
    works.dispatch.take(body_of(ANA))
    assert unsettled(works).status == "claimed"
    works.wait(2 * MINUTE)
    assert works.outcomes() == [
        ("thank", "failed", "unknown: the provider's answer was lost; not sent again")
    ]
    assert works.subjects() == ["Thank you"]


def test_a_message_in_nobodys_hands_keeps_its_cap_slot() -> None:
    works = ordered(journey("a"), journey("b"), settings=settings(caps=[{**DAILY, "per": "P2D"}]))
    works.mailer.fail_next(Unknown("timed out"), taken=True)
    works.wait(10 * MINUTE)
    assert works.subjects() == ["Thank you"]
    assert [outcome for _, outcome, _ in works.outcomes()] == ["failed", "capped"]


def test_a_transactional_message_whose_answer_was_lost_is_sent_again() -> None:
    works = ordered(journey(category="transactional"))
    works.mailer.fail_next(Unknown("timed out"))
    works.wait(5 * MINUTE)
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


def test_a_transactional_message_whose_answers_are_always_lost_gives_up_at_its_deadline() -> None:
    works = ordered(journey(category="transactional", steps={"thank": email(hold="PT20M")}))
    for _ in range(100):
        works.mailer.fail_next(Unknown("timed out"))
    works.wait(HOUR)
    assert works.outcomes() == [("thank", "failed", "the provider's answer was lost")]


@pytest.mark.parametrize("category", ["marketing", "transactional"])
@pytest.mark.parametrize("kind", ["Send", "Delivery"])
def test_the_providers_own_event_says_that_it_was_sent(category: str, kind: str) -> None:
    works = ordered(journey(category=category))
    works.mailer.fail_next(Unknown("timed out"), taken=True)
    works.hand_out()
    works.clock.advance(SECOND)
    works.ingest.take(report(works, kind))
    works.wait(5 * MINUTE)
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


def report(works: Works, kind: str) -> str:
    """What SES tells of the one e-mail it took."""
    (mail,) = works.mailer.sent.values()
    stamp = "2026-03-02T12:00:01.000Z"
    detail = {
        "eventType": kind,
        "mail": {
            "messageId": "email-1",
            "timestamp": stamp,
            "tags": {name: [value] for name, value in mail.tags.items()},
        },
        kind.lower(): {"timestamp": stamp} if kind == "Delivery" else {},
    }
    return json.dumps(
        {"id": f"report-{kind}", "source": "aws.ses", "time": stamp, "detail": detail}
    )


def test_an_event_of_ours_is_no_proof_that_the_provider_took_it() -> None:
    works = ordered(journey("other", "other.done", steps={"thank": email("other")}), journey())
    works.mailer.fail_next(Unknown("timed out"))
    works.hand_out()
    lost = unsettled(works)
    works.event("other.done", order_id="9", message_id=lost.id)
    works.wait(5 * MINUTE)
    assert ("thank", "failed", "unknown: the provider's answer was lost; not sent again") in (
        works.outcomes()
    )


def test_an_enrolment_that_ended_meanwhile_cancels_a_message_that_would_be_sent_again() -> None:
    works = ordered(journey(category="transactional", exit=[{**BUYS, "outcome": "regretted"}]))
    works.mailer.fail_next(Unknown("timed out"))
    works.hand_out()
    works.event("order.cancelled", order_id="1")
    works.wait(5 * MINUTE)
    assert works.subjects() == []
    assert works.outcomes() == [("thank", "cancelled", "exit regretted")]
