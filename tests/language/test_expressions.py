"""Expressions: JMESPath, with exact numbers and a bound on what it may do."""

import json
from decimal import Decimal

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import Json, loads_object
from sojourn.language.expressions import EXPRESSION_CHARS, REASON_CHARS, Expression

ENTRY = loads_object("""{
    "detail": {
        "total": 59.90, "count": 3, "paid": "12.50", "whole": "12", "word": "abc", "none": null,
        "yes": true, "huge": "1e999999999", "nan": "NaN", "sum": 0.1,
        "vast": 1e999999999, "long": -1.2345678901234567890123456789012345,
        "lines": [{"sku": "boot", "price": 19.90}, {"sku": "sock", "price": 5}]
    }
}""")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("detail.total", Decimal("59.90")),
        ("detail.nothing", None),
        ("detail.lines[].sku", ["boot", "sock"]),
        ("detail.lines[?price > `10`].sku | [0]", "boot"),
        ("sum(detail.lines[].price)", Decimal("24.90")),
        ("avg(detail.lines[].price)", Decimal("12.45")),
        ("avg(detail.lines[?price > `99`].price)", None),
        ("max(detail.lines[].price)", Decimal("19.90")),
        ("max_by(detail.lines, &price).sku", "boot"),
        ("sort_by(detail.lines, &price)[0].sku", "sock"),
        ("ceil(detail.total)", 60),
        ("floor(detail.total)", 59),
        ("ceil(detail.count)", 3),
        ("abs(detail.long)", Decimal("1.2345678901234567890123456789012345")),
        ("abs(`-2`)", 2),
        ("abs(detail.vast)", Decimal("1e999999999")),
        ("sum([detail.long, `1`])", Decimal("-0.2345678901234567890123456789012345")),
        ("sum(`[]`)", 0),
        ("to_number(detail.paid)", Decimal("12.50")),
        ("to_number(detail.whole)", 12),
        ("to_number(detail.word)", None),
        ("to_number(detail.huge)", Decimal("1e999999999")),
        ("to_number(detail.nan)", None),
        ("to_number(detail.total)", Decimal("59.90")),
        ("to_number(detail.yes)", None),
        ("to_number(detail.lines)", None),
        ("to_string(detail.total)", "59.90"),
        ("to_string(detail.word)", "abc"),
        ("to_string(detail.lines[1])", '{"sku":"sock","price":5}'),
        ("type(detail.total)", "number"),
        ("type(detail.count)", "number"),
        ("type(detail.word)", "string"),
        ("type(detail.lines)", "array"),
        ("type(detail)", "object"),
        ("type(detail.yes)", "boolean"),
        ("type(detail.none)", "null"),
        ("detail.sum == `0.1`", True),
        ('`[0.1, {"a": 0.2}, true]`', [Decimal("0.1"), {"a": Decimal("0.2")}, True]),
        ("detail.lines[0:1].sku", ["boot"]),
        ("join('-', detail.lines[].sku)", "boot-sock"),
        ("not_null(detail.none, detail.count)", 3),
        ("detail.{n: count, t: total}", {"n": 3, "t": Decimal("59.90")}),
    ],
)  # fmt: skip
def test_numbers_stay_as_they_are_written(text: str, expected: Json) -> None:
    found = Expression(text).of(ENTRY)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text", ["a.[", "", "lower(a)", "a | lower(b)", "a" * (EXPRESSION_CHARS + 1), "(" * 900]
)
def test_what_is_no_jmespath_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(InvalidInput):
        Expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "sum(detail.word)",
        "sum(detail.lines[].sku)",
        "sort(detail.lines)",
        "sort_by(detail.lines, &nothing)",
        "join('', detail.lines[].price)",
        "length(detail.count)",
        "ceil(detail.vast)",
        "floor(to_number(detail.huge))",
        "avg([detail.vast])",
    ],
)
def test_what_an_entry_does_not_allow_is_a_reason(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Expression(text).of(ENTRY)
    assert str(refused.value)


def test_a_reason_does_not_quote_a_whole_event() -> None:
    entry = loads_object(json.dumps({"detail": "x" * 60_000}))
    with pytest.raises(InvalidInput) as refused:
        Expression("sum(detail)").of(entry)
    assert len(str(refused.value)) <= REASON_CHARS + len("...")


@pytest.mark.parametrize(
    "text",
    [
        " | ".join(["{a: @, b: @}"] * 60),
        " | ".join(["[@, @][]"] * 100),
        "detail.word | " + " | ".join(["join('', [@, @])"] * 50),
        " | ".join(["{a: @, b: @}"] * 40) + " | to_string(@)",
    ],
)
def test_an_expression_that_doubles_at_every_step_ends_soon(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"too much|longer than"):
        Expression(text).of(ENTRY)
