"""Local clocks: gaps, hours that come twice, days that are skipped, and the ends of calendars."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sojourn.core.values.instants import (
    DAY,
    EARLIEST,
    HOUR,
    LATEST,
    Instant,
    format_instant,
    parse_instant,
    to_datetime,
)
from sojourn.core.values.localtime import (
    day_after,
    end_of_period,
    find_zone,
    instant_of,
    local_clock,
    next_local_time,
    offset_at,
    parse_time_of_day,
    start_of_period,
)
from tests.core.naive_clock import (
    MINUTE,
    begin_of_period,
    first_at_or_past,
    minutes_from,
    next_fitting,
    period_of,
    wall_at,
)


def zone(name: str) -> ZoneInfo:
    found = find_zone(name)
    assert found is not None
    return found


# Where clocks do what one does not expect, and the days on which they do.
ODD_DAYS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour back
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour forth
    ("Pacific/Apia", date(2011, 12, 30)),  # no such day
    ("Pacific/Kwajalein", date(1993, 8, 21)),  # no such day
    ("Pacific/Kwajalein", date(1969, 9, 30)),  # 23 hours back: the day comes twice
    ("Africa/Casablanca", date(2026, 2, 15)),  # back for Ramadan
    ("Africa/Casablanca", date(2026, 3, 22)),  # and forth again
    ("America/Sao_Paulo", date(2018, 11, 4)),  # the day begins at 01:00
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 23:00 comes twice the evening before
    ("America/Havana", date(2026, 3, 8)),  # the day begins at 01:00
    ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
    ("Asia/Beirut", date(2026, 3, 29)),
    ("America/St_Johns", date(2010, 3, 14)),  # forth at one minute past midnight
    ("America/St_Johns", date(2010, 11, 7)),  # back over midnight, a minute into the day
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours forth
    ("Antarctica/Casey", date(2010, 3, 5)),  # three hours back over midnight
    ("Asia/Kathmandu", date(1986, 1, 1)),  # from half past to a quarter to
    ("Africa/Johannesburg", date(2026, 1, 1)),
]
odd_days = st.sampled_from(ODD_DAYS)
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 29, 30, 59])) | st.times(
    timezones=st.none()
).map(lambda at: at.replace(second=0, microsecond=0))
weekdays = st.frozensets(st.integers(0, 6), max_size=3)
minutes_near = st.integers(-40 * 60, 40 * 60)


def near(day: date, minutes: int) -> Instant:
    """Some minutes from the day's UTC midnight."""
    return parse_instant(f"{day}T00:00:00Z") + minutes * MINUTE


@given(odd_days, st.integers(-2, 2), times)
def test_a_local_time_is_the_first_instant_at_or_past_it(
    odd: tuple[str, date], days: int, at: time
) -> None:
    there, day = zone(odd[0]), odd[1] + timedelta(days=days)
    assert instant_of(day, at, there) == first_at_or_past(datetime.combine(day, at), there)


@given(odd_days, minutes_near)
def test_the_clock_shows_what_the_wall_shows(odd: tuple[str, date], minutes: int) -> None:
    there, instant = zone(odd[0]), near(odd[1], minutes)
    assert local_clock(instant, there) == wall_at(instant, there)
    assert local_clock(instant + 61_000_001, there) == wall_at(instant + MINUTE, there) + timedelta(
        seconds=1, microseconds=1
    )


@settings(max_examples=200)
@given(odd_days, minutes_near, times, weekdays)
@example(("America/St_Johns", date(2010, 11, 7)), 3 * 60, time(0), frozenset({6}))
@example(("Pacific/Apia", date(2011, 12, 30)), 600, time(9), frozenset({4}))
def test_the_next_local_time_is_the_first_that_fits(
    odd: tuple[str, date], minutes: int, at: time, on: frozenset[int]
) -> None:
    there, after = zone(odd[0]), near(odd[1], minutes)
    assert next_local_time(after, at, on, there) == next_fitting(after, at, on, there)


@given(odd_days, minutes_near, st.sampled_from(["day", "week", "month"]))
def test_a_calendar_period_begins_at_its_first_instant(
    odd: tuple[str, date], minutes: int, period: str
) -> None:
    there, instant = zone(odd[0]), near(odd[1], minutes)
    assert start_of_period(instant, period, there) == begin_of_period(instant, period, there)


