"""`sojourn preview`: the content as the customer would get it, or what is missing and where."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sojourn_cli.main import main

ANA: dict[str, Any] = {
    "userId": "ana",
    "traits": {"email": "ana@example.com", "phone": "+27820000001"},
}
SETTINGS = {
    "timezone": "UTC",
    "senders": {"email": "Shop <hi@shop.example>", "reply_to": "help@shop.example", "sms": "SHOP"},
}
HELLO = {
    "email": {
        "subject": "Hello {{ profile.first_name | default: 'you' }}",
        "preheader": "News",
        "html_file": "mail/hello.html",
    },
    "sms": {"text": "Ş {{ entry.code }}"},
    "push": {"title": "Hi", "body": "{{ vars.n }}", "data": {"go": "home"}},
}
HTML = """<h1>{{ profile.first_name }}</h1>
<p>{{ entry.code }}</p>
<a href='{{ unsubscribe_url }}'>x</a>"""
JOURNEY = {
    "id": "welcome",
    "name": "Welcome",
    "status": "live",
    "category": "transactional",
    "entry": {"event": "joined"},
    "start": "hello",
    "steps": {
        "hello": {
            "type": "send",
            "channel": "email",
            "content": {
                "subject": "{{ journey.name }} {{ step.category }}",
                "text": "{{ gift }} {{ code }}",
            },
            "with": {"gift": "Tea", "code": {"from": "entry.code"}},
            "next": "again",
        },
        "again": {"type": "send", "channel": "sms", "template": "hello"},
    },
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A workspace with a template and a journey."""
    folder = tmp_path / "shop"
    (folder / "templates/mail").mkdir(parents=True)
    (folder / "journeys").mkdir()
    (folder / "settings.json").write_text(json.dumps(SETTINGS))
    (folder / "templates/hello.json").write_text(json.dumps(HELLO))
    (folder / "templates/mail/hello.html").write_text(HTML)
    (folder / "journeys/welcome.json").write_text(json.dumps(JOURNEY))
    (tmp_path / "ana.json").write_text(json.dumps(ANA))
    return folder


def preview(shop: Path, name: str, *more: str, customer: object = None) -> Result:
    file = shop.parent / "ana.json"
    if customer is not None:
        file.write_text(json.dumps(customer))
    asked = ["preview", str(shop), name, "--customer-file", str(file), *more]
    return CliRunner().invoke(main, asked)


def parts(result: Result) -> dict[str, dict[str, Any]]:
    """What is told of each channel."""
    told = json.loads(result.stdout)
    return {part["channel"]: part for part in told["messages"]}


FULL = ("--entry", '{"code": "TEN"}', "--vars", '{"n": 7}')
NAMED: dict[str, Any] = {
    **ANA,
    "traits": {**ANA["traits"], "first_name": "Ana", "push_endpoints": ["arn"]},
}


def test_every_part_is_shown_as_the_customer_would_get_it(shop: Path) -> None:
    result = preview(shop, "hello", *FULL, customer=NAMED)
    assert result.exit_code == 0, result.output
    found = parts(result)
    mail, sms, push = found["email"], found["sms"], found["push"]
    assert (mail["from"], mail["reply_to"]) == ("Shop <hi@shop.example>", "help@shop.example")
    assert (mail["to"], mail["subject"], mail["preheader"]) == (
        ["ana@example.com"],
        "Hello Ana",
        "News",
    )
    assert "<h1>Ana</h1>" in mail["html"]
    assert mail["html_bytes"] == len(mail["html"].encode())
    assert mail["text"] == "Ana\n\nTEN\n\nx (https://unsubscribe.example/)"
    assert (sms["from"], sms["text"]) == ("SHOP", "Ş TEN")
    assert sms["segments"] == {"alphabet": "UCS-2", "places": 5, "count": 1}
    assert (push["title"], push["body"], push["data"]) == ("Hi", "7", {"go": "home"})
    assert {part["category"] for part in found.values()} == {"marketing"}


