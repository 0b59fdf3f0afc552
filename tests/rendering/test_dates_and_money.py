"""Dates on the customer's clock, money in the customer's words; held against the Unicode CLDR."""

from datetime import UTC, datetime
from decimal import Decimal

import babel
import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.localtime import find_zone
from sojourn.rendering.content import render
from sojourn.rendering.locales import _LOCALES, NBSP, find_locale
from tests.rendering.given import html_of, reason_of, text_of

LOCALES = sorted(_LOCALES)


def shown(expression: str, zone: str = "Africa/Johannesburg", locale: str | None = "en-GB") -> str:
    text = render({"text": "{{ " + expression + " }}"}, {"t": T}, zone=zone, locale=locale).text
    assert text is not None
    return text


T = "2026-01-05T22:07:09Z"


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("UTC", "Mon 5 Jan 22:07 UTC +0000"),
        ("Africa/Johannesburg", "Tue 6 Jan 00:07 SAST +0200"),
        ("America/New_York", "Mon 5 Jan 17:07 EST -0500"),
        ("Asia/Kathmandu", "Tue 6 Jan 03:52 +0545 +0545"),
    ],
)
def test_an_instant_is_shown_on_the_customers_clock(zone: str, clock: str) -> None:
    assert shown("t | date: '%a %-d %b %H:%M %Z %z'", zone) == clock


def test_summer_time_holds_at_the_date_that_is_shown() -> None:
    assert shown("'2026-03-29T00:59:59Z' | date: '%H:%M'", "Europe/Berlin") == "01:59"
    assert shown("'2026-03-29T01:00:00Z' | date: '%H:%M'", "Europe/Berlin") == "03:00"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%A|%B|%d|%e|%-d", "Tuesday|January|06| 6|6"),
        ("%H|%k|%-H|%_H|%I|%l|%-I|%0l", "00| 0|0| 0|12|12|12|12"),
        ("%M|%S|%p|%^a|%^p", "07|09|am|TUE|AM"),
        ("%m|%-m|%y|%Y|%F", "01|1|26|2026|2026-01-06"),
        ("%j|%V|%u|%R|%T|%%", "006|02|2|00:07|00:07:09|%"),
        ("", ""),
        ("no directive", "no directive"),
    ],
)
def test_every_directive_of_a_format(form: str, written: str) -> None:
    assert shown(f"t | date: '{form}'") == written


def test_noon_and_midnight_are_twelve() -> None:
    assert shown("'2026-01-05T12:00:00Z' | date: '%I %p'", "UTC", "en-US") == "12 PM"
    assert shown("'2026-01-05T00:00:00Z' | date: '%I %p'", "UTC", "en-US") == "12 AM"
    assert shown("'2026-01-05T13:00:00Z' | date: '%l %p'", "UTC", "en-US") == " 1 PM"


def test_a_date_or_a_local_time_stays_where_it_is() -> None:
    assert shown("'2026-02-28' | date: '%a %F %R'", "Pacific/Kiritimati") == "Sat 2026-02-28 00:00"
    assert shown("'2026-02-28T23:30' | date: '%F %R'", "Pacific/Kiritimati") == "2026-02-28 23:30"
    assert shown("'2026-02-28 23:30:15' | date: '%F %T'", "America/Lima") == "2026-02-28 23:30:15"


def test_without_a_format_the_locale_decides() -> None:
    assert shown("t | date", locale="en-US") == "January 6, 2026"
    assert shown("t | date", locale="de") == "6. Januar 2026"
    assert shown("t | date: nil", locale="es") == "6 de enero de 2026"
    assert shown("t | date", locale=None) == "January 6, 2026"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("profile.born | append: 'x' | date", "not a date like"),
        ("'2026-02-30' | date", "not a date like"),
        ("'2026-02-30T10:00' | date", "not a date like"),
        ("'2026-02-30T10:00:00Z' | date", "not a date like"),
        ("'0001-01-01T00:00:00+14:00' | date", "not a date like"),
        ("profile.points | date", "not a date like"),
        ("'no' | append: 'w' | date", "there is no `now` here"),
        ("'to' | append: 'day' | date", "there is no `today` here"),
        ("profile.born | date: profile.company", "`% ` is not"),
    ],
)
def test_what_is_no_date_is_refused(expression: str, reason: str) -> None:
    names = {"profile": {"born": "1990-02-28", "points": 1700000000, "company": "100% it"}}
    assert reason in reason_of("{{ " + expression + " }}", names)  # type: ignore[arg-type]


