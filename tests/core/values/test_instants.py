"""Instants and durations: RFC 3339 and ISO 8601 to the letter, and nothing clamped."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.instants import (
    DAY,
    EARLIEST,
    HOUR,
    LATEST,
    LONGEST_DAYS,
    MINUTE,
    SECOND,
    WEEK,
    Offset,
    format_duration,
    format_instant,
    from_datetime,
    parse_date,
    parse_duration,
    parse_instant,
    parse_offset,
    to_datetime,
)

instants = st.integers(EARLIEST, LATEST)


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-01-31T09:00:00+02:00", "2026-01-31T07:00:00Z"),
        ("2026-01-31T09:00:00-00:00", "2026-01-31T09:00:00Z"),
        ("2026-01-31T09:00:00-23:59", "2026-02-01T08:59:00Z"),
        ("2026-01-31t09:00:00z", "2026-01-31T09:00:00Z"),
        ("2026-01-31 09:00:00Z", "2026-01-31T09:00:00Z"),
        ("2026-01-31T09:00:00.5Z", "2026-01-31T09:00:00.500Z"),
        ("2026-01-31T09:00:00.1234569Z", "2026-01-31T09:00:00.123456Z"),
        ("1969-12-31T23:59:59.0000009Z", "1969-12-31T23:59:59Z"),
        ("2026-01-31T09:00:00." + "3" * 30 + "Z", "2026-01-31T09:00:00.333333Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2017-01-01T09:59:60.25+10:00", "2017-01-01T00:00:00.25Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_rfc_3339_is_read(text: str, same_as: str | int) -> None:
    expected = parse_instant(same_as) if isinstance(same_as, str) else same_as
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-01-31", "2026-01-31T09:00:00", "2026-01-31T09:00Z", "20260131T090000Z"),
        *("2026-1-31T09:00:00Z", "2026-01-31T09:00:00+0200", "2026-01-31T09:00:00+02"),
        *(
            "2026-01-31T09:00:00.Z",
            "2026-01-31T09:00:00,5Z",
            "2026-01-31T09:00:00Z ",
            "2026-01-31T09:00:00Z\n",
        ),
        *("2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:00:61Z"),
        *("2026-01-31T09:00:00+24:00", "2026-01-31T09:00:00+01:60", "+2026-01-31T09:00:00Z"),
        *("2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        *("2026-01-31T09:00:60Z", "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+01:00"),
        *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z"),
        "٢٠٢٦-01-31T09:00:00Z",
        "2026-01-31T09:00:00." + "3" * 31 + "Z",
    ],
)
def test_what_is_no_instant_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not an instant"):
        parse_instant(text)


@given(instants)
def test_an_instant_written_reads_back(instant: int) -> None:
    text = format_instant(instant)
    assert parse_instant(text) == instant
    assert text.endswith("Z")
    assert ("." in text) == bool(instant % SECOND)
    assert to_datetime(instant) == datetime.fromisoformat(text)
    assert from_datetime(to_datetime(instant)) == instant


@given(st.integers(EARLIEST // SECOND, LATEST // SECOND))
def test_whole_seconds_are_written_and_read_as_calendars_do(seconds: int) -> None:
    instant = seconds * SECOND
    text = format_instant(instant)
    assert text == to_datetime(instant).isoformat().replace("+00:00", "Z")
    assert parse_instant(text) == parse_instant(text.replace("Z", "+00:00")) == instant


@given(instants, instants)
def test_text_sorts_as_instants_do_when_they_have_no_fraction(one: int, other: int) -> None:
    first, second = one // SECOND * SECOND, other // SECOND * SECOND
    assert (format_instant(first) < format_instant(second)) == (first < second)


def test_a_fraction_is_written_only_when_there_is_one() -> None:
    assert format_instant(parse_instant("2026-01-31T09:00:00.000Z")) == "2026-01-31T09:00:00Z"
    assert format_instant(parse_instant("2026-01-31T09:00:00.5Z")) == "2026-01-31T09:00:00.500Z"
    assert format_instant(1) == "1970-01-01T00:00:00.000001Z"
    assert format_instant(EARLIEST) == "0001-01-01T00:00:00Z"


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_an_offset_moves_the_clock_not_the_instant(moment: datetime, minutes: int) -> None:
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    wall = moment.replace(tzinfo=None)
    expected = from_datetime(moment) - minutes * MINUTE
    text = wall.isoformat() + offset
    if EARLIEST <= expected <= LATEST:
        assert parse_instant(text) == expected
    else:
        with pytest.raises(ValueError, match="no year"):
            parse_instant(text)


@pytest.mark.parametrize(
    ("text", "day"), [("2026-01-31", date(2026, 1, 31)), ("9999-12-31", date.max)]
)
def test_a_date_is_read(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize("text", ["2026-02-30", "0000-01-01", "2026-1-1", "20260101", "2026-W01-1"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        *(("P7D", 7 * DAY), ("PT90M", 90 * MINUTE), ("7d", 7 * DAY), ("90m", 90 * MINUTE)),
        *(("2w", 2 * WEEK), ("45s", 45 * SECOND), ("1h", HOUR), ("P2W", 2 * WEEK)),
        *(("P1DT2H3M4S", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND), ("PT36H", 36 * HOUR)),
        *(
            ("PT0.5S", SECOND // 2),
            ("PT0,000001S", 1),
            ("PT1.5H", 90 * MINUTE),
            ("P0.5D", 12 * HOUR),
        ),
        *(("P1.5W", 10 * DAY + 12 * HOUR), ("P1DT1.5M", DAY + 90 * SECOND), ("PT0S", 0), ("0s", 0)),
        *(("P36500D", LONGEST_DAYS * DAY), ("P1W1D", 8 * DAY), ("007d", 7 * DAY)),
    ],
)
def test_durations_are_read(text: str, duration: int) -> None:
    assert parse_duration(text) == duration
    assert parse_offset(text).total == duration
    assert parse_offset("-" + text).total == -duration
    assert parse_offset("+" + text).total == duration


NO_DURATIONS = (
    *("", "P", "PT", "P1DT", "P1M", "P1Y", "p7d", "7 d", "7", "1.5h", "7D", "P-7D", "PT1M1H"),
    *("P1D\n", "P.5D", "--7d", "\u0667d", "P7DT", "1h30m", "P1D1W"),
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        *((text, "is not a duration") for text in NO_DURATIONS),
        *(("PT1.5H1M", "fraction"), ("P0.5DT1H", "fraction")),
        *(("PT0.0000001S", "microsecond"), ("PT0.33333333M", "microsecond")),
        *(("P36501D", "longer"), ("999999999w", "longer"), ("PT876000H1S", "longer")),
    ],
)
def test_what_is_no_duration_is_refused_never_clamped(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_offset(text)
    with pytest.raises(ValueError, match="sign" if text.startswith("-") else complaint):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("P1H", "7d or 90m; hours, minutes and seconds stand behind a T: PT1H"),
        ("P30S", "7d or 90m; hours, minutes and seconds stand behind a T: PT30S"),
        ("P1M", "7d or 90m; months and years differ in length: write days or weeks"),
        ("P1Y6M", "7d or 90m; months and years differ in length: write days or weeks"),
        ("6 months", "7d or 90m; months and years differ in length: write days or weeks"),
        ("1y", "7d or 90m; months and years differ in length: write days or weeks"),
        ("soon", "'soon' is not a duration like P7D, PT90M, 7d or 90m"),
    ],
)
def test_a_slip_in_a_duration_is_named(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(told)}$"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["-P7D", "+P7D", "-7d", "+7d"])
def test_only_an_offset_has_a_sign(text: str) -> None:
    with pytest.raises(ValueError, match="sign"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        *(("-P7D", Offset(-7, 0)), ("P1W", Offset(7, 0)), ("-2d", Offset(-2, 0))),
        *(("PT24H", Offset(0, DAY)), ("24h", Offset(0, DAY)), ("P1DT6H", Offset(1, 6 * HOUR))),
        *(("-P1DT6H", Offset(-1, -6 * HOUR)), ("P1.5D", Offset(1, 12 * HOUR))),
    ],
)
def test_an_offset_keeps_whole_days_apart_from_the_exact_rest(text: str, offset: Offset) -> None:
    assert parse_offset(text) == offset


@given(st.integers(0, LONGEST_DAYS * DAY))
def test_a_duration_written_reads_back(duration: int) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(st.timedeltas(timedelta(0), timedelta(days=LONGEST_DAYS)))
def test_a_duration_is_its_parts(length: timedelta) -> None:
    seconds = length.seconds + length.microseconds / 1_000_000
    text = f"P{length.days}DT{seconds:.6f}S"
    assert parse_duration(text) == length // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        *((0, "PT0S"), (DAY, "P1D"), (90 * MINUTE, "PT1H30M"), (SECOND // 2, "PT0.5S")),
        *((DAY + 1, "P1DT0.000001S"), (10 * SECOND, "PT10S"), (40 * DAY + 10 * HOUR, "P40DT10H")),
    ],
)
def test_a_duration_is_written_as_short_as_it_is(duration: int, text: str) -> None:
    assert format_duration(duration) == text
