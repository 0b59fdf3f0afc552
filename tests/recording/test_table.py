"""The table is read in pages: who was there lately, and everything about one of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from sojourn.adapters import clients, keys
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.state.customer import Customer, Event
from sojourn.core.values.instants import DAY
from sojourn.runtime.customer.mailbox import Save
from sojourn_cli.recording.table import RecordedTable
from tests.adapters.conftest import make_table
from tests.runtime.given import NOON

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

TABLE = "table"


@pytest.fixture
def client() -> "Iterator[DynamoDBClient]":
    """DynamoDB in this process, with a table."""
    with mock_aws():
        yield make_table(clients.aws()).client


def event(id_: str, at: int) -> Event:
    return Event(id_, "order.placed", at, at, {"note": "x" * 20_000})


def save(mailboxes: DynamoDbMailboxes, customer: str, at: int, journal: str) -> None:
    found = Customer(customer, at, decided_at=at)
    mailboxes.save(mailboxes.read(customer), Save(found, (), journal, None, None))


def test_who_was_there_lately_is_found_once_over_many_pages(client: "DynamoDBClient") -> None:
    history = DynamoDbHistory(client, TABLE, 400)
    mailboxes = DynamoDbMailboxes(client, TABLE, history)
    for number in range(60):
        history.keep("early", event(f"early-{number}", NOON - DAY))
        history.keep("kept", event(f"kept-{number}", NOON + number))
    mailboxes.append("waits", event("waits", NOON))
    save(mailboxes, "was", NOON - 1, f'{{"r":1,"at":{NOON - 1},"by":"evaluate","p":0}}')
    save(mailboxes, "is", NOON, f'{{"r":1,"at":{NOON},"by":"evaluate","p":0}}')
    client.put_item(TableName=TABLE, Item={keys.PK: {"S": keys.PLAN}, keys.SK: {"S": keys.LIVE}})

    seen: list[int] = []
    found = list(RecordedTable(client, TABLE).customers(NOON, seen.append))

    assert sorted(found) == ["is", "kept", "waits"]
    assert seen[-1] == 124
    assert len(seen) > 1, "in pages"


def test_a_past_is_read_from_every_place_it_is_in(client: "DynamoDBClient") -> None:
    history = DynamoDbHistory(client, TABLE, 400)
    mailboxes = DynamoDbMailboxes(client, TABLE, history)
    for number in range(1, 4):
        line = f'{{"r":{number},"at":{NOON + number},"by":"evaluate","p":1,"x":"{"x" * 2_100}"}}'
        save(mailboxes, "ana", NOON + number, line)
    for number in range(60):
        history.keep("ana", event(f"kept-{number}", NOON - number))
    mailboxes.append("ana", event("waits", NOON + 9))
    past = RecordedTable(client, TABLE).past("ana")
    assert [turn.revision for turn in past.turns] == [1, 2, 3]
    assert past.is_whole
    assert len(past.events) == 61
    assert past.events[-1].id == "waits"
    assert past.waiting == {"waits"}
