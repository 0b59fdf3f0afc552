"""A message's parts, as they are sent."""

import re
from dataclasses import asdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.exact import Json
from sojourn.rendering.content import DATA_DEPTH, LINE_CHARS, Rendered, render
from sojourn.rendering.engine import prepare
from sojourn.rendering.failure import RenderFailed
from tests.rendering.given import NAMES

EMAIL: dict[str, Json] = {
    "subject": "Your cart, {{ profile.first_name }}",
    "preheader": "{{ entry.items.size }} things & {{ entry.total | money: 'ZAR' }}",
    "html": """<html><body class="shop"><h1>Dear {{ profile.first_name }}</h1>
{% for item in entry.items -%}
{%- assign sum = item.price | times: item.count -%}
<p>{{ item.count }} x {{ item.name }}: {{ sum | money: "ZAR" }}</p>
{% endfor %}<p>Placed on {{ entry.placed_at | date: "%A, %-d %B at %H:%M" }}.
<a href="{{ unsubscribe_url }}">No more of these</a></p></body></html>""",
}

TEXT = """Dear Thandi

1 x Mug: R 19,90

2 x Tea & cake: R 40,00

Placed on Tuesday, 6 January at 00:30. No more of these (https://shop.example/u?a=1&b=2)"""

HTML = """<html><body class="shop"><div style="display:none;font-size:1px;line-height:1px;\
max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all">2 things &amp; R 59,90</div>\
<h1>Dear Thandi</h1>
<p>1 x Mug: R\u00a019,90</p>
<p>2 x Tea &amp; cake: R\u00a040,00</p>
<p>Placed on Tuesday, 6 January at 00:30.
<a href="https://shop.example/u?a=1&amp;b=2">No more of these</a></p></body></html>"""


def rendered(**content: Json) -> Rendered:
    return render(content, NAMES, zone="Africa/Johannesburg", locale="en-ZA")


def test_an_email_in_all_its_parts() -> None:
    assert rendered(**EMAIL) == Rendered(
        subject="Your cart, Thandi", preheader="2 things & R 59,90", text=TEXT, html=HTML
    )


def test_a_text_of_its_own_is_kept() -> None:
    email = rendered(**EMAIL, text="Hello {{ profile.company }}\n")
    assert email.text == "Hello Bread & <Butter>\n"
    assert email.html == HTML


def test_an_email_of_text_alone_has_no_html() -> None:
    assert rendered(subject="a", preheader="b", text="c") == Rendered(
        subject="a", preheader="b", text="c"
    )


def test_a_preheader_stands_first_where_there_is_no_body() -> None:
    html = rendered(html="<p>a</p>", preheader="{{ profile.company }}").html
    assert html is not None
    assert html.endswith('mso-hide:all">Bread &amp; &lt;Butter&gt;</div><p>a</p>')
    assert rendered(html="<p>a</p>", preheader=" ").html == "<p>a</p>"


def test_an_sms_is_its_text() -> None:
    assert rendered(text="{{ entry.total | money: 'ZAR' }}") == Rendered(text="R 59,90")


def test_a_push_message_with_data() -> None:
    push = rendered(
        title="Hi\n{{ profile.first_name }}",
        body="Line 1\nLine 2 {{ entry.total }}",
        data={
            "url": "{{ unsubscribe_url }}",
            "list": ["{{ profile.points }}", 3],
            "n": None,
            "d": Decimal("1.0"),
        },
    )
    assert push == Rendered(
        title="Hi Thandi",
        body="Line 1\nLine 2 59.90",
        data={
            "url": "https://shop.example/u?a=1&b=2",
            "list": ["120", 3],
            "n": None,
            "d": Decimal("1.0"),
        },
    )


HEADER_ATTACKS = st.text(st.sampled_from("a\r\n\t\v\f\0\x1b\x85\u2028\u2029 :"), max_size=30)


@given(HEADER_ATTACKS)
def test_a_subject_is_one_line_whatever_the_values(value: str) -> None:
    for part in ("subject", "preheader", "title"):
        content: dict[str, Json] = {part: "Hi {{ name }}!"}
        message = render(content, {"name": value}, zone="UTC", locale=None)
        line = asdict(message)[part]
        assert line == " ".join(("Hi " + re.sub("[\0\x1b]", " ", value) + "!").split())
        assert line.isprintable()


def test_bodies_lose_control_characters_and_keep_their_lines() -> None:
    names: dict[str, Json] = {"v": "a\0b\x1bc\td\r\ne\x85f"}
    for part in ("text", "html", "body"):
        message = render({part: "{{ v }}"}, names, zone="UTC", locale=None)
        assert asdict(message)[part] == "abc\td\nef"


def test_a_line_has_a_bound() -> None:
    assert rendered(subject="x" * LINE_CHARS).subject == "x" * LINE_CHARS
    with pytest.raises(RenderFailed, match=r"^limit of lines: over 998 characters$"):
        rendered(subject="x" * (LINE_CHARS + 1))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"subject": "{{ profile.nope }}", "html": "{{ profile.other }}"}, "profile.nope"),
        ({"data": {"a": ["{{ profile.nope }}"]}}, "profile.nope"),
        ({"title": "a", "image": "b"}, "the content has a part `image`, which no channel knows"),
        ({"text": 3}, "a part of the content is not text"),
        ({"data": "x"}, "`data` is not an object"),
        ({"text": "a\n{{ b | nope }}"}, "line 2: there is no filter `nope`"),
        ({"text": "{{ odd }}"}, "a value is not Unicode text"),
    ],
)
def test_one_reason_fails_the_whole_message(content: dict[str, Json], reason: str) -> None:
    with pytest.raises(RenderFailed) as failed:
        render(content, {**NAMES, "odd": "\ud800"}, zone="UTC", locale=None)
    assert failed.value.reason == reason


@pytest.mark.parametrize("kinds", ["{", "[", "{[", "[{"])
def test_data_is_nested_as_deep_as_the_limit_says_and_no_deeper(kinds: str) -> None:
    data: Json = "x"
    for level in range(DATA_DEPTH - 2):
        data = {"a": data} if kinds[level % len(kinds)] == "{" else [data]
    assert rendered(data={"b": data}).data == {"b": data}
    with pytest.raises(RenderFailed, match=f"limit of data: nested over {DATA_DEPTH} deep"):
        rendered(data={"c": {"b": data}})


def test_rendering_leaves_the_values_as_they_were() -> None:
    names: dict[str, Json] = {"list": [3, 1, 2], "o": {"a": 1}}
    source = "{% assign o = 5 %}{% assign x = list | sort | reverse %}{% increment list %}{{ x }}"
    assert render({"text": source}, names, zone="UTC", locale=None).text == "0321"
    assert names == {"list": [3, 1, 2], "o": {"a": 1}}


def test_one_rendering_leaves_nothing_to_the_next() -> None:
    source = "{% increment n %}{% cycle 'a', 'b' %}{{ x | default: '-' }}{% assign x = 1 %}"
    assert [rendered(text=source).text for _ in range(3)] == ["0a-"] * 3


def test_a_source_is_made_ready_once() -> None:
    source = "{{ profile.first_name }} is asked once"
    assert prepare(source, markup=True) is prepare(source, markup=True)
    assert prepare(source, markup=True) is not prepare(source, markup=False)
