"""The survey: every customer item of the table, page by page, for `sojourn audit`. Read-only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sojourn.adapters import keys
from sojourn.adapters.items import mailbox_from_item
from sojourn.adapters.translation import translating
from sojourn.core.errors import CorruptState, NewerForm
from sojourn.runtime.audit import Kept, Unreadable

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


class DynamoDbSurvey:
    """Walks the table; each page is one megabyte of it, of which the customer items are kept."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Read a table."""
        self._client = client
        self._table = table

    def pages(self) -> Iterator[Sequence[Kept | Unreadable]]:
        """Every customer item once, as it was when its page was read."""
        more: dict[str, Any] = {}
        while True:
            with translating("reading a page of the table"):
                page = self._client.scan(
                    TableName=self._table,
                    FilterExpression=f"{keys.SK} = :item",
                    ExpressionAttributeValues={":item": {"S": keys.ITEM}},
                    **more,
                )
            yield [_kept(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _kept(item: Mapping[str, Any]) -> Kept | Unreadable:
    customer_id = item[keys.PK]["S"].removeprefix(keys.CUSTOMER)
    try:
        box = mailbox_from_item(item)
        return Kept(
            box,
            _number(item, keys.TIMER_AT),
            None if keys.TIMER_SHARD not in item else int(item[keys.TIMER_SHARD]["S"]),
            _number(item, keys.INBOX_COUNT) or 0,
        )
    except (CorruptState, NewerForm, KeyError, ValueError, TypeError) as error:
        return Unreadable(customer_id, str(error))


def _number(item: Mapping[str, Any], name: str) -> int | None:
    return None if name not in item else int(item[name]["N"])
