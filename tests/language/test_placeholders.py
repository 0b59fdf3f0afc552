"""Placeholders of other tools: told where they would be sent, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.language.placeholders import Placeholder, instead, ours, placeholders

FOREIGN = {
    "*|FNAME|*": "profile.first_name",
    "*|MC:SUBJECT|*": "profile.first_name",
    "%%FirstName%%": "profile.first_name",
    "%LASTNAME%": "profile.last_name",
    "[[first_name]]": "profile.first_name",
    "${first_name}": "profile.first_name",
    "#{first_name}": "profile.first_name",
    "{FirstName}": "profile.first_name",
    "{$name}": "profile.name",
    "{!Contact.FirstName}": "profile.first_name",
    "{profile.city}": "profile.city",
    "{entry.order_id}": "entry.order_id",
    "{unsubscribe}": "unsubscribe_url",
    "<%= user.plan %>": "profile.plan",
    "<% name %>": "profile.name",
}

SILENT = [
    "{{ profile.first_name }} and {{profile.city}}",
    "20 % off, 100%SALE% or -30%",
    "https://shop.example/?q=%20ABC%20&r=%C3%A9&s=%E2%80%99",
    "[SALE] [First Name] [1]",
    "{ } {} {color: red} { name } {1} {a-b}",
    "* | x | * and a|b|c",
    "$5 #1 ${ } #{1}",
    "a < b % c > d",
]

AROUND = [
    "{{% raw %}}{}{{% endraw %}}",
    "{{%- comment -%}}{}{{%- endcomment -%}}",
    "<style media='x'>{}</style>",
    "<SCRIPT>{}</script >",
    "<mj-style>{}</mj-style>",
    "<!-- {} -->",
    "{{{{ '{}' }}}}",
]


@pytest.mark.parametrize(("written", "meant"), FOREIGN.items())
def test_a_placeholder_of_another_tool_is_told_with_ours(written: str, meant: str) -> None:
    source = f"Hello {{{{ profile.x }}}},\n<b>{written}</b> and {written}!"
    assert list(placeholders(source)) == [Placeholder(source.index(written), written, meant)]


@pytest.mark.parametrize("source", SILENT)
def test_what_is_no_placeholder_is_left_alone(source: str) -> None:
    assert list(placeholders(source)) == []


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("written", FOREIGN)
def test_what_nobody_reads_holds_none(around: str, written: str) -> None:
    hidden = around.format(f"\n{written}\n")
    assert list(placeholders(hidden)) == []
    assert [found.at for found in placeholders(f"{hidden}{written}")] == [len(hidden)]


@pytest.mark.parametrize("opening", ["{{", "{%", "{% raw %}", "<style>", "<!--"])
def test_what_is_never_closed_hides_nothing(opening: str) -> None:
    assert [found.written for found in placeholders(f"{opening} *|FNAME|*")] == ["*|FNAME|*"]


@given(st.lists(st.sampled_from([*FOREIGN, *SILENT, "\n", " "]), max_size=12))
def test_each_is_told_once_in_the_order_of_the_text(parts: list[str]) -> None:
    found = list(placeholders(" ".join(parts)))
    assert [each.written for each in found] == list(dict.fromkeys(filter(FOREIGN.get, parts)))
    assert [each.at for each in found] == sorted(each.at for each in found)


@pytest.mark.parametrize(
    ("theirs", "meant"),
    [
        ("User.UserAttributes.FirstName", "profile.first_name"),
        ("Attributes.plan", "profile.plan"),
        ("customer.first_name", "profile.first_name"),
        ("person.address.city", "profile.address.city"),
        ("address.city", "profile.address.city"),
        ("contact", "profile.contact"),
        ("vars.tier", "vars.tier"),
    ],
)
def test_a_path_of_another_tool_means_one_of_ours(theirs: str, meant: str) -> None:
    assert ours(theirs) == meant


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{{{ profile.name }}}", "two braces"),
        ("{{> footer}}", "another file"),
        ("{{#each entry.items}}", "{% for"),
        ("{{#if profile.name}}", "{% if"),
        ("{{/if}}", "{% if"),
        ("{{^vip}}", "{% if"),
        ("Hi {{ ${first_name} | default: 'x' }}", "without `${`"),
    ],
)
def test_words_of_handlebars_and_braze_are_said_in_liquid(line: str, said: str) -> None:
    assert said in (instead(line) or "")
    assert instead("Hi {{ profile.name }} {% if x %}") is None
