"""When waits end, at the edges of calendars and of what a date can be."""

import pytest

from sojourn.core.values.instants import format_instant
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import Loose, Story, end, event, identify, journey, plan_of


def waiting(until: Loose, **rest: Loose) -> Plan:
    steps = {"wait": {"type": "wait", "until": until, **rest, "next": "go"}, "go": end("went")}
    return plan_of(journey("a", "begun", steps, max_stay="P36500D"))


def due(plan: Plan, zone: str = "UTC", **properties: Loose) -> str | None:
    story = Story(plan, timezone=zone).take(event("begun", "10:00", **properties))
    assert story.outcomes() in (["went"], ["past"], [None])
    if story.outcomes() != [None]:
        return story.outcomes()[0]
    at = story.live.due_at
    return None if at is None else format_instant(at)


DAY = {"date": "event.day", "if_past": "exit"}


@pytest.mark.parametrize(
    ("until", "day", "expected"),
    [
        (DAY, "2026-03-05", "2026-03-05T00:00:00Z"),
        (DAY, "2026-03-05T12:30:00+02:00", "2026-03-05T10:30:00Z"),
        (DAY, "2026-03-02", "past"),
        (DAY, "2026-03-02T10:00:00Z", "went"),
        (DAY, "2026-03-02T09:59:59.999999Z", "past"),
        (DAY, "someday", "past"),
        (DAY, None, "past"),
        (DAY, 20260305, "past"),
        (DAY, {"day": "2026-03-05"}, "past"),
        ({**DAY, "time": "09:00"}, "2026-03-05T12:30:00Z", "2026-03-05T09:00:00Z"),
        ({**DAY, "offset": "P1D"}, "2026-03-05", "2026-03-06T00:00:00Z"),
        ({**DAY, "offset": "P1DT6H"}, "2026-03-05", "2026-03-06T06:00:00Z"),
        ({**DAY, "offset": "P1DT6H", "time": "05:00"}, "2026-03-05", "2026-03-06T05:00:00Z"),
        ({**DAY, "offset": "-P1D"}, "2026-03-05T12:00:00Z", "2026-03-04T12:00:00Z"),
        ({**DAY, "offset": "-P3D"}, "2026-03-05T12:00:00Z", "2026-03-02T12:00:00Z"),
        ({**DAY, "offset": "-P4D"}, "2026-03-05T12:00:00Z", "past"),
        (DAY, "9999-12-31", "9999-12-31T00:00:00Z"),
        ({**DAY, "offset": "P36500D"}, "9999-12-31", "9999-12-31T00:00:00Z"),
        ({**DAY, "offset": "P36500D"}, "9999-12-31T23:00:00Z", "9999-12-31T23:59:59.999999Z"),
        (DAY, "0001-01-01", "past"),
        ({**DAY, "offset": "-P36500D"}, "0001-01-01", "past"),
        ({"date": "2026-03-05"}, None, "2026-03-05T00:00:00Z"),
        ({"date": "2026-03-05T08:00:00Z"}, None, "2026-03-05T08:00:00Z"),
        ({"date": "2026-03-01"}, None, "went"),
    ],
)
def test_until_a_date(until: Loose, day: Loose, expected: str) -> None:
    assert due(waiting(until), day=day) == expected


def test_the_day_of_a_date_begins_in_the_customers_zone() -> None:
    assert due(waiting(DAY), "Asia/Tokyo", day="2026-03-05") == "2026-03-04T15:00:00Z"
    assert due(waiting(DAY), "America/New_York", day="2026-03-05") == "2026-03-05T05:00:00Z"


def test_an_instants_day_is_its_day_in_the_customers_zone() -> None:
    until = {**DAY, "time": "09:00"}

    assert due(waiting(until), "Asia/Tokyo", day="2026-03-05T20:00:00Z") == "2026-03-06T00:00:00Z"


def test_for_comes_before_the_date() -> None:
    plan = waiting(DAY, **{"for": "P2D"})

    assert due(plan, day="2026-03-05") == "2026-03-05T00:00:00Z"
    story = Story(plan).take(event("begun", "10:00", day="2026-03-03"))
    assert story.due("4 09:59").outcomes() == [None]
    assert story.due("4 10:00").outcomes() == ["past"]


def test_a_date_not_before_the_end_of_for_is_not_past() -> None:
    story = Story(waiting(DAY, **{"for": "P2D"}))

    story.take(event("begun", "10:00", day="2026-03-04T10:00:00Z"))

    assert story.due("4 10:00").outcomes() == ["went"]


def test_a_timer_that_fires_late_was_not_past() -> None:
    story = Story(waiting(DAY)).take(event("begun", "10:00", day="2026-03-05"))

    assert story.wake("9 10:00").outcomes() == ["went"]


def test_a_changed_trait_moves_the_date_and_the_duration_stays() -> None:
    plan = waiting({"date": "profile.day", "if_past": "exit"}, **{"for": "P2D"})
    story = Story(plan, day="2026-03-10").take(event("begun", "10:00"))

    story.take(identify("3 10:00", day="2026-03-03"))
    assert story.outcomes() == [None]

    story.take(identify("3 11:00", day="2026-03-20"), identify("3 12:00", day="2026-03-04"))
    assert story.due("4 10:00").outcomes() == ["past"]


