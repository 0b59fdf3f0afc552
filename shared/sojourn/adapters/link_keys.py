"""The keys of links in the table: one item, renewed on the condition that nobody else did."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters import keys
from sojourn.adapters.translation import condition_failed, translated, translating
from sojourn.core.errors import CorruptState
from sojourn.core.values.instants import Instant
from sojourn.runtime.ports import LinkKey

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

KEY_BYTES = 32
ACCEPTED = 2
"""Keys that are kept: the newest, and the one that signed links which have not expired yet."""


class DynamoDbLinkKeys:
    """The port LinkKeys on the table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Use a table."""
        self._client = client
        self._table = table

    def keys(self) -> Sequence[LinkKey]:
        """See LinkKeys."""
        with translating("reading the keys of links"):
            answer = self._client.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True)
        item = answer.get("Item")
        return () if item is None else _read(item[keys.KEYS]["S"])

    def renew(self, known: Sequence[LinkKey], now: Instant) -> Sequence[LinkKey]:
        """See LinkKeys."""
        made = (LinkKey(now, token_bytes(KEY_BYTES)), *known)[:ACCEPTED]
        condition: dict[str, Any] = {"ConditionExpression": f"attribute_not_exists({keys.PK})"}
        if known:
            condition = {
                "ConditionExpression": "#keys = :known",
                "ExpressionAttributeNames": {"#keys": keys.KEYS},
                "ExpressionAttributeValues": {":known": {"S": _written(known)}},
            }
        item = {**_KEY, keys.KEYS: {"S": _written(made)}}
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except (ClientError, BotoCoreError) as error:
            if not condition_failed(error):
                raise translated(error, "renewing the keys of links") from error
            return self.keys()  # somebody else's, or our own, of which only the answer was lost
        return made


_KEY = keys.primary_key(keys.LINKS, keys.LIVE)


def _written(known: Sequence[LinkKey]) -> str:
    return json.dumps([[key.made_at, b64encode(key.secret).decode("ascii")] for key in known])


def _read(text: str) -> Sequence[LinkKey]:
    try:
        return tuple(
            LinkKey(int(made_at), b64decode(secret)) for made_at, secret in json.loads(text)
        )
    except (ValueError, TypeError) as error:
        raise CorruptState("the keys of links cannot be read") from error
