"""Packed text comes back, is short for what it is made for, and is read by every later version."""

from base64 import b64decode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.errors import CorruptState, NewerForm
from sojourn.core.state import packing
from sojourn.core.state.packing import EDITION, packed, unpacked

JOURNAL = (
    '{"r":1,"at":1772452800000000,"by":"evaluate","p":3,"e":[["m1","order.placed",'
    '1772452800000000,0,{"order_id":"o-1","total":114}]],"d":[["entered",0,"big-order",'
    '"hRfT2f9SykDNGMrB",null,null,{"event":"order.placed","version":1,"key":"o-1"}],["step",0,'
    '"big-order","hRfT2f9SykDNGMrB","thank",null,{"visit":1}]]}'
)
PACKED = (
    "AUOrEY1MTI0s4OUBNhcYw7OCIagOQWprga1HNQDkFuSGry5ID7Tda2hoglSjIteOSZnpumBdQMUZQWkh"
    "RmmWwZXZLn7uvkVO2KtNVGdgVqFgm1ETJ35LlEqAIZiNJenG1gIA"
)
"""The same, as the first version wrote it."""


@given(st.text())
def test_text_comes_back(text: str) -> None:
    assert unpacked(packed(text)) == text


def test_a_journal_line_takes_less_than_half() -> None:
    assert len(packed(JOURNAL)) < len(JOURNAL) * 0.45


def test_what_an_earlier_version_packed_is_read() -> None:
    assert unpacked(b64decode(PACKED)) == JOURNAL


def test_an_edition_never_changes() -> None:
    assert {
        edition: sha256(words).hexdigest()[:16] for edition, words in packing._DICTIONARIES.items()
    } == {1: "b8640c0e6d235d78"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "edition"),
        (b"\0" + packed("a")[1:], "edition"),
        (packed(JOURNAL)[:-1], "not whole"),
        (packed(JOURNAL) + b"\0", "not whole"),
        (packed("")[:1] + b"\xff\xff", "cannot be read"),
        (bytes([EDITION]) + b"\x01\x01\x00\xfe\xff\xff", "cannot be read"),
    ],
)
def test_what_was_not_packed_is_corrupt(content: bytes, why: str) -> None:
    with pytest.raises(CorruptState, match=why):
        unpacked(content)


def test_what_a_later_version_packed_is_left_to_that() -> None:
    with pytest.raises(NewerForm, match=f"edition {EDITION + 1}"):
        unpacked(bytes([EDITION + 1]) + packed("a")[1:])