def test_what_is_missing_is_named_with_its_file_and_line_for_every_part(shop: Path) -> None:
    result = preview(shop, "hello")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "templates/mail/hello.html: line 1: profile.first_name is missing and has no default",
        "templates/hello.json sms.text: entry.code is missing and has no default",
        "templates/hello.json push.body: vars.n is missing and has no default",
    ]
    assert parts(result)["sms"]["failures"] == [
        {
            "file": "templates/hello.json",
            "path": "sms.text",
            "message": "entry.code is missing and has no default",
        }
    ]


def test_what_fails_in_a_snippet_is_named_with_the_snippets_file(shop: Path) -> None:
    (shop / "templates/foot.html").write_text("<p>\n{{ entry.total | money: 'ZAR' }}\n</p>")
    (shop / "templates/mail/hello.html").write_text('Hi\n{% include "foot.html" %}')
    for entry, told in (
        ("{}", "entry.total is missing and has no default"),
        ('{"total": "x"}', "entry.total | money: "),
    ):
        result = preview(shop, "hello", "--channel", "email", "--entry", entry)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"templates/foot.html: line 2: {told}")


def test_who_she_is_and_since_when_is_taken_from_her_file(shop: Path) -> None:
    text = "{{ customer.id }} {{ customer.created_at }} {{ profile.consent | default: '-' }}"
    (shop / "templates/hello.json").write_text(json.dumps({"sms": {"text": text}}))
    customer = {
        "userId": "a1",
        "traits": {"consent": {"news": True}},
        "created_at": "2026-01-01T00:00:00Z",
    }
    result = preview(shop, "hello", customer=customer)
    assert parts(result)["sms"]["text"] == "a1 2026-01-01T00:00:00Z -"


def test_an_id_that_is_no_text_is_refused(shop: Path) -> None:
    result = preview(shop, "hello", customer={"userId": 7, "traits": {}})
    assert result.exit_code == 2
    assert "userId: text is wanted" in result.stderr


def test_a_name_that_is_written_in_brackets_is_named_with_its_place(shop: Path) -> None:
    hello = HELLO | {"sms": {"text": "Hi {{ profile['first name'] }}"}}
    (shop / "templates/hello.json").write_text(json.dumps(hello))
    result = preview(shop, "hello", "--channel", "sms")
    assert result.stderr == (
        'templates/hello.json sms.text: profile."first name" is missing and has no default\n'
    )


def test_one_channel_alone(shop: Path) -> None:
    result = preview(shop, "hello", "--channel", "sms", *FULL)
    assert (result.exit_code, list(parts(result))) == (0, ["sms"])


def test_a_step_is_shown_with_the_names_it_hands_over(shop: Path) -> None:
    result = preview(shop, "welcome/hello", "--entry", '{"code": "TEN"}')
    mail = parts(result)["email"]
    assert (mail["subject"], mail["text"]) == ("Welcome transactional", "Tea TEN")
    assert mail["category"] == "transactional"
    missing = preview(shop, "welcome/hello")
    assert missing.stderr == (
        "journeys/welcome.json steps.hello.content.text: code is missing and has no default\n"
    )


def test_a_step_that_takes_a_template_shows_its_part_of_it(shop: Path) -> None:
    result = preview(shop, "welcome/again", *FULL)
    assert parts(result)["sms"]["text"] == "Ş TEN"


def test_names_may_be_given_by_hand_or_from_a_file(shop: Path) -> None:
    file = shop.parent / "names.json"
    file.write_text('{"gift": "Cake", "code": "FIVE"}')
    result = preview(shop, "welcome/hello", "--with", str(file))
    assert parts(result)["email"]["text"] == "Cake FIVE"


@pytest.mark.parametrize(
    ("customer", "id_"),
    [
        ({"first_name": "Ana", "email": "ana@example.com"}, "preview"),
        ({"customer": "ana", "profile": {"first_name": "Ana"}}, "ana"),
        ({"id": "a1", "traits": {"first_name": "Ana"}, "created_at": "2026-01-01T00:00:00Z"}, "a1"),
    ],
)
def test_a_customer_may_be_written_in_several_ways(
    shop: Path, customer: dict[str, Any], id_: str
) -> None:
    result = preview(shop, "hello", "--channel", "email", *FULL, customer=customer)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["customer"] == id_
    assert parts(result)["email"]["subject"] == "Hello Ana"


