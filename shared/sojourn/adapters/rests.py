"""Rests: small items beside the customer's, in shards of their own of the timer index."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters import keys
from sojourn.adapters.translation import code_of, translated, translating
from sojourn.core.values.instants import SECOND, Instant

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


def note(client: "DynamoDBClient", table: str, customer_id: str, revision: int) -> None:
    """Note that a customer rests under a revision of the plan."""
    shard = keys.rest_shard(keys.shard_of(customer_id))
    item = {
        **_key(customer_id),
        keys.TIMER_SHARD: {"S": shard},
        keys.TIMER_AT: {"N": str(revision)},
    }
    with translating(f"noting that customer {customer_id} rests"):
        client.put_item(TableName=table, Item=item)


def end(
    client: "DynamoDBClient", table: str, customer_id: str, revision: int, now: Instant
) -> None:
    """Take a rest out of the index, unless it was noted anew meanwhile; time takes the item.

    As of now: an item that has been over for more than five years DynamoDB keeps for ever.
    """
    try:
        client.update_item(
            TableName=table,
            Key=_key(customer_id),
            UpdateExpression=f"SET {keys.EXPIRES_AT} = :now"
            f" REMOVE {keys.TIMER_SHARD}, {keys.TIMER_AT}",
            ConditionExpression=f"{keys.TIMER_AT} = :revision",
            ExpressionAttributeValues={
                ":now": {"N": str(now // SECOND)},
                ":revision": {"N": str(revision)},
            },
        )
    except (ClientError, BotoCoreError) as error:
        if not isinstance(error, ClientError) or code_of(error) != "ConditionalCheckFailed":
            raise translated(error, f"ending the rest of customer {customer_id}") from error


def in_index(  # noqa: PLR0913 - where to ask, and for what
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
                    ":until": {"N": str(until)},
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


def _key(customer_id: str) -> dict[str, Any]:
    return {keys.PK: {"S": keys.customer_pk(customer_id)}, keys.SK: {"S": keys.REST}}
