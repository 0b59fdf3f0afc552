"""Dispatch: a message is claimed, sent and recorded, whatever the provider says of it."""

import json

import pytest

from sojourn.core.errors import Conflict, InvalidInput
from sojourn.core.values.instants import DAY, MINUTE, SECOND
from sojourn.runtime.decisions.deciding import body_of
from tests.runtime.given import (
    ANA,
    BUYS,
    DAILY,
    NOON,
    Doc,
    Works,
    email,
    journey,
    ordered,
    push,
    settings,
    text,
    unsettled,
)


def test_a_message_costs_a_write_before_the_provider_is_called_and_one_after() -> None:
    works = ordered()
    before = works.mailboxes.read(ANA).revision
    claims: list[tuple[int, str, int]] = []
    works.mailer.while_sending = [
        lambda: claims.append(
            (
                works.mailboxes.read(ANA).revision,
                unsettled(works).status,
                len(works.customer().ledger),
            )
        )
    ]
    works.hand_out()
    assert claims == [(before + 1, "claimed", 1)]
    assert works.mailboxes.read(ANA).revision == before + 2
    assert works.outcomes() == [("thank", "sent", None)]


def test_an_email_says_whose_it_is_in_its_tags() -> None:
    works = ordered()
    wanted = unsettled(works).id
    works.run()
    (mail,) = works.mailer.sent.values()
    assert (mail.sender, mail.to, mail.subject) == (
        "shop@shop.example",
        "ana@example.com",
        "Thank you",
    )
    assert mail.text == "Thank you, Ana."
    assert mail.tags == {"sojourn_customer": "YW5h", "sojourn_message": wanted}


def test_without_a_sender_in_the_settings_the_stacks_own_is_used() -> None:
    works = ordered(settings={"timezone": "UTC"})
    works.run()
    (mail,) = works.mailer.sent.values()
    assert mail.sender == "fallback@shop.example"


def test_a_text_message_is_promotional_when_its_category_asks_for_consent() -> None:
    works = ordered(
        journey("a", steps={"thank": text("Offer", category="marketing")}),
        journey("b", steps={"thank": text("Receipt", category="receipts")}),
        settings=settings(categories={"receipts": {"consent": "none", "obeys_caps": False}}),
    )
    works.run()
    assert [(item.to, item.text, item.promotional) for item in works.texter.sent.values()] == [
        ("+27820000001", "Offer", True),
        ("+27820000001", "Receipt", False),
    ]


def test_several_messages_go_one_after_the_other_the_best_first() -> None:
    works = ordered(
        journey("later", steps={"thank": email("later", priority=10)}),
        journey("first", steps={"thank": email("first", priority=90)}),
    )
    works.run()
    assert works.subjects() == ["first", "later"]


def test_what_a_message_causes_goes_in_the_same_breath() -> None:
    steps = {"thank": email("one", next="again"), "again": email("two")}
    works = ordered(journey(steps=steps))
    works.hand_out()
    assert works.subjects() == ["one", "two"]


def test_a_body_that_names_nobody_is_refused_with_a_reason() -> None:
    with pytest.raises(InvalidInput, match="customer: missing"):
        Works().dispatch.take(json.dumps({"customer": ""}))


def test_a_body_about_somebody_unknown_changes_nothing() -> None:
    works = Works()
    works.dispatch.take(body_of("nobody"))
    assert works.mailboxes.changes == []


def test_more_messages_than_one_call_sends_are_sent_by_the_next_none_twice() -> None:
    works = ordered(*(journey(f"j{number:02d}") for number in range(60)))
    works.hand_out()
    assert len(works.subjects()) == 25
    assert [outcome for _, outcome, _ in works.outcomes()] == ["sent"] * 25
    works.run()
    assert [outcome for _, outcome, _ in works.outcomes()] == ["sent"] * 60
    assert len(works.subjects()) == 60


def test_who_loses_every_race_gives_the_work_back_to_the_queue() -> None:
    works = ordered()

    def overtake() -> None:
        works.identify(name=f"Ana {works.mailboxes.read(ANA).revision}")
        works.stream()

    works.mailboxes.before_save = [overtake, lambda: None] * 60
    with pytest.raises(Conflict, match="others decided first 50 times"):
        works.hand_out()
    assert works.subjects() == []


# ---- What waits in the inbox comes first ------------------------------------------------------


def test_an_exit_that_waits_in_the_inbox_stops_a_message_before_it_is_claimed() -> None:
    works = ordered(journey(exit=[{**BUYS, "outcome": "regretted"}]))
    works.event("order.cancelled", order_id="1")
    works.hand_out()
    assert works.subjects() == []
    assert works.outcomes() == [("thank", "cancelled", "exit regretted")]


def test_an_exit_between_read_and_claim_stops_the_message() -> None:
    works = ordered(journey(exit=[{**BUYS, "outcome": "regretted"}]))

    def leave() -> None:
        works.event("order.cancelled", order_id="1")
        works.stream()

    works.mailboxes.before_save = [leave]
    works.hand_out()
    assert works.subjects() == []
    assert works.outcomes() == [("thank", "cancelled", "exit regretted")]


def test_an_exit_between_claim_and_send_leaves_the_message_sent_once_and_the_journey_ended() -> (
    None
):
    works = ordered(journey(exit=[{**BUYS, "outcome": "regretted"}], steps=two_steps()))

    def leave() -> None:
        works.event("order.cancelled", order_id="1")
        works.stream()

    works.mailboxes.after_save = [leave]
    works.run()
    assert works.subjects() == ["one"]
    assert works.outcomes() == [("thank", "sent", None)]
    assert [record.details["outcome"] for record in works.records() if record.what == "exited"] == [
        "regretted"
    ]


