"""The timer index: when a customer is brought up, and who rests until a pause ends.

An item is in it by two attributes, its shard and its timer. A rest is a small item beside the
customer's, in a shard of its own.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sojourn.adapters import keys
from sojourn.adapters.translation import translating, writing_unless_refused
from sojourn.core.values.instants import SECOND, Instant
from sojourn.runtime.customer.mailbox import Mailbox

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


def moved(box: Mailbox, timer_at: Instant | None) -> dict[str, Any]:
    """What moves a customer's entry, as long as nobody else did."""
    names = {"#rev": keys.REVISION, "#shard": keys.TIMER_SHARD, "#timer": keys.TIMER_AT}
    values: dict[str, Any] = {":rev": _number(box.revision)}
    condition = "#rev = :rev AND attribute_not_exists(#timer)"
    if box.timer_at is not None:
        condition, values[":was"] = "#rev = :rev AND #timer = :was", _number(box.timer_at)
    update = "REMOVE #shard, #timer"
    if timer_at is not None:
        update = "SET #shard = :shard, #timer = :timer"
        values |= {":shard": {"S": str(keys.shard_of(box.customer_id))}}
        values |= {":timer": _number(timer_at)}
    return {
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def put_off(now: Instant, until: Instant) -> dict[str, Any]:
    """What moves an entry that is overdue, whatever else has become of its item."""
    return {
        "UpdateExpression": "SET #timer = :until",
        "ConditionExpression": "#timer <= :now",
        "ExpressionAttributeNames": {"#timer": keys.TIMER_AT},
        "ExpressionAttributeValues": {":now": _number(now), ":until": _number(until)},
    }


def note_rest(client: "DynamoDBClient", table: str, customer_id: str, revision: int) -> None:
    """Note that a customer rests under a revision of the plan."""
    shard = keys.rest_shard(keys.shard_of(customer_id))
    item = {
        **_key(customer_id),
        keys.TIMER_SHARD: {"S": shard},
        keys.TIMER_AT: _number(revision),
    }
    with translating(f"noting that customer {customer_id} rests"):
        client.put_item(TableName=table, Item=item)


def end_rest(
    client: "DynamoDBClient", table: str, customer_id: str, revision: int, now: Instant
) -> None:
    """Take a rest out of the index, unless it was noted anew meanwhile; time takes the item.

    As of now: an item that has been over for more than five years DynamoDB keeps for ever.
    """
    with writing_unless_refused(f"ending the rest of customer {customer_id}"):
        client.update_item(
            TableName=table,
            Key=_key(customer_id),
            UpdateExpression=f"SET {keys.EXPIRES_AT} = :now"
            f" REMOVE {keys.TIMER_SHARD}, {keys.TIMER_AT}",
            ConditionExpression=f"{keys.TIMER_AT} = :revision",
            ExpressionAttributeValues={
                ":now": _number(now // SECOND),
                ":revision": _number(revision),
            },
        )


def due(  # noqa: PLR0913 - where to ask, and for what
    client: "DynamoDBClient", table: str, index: str, shard: str, until: Instant, limit: int
) -> Sequence[tuple[str, int]]:
    """Whom a shard of the timer index has up to a number, the smallest first."""
    found: list[tuple[str, int]] = []
    more: dict[str, Any] = {}
    while len(found) < limit:
        with translating(f"asking shard {shard} of the index"):
            page = client.query(
                TableName=table,
                IndexName=index,
                KeyConditionExpression=f"{keys.TIMER_SHARD} = :shard AND {keys.TIMER_AT} <= :until",
                ExpressionAttributeValues={
                    ":shard": {"S": shard},
                    ":until": _number(until),
                },
                Limit=limit - len(found),
                **more,
            )
        found += [
            (item[keys.PK]["S"].removeprefix(keys.CUSTOMER), int(item[keys.TIMER_AT]["N"]))
            for item in page["Items"]
        ]
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return found


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _key(customer_id: str) -> dict[str, Any]:
    return keys.primary_key(keys.customer_pk(customer_id), keys.REST)
