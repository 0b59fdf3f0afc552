"""Facts about messages: what they bind to, and what they say of an address."""

from itertools import pairwise

import pytest

from sojourn.core.engine.facts import SOFT_BOUNCES
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import (
    ADDRESS,
    Story,
    at,
    end,
    event,
    identify,
    journey,
    mail,
    plan_of,
)

NEWS = journey(
    "news", "begun", {"letter": mail(next="wait"), "wait": {"type": "wait", "for": "P9D"}}
)
PLAN = plan_of(NEWS)


def sent(plan: Plan = PLAN) -> Story:
    return Story(plan).take(event("begun", "10:00")).send("10:00")


def standing(story: Story, address: str = ADDRESS) -> str:
    found = story.customer.address_status("email", address)
    return "unheard of" if found is None else found.status


def test_transient_bounces_count_after_five_in_a_row() -> None:
    story = sent()
    for n in range(SOFT_BOUNCES - 1):
        story.take(event("message.bounced", "11:00", n=n))
    assert standing(story) == "ok"

    story.take(event("message.bounced", "11:01", bounce_type="transient"))
    assert standing(story) == "bounced"


def test_a_delivery_ends_the_row() -> None:
    story = sent()
    for n in range(SOFT_BOUNCES - 1):
        story.take(event("message.bounced", "11:00", n=n))

    story.take(event("message.delivered", "11:01"), event("message.bounced", "11:02"))

    assert standing(story) == "ok"


def test_a_delivery_counts_by_its_own_time_whenever_it_is_told() -> None:
    story = sent().take(event("message.delivered", "10:30"))
    for n in range(2):
        story.take(event("message.bounced", "11:00", n=n))
    for n in range(SOFT_BOUNCES - 2):
        story.take(event("message.bounced", "12:00", n=n))
        story.take(event("message.delivered", "12:30", "11:30"))
    assert standing(story) == "ok"
    for n in range(2):
        story.take(event("message.bounced", "13:00", n=n))
    assert standing(story) == "bounced"


def test_after_a_row_that_a_delivery_ended_the_next_one_is_counted_whole() -> None:
    story = sent()
    for n in range(SOFT_BOUNCES):
        story.take(event("message.bounced", "11:00", n=n), event("message.delivered", "11:01"))
    for n in range(SOFT_BOUNCES - 1):
        story.take(event("message.bounced", "12:00", n=n))
    assert standing(story) == "ok"
    assert standing(story.take(event("message.bounced", "12:01"))) == "bounced"


def test_what_is_told_of_other_channels_and_addresses_is_in_no_row() -> None:
    story = sent()
    for n in range(SOFT_BOUNCES - 1):
        story.take(event("message.bounced", "11:00", n=n))
    story.take(event("message.delivered", "11:01", channel="sms"))
    story.take(event("message.delivered", "11:01", address="other@example.com"))
    story.take(event("message.bounced", "11:02", address="other@example.com"))
    story.take(event("message.bounced", "11:02", channel="sms"))
    assert standing(story) == "ok"
    assert standing(story.take(event("message.bounced", "11:03"))) == "bounced"


def test_a_permanent_bounce_is_none_of_a_row() -> None:
    story = sent()
    for n in range(SOFT_BOUNCES - 1):
        story.take(event("message.bounced", "11:00", n=n))
    story.take(event("message.bounced", "11:01", bounce_type="permanent"))
    story.take(event("message.bounced", "11:02"))
    found = story.customer.address_status("email", ADDRESS)
    assert found is not None
    assert (found.status, found.at, found.soft) == ("bounced", at("11:02"), SOFT_BOUNCES)


def test_a_delivery_of_who_never_bounced_writes_nothing() -> None:
    assert standing(sent().take(event("message.delivered", "11:00"))) == "unheard of"


def test_transient_bounces_do_not_soften_a_complaint() -> None:
    story = sent().take(event("message.complained", "10:30"))

    for n in range(SOFT_BOUNCES + 1):
        story.take(event("message.bounced", "11:00", n=n))

    assert standing(story) == "complained"


def test_the_newest_unsubscribe_stands_whichever_comes_first() -> None:
    story = sent().take(
        event("message.unsubscribed", "11:00"), event("message.unsubscribed", "12:00", "10:30")
    )

    status = story.customer.address_status("email", ADDRESS)
    assert status is not None
    assert (status.status, status.at) == ("unsubscribed", at("11:00"))


