"""Every bound of a value: the bound itself is allowed, one past it is told with its figures."""

from typing import Any

import pytest

from tests.language.given import findings, hello, settings

GREET = ("steps", "greet")


def of_hello(*change: object) -> list[str]:
    found = findings(hello(*change))
    return [item.message for item in found if item.file == "journeys/hello.json"]


def of_settings(*change: object) -> list[str]:
    found = findings(settings(*change))
    return [item.message for item in found if item.file == "settings.json"]


@pytest.mark.parametrize(
    ("place", "at", "past", "told"),
    [
        (("name",), "x" * 1000, "x" * 1001, "a text of 1001 characters; the most is 1000"),
        (("exit", 0, "outcome"), "x", "", "this text is empty; write one or leave the key out"),
        (
            ("goal", "event"),
            "x" * 256,
            "x" * 257,
            "a text of 257 characters; the most is 256",
        ),
        (("goal", "event"), ["x"], [], "an empty list; name at least one event name"),
        (
            ("goal", "event"),
            "x",
            5,
            "the name of an event or a list of names is wanted, not a number",
        ),
        (("goal", "event"), "x", "", "this text is empty; write one or leave the key out"),
        (("entry", "holdout"), 100, 101, "101 is not within 0 and 100"),
        (("entry", "holdout"), 0, -1, "-1 is not within 0 and 100"),
        (("entry", "reentry"), {"max": 1}, {"max": 0}, "0 is less than 1"),
        (
            ("entry", "reentry"),
            {"max": 1},
            {"max": True},
            "a whole number is wanted, not a boolean",
        ),
        ((*GREET, "max_visits"), 1, 0, "0 is less than 1"),
        ((*GREET, "priority"), 1e6, True, "a number is wanted, not a boolean"),
        (
            ("max_stay",),
            "P365D",
            "PT0S",
            "`PT0S` is no length of time; give more than none",
        ),
    ],
)
def test_a_value_of_a_journey(place: tuple[Any, ...], at: object, past: object, told: str) -> None:
    assert of_hello(*place, at) == []
    assert of_hello(*place, past) == [told]


@pytest.mark.parametrize(
    ("place", "at", "past", "told"),
    [
        (("caps", 0, "max"), 400, 401, "401 is not within 0 and 400"),
        (("caps", 0, "max"), 0, -1, "-1 is not within 0 and 400"),
        (("caps", 0, "max"), 1, True, "a whole number is wanted, not a boolean"),
        (("control_group",), 100, 100.1, "100.1 is not within 0 and 100"),
        (
            ("senders", "email"),
            "a@shop.example",
            "",
            "this text is empty; write one or leave the key out",
        ),
        (("senders", "sms"), "SHOP", "", "this text is empty; write one or leave the key out"),
        (
            ("senders", "email"),
            "a@shop.example",
            "a@shop",
            "`a@shop` is no sender like `Shop <hello@shop.example>`",
        ),
        (
            ("senders", "email"),
            "a@shop.example",
            "@shop.example",
            "`@shop.example` is no sender like `Shop <hello@shop.example>`",
        ),
        (
            ("timezone",),
            "Europe/Paris",
            "Europe/Pariss",
            "there is no time zone `Europe/Pariss`; did you mean `Europe/Paris`?",
        ),
        (
            ("timezone",),
            "Asia/Tokyo",
            "Tokyo",
            "there is no time zone `Tokyo`; there is `Asia/Tokyo`",
        ),
    ],
)
def test_a_value_of_the_settings(
    place: tuple[Any, ...], at: object, past: object, told: str
) -> None:
    assert of_settings(*place, at) == []
    assert of_settings(*place, past) == [told]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Pari", "Europe/Paris"),  # the same continent
        ("europe/paris", "Europe/Paris"),
        ("Erope/Paris", "Europe/Paris"),  # the same end
        ("Amrica/New_York", "America/New_York"),
        ("America/New York", "America/New_York"),
    ],
)
def test_a_zone_that_is_nearly_one_is_named(written: str, meant: str) -> None:
    assert of_settings("timezone", written) == [
        f"there is no time zone `{written}`; did you mean `{meant}`?"
    ]


@pytest.mark.parametrize("written", ["Berlin", "berlin", "New York"])
def test_a_zone_is_named_by_its_city(written: str) -> None:
    meant = {"berlin": "Europe/Berlin", "new york": "America/New_York"}[written.casefold()]
    assert f"`{meant}`" in "".join(of_settings("timezone", written))
    assert "Dublin" not in "".join(of_settings("timezone", written))


@pytest.mark.parametrize("written", ["GMT+2", "utc-03:30", "+0200", "UTC +2", "Z+1"])
def test_an_offset_is_no_zone_and_no_other_one_is_guessed(written: str) -> None:
    assert of_settings("timezone", written) == [
        f"`{written}` is an offset; name a place like `Europe/Berlin`, whose clock counts"
    ]


def test_the_id_of_a_category_may_have_a_hundred_characters() -> None:
    assert of_settings("categories", {"x" * 100: {}}) == []
    [told] = of_settings("categories", {"x" * 101: {}})
    assert told.endswith(
        "is no id: up to 100 letters, digits, `-`, `_` and `.`, a letter or digit first"
    )


def test_a_value_of_another_type_is_named_once_wherever_it_stands() -> None:
    assert of_settings("caps", 0, "channels", [{}, {}, 5, 5]) == [
        "text is wanted, not an object",
        "text is wanted, not an object",
        "text is wanted, not a number",
        "text is wanted, not a number",
    ]


def test_the_key_that_was_meant_is_named_as_files_write_it() -> None:
    window = {"form": "21:00", "to": "08:00"}
    assert of_settings("quiet_hours", 0, window) == ["there is no key `form`; did you mean `from`?"]


def test_of_keys_that_exclude_one_another_those_are_named_that_stand_there() -> None:
    entry = {"profile": {"a": 1}, "segment": {"id": "regulars"}}
    assert of_hello("entry", entry) == ["`segment` and `profile` exclude one another; keep one"]
