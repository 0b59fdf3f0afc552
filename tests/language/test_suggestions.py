"""What a finding says to write instead is right: written there, the finding is gone."""

import copy
import json
import re
from typing import Any

import pytest

from sojourn.language.findings import Code
from tests.language.given import HELLO, base, changed, findings, hello, settings

ENTRY = ("entry",)
RULE = ("exit", 0)
MATCH = ("steps", "answer", "any", 0)
BRANCH = ("steps", "answer")
CONDITIONS: list[tuple[str, Any]] = [
    ("event.total", {"gte": 5}),
    ("profile.tier", "gold"),
    ("did", {"event": "order placed"}),
    ("not", {"profile.tier": "gold"}),
    ("all", []),
]
PLACES = [ENTRY, RULE, MATCH, ("goal",), (*BRANCH, "branches", 0)]


def with_branch() -> dict[str, Any]:
    branch = {"type": "branch", "branches": [{"where": {"profile.x": 1}, "next": "end"}]}
    return changed(HELLO, *BRANCH, branch | {"else": "end"})  # type: ignore[no-any-return]


@pytest.mark.parametrize(("name", "test"), CONDITIONS, ids=str)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_condition_beside_other_keys_is_told_to_stand_under_where(
    place: tuple[str | int, ...], name: str, test: object
) -> None:
    doc = with_branch() if "branches" in place else HELLO
    [found] = [
        item
        for item in findings(base(journeys__hello=changed(doc, *place, name, test)))
        if item.code == Code.UNKNOWN_KEY
    ]
    assert found.message.startswith(f"`{name}` is a condition, and conditions stand under `where`")
    instead = json.loads(re.sub(r'^.*`("where".*)`$', r"{\1}", found.message))
    mended = changed(doc, *place, "where", instead["where"])
    codes = [item.code for item in findings(base(journeys__hello=mended))]
    assert Code.UNKNOWN_KEY not in codes


@pytest.mark.parametrize(
    ("place", "key", "slip"),
    [
        (("entry",), "event", "events"),
        (("goal",), "event", "event_name"),
        (("start",), "start", "begin"),
        (("entry",), "entry", "trigger"),
        (("steps",), "steps", "step"),
        ((*BRANCH, "branches", 0), "where", "if"),
        ((*BRANCH, "branches", 0), "where", "conditions"),
        (MATCH, "event", "Event"),
        (("steps", "wait"), "for", "duration"),
        (("steps", "greet"), "template", "templat"),
        (("steps", "greet"), "channel", "chanel"),
    ],
)
def test_a_key_that_is_misspelt_is_not_told_to_be_missing_too(
    place: tuple[str | int, ...], key: str, slip: str
) -> None:
    doc = with_branch() if "branches" in place else copy.deepcopy(HELLO)
    outer: Any = doc
    for step in place if place != (key,) else ():
        outer = outer[step]
    outer[slip] = outer.pop(key)
    [found] = [item for item in findings(base(journeys__hello=doc)) if item.severity == "error"]
    assert (found.code, f"did you mean `{key}`?" in found.message) == (Code.UNKNOWN_KEY, True)


def test_a_trait_that_lets_in_is_told_to_stand_under_profile() -> None:
    doc = changed(HELLO, "entry", {"profile.plan": {"eq": "pro"}})
    [found] = findings(base(journeys__hello=doc))
    assert found.message.endswith('is written `"profile": {"plan":{"eq":"pro"}}`')
    mended = changed(HELLO, "entry", {"profile": {"plan": {"eq": "pro"}}})
    assert findings(base(journeys__hello=mended)) == ()


@pytest.mark.parametrize("key", ["next", "else", "on_timeout"])
def test_behind_a_step_that_names_no_step_nothing_is_told_to_be_unreachable(key: str) -> None:
    steps = {
        "first": {"type": "wait", "for": "PT1H", key: None},
        "second": {"type": "wait", "for": "PT1H", "next": "third"},
        "third": {"type": "exit"},
    }
    doc = changed(changed(HELLO, "steps", steps), "start", "first")
    codes = [item.code for item in findings(base(journeys__hello=doc))]
    assert Code.UNREACHABLE_STEP not in codes
    assert len(codes) == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"set": {"profile.x": 1}, "unset": ["profile.x"]}, "`unset` empties `profile.x`"),
        ({"increment": {"vars.n": 1}, "unset": ["vars.n"]}, "`unset` empties `vars.n`"),
        (
            {"set": {"profile.x": {"from": "event.n", "default": 3}}},
            '`event.n` is not read; write `{"from":"event.n"}` alone',
        ),
    ],
)
def test_an_update_that_does_not_what_it_seems_to_is_warned_of(
    given: dict[str, Any], told: str
) -> None:
    doc = changed(HELLO, "steps", "wait", {"type": "update", "next": "greet", **given})
    [found] = findings(base(journeys__hello=doc))
    assert (found.severity, told in found.message) == ("warning", True)