def test_a_person_is_told_in_lines(shop: Path) -> None:
    result = preview(shop, "hello", *FULL, "--format", "table", customer=NAMED)
    assert "  from:       Shop <hi@shop.example>\n" in result.stdout
    assert "  size:       1 part (5 places of UCS-2)\n" in result.stdout
    assert "  reply to:   help@shop.example\n" in result.stdout


def test_a_page_shows_the_html_in_a_frame_that_can_run_nothing(shop: Path) -> None:
    page = shop.parent / "page.html"
    hostile = {**NAMED, "traits": {**NAMED["traits"], "first_name": "</iframe><script>x"}}
    result = preview(shop, "hello", *FULL, "-o", str(page), customer=hostile)
    assert (result.exit_code, result.stderr) == (0, f"written: {page}\n")
    text = page.read_text(encoding="utf-8")
    assert "<iframe srcdoc=" in text
    assert " sandbox " in text
    assert "<script" not in text
    assert text.count("</iframe>") == 1
    assert "script-src" not in text
    assert "default-src &#x27;none&#x27;" in text


def test_a_page_shows_every_channels_text_and_how_large_the_html_is(shop: Path) -> None:
    page = shop.parent / "page.html"
    preview(shop, "hello", *FULL, "-o", str(page), customer=NAMED)
    text = page.read_text(encoding="utf-8")
    for shown in ("Ana\n\nTEN\n\nx", "Ş TEN", "7"):
        assert f"<figcaption>text</figcaption><pre>{shown}" in text
    assert "Gmail" not in text
    (shop / "templates/mail/hello.html").write_text("<p>" + "x" * 110_000)
    preview(shop, "hello", *FULL, "-o", str(page), customer=NAMED)
    assert re.search(r"HTML, 110,\d{3} bytes: Gmail shows 102 KB", page.read_text(encoding="utf-8"))


def test_amounts_are_written_as_the_customers_locale_does(shop: Path) -> None:
    (shop / "templates/hello.json").write_text('{"sms": {"text": "{{ 1234.5 | money: \'EUR\' }}"}}')
    texts = [
        parts(preview(shop, "hello", customer={"locale": locale}))["sms"]["text"]
        for locale in ("de", "en-US")
    ]
    assert texts == ["1.234,50 €", "€1,234.50"]


def test_a_page_shows_what_fails_too(shop: Path) -> None:
    page = shop.parent / "page.html"
    assert preview(shop, "hello", "-o", str(page)).exit_code == 1
    assert "profile.first_name is missing" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("nothing", (), "there is no template `nothing`; there is `hello`"),
        (
            "welcome/nothing",
            (),
            "welcome has no send step `nothing`; there are `again` and `hello`",
        ),
        ("nobody/hello", (), "there is no journey `nobody`; there is `welcome`"),
        ("welcome/hello", ("--channel", "push"), "has no part for push; it has email"),
        ("hello", ("--entry", "[]"), "neither an object nor a file with one"),
        ("hello", ("--vars", "nowhere.json"), "neither an object nor a file with one"),
    ],
)
def test_what_cannot_be_asked_is_bad_usage(
    shop: Path, name: str, more: tuple[str, ...], words: str
) -> None:
    result = preview(shop, name, *more)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


@pytest.mark.parametrize("customer", [[], "ana", 7, {"userId": 7, "traits": {}}])
def test_what_is_no_customer_is_bad_usage(shop: Path, customer: object) -> None:
    assert preview(shop, "hello", customer=customer).exit_code == 2


def test_a_workspace_with_errors_shows_them(shop: Path) -> None:
    (shop / "journeys/welcome.json").write_text("{}")
    result = preview(shop, "hello")
    assert result.exit_code == 1
    assert "journeys/welcome.json" in result.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ 'x' | times: 2 }}", "times"),
        ("{% for i in (1..100000) %}x{% endfor %}", "limit"),
        ("x" * 1_601, "limit of SMS: over 1600 characters"),
    ],
)
def test_whatever_else_fails_is_told_as_it_is(shop: Path, text: str, words: str) -> None:
    (shop / "templates/hello.json").write_text(json.dumps({"sms": {"text": text}}))
    result = preview(shop, "hello")
    assert result.exit_code == 1
    assert result.stderr.startswith("templates/hello.json sms.text: ")
    assert words in result.stderr
