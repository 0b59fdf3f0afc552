"""Counting: what the page shows of a result in numbers. Days are days in UTC."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sojourn.core.nouns import noun

type Row = Mapping[str, Any]
"""A row of the simulation's result, as its JSON has it."""

MOST_BARS = 92
"""Of a chart over time: a quarter in days; longer ones are in weeks, months or years."""

_DATE = len("2026-01-31")
_FEW = 5
"""Up to here every number of messages has a bar of its own, above it ranges double."""


@noun
class Bar:
    """One bar of a chart: what it stands for, and its parts by name."""

    label: str
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Its whole height."""
        return sum(self.parts.values())


def sent(messages: Iterable[Row]) -> list[Row]:
    """The messages that were sent."""
    return [row for row in messages if row["status"] == "sent"]


def over_time(messages: Sequence[Row]) -> tuple[str, list[Bar]]:
    """Messages sent by channel, per day or longer, without a gap; and how long a bar is."""
    days = Counter(
        (date.fromisoformat(row["decided_at"][:_DATE]), row["channel"]) for row in messages
    )
    if not days:
        return "day", []
    span, begin, starts = _cut(min(day for day, _ in days), max(day for day, _ in days))
    parts: dict[date, Counter[str]] = {start: Counter() for start in starts}
    for (day, channel), count in days.items():
        parts[begin(day)][channel] += count
    return span, [Bar(start.isoformat(), found) for start, found in parts.items()]


def _cut(first: date, last: date) -> tuple[str, Callable[[date], date], list[date]]:
    """The shortest span of which few enough reach from the first day to the last."""
    for span, begin, after in _SPANS:
        starts = [begin(first)]
        while starts[-1] <= last and len(starts) <= MOST_BARS:
            starts.append(after(starts[-1]))
        if starts[-1] > last:
            return span, begin, starts[:-1]
    raise AssertionError("calendars have fewer decades than there may be bars")


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _months(day: date, months: int) -> date:
    """The first of the month so many months on."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _decade(day: date) -> date:
    return date(day.year // 10 * 10, 1, 1)


_SPANS: tuple[tuple[str, Callable[[date], date], Callable[[date], date]], ...] = (
    ("day", lambda day: day, lambda day: day + timedelta(days=1)),
    ("week", _monday, lambda day: day + timedelta(days=7)),
    ("month", lambda day: _months(day, 0), lambda day: _months(day, 1)),
    ("year", lambda day: date(day.year, 1, 1), lambda day: _months(day, 12)),
    ("decade", _decade, lambda day: _months(day, 120)),
)
"""How long a bar is, where the one of a day begins, and the next after it."""


def per_customer(messages: Sequence[Row], customers: int) -> list[Bar]:
    """How many customers got so many messages, those without any included."""
    counts = Counter(Counter(row["customer"] for row in messages).values())
    counts[0] = customers - sum(counts.values())
    return _ranges(counts, "customers", least=0)


def per_customer_and_day(messages: Sequence[Row]) -> list[Bar]:
    """On how many days one customer got so many messages, days without any left out."""
    days = Counter((row["customer"], row["decided_at"][:_DATE]) for row in messages)
    return _ranges(Counter(days.values()), "days of a customer", least=1)


def _ranges(counts: Mapping[int, int], name: str, *, least: int) -> list[Bar]:
    """Bars for 0, 1, 2, 3, 4, 5, then 6 to 10, 11 to 20, 21 to 40 and so on."""
    bars: list[Bar] = []
    low = high = least
    while low <= max(counts, default=-1):
        found = sum(number for size, number in counts.items() if low <= size <= high)
        bars.append(Bar(str(low) if low == high else f"{low} to {high}", {name: found}))
        low, high = high + 1, (high + 1 if high < _FEW else 2 * high)
    return bars


def by_outcome(messages: Iterable[Row]) -> list[tuple[str, str, str, int]]:
    """Channel, status, reason and how many, the most frequent of a channel first."""
    counts = Counter((row["channel"], row["status"], row["reason"] or "") for row in messages)
    rows = [(*key, number) for key, number in counts.items()]
    return sorted(rows, key=lambda row: (row[0], row[1] != "sent", -row[3], row[1], row[2]))
