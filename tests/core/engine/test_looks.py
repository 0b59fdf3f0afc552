"""Segments that let in are looked at again only where their answers may differ."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sojourn.core.course.lasting_course import LastingCourse
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.matching.conditions import holds
from sojourn.core.state.customer import Customer, Event
from sojourn.core.workspace.plan import Plan
from sojourn_cli.simulation.clock import Clock, Life
from tests.core.engine.given import journey, mail, plan_of
from tests.core.engine.worlds import BEGIN, END, SEGMENTS, histories

HOUR = {"event": "a", "within": "PT1H"}
ONE = [
    Event("id", "identify", BEGIN, BEGIN, traits={"email": "ana@example.com"}),
    Event("e0", "a", BEGIN, BEGIN),
]
REFUSES = Event("e1", "b", BEGIN, BEGIN, traits={"consent": {"marketing": False}})
COUNTS = {"did": {"event": "a", "within": "P90D", "count": {"gte": 3}}}


def plan_with(segment: dict[str, Any]) -> Plan:
    """One journey that a segment lets into; it waits, sends, and waits again."""
    steps = {
        "wait": {"type": "wait", "for": "PT50M", "next": "mail"},
        "mail": mail(next="again"),
        "again": {"type": "wait", "for": "PT130M"},
    }
    entry = {"segment": {"id": "s"}, "reentry": {"mode": "always"}}
    always = journey("always", {"event": ["a", "b"], "reentry": {"mode": "always"}}, steps)
    segments = {"s": segment, "other": {"profile.x": 1}}
    return plan_of(journey("let-in", entry, steps), always, segments=segments)


@settings(max_examples=300)
@given(SEGMENTS, histories, st.integers(-200, 200))
@example({"did": HOUR}, ONE, 40)  # its own time comes while she is outside
@example({"did": {**HOUR, "count": 0}}, ONE, 0)  # and leaves the window again
@example({"did": {"event": "message.sent", "within": "PT1H"}}, ONE, 0)
@example({"did": {"event": "message.sent", "count": {"lt": 2}}}, ONE, 0)
@example({"consent.marketing": False}, [*ONE, REFUSES], 0)
def test_after_each_step_she_is_in_the_segment_whose_condition_holds(
    segment: dict[str, Any], events: list[Event], ahead: int
) -> None:
    plan = plan_with(segment)
    if plan.segments_rest_on is None:
        return
    told = [*events[:1], *(_told(event, ahead) for event in events[1:])]
    course = LastingCourse(plan, Customer("ana", BEGIN))
    clock = Clock(course, Life(course.customer), told, END)
    while clock.step():
        now = course.customer.decided_at
        scope = DraftScope(Draft(plan, course.customer, now, course.history, reasons=False))
        assert (course.customer.segments == {"s"}) == holds(plan.segments["s"], scope)


def _told(event: Event, ahead: int) -> Event:
    """The event with an own time that many minutes ahead."""
    at = event.at + ahead * 60_000_000
    return Event(event.id, event.name, at, event.received_at, event.properties, event.traits)


@pytest.mark.parametrize(
    ("segment", "rest_on", "fades"),
    [
        (COUNTS, {"a"}, True),
        ({"did": {"event": ["a", "b"]}}, {"a", "b"}, True),
        ({"did": {"event": "a", "count": 0}}, {"a"}, True),
        ({"did": {"event": "a", "within": "P1D", "count": 0}}, {"a"}, False),
        ({"did": {"event": "a", "within": "P1D", "sum": {"of": "event.n", "lt": 2}}}, {"a"}, False),
        ({"did": {"event": "a", "where": {"event.n": 1}}}, {"a"}, True),
        ({"did": {"event": "a", "where": {"event.day": {"within": "P1D"}}}}, {"a"}, False),
        ({"did": {"event": "a", "where": {"did": {"event": "b"}}}}, {"a", "b"}, False),
        ({"did": {"event": "a", "since": "entry"}}, None, True),
        ({"event.n": 1}, None, True),
        ({"profile.x": 1}, set(), True),
        ({"profile.day": {"within": "P1D"}}, set(), False),
        ({"not": COUNTS}, {"a"}, False),
        ({"all": [COUNTS, {"profile.x": 1}]}, {"a"}, True),
        ({"any": [COUNTS, {"not": {"profile.x": 1}}]}, {"a"}, False),
        ({"segment": "other"}, set(), False),
    ],
)  # fmt: skip
def test_a_plan_knows_on_what_its_segments_rest(
    segment: dict[str, Any],
    rest_on: set[str] | None,
    fades: bool,  # noqa: FBT001 - a column
) -> None:
    plan = plan_with(segment)
    assert plan.segments_rest_on == rest_on
    assert plan.segments_fade == fades


def test_a_segment_that_is_gone_rests_on_nothing() -> None:
    entry = {"segment": {"id": "gone"}}
    plan = plan_of(journey("let-in", entry, {"mail": mail()}))
    assert plan.segments_rest_on == frozenset()
    assert plan.segments_fade
