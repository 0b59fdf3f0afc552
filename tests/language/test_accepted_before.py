"""What another version of Sojourn accepted and this one finds wrong holds nothing else up."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.exact import JsonObject
from sojourn.core.workspace.documents import plan_from
from sojourn.language.accepting import Accepted, accept
from sojourn.language.files import MOST_FILES
from sojourn.language.workspace import load
from tests.language.given import (
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

HELLO_FILE, OTHER_FILE = "journeys/hello.json", "journeys/other.json"
INSTEAD: dict[str, Any] = {
    HELLO_FILE: changed(HELLO, "start", "nowhere"),
    "settings.json": SETTINGS | {"senders": {"email": "nobody"}},
    "segments/second.json": {"where": {"profile.a": {"almost": 1}}},
    "templates/third.json": {"email": {"subject": "Hi", "text": "{% new_tag %}"}},
    "sources/till.json": {"match": {}, "map": {}},
    "invariants.json": {"invariants": [{"newer": 1}]},
}
"""What this version finds wrong, each in place of something right in `RIGHT`."""
RIGHT: dict[str, Any] = {
    HELLO_FILE: HELLO,
    OTHER_FILE: OTHER,
    "settings.json": SETTINGS,
    "segments/regulars.json": SEGMENT,
    "segments/second.json": {"where": {"profile.a": 1}},
    "templates/hello.json": TEMPLATE,
    "templates/third.json": {"email": {"subject": "Hi", "text": "Hi"}},
    "sources/till.json": {
        "match": {"source": ["till"]},
        "map": {"userId": "detail.id", "event": "detail.kind"},
    },
    "invariants.json": {"invariants": [{"name": "few", "max": 9, "per": "P1D"}]},
}
CHANGES: dict[str, list[Any]] = {
    OTHER_FILE: [OTHER, OTHER | {"status": "paused"}, {"status": "live"}, LEAVE_OUT],
    "segments/regulars.json": [SEGMENT, {"where": {"profile.b": 2}}, {"where": []}, LEAVE_OUT],
    "segments/second.json": [{"where": {"profile.a": 1}}, LEAVE_OUT],
    "templates/hello.json": [TEMPLATE, {"email": {"subject": "Hi", "text": "{{"}}, LEAVE_OUT],
    "settings.json": [SETTINGS, SETTINGS | {"timezone": "UTC"}, SETTINGS | {"caps": 1}],
    "journeys/third.json": [LEAVE_OUT, OTHER | {"id": "third"}, OTHER | {"id": "other"}],
}


def plan_of(files: dict[str, bytes]) -> JsonObject:
    """The documents as which files went live."""
    documents = load(files).documents
    assert documents is not None
    return documents


def journeys_of(result: Accepted) -> set[str]:
    return set(plan_from(result.documents, 0).current)


def codes(result: Accepted, file: str) -> list[str]:
    return [item.code.value for item in result.findings[file]]


@given(
    st.sampled_from(sorted(INSTEAD)),
    st.fixed_dictionaries({file: st.sampled_from(docs) for file, docs in CHANGES.items()}),
)
def test_whatever_else_comes_is_taken_over_as_if_it_were_right(
    wrong: str, uploads: dict[str, Any]
) -> None:
    after = {file: doc for file, doc in {**RIGHT, **uploads}.items() if doc is not LEAVE_OUT}
    after |= {wrong: RIGHT[wrong]}
    live = plan_of(written(RIGHT))
    expected = accept(written(RIGHT), written(after), live)

    instead = {wrong: INSTEAD[wrong]}
    found = accept(written(RIGHT | instead), written(after | instead), live)
    assert found.files == expected.files | written(instead)
    assert found.refused == expected.refused | {wrong}
    assert found.documents == expected.documents
    assert any(item.severity == "error" for item in found.findings[wrong])


def test_what_is_no_longer_right_is_mended_or_taken_away() -> None:
    live = plan_of(base())
    stale = base(journeys__hello=INSTEAD[HELLO_FILE])
    better = base(journeys__hello=changed(HELLO, "name", "Better"))
    mended = accept(stale, better, live)
    assert (mended.refused, mended.documents) == (frozenset(), load(better).documents)
    gone = base(journeys__hello=LEAVE_OUT)
    assert accept(stale, gone, live).documents == load(gone).documents


def test_a_change_that_mends_nothing_is_refused_and_it_stays_as_it_went_live() -> None:
    live = plan_of(base())
    stale = base(journeys__hello=INSTEAD[HELLO_FILE])
    worse = base(journeys__hello=INSTEAD[HELLO_FILE] | {"name": "Worse"})
    result = accept(stale, worse, live)
    assert result.files == stale
    assert result.refused == {HELLO_FILE}
    assert codes(result, HELLO_FILE) == ["missing-target"]
    assert result.documents == live


def test_a_file_that_cannot_be_read_any_more_keeps_what_it_names() -> None:
    stale = base(journeys__other=b"{")
    result = accept(stale, base(journeys__other=b"{", journeys__hello=LEAVE_OUT), plan_of(base()))
    assert result.refused == {OTHER_FILE}
    assert journeys_of(result) == {"other"}


def test_what_shares_a_wrong_file_stays_and_what_changed_with_it_is_refused() -> None:
    snippet = {"templates/foot.txt": b"Bye"}
    mail = {"email": {"subject": "Hi", "text": "{% include 'foot.txt' %}"}}
    right = base(templates__hello=mail, templates__third=mail, templates__plain=TEMPLATE) | snippet
    stale = right | {"templates/foot.txt": b"{% new_tag %}"}
    newer = {"email": {"subject": "Newer", "text": "{% include 'foot.txt' %}"}}
    plain = {"email": {"subject": "Newer", "text": "Hi"}}
    candidate = stale | written({"templates/third.json": newer, "templates/plain.json": plain})
    result = accept(stale, candidate, plan_of(right))
    assert result.refused == {"templates/foot.txt", "templates/third.json"}
    assert codes(result, "templates/third.json") == ["refused-together"]
    assert "belongs to templates/foot.txt" in result.findings["templates/third.json"][0].message
    expected = {"hello": plan_of(right), "third": plan_of(right), "plain": plan_of(base())}
    for name, documents in expected.items():
        part: Any = documents["templates"]
        wanted = plain if name == "plain" else part[name]
        templates: Any = result.documents["templates"]
        assert templates[name] == wanted


def test_a_right_change_is_not_held_up_by_a_wrong_one_that_shares_what_did_not_change() -> None:
    mail = {"email": {"subject": "Hi", "text": "{% include 'foot.txt' %}"}}
    live = base(templates__hello=mail, templates__third=mail) | {"templates/foot.txt": b"Bye"}
    wrong, right = changed(mail, "email", "subject", "{{"), changed(mail, "email", "subject", "Yo")
    uploads = written({"templates/hello.json": wrong, "templates/third.json": right})
    result = accept(live, live | uploads, plan_of(live))
    assert result.refused == {"templates/hello.json"}
    assert result.files == live | {"templates/third.json": uploads["templates/third.json"]}


def test_more_files_than_this_version_takes_stay_as_they_went_live() -> None:
    stale = base() | dict.fromkeys((f"a/{number}" for number in range(MOST_FILES)), b"")
    live = plan_of(base())
    result = accept(stale, stale | written({OTHER_FILE: OTHER | {"status": "paused"}}), live)
    assert (result.files, result.documents) == (stale, live)
    assert result.refused == {OTHER_FILE}
    assert "nothing was published: more than" in result.findings[OTHER_FILE][0].message


def test_without_anything_live_what_is_wrong_is_left_out() -> None:
    stale = base(journeys__hello=INSTEAD[HELLO_FILE])
    assert journeys_of(accept(stale, stale)) == {"other"}