@given(odd_days, minutes_near, st.sampled_from(["day", "week"]))
def test_a_calendar_period_ends_when_the_clock_has_passed_it(
    odd: tuple[str, date], minutes: int, period: str
) -> None:
    there, instant = zone(odd[0]), near(odd[1], minutes)
    own = period_of(wall_at(instant, there).date(), period)
    later = (
        other
        for other in minutes_from(instant)
        if period_of(wall_at(other, there).date(), period) > own
    )
    assert end_of_period(instant, period, there) == next(later)


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2010-11-07T02:29:00Z", "2010-11-07T02:30:00Z"),
        ("2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"),
        ("2010-11-07T02:31:00Z", "2010-11-07T03:30:00Z"),
        ("2010-11-07T03:29:59Z", "2010-11-07T03:30:00Z"),
        ("2010-11-07T03:30:00Z", "2010-11-08T03:30:00Z"),
    ],
)
def test_a_day_that_comes_again_after_midnight_ends_when_it_has_passed_again(
    at: str, ends: str
) -> None:
    """St. John's put its clocks back by an hour a minute after midnight, until 2011."""
    found = end_of_period(parse_instant(at), "day", zone("America/St_Johns"))
    assert found == parse_instant(ends)


def literal(day: str, at: str, name: str) -> str:
    return format_instant(instant_of(date.fromisoformat(day), parse_time_of_day(at), zone(name)))


@pytest.mark.parametrize(
    ("name", "day", "at", "expected"),
    [
        ("Europe/Berlin", "2026-01-05", "09:00", "2026-01-05T08:00:00Z"),
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00:00Z"),  # the gap: 03:00
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30:00Z"),  # the first of two
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"),  # 02:30
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00:00Z"),  # 01:00
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-30T10:00:00Z"),  # the 31st, 00:00
        ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00:00Z"),
        ("Asia/Kathmandu", "2026-01-05", "09:00", "2026-01-05T03:15:00Z"),
        ("Pacific/Kiritimati", "2026-01-05", "09:00", "2026-01-04T19:00:00Z"),
        ("Europe/Berlin", "1890-01-01", "00:00", "1889-12-31T23:06:32Z"),  # by the sun
        ("Africa/Monrovia", "1919-01-01", "00:00", "1919-01-01T00:43:08Z"),
        ("Europe/Berlin", "2200-07-01", "09:00", "2200-07-01T07:00:00Z"),
        ("America/New_York", "9999-12-31", "12:00", "9999-12-31T17:00:00Z"),
    ],
)
def test_local_times_as_calendars_have_them(name: str, day: str, at: str, expected: str) -> None:
    assert literal(day, at, name) == expected


def test_a_time_that_is_exactly_now_has_come() -> None:
    berlin = zone("Europe/Berlin")
    nine = parse_instant("2026-01-05T08:00:00Z")
    assert next_local_time(nine, time(9), frozenset(), berlin) == nine
    assert next_local_time(nine + 1, time(9), frozenset(), berlin) == nine + DAY
    assert next_local_time(nine, time(9), frozenset({0}), berlin) == nine
    assert next_local_time(nine + 1, time(9), frozenset({0}), berlin) == nine + 7 * DAY
    assert next_local_time(nine, time(9), frozenset({6}), berlin) == nine + 6 * DAY


def test_the_weekday_is_the_local_one() -> None:
    # In Kiritimati it is Tuesday already while UTC is still on Monday.
    after = parse_instant("2026-01-05T12:00:00Z")
    tuesday = next_local_time(after, time(9), frozenset({1}), zone("Pacific/Kiritimati"))
    assert format_instant(tuesday) == "2026-01-05T19:00:00Z"


def test_a_time_that_comes_twice_came_with_the_first() -> None:
    berlin, between = zone("Europe/Berlin"), parse_instant("2026-10-25T00:45:00Z")
    found = next_local_time(between, time(2, 30), frozenset(), berlin)
    assert format_instant(found) == "2026-10-26T01:30:00Z"


