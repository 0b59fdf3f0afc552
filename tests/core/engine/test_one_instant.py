"""What happened earlier in the very same instant is known, also after the customer was stored."""

import pytest

from tests.core.engine.given import Story, end, event, identify, journey, mail, plan_of

HEAR = {
    "hear": {
        "type": "wait_for",
        "any": [
            {"event": "click", "where": {"event.n": 2}, "next": "two"},
            {"event": ["click", "open"], "next": "one"},
        ],
        "timeout": "P1D",
        "on_timeout": "no",
    },
    "one": end("one"),
    "two": end("two"),
    "no": end("no"),
}


def test_events_of_the_instant_are_looked_at_in_their_order() -> None:
    story = Story(plan_of(journey("a", "begun", HEAR)))

    story.take(event("open", "10:00"), event("click", "10:00", n=2), event("begun", "10:00"))

    assert story.outcomes() == ["one"]


def test_an_event_of_the_instant_before_does_not_count() -> None:
    story = Story(plan_of(journey("a", "begun", HEAR)))

    story.take(event("open", "09:59:59"), event("begun", "10:00"))

    assert story.outcomes() == [None]


def test_a_late_event_of_the_instant_does_not_count() -> None:
    story = Story(plan_of(journey("a", "begun", HEAR)))

    story.take(event("click", "10:00", "09:00"), event("begun", "10:00", "09:30"))

    assert story.outcomes() == [None]


def test_a_machines_click_of_the_instant_does_not_count() -> None:
    hear = {"type": "wait_for", "any": [{"event": "message.clicked"}]}
    story = Story(plan_of(journey("a", "begun", {"hear": hear})))

    story.take(event("message.clicked", "10:00", bot=True), event("begun", "10:00"))

    assert story.outcomes() == [None]


def test_the_event_at_hand_is_the_one_that_moved() -> None:
    steps = {
        "hear": {"type": "wait_for", "any": [{"event": "click", "next": "look"}]},
        "look": {"type": "branch", "branches": [{"where": {"event.n": 2}, "next": "two"}]},
        "two": end("two"),
    }
    story = Story(plan_of(journey("a", "begun", steps)))

    story.take(event("click", "10:00", n=2), event("begun", "10:00", n=1))

    assert story.outcomes() == ["two"]


def test_an_event_moves_once_in_its_instant_also_after_the_customer_was_stored() -> None:
    steps = {
        "first": {"type": "wait_for", "any": [{"event": "click", "next": "letter"}]},
        "letter": mail(next="second"),
        "second": {"type": "wait_for", "any": [{"event": ["click", "message.sent"]}]},
    }
    story = Story(plan_of(journey("a", "begun", steps)))

    story.take(event("begun", "10:00"), event("click", "11:00")).send("11:00")

    assert story.live.step == "second"
    story.take(event("click", "12:00"))
    assert story.outcomes() == ["finished"]


def test_what_moved_it_in_an_earlier_instant_is_forgotten() -> None:
    step = {"type": "wait_for", "any": [{"event": "click", "next": "hear"}]}
    story = Story(plan_of(journey("a", "begun", {"hear": step})))

    moved = []
    story.take(event("begun", "10:00"))
    for click in (event("click", "11:00"), event("click", "11:00", n=2), event("click", "12:00")):
        story.take(click)
        moved.append(len(story.live.moved_by))

    assert moved == [1, 2, 1]


@pytest.mark.parametrize("names_its_id", [True, False])
def test_a_fact_of_this_instant_is_bound_to_its_message(names_its_id: bool) -> None:  # noqa: FBT001
    steps = {
        "letter": mail(next="pause"),
        "pause": {"type": "wait_for", "any": [{"event": "go", "next": "hear"}]},
        "hear": {
            "type": "wait_for",
            "any": [{"event": "message.clicked", "step": "letter", "next": "yes"}],
        },
        "yes": end("yes"),
    }
    plan = plan_of(journey("a", {"event": "begun", "key": "event.n"}, steps))
    story = Story(plan).take(event("begun", "10:00", n=1)).send("10:00")
    story.take(event("begun", "10:01", n=2)).send("10:01")
    sent = story.customer.ledger[-1]
    about = {"message_id": sent.id} if names_its_id else {"journey": "a", "step": "letter"}

    story.take(event("message.clicked", "11:00", **about), event("go", "11:00"))

    assert story.outcomes() == [None, "yes"]


def test_what_is_late_by_its_zone_is_computed_in_its_own_instant() -> None:
    steps = {"nine": {"type": "wait", "until": {"time": "09:00"}, "next": "go"}, "go": end()}
    story = Story(plan_of(journey("a", "begun", steps)))

    story.take(event("begun", "10:00"), identify("10:00", timezone="America/New_York"))

    assert story.due("14:00").outcomes() == ["finished"]
