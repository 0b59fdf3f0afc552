"""Conditions in the words of people: an explanation names no operator."""

from typing import Any

import pytest

from sojourn.core.values.instants import DAY, MINUTE, SECOND
from sojourn.core.workspace.reading import read_condition
from sojourn_cli.explaining.words import condition_in_full, condition_in_words, duration_in_words


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        ({"event.total": 5}, "event.total = 5"),
        ({"event.total": "5"}, 'event.total = "5"'),
        ({"event.total": "x" * 300}, f'event.total = "{"x" * 199}…'),
        ({"event.kind": ["a", 1]}, 'event.kind is one of "a", 1'),
        ({"event.kind": {"not_in": []}}, "event.kind is none of []"),
        (
            {"event.kind": {"like": "A*", "ignore_case": True}},
            'event.kind is like "A*", ignoring case',
        ),
        ({"event.n": {"between": [1, 5]}}, "event.n is 1 to 5"),
        ({"event.due": {"in_next": "PT36H"}}, "event.due is in the next 1 day 12 hours"),
        ({"event.n": {"exists": False}}, "event.n is missing"),
        (
            {
                "any": [
                    {"event.a": "1", "event.b": 1},
                    {"not": {"any": [{"event.c": 1}, {"event.d": 2}]}},
                ]
            },
            '(event.a = "1" and event.b = 1) or not (event.c = 1 or event.d = 2)',
        ),
        (
            {"did": {"event": ["a", "b"], "where": {"event.n": "1"}, "count": {"between": [1, 2]}}},
            'did a or b where event.n = "1", times 1 to 2',
        ),
        (
            {"did": {"event": "a", "within": "P7D", "sum": {"of": "event.n", "gte": 5}}},
            "did a in the last 7 days, times ≥ 1, sum of event.n ≥ 5",
        ),
    ],
)
def test_a_condition_is_said_without_the_operators_names(doc: Any, said: str) -> None:  # noqa: ANN401 - JSON
    assert condition_in_full(read_condition(doc, "where")) == said


def test_in_a_picture_text_stands_without_quotes_but_an_empty_one() -> None:
    said = [condition_in_words(read_condition({"event.a": value}, "")) for value in ("b", "", 5)]
    assert said == ["event.a = b", 'event.a = ""', "event.a = 5"]


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (0, "0 seconds"),
        (SECOND, "1 second"),
        (60_500_000, "1 minute 0.5 seconds"),
        (10 * SECOND, "10 seconds"),
        (1_000_060, "1.00006 seconds"),
        (DAY + 2 * MINUTE, "1 day 2 minutes"),
    ],
)
def test_a_duration_is_said_in_days_hours_minutes_and_seconds(duration: int, said: str) -> None:
    assert duration_in_words(duration) == said
