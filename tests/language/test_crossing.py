"""What one file says of others, and whether they bear it out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sojourn.core.limits import SEGMENT_DEPTH, SEGMENT_TESTS
from sojourn.language.models.content import PARTS
from sojourn.language.workspace import load
from tests.language.given import (
    BASE,
    HELLO,
    LEAVE_OUT,
    OTHER,
    SEGMENT,
    TEMPLATE,
    base,
    changed,
    findings,
    hello,
    told,
    written,
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("category", "newss"), "unknown-category category"),
        (("steps", "greet", "category", "x"), "unknown-category steps.greet.category"),
        (("goal", "where", {"consent.nws": True}), "unknown-category goal.where.consent.nws"),
        (
            ("goal", "where", {"profile.consent.nws": True}),
            "unknown-category goal.where.profile.consent.nws",
        ),
        (("goal", "where", {"segment": "regular"}), "unknown-segment goal.where.segment"),
        (
            (
                "goal",
                "where",
                {"all": [{"not": {"did": {"event": "a", "where": {"segment": "x"}}}}]},
            ),
            "unknown-segment goal.where.all[0].not.did.where.segment",
        ),
        (("exit", 0, "segment", "x"), "unknown-segment exit[0].segment"),
        (("entry", {"segment": {"id": "x"}}), "unknown-segment entry.segment.id"),
        (("steps", "greet", "template", "helo"), "unknown-template steps.greet.template"),
        (("exit", 0, "enter", "othr"), "unknown-journey exit[0].enter"),
        (
            ("steps", "end", {"type": "enter", "journey": "hallo"}),
            "unknown-journey steps.end.journey",
        ),
        (("steps", "greet", "channel", "sms"), "missing-content steps.greet.template"),
        (("steps", "greet", "channel", "mail"), "unknown-channel steps.greet.channel"),
        (("steps", "greet", "channel", []), "wrong-type steps.greet.channel"),
        (("id", "hi"), "id-mismatch id"),
        (("id", "other"), "duplicate-id id"),
    ],
)
def test_names_that_other_files_give(change: tuple[Any, ...], expected: str) -> None:
    assert told(hello(*change)) == [expected]


def test_categories_are_those_of_the_settings_and_two_that_are_always_there() -> None:
    for name in ("news", "marketing", "transactional"):
        assert told(hello("category", name)) == []
    without = base(settings=LEAVE_OUT, journeys__hello=changed(HELLO, "category", "news"))
    assert told(without) == ["unknown-category category"]
    assert told({**without, "settings.json": b"{"}) == ["settings.json: not-json"]


def test_ids_may_be_left_to_the_file_name() -> None:
    assert told(hello("id", LEAVE_OUT)) == []
    assert told(hello("id", 5)) == ["wrong-type id"]


def test_a_file_name_must_be_an_id() -> None:
    files = written({**BASE, "journeys/my journey.json": changed(OTHER, "id", LEAVE_OUT)})
    assert told(files) == ["journeys/my journey.json: bad-id"]


def test_a_file_that_cannot_be_read_is_there_all_the_same() -> None:
    files = base(templates__hello=b"{", segments__regulars=b"[]", journeys__other=b"\xff")
    files["journeys/hello.json"] = hello("exit", 0, "enter", "other")["journeys/hello.json"]
    assert told(files) == [
        "journeys/other.json: not-utf8",
        "segments/regulars.json: wrong-type",
        "templates/hello.json: not-json",
    ]


def test_segments_may_refer_to_one_another_but_not_in_a_round() -> None:
    def segment(*names: str) -> dict[str, Any]:
        return {"where": {"any": [{"segment": name} for name in names] + [{"profile.a": 1}]}}

    fine = {
        "segments/a.json": segment("b", "c"),
        "segments/b.json": segment("c"),
        "segments/c.json": SEGMENT | {"id": "c"},
    }
    assert told(written({**BASE, **fine})) == []
    bad = {**fine, "segments/c.json": {"where": {"not": {"segment": "a"}}}}
    (finding,) = findings(written({**BASE, **bad}))
    assert (finding.file, finding.code, finding.path) == (
        "segments/a.json",
        "cyclic-segment",
        "where.any[1].segment",
    )
    assert (
        finding.message
        == "`a` → `c` → `a`: a segment cannot be defined by itself; take one of them out"
    )
    assert finding.because == ("segments/c.json",)
    itself = {"segments/a.json": {"where": {"did": {"event": "x", "where": {"segment": "a"}}}}}
    assert told(written({**BASE, **itself})) == [
        "segments/a.json: cyclic-segment where.did.where.segment"
    ]


def chain(length: int, where: Callable[[dict[str, str]], object]) -> dict[str, object]:
    """Segments of which each names the next."""
    named = {
        f"segments__s{number}": {"where": where({"segment": f"s{number + 1}"})}
        for number in range(length)
    }
    return {**named, f"segments__s{length}": {"where": {"profile.a": 1}}}


def test_a_segment_has_a_depth_and_a_size_with_those_it_names_written_out() -> None:
    assert told(base(**chain(SEGMENT_DEPTH // 2 - 1, lambda inner: inner))) == []
    (deep,) = findings(base(**chain(SEGMENT_DEPTH // 2, lambda inner: inner)))
    assert (deep.file, deep.code, deep.path) == ("segments/s0.json", "too-deep", "where")
    assert deep.message.endswith(f"this is 202 levels deep; the most is {SEGMENT_DEPTH}")
    assert not load(base(**chain(5_000, lambda inner: {"not": inner}))).ok

    doubled = chain(20, lambda inner: {"any": [inner, {"all": [inner, {"profile.b": 2}]}]})
    (large,) = findings(base(**doubled))
    assert (large.file, large.code, large.path) == ("segments/s7.json", "out-of-range", "where")
    assert large.message.endswith(f"this is 16383 conditions; the most is {SEGMENT_TESTS}")
    assert large.because == ("segments/s8.json",)


def test_a_segment_names_no_steps_but_its_paths_are_checked() -> None:
    for where, expected in [
        ({"messages.any-step.status": "sent"}, []),
        ({"messages.any-step.stat": "sent"}, ["bad-path where.messages.any-step.stat"]),
        ({"consent.nope": True}, ["unknown-category where.consent.nope"]),
        ({'profile."': 1}, ['bad-path where.profile."']),
    ]:
        found = told(base(segments__regulars={"where": where}))
        assert found == [f"segments/regulars.json: {line}" for line in expected]


WRONG = "{{ profile.name | no_such_filter }}"


def messages(**parts: object) -> list[str]:
    return told(base(templates__hello=parts))


def test_liquid_is_checked_in_templates_and_in_steps() -> None:
    email = TEMPLATE["email"]
    assert messages(email=email | {"subject": "{% if %}"})[0] == (
        "templates/hello.json: template-syntax email.subject"
    )
    assert messages(email=email | {"html": "{{ event.total }}"}) == [
        "templates/hello.json: event-in-template email.html"
    ]
    assert messages(email=email | {"preheader": "{{ event }}"}) == [
        "templates/hello.json: event-in-template email.preheader"
    ]
    step = {"type": "send", "channel": "sms", "content": {"text": "{{ entry.total | monney }}"}}
    (found,) = findings(hello("steps", "end", step))
    assert (found.code, found.path) == ("template-syntax", "steps.end.content.text")
    assert found.message.startswith("line 1: ")
    assert "`money`" in found.message


def test_each_mistake_of_a_line_is_told_at_its_line() -> None:
    wrong = "{{ entry.a | monney }}, {{ entry.b | shorten }}"
    step = {"type": "send", "channel": "sms", "content": {"text": f"Hello\n{wrong}\n\n{wrong}"}}
    lines = [found.message.partition(":")[0] for found in findings(hello("steps", "end", step))]
    assert lines == ["line 2", "line 2", "line 4", "line 4"]


def texts_of(channel: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every place of a channel's part that may hold Liquid, and a part that is wrong there."""
    for key, field in PARTS[channel].model_fields.items():
        if not key.endswith("_file"):
            data = {"a": [{"b": WRONG}, "fine"]}
            yield (key, {key: WRONG}) if key != "data" else ("data.a[0].b", {key: data})
            assert key == "data" or field.annotation is str


