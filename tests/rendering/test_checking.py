"""What `validate` can say of a template: where it is wrong, what was meant, and what it reads."""

import pathlib
import re

import pytest

from sojourn.rendering.checking import check, reads
from sojourn.rendering.engine import TAG_NAMES, line_of, prepare
from sojourn.rendering.filters import FILTERS
from sojourn.rendering.library import Expression, Path
from sojourn.rendering.locales import _LOCALES
from sojourn.rendering.paths import dotted

INSTEAD = '`{% include "footer.html" %}` takes in a file of `templates/`'
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "templates.md"


def lines(source: str) -> list[tuple[int, str]]:
    """The line of each problem, and what it says."""
    return [(line_of(source, problem.at), problem.message) for problem in check(source)]


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("Hi\n{{ name | upcas }}", 2, "there is no filter `upcas`; did you mean `upcase`?"),
        ("{{ name | zzz }}", 1, "there is no filter `zzz`"),
        ("{{ name | truncate: 1, 2, 3 }}", 1, "`truncate` takes 0 to 2 arguments, not 3"),
        ("{{ name | append }}", 1, "`append` takes 1 argument, not 0"),
        ("{{ name | upcase: 1 }}", 1, "`upcase` takes 0 arguments, not 1"),
        ("{{ name | default: 1, allow: true }}", 1, "`default` does not know `allow:`"),
        ("\n\n{% iff a %}", 3, "there is no tag `iff`; did you mean `if`?"),
        ("{% include 'x' %}", 1, "`include` takes in files of a workspace, and there is none here"),
        ("{% render 'x' %}", 1, f"`render` is not allowed; {INSTEAD}"),
        ("{% includes 'x' %}", 1, "there is no tag `includes`; did you mean `include`?"),
        ("{% ? %}", 1, "a tag has no name"),
        ("{{ }}", 1, "nothing stands between the braces"),
        ("{%- -%}", 1, "nothing stands between the braces"),
        ("a\n{{ name }\nb", 2, "`{{` is never closed"),
        ("{% if a }", 1, "`{%` is never closed"),
        ("\n{% if a %}\n", 2, "`if` is never closed with `endif`"),
        ("{% endif %}", 1, "`endif` closes nothing: no block is open here"),
        ("{% raw %}{{", 1, "`raw` is never closed with `endraw`"),
        ("{% endraw %}", 1, "unexpected tag 'endraw'"),
        ("{% comment %}{{ x }}", 1, "`comment` is never closed with `endcomment`"),
        ("\n{% break %}", 2, "`break` stands outside a loop"),
        ("{% if a %}{% continue %}{% endif %}", 1, "`continue` stands outside a loop"),
        (
            "{{ 'now' | date: '%Y' }}",
            1,
            "there is no `now` here: a message is decided without a clock",
        ),
        ("{{ a | date: '%d %Q' }}", 1, "`%Q` is not part of a date format"),
        ("{{ a | date: '%' }}", 1, "`%` is not part of a date format"),
        (
            "{{ a | money: 'ZRA' }}",
            1,
            "`ZRA` is not a currency code of ISO 4217; did you mean `ZAR`?",
        ),
        (
            "{{ a | money: 'zar' }}",
            1,
            "`zar` is not a currency code of ISO 4217; did you mean `ZAR`?",
        ),
        ("{% echo %}", 1, "`echo` has nothing to print"),
        ("{{ a b }}", 1, "expected end of expression, found word"),
        ("{{ 'a }}", 1, 'unexpected "\'"'),
        ("{% assign = 3 %}", 1, "expected a primitive expression, found assign"),
        ("{% for a b %}{% endfor %}", 1, "expected in, found word"),
        ("{% if a %}{% else %}{% else %}{% endif %}", 1, "expected tag endif, found tag"),
        (
            "{% unless a %}{% else %}{% else %}{% endunless %}",
            1,
            "expected tag endunless, found tag",
        ),
    ],
)
def test_a_problem_has_its_line_and_a_sentence(source: str, line: int, message: str) -> None:
    assert lines(source) == [(line, message)]


