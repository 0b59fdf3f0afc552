"""The numbers of the page: every message in one bar, no gap, few enough bars."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.state.customer import Event
from sojourn.core.values.instants import parse_instant
from sojourn_cli.comparing.enrolments import Fate
from sojourn_cli.page.counting import (
    MOST_BARS,
    Bar,
    by_outcome,
    over_time,
    per_customer,
    per_customer_and_day,
)
from sojourn_cli.page.timeline import timeline

NOON = "2026-01-05T12:00:00Z"


def message(customer: str, day: str, channel: str = "email", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    row = {"customer": customer, "decided_at": f"{day}T09:00:00Z", "channel": channel}
    return {**row, "status": "sent", "reason": None, **more}


def told(bars: list[Bar]) -> list[tuple[str, int]]:
    return [(bar.label, bar.total) for bar in bars]


def test_days_without_a_message_have_a_bar_of_nothing() -> None:
    span, bars = over_time([message("a", "2026-01-05"), message("b", "2026-01-07", "sms")])
    assert span == "day"
    assert told(bars) == [("2026-01-05", 1), ("2026-01-06", 0), ("2026-01-07", 1)]
    assert bars[2].parts == {"sms": 1}
    assert over_time([]) == ("day", [])


def test_longer_times_are_cut_into_weeks_months_years_decades() -> None:
    def cut(last: str) -> tuple[str, int, str, str]:
        span, bars = over_time([message("a", "2026-01-07"), message("a", last)])
        return span, len(bars), bars[0].label, bars[-1].label

    assert cut("2026-04-08") == ("day", 92, "2026-01-07", "2026-04-08")
    assert cut("2026-04-09") == ("week", 14, "2026-01-05", "2026-04-06")
    assert cut("2028-01-01") == ("month", 25, "2026-01-01", "2028-01-01")
    assert cut("2034-01-01") == ("year", 9, "2026-01-01", "2034-01-01")
    assert cut("2190-01-01") == ("decade", 18, "2020-01-01", "2190-01-01")


@given(st.lists(st.dates(date(1900, 1, 1), date(2600, 1, 1)), min_size=1, max_size=20))
def test_every_message_is_in_one_bar(days: list[date]) -> None:
    span, bars = over_time([message("a", day.isoformat()) for day in days])
    assert sum(bar.total for bar in bars) == len(days)
    assert 0 < len(bars) <= MOST_BARS
    starts = [date.fromisoformat(bar.label) for bar in bars]
    assert starts[0] <= min(days)
    assert starts == sorted(set(starts))
    longest = {"day": 1, "week": 7, "month": 31, "year": 366, "decade": 3653}[span]
    ends = [*starts[1:], max(days)]
    assert all(
        end - start <= timedelta(days=longest) for start, end in zip(starts, ends, strict=True)
    )


def test_customers_are_counted_by_how_much_they_got() -> None:
    rows = [message(name, "2026-01-05") for name in "aaaabb"]
    rows += [message("c", f"2026-01-{day:02}") for day in range(1, 16)]
    assert told(per_customer(rows, 10)) == [
        *(("0", 7), ("1", 0), ("2", 1), ("3", 0), ("4", 1), ("5", 0)),
        *(("6 to 10", 0), ("11 to 20", 1)),
    ]
    assert told(per_customer_and_day(rows)) == [("1", 15), ("2", 1), ("3", 0), ("4", 1)]
    assert told(per_customer([], 0)) == [("0", 0)]
    assert per_customer_and_day([]) == []


@given(st.lists(st.integers(0, 60), max_size=20))
def test_every_customer_is_in_one_bar(sizes: list[int]) -> None:
    rows = [
        message(f"c{number}", "2026-01-05")
        for number, size in enumerate(sizes)
        for _ in range(size)
    ]
    assert sum(bar.total for bar in per_customer(rows, len(sizes))) == len(sizes)


def test_outcomes_are_by_channel_and_sent_ones_first() -> None:
    rows = [
        message("a", "2026-01-05", "sms"),
        *[message("a", "2026-01-05", status="capped", reason="cap x")] * 3,
        message("a", "2026-01-05", status="quiet", reason="quiet_hours"),
        message("a", "2026-01-05"),
    ]
    assert by_outcome(rows) == [
        ("email", "sent", "", 1),
        ("email", "capped", "cap x", 3),
        ("email", "quiet", "quiet_hours", 1),
        ("sms", "sent", "", 1),
    ]


def enrolment(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    row = {"journey": "j", "key": None, "entered_at": NOON, "exited_at": None, "outcome": None}
    return {**row, "converted_at": None, "credited_to": None, **more}


def sent(status: str = "sent", journey: str = "j", **more: Any) -> Fate:  # noqa: ANN401 - a noun's fields
    at = parse_instant(NOON)
    fields = {"reason": None, "requested_at": at, "decided_at": at, "subject": "Hello", "holds": ()}
    return Fate(
        journey=journey,
        step="s",
        channel="email",
        category="marketing",
        status=status,
        body="b",
        **{**fields, **more},
    )


def lines(messages: list[Fate], enrolments: list[dict[str, Any]]) -> list[str]:
    at = parse_instant(NOON)
    event = Event("1", "order", at, at, {"total": 5, "item": "x" * 500})
    return [
        f"{entry.kind} {entry.what} {entry.more}".strip()
        for entry in timeline([event], messages, enrolments)
    ]


def test_at_one_instant_causes_stand_before_what_follows() -> None:
    old = enrolment(entered_at="2026-01-04T12:00:00Z", exited_at=NOON, outcome="bought", key="k")
    new = enrolment(journey="n", exited_at=NOON, outcome="finished")
    converted = enrolment(converted_at=NOON, credited_to="s", exited_at=NOON, outcome="converted")
    found = lines(
        [sent(journey="n"), sent("cancelled", reason="exit bought")], [old, new, converted]
    )
    assert found[0] == "entered j key k"
    assert found[1].startswith("event order total 5, item xxx")
    assert found[1].endswith("…")
    assert found[2:] == [
        "converted j credited to s",
        "exited j bought",
        "entered n",
        "entered j",
        "sent email n/s Hello",
        "unsent email j/s cancelled: exit bought",
        "finished n finished",
        "finished j converted",
    ]


def test_a_message_says_what_held_it_and_why_it_was_not_sent() -> None:
    early = parse_instant("2026-01-05T11:00:00Z")
    holds = ((early, "quiet_hours"), (early + 1, "cap x"), (early + 2, "quiet_hours"))
    found = lines(
        [
            sent(requested_at=early, subject=None, holds=holds),
            sent("held", reason="quiet_hours", decided_at=None),
            sent("failed"),
        ],
        [enrolment(outcome="held_out", exited_at=NOON)],
    )
    assert found[1:] == [
        "entered j held out",
        "sent email j/s b (held by quiet_hours and cap x since 2026-01-05T11:00:00Z)",
        "unsent email j/s held: quiet_hours",
        "unsent email j/s failed",
    ]
