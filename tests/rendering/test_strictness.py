"""What is missing fails the message with its path, never "Hi ,"."""

from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.exact import Json
from sojourn.rendering.values import Named
from tests.rendering.given import NAMES, html_of, reason_of, text_of


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("Hi {{ profile.nope }},", "profile.nope"),
        ("{{ profile.nickname }}", "profile.nickname"),  # null counts as missing
        ("{{ nope }}", "nope"),
        ("{{ event.total }}", "event.total"),
        ("{{ profile.address.street.number }}", "profile.address.street.number"),
        ("{{ profile.first_name.length }}", "profile.first_name.length"),
        ('{{ profile.address["second line"] }}', 'profile.address."second line"'),
        ("{{ entry.items[2].name }}", "entry.items[2].name"),
        ("{{ entry.items[-3] }}", "entry.items[-3]"),
        ("{{ entry.notes.first }}", "entry.notes.first"),
        ("{{ entry.notes.last }}", "entry.notes.last"),
        ("{{ entry.total.size }}", "entry.total.size"),
        ("{{ entry[profile.nope].x }}", "profile.nope"),
        ("{{ entry.items[profile.vip] }}", "entry.items[False]"),
        ("{{ [profile.points] }}", "[120]"),
        ("{{ profile.nope | upcase }}", "profile.nope"),
        ("{{ 'Hi ' | append: profile.nope }}", "profile.nope"),
        ("{{ profile.nope | default: profile.nickname }}", "profile.nickname"),
        ("{{ profile.nope | default: nil }}", "profile.nope | default"),
        ("{% assign name = profile.nope %}{{ name }}", "profile.nope"),
        ("{% assign name = profile.nope %}{{ name.short }}", "profile.nope"),
        ("{% capture hi %}{{ profile.nope }}{% endcapture %}", "profile.nope"),
        ("{% echo profile.nope %}", "profile.nope"),
        ("{% liquid\necho profile.nope %}", "profile.nope"),
        ("{% cycle profile.nope, 'b' %}", "profile.nope"),
        ("{% for item in entry.nope %}{% endfor %}", "entry.nope"),
        ("{% for item in entry.items %}{{ item.colour }}{% endfor %}", "item.colour"),
        ("{% for item in entry.items limit: profile.nope %}{% endfor %}", "profile.nope"),
        ("{% for n in (1..profile.nope) %}{% endfor %}", "profile.nope"),
        ("{% for n in (profile.nope..2) %}{% endfor %}", "profile.nope"),
        ("{% tablerow n in entry.nope %}{% endtablerow %}", "entry.nope"),
        (
            "{% for n in entry.items %}{{ forloop.parentloop.index }}{% endfor %}",
            "forloop.parentloop.index",
        ),
        ("{{ entry.notes | first }}", "entry.notes | first"),
        (
            "{{ entry.items | where: 'name', 'Pot' | first | upcase }}",
            "entry.items | where | first",
        ),
        ("{{ nil }}", "nil"),
        ("{{ nil | upcase }}", "nil"),
        ("{% cycle nil, 'b' %}", "nil"),
        ("{% cycle nope: 'a', 'b' %}", "nope"),
        ("{{ now }}", "now"),
        ("{{ today }}", "today"),
    ],
)
def test_a_missing_variable_fails_the_message_with_its_path(source: str, path: str) -> None:
    assert reason_of(source) == path


@pytest.mark.parametrize("trait", ["size", "first", "last", "keys", "__class__", "items"])
def test_a_trait_that_is_not_there_is_missing_whatever_its_name(trait: str) -> None:
    assert reason_of("{{ profile." + trait + " }}") == f"profile.{trait}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ profile.nope | default: 'there' }}",
        "{{ profile.nickname | default: 'there' }}",
        "{{ profile.nope.deeper.still | default: 'there' }}",
        "{{ profile.nope | capitalize | append: '!' | default: 'there' }}",
        "{{ 'Hi ' | append: profile.nope | default: 'there' }}",
        "{{ entry.notes | first | default: 'there' }}",
        "{{ nil | default: 'there' }}",
        "{{ '' | default: 'there' }}",
        "{{ entry.notes | default: 'there' }}",
        "{{ profile.vip | default: 'there' }}",
        "{% assign name = profile.nope %}{{ name | default: 'there' }}",
        "{% if profile.nope %}{{ profile.nope }}{% else %}there{% endif %}",
        "{% assign name = profile.nope | default: 'there' %}{{ name }}",
    ],
)
def test_a_default_stands_in_for_what_is_missing_or_empty(source: str) -> None:
    assert text_of(source) == "there"
    assert html_of(source) == "there"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ profile.points | default: 'x' }}", "120"),
        ("{{ 0 | default: 'x' }}", "0"),
        ("{{ profile.vip | default: 'x', allow_false: true }}", "false"),
        ("{{ profile.vip | default: 'x', allow_false: false }}", "x"),
    ],
)
def test_a_default_leaves_what_is_there(source: str, shown: str) -> None:
    assert text_of(source) == shown


