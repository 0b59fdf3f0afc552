"""The index finds whom an event lets in just as asking every journey would."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.limits import REASONS
from tests.core.engine.given import Story, end, event, identify, journey, plan_of

STOP = {"stop": end()}
WAIT = {"wait": {"type": "wait", "for": "PT1H"}}


def when(where: dict[str, Any], **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - an entry's keys
    return {"event": "asked", "where": where, **rest}


def setting(trait: str, value: object) -> dict[str, Any]:
    return {"set": {"type": "update", "set": {f"profile.{trait}": value}}}


tests = st.one_of(
    st.integers(0, 3),
    st.sampled_from(["a", "b", True]),
    st.lists(st.integers(0, 3), max_size=2),
    st.fixed_dictionaries({"gte": st.integers(0, 3)}),
    st.fixed_dictionaries({"ne": st.sampled_from([1, "a"])}),
    st.fixed_dictionaries({"exists": st.booleans()}),
    st.just({"contains": "a"}),
)
wheres = st.dictionaries(
    st.sampled_from(["event.n", "profile.n", "profile.o.n", "consent.marketing"]), tests, max_size=3
)
values = st.one_of(st.integers(0, 3), st.sampled_from(["a", "b", True, None]))


@settings(max_examples=60)
@given(st.lists(wheres, max_size=8), values, values)
def test_an_event_lets_into_those_whose_where_holds(
    docs: list[dict[str, Any]], given_: object, known: object
) -> None:
    journeys = [journey(f"j{place}", when(doc), WAIT) for place, doc in enumerate(docs)]
    together = Story(plan_of(*journeys)).take(identify("01:00", n=known, o={"n": known}))
    together.take(event("asked", "10:00", n=given_))

    entered = []
    for doc in journeys:
        alone = Story(plan_of(doc)).take(identify("01:00", n=known, o={"n": known}))
        alone.take(event("asked", "10:00", n=given_))
        entered += [item.journey for item in alone.customer.live()]
    assert [item.journey for item in together.customer.live()] == entered
    assert len(together.reasons("not_entered")) == min(len(docs) - len(entered), REASONS)


def test_what_one_entry_changes_lets_in_those_after_it() -> None:
    plan = plan_of(
        journey("a", when({"profile.level": "gold"}), STOP, priority=90),
        journey("b", when({"event.n": 1}), setting("level", "gold"), priority=80),
        journey("c", when({"profile.level": "gold"}), STOP, priority=70),
        journey("d", when({"profile.level": {"exists": False}}), STOP, priority=60),
        journey("e", {"event": "other"}, STOP, priority=50),
    )

    story = Story(plan).take(event("asked", "10:00", n=1))

    assert [item.journey for item in story.course.enrolments.values()] == ["b", "c"]
    assert story.reasons("not_entered") == [
        'profile.level eq "gold": missing',
        'profile.level exists false: "gold"',
    ]


def test_without_reasons_too() -> None:
    plan = plan_of(
        journey("b", when({"event.n": 1}), setting("level", "gold"), priority=80),
        *[journey(f"c{n}", when({"profile.level": n}), STOP) for n in range(REASONS + 5)],
        journey("d", when({"profile.level": "gold"}), STOP, priority=1),
    )
    story = Story(plan)
    story.course.reasons = False

    story.take(event("asked", "10:00", n=1))

    assert [item.journey for item in story.course.enrolments.values()] == ["b", "d"]


def test_a_change_of_the_profile_by_a_wake_up_lets_in_those_after_it() -> None:
    steps: dict[str, Any] = {**WAIT, "set": {"type": "update", "set": {"profile.level": "gold"}}}
    steps["wait"] = {**steps["wait"], "next": "set"}
    plan = plan_of(
        journey("a", "asked", steps),
        journey("b", {"profile": {"level": "gold"}}, STOP),
        journey("c", {"profile": {"level": "silver"}}, STOP),
    )

    story = Story(plan).take(event("asked", "10:00")).due("11:00")

    assert [item.journey for item in story.course.enrolments.values()][-1:] == ["b"]


@pytest.mark.parametrize("extra", [0, 1, 25])
def test_those_passed_over_are_counted_not_asked(extra: int) -> None:
    none = [journey(f"n{n:02}", when({"event.n": n + 10}), STOP) for n in range(REASONS + extra)]
    plan = plan_of(*none, journey("z", when({"event.n": 1}), STOP))

    reasons = Story(plan).take(event("asked", "10:00", n=1)).reasons("not_entered")

    assert reasons[:REASONS] == [f"event.n eq {n + 10}: 1" for n in range(REASONS)]
    assert reasons[REASONS:] == ([f"and {extra} more journeys"] if extra else [])


def test_a_journey_that_an_exit_leads_into_is_not_counted_twice() -> None:
    leaving = {"event": "asked", "enter": "z"}
    plan = plan_of(
        journey("a", "begun", WAIT, exit=[leaving]),
        journey("y", when({"event.n": 5}), STOP),
        journey("z", when({"event.n": 5}), STOP),
    )

    story = Story(plan).take(event("begun", "09:00"), event("asked", "10:00", n=1))

    assert [item.journey for item in story.course.enrolments.values()] == ["a", "z"]
    assert story.reasons("not_entered") == ["event.n eq 5: 1"]


def test_profile_entries_come_before_a_change_made_by_an_entry_in_the_same_stimulus() -> None:
    plan = plan_of(
        journey("a", {"profile": {"n": 1}}, setting("m", 1), priority=90),
        journey("b", {"profile": {"n": {"gte": 1}}, "where": {"profile.m": 1}}, STOP),
    )

    story = Story(plan).take(identify("10:00", n=1))

    assert [item.journey for item in story.course.enrolments.values()] == ["a", "b"]
