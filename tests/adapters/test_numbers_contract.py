"""Telephone numbers: what holds for them, on the fake and on the table."""

from typing import TYPE_CHECKING

import pytest

from sojourn.adapters.numbers import KEPT_FOR, DynamoDbNumbers
from sojourn.core.errors import Unavailable
from sojourn.core.limits import NUMBER_CUSTOMERS
from sojourn.core.values.instants import DAY, SECOND
from sojourn.fakes.numbers import FakeNumbers
from sojourn.runtime.ports import Numbers
from tests.adapters.answers import answering, refused
from tests.adapters.examples import NOON

if TYPE_CHECKING:
    from tests.adapters.conftest import Table

NUMBER = "+27820000001"


@pytest.fixture(params=["fake", "moto"])
def numbers(request: pytest.FixtureRequest) -> Numbers:
    if request.param == "fake":
        return FakeNumbers()
    table: Table = request.getfixturevalue("table")
    return DynamoDbNumbers(table.client, table.name)


def test_nobody_was_written_to_at_a_number_that_is_new(numbers: Numbers) -> None:
    assert list(numbers.customers_of(NUMBER)) == []


def test_everybody_who_was_written_to_is_known_once(numbers: Numbers) -> None:
    for customer in ("ana", "bo", "ana", "zoë"):
        numbers.remember(NUMBER, customer, NOON)
    assert list(numbers.customers_of(NUMBER)) == ["ana", "bo", "zoë"]
    assert list(numbers.customers_of("+27820000002")) == []


def test_so_many_and_no_more(numbers: Numbers) -> None:
    for count in range(NUMBER_CUSTOMERS + 3):
        numbers.remember(NUMBER, f"c{count}", NOON)
    assert len(numbers.customers_of(NUMBER)) == NUMBER_CUSTOMERS


def test_a_note_ends_in_time(table: "Table") -> None:
    DynamoDbNumbers(table.client, table.name).remember(NUMBER, "ana", NOON)
    (item,) = table.items()
    assert int(item["expires_at"]["N"]) == (NOON + KEPT_FOR) // SECOND
    assert item["sk"]["S"] != "@"  # else the stream would take it for a customer


def test_who_is_known_at_a_full_number_is_noted_anew(table: "Table") -> None:
    numbers = DynamoDbNumbers(table.client, table.name)
    for count in range(NUMBER_CUSTOMERS):
        numbers.remember(NUMBER, f"c{count}", NOON)
    numbers.remember(NUMBER, "c0", NOON + DAY)
    numbers.remember(NUMBER, "one-too-many", NOON + 2 * DAY)
    (item,) = table.items()
    assert int(item["expires_at"]["N"]) == (NOON + DAY + KEPT_FOR) // SECOND
    assert len(numbers.customers_of(NUMBER)) == NUMBER_CUSTOMERS


def test_a_table_that_is_away_is_tried_again(plain_table: "Table") -> None:
    numbers = DynamoDbNumbers(plain_table.client, plain_table.name)
    away = answering(plain_table.client, refused(500, "InternalServerError", "away"))
    with away, pytest.raises(Unavailable):
        numbers.remember(NUMBER, "ana", NOON)