def test_a_stricter_verdict_brings_its_own_time() -> None:
    story = sent().take(
        event("message.unsubscribed", "11:00"), event("message.complained", "12:00", "10:30")
    )

    status = story.customer.address_status("email", ADDRESS)
    assert status is not None
    assert (status.status, status.at) == ("complained", at("10:30"))


def test_a_verdict_about_no_known_message_strikes_the_present_addresses_of_its_channel() -> None:
    story = Story(PLAN, phone="+27821234567", push_endpoints=["one", "two"])

    story.take(event("message.unsubscribed", "11:00"))
    story.take(event("message.unsubscribed", "11:01", channel="sms"))
    story.take(event("message.bounced", "11:02", channel="push", bounce_type="permanent"))

    assert {
        channel: {address: known.status for address, known in table.items()}
        for channel, table in story.customer.channels.items()
    } == {
        "email": {ADDRESS: "unsubscribed"},
        "sms": {"+27821234567": "unsubscribed"},
        "push": {"one": "bounced", "two": "bounced"},
    }


@pytest.mark.parametrize("channel", ["pigeon", 7, None])
def test_a_verdict_on_no_channel_is_refused(channel: object) -> None:
    story = Story(PLAN).take(event("message.unsubscribed", "11:00", channel=channel))

    assert story.reasons("refused") == ["message.unsubscribed names no channel"]
    assert story.customer.channels == {}


def test_a_push_message_went_to_each_of_its_endpoints() -> None:
    push = {"type": "send", "channel": "push", "content": {"title": "t", "body": "b"}}
    plan = plan_of(journey("news", "begun", {"letter": push}))
    story = Story(plan, push_endpoints=["one", "two"]).take(event("begun", "10:00")).send("10:00")

    story.take(identify("10:30", push_endpoints=["three"]))
    story.take(
        event("message.bounced", "11:00", journey="news", step="letter", bounce_type="permanent")
    )

    assert set(story.customer.channels["push"]) == {"one", "two"}


def test_an_address_with_a_space_in_it_is_one_address() -> None:
    story = Story(PLAN).take(identify("09:00", email="ana at home"), event("begun", "10:00"))

    story.send("10:00").take(event("message.complained", "11:00", journey="news", step="letter"))

    assert set(story.customer.channels["email"]) == {"ana at home"}


def test_an_address_written_in_other_letters_stands_as_it_stood() -> None:
    story = sent().take(event("message.complained", "11:00"))
    story.take(identify("12:00", email=ADDRESS.upper()))

    assert standing(story) == standing(story, ADDRESS.upper()) == "complained"
    assert story.customer.channel_status("email") == "complained"


def test_a_row_of_bounces_goes_on_when_the_address_is_written_in_other_letters() -> None:
    story = sent()
    for n in range(SOFT_BOUNCES - 1):
        story.take(event("message.bounced", "11:00", n=n))
    story.take(identify("12:00", email=ADDRESS.upper()))
    story.take(event("message.bounced", "13:00", address=ADDRESS.upper()))

    assert standing(story) == "bounced"


def test_what_a_machine_did_moves_nothing_and_counts_for_nothing() -> None:
    clicked = {"did": {"event": "message.clicked"}}
    plan = plan_of(
        journey(
            "news",
            "begun",
            {
                "letter": mail(next="wait"),
                "wait": {
                    "type": "wait_for",
                    "any": [{"event": "message.clicked"}],
                },
            },
        ),
        journey("fan", {"event": "asked", "where": clicked}, {"stop": end()}),
    )
    story = sent(plan)

    story.take(
        event("message.clicked", "11:00", journey="news", step="letter", bot=True),
        event("message.unsubscribed", "11:01", bot=True),
        event("asked", "12:00"),
    )

    assert story.live.step == "wait"
    assert story.live.messages["letter"].clicked_at is None
    assert standing(story) == "unheard of"
    assert story.reasons("ignored") == [
        "message.clicked by a machine, not a person",
        "message.unsubscribed by a machine, not a person",
    ]
    assert story.outcomes() == [None]


def test_an_order_by_a_machine_is_an_order() -> None:
    plan = plan_of(
        journey("thanks", {"event": "order", "where": {"event.bot": True}}, {"stop": end()})
    )

    assert Story(plan).take(event("order", "10:00", bot=True)).outcomes() == ["finished"]


