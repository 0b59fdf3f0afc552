"""Forgetting in the table: what is deleted, and what stays so that nothing comes back.

The list of marks is written before anything goes, and whoever looks up the plan hears of it. An
item is replaced by its tombstone in one write, on the condition that it is as it was read.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import batched
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters import keys
from sojourn.adapters.items import place_text
from sojourn.adapters.pages import pages
from sojourn.adapters.translation import condition_failed, translated, translating
from sojourn.core.errors import Unavailable
from sojourn.core.state.customer import AddressStatus
from sojourn.core.values.instants import DAY, SECOND, Instant, format_instant, parse_instant
from sojourn.runtime.customer.forgotten import mark_of_id, packed, packed_back
from sojourn.runtime.customer.mailbox import Mailbox, Place

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

SECRET_BYTES = 32
LEAST_DAYS = 36
"""Point-in-time recovery can bring back a customer of 35 days ago."""

_BATCH = 25
"""Items that DynamoDB deletes in one call."""

_ROUNDS = 5


class DynamoDbTombstones:
    """The port Tombstones on the table."""

    def __init__(self, client: "DynamoDBClient", table: str, kept_days: int) -> None:
        """Use a table; marks of ids are kept for that many days, LEAST_DAYS at least."""
        self._client = client
        self._table = table
        self._kept = max(kept_days, LEAST_DAYS) * DAY

    def secret(self) -> bytes:
        """See Tombstones."""
        key = keys.primary_key(keys.FORGOTTEN, keys.KEY)
        made = token_bytes(SECRET_BYTES)
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**key, keys.KEY: {"B": made}},
                ConditionExpression=f"attribute_not_exists({keys.PK})",
            )
        except (ClientError, BotoCoreError) as error:
            if not condition_failed(error):
                raise translated(error, "making the key of marks") from error
        else:
            return made
        with translating("reading the key of marks"):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        found: bytes = answer["Item"][keys.KEY]["B"]
        return found

    def mark_of(self, customer_id: str) -> bytes:
        """What is kept of an id."""
        return mark_of_id(self.secret(), customer_id)

    def note(
        self,
        ids: Collection[bytes],
        addresses: Mapping[bytes, AddressStatus],
        now: Instant,
        *,
        person: bytes,
    ) -> None:
        """See Tombstones. The count of changes comes last: who sees it finds the marks."""
        day, until = self._day(now)
        for digit, some in _by_digit(ids).items():
            people = [person] if person in some else []
            self._add(f"{keys.IDS}{day}#{digit}", some, people, until)
        for digit, entries in _by_digit([packed(*item) for item in addresses.items()]).items():
            self._add(f"{keys.ADDRESSES}{digit}", entries, [], None)
        self._count()

    def noted_at(self, id_: bytes) -> Instant | None:
        """See Tombstones."""
        days = [item[keys.SK]["S"].split("#")[1] for item in self._holding(id_)]
        return None if not days else parse_instant(f"{max(days)}T00:00:00Z")

    def lift(self, id_: bytes, now: Instant) -> None:
        """See Tombstones."""
        day, until = self._day(now)
        for digit, some in _by_digit([packed_back(id_, now)]).items():
            self._add(f"{keys.BACK}{day}#{digit}", some, [], until)
        for item in self._holding(id_):
            with translating("taking a mark off the list"):
                self._client.update_item(
                    TableName=self._table,
                    Key={name: item[name] for name in (keys.PK, keys.SK)},
                    UpdateExpression="DELETE #marks :id",
                    ExpressionAttributeNames={"#marks": keys.MARKS},
                    ExpressionAttributeValues={":id": {"BS": [id_]}},
                )
        self._count()

    def _day(self, now: Instant) -> tuple[str, int]:
        """Under which day an id's mark is kept, and up to when, in seconds."""
        return format_instant(now)[:10], (now + self._kept + DAY) // SECOND

    def mark(self, box: Mailbox, places: Collection[Place], now: Instant, into: str | None) -> bool:
        """See Tombstones."""
        names, values = {}, {}
        conditions = []
        read = {
            keys.REVISION: _number(box.revision) if box.revision else None,
            keys.ARRIVALS: _number(box.arrivals) if box.arrivals else None,
            keys.JOINED_INTO: {"S": box.joined_into} if box.joined_into is not None else None,
        }
        for index, (name, value) in enumerate(read.items()):
            names[f"#{index}"] = name
            if value is None:
                conditions.append(f"attribute_not_exists(#{index})")
            else:
                conditions.append(f"#{index} = :{index}")
                values[f":{index}"] = value
        names["#places"] = keys.PLACES  # word that was left meanwhile would go with the item
        if box.places:
            conditions.append("size(#places) = :places")
            values[":places"] = _number(len(box.places))
        else:
            conditions.append("attribute_not_exists(#places)")
        item: dict[str, Any] = {
            **keys.customer_key(box.customer_id),
            keys.REVISION: _number(box.revision + 1),
            keys.FORGOTTEN_AT: _number(now),
        }
        if places:
            item[keys.PLACES] = {"SS": sorted(map(place_text, places))}
        if into is not None:
            item[keys.JOINED_INTO] = {"S": into}
        return self._done(
            "forgetting a customer",
            self._client.put_item,
            Item=item,
            ConditionExpression=" AND ".join(conditions),
            ExpressionAttributeNames=names,
            **({"ExpressionAttributeValues": values} if values else {}),
        )

    def sweep(self, customer_id: str) -> None:
        """See Tombstones."""
        found = pages(
            self._client.query,
            "reading a forgotten customer's history",
            TableName=self._table,
            KeyConditionExpression=f"{keys.PK} = :pk AND {keys.SK} > :item",
            ExpressionAttributeValues={
                ":pk": {"S": keys.customer_pk(customer_id)},
                ":item": {"S": keys.ITEM},
            },
            ProjectionExpression=f"{keys.PK}, {keys.SK}",
            ConsistentRead=True,
        )
        for page in found:
            for some in batched(page["Items"], _BATCH, strict=False):
                self._delete(some)

    def remove(self, customer_id: str) -> None:
        """See Tombstones."""
        self._done(
            "deleting a tombstone",
            self._client.delete_item,
            Key=keys.customer_key(customer_id),
            ConditionExpression=f"attribute_exists({keys.FORGOTTEN_AT})",
        )

    def release(self, place: Place, ids: Collection[str]) -> None:
        """See Tombstones."""
        match place:
            case ("identity", kind, value):
                self._release_identity(
                    keys.primary_key(keys.identity_pk(kind, value), keys.HOLDER), ids
                )
            case ("number", number):
                self._release_number(keys.primary_key(keys.NUMBER + number, keys.CUSTOMERS), ids)
            case _:
                pass  # an id of hers: swept and removed

    def _release_identity(self, key: dict[str, Any], ids: Collection[str]) -> None:
        with translating("asking who holds an identity"):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        holder = answer.get("Item", {}).get(keys.CLAIMED_BY)
        if holder is not None and holder["S"] in ids:
            self._done(
                "releasing an identity",
                self._client.delete_item,
                Key=key,
                ConditionExpression=f"{keys.CLAIMED_BY} = :holder",
                ExpressionAttributeValues={":holder": holder},
            )

    def _release_number(self, key: dict[str, Any], ids: Collection[str]) -> None:
        """Whoever else was written to there stays."""
        self._done(
            "releasing a telephone number",
            self._client.update_item,
            Key=key,
            UpdateExpression=f"DELETE {keys.CUSTOMERS} :ids",
            ConditionExpression=f"attribute_exists({keys.PK})",
            ExpressionAttributeValues={":ids": {"SS": sorted(ids)}},
        )
        self._done(
            "releasing a telephone number",
            self._client.delete_item,
            Key=key,
            ConditionExpression=f"attribute_not_exists({keys.CUSTOMERS})",
        )

    def _done(self, doing: str, call: Any, **request: Any) -> bool:  # noqa: ANN401 - a call of botocore
        """Write on a condition; whether it held."""
        try:
            call(TableName=self._table, **request)
        except (ClientError, BotoCoreError) as error:
            if condition_failed(error):
                return False
            raise translated(error, doing) from error
        return True

    def _delete(self, items: Sequence[Any]) -> None:
        """Delete items by their keys; what was not taken is tried again."""
        wanted: dict[str, Any] = {
            self._table: [{"DeleteRequest": {"Key": dict(item)}} for item in items]
        }
        for _ in range(_ROUNDS):
            with translating("deleting a forgotten customer's history"):
                wanted = self._client.batch_write_item(RequestItems=wanted).get(
                    "UnprocessedItems", {}
                )
            if not wanted:
                return
        raise Unavailable("the table did not take all deletions of a forgotten customer's history")

    def _add(
        self, sort_key: str, marks: Sequence[bytes], people: Sequence[bytes], until: int | None
    ) -> None:
        values: dict[str, Any] = {":marks": {"BS": marks}}
        names = {"#marks": keys.MARKS}
        update = "ADD #marks :marks"
        if people:
            names["#people"], values[":people"] = keys.PEOPLE, {"BS": people}
            update += ", #people :people"
        if until is not None:
            names["#expires"], values[":expires"] = keys.EXPIRES_AT, _number(until)
            update += " SET #expires = :expires"
        with translating("adding to the list of who was forgotten"):
            self._client.update_item(
                TableName=self._table,
                Key=keys.primary_key(keys.FORGOTTEN, sort_key),
                UpdateExpression=update,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )

    def _count(self) -> None:
        """Let every function hear, when it looks up the plan, that the list has changed."""
        with translating("telling that somebody was forgotten"):
            self._client.update_item(
                TableName=self._table,
                Key=keys.primary_key(keys.PLAN, keys.LIVE),
                UpdateExpression="ADD #count :one",
                ExpressionAttributeNames={"#count": keys.FORGETTINGS},
                ExpressionAttributeValues={":one": _number(1)},
            )

    def _holding(self, id_: bytes) -> list[Any]:
        """The items of the list that hold a mark."""
        found = pages(
            self._client.query,
            "reading who was forgotten",
            TableName=self._table,
            KeyConditionExpression=f"{keys.PK} = :pk AND begins_with({keys.SK}, :ids)",
            FilterExpression="contains(#marks, :id)",
            ProjectionExpression=f"{keys.PK}, {keys.SK}",
            ExpressionAttributeNames={"#marks": keys.MARKS},
            ExpressionAttributeValues={
                ":pk": {"S": keys.FORGOTTEN},
                ":ids": {"S": keys.IDS},
                ":id": {"B": id_},
            },
            ConsistentRead=True,
        )
        return [item for page in found for item in page["Items"]]


def _by_digit(marks: Collection[bytes]) -> dict[str, list[bytes]]:
    """Marks by the first hexadecimal digit of each."""
    found: dict[str, list[bytes]] = {}
    for mark in sorted(marks):
        found.setdefault(mark[:1].hex()[0], []).append(mark)
    return found


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