def test_all_problems_of_a_kind_are_found_at_once_and_in_order() -> None:
    source = "{{ a | zzz }}\n{{ b | yyy: c | xxx }}\n{% for x in y %}{{ x | www }}{% endfor %}"
    assert lines(source) == [
        (1, "there is no filter `zzz`"),
        (2, "there is no filter `yyy`"),
        (2, "there is no filter `xxx`"),
        (3, "there is no filter `www`"),
    ]
    blocks = lines("{% qq %}\n{% for a in b %}\n{% if c %}\n{% endfor %}")
    assert [line for line, _ in blocks] == [1, 2, 4]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "no template at all { % } }}",
        "{% raw %}{{ x | zzz }}{% nope %}{% endraw %}",
        "{%- raw -%}{{{%- endraw -%}",
        "{% doc %}{% nope %}{% enddoc %}",
        "{% comment %}{% nope %}{% comment %}{% endif %}{% endcomment %}{{ x }}{% endcomment %}",
        "{% comment %}{% raw %}{% endcomment %}{% endraw %}{% endcomment %}",
        "{% # a note %}",
        "{% liquid\nassign a = 1\nif a\necho a\nendif %}",
        "{% for a in b reversed limit: 2 offset: continue %}{% break %}{% else %}-{% endfor %}",
        "{% tablerow a in b cols: 2 %}{% continue %}{% endtablerow %}",
        "{% case a %}{% when 1, 2 %}x{% else %}y{% endcase %}",
        "{% ifchanged %}{{ a }}{% endifchanged %}{% cycle 'g': 'a', 'b' %}{% decrement n %}",
        "{% if a == 1 %}{% elsif b contains 'x' %}{% else %}{% endif %}",
        "{{- a | default: 'x', allow_false: true -}}",
    ],
)
def test_what_is_right_has_no_problem(source: str) -> None:
    assert check(source) == ()


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("Hi {{ profile.a }}", "profile.a"),
        ("{{ profile['first name'] }}", 'profile."first name"'),
        ("{{ entry.items[0].name }}", "entry.items[0].name"),
        ("{{ a.b[c.d].e }}", "a.b c.d"),
        ("{{ [a.b] }}", "a.b"),
        ("{{ a | default: 'x' }}", "a"),
        ("{{ a | upcase | default: 'x' }}", "a"),
        ("{{ a | append: b | default: c | append: d }}", "a b c d"),
        ("{% if a %}{% elsif b == c %}{% endif %}{% unless d %}{% endunless %}", "a b c d"),
        ("{% if a %}{{ a }}{% endif %}", "a"),
        ("{% case a %}{% when b %}{{ c }}{% endcase %}", "a b c"),
        ("{% assign x = a.b %}{{ x }}{{ x.c }}", "a.b"),
        ("{{ x }}{% assign x = 1 %}{{ x }}", "x"),
        ("{% capture x %}{{ a }}{% endcapture %}{{ x }}", "a"),
        ("{% for x in a limit: b %}{{ x.c }}{{ forloop.index }}{% endfor %}{{ x }}", "a b x"),
        ("{% for x in (1..a.size) %}{% endfor %}", "a.size"),
        ("{% tablerow x in a %}{{ x }}{{ tablerowloop.col }}{% endtablerow %}", "a"),
        ("{% cycle a, b %}{% increment n %}{{ n }}", "a b"),
        ("{% liquid\nassign x = a\necho x\necho b %}", "a b"),
        ("{% raw %}{{ a }}{% endraw %}{% comment %}{{ b }}{% endcomment %}", ""),
        ("{{ event.total | default: 0 }}", "event.total"),
        ("{{ a | zzz }}", "a"),
        ("{{ a", ""),
        ("{{ a b }}", ""),
    ],
)
def test_what_a_template_reads(source: str, read: str) -> None:
    assert reads(source) == frozenset(re.findall(r'[\w.\[\]]+(?:"[^"]*")?', read))


def paths_in(part: Expression) -> set[str]:
    """The paths of an expression and of all in it."""
    own = {dotted(part.path)} if isinstance(part, Path) else set()
    return own.union(*map(paths_in, part.children()))


def test_a_bound_tree_still_lists_what_is_in_it() -> None:
    source = (
        "{{ a | append: b }}{% for x in c limit: d offset: e %}{% endfor %}{% cycle f, g %}"
        "{% for x in (h..i) %}{% endfor %}{% if j < k and l contains m or n == blank %}{% endif %}"
    )
    bound = prepare(source, markup=False).bound
    found = [paths_in(part) for node in bound.nodes for part in node.expressions()]
    assert set().union(*found) == set("abcdefghijklmn")


def test_the_page_on_templates_names_every_filter_tag_and_locale() -> None:
    page = PAGE.read_text(encoding="utf-8")
    tags = {name for name in TAG_NAMES if not name.startswith("end")}
    locales = {re.sub("-.*", lambda region: region[0].upper(), tag) for tag in _LOCALES}
    assert [name for name in sorted({*FILTERS, *tags, *locales}) if f"`{name}`" not in page] == []
