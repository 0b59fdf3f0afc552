"""Segments: what a text message costs, counted as networks count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.rendering.segments import Segments, segments_of


@pytest.mark.parametrize(
    ("text", "alphabet", "places", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2),
        ("€" * 153, "GSM-7", 306, 3),  # 76 in a part: none is cut in two
        ("Grüße, Zoë", "UCS-2", 10, 1),
        ("Grüße à la carte", "GSM-7", 16, 1),
        ("ş" * 70, "UCS-2", 70, 1),
        ("ş" * 71, "UCS-2", 71, 2),
        ("ş" * 134, "UCS-2", 134, 2),
        ("ş" * 135, "UCS-2", 135, 3),
        ("\U0001f600" * 35, "UCS-2", 70, 1),
        ("\U0001f600" * 67, "UCS-2", 134, 3),  # 33 in a part: none is cut in two
        ("\u2019", "UCS-2", 1, 1),
    ],
)
def test_a_text_is_counted(text: str, alphabet: str, places: int, count: int) -> None:
    assert segments_of(text) == Segments(alphabet, places, count)


@given(st.text(max_size=600))
def test_parts_hold_the_whole_text_and_no_more_of_them_are_paid_for(text: str) -> None:
    found = segments_of(text)
    whole, part = {"GSM-7": (160, 153), "UCS-2": (70, 67)}[found.alphabet]
    if found.count == 1:
        assert found.places <= whole
    else:
        assert (found.count - 1) * (part - 1) < found.places <= found.count * part


@given(st.text(max_size=300), st.text(max_size=10))
def test_more_text_never_costs_less(text: str, more: str) -> None:
    assert segments_of(text + more).count >= segments_of(text).count
