"""What a customer or an event says never becomes HTML; what the template's author writes does."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.values.exact import Json
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.filters import FILTERS
from tests.rendering.given import html_of, text_of

ATTACKS = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "&",
            '"',
            "'",
            "<script>",
            "&lt;",
            "&#60;",
            "%3C",
            "PGI+",
            "\\u003c",
            "{{",
            "}}",
            "a",
            " ",
            "\n",
        ]
    )
    | st.text(max_size=3),
    max_size=8,
).map("".join)

# Every filter, each with arguments that its author could write, none of them a bracket of HTML.
_ARGUMENTS = [
    "'a'",
    "' '",
    "''",
    "2",
    "'&'",
    "'x', 'y'",
    "3, '~'",
    "1, 2",
    "profile.other",
    "'lt;'",
    "'#', profile.other",
]
CALLS = st.sampled_from(sorted(FILTERS)).flatmap(
    lambda name: st.sampled_from([name, *(f"{name}: {written}" for written in _ARGUMENTS)])
)


@given(ATTACKS, ATTACKS, st.lists(CALLS, max_size=4))
@settings(max_examples=300)
def test_no_bracket_or_quote_of_a_value_reaches_html(
    value: str, other: str, calls: list[str]
) -> None:
    names: dict[str, Json] = {"profile": {"value": value, "other": other}}
    source = " | ".join(["{% assign v = profile.value", *calls]) + " %}"
    captured = source + "{% capture c %}{{ v }}{% endcapture %}"
    for shown in ("{{ v }}", "{{ v | append: profile.other }}", "{{ v | escape | strip }}"):
        try:
            written = html_of(source + shown, names)
        except RenderFailed:
            continue
        assert not re.search(r"[<>\"']", written.replace("<br />\n", ""))
    for call in ["strip", "truncate: 3", "strip_html", "upcase", "split: ';' | join", "url_decode"]:
        try:
            written = html_of(captured + "{{ c | " + call + " }}", names)
        except RenderFailed:
            continue
        assert not re.search(r"[<>\"']", written.replace("<br />\n", "").replace("<BR />", ""))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_html_shows_the_value_itself(value: str) -> None:
    assert html.unescape(html_of("[{{ v }}]", {"v": value})) == f"[{value}]"


@pytest.mark.parametrize(
    ("source", "text", "page"),
    [
        ("{{ profile.company }}", "Bread & <Butter>", "Bread &amp; &lt;Butter&gt;"),
        ("{{ '<b>' }}", "<b>", "<b>"),
        (
            "{{ '<b>' | append: profile.company }}",
            "<b>Bread & <Butter>",
            "<b>Bread &amp; &lt;Butter&gt;",
        ),
        (
            "{{ profile.company | prepend: '<i>' }}",
            "<i>Bread & <Butter>",
            "<i>Bread &amp; &lt;Butter&gt;",
        ),
        (
            "{{ entry.items | map: 'name' | join: '<br>' }}",
            "Mug<br>Tea & cake",
            "Mug<br>Tea &amp; cake",
        ),
        (
            "{{ profile.company | escape }}",
            "Bread &amp; &lt;Butter&gt;",
            "Bread &amp; &lt;Butter&gt;",
        ),
        (
            "{{ profile.company | escape | escape }}",
            "Bread &amp;amp; &amp;lt;Butter&amp;gt;",
            "Bread &amp; &lt;Butter&gt;",
        ),
        ("{{ 'a &lt; b' | escape_once }}", "a &lt; b", "a &lt; b"),
        ("{{ profile.company | upcase }}", "BREAD & <BUTTER>", "BREAD &amp; &lt;BUTTER&gt;"),
        ("{{ profile.company | newline_to_br }}", "Bread & <Butter>", "Bread &amp; &lt;Butter&gt;"),
        ("{{ profile.company | strip_html }}", "Bread & ", "Bread &amp; "),
        (
            "{{ profile.company | escape | strip_html }}",
            "Bread &amp; &lt;Butter&gt;",
            "Bread &amp; &lt;Butter&gt;",
        ),
        (
            "{% capture c %} {{ profile.company }} {% endcapture %}{{ c | strip }}",
            "Bread & <Butter>",
            "Bread &amp; &lt;Butter&gt;",
        ),
        (
            "{% capture c %}{{ profile.company }}{% endcapture %}{{ c | truncate: 10 }}",
            "Bread &...",
            "Bread &amp;...",
        ),
        (
            "{% capture c %}<b>{{ profile.points }}</b>{% endcapture %}{{ c }}",
            "<b>120</b>",
            "<b>120</b>",
        ),
        (
            "{% capture c %} <b> x\n </b>{% endcapture %}{{ c | squish }}",
            "<b> x </b>",
            "<b> x </b>",
        ),
        ("{% capture c %}<b>\n</b>{% endcapture %}{{ c | strip_newlines }}", "<b></b>", "<b></b>"),
        ("{% cycle profile.company %}", "Bread & <Butter>", "Bread &amp; &lt;Butter&gt;"),
        (
            "{{ unsubscribe_url }}",
            "https://shop.example/u?a=1&b=2",
            "https://shop.example/u?a=1&amp;b=2",
        ),
    ],
)
def test_each_part_is_escaped_as_it_needs(source: str, text: str, page: str) -> None:
    assert text_of(source) == text
    assert html_of(source) == page


def test_line_ends_become_breaks_and_nothing_else_does() -> None:
    names = {"v": "<b>\r\nx\ny"}
    assert html_of("{{ v | newline_to_br }}", names) == "&lt;b&gt;<br />\nx<br />\ny"
    assert text_of("{{ v | newline_to_br }}", names) == "<b><br />\nx<br />\ny"


@pytest.mark.parametrize("name", ["safe", "raw", "escapejs"])
def test_no_filter_marks_a_value_as_html(name: str) -> None:
    assert name not in FILTERS