@pytest.mark.parametrize("channel", PARTS)
def test_liquid_is_checked_wherever_a_channel_has_it(channel: str) -> None:
    needed = {"text": "fine"} if channel != "push" else {}
    for place, part in texts_of(channel):
        step = {"type": "send", "channel": channel, "content": needed | part}
        wrong = [item for item in findings(hello("steps", "end", step)) if item.severity == "error"]
        assert [(item.code, item.path) for item in wrong] == [
            ("template-syntax", f"steps.end.content.{place}")
        ]
        [told_of] = [line for line in messages(**{channel: needed | part}) if place in line]
        assert told_of == f"templates/hello.json: template-syntax {channel}.{place}"


def test_the_link_to_the_preference_page_is_there_for_every_template() -> None:
    assert messages(email=TEMPLATE["email"] | {"html": "{{ unsubscribe_url }}"}) == []


def test_files_beside_a_template_become_part_of_it() -> None:
    template = {
        "email": {"subject": "Hi", "html_file": "mail/hello.html", "text_file": "hello.txt"}
    }
    files = {
        **base(templates__hello=template),
        "templates/mail/hello.html": "<p>Grüße</p>".encode(),
        "templates/hello.txt": b"Hello",
    }
    assert told(files) == []
    plan = load(files).plan
    assert plan is not None
    assert plan.templates["hello"] == {
        "email": {"subject": "Hi", "html": "<p>Grüße</p>", "text": "Hello"}
    }
    wrong = {**files, "templates/hello.txt": b"\xff", "templates/mail/hello.html": b"a\n{{ event.x"}
    assert told(wrong) == [
        "templates/hello.txt: not-utf8",
        "templates/mail/hello.html: template-syntax",
    ]
    del wrong["templates/hello.txt"]
    wrong["templates/mail/hello.html"] = b" \n"
    assert told(wrong) == [
        "templates/hello.json: unknown-file email.text_file",
        "templates/mail/hello.html: empty",
    ]


def test_files_beside_a_journey_become_part_of_its_steps() -> None:
    step = {
        "type": "send",
        "channel": "email",
        "content": {"subject": "Hi", "html_file": "hi.html"},
    }
    files = {**hello("steps", "end", step), "journeys/hi.html": b"<p>Hi</p>"}
    assert told(files) == []
    step["content"]["html"] = "<p>Ho</p>"  # type: ignore[index]
    files = {**hello("steps", "end", step), "journeys/hi.html": b"<p>Hi</p>"}
    assert told(files) == ["conflicting-keys steps.end.content.html_file"]