def test_an_unknown_zone_or_an_endless_format_is_refused() -> None:
    with pytest.raises(Exception, match="the time zone `Mars/Base` is not known"):
        shown("t | date", "Mars/Base")
    long = reason_of("{{ t | date: f }}", {"t": T, "f": "x" * 201})
    assert long.endswith("a date format has at most 200 characters")


ZONES = ["Africa/Johannesburg", "Europe/Dublin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - made aware below
    st.sampled_from(ZONES),
)
def test_the_clock_is_that_of_the_zone(moment: datetime, zone: str) -> None:
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    local = aware.astimezone(find_zone(zone))
    form = "%Y-%m-%dT%H:%M:%S%z"
    expression = f"'{aware.isoformat()}' | date: '{form}'"
    assert shown(expression, zone) == local.strftime(form)


@pytest.mark.parametrize("tag", LOCALES)
def test_the_words_are_those_of_the_cldr(tag: str) -> None:
    locale, cldr = find_locale(tag), babel.Locale.parse(tag, sep="-")
    months, days = cldr.months["format"], cldr.days["format"]
    assert locale.words.months == tuple(months["wide"][month] for month in range(1, 13))
    assert locale.words.days == tuple(days["wide"][day] for day in range(7))
    if tag in {"en", "en-gb", "de-at"} or "-" not in tag:
        short = tuple(months["abbreviated"][month] for month in range(1, 13))
        assert locale.words.months_short == short
        assert locale.words.days_short == tuple(days["abbreviated"][day] for day in range(7))
    periods = cldr.day_periods["format"]["abbreviated"]
    without_spaces = (periods["am"].replace("\u202f", ""), periods["pm"].replace("\u202f", ""))
    assert locale.am_pm == without_spaces


def squeezed(text: str) -> str:
    """Without spaces and with the minus sign of ASCII: here this project departs from the CLDR."""
    return "".join(text.split()).replace("\u2212", "-")


@pytest.mark.parametrize("tag", LOCALES)
@pytest.mark.parametrize("currency", ["ZAR", "EUR", "USD", "GBP", "JPY"])
def test_money_is_written_as_the_cldr_says(tag: str, currency: str) -> None:
    cldr, source = babel.Locale.parse(tag, sep="-"), "{{ v | money: '" + currency + "' }}"
    for amount in map(Decimal, ["0", "59.90", "-1234567.891", "1000"]):
        html, text = html_of(source, {"v": amount}, tag), text_of(source, {"v": amount}, tag)
        assert squeezed(html) == squeezed(format_currency(amount, currency, locale=cldr))
        assert html.replace(NBSP, " ").replace("\u2019", "'") == text


@pytest.mark.parametrize(
    ("tag", "expression", "written"),
    [
        ("en-ZA", "1234.5 | money: 'ZAR'", "R 1 234,50"),
        ("en-ZA", "-0.005 | money: 'ZAR'", "-R 0,01"),
        ("en-ZA", "-0.004 | money: 'ZAR'", "R 0,00"),
        ("en-US", "1234.5 | money: 'USD'", "$1,234.50"),
        ("en-US", "1234.5 | money: 'ZAR'", "ZAR 1,234.50"),
        ("de", "1234.5 | money: 'EUR'", "1.234,50 €"),
        ("de-CH", "-1234.5 | money: 'CHF'", "CHF -1'234.50"),
        ("nl", "-5 | money: 'EUR'", "€ -5,00"),
        ("en", "'12.5' | money: 'KWD'", "KWD 12.500"),
        ("en", "1234.5 | money: 'JPY'", "¥1,235"),
        ("fr_FR", "1234.5 | money: 'EUR'", "1 234,50 €"),
        ("no-NO", "1 | money: 'NOK'", "1,00 kr"),
        ("xx-YY", "1 | money: 'USD'", "$1.00"),
    ],
)
def test_money_by_example(tag: str, expression: str, written: str) -> None:
    assert shown(expression, locale=tag) == written


def test_a_currency_that_is_none_is_refused() -> None:
    assert reason_of("{{ 1 | money: c }}", {"c": "RND"}).endswith(
        ": `RND` is not a currency code of ISO 4217"
    )
    assert reason_of("{{ 'x' | money: 'ZAR' }}").endswith(": not a number")