def test_the_first_time_of_each_kind_is_kept_by_own_times() -> None:
    about = {"journey": "news", "step": "letter"}
    story = sent().take(
        event("message.opened", "12:00", **about),
        event("message.opened", "13:00", "11:00", **about),
        event("message.opened", "14:00", **about),
        event("message.delivered", "14:00", "10:01", **about),
        event("message.bounced", "15:00", **about),
        event("message.clicked", "15:00", **about),
    )

    facts = story.live.messages["letter"]
    assert (facts.delivered_at, facts.opened_at, facts.clicked_at, facts.bounced_at) == (
        at("10:01"),
        at("11:00"),
        at("15:00"),
        at("15:00"),
    )


def test_a_fact_about_an_earlier_visit_is_not_kept_for_the_present_one() -> None:
    plan = plan_of(
        journey(
            "news",
            "begun",
            {
                "letter": mail(next="wait"),
                "wait": {"type": "wait", "for": "PT1H", "next": "letter"},
            },
        )
    )
    story = sent(plan)
    first = story.customer.ledger[0].id
    story.due("11:00").send("11:00")

    story.take(event("message.opened", "11:30", message_id=first))
    assert story.live.messages["letter"].opened_at is None

    story.take(event("message.opened", "11:31", journey="news", step="letter"))
    assert story.live.messages["letter"].opened_at == at("11:31")


def test_a_fact_about_an_enrolment_that_is_gone_changes_no_enrolment() -> None:
    story = Story(plan_of(journey("news", "begun", {"letter": mail()})))
    story.take(event("begun", "10:00")).send("10:00")
    assert story.customer.enrolments == {}

    story.take(event("message.complained", "11:00", journey="news", step="letter"))
    story.take(event("message.opened", "11:01", journey="news", step="letter"))

    assert standing(story) == "complained"


def test_a_fact_that_is_sent_from_outside_moves_no_send_step() -> None:
    story = Story(PLAN).take(event("begun", "10:00"))

    story.take(event("message.sent", "10:01", message_id=story.message.id))

    assert story.live.step == "letter"


def test_only_the_steps_of_the_last_messages_are_remembered() -> None:
    names = [f"m{n}" for n in range(52)]
    steps = {name: mail(next=after) for name, after in pairwise(names)}
    hear = {"type": "wait_for", "any": [{"event": "end"}]}
    story = Story(plan_of(journey("news", "begun", {**steps, names[-1]: hear})))

    story.take(event("begun", "10:00"))
    for _ in names[:-1]:
        story.send("10:00")

    assert list(story.live.messages) == names[1:-1]
    assert [step for _, step in story.live.sends] == names[1:-1]


def test_a_fact_that_names_an_address_is_about_that_one_alone() -> None:
    story = Story(PLAN, push_endpoints=["one", "two"], phone="+27821234567")

    story.take(
        event("message.bounced", "11:00", channel="push", address="two", bounce_type="permanent")
    )
    story.take(event("message.unsubscribed", "11:00", channel="sms", address="+27820000000"))

    assert story.customer.channel_status("push") == story.customer.channel_status("sms") == "ok"
    assert story.customer.channels["push"]["two"].status == "bounced"
    assert story.customer.channels["sms"]["+27820000000"].status == "unsubscribed"


def test_an_endpoint_that_is_gone_counts_as_bounced_and_is_no_fact_about_a_message() -> None:
    push = {"type": "send", "channel": "push", "content": {"title": "t"}, "next": "rest"}
    ended = [{"event": "message.bounced", "outcome": "lost"}]
    steps = {"letter": push, "rest": {"type": "wait", "for": "P1D"}}
    plan = plan_of(journey("news", "begun", steps, exit=ended))
    story = Story(plan, push_endpoints=["one", "two"]).take(event("begun", "10:00")).send("10:00")

    story.take(event("endpoint.gone", "11:00", channel="push", address="one"))

    assert story.customer.channels["push"]["one"].status == "bounced"
    assert story.customer.channel_status("push") == "ok"
    assert [item.step for item in story.customer.live()] == ["rest"]


def test_ingest_takes_an_endpoint_that_is_gone_whether_or_not_a_journey_asks() -> None:
    assert plan_of().refers_to("endpoint.gone")


def test_an_event_that_a_journey_emits_says_nothing_of_an_address() -> None:
    bounced = {"channel": "email", "bounce_type": "permanent"}
    steps = {"tell": {"type": "emit", "event": "message.bounced", "properties": bounced}}
    story = sent(plan_of(NEWS, journey("liar", "asked", steps)))
    assert standing(story.take(event("asked", "11:00"))) == "unheard of"
