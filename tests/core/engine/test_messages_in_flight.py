"""A message between its claim and its record: exits, answers and the provider's own events."""

from zoneinfo import ZoneInfo

from sojourn.core.course.settle import (
    LOST,
    cancel,
    hold,
    is_wanted,
    limit_chain,
    next_message,
    put_back,
    without_slot,
)
from sojourn.core.engine.timers import LEASE, next_message_at
from sojourn.core.sending.caps import first_allowed
from sojourn.core.state.customer import Event, Message
from tests.core.engine.given import Story, at, end, event, journey, mail, plan_of

NEWS = journey(
    "news",
    "begun",
    {
        "letter": mail(on={"failed": "failed"}, next="hear"),
        "hear": {
            "type": "wait_for",
            "any": [{"event": "message.bounced", "step": "letter", "next": "bounced"}],
            "timeout": "P1D",
            "on_timeout": "end",
        },
        "bounced": end("bounced"),
        "failed": end("failed"),
        "end": end(),
    },
    exit=[{"event": "order", "outcome": "bought"}],
    goal={"event": "order"},
)
PLAN = plan_of(NEWS)
UTC = ZoneInfo("UTC")


def begun() -> Story:
    return Story(PLAN).take(event("begun", "10:00"))


def fact(name: str, when: str, message: Message, **properties: str) -> Event:
    return event(name, when, message_id=message.id, **properties)


def test_one_message_of_a_customer_is_in_flight_at_a_time() -> None:
    story = begun()
    story.claim("10:00")

    assert next_message(story.customer, PLAN, at("11:00")) is None


def test_a_claim_takes_its_place_in_the_ledger_before_the_answer() -> None:
    story = begun()
    story.claim("10:00")

    (sent,) = story.customer.ledger
    assert (sent.step, sent.at, sent.address) == ("letter", at("10:00"), "ana@example.com")


def test_what_was_sent_counts_as_what_it_was_whatever_is_edited_later() -> None:
    capped = {"caps": [{"name": "c", "categories": ["news"], "max": 1, "per": "P9D"}]}
    told = plan_of({**NEWS, "category": "news"}, settings=capped)
    story = Story(told).take(event("begun", "10:00")).send("10:00")
    (sent,) = story.customer.ledger
    assert (sent.category, sent.counts) == ("news", True)

    uncounted = {"news": {"counts_toward_caps": False}}
    edited = plan_of({**NEWS, "category": "other"}, settings={**capped, "categories": uncounted})
    story.under(edited)
    assert story.customer.ledger == (sent,)
    assert first_allowed(
        edited.settings, edited.settings.category("news"), "email", (sent,), at("11:00"), UTC
    )


def test_of_those_that_ended_the_one_whose_message_is_in_flight_is_kept() -> None:
    ends = [{"event": "order"}]
    letters = [journey(id_, "begun", {"letter": mail()}, exit=ends) for id_ in ("a", "b", "c")]
    story = Story(plan_of(*letters)).take(event("begun", "10:00"))
    claimed = story.claim("10:00")

    story.take(event("order", "10:01"))
    assert [journey for journey, _ in story.exits()] == ["a", "b", "c"]
    assert list(story.customer.enrolments) == [claimed.enrolment]

    story.conclude("sent", "10:02")
    assert not story.customer.enrolments


def test_an_exit_does_not_call_back_what_the_provider_has() -> None:
    story = begun()
    story.claim("10:00")

    story.take(event("order", "10:01"))
    assert story.exits() == [("news", "bought")]
    assert story.settled() == []

    story.conclude("sent", "10:02")
    assert story.settled() == [("letter", "sent", None)]
    (enrolment,) = story.course.enrolments.values()
    assert enrolment.messages["letter"].status == "sent"


def test_a_goal_is_credited_to_a_message_recorded_after_the_exit() -> None:
    story = begun()
    story.claim("10:00")
    plan = plan_of({**NEWS, "goal": {"event": "praise"}})

    story.under(plan).take(event("order", "10:01")).conclude("sent", "10:02")
    story.take(event("praise", "11:00"))

    (enrolment,) = story.course.enrolments.values()
    assert (enrolment.converted_at, enrolment.credited_to) == (at("11:00"), "letter")


def test_what_the_provider_refused_after_an_exit_is_cancelled_with_the_exits_outcome() -> None:
    story = begun()
    message = story.claim("10:00")
    story.take(event("order", "10:01"))

    assert not is_wanted(story.customer, message)
    story.follow(cancel(PLAN, story.customer, message, at("10:02")))

    assert story.settled() == [("letter", "cancelled", "exit bought")]
    assert story.customer.messages == {}


def test_what_is_left_of_a_customer_nobody_knows_is_cancelled_all_the_same() -> None:
    story = begun()
    message = story.claim("10:00")
    stranger = Story(PLAN).customer

    decision = cancel(PLAN, stranger, message, at("10:02"))

    assert [(item.status, item.reason) for item in decision.settled] == [("cancelled", "exit")]


def test_a_refusal_frees_the_slot_and_advances() -> None:
    story = begun()
    message = story.claim("10:00")

    assert without_slot(story.customer, message).ledger == ()
    story.conclude("failed", "10:01", "refused: no such mailbox")

    assert story.exits() == [("news", "failed")]
    assert story.course.taken[-1].properties["reason"] == "refused: no such mailbox"


def test_a_slot_is_freed_from_among_those_of_other_messages() -> None:
    story = begun()
    first = story.claim("10:00")
    story.conclude("sent", "10:01").take(event("order", "10:02"), event("begun", "10:03"))
    second = story.claim("10:03")

    assert [sent.id for sent in without_slot(story.customer, first).ledger] == [second.id]


