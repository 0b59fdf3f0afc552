"""JSON in and out without loss, and no text that ends in a traceback."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import Json, add, dumps, loads, loads_object, type_name

numbers = st.one_of(
    st.integers(-(10**38), 10**38),
    st.decimals(allow_nan=False, allow_infinity=False).filter(bool),
    st.decimals(places=2, min_value=0, max_value=10**6),
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=10,
)


def spelled(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A value in which 1, 1.0, 1.00 and true all differ."""
    if isinstance(value, list):
        return [spelled(item) for item in value]
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    return (type(value).__name__, str(value))


def refused(text: str | bytes) -> str:
    with pytest.raises(InvalidInput) as refusal:
        loads(text)
    return str(refusal.value)


@given(json_values)
def test_what_is_written_reads_back_digit_by_digit(value: Json) -> None:
    text = dumps(value)
    assert loads(text) == value
    assert dumps(loads(text)) == text
    assert loads(text.encode("utf-8")) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("0", 0), ("-7", -7), ("1.50", Decimal("1.50")), ("0.10", Decimal("0.10"))),
        *(("1e2", Decimal("1E+2")), ("1E-7", Decimal("1E-7")), ("-0.0", Decimal("-0.0"))),
        *(("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),),
        *(('"\\u00e9\\ud83d\\ude00"', "é😀"), ('"\\\\ud800"', "\\ud800"), ("true", True)),
        *(("null", None), ('{"b":1,"a":[]}', {"b": 1, "a": []})),
    ],
)
def test_json_is_read_as_it_is_written(text: str, value: Json) -> None:
    assert spelled(loads(text)) == spelled(value)


@pytest.mark.parametrize("text", ["1.50", "0.10", "100", "-0.0", "1E+2", '{"a":[1.0,"x",null]}'])
def test_numbers_keep_the_digits_they_were_written_with(text: str) -> None:
    assert dumps(loads(text)) == text


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"a":NaN}'])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert "is not a JSON value" in refused(text)


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{'a':1}", "01", "1 2", '"\t"', "\ufeff1", "tru"]
)
def test_what_is_no_json_is_refused_with_its_place(text: str) -> None:
    assert refused(text).startswith("not JSON: ")


def test_bytes_that_are_no_text_are_refused() -> None:
    assert refused(b'"\xff"') == "not UTF-8 at byte 1"
    assert refused('"ü"'.encode("latin-1")) == "not UTF-8 at byte 1"
    assert refused(b'"\xed\xa0\x80"') == "not UTF-8 at byte 1"


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', '"\\uDFFF"', '{"\\udc00":1}', '["\\ude00\\ud83d"]', '"\ud800"', '"a\udfff"'],
    ids=ascii,
)
def test_half_a_character_is_refused(text: str) -> None:
    assert "lone surrogate" in refused(text)
    if text.isascii():
        assert "lone surrogate" in refused(text.encode())


def test_nesting_beyond_all_bounds_is_refused() -> None:
    assert refused("[" * 200_000) == "nested too deeply"
    assert refused('{"a":' * 200_000) == "nested too deeply"
    deep: Json = 1
    for _ in range(200_000):
        deep = [deep]
    with pytest.raises(InvalidInput, match="nested too deeply"):
        dumps(deep)
    ring: list[Any] = [Decimal(1)]
    ring.append(ring)
    with pytest.raises(InvalidInput, match="nested too deeply"):
        dumps(ring)


@pytest.mark.parametrize("text", ["1" * 5000, "-" + "9" * 5000, "[" + "1" * 4301 + "]"], ids=len)
def test_a_number_of_thousands_of_digits_is_refused(text: str) -> None:
    assert "4300 digits" in refused(text)


@pytest.mark.parametrize("text", ["1e1000000000000000000", "-1e-10000000000000000000000"])
def test_an_exponent_beyond_all_bounds_is_refused(text: str) -> None:
    assert refused(text) == "a number with an exponent beyond all bounds"


@pytest.mark.parametrize("text", ["[]", "1", '"a"', "null", "true"])
def test_an_object_is_wanted_where_one_is(text: str) -> None:
    with pytest.raises(InvalidInput, match="a JSON object is wanted, not "):
        loads_object(text)
    assert loads_object('{"a":1}') == {"a": 1}


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")]
)
def test_what_is_no_number_is_not_written(number: object) -> None:
    with pytest.raises(InvalidInput, match="not a JSON value"):
        dumps({"a": [number]})


def test_what_json_has_no_form_for_is_our_own_mistake() -> None:
    for value in ({1}, b"a", object(), {"a": {1}, "b": Decimal(1)}):
        with pytest.raises(TypeError, match="is not a JSON value"):
            dumps(value)


def test_tables_that_cannot_change_are_written_as_objects() -> None:
    table: Mapping[str, Any] = MappingProxyType(
        {"b": Decimal("1.0"), "a": (1, MappingProxyType({}))}
    )
    assert dumps(table) == '{"b":1.0,"a":[1,{}]}'


@given(st.text(st.characters(), max_size=8))
def test_what_is_written_can_be_encoded(text: str) -> None:
    # st.characters() makes lone surrogates too.
    for value in (text, {text: text}, [text, Decimal("1.5")]):
        dumps(value).encode("utf-8")


def test_half_a_character_of_our_own_is_escaped() -> None:
    assert dumps("é\ud800") == '"é\\ud800"'
    assert dumps({"\udfff": Decimal("1.5")}) == '{"\\udfff":1.5}'


@given(st.lists(st.text('\udfff"\\1.5', max_size=4) | st.just(Decimal("1.5"))))
def test_no_text_is_taken_for_a_number(values: list[str | Decimal]) -> None:
    parts = (dumps(value) for value in values)
    assert dumps(values) == "[" + ",".join(parts) + "]"


@given(st.lists(numbers))
def test_a_sum_is_exact_in_any_order(amounts: list[int | Decimal]) -> None:
    small = [amount for amount in amounts if -130 <= Decimal(amount).adjusted() <= 125]
    small = [amount for amount in small if len(Decimal(amount).as_tuple().digits) <= 38]
    forth: int | Decimal = 0
    for amount in small:
        forth = add(forth, amount)
    back: int | Decimal = 0
    for amount in reversed(small):
        back = add(back, amount)
    assert Fraction(forth) == Fraction(back) == sum(map(Fraction, small))


def test_a_sum_of_whole_numbers_is_whole_and_none_is_rounded() -> None:
    assert spelled(add(1, 2)) == ("int", "3")
    assert spelled(add(Decimal("0.1"), Decimal("0.2"))) == ("Decimal", "0.3")
    assert add(10**37, Decimal("0.01")) == Decimal(f"{10**37}.01")
    assert add(Decimal("1E+125"), Decimal("1E-130")) > Decimal("1E+125")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        *((None, "null"), (True, "a boolean"), (1, "a number"), (Decimal(1), "a number")),
        *(("a", "text"), ([], "a list"), ((), "a list"), ({}, "an object"), (b"", "bytes")),
    ],
)
def test_types_have_the_names_people_know(value: object, name: str) -> None:
    assert type_name(value) == name
