"""Snippets: what several messages share stands in each of them, and what is wrong is told once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.language.checking import check
from sojourn.language.findings import Finding
from sojourn.language.snippets import DEPTH, Origin, Snippets
from sojourn.language.workspace import load
from sojourn.rendering.budget import SOURCE_CHARS
from tests.language.given import TEMPLATE, base, changed, findings, hello, told

HTML = {"email": {"subject": "Hello", "html_file": "mail/hello.html"}}


def with_snippets(**snippets: str) -> dict[str, bytes]:
    """Files below `templates/`; `foot_html` stands for `foot.html`."""
    return {
        f"templates/{'.'.join(name.rsplit('_', 1))}": text.encode()
        for name, text in snippets.items()
    }


def mailing(html: str, **snippets: str) -> dict[str, bytes]:
    """The workspace with an e-mail in HTML, and snippets for it."""
    files = base(templates__hello=HTML) | with_snippets(**snippets)
    return files | {"templates/mail/hello.html": html.encode()}


def made(files: dict[str, bytes]) -> str:
    """The HTML that is published."""
    plan = load(files).plan
    assert plan is not None, findings(files)
    return str(plan.templates["hello"]["email"]["html"])  # type: ignore[index,call-overload]


def whole(text: str, **snippets: str) -> str:
    """A text with its snippets, whatever is wrong with it."""
    return Snippets(with_snippets(**snippets)).whole(text, Origin("here")).text


def said(files: dict[str, bytes]) -> list[str]:
    """What was found, in words, with its file."""
    return [f"{item.file}: {item.message}" for item in findings(files)]


def test_a_snippet_stands_where_it_is_included() -> None:
    files = mailing(
        '{% assign title = "Hi" %}{% include "head.html" %}<p>You</p>{% include \'foot.html\' %}',
        head_html="<h1>{{ title }}</h1>\n",
        foot_html='<a href="{{ unsubscribe_url }}">{% include "words.txt" %}</a>\r\n',
        words_txt="Leave",
    )
    assert told(files) == []
    assert made(files) == (
        '{% assign title = "Hi" %}<h1>{{ title }}</h1><p>You</p>'
        '<a href="{{ unsubscribe_url }}">Leave</a>'
    )


def test_every_text_of_a_message_may_include() -> None:
    parts = {
        "email": {"subject": '{% include "a.txt" %}', "text_file": "hello.txt"},
        "sms": {"text": 'Hi{% include "a.txt" %}'},
        "push": {"body": "Hi", "data": {"to": [0, {"x": '{% include "a.txt" %}'}]}},
    }
    files = base(templates__hello=parts) | with_snippets(a_txt="!\n")
    files["templates/hello.txt"] = b'{% include "a.txt" %}\n'
    plan = load(files).plan
    assert plan is not None, findings(files)
    assert plan.templates["hello"] == {
        "email": {"subject": "!", "text": "!\n"},
        "sms": {"text": "Hi!"},
        "push": {"body": "Hi", "data": {"to": [0, {"x": "!"}]}},
    }


def test_a_journey_includes_what_templates_do() -> None:
    content = {"subject": "Hi", "text": 'Hi {% include "mail/name.txt" %}'}
    step = {"type": "send", "channel": "email", "content": content}
    files = hello("steps", "end", step) | {"templates/mail/name.txt": b"{{ profile.nick }}"}
    assert told(files) == []
    plan = load(files).plan
    assert plan is not None
    kept = plan.current["hello"].steps["end"].content  # type: ignore[union-attr]
    assert kept == {"subject": "Hi", "text": "Hi {{ profile.nick }}"}


def test_mjml_includes_before_it_is_compiled() -> None:
    files = base(templates__hello={"email": {"subject": "Hi", "mjml_file": "hello.mjml"}})
    files["templates/hello.mjml"] = (
        b'<mjml><mj-body>{% include "foot.mjml" %}</mj-body></mjml>'  # an element
    )
    files |= with_snippets(
        foot_mjml="<mj-section><mj-column><mj-text>The end</mj-text></mj-column></mj-section>\n"
    )
    assert "The end" in made(files)
    assert "mj-text" not in made(files)


@pytest.mark.parametrize(
    ("written", "came"),
    [
        ('a {% include "b.txt" %} c', "a b c"),
        ('a {%- include "b.txt" -%} \n c', "abc"),
        ('a {%-include "b.txt"-%}{%- include "b.txt" %} c', "abb c"),
        ('{% raw %}{% include "b.txt" %}{% endraw %}', None),
        ('{% comment %}{% include "b.txt" %}{% endcomment %}', None),
        ("{{ '{% include \"b.txt\" %}' }}", None),
        ('{% include "b.txt" %} {{ x {% include "b.txt" %', 'b {{ x {% include "b.txt" %'),
        ("to include you", None),
    ],
)
def test_a_tag_is_replaced_where_liquid_would_read_it(written: str, came: str | None) -> None:
    assert whole(written, b_txt="b") == (came or written)


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("include", "`include` takes the name of a file in quotes"),
        ("include footer", "`include` takes the name of a file in quotes"),
        ('include "foot.html", a: 1', "`include` hands nothing over"),
        ('include "foot.html" with a', "`include` hands nothing over"),
        ('include ""', "`` is no name of a file below `templates/`"),
        ('include "../foot.html"', "`../foot.html` is no name of a file below `templates/`"),
        ('include "hello.json"', "`hello.json` is a template; a snippet is"),
        ('include "foot.mjml"', "`foot.mjml` is MJML, which can stand in an `mjml_file` alone"),
        ('render "foot.html"', "`render` is not allowed; `{% include"),
    ],
)
def test_what_is_no_way_to_include_is_told_with_the_right_one(tag: str, message: str) -> None:
    files = mailing("<p>\n{% " + tag + " %}\n</p>", foot_html="f", foot_mjml="m")
    [found] = [item for item in findings(files) if item.severity == "error"]
    assert (found.code, found.file) == ("template-syntax", "templates/mail/hello.html")
    assert found.message.startswith(f"line 2: {message}")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("foot", "; did you mean `foot.html`?"),
        ("foot.htm", "; did you mean `foot.html`?"),
        ("templates/foot.html", "; did you mean `foot.html`?"),
        ("zzz", "; there is `foot.html`"),
    ],
)
def test_a_snippet_that_is_not_there_is_told_with_one_that_is(name: str, hint: str) -> None:
    files = mailing(f'a\n\n{{% include "{name}" %}}', foot_html="f")
    unknown = [item for item in findings(files) if item.code == "unknown-file"]
    assert unknown == [
        Finding(
            "error",
            unknown[0].code,
            "templates/mail/hello.html",
            "",
            f"line 3: there is no file `templates/{name}`{hint}",
            (f"templates/{name}",),
        )
    ]


def test_what_is_wrong_in_a_snippet_is_told_there_and_once() -> None:
    text = 'Hello\n{% include "foot.txt" %}\n{{ profile.x | upcas }}'
    files = base(
        templates__hello=changed(TEMPLATE, "email", "text", text),
        templates__other={"sms": {"text": text}},
    )
    files |= with_snippets(foot_txt="-- \n*|UNSUB|*\n{{ entry.total | zzz }}\n")
    assert said(files) == [
        (
            "templates/foot.txt: line 2: `*|UNSUB|*` would be sent as it stands: Sojourn fills in"
            " double braces, as `{{ unsubscribe_url }}`"
        ),
        "templates/foot.txt: line 3: there is no filter `zzz`",
        "templates/hello.json: line 3: there is no filter `upcas`; did you mean `upcase`?",
        "templates/other.json: line 3: there is no filter `upcas`; did you mean `upcase`?",
    ]


def test_what_is_wrong_in_a_snippet_of_very_many_is_told_once() -> None:
    many = {
        f"templates__t{number}": {"sms": {"text": '{% include "a.txt" %}'}} for number in range(600)
    }
    files = base(**many) | with_snippets(a_txt="{{ profile.x | zzz }}")
    assert said(files) == ["templates/a.txt: line 1: there is no filter `zzz`"]


def test_what_only_the_event_knew_is_told_where_it_is_written() -> None:
    files = mailing('{{ event.a }}{% include "foot.html" %}', foot_html="{{ event.b }}")
    assert told(files) == [
        "templates/foot.html: event-in-template",
        "templates/mail/hello.html: event-in-template",
    ]


def test_a_variable_that_nothing_sets_is_told_with_the_file_it_is_in() -> None:
    files = mailing('{% include "foot.html" %}', foot_html="{{ first_nam }} {{ vars.y }}")
    assert [item for item in said(files) if "templates/foot.html: nothing sets" in item] == [
        (
            "journeys/hello.json: templates/foot.html: nothing sets `first_nam`; a trait is"
            " `profile.first_nam`, and a step's `with` hands over others"
        ),
        (
            "journeys/hello.json: templates/foot.html: nothing sets `vars.y`: no `update` step of"
            " this journey does"
        ),
    ]
    content = {"subject": "Hi", "text": '{% include "foot.html" %}'}
    step = {"type": "send", "channel": "email", "content": content}
    files = hello("steps", "end", step) | with_snippets(foot_html="{{ vars.y }}")
    [found] = findings(files)
    assert found.path == "steps.end.content.text"
    assert found.message.startswith("templates/foot.html: nothing sets")


@pytest.mark.parametrize(
    "theirs",
    ["{{ snippets.foot }}", "{{content_blocks.${foot}}}", "{{> foot }}", "{% render 'foot' %}"],
)
def test_how_other_tools_share_is_told_with_our_way(theirs: str) -> None:
    told_of = [item.message for item in findings(mailing(theirs))]
    assert len(told_of) == 1
    assert '`{% include "footer.html" %}`' in told_of[0]


@pytest.mark.parametrize(
    "tag",
    ['{% include "a.html" -%}\n\n', '{% include\n"a.html"\n%}', '{%- include "a.html" %}\n\n'],
)
def test_lines_behind_an_include_count_as_they_are_written(tag: str) -> None:
    [found] = findings(mailing(f"Hi\n{tag}{{{{ profile.b | zzz }}}}", a_html="a\nb\nc"))
    assert found.message == "line 4: there is no filter `zzz`"


def test_a_hint_is_given_for_its_own_line_alone() -> None:
    files = mailing("{{ profile.a | yyy }}\n{{ content_blocks.x | zzz }}\n{{ profile.b | yyy }}")
    wrong = [item.message for item in findings(files) if item.severity == "error"]
    assert wrong[0] == "line 1: there is no filter `yyy`"
    assert wrong[1].startswith("line 2: there is no filter `zzz`; what several messages share is")
    assert wrong[2] == "line 3: there is no filter `yyy`"


def test_a_block_may_begin_in_one_snippet_and_end_in_another() -> None:
    body = '{% include "a.html" %}Hi{% include "b.html" %}'
    assert told(mailing(body, a_html="{% if profile.x %}", b_html="{% endif %}")) == []
    [found] = findings(mailing('{% include "a.html" %}Hi', a_html="\n{% if profile.x %}"))
    assert (found.file, found.message) == (
        "templates/a.html",
        "line 2: `if` is never closed with `endif`",
    )


def test_a_snippet_within_itself_is_told_with_the_round() -> None:
    files = mailing(
        '{% include "a.html" %}',
        a_html='a\n{% include "b.html" %}',
        b_html='{% include "a.html" %}b',
    )
    [found] = findings(files)
    assert (found.file, found.message) == (
        "templates/b.html",
        "line 1: this snippet is within itself: `a.html` → `b.html` → `a.html`",
    )


def test_snippets_stand_one_within_another_to_a_depth() -> None:
    def files(depth: int) -> dict[str, bytes]:
        inner = {f"s{n}_html": f'{{% include "s{n + 1}.html" %}}' for n in range(1, depth)}
        return mailing('{% include "s1.html" %}', **inner, **{f"s{depth}_html": "x"})

    assert made(files(DEPTH)) == "x"
    found = [item for item in findings(files(DEPTH + 1)) if item.severity == "error"]
    assert [(item.file, item.message) for item in found] == [
        (
            f"templates/s{DEPTH}.html",
            f"line 1: more than {DEPTH} snippets stand one within another",
        )
    ]


@pytest.mark.parametrize("last", ["x", " ", '{% include "nowhere" %}'])
def test_snippets_that_multiply_come_to_an_end(last: str) -> None:
    twenty = {f"s{n}_html": f'{{% include "s{n + 1}.html" %}}' * 20 for n in range(1, DEPTH)}
    files = mailing('{% include "s1.html" %}' * 20, **twenty, **{f"s{DEPTH}_html": last})
    found = findings(files)
    assert found
    assert len(found) <= 30
    if last == "x":
        message = f"line 1: with its snippets it is longer than {SOURCE_CHARS} characters"
        assert message in {item.message for item in found}


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"\xff", "not-utf8"), (b"\xef\xbb\xbfHi", "byte-order-mark")],
)
def test_a_snippet_that_cannot_be_read_is_told_once(content: bytes, code: str) -> None:
    text = '{% include "a.txt" %}{% include "a.txt" %}.'
    parts = {"sms": {"text": text}, "push": {"body": text}}
    files = base(templates__other=parts) | {"templates/a.txt": content}
    assert [item for item in told(files) if "a.txt" in item] == [f"templates/a.txt: {code}"]


def test_a_change_of_a_snippet_is_a_change_of_all_that_include_it() -> None:
    files = mailing('{% include "a.html" %}', a_html="1")
    first = check(files).library
    documents = {item.file: item for item in first.templates.values()}
    assert check(files, documents).library.templates["hello"] is first.templates["hello"]
    files["templates/a.html"] = b"2"
    again = check(files, documents).library.templates["hello"]
    assert again.plain["email"]["html"] == "2"  # type: ignore[index,call-overload]
    del files["templates/a.html"]
    assert [item.code for item in check(files, documents).findings] == ["unknown-file"]


TEXTS = st.text("ab \n{}%é", max_size=6).filter(lambda text: "{" not in text[-1:])
type Tree = str | list["Tree"]
TREES = st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(st.lists(TREES, max_size=5))
def test_each_character_is_known_by_where_it_is_written(tree: list[Tree]) -> None:
    files: dict[str, bytes] = {}
    wanted: list[tuple[str, str, int]] = []

    def write(node: list[Tree], file: str) -> str:
        text = ""
        for each in node:
            if isinstance(each, str):
                plain = each.replace("{{", "").replace("{%", "")
                joined = (text[-1:] + plain).replace("{{", "").replace("{%", "")
                plain = joined[len(text[-1:]) :] if joined.startswith(text[-1:]) else ""
                for number, char in enumerate(plain):
                    line = (text + plain[:number]).count("\n") + 1
                    wanted.append((char, file, line))
                text += plain
            else:
                name = f"{len(files)}.txt"
                files[f"templates/{name}"] = b""
                files[f"templates/{name}"] = (write(each, f"templates/{name}") + "\n").encode()
                text += f'{{% include "{name}" %}}'
        return text

    text = write(tree, "here")
    found = Snippets(files).whole(text, Origin("here"))
    assert found.text == "".join(char for char, _, _ in wanted)
    places = (found.written_at(at) for at in range(len(found.text)))
    assert [(origin.file, line) for origin, line in places] == [each[1:] for each in wanted]
