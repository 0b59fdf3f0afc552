"""Hostile and careless templates end early, with a reason, whatever the values."""

import pytest

from sojourn.core.values.exact import Json
from sojourn.rendering.binding import EXPRESSION_DEPTH
from sojourn.rendering.budget import (
    LIST_ITEMS,
    NUMBER_SIZE,
    OUTPUT_BYTES,
    SOURCE_CHARS,
    TAG_CHARS,
    TAG_SPACES,
    WORK_UNITS,
    Budget,
)
from sojourn.rendering.content import render
from sojourn.rendering.failure import RenderFailed
from tests.rendering.given import html_of, reason_of, text_of

LIST: Json = [{"a": "y" * 10} for _ in range(1000)]
BIG: dict[str, Json] = {"big": "x" * 30_000, "angles": "<" * 30_000, "list": LIST}

WORK = f"limit of work: over {WORK_UNITS} units"
OUTPUT = f"limit of output: over {OUTPUT_BYTES} bytes"
LISTS = f"limit of lists: over {LIST_ITEMS} items"
NUMBERS = f"limit of numbers: over {NUMBER_SIZE} digits"


def shortened(value: str) -> str:
    """A name for a case, for people: its beginning and its length."""
    return value if len(value) < 60 else f"{value[:50]}... ({len(value)})"


def loop(body: str, rounds: int = LIST_ITEMS) -> str:
    return f"{{% for n in (1..{rounds}) %}}{body}{{% endfor %}}"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        # Loops: each alone, in each other, after each other, empty, and made of many nodes.
        (loop("", 10**9), LISTS),
        ("{% for n in (1..1000000000) reversed %}{% endfor %}", LISTS),
        ("{% for n in (1..1000000000) limit: 5 %}{% endfor %}", LISTS),
        ("{% tablerow n in (1..1000000000) %}{% endtablerow %}", LISTS),
        ("{% assign r = (1..1000000000) %}", LISTS),
        ("{% if (1..1000000000) contains 'x' %}{% endif %}", LISTS),
        (loop(loop("")), WORK),
        (loop("", 9_000) * 30, WORK),
        (loop("{% if true %}{% endif %}" * 500, 1_000), WORK),
        (loop("{% tablerow m in (1..100) %}{% endtablerow %}", 1_000), OUTPUT),
        # Values that grow: in one chain, from line to line, in a loop, captured.
        ("{{ 'a'" + " | replace: 'a', 'aaaaaaaaaa'" * 60 + " }}", OUTPUT),
        ("{% assign s = big %}" + "{% assign s = s | append: s %}" * 50, OUTPUT),
        ("{% assign s = 'xxxx' %}" + loop("{% assign s = s | append: s %}", 1_000), OUTPUT),
        (
            "{% assign s = 'xxxx' %}"
            + loop("{% capture s %}{{ s }}{{ s }}{% endcapture %}", 1_000),
            OUTPUT,
        ),
        ("{% assign s = list | map: 'a' | join: big %}", OUTPUT),
        ("{% assign l = list %}" + "{% assign l = l | concat: l %}" * 40, LISTS),
        ("{{ big | split: '' }}", LISTS),
        ("{{ big | split: 'x' }}", LISTS),
        ("{% assign n = 99999999 %}" + "{% assign n = n | times: n %}" * 20, NUMBERS),
        ("{% assign n = 0.00000001 %}" + "{% assign n = n | times: n %}" * 20, NUMBERS),
        ("{{ 1" + "0" * NUMBER_SIZE + " }}", NUMBERS),
        ("{{ 0.1" + "0" * NUMBER_SIZE + " }}", NUMBERS),
        # Work on large values, over and over.
        (loop("{{ big }}"), OUTPUT),
        (loop("{% ifchanged %}{{ big }}{% endifchanged %}"), WORK),
        (loop("{% if big contains 'yy' %}{% endif %}"), WORK),
        (loop("{% if '" + "x" * 8_000 + "' contains 'yy' %}{% endif %}"), WORK),
        (loop("{% if (1..9999) contains 'y' %}{% endif %}"), WORK),
        (loop("{{ big | slice: 0, 29999 | size }}"), WORK),
        (loop("{{ list | uniq | size }}"), WORK),
        (loop("x" * 2_000, 1_000), OUTPUT),
        ("{% for n in (1..100) %}" + "x" * 250_000 + "{% endfor %}", OUTPUT),
        ("{{ angles" + " | url_encode" * 200 + " }}", WORK),
        ("{% assign a = big | append: big %}" * 3_000, WORK),
    ],
    ids=shortened,
)
def test_a_hostile_template_meets_its_limit(source: str, reason: str) -> None:
    assert reason_of(source, BIG) == reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{% if a %}" * 40 + "{% endif %}" * 40, "line 1: block nesting limit reached"),
        ("{{ a" + "[a" * 2_000 + "]" * 2_000 + " }}", "line 1: nested too deeply"),
        (
            "{{ a" + "[a" * 150 + "]" * 150 + " }}",
            f"line 1: an expression is nested over {EXPRESSION_DEPTH} deep",
        ),
        (
            "{% if a" + " and a" * 150 + " %}{% endif %}",
            f"line 1: an expression is nested over {EXPRESSION_DEPTH} deep",
        ),
        ("x" * (SOURCE_CHARS + 1), f"line 1: longer than {SOURCE_CHARS} characters"),
        ("{{ '" + "x" * TAG_CHARS + "' }}", f"line 1: a tag is longer than {TAG_CHARS} characters"),
        (
            "{% else" + " " * (TAG_SPACES + 1) + "%}",
            f"line 1: more than {TAG_SPACES} white-space characters in a row inside a tag",
        ),
        ("{{" + " " * 200_000 + "}}", "line 1: nothing stands between the braces"),
        ("{{" * 100_000, "line 1: `{{` is never closed"),
        ("{%" * 100_000, "line 1: `{%` is never closed"),
        ("{% raw %}" * 25_000, "line 1: `raw` is never closed with `endraw`"),
        ("{% comment %}" + "{% doc %}" * 25_000, "line 1: `doc` is never closed with `enddoc`"),
        ("{% comment %}" * 20_000, "line 1: `comment` is never closed with `endcomment`"),
        ("{{ " + "(" * 4_000 + " }}", "line 1: expected a primitive expression, found lparen"),
        ("{{ a" + "['" * 4_000 + " }}", "line 1: missing or unexpected path segment"),
        ("{{ 1" + "0" * 5_000 + " }}", "line 1: integer string conversion limit"),
    ],
    ids=shortened,
)
def test_a_source_that_cannot_be_parsed_in_bounds_is_refused(source: str, reason: str) -> None:
    assert reason_of(source, BIG).startswith(reason)


