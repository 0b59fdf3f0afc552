"""The survey: every customer item and identity, page by page, for `sojourn audit`. Read-only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from sojourn.adapters import keys
from sojourn.adapters.items import Item, mailbox_from_item
from sojourn.adapters.pages import pages
from sojourn.adapters.translation import translating
from sojourn.core.errors import CorruptState, NewerForm
from sojourn.runtime.audit import Held, Kept, Unreadable

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

_BATCH = 100
"""Items that DynamoDB reads in one call."""


class DynamoDbSurvey:
    """Walks the table; each page is one megabyte of it, of which those items are kept."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Read a table."""
        self._client = client
        self._table = table

    def pages(self) -> Iterator[Sequence[Kept | Unreadable | Held]]:
        """Every customer item and every identity once, as it was when its page was read.

        An identity is claimed just before its holder is made: those whose holder was not there are
        looked at once more, in a last page.
        """
        absent: list[Item] = []
        found = pages(
            self._client.scan,
            "reading a page of the table",
            TableName=self._table,
            FilterExpression=f"{keys.SK} IN (:item, :holder)",
            ExpressionAttributeValues={":item": {"S": keys.ITEM}, ":holder": {"S": keys.HOLDER}},
        )
        for page in found:
            claims = [item for item in page["Items"] if keys.CLAIMED_BY in item]
            held = self._held(claims)
            absent += [item for item, one in zip(claims, held, strict=True) if not one.is_there]
            yield [
                *(_kept(item) for item in page["Items"] if item[keys.SK]["S"] == keys.ITEM),
                *(one for one in held if one.is_there),
            ]
        if absent:
            again = self._read([{key: item[key] for key in _KEY} for item in absent])
            yield self._held([item for item in again if keys.CLAIMED_BY in item])

    def _held(self, claims: Sequence[Item]) -> list[Held]:
        """Identities as they are held, in the same order."""
        holders = {item[keys.CLAIMED_BY]["S"] for item in claims}
        asked = [keys.customer_key(holder) for holder in sorted(holders)]
        found = {item[keys.PK]["S"]: item for item in self._read(asked)}
        return [_held(item, found) for item in claims]

    def _read(self, asked: Sequence[Mapping[str, Any]]) -> Iterable[Item]:
        """The items that there are under some keys, consistent, in any order."""
        for some in batched(asked, _BATCH, strict=False):
            left: Any = {self._table: {"Keys": list(some), "ConsistentRead": True}}
            while left:
                with translating("reading who holds identities"):
                    answer = self._client.batch_get_item(RequestItems=left)
                yield from answer["Responses"].get(self._table, ())
                left = answer.get("UnprocessedKeys")


_KEY = (keys.PK, keys.SK)


def _held(claim: Item, holders: Mapping[str, Item]) -> Held:
    holder = claim[keys.CLAIMED_BY]["S"]
    item = holders.get(keys.customer_pk(holder))
    is_buried = item is not None and keys.FORGOTTEN_AT in item
    return Held(keys.identity_of(claim[keys.PK]["S"]), holder, item is not None, is_buried)


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
