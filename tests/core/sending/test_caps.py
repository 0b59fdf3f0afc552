"""Caps, with every edge written out."""

import pytest

from sojourn.core.sending.caps import longest_window, pruned
from sojourn.core.sending.release import Hold, Release, Send, Skip, release
from sojourn.core.values.instants import DAY, MINUTE
from sojourn.core.workspace.settings_file import read_settings
from tests.core.deciding import ANA, EMAIL_DAILY, decide, held
from tests.core.nouns import MONDAY, customer, message, sent


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-06T08:59:59.999999Z", held("2026-01-06T09:00:00Z", "cap email-daily")),
        ("2026-01-06T09:00:00Z", Send(ANA)),
    ],
)
def test_a_send_exactly_one_window_ago_no_longer_counts(now: str, expected: Release) -> None:
    assert decide({"caps": [EMAIL_DAILY]}, now, "2026-01-05T09:00:00Z") == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T12:59:59.999999Z", held("2026-01-05T13:00:00Z", "cap breathing-space")),
        ("2026-01-05T13:00:00Z", Send(ANA)),
    ],
)
def test_a_send_exactly_one_gap_ago_no_longer_counts(now: str, expected: Release) -> None:
    rules = {"caps": [{"name": "breathing-space", "min_gap": "PT4H"}]}
    assert decide(rules, now, "2026-01-05T09:00:00Z") == expected


def test_room_comes_with_the_nth_newest_send() -> None:
    rules = {"caps": [{"name": "weekly", "max": 2, "per": "P7D"}]}
    ledger = ("2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z")
    expected = held("2026-01-09T09:00:00Z", "cap weekly")
    assert decide(rules, MONDAY, *ledger, hold=7 * DAY) == expected
    assert decide(rules, MONDAY, *ledger[1:], hold=7 * DAY) == expected
    assert decide(rules, MONDAY, *ledger[2:], hold=7 * DAY) == Send(ANA)


@pytest.mark.parametrize(
    ("per", "last", "first"),
    [
        ("calendar_day", "2026-01-05T21:59:59Z", "2026-01-05T22:00:00Z"),
        ("calendar_week", "2026-01-11T21:59:59Z", "2026-01-11T22:00:00Z"),
        ("calendar_month", "2026-01-31T21:59:59Z", "2026-01-31T22:00:00Z"),
    ],
)
def test_calendar_windows_are_the_customers(per: str, last: str, first: str) -> None:
    rules = {"timezone": "Africa/Johannesburg", "caps": [{"name": "once", "max": 1, "per": per}]}
    ledger = "2026-01-05T09:00:00Z"
    assert decide(rules, last, ledger) == held(first, "cap once")
    assert decide(rules, first, ledger) == Send(ANA)
    # What was sent before the period began does not count.
    for earlier in ("2025-12-31T21:59:59Z", "2026-01-04T21:59:59Z", "2026-01-03T09:00:00Z"):
        period = {"calendar_month": 0, "calendar_week": 1, "calendar_day": 2}[per]
        if period or earlier < "2026":
            assert decide(rules, MONDAY, earlier) == Send(ANA)


@pytest.mark.parametrize("per", ["calendar_day", "calendar_week", "calendar_month"])
def test_a_send_at_the_first_instant_of_a_period_is_in_it(per: str) -> None:
    # The 1st of June 2026 is a Monday.
    rules = {"caps": [{"name": "once", "max": 1, "per": per}]}
    now = "2026-06-01T09:00:00Z"
    verdict = decide(rules, now, "2026-06-01T00:00:00Z", hold=40 * DAY)
    assert isinstance(verdict, Hold)
    assert decide(rules, now, "2026-05-31T23:59:59.999999Z") == Send(ANA)