@pytest.mark.parametrize("name", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin", "UTC"])
@pytest.mark.parametrize(
    "instant",
    [
        *(EARLIEST + 1, EARLIEST + DAY, LATEST, LATEST - DAY),
        *(
            parse_instant(f"{year:04}-{rest}Z")
            for year in (1, 2, 1899, 1900, 2200, 9998, 9999)
            for rest in ("01-01T00:00:00", "12-31T23:59:59")
        ),
    ],
    ids=format_instant,
)
def test_the_ends_of_calendars_are_defined(instant: Instant, name: str) -> None:
    there = zone(name)
    offset, stays_until = offset_at(instant, there)
    wall = local_clock(instant, there)
    since_epoch = (wall - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001 - naive
    assert since_epoch == min(max(instant + offset, EARLIEST), LATEST)
    assert abs(offset) < DAY
    assert stays_until > instant
    assert next_local_time(instant, time(9), frozenset({0}), there) >= min(instant, LATEST)
    for period in ("day", "week", "month"):
        begun, ends = start_of_period(instant, period, there), end_of_period(instant, period, there)
        assert EARLIEST <= begun <= LATEST
        assert ends is None or instant < ends <= LATEST


@given(st.dates(), st.times(timezones=st.none()), st.sampled_from(sorted(available_timezones())))
def test_every_local_time_is_an_instant_that_can_be_written(day: date, at: time, name: str) -> None:
    instant = instant_of(day, at, zone(name))
    assert parse_instant(format_instant(instant)) == instant
    assert to_datetime(instant_of(day, at, zone("UTC"))).replace(tzinfo=None) == datetime.combine(
        day, at
    )


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_where_calendars_end_a_period_does_not(period: str) -> None:
    assert end_of_period(parse_instant("9999-12-31T00:00:00Z"), period, zone("UTC")) is None
    assert end_of_period(LATEST, period, zone("Pacific/Kiritimati")) is None


@given(odd_days, minutes_near)
def test_an_offset_holds_as_long_as_it_says(odd: tuple[str, date], minutes: int) -> None:
    there, instant = zone(odd[0]), near(odd[1], minutes)
    offset, stays_until = offset_at(instant, there)
    later = range(instant, stays_until, 30 * MINUTE)
    assert {local_clock(at, there) - wall_at(at, zone("UTC")) for at in later} == {
        timedelta(microseconds=offset)
    }
    assert instant < stays_until
    last = stays_until - 1
    fraction = timedelta(microseconds=last % 1_000_000)
    assert wall_at(last, there) + fraction == local_clock(last, there)


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2026, 2, 27), 2, date(2026, 3, 1)),
        (date(2026, 3, 1), -1, date(2026, 2, 28)),
        (date(9999, 12, 30), 7, date.max),
        (date(1, 1, 2), -7, date.min),
    ],
)
def test_days_are_counted_up_to_where_calendars_end(day: date, days: int, expected: date) -> None:
    assert day_after(day, days) == expected


def test_periods_are_counted_across_years() -> None:
    berlin, instant = zone("Europe/Berlin"), parse_instant("2026-12-31T23:30:00Z")
    starts = {
        ("day", 0): "2026-12-31T23:00:00Z",
        ("day", 1): "2027-01-01T23:00:00Z",
        ("week", 0): "2026-12-27T23:00:00Z",
        ("week", 1): "2027-01-03T23:00:00Z",
        ("month", 0): "2026-12-31T23:00:00Z",
        ("month", 1): "2027-01-31T23:00:00Z",
        ("month", -1): "2026-11-30T23:00:00Z",
        ("month", -13): "2025-11-30T23:00:00Z",
    }
    found = {
        (period, periods): format_instant(start_of_period(instant, period, berlin, periods=periods))
        for period, periods in starts
    }
    assert found == starts


@pytest.mark.parametrize(
    "name",
    [
        *("", "Mars/Olympus", "europe/berlin", "/etc/passwd", "../UTC", "Europe", "localtime"),
        *("posixrules", "right/UTC", "zone.tab", "tzdata.zi", "a\0b", "\ud800", "E" * 70_000),
    ],
)
def test_what_names_no_zone_is_none(name: str) -> None:
    assert find_zone(name) is None


def test_every_zone_there_is_can_be_found() -> None:
    names = available_timezones()
    assert len(names) > 500
    assert all(find_zone(name) is not None for name in names)
    assert find_zone("Europe/Berlin") is find_zone("Europe/Berlin")


def test_zones_do_not_come_from_the_host() -> None:
    import zoneinfo  # noqa: PLC0415 - what it holds once the core is loaded

    assert zoneinfo.TZPATH == ()


@pytest.mark.parametrize(
    "name", ["Africa/Casablanca", "Asia/Gaza", "America/Noronha", "Europe/Lisbon"]
)
def test_no_zone_changes_twice_within_six_days(name: str) -> None:
    there = zone(name)
    hours = range(
        parse_instant("1970-01-01T00:00:00Z"), parse_instant("2060-01-01T00:00:00Z"), 6 * HOUR
    )
    changes = [
        later
        for earlier, later in pairwise(hours)
        if offset_at(earlier, there)[0] != offset_at(later, there)[0]
    ]
    assert len(changes) > 10
    assert min(later - earlier for earlier, later in pairwise(changes)) > 6 * DAY


@given(st.times(timezones=st.none()))
def test_a_time_of_day_is_hours_and_minutes(at: time) -> None:
    assert parse_time_of_day(f"{at:%H:%M}") == at.replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "9:00", "09:0", "0900", "24:00", "09:60", "09:00:00", " 09:00", "09:00\n", "-9:00"),
        *("ab:cd", "\u0660\u0669:\u0660\u0660", "\u00b23:00", ":", "+9:00", "09.00"),
    ],
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        parse_time_of_day(text)