@pytest.mark.parametrize(
    "test",
    [
        "profile.nope == nil",
        "nil == profile.nope",
        "profile.nope == blank",
        "profile.nope == empty",
        "empty == profile.nope",
        "profile.nope == profile.nickname",
        "profile.nope != 'x'",
        "profile.first_name != blank",
        "profile.first_name != empty",
        "profile.first_name != nil",
        "entry.notes == empty",
        "entry.notes == blank",
        "'  ' == blank",
        "profile.first_name",
        "profile.points >= 120 and profile.points <= 120.0",
        "profile.points > 119.99 and profile.points < 120.01",
        "'b' > 'a' and 'a' < 'b'",
        "profile.languages contains 'zu'",
        "profile.first_name contains 'and'",
        "entry.placed_at contains 2026",
        "profile.address contains 'city'",
        "(1..3) contains 2",
        "profile.vip == false",
        "entry.total == 59.9",
    ],
)
def test_a_test_that_holds(test: str) -> None:
    assert text_of(f"{{% if {test} %}}yes{{% endif %}}") == "yes"
    assert html_of(f"{{% unless {test} %}}no{{% else %}}yes{{% endunless %}}") == "yes"


@pytest.mark.parametrize(
    "test",
    [
        "profile.nope",
        "profile.nickname",
        "profile.vip",
        "profile.nope > 1",
        "profile.nope < 1",
        "profile.nope >= 1",
        "profile.nope <= 1",
        "profile.nope contains 'x'",
        "'x' contains profile.nope",
        "profile.languages contains profile.nope",
        "profile.languages contains 'af'",
        "profile.address contains profile.languages",
        "profile.points contains 1",
        "profile.first_name > 1",
        "profile.points > 'a'",
        "profile.vip < 1",
        "profile.points == '120'",
        "profile.vip == 0",
        "(1..3) contains true",
        "profile.nope != blank",
        "profile.nope and profile.first_name",
    ],
)
def test_a_test_that_does_not_hold(test: str) -> None:
    assert text_of(f"{{% if {test} %}}yes{{% else %}}no{{% endif %}}") == "no"


def test_a_case_takes_what_is_missing_as_nil() -> None:
    assert text_of("{% case profile.nope %}{% when 1 %}one{% when nil %}nil{% endcase %}") == "nil"
    assert text_of("{% case profile.nope %}{% when 'a', blank %}blank{% endcase %}") == "blank"
    assert text_of("{% case profile.points %}{% when 1 or 120 %}yes{% endcase %}") == "yes"
    assert text_of("{% case profile.nope %}{% when 1 %}one{% else %}other{% endcase %}") == "other"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ profile.address }}", "profile.address: an object cannot be printed"),
        ("{{ forloop }}{% for n in (1..1) %}{{ forloop }}{% endfor %}", "forloop"),
        ("{% for n in (1..1) %}{{ forloop }}{% endfor %}", "forloop: an object cannot be printed"),
        ("{{ blank }}", "blank: an object cannot be printed"),
        (
            "{% for n in profile.points %}{% endfor %}",
            "profile.points: only lists can be looped over",
        ),
        (
            "{% for n in profile.first_name %}{% endfor %}",
            "profile.first_name: only lists can be looped over",
        ),
        (
            "{% for n in (1..profile.first_name) %}{% endfor %}",
            "(1..profile.first_name): not a number",
        ),
        ("{% for n in entry.items limit: -1 %}{% endfor %}", "-1: a loop counts from 0"),
        ("{% for n in entry.items offset: 'x' %}{% endfor %}", "'x': not a number"),
        (
            "{{ entry.items | map: 'colour' | join }}",
            "entry.items | map | join: an item is missing",
        ),
    ],
)
def test_what_is_there_but_does_not_fit_says_so(source: str, reason: str) -> None:
    assert reason_of(source) == reason


def test_what_has_a_name_of_its_own_is_printed_by_it() -> None:
    names: dict[str, Json] = {"step": Named(id="remind", channel="sms")}
    assert text_of("{{ step }} {{ step | upcase }}", names) == "remind REMIND"


