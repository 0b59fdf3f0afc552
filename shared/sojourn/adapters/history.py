"""History in the table: events and journal lines beside the customer item, under derived keys.

Writing one twice is harmless. DynamoDB removes them when their time is over.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sojourn.adapters import keys
from sojourn.adapters.items import Item, event_from_text, event_text, lines_of
from sojourn.adapters.pages import pages
from sojourn.adapters.translation import writing_unless_refused
from sojourn.core.state.customer import Event
from sojourn.core.state.history import BEGINNING
from sojourn.core.state.packing import packed
from sojourn.core.values.instants import DAY, SECOND, Duration, Instant
from sojourn.runtime.customer.stored import last_instant

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


_UNLESS_THERE = {"ConditionExpression": f"attribute_not_exists({keys.PK})"}

_AHEAD: Duration = DAY
"""How far an event's own time may be ahead of when it came, and it is still found as the first."""

_FEW = 100
"""Events that are read at once where the first of them are likely to be enough."""


class DynamoDbHistory:
    """The port History on the table."""

    def __init__(self, client: "DynamoDBClient", table: str, retention_days: int) -> None:
        """Keep what comes for that many days."""
        self._client = client
        self._table = table
        self._retention = retention_days * DAY

    def keep(self, customer_id: str, event: Event, *, is_user: bool = False) -> None:
        """See History."""
        sort_key = keys.event_sk(event.at, event.id)
        what: dict[str, Any] = {keys.EVENT: {"S": event_text(event)}}
        if is_user:
            what[keys.IS_USER] = {"BOOL": True}
        # A condition costs nothing; what came first stays, and with it when that was.
        self._put(customer_id, sort_key, what, event.received_at, **_UNLESS_THERE)

    def came_as_user(self, customer_id: str) -> bool:
        """See History. One read for each megabyte of what was kept."""
        found = self._items(
            customer_id,
            keys.EVENTS,
            BEGINNING,
            FilterExpression=f"attribute_exists({keys.IS_USER})",
            ProjectionExpression=keys.PK,
        )
        return next(found, None) is not None

    def first_at(self, customer_id: str) -> Instant | None:
        """See History. One read unless they are many, of which those after the first are not read.

        They come by their own time: a day past when one came in, none came sooner.
        """
        found: Instant | None = None
        for item in self._items(customer_id, keys.EVENTS, BEGINNING, Limit=_FEW):
            event = event_from_text(item[keys.EVENT]["S"])
            if found is not None and event.at > found + _AHEAD:
                break
            found = event.received_at if found is None else min(found, event.received_at)
        return found

    def keep_journal(self, customer_id: str, journal: str, revision: int) -> None:
        """Store journal lines that the item at that revision held. One write, once or often.

        Until the item is written without them they are in both places: each line says its revision.
        """
        at = last_instant(journal)
        lines = {"B": packed(journal)}
        self._put(customer_id, keys.journal_sk(at, revision), {keys.LINES: lines}, at)

    def lines(self, customer_id: str, since: Instant) -> Sequence[str]:
        """See History."""
        found = self._items(customer_id, keys.JOURNALS, since)
        return [line for item in found for line in lines_of(item)]

    def events(self, customer_id: str, since: Instant) -> Sequence[Event]:
        """See History."""
        found = self._items(customer_id, keys.EVENTS, since)
        return [event_from_text(item[keys.EVENT]["S"]) for item in found]

    def _put(
        self,
        customer_id: str,
        sort_key: str,
        what: dict[str, Any],
        at: Instant,
        **condition: str,
    ) -> None:
        item = {
            **keys.primary_key(keys.customer_pk(customer_id), sort_key),
            **what,
            keys.EXPIRES_AT: {"N": str((at + self._retention) // SECOND)},
        }
        with writing_unless_refused(f"adding to the history of customer {customer_id}"):
            self._client.put_item(TableName=self._table, Item=item, **condition)  # type: ignore[arg-type]  # texts

    def _items(
        self, customer_id: str, kind: str, since: Instant, **asked: str | int
    ) -> Iterator[Item]:
        found = pages(
            self._client.query,
            f"reading the history of customer {customer_id}",
            **asked,
            TableName=self._table,
            KeyConditionExpression=f"{keys.PK} = :pk AND {keys.SK} BETWEEN :from AND :to",
            ExpressionAttributeValues={
                ":pk": {"S": keys.customer_pk(customer_id)},
                ":from": {"S": kind + keys.stamp(since)},
                ":to": {"S": keys.after(kind)},
            },
            ConsistentRead=True,
        )
        for page in found:
            yield from page["Items"]
