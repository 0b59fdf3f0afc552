"""The table read for a recording: who was there lately, and everything about one of them.

Two kinds of reading, both in pages: one scan finds the customers, a query each brings their past.
So one customer's history is in memory at a time, and the ids of those found.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sojourn.adapters import keys
from sojourn.adapters.items import Item, event_from_text, lines_of
from sojourn.adapters.pages import pages
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import Instant
from sojourn.runtime.customer.stored import last_instant
from sojourn_cli.recording.pasts import Past, past_of

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


class RecordedTable:
    """A deployed table, read only."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Use a table."""
        self._client = client
        self._table = table

    def customers(
        self, since: Instant, progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[str]:
        """Customers of whom anything was taken in or decided at or after an instant, each once.

        ``progress`` is told how many items of the table were looked at.
        """
        found: set[str] = set()
        seen = 0
        for page in self._pages("scan", {}):
            for item in page:
                seen += 1
                customer = _customer_of(item)
                if customer is not None and customer not in found and _is_lately(item, since):
                    found.add(customer)
                    yield customer
            progress(seen)

    def past(self, customer: str) -> Past:
        """Everything of one customer, as it is now."""
        lines: list[str] = []
        kept: list[Event] = []
        inbox: list[Event] = []
        query = {
            "KeyConditionExpression": f"{keys.PK} = :pk",
            "ExpressionAttributeValues": {":pk": {"S": keys.customer_pk(customer)}},
            "ConsistentRead": True,
        }
        is_user, into = True, None
        for page in self._pages("query", query):
            for item in page:
                if item[keys.SK]["S"] == keys.ITEM:
                    is_user, into = keys.IS_USER in item, item.get(keys.JOINED_INTO)
                lines += lines_of(item)
                if keys.EVENT in item:
                    kept += _events(item)
                else:
                    inbox += _events(item)
        joined_into = None if into is None else into["S"]
        past = past_of(customer, lines, kept, inbox)
        return replace(past, is_user=is_user, joined_into=joined_into)

    def _pages(self, operation: str, request: dict[str, Any]) -> Iterator[list[Item]]:
        call = getattr(self._client, operation)
        doing = f"reading the table {self._table}"
        for page in pages(call, doing, TableName=self._table, **request):
            yield page["Items"]


def _customer_of(item: Item) -> str | None:
    place: str = item[keys.PK]["S"]
    return place.removeprefix(keys.CUSTOMER) if place.startswith(keys.CUSTOMER) else None


def _is_lately(item: Item, since: Instant) -> bool:
    """Whether an item tells that something was taken in or decided at or after an instant."""
    if item[keys.SK]["S"] == keys.ITEM:
        lines = lines_of(item)
        if lines and last_instant(lines[-1]) >= since:
            return True
    return any(event.received_at >= since for event in _events(item))


def _events(item: Item) -> Iterator[Event]:
    """Events that an item holds without a decision: kept by itself, or waiting in the inbox."""
    for name, value in item.items():
        if name == keys.EVENT or name.startswith(keys.SLOT):
            yield event_from_text(value["S"])
