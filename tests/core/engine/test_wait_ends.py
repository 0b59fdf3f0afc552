"""When a wait ends: after a while, at a local time, at a date moved by an offset."""

from collections.abc import Mapping
from typing import Any

import pytest

from sojourn.core.engine.scope import DraftScope
from sojourn.core.engine.waits import passing_date, wait_until
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import HOUR, LATEST, Instant, format_instant, parse_instant
from sojourn.core.workspace.journeys import read_step
from sojourn.core.workspace.plan import Wait
from tests.core.nouns import MONDAY, customer, enrolment, event
from tests.core.plans import draft, plan

BERLIN = {"timezone": "Europe/Berlin"}


def wait(**doc: Any) -> Wait:  # noqa: ANN401 - keys of a wait
    step = read_step("w", {"type": "wait", **doc})
    assert isinstance(step, Wait)
    return step


def ends(  # noqa: PLR0913 - what a wait rests on
    step: Wait,
    now: Instant | str = MONDAY,
    *,
    began: Instant | None = None,
    traits: Mapping[str, Any] | None = None,
    at_hand: Event | None = None,
    kept: str | None = None,
) -> tuple[str, bool]:
    """When the wait ends as seen at an instant in Berlin, and whether its date is past."""
    at = parse_instant(now) if isinstance(now, str) else now
    opened = draft(plan(BERLIN), customer(**(traits or {})), at)
    inside = enrolment(step="w", vars={"day": "2026-02-01"}, date=kept)
    ended, past = wait_until(
        step, at if began is None else began, DraftScope(opened, at_hand, inside)
    )
    return format_instant(ended), past


def on(date: str, **more: str) -> Wait:
    return wait(until={"date": date, **more})


def test_a_wait_for_a_while_lasts_that_long() -> None:
    assert ends(wait(**{"for": "PT1H"})) == ("2026-01-05T10:00:00Z", False)
    assert ends(wait(**{"for": "P1D"}), "2026-03-28T12:00:00Z") == ("2026-03-29T12:00:00Z", False)
    assert ends(wait(**{"for": "PT1H"}), began=MONDAY - 2 * HOUR) == ("2026-01-05T09:00:00Z", False)
    assert ends(wait()) == ("2026-01-05T09:00:00Z", False)


@pytest.mark.parametrize(
    ("until", "now", "expected"),
    [
        ({"time": "09:00"}, "2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z"),
        ({"time": "09:00"}, "2026-01-05T08:00:00.000001Z", "2026-01-06T08:00:00Z"),
        ({"time": "09:00", "weekdays": ["sat"]}, "2026-01-05T08:00:00Z", "2026-01-10T08:00:00Z"),
        ({"time": "02:30"}, "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z"),
        ({"time": "02:30"}, "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"),
    ],
)
def test_a_wait_until_a_time_ends_with_the_next_that_fits(
    until: dict[str, Any], now: str, expected: str
) -> None:
    assert ends(wait(until=until), now) == (expected, False)


def test_a_duration_goes_first_then_the_next_time() -> None:
    step = wait(**{"for": "PT36H", "until": {"time": "09:00"}})
    assert ends(step, "2026-01-05T09:00:00Z") == ("2026-01-07T08:00:00Z", False)
    dated = wait(**{"for": "P2D", "until": {"date": "2026-01-06"}})
    assert ends(dated) == ("2026-01-07T09:00:00Z", True)
    later = wait(**{"for": "P2D", "until": {"date": "2026-01-20"}})
    assert ends(later) == ("2026-01-19T23:00:00Z", False)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (on("2026-02-01"), "2026-01-31T23:00:00Z"),
        (on("2026-02-01", time="09:00"), "2026-02-01T08:00:00Z"),
        (on("2026-04-05", offset="-P7D", time="09:00"), "2026-03-29T07:00:00Z"),
        (on("2026-04-05", offset="-1w"), "2026-03-28T23:00:00Z"),
        (on("2026-03-28", offset="P1D"), "2026-03-28T23:00:00Z"),
        (on("2026-03-28", offset="PT24H"), "2026-03-28T23:00:00Z"),
        (on("2026-03-29", offset="P1D"), "2026-03-29T22:00:00Z"),
        (on("2026-03-29", offset="PT24H"), "2026-03-29T23:00:00Z"),
        (on("2026-03-29", offset="P1DT6H"), "2026-03-30T04:00:00Z"),
        (on("2026-03-29", offset="PT30H", time="09:00"), "2026-03-30T07:00:00Z"),
        (on("2026-03-28T12:00:00Z"), "2026-03-28T12:00:00Z"),
        (on("2026-03-28T12:00:00Z", offset="P1D"), "2026-03-29T12:00:00Z"),
        (on("2026-03-28T12:00:00Z", time="09:00"), "2026-03-28T08:00:00Z"),
        (on("2026-03-28T23:30:00Z", time="09:00"), "2026-03-29T07:00:00Z"),
        (on("profile.born"), "2026-06-30T22:00:00Z"),
        (on("vars.day"), "2026-01-31T23:00:00Z"),
        (on("customer.created_at", offset="P30D"), "2026-02-04T09:00:00Z"),
    ],
)
def test_a_wait_until_a_date_ends_there(step: Wait, expected: str) -> None:
    assert ends(step, traits={"born": "2026-07-01"}) == (expected, False)


