"""Histories: what is at hand, and what has to be asked for."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sojourn.core.course.forward import Course
from sojourn.core.errors import HistoryNeeded
from sojourn.core.limits import SEEN_IDS
from sojourn.core.state.customer import Event
from sojourn.core.state.history import (
    BEGINNING,
    ContinuedHistory,
    GrowingHistory,
    History,
    JoinedHistory,
    LoadedHistory,
)
from tests.core.engine.given import Story, at, end, event, journey, plan_of

A = event("a", "10:00")
LATER_A = event("a", "12:00")
LATE_A = event("a", "13:00", "11:00")
B = event("b", "11:30")
EVENTS = [A, LATER_A, LATE_A, B]


def grown(events: list[Event]) -> History:
    history = GrowingHistory()
    history.add(events)
    return history


def continued(events: list[Event]) -> History:
    history = ContinuedHistory(LoadedHistory(events[:2]))
    history.add(events[1:])
    return history


def joined(events: list[Event]) -> History:
    return JoinedHistory([LoadedHistory(events[:2]), LoadedHistory(events[1:])])


@pytest.mark.parametrize("make", [grown, LoadedHistory, continued, joined])
def test_events_come_once_by_name_from_an_own_time_on(
    make: Callable[[list[Event]], History],
) -> None:
    history = make([*EVENTS, A])

    def found(names: list[str] | None, since: int) -> list[Event]:
        return sorted(history.events(names, since), key=lambda item: item.at)

    assert found(["a", "a", "c"], BEGINNING) == [A, LATE_A, LATER_A]
    assert found(["a"], at("11:00")) == [LATE_A, LATER_A]
    assert found(["a"], at("11:00") + 1) == [LATER_A]
    assert found(["a", "b"], at("11:30")) == [B, LATER_A]
    assert found(None, BEGINNING) == [A, LATE_A, B, LATER_A]
    assert found([], BEGINNING) == []


@pytest.mark.parametrize("make", [grown, LoadedHistory, continued, joined])
@pytest.mark.parametrize("names", [["a"], ["a", "a", "b"], ["c"], []])
def test_they_are_counted_as_they_come(
    make: Callable[[list[Event]], History], names: list[str]
) -> None:
    history = make([*EVENTS, A])

    for since in (BEGINNING, at("11:00"), at("11:30")):
        found = history.events(names, since)
        for until in (at("11:30"), at("12:00"), at("20:00")):
            assert history.count(names, since, until) == len(
                [item for item in found if item.at <= until]
            )


@pytest.mark.parametrize("make", [grown, LoadedHistory, continued, joined])
def test_it_is_known_which_events_were_taken(make: Callable[[list[Event]], History]) -> None:
    history = make(EVENTS)

    assert history.holds(A.id, A.at)
    assert history.holds(B.id, B.at)
    assert not history.holds("another", A.at)


@pytest.mark.parametrize("make", [grown, LoadedHistory, continued, joined])
def test_events_that_differ_count_each_though_two_who_are_one_by_now_had_them_under_one_id(
    make: Callable[[list[Event]], History],
) -> None:
    first = event("a", "10:00", id_="m1", n=1)
    others = [replace(first, properties={"n": 2}), replace(first, at=at("09:00"))]
    twin = replace(first, received_at=at("14:00"))
    history = make([first, *others, twin])

    assert len(history.events(["a"], BEGINNING)) == 3
    assert history.count(["a"], at("10:00"), at("10:00")) == 2
    assert history.holds("m1", at("09:00"))
    assert not history.holds("m1", at("11:00"))


def test_what_is_not_at_hand_has_to_be_loaded() -> None:
    history = LoadedHistory([B], since=at("11:00"))

    assert list(history.events(["b"], at("11:00"))) == [B]
    with pytest.raises(HistoryNeeded):
        history.count(["b"], at("11:00") - 1, at("12:00"))
    assert history.holds(B.id, at("11:30"))
    with pytest.raises(HistoryNeeded, match=f"since {at('10:59')} is needed") as needed:
        list(history.events(["b"], at("10:59")))
    assert needed.value.since == at("10:59")
    with pytest.raises(HistoryNeeded):
        history.holds(A.id, A.at)


def test_a_course_asks_for_history_only_when_a_condition_is_reached() -> None:
    did = {"did": {"event": "order", "within": "P7D"}}
    where = {"event.ask": True, **did}
    plan = plan_of(journey("a", {"event": "asked", "where": where}, {"stop": end()}))
    nothing = LoadedHistory([], since=1 << 62)
    story = Story(plan, nothing).take(event("asked", "10:00"))

    with pytest.raises(HistoryNeeded) as needed:
        story.take(event("asked", "11:00", ask=True))
    assert needed.value.since == at("11:00") - at("7 00:00") + at("00:00") - 2 * 86_400_000_000 + 1

    story.course.history = LoadedHistory([event("order", "08:00")], needed.value.since)
    story.take(event("asked", "11:00", ask=True))
    assert story.outcomes() == ["finished"]


def test_events_of_the_course_are_at_hand_beside_what_was_loaded() -> None:
    where = {"did": {"event": "order", "count": 2}}
    plan = plan_of(journey("a", {"event": "asked", "where": where}, {"stop": end()}))
    order = event("order", "09:00")
    story = Story(plan, LoadedHistory([event("order", "08:00"), order]))

    story.take(order, event("asked", "10:00"))

    assert story.outcomes() == ["finished"]
    assert isinstance(story.course, Course)


def test_a_duplicate_is_ignored_also_long_after() -> None:
    plan = plan_of(journey("a", {"event": "asked", "reentry": {"mode": "always"}}, {"stop": end()}))
    story = Story(plan)
    first = event("asked", "01:00", id_="first")
    story.take(first)
    for n in range(SEEN_IDS):
        story.course.take(event("asked", "02:00", n=n), at("02:00"))
    before = story.outcomes()

    story.take(event("asked", "03:00", "01:00", id_="first"))
    assert story.outcomes() == before
    assert story.reasons("duplicate") == ["messageId first was taken before"]

    story.take(event("asked", "03:00", "01:00", id_="another"), event("asked", "04:00"))
    assert len(story.outcomes()) == len(before) + 2


def test_of_old_ids_only_late_events_are_looked_up() -> None:
    story = Story(plan_of(), LoadedHistory([], since=1 << 62))
    for n in range(SEEN_IDS + 2):
        own = at("02:00") + n
        story.course.take(replace(event("asked", "02:00", n=n), at=own), own)

    story.take(event("asked", "03:00"))
    with pytest.raises(HistoryNeeded):
        story.take(event("asked", "04:00", "02:00"))