@pytest.mark.parametrize(("if_past", "outcome"), [("continue", "went"), ("exit", "past")])
def test_a_date_that_a_changed_trait_moves_into_the_past_is_over_at_once(
    if_past: str, outcome: str
) -> None:
    plan = waiting({"date": "profile.birthday", "if_past": if_past})
    story = Story(plan, birthday="2026-03-20").take(event("begun", "10:00"))

    story.take(identify("11:00", birthday="2026-01-01"))

    assert story.outcomes() == [outcome]


def test_a_date_that_came_back_in_time_is_not_past() -> None:
    plan = waiting({"date": "profile.day", "if_past": "exit"}, **{"for": "P2D"})
    story = Story(plan, day="2026-03-01").take(event("begun", "10:00"))

    story.take(identify("3 10:00", day="2026-03-10"))

    assert story.due("10 00:00").outcomes() == ["went"]


def test_a_date_that_was_moved_to_this_instant_ends_the_wait_at_once() -> None:
    story = Story(waiting({"date": "profile.day"}), day="2026-03-10").take(event("begun", "10:00"))

    story.take(identify("3 10:00", day="2026-03-03T10:00:00Z"))

    assert story.outcomes() == ["went"]


def test_a_waits_duration_alone_is_not_computed_again() -> None:
    steps = {"wait": {"type": "wait", "for": "PT1H", "next": "go"}, "go": end("went")}
    story = Story(plan_of(journey("a", "begun", steps))).take(event("begun", "10:00"))

    story.take(identify("10:30", timezone="Asia/Tokyo"))

    assert story.due("11:00").outcomes() == ["went"]


def test_an_event_that_changes_nothing_computes_nothing_again() -> None:
    story = Story(waiting({"time": "09:00"})).take(event("begun", "10:00"))
    before = [record.what for record in story.records].count("waiting")

    story.take(event("other", "11:00"), identify("12:00", city="Rome"))

    assert [record.what for record in story.records].count("waiting") == before


def test_the_events_date_stays_when_the_zone_changes() -> None:
    story = Story(waiting({**DAY, "time": "09:00"})).take(event("begun", "10:00", day="2026-03-05"))

    story.take(identify("11:00", timezone="America/New_York"))

    assert story.live.due_at is not None
    assert format_instant(story.live.due_at) == "2026-03-05T14:00:00Z"


def test_a_date_in_an_event_that_is_not_text_is_no_date_later_either() -> None:
    story = Story(waiting({**DAY, "if_past": "continue"}, **{"for": "P1D"}))

    story.take(event("begun", "10:00", day=7), identify("11:00", timezone="America/New_York"))

    assert story.due("3 10:00").outcomes() == ["went"]


def test_a_wait_for_of_no_time_at_all_ends_with_the_instant() -> None:
    hear = {"type": "wait_for", "any": [{"event": "x"}], "timeout": "PT0S", "on_timeout": "look"}
    look = {
        "type": "branch",
        "branches": [{"where": {"event.n": 1}, "next": "here"}],
        "else": "gone",
    }
    steps = {"hear": hear, "look": look, "here": end("here"), "gone": end("gone")}

    story = Story(plan_of(journey("a", "begun", steps))).take(event("begun", "10:00", n=1))

    assert story.live.step == "hear"
    assert story.due("2 10:00").outcomes() == ["gone"]


def test_a_timeout_without_a_way_of_its_own_takes_the_next_one() -> None:
    hear = {"type": "wait_for", "any": [{"event": "x"}], "timeout": "PT1H", "next": "go"}
    plan = plan_of(journey("a", "begun", {"hear": hear, "go": end("went")}))

    assert Story(plan).take(event("begun", "10:00")).due("11:00").outcomes() == ["went"]


def test_who_waits_without_a_timer_is_not_moved_by_anothers() -> None:
    hear = {"type": "wait_for", "any": [{"event": "x"}]}
    nap = {"type": "wait", "for": "PT1H"}
    plan = plan_of(journey("a", "begun", {"hear": hear}), journey("b", "begun", {"nap": nap}))

    assert Story(plan).take(event("begun", "10:00")).due("11:00").outcomes() == [None, "finished"]


@pytest.mark.parametrize(
    ("traits", "outcome"),
    [
        ({"day": "2026-03-05"}, None),
        ({"day": "2026-03-02T11:00:00Z"}, "went"),
        ({"day": "2026-03-01"}, "past"),
        ({"other": 1}, "past"),
        ({"timezone": "Asia/Tokyo"}, "past"),
    ],
)
@pytest.mark.parametrize("when", ["10:30", "11:00"])
def test_a_date_that_comes_with_the_end_of_a_wait_is_not_too_late(
    when: str, traits: dict[str, Loose], outcome: str | None
) -> None:
    plan = waiting({"date": "profile.day", "if_past": "exit"}, **{"for": "PT1H"})
    story = Story(plan).take(event("begun", "10:00")).take(identify(when, **traits))

    assert story.outcomes() == [None], "events come before what falls due"
    if outcome is not None:
        story.due("11:00")
    assert story.outcomes() == [outcome]