def test_a_cap_counts_its_channels_and_categories_only() -> None:
    ledger = (
        sent("2026-01-05T08:00:00Z", "email", "news"),
        sent("2026-01-05T08:10:00Z", "sms", "marketing"),
        sent("2026-01-05T08:20:00Z", "email", "marketing", counts=False),
    )
    person = customer(ledger=ledger)
    for cap, goes in (
        ({"channels": ["email"], "categories": ["marketing"]}, True),
        ({"channels": ["email"]}, False),
        ({"categories": ["marketing"]}, False),
        ({"channels": ["sms"], "categories": ["marketing"]}, True),
        ({"channels": ["email"], "categories": ["news"]}, True),
        ({}, False),
    ):
        rules = read_settings({"caps": [{"name": "x", "max": 1, "per": "P1D", **cap}]})
        assert isinstance(release(message(), person, rules, MONDAY), Send) is goes


def test_a_category_may_obey_no_caps() -> None:
    rules = {"caps": [EMAIL_DAILY]}
    assert decide(rules, MONDAY, "2026-01-05T08:00:00Z", category="transactional") == Send(ANA)


def test_the_category_of_a_send_is_frozen() -> None:
    # The send counted when it was made; the category no longer counts, the send still does.
    rules = {
        "caps": [EMAIL_DAILY],
        "categories": {"marketing": {"counts_toward_caps": False}},
    }
    verdict = decide(rules, MONDAY, "2026-01-05T08:00:00Z")
    assert verdict == held("2026-01-06T08:00:00Z", "cap email-daily")


def test_all_caps_apply_and_the_longest_names_the_reason() -> None:
    rules = {
        "caps": [
            {"name": "gap", "min_gap": "PT4H"},
            EMAIL_DAILY,
            {"name": "w", "max": 9, "per": "P7D"},
        ]
    }
    assert decide(rules, MONDAY, "2026-01-05T08:00:00Z") == held(
        "2026-01-06T08:00:00Z", "cap email-daily"
    )


def test_a_cap_may_have_a_maximum_and_a_gap() -> None:
    rules = {"caps": [{"name": "both", "max": 2, "per": "calendar_day", "min_gap": "PT4H"}]}
    assert decide(rules, MONDAY, "2026-01-05T08:00:00Z") == held("2026-01-05T12:00:00Z", "cap both")
    full = ("2026-01-05T01:00:00Z", "2026-01-05T08:00:00Z")
    assert decide(rules, MONDAY, *full) == held("2026-01-06T00:00:00Z", "cap both")


def test_nought_is_none_and_blank_is_not_nought() -> None:
    none = {"caps": [{"name": "none", "max": 0, "per": "P1D"}]}
    assert decide(none, hold=30 * DAY) == Skip("capped", "cap none")
    for blank in ({}, {"per": "P1D"}, {"per": "calendar_day"}):
        rules = {"caps": [{"name": "blank", **blank}]}
        assert decide(rules, MONDAY, "2026-01-05T08:00:00Z") == Send(ANA)
    assert decide({"caps": [{"name": "blank", "max": 1}]}, MONDAY, "2026-01-05T08:00:00Z") == Send(
        ANA
    )


def test_a_send_that_another_clock_put_into_the_future_counts() -> None:
    ahead = "2026-01-05T09:00:00.5Z"
    assert decide({"caps": [EMAIL_DAILY]}, MONDAY, ahead, hold=2 * DAY) == held(
        "2026-01-06T09:00:00.5Z", "cap email-daily"
    )
    midnight = "2026-01-05T23:59:59.9Z"
    daily = {"caps": [{"name": "daily", "max": 1, "per": "calendar_day"}]}
    assert decide(daily, midnight, "2026-01-06T00:00:00.1Z", hold=2 * DAY) == held(
        "2026-01-07T00:00:00Z", "cap daily"
    )


def test_where_calendars_end_a_calendar_cap_never_frees() -> None:
    rules = {"caps": [{"name": "daily", "max": 1, "per": "calendar_day"}]}
    assert decide(rules, "9999-12-31T09:00:00Z", "9999-12-31T08:00:00Z") == Skip(
        "capped", "cap daily"
    )


