"""Who holds which identity: an item for each, written once by whoever is first."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters import keys
from sojourn.adapters.translation import (
    condition_failed,
    refused_image,
    translated,
    translating,
    writing_unless_refused,
)
from sojourn.core.errors import CorruptState
from sojourn.core.incoming.identity import Standing
from sojourn.core.state.customer import Identity
from sojourn.core.values.instants import SECOND, Instant
from sojourn.runtime.customer.mailbox import MOST_HOPS

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


class DynamoDbDirectory:
    """The port Directory on the table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Use a table."""
        self._client = client
        self._table = table

    def claim(self, identity: Identity, customer: str) -> str:
        """See Directory."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**_key(identity), keys.CLAIMED_BY: {"S": customer}},
                ConditionExpression="attribute_not_exists(#holder)",
                ExpressionAttributeNames={"#holder": keys.CLAIMED_BY},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            image = refused_image(error) if condition_failed(error) else None
            if image is None:
                raise translated(error, f"claiming {identity[0]} {identity[1]}") from error
            holder: str = image[keys.CLAIMED_BY]["S"]
            return holder
        return customer

    def let_go(self, identity: Identity, holder: str, now: Instant) -> None:
        """See Directory. What is left names nobody, and goes by itself: ingest may not delete."""
        with writing_unless_refused(f"letting {identity[0]} {identity[1]} go"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(identity),
                UpdateExpression="SET #expires = :now REMOVE #holder",
                ConditionExpression="#holder = :holder",
                ExpressionAttributeNames={"#expires": keys.EXPIRES_AT, "#holder": keys.CLAIMED_BY},
                ExpressionAttributeValues={
                    ":holder": {"S": holder},
                    ":now": {"N": str(now // SECOND)},
                },
            )

    def holder(self, identity: Identity) -> str | None:
        """Who holds an identity; None when nobody does. One read."""
        with translating(f"asking who holds {identity[0]} {identity[1]}"):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(identity), ConsistentRead=True
            )
        found = answer.get("Item", {}).get(keys.CLAIMED_BY)
        return None if found is None else found["S"]

    def standing(self, customer: str) -> Standing:
        """See Directory."""
        present, into, is_user = customer, *self._asked(customer)
        was_user = is_user
        for _ in range(MOST_HOPS):
            if into is None:
                return Standing(present, is_user, was_user)
            present, (into, is_user) = into, self._asked(into)
        raise CorruptState(f"customer {customer} was joined more than {MOST_HOPS} times over")

    def _asked(self, customer: str) -> tuple[str | None, bool]:
        """Whom she was joined into, and whether she came with a `userId`."""
        with translating(f"asking who customer {customer} is"):
            answer = self._client.get_item(
                TableName=self._table,
                Key=keys.customer_key(customer),
                ConsistentRead=True,
                ProjectionExpression="#into, #user",
                ExpressionAttributeNames={"#into": keys.JOINED_INTO, "#user": keys.IS_USER},
            )
        item = answer.get("Item", {})
        into = item.get(keys.JOINED_INTO)
        return None if into is None else into["S"], keys.IS_USER in item


def _key(identity: Identity) -> dict[str, Any]:
    return keys.primary_key(keys.identity_pk(*identity), keys.HOLDER)
