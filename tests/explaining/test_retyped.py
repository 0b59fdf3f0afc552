"""A value of the wrong type: what would be enough is said as it must be typed, and is enough."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps
from sojourn_cli.explaining.retyped import how_typed, retyped
from tests.explaining.given import only
from tests.explaining.scenes import Scene, change_in, entry, go

NUMBER, BARE, TEXT = ", a number without quotes", ", without quotes", ", a text in quotes"


@pytest.mark.parametrize(
    ("found", "test", "said", "value"),
    [
        ("60", {"gte": 50}, f"60 would be enough{NUMBER}", 60),
        (" 60.50 ", {"gt": 50}, f"60.50 would be enough{NUMBER}", 60.5),
        ("32", {"gte": 50}, f"50 would be enough{NUMBER}", 50),
        ("32", {"gt": 50}, f"more than 50 would be enough{NUMBER}", 51),
        ("R 60", {"gte": 50}, f"50 would be enough{NUMBER}", 50),
        ("4", {"between": [3, 5]}, f"4 would be enough{NUMBER}", 4),
        ("4", [3, 4], f"4 would be enough{NUMBER}", 4),
        ("true", True, f"true would be enough{BARE}", True),
        ("yes", True, f"true would be enough{BARE}", True),
        (8000, "8000", f'"8000" would be enough{TEXT}', "8000"),
        (8000, {"starts_with": "80"}, f'"8000" would be enough{TEXT}', "8000"),
        (8001, "8000", f'"8000" would be enough{TEXT}', "8000"),
        (True, "true", f'"true" would be enough{TEXT}', "true"),
        (True, 1, "1 would be enough", 1),
        (["8000"], "8000", '"8000" would be enough', "8000"),
        ({"a": 1}, "8000", '"8000" would be enough', "8000"),
        (49, {"gte": 50}, "50 would be enough", 50),
        ("tin", "gold", '"gold" would be enough', "gold"),
    ],
)
def test_what_would_be_enough_is_said_in_a_form_that_can_be_typed(
    found: object,
    test: Any,  # noqa: ANN401 - any test of the language
    said: str,
    value: object,
) -> None:
    scene = Scene(entry(where={"event.total": test}), [go(total=found)])
    left = only(scene.told(), "not_entered")
    assert left.explanation.endswith(f"; {said}.")
    assert change_in(left) == {"path": "event.total", "to": value}
    only(scene.changed(change_in(left)).told(), "entered")


scalars = st.one_of(
    st.booleans(), st.integers(-(10**20), 10**20), st.decimals(-(10**9), 10**9, places=4)
)


@given(scalars)
def test_a_number_or_boolean_in_quotes_and_out_of_them_is_the_same(value: bool | Decimal) -> None:  # noqa: FBT001 - a value
    assert retyped(dumps(value)) == value
    assert type(retyped(dumps(value))) is type(value)
    assert retyped(value) == dumps(value)
    assert how_typed(value, dumps(value)).endswith("without quotes")
    assert how_typed(dumps(value), value) == TEXT


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "1e9", "007", "+4", "9" * 22, "null", "[1]", "4,5", "٤"]
)
def test_what_json_does_not_read_so_stays_text(text: str) -> None:
    assert retyped(text) is None
