"""Pausing keeps everybody's place; archiving lets them finish, or sends them away."""

from dataclasses import replace

import pytest

from sojourn.core.course.lasting_course import LastingCourse
from sojourn.core.engine.timers import expiry_of, message_due, next_message_at, next_timer
from sojourn.core.errors import CorruptState
from sojourn.core.state.customer import Customer
from sojourn.core.values.instants import HOUR
from sojourn.core.workspace.plan import Plan
from sojourn_cli.simulation.clock import Clock, Life
from tests.core.engine.given import (
    Story,
    at,
    end,
    event,
    identify,
    journey,
    mail,
    plan_of,
    with_status,
    without,
)

WAIT = {"type": "wait", "for": "PT1H", "next": "letter"}
HEAR = {
    "hear": {
        "type": "wait_for",
        "any": [{"event": "click", "next": "yes"}, {"event": "stop"}],
        "timeout": "PT3H",
        "on_timeout": "no",
    },
    "yes": {"type": "branch", "branches": [{"where": {"event.x": 1}, "next": "no"}], "else": "y"},
    "y": end("yes"),
    "no": end("no"),
}


def waiting(**rest: object) -> Plan:
    return plan_of(journey("a", "begun", {"wait": WAIT, "letter": mail()}, **rest))


def paused(plan: Plan) -> Plan:
    return with_status(plan, "a", "paused")


def resumed(plan: Plan) -> Plan:
    return with_status(paused(plan), "a", "live", resumed_at=at("15:00"))


def test_a_timer_that_falls_due_in_a_pause_fires_within_the_hour_after_it() -> None:
    plan = waiting()
    story = Story(plan).take(event("begun", "10:00"))

    story.under(paused(plan)).due("14:00")
    assert next_timer(story.customer, paused(plan)) is None
    assert story.live.step == "wait"

    due = next_timer(story.customer, resumed(plan))
    assert due is not None
    assert at("15:00") <= due < at("16:00")
    story.under(resumed(plan)).due("15:00")
    story.due("16:00")
    assert story.live.step == "letter"


def test_overdue_timers_are_spread_as_the_newest_version_says() -> None:
    plan = waiting()
    again = with_status(plan, "a", "live", resumed_at=at("15:00"), resume_over=0)
    story = Story(plan).take(event("begun", "10:00"))

    assert next_timer(story.customer, again) == at("15:00")


def test_a_timer_after_the_resume_is_as_it_was() -> None:
    plan = waiting()
    again = with_status(plan, "a", "live", resumed_at=at("10:20"))
    story = Story(plan).take(event("begun", "10:00"))

    assert next_timer(story.customer, again) == at("11:00")


def test_nobody_enters_in_a_pause_and_the_reason_says_so() -> None:
    story = Story(paused(waiting())).take(event("begun", "10:00"))

    assert story.outcomes() == []
    assert story.reasons("not_entered") == ["journey is paused"]


def test_an_exit_rule_holds_in_a_pause() -> None:
    plan = waiting(exit=[{"event": "order"}])
    story = Story(plan).take(event("begun", "10:00")).under(paused(plan))

    story.take(event("order", "12:00"))

    assert story.exits() == [("a", "exited")]


def test_nothing_is_sent_in_a_pause_and_what_waited_is_spread_after_it() -> None:
    plan = plan_of(journey("a", "begun", {"letter": mail()}))
    story = Story(plan).take(event("begun", "10:00"))

    assert next_message_at(story.customer, plan) == at("10:00")
    assert next_message_at(story.customer, paused(plan)) is None
    due = message_due(story.message, resumed(plan))
    assert due is not None
    assert at("15:00") <= due < at("16:00")


def test_an_event_that_was_awaited_in_a_pause_moves_after_it() -> None:
    plan = plan_of(journey("a", "begun", HEAR))
    story = Story(plan).take(event("begun", "10:00")).under(paused(plan))

    story.take(event("click", "12:00", x=1), event("stop", "12:30"), event("click", "12:40"))
    assert story.live.step == "hear"

    story.under(resumed(plan)).take(event("click", "15:00"))
    assert story.live.step == "hear"
    story.due("16:00")
    assert story.exits() == [("a", "yes")]


def test_the_end_of_a_journey_too_waits_for_the_resume() -> None:
    plan = plan_of(journey("a", "begun", HEAR))
    story = Story(plan).take(event("begun", "10:00")).under(paused(plan))

    story.take(event("stop", "12:00")).under(resumed(plan)).due("16:00")

    assert story.exits() == [("a", "finished")]


def test_an_answer_that_comes_in_a_pause_advances_after_it() -> None:
    plan = plan_of(journey("a", "begun", {"letter": mail(on={"sent": "yes"}), "yes": end("yes")}))
    story = Story(plan).take(event("begun", "10:00"))
    story.claim("10:00")

    story.under(paused(plan)).conclude("sent", "12:00")
    assert story.live.step == "letter"
    assert story.live.due_at == at("12:00")

    story.under(resumed(plan)).due("16:00")
    assert story.exits() == [("a", "yes")]


def test_a_wait_that_a_trait_ends_in_a_pause_ends_after_it() -> None:
    steps = {
        "wait": {
            "type": "wait",
            "until": {"date": "profile.day", "if_past": "exit"},
            "next": "letter",
        },
        "letter": mail(),
    }
    plan = plan_of(journey("a", "begun", steps))
    story = Story(plan, day="2026-03-09").take(event("begun", "10:00")).under(paused(plan))

    story.take(identify("12:00", day="2026-03-01"), identify("13:00", day="2026-03-20"))
    assert story.live.due_at == at("12:00")

    story.under(resumed(plan)).due("16:00")
    assert story.exits() == [("a", "past")]


