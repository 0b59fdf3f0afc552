"""Each filter, by example; and beside python-liquid's own where both mean the same."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from inspect import Parameter, signature

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid.builtin.filters import string as theirs

from sojourn.core.values.exact import Json
from sojourn.rendering import listwise, numeric, textual
from sojourn.rendering.budget import LIST_ITEMS
from sojourn.rendering.failure import Unfit
from sojourn.rendering.filters import FILTERS
from tests.rendering.given import reason_of, text_of

EXAMPLES = [
    ("-7.50 | abs", "7.50"),
    ("3 | abs", "3"),
    ("3 | at_least: 5", "5"),
    ("3 | at_most: 2.5", "2.5"),
    ("1.2 | ceil", "2"),
    ("-1.2 | floor", "-2"),
    ("5 | floor", "5"),
    ("5 | plus: 2", "7"),
    ("59.90 | plus: 0.10", "60.00"),
    ("'1.10' | plus: '2'", "3.10"),
    ("5 | minus: 7", "-2"),
    ("0.3 | minus: 0.1", "0.2"),
    ("3 | times: 4", "12"),
    ("19.99 | times: 3", "59.97"),
    ("7 | divided_by: 2", "3"),
    ("-7 | divided_by: 2", "-4"),
    ("7 | divided_by: 2.0", "3.5"),
    ("100 | divided_by: 2.0", "50"),
    ("10 | divided_by: 3.0", "3.333333333333333333333333333"),
    ("7 | modulo: 3", "1"),
    ("-7 | modulo: 3", "2"),
    ("-1.5 | modulo: 1", "0.5"),
    ("1.5 | modulo: -1", "-0.5"),
    ("1.5 | modulo: 0.5", "0.0"),
    ("2.5 | round", "3"),
    ("-2.5 | round", "-3"),
    ("2.345 | round: 2", "2.35"),
    ("2 | round: 2", "2.00"),
    ("'ab' | append: 'cd'", "abcd"),
    ("'ab' | prepend: 'cd'", "cdab"),
    ("'hELLO' | capitalize", "Hello"),
    ("'ÀB' | downcase", "àb"),
    ("'àb' | upcase", "ÀB"),
    ("' a ' | strip | append: '|'", "a|"),
    ("' a ' | lstrip | append: '|'", "a |"),
    ("' a ' | rstrip | append: '|'", " a|"),
    ("' a\n  b ' | squish", "a b"),
    ("'a\r\nb\nc' | strip_newlines", "abc"),
    ("'a,b,a' | remove: 'a'", ",b,"),
    ("'a,b,a' | remove_first: 'a'", ",b,a"),
    ("'a,b,a' | remove_last: 'a'", "a,b,"),
    ("'a,b,a' | replace: 'a', 'x'", "x,b,x"),
    ("'a,b,a' | replace: 'a'", ",b,"),
    ("'a,b,a' | replace_first: 'a', 'x'", "x,b,a"),
    ("'a,b,a' | replace_last: 'a', 'x'", "a,b,x"),
    ("'abc' | replace_last: 'z', 'x'", "abc"),
    ("'a b  c' | split: ' ' | join: '-'", "a-b-c"),
    ("'a,b' | split: ',' | join: '-'", "a-b"),
    ("'abc' | split: '' | join: '-'", "a-b-c"),
    ("'' | split: ',' | size", "0"),
    ("'Ground control' | truncate: 9", "Ground..."),
    ("'Ground control' | truncate: 14", "Ground control"),
    ("'Ground control' | truncate: 9, ''", "Ground co"),
    ("'Ground control' | truncate: 1", "..."),
    ("'one two three' | truncatewords: 2", "one two..."),
    ("'one two three' | truncatewords: 3", "one two three"),
    ("'one two three' | truncatewords: 0, ' &c'", "one &c"),
    ("'<p>a<!-- b --> <b>c</b></p><script>d</script>' | strip_html", "a c"),
    ("'a b&c/ü' | url_encode", "a+b%26c%2F%C3%BC"),
    ("'a+b%26c' | url_decode", "a b&c"),
    ("'aü>' | base64_encode", "YcO8Pg=="),
    ("'YcO8Pg==' | base64_decode", "aü>"),
    ("'???' | base64_url_safe_encode", "Pz8_"),
    ("'Pz8_' | base64_url_safe_decode", "???"),
    ("'&lt;b&gt; & c' | escape_once", "&lt;b&gt; &amp; c"),
    ("profile.languages | first", "zu"),
    ("profile.languages | last", "en"),
    ("profile.languages | join", "zu en"),
    ("(1..3) | join: ','", "1,2,3"),
    ("profile.languages | concat: profile.languages | join", "zu en zu en"),
    ("entry.items | map: 'name' | join: ', '", "Mug, Tea & cake"),
    ("entry.items | map: 'colour' | compact | size", "0"),
    ("entry.items | compact: 'price' | size", "2"),
    ("profile.languages | reverse | join", "en zu"),
    ("'b,C,a' | split: ',' | sort | join", "C a b"),
    ("'b,C,a' | split: ',' | sort_natural | join", "a b C"),
    ("entry.items | sort: 'count' | map: 'name' | last", "Tea & cake"),
    ("entry.items | sort_natural: 'name' | map: 'name' | first", "Mug"),
    ("'a,b,a' | split: ',' | uniq | join", "a b"),
    ("entry.items | uniq: 'colour' | size", "1"),
    ("entry.items | where: 'name', 'Mug' | map: 'count' | join", "1"),
    ("entry.items | where: 'colour' | size", "0"),
    ("entry.items | where: 'count' | size", "2"),
    ("entry.items | reject: 'name', 'Mug' | map: 'name' | join", "Tea & cake"),
    ("entry.items | find: 'count', 2 | size", "3"),
    ("entry.items | find_index: 'count', 2", "1"),
    ("entry.items | has: 'count', 3", "false"),
    ("entry.items | has: 'count'", "true"),
    ("entry.items | map: 'price' | sum", "39.90"),
    ("entry.items | sum: 'price'", "39.90"),
    ("entry.notes | sum", "0"),
    ("profile.first_name | slice: 1", "h"),
    ("profile.first_name | slice: 1, 3", "han"),
    ("profile.first_name | slice: -3, 2", "nd"),
    ("profile.first_name | slice: -30, 2 | append: '|'", "|"),
    ("profile.first_name | slice: 1, -1 | append: '|'", "|"),
    ("profile.languages | slice: 1 | join", "en"),
    ("profile.first_name | size", "6"),
    ("profile.languages | size", "2"),
    ("profile.address | size", "2"),
]


@pytest.mark.parametrize(("expression", "shown"), EXAMPLES)
def test_a_filter_by_example(expression: str, shown: str) -> None:
    assert text_of("{{ " + expression + " }}") == shown


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("'x' | plus: 1", "not a number"),
        ("true | plus: 1", "true and false are not numbers"),
        ("1 | plus: '1e5'", "not a number"),
        ("1 | divided_by: 0", "nothing can be divided by zero"),
        ("1 | modulo: 0.0", "nothing can be divided by zero"),
        ("1 | round: 31", "0 to 30 places can be rounded to"),
        ("1 | round: -1", "0 to 30 places can be rounded to"),
        ("1 | round: 1.5", "not a whole number"),
        ("'x' | truncate: 'y'", "not a number"),
        ("'x' | base64_decode", "not base64 of UTF-8 text"),
        ("'/w==' | base64_decode", "not base64 of UTF-8 text"),
        ("'ü' | base64_url_safe_decode", "not base64 of UTF-8 text"),
        ("'x' | first", "not a list"),
        ("profile.languages | concat: 'x'", "not a list"),
        ("entry.items | sort", "only numbers, or only texts, have an order"),
        (
            "entry.items | map: 'name' | concat: (1..2) | sort",
            "only numbers, or only texts, have an order",
        ),
        ("profile.address | upcase", "an object cannot be printed"),
        ("profile.languages | sum", "not a number"),
        ("3 | size", "only texts and lists have a size"),
    ],
)
def test_a_filter_says_what_it_wants(expression: str, reason: str) -> None:
    assert reason_of("{{ " + expression + " }}").endswith(f": {reason}")


def test_sorting_puts_what_is_missing_last_and_keeps_the_order_of_equals() -> None:
    rows: list[object] = [
        {"a": 2, "n": 1},
        {"n": 2},
        {"a": Decimal("1.5"), "n": 3},
        {"a": 2, "n": 4},
    ]
    assert [row["n"] for row in listwise.sort(rows, "a")] == [3, 1, 4, 2]  # type: ignore[index]
    assert [row["n"] for row in listwise.sort_natural(rows, "a")] == [3, 1, 4, 2]  # type: ignore[index]


def test_equal_means_of_one_type() -> None:
    mixed: list[object] = [
        1,
        True,
        "1",
        Decimal("1.0"),
        None,
        [1],
        {"a": 1},
        {"a": True},
        [1],
        range(2),
    ]
    kept = [1, True, "1", None, [1], {"a": 1}, {"a": True}, range(2)]
    assert [repr(item) for item in listwise.uniq(mixed)] == [repr(item) for item in kept]


NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(
    -(10**12), 10**12, allow_nan=False, allow_infinity=False, places=4
)


@given(NUMBERS, NUMBERS)
def test_sums_differences_and_products_lose_nothing(
    left: int | Decimal, right: int | Decimal
) -> None:
    a, b = Fraction(left), Fraction(right)
    assert Fraction(numeric.plus(left, right)) == a + b
    assert Fraction(numeric.minus(left, right)) == a - b
    assert Fraction(numeric.times(left, right)) == a * b
    assert Fraction(numeric.at_least(left, right)) == max(a, b)
    assert Fraction(numeric.at_most(left, right)) == min(a, b)
    assert Fraction(numeric.absolute(left)) == abs(a)
    assert numeric.floor(left) == a // 1
    assert numeric.ceil(left) == -(-a // 1)
    assert abs(Fraction(numeric.rounded(left, 2)) - a) <= Fraction(1, 200)
    if right:
        assert Fraction(numeric.modulo(left, right)) == a % b
        quotient = Fraction(numeric.divided_by(left, right))
        if isinstance(left, int) and isinstance(right, int):
            assert quotient == a // b
        else:
            assert abs(quotient * b - a) <= abs(a) / 10**26


@pytest.mark.parametrize(
    ("ours", "same"),
    [
        (textual.capitalize, theirs.capitalize),
        (textual.downcase, theirs.downcase),
        (textual.upcase, theirs.upcase),
        (textual.strip, theirs.strip),
        (textual.lstrip, theirs.lstrip),
        (textual.rstrip, theirs.rstrip),
        (textual.squish, theirs.squish),
        (textual.url_encode, theirs.url_encode),
        (textual.url_decode, theirs.url_decode),
        (textual.base64_encode, theirs.base64_encode),
        (textual.base64_url_safe_encode, theirs.base64_url_safe_encode),
    ],
)
def test_text_filters_agree_with_python_liquid(
    ours: Callable[[str], str], same: Callable[..., str]
) -> None:
    wants_environment = {"environment": _PLAIN} if getattr(same, "with_environment", False) else {}

    @given(st.text())
    def agree(value: str) -> None:
        assert ours(value) == same(value, **wants_environment)

    agree()


class _Plain:
    autoescape = False


_PLAIN = _Plain()


@given(st.text("ab ,", max_size=12), st.text("ab ", max_size=2), st.text("xa", max_size=2))
def test_replacing_and_splitting_agree_with_python_liquid(value: str, part: str, by: str) -> None:
    assert textual.replace(value, part, by) == theirs.replace(value, part, by)
    assert textual.replace_first(value, part, by) == theirs.replace_first(value, part, by)
    assert textual.remove(value, part) == theirs.remove(value, part)
    assert textual.remove_first(value, part) == theirs.remove_first(value, part)
    assert textual.append(value, part) == theirs.append(value, part)
    assert textual.prepend(value, part) == theirs.prepend(value, part)
    if value:
        assert textual.split(value, part) == theirs.split(value, part)


def test_unfit_values_are_refused_by_type() -> None:
    with pytest.raises(Unfit):
        textual.upcase({"a": 1})


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_takes_as_many_arguments_as_its_function(name: str) -> None:
    rule = FILTERS[name]
    places = [
        parameter
        for parameter in signature(rule.apply).parameters.values()
        if parameter.kind is not Parameter.KEYWORD_ONLY
    ][1 + rule.scene :]
    needed = [parameter for parameter in places if parameter.default is Parameter.empty]
    assert (rule.least, rule.most) == (len(needed), len(places))


@pytest.mark.parametrize("listed", [[{"a": False}], [{"a": None}], [{}]])
def test_a_property_that_is_not_there_or_false_is_not_found(listed: list[Json]) -> None:
    names: dict[str, Json] = {"list": [*listed, {"a": True, "b": 1}]}
    assert text_of("{{ list | where: 'a' | map: 'b' | join }}", names) == "1"
    assert text_of("{{ list | reject: 'a' | size }}", names) == "1"
    assert text_of("{{ list | find_index: 'a' }}", names) == "1"


def test_every_filter_of_a_list_refuses_one_that_is_too_long() -> None:
    names: dict[str, Json] = {"many": [1] * (LIST_ITEMS + 1), "most": [1] * LIST_ITEMS}
    calls = ["sum", "join: ''", "first", "last", "reverse", "sort", "uniq", "compact", "map: 'a'"]
    for call in calls:
        reason = f"limit of lists: over {LIST_ITEMS} items"
        assert reason_of(f"{{{{ many | {call} }}}}", names) == reason, call
    assert text_of("{{ most | sum }}", names) == str(LIST_ITEMS)
