"""HTML taken apart, and written as the text a reader without HTML gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.rendering.markup import Tag, start_of_body, tokens, without_tags
from sojourn.rendering.plain_text import plain_text

NEWSLETTER = """<!DOCTYPE html>
<html><head><title>Shop</title><style>p { color: red }</style></head>
<body>
<div style="font-size:1px; display: none">A preview line <div>in two</div></div>
<h1>Your  cart,
  Thandi</h1>
<p>Still <b>thinking</b> it over? It&nbsp;is <i>waiting</i>.<br>Tea &amp; cake: R&nbsp;59,90</p>
<ul><li>One <em>mug</em></li><li><p>Two plates</p></li></ul>
<table><tr><td>Sum</td><td>R 79,80</td></tr><tr><td>Due</td></tr></table>
<!-- <p>not this</p> -->
<script>if (a < b) { "</p>" }</script>
<p><a href="https://shop.example/cart?a=1&amp;b=2">Back to the cart</a> or
<a href='https://shop.example/'>shop.example</a>, <a href="#top">up</a>,
<a href="mailto:hi@shop.example">hi@shop.example</a></p>
<hr>
<p><a href=https://shop.example/app><img src="app.png" alt="Our app"></a><img src="pixel.gif">
<a href="https://shop.example/x"></a></p>
</body></html>
"""

TEXT = """Your cart, Thandi

Still thinking it over? It is waiting.
Tea & cake: R 59,90

- One mug
- Two plates

Sum R 79,80
Due

Back to the cart (https://shop.example/cart?a=1&b=2) or shop.example, up, hi@shop.example

Our app (https://shop.example/app) https://shop.example/x"""


def test_a_newsletter_as_text() -> None:
    assert plain_text(NEWSLETTER) == TEXT


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("a < b > c", "a < b > c"),
        ("1 <3 & x", "1 <3 & x"),
        ("&lt;b&gt; &copy; &#39; &nope;", "<b> © ' &nope;"),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("<div>a</div><div>b</div>c", "a\nb\nc"),
        ("<div><div>a</div></div>", "a"),
        ("<p>a</p><p></p><p>b</p>", "a\n\nb"),
        ("a<b>b</b> <i> c </i>d", "ab c d"),
        ("<textarea>x</textarea>y<title>z</title>", "y"),
        ("<head>a</head>b<script>c</script>d<template>e</template>f", "bdf"),
        ("<style>x", ""),
        ("a<!-- b", "a"),
        ("a<!doctype x>b<?php x ?>c</ d>e", "abce"),
        ("a<!b", "a"),
        ("a<b c", "a"),
        ("<p title=\"a > b\" data-x='>' y = z>c", "c"),
        ("<p title=it's>c</p>", "c"),
        ('<p style="color:red">a</p>', "a"),
        ('<p title="display:none">a</p>', "a"),
        ('<br style="display:none">a', "a"),
        ('<span style="display:none"><span>a</span><br>b</span>c', "c"),
        ('<li style="display:none">a</li>b', "b"),
        ('<div style="display:none">a', ""),
        (
            "<a href='https://x.example'>one<a href='https://y.example'>two</a>",
            "one (https://x.example) two (https://y.example)",
        ),
        ("<a href='tel:+27821234567'>+27821234567</a>", "+27821234567"),
        ("<a name='x'>one</a>", "one"),
        ("<a href='javascript:x'>one</a>", "one"),
        ("<a href='https://x.example'>one</a>, two", "one (https://x.example), two"),
        ("<img alt=''>a<img alt='b'>c", "a b c"),
        ("<th>a</th><th>b</th>", "a b"),
    ],
)
def test_text_by_example(source: str, text: str) -> None:
    assert plain_text(source) == text


def test_tags_have_names_attributes_and_places() -> None:
    source = "x<A HREF='a&amp;b' href=c B = \"d\" e/>y</a >"
    found = list(tokens(source))
    assert [token for token in found if isinstance(token, str)] == ["x", "y", ""]
    first, last = (token for token in found if isinstance(token, Tag))
    assert (first.name, first.closes, source[first.end]) == ("a", False, "y")
    assert first.attributes() == {"href": "a&b", "b": "d", "e": ""}
    assert (last.name, last.closes, last.end) == ("a", True, len(source))


def test_the_body_begins_behind_its_tag() -> None:
    page = "<!--[if mso]><body class='a'><![endif]--><html><body class='b>'>x"
    assert page[start_of_body(page) :] == "x"
    assert start_of_body("<p>no body</p>") == 0


def test_tags_go_and_texts_stay() -> None:
    assert without_tags("<p>a &amp; <b>b</b></p> < c") == "a &amp; b < c"


@given(st.text("<>&;/\"'=!-ab pt\n", max_size=40))
def test_any_html_has_a_text_without_tags(source: str) -> None:
    text = plain_text(source)
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert "".join(token for token in tokens(source) if isinstance(token, str)) == without_tags(
        source
    )


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<!--",
        "<![CDATA[",
        "<?",
        "</a ",
        "<script>",
        '<a b="',
        "<",
        "</",
        "<a b='>",
        "<a = ",
        "&#",
        "<li>",
    ],
)
def test_no_mistake_in_html_takes_long(piece: str) -> None:
    # Half a megabyte; the standard library's parser would need up to half an hour for one of these.
    source = piece * (524_288 // len(piece))
    assert len(plain_text(source)) <= len(source)
    assert start_of_body(source) == 0