def two_steps() -> Doc:
    return {"thank": email("one", next="again"), "again": email("two")}


def test_an_event_that_comes_while_the_provider_is_called_is_not_lost() -> None:
    works = ordered(journey(), journey("second", "cart.abandoned", steps={"thank": email("cart")}))
    works.mailer.while_sending = [lambda: works.event("cart.abandoned", order_id="2")]
    works.run()
    assert works.subjects() == ["Thank you", "cart"]


# ---- Rules that hold a message back -----------------------------------------------------------


def test_what_a_cap_holds_is_sent_when_the_cap_lets_it() -> None:
    works = ordered(
        journey("a", steps={"thank": email("a", hold="P2D")}),
        journey("b", steps={"thank": email("b", hold="P2D")}),
        settings=settings(caps=[DAILY]),
    )
    works.run()
    assert works.subjects() == ["a"]
    held = unsettled(works)
    assert (held.status, held.reason, held.wake_at) == ("held", "cap daily", NOON + DAY)
    works.wait(DAY - SECOND)
    assert works.subjects() == ["a"]
    works.wait(SECOND)
    assert works.subjects() == ["a", "b"]


def test_what_a_cap_does_not_let_go_in_time_is_skipped_at_once() -> None:
    works = ordered(journey("a"), journey("b"), settings=settings(caps=[{**DAILY, "per": "P2D"}]))
    works.run()
    assert works.outcomes() == [("thank", "sent", None), ("thank", "capped", "cap daily")]


def test_a_template_that_misses_a_variable_fails_the_message_and_takes_no_slot() -> None:
    content = {"subject": "Hi {{ profile.surname }}", "text": "Hi"}
    works = ordered(journey(steps={"thank": {**email(), "content": content}}))
    works.run()
    assert works.subjects() == []
    assert works.outcomes() == [("thank", "failed", "render: profile.surname")]
    assert works.customer().ledger == ()


def test_a_paused_journey_sends_nothing_from_that_moment_on() -> None:
    works = ordered()
    works.upload({"journeys/thanks.json": journey(status="paused")})
    works.run()
    assert works.subjects() == []
    works.upload({"journeys/thanks.json": journey(resume_over="PT10M")})
    works.wait(20 * MINUTE)
    assert works.subjects() == ["Thank you"]


def test_a_journey_that_is_paused_while_a_message_goes_sends_no_second_one() -> None:
    works = ordered(journey("a", steps=two_steps()))
    works.mailer.while_sending = [
        lambda: works.upload({"journeys/a.json": journey("a", steps=two_steps(), status="paused")})
    ]
    works.run()
    assert works.subjects() == ["one"]
    works.upload({"journeys/a.json": journey("a", steps=two_steps(), resume_over="PT0S")})
    works.wait(5 * MINUTE)
    assert works.subjects() == ["one", "two"]


def test_the_hundred_and_first_link_of_a_chain_ends_the_enrolment() -> None:
    echo = journey(
        "echo",
        entry={"event": "message.sent", "reentry": {"mode": "always"}},
        steps={"thank": email("echo")},
    )
    works = ordered(journey(), echo)
    works.run()
    exits = [record.details["outcome"] for record in works.records() if record.what == "exited"]
    assert exits.count("loop_limit") == 1
    assert works.outcomes()[-1] == ("thank", "cancelled", "exit loop_limit")
    assert set(works.subjects()) == {"Thank you", "echo"}


def test_a_timeout_of_no_time_is_over_before_the_next_message_is_decided() -> None:
    listens = journey(
        "a",
        steps={
            "thank": email(next="listen"),
            "listen": {
                "type": "wait_for",
                "any": [{"event": "message.skipped", "next": "heard"}],
                "timeout": "PT0S",
                "on_timeout": "in-time",
            },
            "heard": {"type": "exit", "outcome": "heard"},
            "in-time": {"type": "exit", "outcome": "in-time"},
        },
    )
    works = ordered(listens, journey("b", steps={"thank": push()}))
    works.run()
    assert works.outcomes() == [
        ("thank", "sent", None),
        ("thank", "no_address", "channels.push missing"),
    ]
    exits = {
        record.journey: record.details["outcome"]
        for record in works.records()
        if record.what == "exited"
    }
    assert exits["a"] == "in-time"


LISTENS_NO_TIME: Doc = {
    "thank": email(next="listen"),
    "listen": {
        "type": "wait_for",
        "any": [{"event": "message.clicked"}],
        "timeout": "PT0S",
        "on_timeout": "more",
    },
    "more": email("More"),
}


def test_a_timeout_of_no_time_is_over_in_the_same_call_when_no_message_waits() -> None:
    works = ordered(journey("a", steps=LISTENS_NO_TIME))
    works.hand_out()
    assert works.subjects() == ["Thank you", "More"]
    assert works.wakes.queued == []


def test_a_timeout_of_no_time_is_over_for_a_dispatch_whose_clock_is_behind() -> None:
    works = ordered(journey("a", steps=LISTENS_NO_TIME))
    works.mailer.while_sending = [lambda: works.clock.advance(-SECOND)]
    works.hand_out()
    assert works.subjects() == ["Thank you", "More"]
