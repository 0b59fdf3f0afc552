"""The short way of templates that only print writes what the long way writes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.exact import Json
from sojourn.rendering.budget import Budget
from sojourn.rendering.content import Content, Rendered, render, shortened
from sojourn.rendering.engine import Template, prepare, run
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.scope import Scene
from sojourn.rendering.values import Named
from tests.rendering.given import NAMES

SCENE = Scene("UTC", None, markup=False)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**17, max_value=10**19),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-999, max_value=999),
    st.sampled_from([Decimal("1E+50"), Decimal("1.50"), Decimal("-0.00"), 10**150]),
    st.text(max_size=20),
    st.sampled_from(["x" * 255, "x" * 256, "é", "", "<b>", "{{ n }}"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["a", "size", "first"]), st.integers(), max_size=2),
)
SOURCES = st.lists(
    st.sampled_from(
        [
            *(
                "text",
                " ",
                "é",
                "{{ n }}",
                "{{ o.a }}",
                "{{ o.size }}",
                "{{ gone }}",
                "{{n.first}}",
            ),
            "{% if n > 1 %}more{% endif %}",
            "{% if n <= 1.5 %}{{ n }}{% else %}{{ o.a }}{% endif %}",
            "{% if n contains 'x' %}x{% if o.a >= 0 %}{{ n }}{% endif %}{% endif %}",
        ]
    ),
    min_size=1,
    max_size=4,
).map("".join)


def outcome(template: Template, names: dict[str, Json], budget: Budget) -> str:
    try:
        return run(template, names, SCENE, budget)
    except RenderFailed as error:
        return f"failed: {error.reason}"


@given(SOURCES, VALUES, VALUES)
def test_both_ways_write_the_same_for_the_same_work(
    source: str, number: Json, object_: Json
) -> None:
    names = {"n": number, "o": object_}
    template = prepare(source, markup=False)
    assert template.pieces is not None
    short, long = Budget(), Budget()
    written = outcome(template, names, short)
    assert written == outcome(replace(template, pieces=None), names, long)
    if not written.startswith("failed"):
        assert short.left == long.left


@pytest.mark.parametrize(("source", "text"), [("{{ o.id }}", "a"), ("{{ o }}", "a")])
def test_an_object_with_an_id_is_looked_into(source: str, text: str) -> None:
    template, names = prepare(source, markup=False), {"o": Named(id="a")}
    assert template.pieces is not None
    short, long = Budget(), Budget()
    assert run(template, names, SCENE, short) == text
    assert run(replace(template, pieces=None), names, SCENE, long) == text
    assert short.left == long.left


@pytest.mark.parametrize(
    "source",
    [
        "{{ n | plus: 1 }}",
        "{% if n %}x{% endif %}",
        "{% if n > 1 and n < 3 %}x{% endif %}",
        "{% if n > 1 %}x{% elsif n > 0 %}y{% endif %}",
        "{% if n > o %}x{% endif %}",
        "{% if o[n] > 1 %}x{% endif %}",
        "{% if n > 1 %} {% endif %}",
        "{% if n > 1 %}{{ n | plus: 1 }}{% endif %}",
        "{% if n > 1 %}x{% else %}{{ n | plus: 1 }}{% endif %}",
        "{{ 'x' }}",
        "{{ rows[0] }}",
        "{{ o[n] }}",
        "{% assign n = 2 %}{{ n }}",
    ],
)
def test_whatever_does_more_than_print_goes_the_long_way(source: str) -> None:
    assert prepare(source, markup=False).pieces is None


def test_html_goes_the_long_way_as_values_are_escaped() -> None:
    assert prepare("{{ profile.company }}", markup=True).pieces is None


def test_work_that_is_used_up_fails_as_on_the_long_way() -> None:
    template = prepare("{{ profile.points }}{{ profile.points }}", markup=False)
    with pytest.raises(RenderFailed, match="limit of work"):
        run(template, NAMES, SCENE, Budget(1))


PARTS = st.dictionaries(st.sampled_from(["subject", "preheader", "text"]), SOURCES)


def said(content: Content, names: dict[str, Json]) -> Rendered | str:
    try:
        return render(content, names, zone="UTC", locale=None)
    except RenderFailed as error:
        return f"failed: {error.reason}"


@given(PARTS, VALUES, VALUES)
def test_the_short_way_of_a_content_says_what_the_long_way_says(
    content: dict[str, Json], number: Json, inner: Json
) -> None:
    short = shortened(content)
    assert short is not None
    names: dict[str, Json] = {"n": number, "o": Named(a=inner), "more": 1}
    told = short.rendered({name: names[name] for name in short.roots & names.keys()})
    assert told is None or told == said(content, names)


def test_only_the_names_that_its_parts_read_are_asked_for() -> None:
    choice = "{% if n > 1 %}{{ o.a }}{% else %}{{ gone }}{% endif %}"
    short = shortened({"subject": "{{ a.b }}", "text": choice})
    assert short is not None
    assert short.roots == {"a", "n", "o", "gone"}
    assert short.rendered({"n": 2, "o": Named(a="x"), "a": Named(b=1)}) == Rendered("1", text="x")
    assert short.rendered({"n": 2, "o": Named(a="x")}) is None


def test_a_line_that_is_too_long_fails_the_short_way_as_well() -> None:
    short = shortened({"subject": "{{ n }}" * 10})
    assert short is not None
    with pytest.raises(RenderFailed, match="limit of lines"):
        short.rendered({"n": "x" * 200})


@pytest.mark.parametrize(
    "content",
    [
        {"html": "<b>x</b>"},
        {"data": {"a": "x"}},
        {"subject": 1},
        {"subject": "{{ n | upcase }}"},
        {"text": "{{ n"},
    ],
)
def test_other_contents_have_no_short_way(content: dict[str, Json]) -> None:
    assert shortened(content) is None
