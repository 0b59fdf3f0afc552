"""Who enters, and the reasons why others do not."""

from typing import Any

import pytest

from sojourn.core.course.forward import Course
from sojourn.core.course.lasting_course import LastingCourse
from sojourn.core.engine.entry_keys import entry_key
from sojourn.core.limits import (
    CHAIN_LINKS,
    ENROLMENTS,
    ENTRY_KEYS,
    ENTRY_KEYS_BYTES,
    FOLLOWED,
    KEY_BYTES,
    REASONS,
    SEGMENT_DEPTH,
)
from sojourn.core.state.customer import Customer
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.values.exact import loads
from tests.core.engine.given import Story, at, end, event, identify, journey, plan_of, with_status

STOP = {"stop": end()}
WAIT = {"wait": {"type": "wait", "for": "P9D"}}
ALWAYS = {"mode": "always"}


def refusals(entry: dict[str, Any], *others: dict[str, Any], **rest: object) -> list[str | None]:
    """Reasons for which a second event of the hour after does not enter."""
    plan = plan_of(journey("a", {"event": "asked", **entry}, WAIT, **rest), *others)
    return Story(plan).take(event("asked", "10:00"), event("asked", "11:00")).reasons("not_entered")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({}, "reentry after_exit: still in it"),
        ({"reentry": {"mode": "never"}}, "reentry never: entered before"),
        ({"reentry": {**ALWAYS, "max": 1}}, "reentry max 1: entered 1 times"),
        (
            {"reentry": {**ALWAYS, "every": "P1D"}},
            "reentry every: open again at 2026-03-03T10:00:00Z",
        ),
        ({"until": "2026-03-02T11:00:00Z"}, "entry closed at 2026-03-02T11:00:00Z"),
        (
            {"where": {"customer.id": "ana", "did": {"event": "asked", "count": 1}}},
            "did asked (count eq 1): 2 times",
        ),
    ],
)
def test_why_not(entry: dict[str, Any], reason: str) -> None:
    assert refusals(entry) == [reason]


def test_before_entry_opens() -> None:
    opens = {"event": "asked", "after": "2026-03-02T10:00:00.000001Z"}
    story = Story(plan_of(journey("a", opens, STOP)))

    story.take(event("asked", "10:00"))

    assert story.reasons("not_entered") == ["entry opens at 2026-03-02T10:00:00.000001Z"]


def test_reasons_are_bounded_and_the_rest_is_counted() -> None:
    never = {"event": "asked", "where": {"event.no": 1}}
    story = Story(plan_of(*(journey(f"j{n}", never, STOP) for n in range(REASONS + 3))))

    story.take(event("asked", "10:00"))

    reasons = story.reasons("not_entered")
    assert len(reasons) == REASONS + 1
    assert reasons[-1] == "and 3 more journeys"


def test_without_reasons_nothing_is_recorded_and_the_same_is_decided() -> None:
    plan = plan_of(
        journey("a", {"event": "asked", "where": {"event.no": 1}}, STOP),
        journey("b", "asked", {"wait": {"type": "wait", "for": "PT1H"}}),
    )
    told, quiet = Story(plan), Story(plan)
    quiet.course.reasons = False

    told.take(event("asked", "10:00")).due("11:00")
    quiet.take(event("asked", "10:00")).due("11:00")

    assert told.customer == quiet.customer
    assert [record.what for record in quiet.records if record.at > at("00:00")] == []


def test_live_enrolments_are_bounded() -> None:
    plan = plan_of(journey("a", {"event": "asked", "reentry": ALWAYS}, WAIT))
    story = Story(plan)
    for n in range(ENROLMENTS + 1):
        story.course.take(event("asked", "10:00", n=n), at("10:00"))

    assert len(story.customer.live()) == ENROLMENTS
    assert story.reasons("not_entered") == [f"limit: {ENROLMENTS} live enrolments"]


def test_entry_counts_are_bounded_and_the_oldest_is_forgotten() -> None:
    once = {"event": "asked", "key": "event.n", "reentry": {"mode": "never"}}
    story = Story(plan_of(journey("a", once, STOP)))
    for n in range(ENTRY_KEYS + 1):
        story.course.take(event("asked", "10:00", n=n), at("10:00"))

    assert len(story.customer.entries) == ENTRY_KEYS
    story.take(event("asked", "11:00", n=0), event("asked", "11:00", n=2))
    assert len(story.course.enrolments) == ENTRY_KEYS + 2
    assert story.reasons("not_entered") == ["reentry never: entered before"]