@pytest.mark.parametrize(("maximum", "kept"), [(None, 50), (1, 50), (49, 50), (60, 60), (99, 80)])
def test_a_ledger_keeps_what_a_cap_can_count(maximum: int | None, kept: int) -> None:
    # 80 sends, one a minute; a cap that looks at its newest 60 needs 60 of them.
    ledger = tuple(sent(MONDAY - minutes * MINUTE) for minutes in range(80, 0, -1))
    cap: dict[str, object] = (
        {"min_gap": "PT1M"} if maximum is None else {"max": maximum, "per": "P1D"}
    )
    short = pruned(ledger, read_settings({"caps": [{"name": "x", **cap}]}), MONDAY)
    assert short == ledger[-kept:]


def test_a_ledger_forgets_what_is_too_old_or_counts_for_no_cap() -> None:
    old = tuple(sent(MONDAY - (days + 2) * DAY) for days in range(30, 0, -1))
    other = tuple(sent(MONDAY - minutes * MINUTE, "sms") for minutes in range(90, 60, -1))
    new = tuple(sent(MONDAY - minutes * MINUTE) for minutes in range(60, 0, -1))
    rules = read_settings({"caps": [{"name": "x", "channels": ["email"], "max": 90, "per": "P2D"}]})
    assert pruned((*old, *other, *new), rules, MONDAY) == new
    assert pruned(new[:50], rules, MONDAY) == new[:50]
    assert pruned((*old, *new), read_settings({}), MONDAY) == new[-50:]


def test_a_cap_that_is_published_later_counts_the_last_fifty_and_what_comes_then() -> None:
    later = read_settings({"caps": [{"name": "x", "max": 60, "per": "P30D"}]})
    ledger = tuple(sent(MONDAY - minutes * MINUTE) for minutes in range(80, 0, -1))
    ledger = pruned(ledger, read_settings({}), MONDAY)
    for number in range(10):
        at = MONDAY + number * MINUTE
        assert release(message(at), customer(ledger=ledger), later, at) == Send(ANA)
        ledger = pruned((*ledger, sent(at)), later, at)
    at = MONDAY + 10 * MINUTE
    expected = Skip("capped", "cap x")
    assert release(message(at), customer(ledger=ledger), later, at) == expected
    assert len(ledger) == 60


@pytest.mark.parametrize(
    "rule",
    [{"min_gap": "P7D"}, {"max": 1, "per": "P7D"}, {"max": 1, "per": "calendar_week"}],
    ids=str,
)
def test_a_ledger_remembers_a_rare_send_however_many_others_come_after_it(
    rule: dict[str, object],
) -> None:
    rare = sent(MONDAY, "sms")
    many = tuple(sent(MONDAY + minutes * MINUTE) for minutes in range(1, 61))
    rules = read_settings({"caps": [{"name": "x", "channels": ["sms"], **rule}]})
    assert pruned((rare, *many), rules, MONDAY + DAY) == (rare, *many[-50:])


@pytest.mark.parametrize(
    ("caps", "longest"),
    [
        ([], 0),
        ([{"max": 1, "per": "P7D"}, {"max": 1, "per": "P3D"}], 7 * DAY),
        ([{"min_gap": "P9D"}, {"max": 1, "per": "P7D"}], 9 * DAY),
        ([{"max": 1, "per": "calendar_day"}], 2 * DAY),
        ([{"max": 1, "per": "calendar_week"}], 8 * DAY),
        ([{"max": 1, "per": "calendar_month"}, {"max": 1, "per": "P7D"}], 32 * DAY),
    ],
    ids=str,
)
def test_how_long_a_send_can_matter(caps: list[dict[str, object]], longest: int) -> None:
    assert longest_window(read_settings({"caps": caps})) == longest
