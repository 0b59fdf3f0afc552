"""Paths: dots, double quotes, and what is found where there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.exact import Json
from sojourn.core.values.paths import MISSING, Found, Path, descend, parse_path, show_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("profile.first_name", ("profile", "first_name")),
        ('event."order.total"', ("event", "order.total")),
        ('event."order total".net', ("event", "order total", "net")),
        ('event.""', ("event", "")),
        ('"event".a', ("event", "a")),
        ("event.straße", ("event", "straße")),
        ("profile", ("profile",)),
    ],
)
def test_a_path_is_split_at_its_dots(text: str, path: Path) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        (".a", "empty"),
        ("event.", "empty"),
        ("event..a", "empty"),
        ("event.a b", "wants double quotes"),
        ("event.a\u00a0b", "wants double quotes"),
        ('event.a"b', "wants double quotes"),
        ('event."a', "does not end"),
        ('event."a"b', "wants a dot"),
    ],
)
def test_what_is_no_path_is_refused_with_a_sentence(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_path(text)


@given(st.lists(st.text(st.characters(exclude_characters='"')), min_size=1))
def test_a_shown_path_reads_back(names: list[str]) -> None:
    assert parse_path(show_path(tuple(names))) == tuple(names)


@given(st.text())
def test_reading_a_path_never_ends_in_another_error(text: str) -> None:
    try:
        path = parse_path(text)
    except ValueError as error:
        assert repr(text) in str(error)  # noqa: PT017 - both ends are right
    else:
        assert parse_path(show_path(path)) == path


@pytest.mark.parametrize(
    ("value", "names", "found"),
    [
        ({"a": {"b": 1}}, ("a", "b"), 1),
        ({"a": {"b": None}}, ("a", "b"), None),
        ({"a": {"b": 1}}, (), {"a": {"b": 1}}),
        ({"a": 1}, ("a", "b"), MISSING),
        ({"a": None}, ("a", "b"), MISSING),
        ({"a": [1]}, ("a", "0"), MISSING),
        ({}, ("a",), MISSING),
    ],
)
def test_names_lead_through_objects_only(value: Json, names: Path, found: Found) -> None:
    assert descend(value, names) == found


def test_missing_reads_as_people_say_it() -> None:
    assert f"{MISSING}" == "missing"