def test_the_keys_that_are_counted_are_bounded_in_size_too() -> None:
    once = {"event": "asked", "key": "event.n", "reentry": {"mode": "never"}}
    story = Story(plan_of(journey("a", once, STOP)))
    keys = [f"{n:04}" + "k" * (KEY_BYTES - 6) for n in range(ENTRY_KEYS_BYTES // KEY_BYTES + 1)]
    for n in (keys[0], "short", *keys[1:]):
        story.course.take(event("asked", "10:00", n=n), at("10:00"))

    known = [loads(text) for _, text in story.customer.entries]
    assert known == keys[1:]


def test_a_key_that_is_too_long_does_not_enter() -> None:
    plan = plan_of(journey("a", {"event": "asked", "key": "event.n"}, WAIT))
    most = KEY_BYTES - len('""')
    story = Story(plan).take(
        event("asked", "10:00", n="ü" * (most // 2)), event("asked", "10:01", n="x" * (most + 1))
    )

    assert [item.key for item in story.customer.live()] == ["ü" * (most // 2)]
    assert story.reasons("not_entered") == [f"limit: a key of {KEY_BYTES + 1} bytes"]


def test_a_key_without_rules_that_count_leaves_no_trace() -> None:
    plan = plan_of(journey("a", {"event": "asked", "key": "event.n"}, STOP))

    assert Story(plan).take(event("asked", "10:00", n=1)).customer.entries == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("100", "1e2"),
        ("0.5", "0.50"),
        ('{"a": 1, "b": [2.0]}', '{"b": [2], "a": 1.00}'),
        ("null", "null"),
    ],
)
def test_equal_keys_are_one_key(one: str, other: str) -> None:
    assert entry_key("a", loads(one)) == entry_key("a", loads(other))


@pytest.mark.parametrize(
    ("one", "other"), [("1", '"1"'), ("1", "true"), ("[1]", "1"), ("0", "null")]
)
def test_different_keys_are_different(one: str, other: str) -> None:
    assert entry_key("a", loads(one)) != entry_key("a", loads(other))


@pytest.mark.parametrize("key", ["event.n", "entry.n"])
def test_who_is_entered_by_a_step_has_the_key_it_was_given(key: str) -> None:
    enter = {"in": {"type": "enter", "journey": "b", "with": {"n": {"from": "event.m"}}}}
    plan = plan_of(journey("a", "asked", enter), journey("b", {"event": "never", "key": key}, WAIT))

    assert Story(plan).take(event("asked", "10:00", m=7)).live.key == 7


def test_a_key_may_be_a_trait() -> None:
    plan = plan_of(journey("a", {"event": "asked", "key": "profile.city"}, WAIT))

    assert Story(plan, city="Rome").take(event("asked", "10:00")).live.key == "Rome"


def test_who_is_entered_by_the_event_at_hand_began_with_it() -> None:
    enter = {"in": {"type": "enter", "journey": "b"}}
    later = {"nap": {"type": "wait", "for": "PT1H", "next": "in"}, **enter}
    hear = {"hear": {"type": "wait_for", "any": [{"event": "asked"}]}}
    plan = plan_of(
        journey("a", "asked", enter), journey("b", "never", hear), journey("c", "said", later)
    )
    story = Story(plan).take(event("asked", "10:00", "09:00", id_="m"))
    assert (story.live.begun_at, story.live.entry_event) == (at("09:00"), "m")

    story = Story(plan).take(event("said", "10:00", "09:00")).due("11:00")
    assert (story.live.begun_at, story.live.entry_event) == (at("11:00"), "")


def test_an_exit_rule_leads_into_another_journey() -> None:
    leaving = {"event": "bought", "enter": "b"}
    plan = plan_of(journey("a", "asked", WAIT, exit=[leaving]), journey("b", "never", WAIT))
    story = Story(plan).take(event("asked", "10:00")).take(event("bought", "10:30", id_="m"))

    assert (story.live.journey, story.live.entry_event) == ("b", "m")
    assert story.live.begun_at == at("10:30")


@pytest.mark.parametrize(("status", "inside"), [("live", ["b"]), ("archived", [])])
def test_an_exit_rule_that_an_overtaking_event_meets_leads_into_another_journey(
    status: str, inside: list[str]
) -> None:
    leaving = {"event": "bought", "enter": "b"}
    other = journey("b", "never", WAIT, status=status)
    plan = plan_of(journey("a", "asked", WAIT, exit=[leaving]), other)
    overtaking, overtaken = event("bought", "10:00", "09:30"), event("asked", "10:01", "09:00")
    story = Story(plan).take(overtaking).take(overtaken)

    assert [journey for journey, _ in story.exits()] == ["a"]
    assert [enrolment.journey for enrolment in story.customer.live()] == inside


def test_a_segment_that_is_left_begins_once_and_again_after_she_came_back() -> None:
    plan = plan_of(
        journey("in", {"segment": {"id": "s"}, "reentry": ALWAYS}, STOP),
        journey("out", {"segment": {"id": "s", "on": "leave"}, "reentry": ALWAYS}, STOP),
        segments={"s": {"profile.x": 1}},
    )
    story = Story(plan)

    for n, x in enumerate([0, 1, 1, 0, 0, 1]):
        story.take(identify(f"1{n}:00", x=x))

    assert [name for name, _ in story.exits()] == ["in", "out", "in"]


def test_a_segment_is_looked_at_through_a_pause() -> None:
    plan = plan_of(
        journey("in", {"segment": {"id": "s"}, "reentry": ALWAYS}, STOP),
        segments={"s": {"profile.x": 1}},
    )
    paused = with_status(plan, "in", "paused")
    story = Story(paused).take(identify("10:00", x=1)).under(plan).take(event("any", "11:00"))

    assert story.outcomes() == []
    assert story.reasons("not_entered") == ["journey is paused"]


def test_membership_of_a_segment_nobody_asks_about_now_is_kept() -> None:
    asked = journey("in", {"segment": {"id": "s"}, "reentry": ALWAYS}, STOP)
    other = journey("other", {"segment": {"id": "t"}}, STOP)
    segments = {"s": {"profile.x": 1}, "t": {"profile.y": 1}}
    story = Story(plan_of(asked, segments=segments)).take(identify("10:00", x=1))

    story.under(plan_of(other, segments=segments)).take(identify("11:00", y=1))
    assert story.customer.segments == {"s", "t"}

    story.under(plan_of(asked, segments=segments)).take(event("any", "12:00"))
    assert [name for name, _ in story.exits()] == ["in", "other"]


def test_nobody_is_in_a_segment_that_is_not_there() -> None:
    plan = plan_of(journey("in", {"segment": {"id": "gone"}}, STOP))

    assert Story(plan).take(event("any", "10:00")).outcomes() == []


def test_ended_enrolments_are_followed_for_their_goal_a_week_past_its_window() -> None:
    goal = {"event": "order", "within": "P1D"}
    plan = plan_of(journey("a", {"event": "asked", "reentry": ALWAYS}, STOP, goal=goal))
    story = Story(plan).take(event("asked", "10:00"))

    story.take(event("other", "10 09:59"))
    assert len(story.customer.enrolments) == 1
    story.take(event("other", "10 10:00"))
    assert story.customer.enrolments == {}


def test_a_goal_reached_is_followed_no_more() -> None:
    plan = plan_of(journey("a", "asked", STOP, goal={"event": "order"}))
    story = Story(plan).take(event("asked", "10:00"))
    assert len(story.customer.enrolments) == 1

    assert story.take(event("order", "11:00")).customer.enrolments == {}


def test_the_newest_ended_enrolments_are_followed() -> None:
    plan = plan_of(
        journey("a", {"event": "asked", "reentry": ALWAYS}, STOP, goal={"event": "order"})
    )
    customer = Customer("ana", at("09:00"))
    for course in (Course(plan, customer, NO_HISTORY), LastingCourse(plan, customer)):
        for n in range(FOLLOWED + 2):
            course.take(event("asked", "10:00", n=n), at("10:00"))

        numbers = [item.number for item in course.customer.enrolments.values()]
        assert numbers == list(range(3, FOLLOWED + 3))


def test_a_goal_asks_its_where_and_its_match() -> None:
    goal = {
        "event": "order",
        "where": {"event.total": {"gte": 10}},
        "match": {"event.cart": "entry.cart"},
    }
    plan = plan_of(journey("a", "asked", WAIT, goal=goal))
    story = Story(plan).take(event("asked", "10:00", cart=1))

    story.take(
        event("other", "11:00", cart=1, total=10),
        event("order", "11:00", cart=1, total=9),
        event("order", "11:01", cart=2, total=10),
    )
    assert story.live.converted_at is None

    story.take(event("order", "11:02", cart=1, total=10), event("order", "11:03", cart=1, total=99))
    assert story.live.converted_at == at("11:02")


def test_a_goal_that_exits_counts_for_who_has_left_too() -> None:
    plan = plan_of(journey("a", "asked", STOP, goal={"event": "order", "exit": True}))
    story = Story(plan).take(event("asked", "10:00"), event("order", "11:00"))

    (enrolment,) = story.course.enrolments.values()
    assert (enrolment.outcome, enrolment.converted_at) == ("finished", at("11:00"))


def test_rules_without_event_see_the_entering_event_and_no_late_one() -> None:
    gone = [{"where": {"event.leave": True}, "outcome": "gone"}]
    plan = plan_of(journey("a", {"event": "asked", "reentry": ALWAYS}, WAIT, exit=gone))

    assert Story(plan).take(event("asked", "10:00", leave=True)).outcomes() == ["gone"]
    story = Story(plan).take(event("asked", "10:00"))
    assert story.take(event("other", "11:00", "09:00", leave=True)).outcomes() == [None]
    assert story.take(event("other", "11:00", leave=True)).outcomes() == ["gone"]


def test_the_entering_event_fires_no_rule_that_names_it() -> None:
    plan = plan_of(
        journey("a", "asked", WAIT, exit=[{"event": "asked"}], goal={"event": "asked"}),
    )
    story = Story(plan).take(event("asked", "10:00"))
    assert (story.outcomes(), story.live.converted_at) == ([None], None)

    story.take(event("asked", "11:00"))
    assert story.outcomes() == ["exited", None]


def test_events_that_overtook_are_examined_in_their_own_order() -> None:
    rules = [{"event": "left", "outcome": "left"}, {"event": "order", "outcome": "bought"}]
    plan = plan_of(
        journey("a", "asked", WAIT, exit=rules, goal={"event": ["order", "praise"]}),
    )
    story = Story(plan).take(
        event("left", "10:00", "09:20"),
        event("order", "10:01", "09:10"),
        event("praise", "10:02", "09:05"),
        event("asked", "10:03", "09:00"),
    )

    (enrolment,) = story.course.enrolments.values()
    assert (enrolment.outcome, enrolment.converted_at) == ("bought", at("10:03"))


@pytest.mark.parametrize("also", [[], [{"event": "paid"}]])
def test_a_rule_without_event_sees_the_entering_event_and_none_that_overtook(
    also: list[dict[str, Any]],
) -> None:
    rules = [{"where": {"event.n": 2}, "outcome": "wrong"}, *also]
    story = Story(plan_of(journey("a", "asked", WAIT, exit=rules)))

    story.take(event("paid", "09:59", "09:58", n=2), event("asked", "10:00", "09:57", n=1))

    assert story.outcomes() == ["exited" if also else None]


@pytest.mark.parametrize("names", [("bought", "paid"), ("paid", "bought")])
def test_of_events_that_overtook_with_one_own_time_the_first_to_come_is_the_first(
    names: tuple[str, str],
) -> None:
    rules = [{"event": name, "outcome": name} for name in names]
    story = Story(plan_of(journey("a", "asked", WAIT, exit=rules)))

    story.take(event("paid", "09:59", "09:58"), event("bought", "10:00", "09:58"))
    story.take(event("asked", "10:01", "09:57"))

    assert story.outcomes() == ["paid"]


def test_a_chain_of_journeys_ends_in_a_condition_as_deep_as_any() -> None:
    """Python nests a thousand calls: each link of the chain takes none of them."""
    last, deepest = CHAIN_LINKS - 1, SEGMENT_DEPTH - 1
    links = [
        journey(f"j{number}", f"e{number}", {"on": {"type": "enter", "journey": f"j{number + 1}"}})
        for number in range(last)
    ]
    step = {"type": "branch", "branches": [{"where": {"segment": "s0"}, "next": "in"}], "else": "o"}
    ends = {"in": end("inside"), "o": end("outside")}
    segments: dict[str, Any] = {f"s{deepest}": {"profile.x": {"exists": False}}}
    segments |= {
        f"s{number}": {"all": [{"segment": f"s{number + 1}"}]} for number in range(deepest)
    }
    plan = plan_of(*links, journey(f"j{last}", "never", {"b": step, **ends}), segments=segments)

    story = Story(plan).take(event("e0", "10:00"))
    assert story.outcomes() == ["finished"] * last + ["inside"]