def test_within_the_limits_all_goes_well() -> None:
    assert text_of(loop("{% increment n %}", 1_000), {}).startswith("0123")
    assert text_of("{{ a" + "[a" * 90 + "]" * 90 + " | default: 1 }}", {}) == "1"
    assert text_of("{% if a" + " or a" * 90 + " %}{% else %}1{% endif %}", {}) == "1"
    assert len(html_of("{{ s }}", {"s": "x" * OUTPUT_BYTES})) == OUTPUT_BYTES
    assert (
        text_of("{% for n in (1..9) limit: 99999999999999999999 offset: 7 %}{{ n }}{% endfor %}")
        == "89"
    )
    assert text_of("{{ 'a b' | truncatewords: 99999999999999999999 }}") == "a b"
    assert text_of("{{ 'abc' | slice: 99999999999999999999, 9 }}|") == "|"


def test_the_bound_on_output_counts_bytes() -> None:
    assert reason_of("{{ s }}", {"s": "é" * (OUTPUT_BYTES // 2 + 1)}) == OUTPUT


def test_one_budget_covers_all_parts_of_a_message() -> None:
    part = loop("{% increment n %}", LIST_ITEMS - 1)
    render({"text": part}, {}, zone="UTC", locale=None)
    data: dict[str, Json] = {str(number): part for number in range(20)}
    with pytest.raises(RenderFailed, match="limit of work"):
        render({"data": data}, {}, zone="UTC", locale=None)


def test_a_budget_is_spent_to_the_last_unit() -> None:
    budget = Budget(2)
    budget.spend(2)
    assert budget.left == 0
    with pytest.raises(RenderFailed):
        budget.spend(1)


@pytest.mark.parametrize("tag", ["include 'x'", "render 'x'", "layout 'x'", "extends 'x'"])
def test_no_template_reads_another_file(tag: str) -> None:
    assert reason_of("{% " + tag + " %}").startswith("line 1: ")
