"""Answers to text messages: `STOP` counts, whoever's number it is, and nothing else is lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.instants import DAY
from sojourn.runtime.incoming.replies import BEGINNING, STOPPING, ends_messages
from sojourn.runtime.messages.delivery import NOTED
from tests.runtime.given import ANA, Works, journey, text

NUMBER = "+27820000001"


def shop(*customers: str) -> Works:
    """Customers who share a telephone, and have each been written to."""
    works = Works(journey(steps={"thank": text()}))
    for customer in customers or (ANA,):
        works.identify(customer)
        works.event("order.placed", customer, order_id="1")
        works.run()
    return works


def reply(words: object = "STOP", number: object = NUMBER, **changes: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(
        {
            "originationNumber": number,
            "destinationNumber": "+27110000000",
            "messageKeyword": "KEYWORD",
            "messageBody": words,
            "inboundMessageId": f"in-{words}",
            "previousPublishedMessageId": "out-1",
            **changes,
        }
    )


def test_stop_ends_what_needs_consent_on_that_number() -> None:
    works = shop()
    works.ingest.take(reply())
    works.run()
    assert works.customer().channel_status("sms") == "unsubscribed"
    assert works.customer().channel_status("email") == "ok"
    works.event("order.placed", order_id="2")
    works.run()
    assert works.outcomes()[-1] == ("thank", "suppressed", "channels.sms unsubscribed")


def test_stop_counts_for_everybody_who_was_written_to_there() -> None:
    works = shop("ana", "bo")
    works.identify("cy")
    works.ingest.take(reply())
    works.run()
    assert {works.customer(id_).channel_status("sms") for id_ in ("ana", "bo")} == {"unsubscribed"}
    assert works.customer("cy").channel_status("sms") == "ok"


def test_stop_strikes_the_number_it_came_from_and_no_newer_one() -> None:
    works = shop()
    works.event("identify", type="identify", traits={"phone": "+27820000002"})
    works.ingest.take(reply())
    works.run()
    assert works.customer().channel_status("sms") == "ok"
    works.event("identify", type="identify", traits={"phone": NUMBER})
    works.run()
    assert works.customer().channel_status("sms") == "unsubscribed"


def test_the_same_answer_twice_is_one() -> None:
    works = shop()
    for _ in range(3):
        works.ingest.take(reply())
    works.run()
    assert len([item for item in works.records() if item.what == "channel"]) == 1


def test_any_other_answer_is_an_event_that_a_journey_may_wait_for() -> None:
    answered = journey("answered", "sms.received", steps={"thank": text("Noted")})
    answered["entry"] = {"event": "sms.received", "where": {"event.text": {"like": "yes*"}}}
    works = shop()
    works.upload({"journeys/answered.json": answered})
    works.clock.advance(DAY)
    works.ingest.take(reply("yes please"))
    works.run()
    assert [sent.text for sent in works.texter.sent.values()][-1] == "Noted"


def test_an_answer_from_nobody_is_a_dead_letter_with_its_reason() -> None:
    works = shop()
    works.ingest.take(reply(number="+27829999999"))
    (letter,) = works.dead_letters.letters
    assert letter.reason == "originationNumber: nobody was written to at this number"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (reply(number="0820000001"), "originationNumber: a telephone number"),
        (reply(number=7), "originationNumber: a telephone number"),
        (reply(number=f"{NUMBER}\n"), "originationNumber: a telephone number"),
        (reply(words=None), "messageBody: text is wanted"),
        (reply(words={"a": 1}), "messageBody: text is wanted"),
        (reply(words="\ud800"), "a lone surrogate"),
        (reply(words="x" * 70_000), "bytes; at most"),
    ],
)
def test_what_is_no_answer_is_a_dead_letter(body: str, reason: str) -> None:
    works = shop()
    works.ingest.take(body)
    (letter,) = works.dead_letters.letters
    assert reason in letter.reason
    assert works.customer().channel_status("sms") == "ok"


@pytest.mark.parametrize("told", [None, "", 7, "x" * 300])
def test_without_an_id_of_its_own_an_answer_has_one_that_follows_from_it(told: object) -> None:
    works = shop()
    for _ in range(2):
        works.ingest.take(reply(inboundMessageId=told))
    works.run()
    assert works.customer().channel_status("sms") == "unsubscribed"


def test_a_number_is_noted_once_a_month() -> None:
    works = shop()
    for number in range(2, 5):
        works.event("order.placed", order_id=str(number))
        works.run()
    assert works.numbers.writes == 1
    works.clock.advance(NOTED)
    works.event("order.placed", order_id="9")
    works.run()
    assert works.numbers.writes == 2


@pytest.mark.parametrize(
    "words",
    [
        *sorted(STOPPING),
        "stop",
        " Stop. ",
        "STOP!!!",
        "stop please",
        "Unsubscribe me",
        "opt-out",
        "Stop\n",
    ],
)
def test_these_end_text_messages(words: str) -> None:
    assert ends_messages(words)


@pytest.mark.parametrize(
    "words",
    ["", "?!", "Please cancel my order", "end of the month?", "Yes", "nonstop", "STOPWATCH"],
)
def test_these_do_not(words: str) -> None:
    assert not ends_messages(words)


@given(st.text())
def test_any_text_is_read_one_way_or_the_other(words: str) -> None:
    assert ends_messages(words) in {True, False}
    assert ends_messages(f"{BEGINNING[0]} {words}")