def test_lists_in_place_of_objects_are_told_what_is_wanted() -> None:
    listed = changed(HELLO, "steps", [{"id": "wait", "type": "exit"}])
    [found] = findings(base(journeys__hello=listed))
    assert found.message.endswith("each item under a name, `{name: …}`")
    [found] = findings(base(journeys__hello=changed(HELLO, "entry", [{"event": "x"}])))
    assert found.message.endswith("not a list; take the brackets away")


def test_a_condition_beside_other_keys_of_a_segment_is_told_to_stand_under_where() -> None:
    segment = {"id": "regulars", "profile.tier": "gold", "where": {"profile.x": 1}}
    [found] = findings(base(segments__regulars=segment))
    assert found.message.endswith('as in `"where": {"profile.tier":"gold"}`')


@pytest.mark.parametrize(
    ("place", "word", "meant"),
    [
        (("status",), "active", "live"),
        (("status",), "Running", "live"),
        (("status",), "disabled", "paused"),
        (("steps", "wait", "type"), "delay", "wait"),
        (("steps", "wait", "type"), "email", "send"),
        (("steps", "wait", "type"), "condition", "branch"),
        (("steps", "wait", "type"), "webhook", "emit"),
        (("entry", "where"), {"and": []}, "all"),
        (("entry", "where"), {"or": []}, "any"),
        (("entry", "where"), {"event.x": {"min": 1}}, "gte"),
        (("entry", "where"), {"event.x": {"equals": 1}}, "eq"),
        (("entry", "where"), {"event.x": {"greater_than": 1}}, "gt"),
        (("entry", "where"), {"properties.x": 1}, "event"),
        (("entry", "where"), {"traits.x": 1}, "profile"),
        (("entry", "reentry"), {"mode": "once"}, "never"),
        (("entry", "where"), {"did": {"event": "x", "last": "P1D"}}, "within"),
        (("steps", "wait", "delay"), "P1D", "for"),
        (("trigger",), {}, "entry"),
        (("steps", "wait", "goto"), "greet", "next"),
        (("steps", "wait", "until"), {"time": "09:00", "weekdays": ["Monday"]}, "mon"),
    ],
)  # fmt: skip
def test_a_word_of_other_tools_is_told_in_ours(
    place: tuple[str, ...], word: object, meant: str
) -> None:
    messages = [item.message for item in findings(hello(*place, word))]
    assert any(message.endswith(f"did you mean `{meant}`?") for message in messages), messages


@pytest.mark.parametrize(
    ("place", "slip"),
    [
        (("steps", "wait", "for"), "2 days"),
        (("steps", "wait", "for"), "2 d"),
        (("steps", "wait", "for"), "90 minutes"),
        (("steps", "wait", "for"), "1 Hour"),
        (("steps", "wait", "for"), "3 weeks"),
        (("steps", "wait", "until"), {"time": "9:00"}),
        (("steps", "wait", "until"), {"time": "9am"}),
        (("steps", "wait", "until"), {"time": "12 am"}),
        (("steps", "wait", "until"), {"time": "12:30 pm"}),
        (("steps", "wait", "until"), {"time": "6 PM"}),
        (("steps", "wait", "until"), {"time": "21h"}),
        (("steps", "wait", "until"), {"time": "24:00"}),
        (("entry", "after"), "2026-12-01"),
        (("entry", "after"), "2026-12-01T09:00:00"),
        (("entry", "holdout"), "10%"),
        (("entry", "holdout"), "10"),
        (("entry", "holdout"), "0.5 %"),
        (("priority",), "60"),
        (("goal", "exit"), "true"),
        (("goal", "exit"), "No"),
        (("goal",), "order placed"),
        (("entry", "segment"), "regulars"),
    ],
)
def test_a_value_that_can_be_understood_is_written_out(
    place: tuple[str, ...], slip: object
) -> None:
    [found] = [
        item
        for item in findings(hello(*place, slip))
        if "write `" in item.message and item.code != Code.CONFLICTING_KEYS
    ]
    whole = re.search(r"write `(.+?)`", found.message)
    assert whole is not None
    try:
        meant = json.loads(whole[1])
    except ValueError:
        meant = whole[1]
    if isinstance(slip, dict):
        meant = {"time": meant}
    codes = [(item.code, item.path) for item in findings(hello(*place, meant))]
    assert (found.code, found.path) not in codes