def test_what_the_provider_does_not_take_now_is_held_without_its_slot() -> None:
    story = begun()
    message = story.claim("10:00")

    decision = put_back(
        PLAN, story.customer, message, at("10:05"), "throttled: slow down", at("10:01")
    )

    (held,) = decision.customer.messages.values()
    assert (held.status, held.wake_at, held.claimed_at) == ("held", at("10:05"), None)
    assert decision.customer.ledger == ()
    (record,) = decision.records
    assert (record.what, record.reason) == ("held", "throttled: slow down")
    assert (record.enrolment, record.details["until"]) == (
        message.enrolment,
        "2026-03-02T10:05:00Z",
    )


def test_the_providers_event_proves_the_sending_and_comes_after_it() -> None:
    story = begun()
    message = story.claim("10:00")

    story.take(fact("message.bounced", "10:01", message, bounce_type="permanent"))

    assert story.settled() == [("letter", "sent", None)]
    assert [item.name for item in story.course.taken[-2:]] == ["message.sent", "message.bounced"]
    assert story.exits() == [("news", "bounced")]
    assert story.customer.messages == {}
    (enrolment,) = story.course.enrolments.values()
    assert enrolment.messages["letter"].sent_at == at("10:00")


def test_the_providers_event_proves_a_sending_that_was_about_to_be_tried_again() -> None:
    story = begun()
    message = story.claim("10:00")
    story.follow(put_back(PLAN, story.customer, message, at("10:03"), LOST, at("10:02")))

    story.take(fact("message.delivered", "10:02", message))

    assert story.settled() == [("letter", "sent", None)]
    assert story.customer.messages == {}
    assert story.live.messages["letter"].sent_at == at("10:00")


def test_a_refusal_leaves_the_slot_of_an_earlier_sending_that_nobody_knows_of() -> None:
    story = begun()
    message = story.claim("10:00")
    story.follow(put_back(PLAN, story.customer, message, at("10:03"), LOST, at("10:02")))
    again = story.claim("10:03")
    assert [sent.at for sent in story.customer.ledger] == [at("10:00"), at("10:03")]

    freed = without_slot(story.customer, again)
    assert [sent.at for sent in freed.ledger] == [at("10:00")]
    assert without_slot(without_slot(freed, again), again).ledger == ()


def test_an_event_about_another_message_proves_nothing() -> None:
    story = begun()
    story.claim("10:00")

    story.take(event("message.opened", "10:01", message_id="another"))

    assert story.settled() == []
    assert story.live.step == "letter"


def test_a_message_not_yet_claimed_is_not_proven() -> None:
    story = begun()

    story.take(fact("message.opened", "10:01", story.message))

    assert story.settled() == []


def test_what_the_channel_told_before_the_record_is_kept() -> None:
    story = begun()
    story.claim("10:00")
    story.take(event("message.opened", "10:01", journey="news", step="letter"))
    story.conclude("sent", "10:02")

    facts = story.live.messages["letter"]
    assert (facts.status, facts.sent_at, facts.opened_at) == ("sent", at("10:00"), at("10:01"))


def test_the_answer_of_a_message_whose_enrolment_is_long_gone_changes_nothing_else() -> None:
    story = begun()
    message = story.claim("10:00")
    stranger = Story(PLAN)
    stranger.course.customer = type(stranger.customer)(
        "ana", at("00:00"), messages={message.id: message}
    )

    stranger.conclude("sent", "10:05")

    assert stranger.settled() == [("letter", "sent", None)]
    assert stranger.customer.messages == {}


def test_a_claim_is_looked_at_again_when_its_lease_ends() -> None:
    story = begun()
    assert next_message_at(story.customer, PLAN) == at("10:00")

    story.claim("10:00")

    assert next_message_at(story.customer, PLAN) == at("10:00") + LEASE


def test_a_chain_that_is_too_long_cancels_what_nobody_waits_for() -> None:
    story = begun()
    message = story.claim("10:00")
    story.take(event("order", "10:00"))

    story.follow(limit_chain(PLAN, story.customer, message, at("10:00")))

    assert story.settled() == [("letter", "cancelled", "exit bought")]


def test_what_is_held_for_later_does_not_want_to_go() -> None:
    story = begun()
    story.follow(hold(PLAN, story.customer, story.message, at("11:00"), "cap", at("10:00")))

    assert next_message(story.customer, PLAN, at("10:59")) is None
    assert next_message(story.customer, PLAN, at("11:00")) == story.message


def test_the_best_message_goes_first() -> None:
    plan = plan_of(
        journey("b", "begun", {"m": mail()}),
        journey("a", "begun", {"m": mail()}),
        journey("c", "begun", {"m": mail(hold="PT1H")}),
        journey("d", "begun", {"m": mail(priority=51)}),
        journey("e", "begun", {"m": mail(priority=50.5)}),
        journey("f", {"event": "begun", "key": "event.n"}, {"m": mail()}, priority=1),
    )
    story = Story(plan).take(event("begun", "10:00", n=1), event("begun", "10:00", n=2))
    order = []
    while (message := next_message(story.customer, plan, at("10:00"))) is not None:
        order.append((message.journey, message.number))
        story.follow(cancel(plan, story.customer, message, at("10:00")))

    assert [name for name, _ in order] == ["d", "e", "c", "a", "b", "f", "f"]
    assert order[-2][1] < order[-1][1]
