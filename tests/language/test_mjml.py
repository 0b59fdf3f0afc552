"""MJML: compiled where it is checked, its Liquid untouched, and wrong MJML named."""

import json
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.workspace.plan import Plan
from sojourn.language.mjml import DEPTH, SOURCE_CHARS, WrongMjml, compile_mjml
from sojourn.language.workspace import Workspace, load
from sojourn.rendering.content import render

HEAD = "<mjml><mj-head><mj-title>Hi</mj-title></mj-head><mj-body>"
ROWS = "<mj-section><mj-column>{}</mj-column></mj-section>"


def mjml(inside: str) -> str:
    return f"{HEAD}{ROWS.format(inside)}</mj-body></mjml>"


def checked(source: str) -> Workspace:
    template = {"email": {"subject": "Hi", "mjml_file": "mail/hello.mjml"}}
    return load(
        {
            "settings.json": b"{}",
            "templates/hello.json": json.dumps(template).encode(),
            "templates/mail/hello.mjml": source.encode(),
        }
    )


def plan(source: str) -> Plan:
    found = checked(source).plan
    assert found is not None, checked(source).findings
    return found


def test_a_template_in_mjml_is_live_as_html() -> None:
    part = plan(mjml("<mj-text>Hello {{ profile.name }}</mj-text>")).templates["hello"]["email"]
    assert isinstance(part, dict)
    assert set(part) == {"subject", "html"}
    made = render(part, {"profile": {"name": "<Ana>"}}, zone="UTC", locale=None)
    assert "Hello &lt;Ana&gt;</div>" in str(made.html)
    assert str(made.html).startswith("<!doctype html>")
    assert "Hello <Ana>" in str(made.text)


def test_liquid_stays_as_it_was_in_texts_attributes_and_between_elements() -> None:
    inside = (
        "<mj-raw>{% for item in entry.items %}</mj-raw>"
        "<mj-text>{{ item.name | default: 'a & b' }} {% if item.n < 5 and item.n > 1 %}few"
        "{% endif %}</mj-text>"
        '<mj-button href="{{ item.url }}?a=1">Go</mj-button>'
        "<mj-raw>{% endfor %}</mj-raw>"
    )
    html = compile_mjml(mjml(inside))
    for liquid in (
        "{% for item in entry.items %}",
        "{{ item.name | default: 'a & b' }} {% if item.n < 5 and item.n > 1 %}few{% endif %}",
        'href="{{ item.url }}?a=1"',
        "{% endfor %}",
    ):
        assert liquid in html


def test_nothing_is_loaded_that_the_author_did_not_name() -> None:
    assert "googleapis" not in compile_mjml(mjml("<mj-text>Hello</mj-text>"))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "unable to find mjml element"),
        ("<html></html>", "unexpected token"),
        (mjml("<mj-text>a < b</mj-text>"), "`<` and `&` are written"),
        (mjml("<mj-text>Hello"), "unexpected"),
        (mjml("<mj-txt>Hello</mj-txt>"), "there is no element `mj-txt`; did you mean `mj-text`?"),
        (mjml("<mj-zzzzzzzz/>"), "there is no element `mj-zzzzzzzz`"),
        (mjml('<mj-include path="/etc/passwd"/>'), "`mj-include` is not done"),
        (mjml(f"<mj-{'x' * 500}/>"), "x...`"),
        (mjml("<_x>" * 9_000 + "</_x>" * 9_000), f"nested over {DEPTH} deep"),
        (mjml("<mj-column>" * 5_000), f"nested over {DEPTH} deep"),
        (mjml("<div>" * 20_000 + "</div>" * 20_000), f"nested over {DEPTH} deep"),
    ],
    ids=range(11),
)
def test_what_cannot_be_compiled_is_a_finding_of_its_file(source: str, words: str) -> None:
    result = checked(source)
    assert result.plan is None
    told = [item for item in result.findings if item.file == "templates/mail/hello.mjml"]
    assert any(words in item.message for item in told), told


def test_liquid_that_mjml_drops_is_named() -> None:
    source = mjml('<mj-text colour="{{ profile.colour }}">Hi</mj-text>')
    assert compiled(source).startswith("MJML drops `{{ profile.colour }}` where it stands")


def test_wrong_liquid_is_told_with_its_line_in_the_mjml() -> None:
    result = checked(mjml("<mj-text>\n{{ profile.name | monney }}</mj-text>"))
    (found,) = [item for item in result.findings if item.code == "template-syntax"]
    assert found.file == "templates/mail/hello.mjml"
    assert found.message.startswith("line 2: ")


def test_elements_that_are_never_closed_do_not_count_as_nested() -> None:
    assert compile_mjml(mjml("<mj-text>" + "<br>" * 500 + "</mj-text>")).count("<br") == 500


def compiled(source: str) -> str:
    """The HTML, or why there is none."""
    try:
        return compile_mjml(source)
    except WrongMjml as wrong:
        return str(wrong)


@given(st.text())
def test_any_text_is_compiled_or_wrong(text: str) -> None:
    for source in (text, mjml(f"<mj-text>{text}</mj-text>"), mjml(text)):
        assert compiled(source)


def test_what_the_compiler_dies_of_is_a_finding() -> None:
    """An emoji, then `>` in the same text."""
    with pytest.raises(WrongMjml, match="&gt;"):
        compile_mjml(mjml("<mj-text>\U0001f389>1</mj-text>"))
    assert "1" in compile_mjml(mjml("<mj-text>\U0001f389&gt;1</mj-text>"))


@pytest.mark.parametrize("end", ["<mj-text", "<mj-text a='", "<!-- x", "<"])
def test_a_tag_that_never_ends_is_wrong(end: str) -> None:
    with pytest.raises(WrongMjml):
        compile_mjml(f"<mjml><mj-body>{end}")


def test_what_stands_in_a_comment_is_not_looked_at() -> None:
    assert "Hi" in compile_mjml(mjml("<!-- <mj-txet> --><mj-text>Hi</mj-text>"))


def test_whoever_interrupts_it_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "mjml", SimpleNamespace(mjml2html=interrupted))
    with pytest.raises(KeyboardInterrupt):
        compile_mjml(mjml("<mj-text>Hi</mj-text>"))


PIECES = [
    *("<mj-section>", "</mj-section>", "<mj-text>", "</mj-text>", "<br>", "<mj-image/>", "<"),
    *("{{", "}}", "{% x %}", "<!--", "-->", "&", '"', "'", "<a href=", ">"),
]


@given(st.lists(st.sampled_from(PIECES)))
def test_pieces_of_mjml_in_any_order_are_compiled_or_wrong(pieces: list[str]) -> None:
    assert compiled(f"<mjml><mj-body>{''.join(pieces)}</mj-body></mjml>")


@pytest.mark.parametrize("piece", ["<a '", "{{", "{% ", "<!--", '<a "<', "<", "<br>", "a", "</mj-"])
def test_a_hostile_file_takes_no_longer_than_a_long_one(piece: str) -> None:
    # Each of these, taken naively, costs the square of its length: minutes.
    assert compiled(mjml(piece * (SOURCE_CHARS // len(piece) - 100)))


def test_a_file_that_is_too_long_is_wrong() -> None:
    assert compiled("x" * (SOURCE_CHARS + 1)) == f"over {SOURCE_CHARS} characters"