def test_values_are_printed_as_they_were_written() -> None:
    listed: list[Json] = [
        Decimal("59.90"),
        Decimal("1E+3"),
        Decimal("0.00"),
        -7,
        True,
        False,
        ["y"],
    ]
    assert text_of("{{ v }}", {"v": listed}) == "59.9010000.00-7truefalsey"
    assert text_of("{{ 59.90 }} {{ -0.50 }} {{ (1..3) }} {{ '' }}|") == "59.90 -0.50 1..3 |"
    assert text_of("{{ profile.address['first line'] }}") == "1 Beach Rd"


def test_a_list_has_a_size_and_ends_and_whole_places() -> None:
    source = "{{ profile.languages.size }}{{ profile.languages.first }}{{ profile.languages.last }}"
    assert text_of(source) == "2zuen"
    assert text_of("{{ profile.first_name.size }}") == "6"
    assert text_of("{{ profile.languages[v] }}", {**NAMES, "v": Decimal("1.0")}) == "en"
    assert (
        reason_of("{{ profile.languages[v] }}", {**NAMES, "v": Decimal("0.5")})
        == "profile.languages[0.5]"
    )


def test_lists_and_objects_may_be_of_any_kind_that_cannot_be_changed() -> None:
    names = MappingProxyType(
        {"o": MappingProxyType({"a": 1, "b": (2, 3)}), "e": MappingProxyType({})}
    )
    source = (
        "{% for pair in o %}{{ pair[0] }}={{ pair[1] }};{% endfor %}{{ o.b.last }}{{ o | size }}"
    )
    assert text_of(source, names) == "a=1;b=23;32"  # type: ignore[arg-type]
    assert text_of("{% for n in o.b %}{{ n }}{% endfor %}{{ o.b | sum }}", names) == "235"  # type: ignore[arg-type]
    assert text_of("{{ e | default: 'none' }}", names) == "none"  # type: ignore[arg-type]


_WORDS = st.text("abcdefgh_", min_size=1, max_size=8)
_VALUES = st.recursive(
    st.none()
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=5)  # controls are left out
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    lambda inner: st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_WORDS, _VALUES, max_size=4), st.lists(_WORDS, min_size=1, max_size=4))
def test_a_path_is_printed_or_named_in_full(profile: dict[str, Json], path: list[str]) -> None:
    found: Json = profile
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    dotted = ".".join(["profile", *path])
    source, names = "{{ " + dotted + " }}", {"profile": profile}
    if found is None:
        assert reason_of(source, names) == dotted
    elif isinstance(found, dict):
        assert reason_of(source, names) == f"{dotted}: an object cannot be printed"
    else:
        assert text_of(source, names) == (
            f"{found:f}" if isinstance(found, Decimal) else str(found)
        )


ONE = "{% for n in (1..4) limit: 1 %}{{ n }}{% endfor %}"
NONE_MORE = "{% for n in (1..4) limit: 0 offset: continue %}{{ n }}{% else %}-{% endfor %}"
TWO_MORE = "{% for n in (1..4) limit: 2 offset: continue %}{{ n }}{% endfor %}"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% for n in (1..4) limit: 0 %}{{ n }}{% else %}none{% endfor %}", "none"),
        ("{% for n in (1..4) limit: entry.none %}{{ n }}{% else %}none{% endfor %}", "none"),
        ("{% for n in (1..4) limit: 0 offset: 2 %}{{ n }}{% else %}none{% endfor %}", "none"),
        ("{% for n in (1..4) limit: 0 reversed %}{{ n }}{% else %}none{% endfor %}", "none"),
        ("{% for n in (1..4) limit: 1 offset: 0 %}{{ n }}{% endfor %}", "1"),
        ("{% for n in (1..4) offset: 4 %}{{ n }}{% else %}none{% endfor %}", "none"),
        ("{% for n in (1..4) limit: 2 offset: 1 reversed %}{{ n }}{% endfor %}", "32"),
        (
            f"{ONE}{NONE_MORE}{TWO_MORE}",
            "1-23",
        ),
        (
            f"{NONE_MORE}{TWO_MORE}",
            "-12",
        ),
        ("{% tablerow n in (1..4) limit: 0 %}{{ n }}{% endtablerow %}", ""),
    ],
)
def test_a_loop_takes_as_many_as_it_says(source: str, shown: str) -> None:
    assert text_of(source, {**NAMES, "entry": {"none": 0}}) == shown
