"""Carrying a customer on: events and what falls due, each at its instant."""

from sojourn.core.course.forward import Course, Met
from sojourn.core.state.customer import Customer, Event
from sojourn.core.state.history import NO_HISTORY
from tests.core.engine.given import at, end, event, journey, plan_of
from tests.core.engine.joined import course_of, joining

PLAN = plan_of(
    journey(
        "a",
        {"event": "begun", "reentry": {"mode": "always"}},
        {"wait": {"type": "wait", "for": "PT1H", "next": "go"}, "go": end("went")},
        exit=[{"event": "order", "outcome": "bought"}],
    )
)


def course() -> Course:
    return Course(PLAN, Customer("ana", at("00:00")), NO_HISTORY)


def outcomes(on: Course) -> list[tuple[str | None, int | None]]:
    return [(item.outcome, item.exited_at) for item in on.enrolments.values()]


def test_what_falls_due_between_two_events_is_taken_between_them() -> None:
    on = course()

    on.take_inbox([event("begun", "10:00"), event("order", "11:30")], at("12:00"))

    assert outcomes(on) == [("went", at("11:00"))]


def test_events_come_before_timers_of_their_instant() -> None:
    on = course()

    on.take_inbox([event("begun", "10:00"), event("order", "11:00")], at("11:00"))

    assert outcomes(on) == [("bought", at("11:00"))]


def test_events_are_taken_by_when_they_were_taken_in() -> None:
    on = course()

    on.take_inbox([event("order", "10:30"), event("begun", "10:00")], at("10:45"))

    assert outcomes(on) == [("bought", at("10:30"))]


def test_what_is_due_by_now_is_taken_at_its_own_instant() -> None:
    on = course()

    on.take_inbox([event("begun", "10:00")], at("10:59"))
    assert outcomes(on) == [(None, None)]

    on.take_inbox([], at("15:00"))
    assert outcomes(on) == [("went", at("11:00"))]


def test_an_event_older_than_the_last_decision_is_taken_at_that_instant() -> None:
    on = course()
    on.take_inbox([event("begun", "10:00")], at("12:00"))

    on.take_inbox([event("begun", "10:30")], at("12:01"))

    assert [item.entered_at for item in on.enrolments.values()] == [at("10:00"), at("11:00")]


def test_a_clock_that_lags_takes_nothing_that_is_not_due_by_it() -> None:
    on = course()

    on.take_inbox([event("begun", "10:00")], at("09:00"))

    assert outcomes(on) == [(None, None)]
    assert on.customer.decided_at == at("10:00")


def test_whom_an_event_joins_brings_what_she_had_and_what_came_to_her_later_in_its_turn() -> None:
    on = course()
    link = joining("10:00")

    def meet(by: Course, found: Event) -> Met:
        assert (by, found) == (on, link)
        return Met([course_of(PLAN, event("begun", "09:30"))], later=[event("order", "10:15")])

    on.take_inbox([link, event("begun", "10:20")], at("10:25"), meet)

    assert outcomes(on) == [("bought", at("10:15")), (None, None)]
    assert on.carried_to == at("10:25")
