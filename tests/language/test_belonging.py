"""Belonging: a key an object too far out or in is told where it stands, and is right there."""

import copy
import json
import re
from typing import Any

import pytest

from sojourn.language.belonging import elsewhere, further_in, further_out
from sojourn.language.findings import Code, Finding
from sojourn.language.models.journey import Entry, Journey
from sojourn.language.models.settings import Settings
from tests.language.given import HELLO, SETTINGS, base, changed, findings

type Doc = dict[str, Any]

FURTHER_IN: list[tuple[str, tuple[str, ...], str, object]] = [
    ("hello", (), "holdout", 10),
    ("hello", (), "reentry", {"mode": "always"}),
    ("hello", (), "every", "P7D"),
    ("hello", (), "key", "event.order_id"),
    ("hello", (), "match", {"event.id": "entry.id"}),
    ("hello", (), "within", "P30D"),
    ("hello", ("entry",), "mode", "never"),
    ("hello", ("steps", "wait"), "time", "09:00"),
    ("hello", ("steps", "wait"), "date", "profile.birthday"),
    ("hello", ("steps", "answer"), "event", "order placed"),
    ("settings", (), "max", 3),
    ("settings", (), "reply_to", "help@shop.example"),
    ("settings", (), "consent", "opt_in"),
    ("settings", (), "weekdays", ["mon"]),
]


def workspace(file: str, doc: Doc) -> dict[str, bytes]:
    return base(settings=doc) if file == "settings" else base(journeys__hello=doc)


def unknown(file: str, doc: Doc) -> list[Finding]:
    return [item for item in findings(workspace(file, doc)) if item.code == Code.UNKNOWN_KEY]


def merged(one: Any, other: Any) -> Any:  # noqa: ANN401 - JSON
    """Both values in one; of lists the first items."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {key: merged(one.get(key), value) for key, value in other.items()}
        return {**one, **both}
    if isinstance(one, list) and isinstance(other, list) and one:
        return [merged(one[0], other[0]), *one[1:]]
    return other


@pytest.mark.parametrize(("file", "place", "key", "value"), FURTHER_IN)
def test_a_key_too_far_out_is_told_where_it_stands_and_is_right_there(
    file: str, place: tuple[str, ...], key: str, value: object
) -> None:
    doc: Doc = HELLO if file == "hello" else SETTINGS
    [found] = unknown(file, changed(doc, *place, key, value))
    assert found.path == ".".join((*place, key))
    assert re.match(rf"`{key}` stands in `[a-z_.]+`, as in `", found.message)
    told = json.loads("{" + found.message.partition("as in `")[2].removesuffix("`") + "}")
    mended = copy.deepcopy(doc)
    inner = mended
    for name in place:
        inner = inner[name]
    inner.update(merged(inner, told))
    assert unknown(file, mended) == []


@pytest.mark.parametrize(
    ("place", "key", "value", "message"),
    [
        (("entry",), "goal", {"event": "x"}, "`goal` stands beside `entry`, not in it"),
        (("entry",), "exit", [], "`exit` stands beside `entry`, not in it"),
        (("goal",), "max_stay", "P9D", "`max_stay` stands beside `goal`, not in it"),
        (("exit", 0), "start", "wait", "`start` stands beside `exit`, not in it"),
        (("steps", "wait"), "goal", {}, "`goal` stands beside `steps`, not in it"),
        ((), "caps", [], "`caps` stands in `settings.json`, which holds for the whole workspace"),
        ((), "timezone", "UTC", "`timezone` stands in `settings.json`, which holds for"),
    ],
)
def test_a_key_too_far_in_or_in_the_wrong_file_is_told_where_it_stands(
    place: tuple[str | int, ...], key: str, value: object, message: str
) -> None:
    [found] = unknown("hello", changed(HELLO, *place, key, value))
    assert found.message.startswith(message)


def test_what_was_written_too_far_out_is_not_missing_too() -> None:
    doc = {name: value for name, value in HELLO.items() if name != "entry"}
    codes = {item.code for item in findings(base(journeys__hello={**doc, "event": "signed up"}))}
    assert codes == {Code.UNKNOWN_KEY}


def test_a_key_that_many_have_or_none_tells_nothing() -> None:
    assert not further_in(Settings, "name")
    assert further_out(Entry, "name") is None
    assert elsewhere("name") is None
    assert not further_in(Journey, "nowhere")
    assert further_out(Entry, "nowhere") is None
    assert elsewhere("nowhere") is None


def test_a_key_that_is_misspelt_is_told_as_before() -> None:
    [found] = unknown("hello", changed(HELLO, "step", {}))
    assert found.message == "there is no key `step`; did you mean `steps`?"


def test_a_word_of_another_tool_is_told_as_before() -> None:
    [found] = unknown("hello", changed(HELLO, "trigger", {"event": "signed up"}))
    assert found.message == "there is no key `trigger`; did you mean `entry`?"
