"""When things fall due: timers, the longest stay, messages; and what a pause does to them."""

from dataclasses import replace
from typing import Any

import pytest

from sojourn.core.engine.timers import (
    LEASE,
    due_of,
    ends_by_archive,
    expires_at,
    expiry_of,
    is_paused,
    journey_of,
    message_due,
    next_message_at,
    next_timer,
)
from sojourn.core.errors import CorruptState
from sojourn.core.state.customer import Customer
from sojourn.core.values.instants import DAY, HOUR, Instant
from sojourn.core.workspace.plan import Plan
from tests.core.nouns import MONDAY, customer, enrolment, message
from tests.core.plans import plan

PAUSE: dict[str, Any] = {"resumed_at": MONDAY + DAY, "resume_over": "PT2H"}


def without_journey(some_plan: Plan) -> Plan:
    """The plan after the journey's file was deleted: who is inside stays on its version."""
    return replace(some_plan, current={})


def due(due_at: Instant | None, **journey: Any) -> Instant | None:  # noqa: ANN401 - keys of one
    return due_of(enrolment(due_at=due_at), plan(**journey))


def test_a_timer_fires_when_it_says() -> None:
    assert due(MONDAY) == MONDAY
    assert due(None) is None
    assert due_of(enrolment(due_at=MONDAY), without_journey(plan())) == MONDAY


def test_a_paused_journey_has_no_timer() -> None:
    paused = plan(status="paused")
    assert is_paused("j", paused)
    assert not is_paused("j", plan())
    assert not is_paused("gone", paused)
    assert due_of(enrolment(due_at=MONDAY), paused) is None
    assert expiry_of(enrolment(), paused) is None


def test_what_fell_due_before_a_resume_is_spread_after_it() -> None:
    resumed_at, some_plan = MONDAY + DAY, plan(**PAUSE)
    assert due(resumed_at, **PAUSE) == resumed_at
    assert due(resumed_at + HOUR, **PAUSE) == resumed_at + HOUR
    spread = [
        due_of(replace(enrolment(due_at=MONDAY + HOUR), id=f"e{number}"), some_plan)
        for number in range(200)
    ]
    assert all(at is not None and 0 <= at - resumed_at < 2 * HOUR for at in spread)
    # Evenly: half of them in the first hour, within five standard deviations.
    assert 65 <= sum(at is not None and at < resumed_at + HOUR for at in spread) <= 135
    assert due(MONDAY, **PAUSE) == due(MONDAY, **PAUSE)


def test_an_enrolment_stays_at_most_its_longest() -> None:
    assert expires_at(enrolment(), plan().versions["j", 1]) == MONDAY + 365 * DAY
    assert expiry_of(enrolment(), plan(max_stay="P3D")) == MONDAY + 3 * DAY


def test_archived_journeys_let_finish_or_end() -> None:
    for status, on_archive, ended in (
        ("archived", "exit", True),
        ("archived", "finish", False),
        ("live", "exit", False),
    ):
        some_plan = plan(status=status, on_archive=on_archive)
        journey = some_plan.versions["j", 1]
        assert ends_by_archive(journey, some_plan) is ended
        assert ends_by_archive(journey, without_journey(some_plan)) is (on_archive == "exit")
        inside = replace(customer(), enrolments={"e1": enrolment()})
        assert next_timer(inside, some_plan) == (MONDAY if ended else MONDAY + 365 * DAY)


def test_who_leaves_by_an_archive_does_so_when_it_is_archived() -> None:
    inside = replace(customer(), enrolments={"e1": enrolment()})
    archived_at = MONDAY + HOUR
    some_plan = plan(status="archived", on_archive="exit", archived_at=archived_at)
    assert next_timer(inside, some_plan) == archived_at
    assert next_timer(inside, plan(status="live", archived_at=archived_at)) == MONDAY + 365 * DAY


def test_a_plan_that_lost_a_version_is_corrupt() -> None:
    assert journey_of(enrolment(), plan()).id == "j"
    with pytest.raises(CorruptState, match="version 7 of journey j, which plan 1 does not hold"):
        journey_of(replace(enrolment(), version=7), plan())


def with_enrolments(*due_at: Instant | None) -> Customer:
    inside = {
        f"e{number}": replace(enrolment(due_at=at), id=f"e{number}")
        for number, at in enumerate(due_at)
    }
    return replace(customer(), enrolments=inside)


def test_the_next_timer_is_the_earliest() -> None:
    assert next_timer(customer(), plan()) is None
    assert next_timer(with_enrolments(MONDAY + DAY, MONDAY + HOUR), plan()) == MONDAY + HOUR
    assert next_timer(with_enrolments(None), plan()) == MONDAY + 365 * DAY
    assert next_timer(with_enrolments(MONDAY), plan(status="paused")) is None
    ended = replace(enrolment(due_at=MONDAY), exited_at=MONDAY)
    assert next_timer(replace(customer(), enrolments={"e1": ended}), plan()) is None


def test_a_stay_that_ends_after_a_resume_ends_then_whatever_is_still_to_come() -> None:
    """What was overdue at the resume is spread: some of it to after the end of the stay."""
    ends_at = MONDAY + DAY + HOUR
    some_plan = plan(**PAUSE, max_stay="PT25H")
    seen = set()
    for number in range(20):
        own = replace(enrolment(due_at=MONDAY + HOUR), id=f"e{number}")
        due_at = due_of(own, some_plan)
        assert due_at is not None
        assert expiry_of(own, some_plan) == ends_at
        inside = replace(customer(), enrolments={own.id: own})
        assert next_timer(inside, some_plan) == min(due_at, ends_at)
        seen.add(due_at < ends_at)
    assert seen == {True, False}


def test_a_message_wants_to_be_decided_when_it_wakes() -> None:
    wanted = message(MONDAY)
    assert message_due(wanted, plan()) == MONDAY
    assert message_due(wanted, plan(status="paused")) is None
    assert message_due(replace(wanted, journey="gone"), plan()) == MONDAY
    claimed = replace(wanted, claimed_at=MONDAY)
    assert message_due(claimed, plan()) == MONDAY + LEASE
    assert message_due(claimed, plan(status="paused")) == MONDAY + LEASE


def test_the_next_message_is_the_earliest() -> None:
    assert next_message_at(customer(), plan()) is None
    two = {"a": message(MONDAY + HOUR), "b": message(MONDAY)}
    assert next_message_at(replace(customer(), messages=two), plan()) == MONDAY
    assert next_message_at(replace(customer(), messages=two), plan(status="paused")) is None
