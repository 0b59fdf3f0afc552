"""Quiet hours and closed days, with every edge written out."""

import pytest

from sojourn.core.sending.release import Release, Send, Skip, release, zone_of
from sojourn.core.values.instants import DAY, parse_instant
from sojourn.core.workspace.settings_file import read_settings
from tests.core.deciding import ANA, NIGHT, decide, held
from tests.core.nouns import customer, message


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T20:59:59.999999Z", Send(ANA)),
        ("2026-01-05T21:00:00Z", held("2026-01-06T08:00:00Z", "quiet_hours")),
        ("2026-01-05T23:59:59Z", held("2026-01-06T08:00:00Z", "quiet_hours")),
        ("2026-01-06T00:00:00Z", held("2026-01-06T08:00:00Z", "quiet_hours")),
        ("2026-01-06T00:59:00Z", held("2026-01-06T08:00:00Z", "quiet_hours")),
        ("2026-01-06T07:59:59.999999Z", held("2026-01-06T08:00:00Z", "quiet_hours")),
        ("2026-01-06T08:00:00Z", Send(ANA)),
    ],
)
def test_from_is_quiet_and_to_is_not(now: str, expected: Release) -> None:
    assert decide({"quiet_hours": [NIGHT]}, now) == expected


def test_a_window_within_a_day_does_not_cross_midnight() -> None:
    rules = {"quiet_hours": [{"from": "12:00", "to": "14:00"}]}
    assert decide(rules, "2026-01-05T11:59:59Z") == Send(ANA)
    assert decide(rules, "2026-01-05T12:00:00Z") == held("2026-01-05T14:00:00Z", "quiet_hours")
    assert decide(rules, "2026-01-05T14:00:00Z") == Send(ANA)


def test_weekdays_name_the_day_on_which_a_window_starts() -> None:
    rules = {"quiet_hours": [{**NIGHT, "weekdays": ["sun"]}]}
    # 2026-01-04 is a Sunday.
    assert decide(rules, "2026-01-04T03:00:00Z") == Send(ANA)
    assert decide(rules, "2026-01-04T21:00:00Z") == held("2026-01-05T08:00:00Z", "quiet_hours")
    assert decide(rules, "2026-01-05T07:59:00Z") == held("2026-01-05T08:00:00Z", "quiet_hours")
    assert decide(rules, "2026-01-05T21:00:00Z") == Send(ANA)


def test_equal_ends_are_the_whole_day() -> None:
    rules = {"quiet_hours": [{"from": "09:00", "to": "09:00", "weekdays": ["sun"]}]}
    assert decide(rules, "2026-01-04T08:59:59Z") == Send(ANA)
    assert decide(rules, "2026-01-04T09:00:00Z") == held("2026-01-05T09:00:00Z", "quiet_hours")
    assert decide(rules, "2026-01-05T09:00:00Z") == Send(ANA)
    always = {"quiet_hours": [{"from": "00:00", "to": "00:00"}]}
    assert decide(always, hold=30 * DAY) == Skip("quiet", "quiet_hours")


def test_quiet_hours_are_the_customers() -> None:
    rules = read_settings({"timezone": "Africa/Johannesburg", "quiet_hours": [NIGHT]})
    for traits, until in (
        ({}, "2026-01-05T06:00:00Z"),
        ({"timezone": "America/New_York"}, "2026-01-05T13:00:00Z"),
        ({"timezone": "Mars/Olympus"}, "2026-01-05T06:00:00Z"),
        ({"timezone": 5}, "2026-01-05T06:00:00Z"),
        ({"timezone": ["America/New_York"]}, "2026-01-05T06:00:00Z"),
    ):
        at = parse_instant("2026-01-05T05:00:00Z")
        assert release(message(at), customer(**traits), rules, at) == held(until, "quiet_hours")


def test_an_unknown_zone_in_the_settings_means_utc() -> None:
    assert zone_of(customer(), read_settings({"timezone": "Mars/Olympus"})).key == "UTC"
    assert zone_of(customer(), read_settings({"timezone": "Asia/Tokyo"})).key == "Asia/Tokyo"


def test_quiet_hours_follow_the_clock_through_its_changes() -> None:
    rules = {"timezone": "Europe/Berlin", "quiet_hours": [{"from": "02:15", "to": "02:45"}]}
    # In spring 02:15 to 02:45 is not there.
    assert decide(rules, "2026-03-29T00:59:00Z") == Send(ANA)
    assert decide(rules, "2026-03-29T01:00:00Z") == Send(ANA)
    # In autumn it comes twice, and is quiet twice.
    assert decide(rules, "2026-10-25T00:15:00Z") == held("2026-10-25T00:45:00Z", "quiet_hours")
    assert decide(rules, "2026-10-25T00:45:00Z") == Send(ANA)
    assert decide(rules, "2026-10-25T01:15:00Z") == held("2026-10-25T01:45:00Z", "quiet_hours")
    night = {"timezone": "Europe/Berlin", "quiet_hours": [NIGHT]}
    assert decide(night, "2026-03-28T21:00:00Z") == held("2026-03-29T06:00:00Z", "quiet_hours")
    assert decide(night, "2026-10-24T21:00:00Z") == held("2026-10-25T07:00:00Z", "quiet_hours")


def test_rules_may_be_meant_for_some_channels() -> None:
    rules = {
        "quiet_hours": [{**NIGHT, "channels": ["sms"]}],
        "closed": [{"from": "2026-01-05", "to": "2026-01-05", "channels": ["push"]}],
    }
    assert decide(rules, "2026-01-05T22:00:00Z") == Send(ANA)
    until = held("2026-01-06T08:00:00Z", "quiet_hours")
    assert decide(rules, "2026-01-05T22:00:00Z", channel="sms") == until


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-12-24T21:59:59.999999Z", Send(ANA)),
        ("2026-12-24T22:00:00Z", held("2026-12-26T22:00:00Z", "closed")),
        ("2026-12-26T21:59:59Z", held("2026-12-26T22:00:00Z", "closed")),
        ("2026-12-26T22:00:00Z", Send(ANA)),
    ],
)
def test_closed_days_are_whole_local_days_both_in(now: str, expected: Release) -> None:
    closed = [{"from": "2026-12-25", "to": "2026-12-26"}]
    rules = {"timezone": "Africa/Johannesburg", "closed": closed}
    assert decide(rules, now, hold=3 * DAY) == expected


def test_quiet_hours_and_closed_days_run_into_each_other() -> None:
    closed = [{"from": "2026-12-25", "to": "2026-12-26"}]
    rules = {"quiet_hours": [NIGHT], "closed": closed}
    until = "2026-12-27T08:00:00Z"
    assert decide(rules, "2026-12-24T22:00:00Z", hold=5 * DAY) == held(until, "quiet_hours")
    assert decide(rules, "2026-12-25T22:00:00Z", hold=5 * DAY) == held(until, "closed")


def test_a_category_may_keep_no_quiet_hours() -> None:
    rules = {"quiet_hours": [NIGHT], "closed": [{"from": "2026-01-05", "to": "2026-01-06"}]}
    assert decide(rules, "2026-01-05T23:00:00Z", category="transactional") == Send(ANA)


def test_a_long_closure_ends_on_its_day() -> None:
    rules = {"timezone": "Europe/Berlin", "closed": [{"from": "2026-01-01", "to": "2030-06-30"}]}
    assert decide(rules, hold=36_500 * DAY) == held("2030-06-30T22:00:00Z", "closed")
    never = {"closed": [{"from": "2026-01-01", "to": "9999-12-31"}]}
    assert decide(never, hold=36_500 * DAY) == Skip("quiet", "closed")
