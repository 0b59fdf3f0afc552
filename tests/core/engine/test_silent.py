"""A silent event tells of the past: it is known from then on, and lets nobody in."""

from dataclasses import replace

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Defaults, parse_message
from sojourn.core.state.customer import Event
from tests.core.engine.given import Story, at, end, event, identify, journey, mail, plan_of
from tests.core.engine.joined import course_of, joining

WAIT = {"wait": {"type": "wait", "for": "P1D"}}
HEAR = {
    "hear": {
        "type": "wait_for",
        "any": [{"event": "order", "next": "thanks"}],
        "timeout": "P2D",
        "on_timeout": "late",
    },
    "thanks": mail(),
    "late": end("late"),
}


def silent(event: Event) -> Event:
    return replace(event, silent=True)


def test_a_silent_event_begins_no_journey() -> None:
    story = Story(plan_of(journey("a", "order", WAIT)))

    story.take(silent(event("order", "10:00")))

    assert story.outcomes() == []
    assert story.take(event("order", "11:00")).outcomes() == [None]


def test_what_it_changes_of_the_profile_lets_nobody_in_then_or_later() -> None:
    story = Story(plan_of(journey("a", {"profile": {"tier": "gold"}}, WAIT)))

    story.take(silent(identify("10:00", tier="gold")), identify("11:00", tier="gold"))

    assert story.customer.profile()["tier"] == "gold"
    assert story.outcomes() == []


def test_the_segment_it_leads_into_is_not_entered_by_the_next_event() -> None:
    entry = {"segment": {"id": "buyers", "on": "enter"}}
    plan = plan_of(journey("a", entry, WAIT), segments={"buyers": {"did": {"event": "order"}}})
    story = Story(plan)

    story.take(silent(event("order", "10:00")), event("visit", "11:00"))

    assert story.customer.segments == {"buyers"}
    assert story.outcomes() == []


def test_a_condition_that_looks_back_finds_it() -> None:
    where = {"did": {"event": "order", "within": "P30D"}}
    story = Story(plan_of(journey("a", {"event": "visit", "where": where}, WAIT)))

    story.take(silent(event("order", "3 10:00", "2 10:00")), event("visit", "3 11:00"))

    assert story.outcomes() == [None]


def test_it_ends_an_enrolment_by_its_exit_rule_and_enters_nothing_by_that() -> None:
    rule = {"event": "complaint", "outcome": "complained", "enter": "b"}
    plan = plan_of(journey("a", "begun", WAIT, exit=[rule]), journey("b", "never", WAIT))
    story = Story(plan).take(event("begun", "09:00"))

    story.take(silent(event("complaint", "10:00")))

    assert story.outcomes() == ["complained"]


def test_it_enters_nothing_either_where_it_overtook_the_entering_event() -> None:
    rule = {"event": "complaint", "outcome": "complained", "enter": "b"}
    plan = plan_of(journey("a", "begun", WAIT, exit=[rule]), journey("b", "never", WAIT))
    story = Story(plan).take(silent(event("complaint", "10:00")))

    story.take(event("begun", "11:00", "09:00"))

    assert story.outcomes() == ["complained"]


def test_an_event_before_the_entering_one_ends_nothing() -> None:
    plan = plan_of(journey("a", "begun", WAIT, exit=[{"event": "complaint"}]))
    story = Story(plan).take(event("begun", "09:00"))

    story.take(silent(event("complaint", "10:00", "08:00")))

    assert story.outcomes() == [None]


def test_it_counts_as_a_goal() -> None:
    plan = plan_of(journey("a", "begun", WAIT, goal={"event": "order"}))
    story = Story(plan).take(event("begun", "09:00"))

    story.take(silent(event("order", "10:00")))

    assert story.live.converted_at == at("10:00")


def test_it_ends_no_wait_for_an_event() -> None:
    story = Story(plan_of(journey("a", "begun", HEAR))).take(event("begun", "09:00"))

    story.take(silent(event("order", "10:00")))

    assert (story.live.step, story.customer.messages) == ("hear", {})
    assert story.take(event("order", "11:00")).live.step == "thanks"


def test_nor_one_that_begins_in_the_same_instant() -> None:
    story = Story(plan_of(journey("a", "begun", HEAR)))

    story.take(silent(event("order", "10:00", id_="o")), event("begun", "10:00"))

    assert story.live.step == "hear"


def test_a_wait_for_a_date_of_the_profile_is_computed_anew() -> None:
    until = {"date": "profile.birthday", "time": "09:00"}
    steps = {"wait": {"type": "wait", "until": until}, "greet": mail()}
    steps["wait"]["next"] = "greet"
    story = Story(plan_of(journey("a", "begun", steps)), birthday="2026-03-20")
    story.take(event("begun", "09:00"))

    story.take(silent(identify("10:00", birthday="2026-03-25")))

    assert story.live.due_at == at("25 09:00")


def test_a_bounce_of_the_past_closes_the_channel() -> None:
    story = Story(plan_of())

    story.take(silent(event("message.bounced", "10:00", "09:00", bounce_type="permanent")))

    assert story.customer.channel_status("email") == "bounced"


def test_older_traits_overwrite_nothing_newer() -> None:
    story = Story(plan_of()).take(identify("3 10:00", name="Ana", tier="gold"))

    story.take(silent(identify("3 11:00", "1 00:00", name="Anna", city="Durban")))

    profile = story.customer.profile()
    assert (profile["name"], profile["city"]) == ("Ana", "Durban")


def test_whom_a_silent_event_joins_brings_no_entry_by_that() -> None:
    entry = {"profile": {"tier": "gold"}}
    plan = plan_of(journey("a", entry, WAIT), journey("b", "begun", HEAR))
    other = course_of(plan, silent(identify("09:00", tier="gold")), silent(event("order", "10:30")))
    story = Story(plan).take(event("begun", "10:00"))

    links = replace(joining("11:00"), silent=True)
    story.course.join(links, [other], at("11:00"))

    assert story.customer.profile()["tier"] == "gold"
    assert (story.outcomes(), story.live.step) == ([None], "hear")


def test_a_message_says_of_itself_that_it_is_silent() -> None:
    def parsed(**fields: object) -> bool:
        message = {"userId": "ana", "event": "order", "timestamp": "2026-03-02T10:00:00Z"}
        return parse_message(message | fields, Defaults(id="1"), None).event.silent  # type: ignore[arg-type]  # JSON

    assert parsed(_metadata={"silent": True})
    assert not parsed(_metadata={"silent": False})
    assert not parsed(_metadata={"bundled": ["Mixpanel"]})
    assert not parsed(_metadata="as Segment never writes it")
    assert not parsed()
    with pytest.raises(InvalidInput, match=r"_metadata\.silent: true or false is wanted, not text"):
        parsed(_metadata={"silent": "yes"})
