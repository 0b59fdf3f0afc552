"""Of uploaded files those that are right go live, the others change nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.language.accepting import Accepted, accept
from sojourn.language.files import MOST_FILES
from sojourn.language.workspace import load
from tests.language.given import (
    BASE,
    HELLO,
    LEAVE_OUT,
    OTHER,
    SEGMENT,
    SETTINGS,
    TEMPLATE,
    base,
    changed,
    written,
)

LIVE = base()


def uploaded(**changes: object) -> dict[str, bytes]:
    return base(**changes)


def codes(result: Accepted, file: str) -> list[str]:
    return [item.code.value for item in result.findings[file]]


def test_what_is_right_goes_live() -> None:
    result = accept({}, LIVE)
    assert result.files == LIVE
    assert load(result.files).documents == result.documents
    assert result.refused == frozenset()
    assert set(result.findings) == set(LIVE)
    assert not any(result.findings.values())


def test_the_same_again_changes_nothing() -> None:
    assert accept(LIVE, LIVE).files == LIVE


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b" " * 2_000_000, b'{"status": "live"}'])
def test_a_bad_file_changes_nothing_that_is_live(content: bytes) -> None:
    result = accept(LIVE, {**LIVE, "journeys/hello.json": content})
    assert result.files == LIVE
    assert result.refused == {"journeys/hello.json"}
    assert all(item.severity == "error" for item in result.findings["journeys/hello.json"])


def test_a_bad_file_that_never_was_live_is_left_out() -> None:
    candidate = {**LIVE, "journeys/new.json": b"{}"}
    result = accept(LIVE, candidate)
    assert result.files == LIVE
    assert result.refused == {"journeys/new.json"}


def test_a_bad_file_holds_no_good_one_up() -> None:
    better = changed(OTHER, "name", "Better")
    candidate = uploaded(journeys__hello=b"{", journeys__other=better)
    result = accept(LIVE, candidate)
    assert result.files == uploaded(journeys__other=better)
    assert result.refused == {"journeys/hello.json"}


def test_warnings_are_told_and_refuse_nothing() -> None:
    candidate = {**LIVE, "journeys/odd.txt": b"?"}
    result = accept(LIVE, candidate)
    assert result.files == candidate
    assert codes(result, "journeys/odd.txt") == ["unknown-place"]


def test_a_file_that_misses_another_waits_for_it() -> None:
    journey = changed(OTHER, "entry", "segment", "id", "vips")
    without = uploaded(journeys__other=journey)
    result = accept(LIVE, without)
    assert result.files == LIVE
    assert codes(result, "journeys/other.json") == ["unknown-segment"]
    whole = {**without, **written({"segments/vips.json": {"where": {"profile.vip": True}}})}
    assert accept(result.files, whole).files == whole


def test_what_rests_on_a_refused_file_is_refused_with_it() -> None:
    candidate = {
        **uploaded(journeys__other=changed(OTHER, "entry", "segment", "id", "vips")),
        "segments/vips.json": b"{",
    }
    result = accept(LIVE, candidate)
    assert result.files == LIVE
    assert result.refused == {"segments/vips.json", "journeys/other.json"}
    assert codes(result, "journeys/other.json") == ["unknown-segment"]


def test_a_segment_that_a_live_journey_asks_cannot_be_taken_away() -> None:
    result = accept(LIVE, uploaded(segments__regulars=LEAVE_OUT))
    assert result.files == LIVE
    assert result.refused == {"segments/regulars.json"}
    (finding,) = result.findings["segments/regulars.json"]
    assert finding.code == "breaks-others"
    assert finding.message == (
        "without this file another file is wrong: journeys/other.json: entry.segment.id: there is"
        " no segment `regulars`"
    )


def test_a_journey_nobody_refers_to_can_be_taken_away() -> None:
    candidate = uploaded(journeys__other=LEAVE_OUT)
    result = accept(LIVE, candidate)
    assert result.files == candidate
    assert result.refused == frozenset()


def test_settings_cannot_drop_a_category_in_use() -> None:
    live = uploaded(journeys__hello=changed(HELLO, "category", "news"))
    candidate = {**live, **written({"settings.json": SETTINGS | {"categories": {}}})}
    result = accept(live, candidate)
    assert result.files == live
    assert codes(result, "settings.json") == ["breaks-others"]
    assert "with this change another file is wrong" in result.findings["settings.json"][0].message


def test_who_breaks_others_falls_back_and_what_it_broke_goes_on() -> None:
    live = uploaded(journeys__hello=changed(HELLO, "category", "news"))
    newer = changed(HELLO, "category", "news") | {"name": "Newer"}
    candidate = uploaded(settings=SETTINGS | {"categories": {}}, journeys__hello=newer)
    result = accept(live, candidate)
    assert result.refused == {"settings.json"}
    assert result.files == uploaded(journeys__hello=newer)


def test_a_template_and_its_files_stay_together() -> None:
    template = {"email": {"subject": "Hi", "html_file": "hi.html"}}
    live = {**uploaded(templates__hello=template), "templates/hi.html": b"<p>Hi</p>"}
    assert accept({}, live).files == live
    newer = {"email": {"subject": "Hi there", "html_file": "hi.html"}}
    candidate = {**uploaded(templates__hello=newer), "templates/hi.html": b"{% if %}"}
    result = accept(live, candidate)
    assert result.files == live
    assert result.refused == {"templates/hello.json", "templates/hi.html"}
    assert codes(result, "templates/hi.html") == ["template-syntax"]
    assert codes(result, "templates/hello.json") == ["refused-together"]
    without = {name: content for name, content in live.items() if name != "templates/hi.html"}
    result = accept(live, without)
    assert result.files == live
    assert result.refused == {"templates/hi.html"}


def test_very_many_files_change_nothing() -> None:
    candidate = LIVE | dict.fromkeys((f"a/{number}" for number in range(MOST_FILES)), b"")
    result = accept(LIVE, candidate)
    assert result.files == LIVE
    assert load(result.files).documents == result.documents


STATES: dict[str, list[Any]] = {
    "settings.json": [SETTINGS, SETTINGS | {"categories": {}}, b"{", LEAVE_OUT],
    "journeys/hello.json": [
        HELLO,
        changed(HELLO, "category", "news"),
        changed(HELLO, "exit", 0, "enter", "other"),
        changed(HELLO, "start", "x"),
        LEAVE_OUT,
    ],
    "journeys/other.json": [OTHER, OTHER | {"id": "hello"}, b"\xff", LEAVE_OUT],
    "segments/regulars.json": [
        SEGMENT,
        SEGMENT | {"where": {"segment": "second"}},
        {"where": []},
        LEAVE_OUT,
    ],
    "segments/second.json": [
        {"where": {"segment": "regulars"}},
        {"where": {"profile.a": 1}},
        LEAVE_OUT,
    ],
    "templates/hello.json": [
        TEMPLATE,
        {"email": {"subject": "Hi", "text_file": "hello.txt"}},
        {"sms": {"text": "Hi"}},
        LEAVE_OUT,
    ],
    "templates/hello.txt": [b"Hello", b"{{", LEAVE_OUT],
}
UPLOADS = st.fixed_dictionaries(
    {name: st.sampled_from(range(len(states))) for name, states in STATES.items()}
).map(
    lambda picks: written(
        {
            name: STATES[name][pick]
            for name, pick in picks.items()
            if STATES[name][pick] is not LEAVE_OUT
        }
    )
)


@given(st.lists(UPLOADS, min_size=1, max_size=4))
def test_whatever_comes_what_is_live_is_right_and_a_whole_upload_goes_live(
    uploads: list[dict[str, bytes]],
) -> None:
    live: dict[str, bytes] = {}
    for candidate in uploads:
        result = accept(live, candidate)
        assert load(result.files).documents == result.documents
        for file in {*live, *candidate}:
            kept = result.files.get(file)
            assert kept in (live.get(file), candidate.get(file))
            refused = kept != candidate.get(file)
            assert refused == (file in result.refused)
            assert refused == any(
                item.severity == "error" for item in result.findings.get(file, ())
            )
        if load(candidate).ok:
            assert result.files == candidate
        live = result.files


def test_the_base_of_these_tests_is_whole() -> None:
    assert set(STATES) >= set(BASE)