def test_a_date_in_a_skipped_hour_or_day_is_the_first_instant_after() -> None:
    opened = draft(plan(), customer(timezone="Pacific/Apia"), parse_instant("2011-12-01T00:00:00Z"))
    scope = DraftScope(opened, None, enrolment())
    for step in (on("2011-12-30"), on("2011-12-30", time="09:00"), on("2011-12-31")):
        ended, past = wait_until(step, opened.now, scope)
        assert (format_instant(ended), past) == ("2011-12-30T10:00:00Z", False)


@pytest.mark.parametrize(
    "traits",
    [
        {},
        {"born": None},
        {"born": "soon"},
        {"born": 20260701},
        {"born": "2026-02-30"},
        {"born": []},
    ],
    ids=str,
)
def test_no_date_counts_as_past(traits: dict[str, Any]) -> None:
    assert ends(on("profile.born"), traits=traits) == ("2026-01-05T09:00:00Z", True)


def test_a_date_that_is_exactly_now_has_come_and_one_before_is_past() -> None:
    step = on("2026-02-01T00:00:00Z")
    assert ends(step, "2026-02-01T00:00:00Z") == ("2026-02-01T00:00:00Z", False)
    assert ends(step, "2026-02-01T00:00:00.000001Z") == ("2026-02-01T00:00:00.000001Z", True)


@pytest.mark.parametrize(
    ("step", "expected", "past"),
    [
        (on("9999-12-31", time="23:59"), "9999-12-31T22:59:00Z", False),
        (on("9999-12-31", offset="P100D"), "9999-12-30T23:00:00Z", False),
        (on("9999-12-31", offset="PT2400H"), format_instant(LATEST), False),
        (on("9999-12-31T23:59:59Z", offset="P1D"), format_instant(LATEST), False),
        (on("9999-12-31T23:59:59Z", time="09:00"), "9999-12-31T08:00:00Z", False),
        (on("0001-01-01", offset="-P7D"), "2026-01-05T09:00:00Z", True),
        (on("0001-01-01T00:00:00Z", offset="-P7D", time="09:00"), "2026-01-05T09:00:00Z", True),
    ],
)
def test_where_calendars_end_a_date_is_still_one(step: Wait, expected: str, *, past: bool) -> None:
    assert ends(step) == (expected, past)


def test_a_date_in_the_event_at_hand_is_kept_for_later() -> None:
    step = on("event.due")
    begun = event("order", MONDAY, due="2026-01-10T00:00:00Z")
    assert ends(step, at_hand=begun) == ("2026-01-10T00:00:00Z", False)
    # The event is gone when the wait is computed again; its date is not.
    assert ends(step, kept="2026-01-10T00:00:00Z") == ("2026-01-10T00:00:00Z", False)
    assert ends(step) == ("2026-01-05T09:00:00Z", True)


@pytest.mark.parametrize(
    ("step", "date"),
    [
        (on("event.due"), "2026-01-10"),
        (on("event.other"), None),
        (on("event.none"), None),
        (on("profile.due"), None),
        (on("2026-01-10"), None),
        (wait(until={"time": "09:00"}), None),
        (wait(**{"for": "P1D"}), None),
    ],
)
def test_only_a_date_of_the_event_at_hand_must_be_kept(step: Wait, date: str | None) -> None:
    opened = draft(plan(), customer(due="2026-01-20"))
    begun = event("order", MONDAY, due="2026-01-10", other=5)
    assert passing_date(step, DraftScope(opened, begun, enrolment())) == date