def test_a_wait_that_is_overdue_is_not_put_off_by_a_trait() -> None:
    steps = {"nine": {"type": "wait", "until": {"time": "11:00"}, "next": "go"}, "go": end()}
    plan = plan_of(journey("a", "begun", steps))
    story = Story(plan).take(event("begun", "10:00")).under(paused(plan))

    story.take(identify("12:00", timezone="Europe/Paris"))

    assert story.live.due_at == at("11:00")


def test_the_longest_stay_waits_for_the_resume_too() -> None:
    plan = plan_of(journey("a", "begun", HEAR, max_stay="PT1H"))
    story = Story(plan).take(event("begun", "10:00"))

    story.under(paused(plan)).due("14:00")
    assert expiry_of(story.live, paused(plan)) is None

    story.under(resumed(plan)).due("16:00")
    assert story.exits() == [("a", "expired")]


def test_an_archived_journey_lets_those_inside_finish() -> None:
    plan = waiting()
    for after in (with_status(plan, "a", "archived"), without(plan, "a")):
        story = Story(plan).take(event("begun", "10:00")).under(after)

        story.due("11:00").send("11:00")

        assert story.exits() == [("a", "finished")]


@pytest.mark.parametrize("deleted", [False, True])
def test_an_archived_journey_may_send_those_inside_away_at_once(deleted: bool) -> None:  # noqa: FBT001
    plan = waiting(on_archive="exit")
    after = without(plan, "a") if deleted else with_status(plan, "a", "archived")
    story = Story(plan).take(event("begun", "10:00")).under(after)

    story.due("10:30")

    assert story.exits() == [("a", "archived")]
    assert next_timer(story.customer, after) is None


def test_the_newest_version_says_what_archiving_means() -> None:
    plan = waiting()
    after = with_status(plan, "a", "archived", on_archive="exit")
    story = Story(plan).take(event("begun", "10:00")).under(after)

    story.take(event("anything", "10:30"))

    assert story.exits() == [("a", "archived")]


def test_archiving_cancels_a_held_message() -> None:
    plan = plan_of(journey("a", "begun", {"letter": mail()}, on_archive="exit"))
    story = Story(plan).take(event("begun", "10:00"))

    story.under(without(plan, "a")).due("10:00")

    assert story.settled() == [("letter", "cancelled", "exit archived")]


def test_a_version_that_the_plan_has_lost_is_our_mistake() -> None:
    plan = waiting()
    story = Story(plan).take(event("begun", "10:00"))
    lost = plan_of(journey("b", "begun", {"other": end()}))

    with pytest.raises(CorruptState, match="version 1 of journey a, which plan 1 does not hold"):
        story.under(lost).take(event("anything", "11:00"))
    with pytest.raises(CorruptState):
        next_timer(story.customer, lost)


def test_a_step_that_the_version_does_not_have_is_our_mistake() -> None:
    plan = waiting()
    story = Story(plan).take(event("begun", "10:00"))
    other = plan_of(journey("a", "begun", {"other": end()}))

    story.under(other)
    with pytest.raises(CorruptState, match="is at step wait, which version 1 of journey a"):
        story.take(event("anything", "11:00"))
    with pytest.raises(CorruptState, match="is at step wait, which version 1 of journey a"):
        story.due("23:00")


def test_a_step_that_is_lost_while_its_message_goes_out_is_our_mistake() -> None:
    story = Story(plan_of(journey("a", "begun", {"letter": mail()}))).take(event("begun", "10:00"))
    story.under(plan_of(journey("a", "begun", {"other": end()})))

    with pytest.raises(CorruptState, match="is at step letter, which version 1 of journey a"):
        story.conclude("sent", "10:00")


@pytest.mark.parametrize("rules", [[], [{"where": {"profile.x": 1}, "outcome": "x"}]])
def test_a_life_on_the_virtual_clock_waits_for_what_a_resume_spreads(rules: list[object]) -> None:
    plan = resumed(waiting(exit=rules))
    course = LastingCourse(plan, Customer("ana", at("00:00")))
    Clock(course, Life(course.customer), [event("begun", "10:00")], at("23:00")).run()
    story = Story(plan).take(event("begun", "10:00")).due("23:00")

    (letter,) = course.customer.messages.values() or [item.message for item in course.settled]
    assert letter.requested_at == story.message.requested_at > at("15:00")


def test_a_lost_version_is_our_mistake_for_who_has_left_it_too() -> None:
    steps = {"stop": end()}
    story = Story(plan_of(journey("a", "begun", steps, goal={"event": "bought"})))
    story.take(event("begun", "10:00")).under(plan_of(journey("b", "begun", steps)))

    with pytest.raises(CorruptState, match="version 1 of journey a, which plan 1 does not hold"):
        story.take(event("anything", "11:00"))


def test_a_timer_at_a_step_without_one_is_our_mistake() -> None:
    plan = plan_of(journey("a", "begun", {"letter": mail()}))
    story = Story(plan).take(event("begun", "10:00"))
    broken = replace(story.live, due_at=at("11:00"))
    story.course.customer = replace(story.customer, enrolments={broken.id: broken})

    with pytest.raises(CorruptState, match="has a timer at step letter"):
        story.due("11:00")


def test_timers_are_an_hour_apart_at_most_by_default() -> None:
    assert waiting().current["a"].resume_over == HOUR
