"""Telephone numbers in the table: an item each, with whom was written to there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sojourn.adapters import keys
from sojourn.adapters.translation import translating, writing_unless_refused
from sojourn.core.limits import NUMBER_CUSTOMERS
from sojourn.core.values.instants import DAY, SECOND, Instant

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

KEPT_FOR = 400 * DAY
"""How long after the last note an answer still finds its customer."""


class DynamoDbNumbers:
    """The port Numbers on the table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Use a table."""
        self._client = client
        self._table = table

    def remember(self, number: str, customer_id: str, now: Instant) -> None:
        """See Numbers. Beyond the bound nobody is added: so many people share no telephone."""
        expires_at = (now + KEPT_FOR) // SECOND
        with writing_unless_refused("noting a telephone number"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(number),
                UpdateExpression=f"ADD {keys.CUSTOMERS} :her SET {keys.EXPIRES_AT} = :until",
                ConditionExpression=(
                    f"attribute_not_exists({keys.CUSTOMERS}) OR size({keys.CUSTOMERS}) < :most"
                    f" OR contains({keys.CUSTOMERS}, :she)"
                ),
                ExpressionAttributeValues={
                    ":her": {"SS": [customer_id]},
                    ":she": {"S": customer_id},
                    ":until": {"N": str(expires_at)},
                    ":most": {"N": str(NUMBER_CUSTOMERS)},
                },
            )

    def customers_of(self, number: str) -> Sequence[str]:
        """See Numbers."""
        with translating("reading a telephone number"):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(number), ConsistentRead=True
            )
        return sorted(answer.get("Item", {}).get(keys.CUSTOMERS, {}).get("SS", ()))


def _key(number: str) -> dict[str, Any]:
    return keys.primary_key(keys.NUMBER + number, keys.CUSTOMERS)