@pytest.mark.parametrize("time", ["13pm", "0 am", "noon", "9:5", "-9", "99"])
def test_what_can_be_no_time_of_day_is_not_guessed_at(time: str) -> None:
    [found] = findings(hello("steps", "wait", "until", {"time": time}))[:1]
    assert found.code == Code.BAD_TIME
    assert "write `" not in found.message


@pytest.mark.parametrize(("slip", "meant"), [("day", "calendar_day"), ("Month", "calendar_month")])
def test_a_cap_per_day_is_told_both_that_may_be_meant(slip: str, meant: str) -> None:
    [found] = findings(settings("caps", 0, "per", slip))
    assert f"`{meant}`" in found.message


@pytest.mark.parametrize("sign", [">= 5", "> 5", "<10", "!= gold", "= gold"])
def test_an_operator_within_a_text_is_warned_of(sign: str) -> None:
    [found] = findings(hello("entry", "where", {"event.total": sign}))
    assert (found.severity, found.code) == ("warning", Code.UNKNOWN_OPERATOR)
    whole = re.search(r"write `(.+)`$", found.message)
    assert whole is not None
    assert findings(hello("entry", "where", {"event.total": json.loads(whole[1])})) == ()


def test_a_text_that_begins_with_an_arrow_or_a_sign_alone_is_a_text() -> None:
    for text in (">", "->", "<b>", "< b", "=)"):
        assert findings(hello("entry", "where", {"event.total": text})) == (), text


@pytest.mark.parametrize("key", ["where", "if", "condition"])
def test_a_condition_on_a_step_is_told_to_be_a_branch(key: str) -> None:
    messages = [item.message for item in findings(hello("steps", "greet", key, {"profile.x": 1}))]
    assert messages == [f"there is no key `{key}`; a `branch` before this step asks a condition"]


@pytest.mark.parametrize(
    ("place", "found", "told"),
    [
        (("exit",), {"event": "x"}, "a list is wanted, not an object; put it into brackets"),
        (("entry", "reentry"), "once", "an object with `mode`, `every` and `max` is wanted"),
        (("entry", "reentry"), "on Sundays", "an object with `mode`, `every` and `max` is wanted"),
        (("steps", "wait", "until"), "09:00", 'an object, as `{"time": "09:00"}`'),
    ],
)
def test_a_value_of_another_type_is_told_what_is_wanted(
    place: tuple[str, ...], found: object, told: str
) -> None:
    assert any(item.message.startswith(told) for item in findings(hello(*place, found)))


@pytest.mark.parametrize(
    ("slip", "meant"), [("always", "always"), ("once", "never"), ("never", "never")]
)
def test_a_mode_of_reentry_alone_is_told_to_be_an_object(slip: str, meant: str) -> None:
    [found] = findings(hello("entry", "reentry", slip))
    written = json.loads(found.message.split("write `")[1][:-1])
    assert written == {"mode": meant}
    assert findings(hello("entry", "reentry", written)) == ()


@pytest.mark.parametrize("value", ["entry.price", "{{ entry.price }}", "{{entry.price}}"])
@pytest.mark.parametrize(
    ("key", "name", "step"),
    [
        ("set", "vars.price", {"type": "update"}),
        ("properties", "price", {"type": "emit", "event": "seen"}),
        ("with", "price", {"type": "enter", "journey": "other"}),
    ],
)
def test_a_path_handed_over_as_a_text_is_told_to_be_read(
    key: str, name: str, step: dict[str, Any], value: str
) -> None:
    [found] = findings(hello("steps", "end", step | {key: {name: value}}))
    assert (found.severity, found.code) == ("warning", Code.PATH_AS_TEXT)
    written = json.loads(found.message.split("write `")[1][:-1])
    assert findings(hello("steps", "end", step | {key: {name: written}})) == ()


@pytest.mark.parametrize("key", ["set", "increment"])
def test_where_a_text_is_wrong_a_path_in_it_is_not_told_again(key: str) -> None:
    path = "profile.consent.news" if key == "set" else "vars.n"
    [found] = findings(hello("steps", "end", {"type": "update", key: {path: "entry.n"}}))
    assert found.code == Code.WRONG_TYPE
    assert '{"from": "<path>"}' in found.message
