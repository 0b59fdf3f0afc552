"""Every contract runs on the fake and on the adapter, the latter over moto."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from sojourn.adapters import clients, keys

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_dynamodb.client import DynamoDBClient

BOTH = pytest.mark.parametrize("kind", ["fake", "moto"])


@pytest.fixture
def session() -> "Iterator[Session]":
    """A session whose AWS is in this process."""
    with mock_aws():
        yield clients.aws()


@dataclass(frozen=True, slots=True)
class Table:
    client: "DynamoDBClient"
    name: str

    def items(self) -> list[dict[str, Any]]:
        return list(self.client.scan(TableName=self.name)["Items"])


@pytest.fixture
def table(session: "Session") -> Table:
    """The table as template.yaml has it."""
    client = clients.dynamodb(session)
    client.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": keys.PK, "AttributeType": "S"},
            {"AttributeName": keys.SK, "AttributeType": "S"},
            {"AttributeName": keys.TIMER_SHARD, "AttributeType": "S"},
            {"AttributeName": keys.TIMER_AT, "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": keys.PK, "KeyType": "HASH"},
            {"AttributeName": keys.SK, "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": keys.DUE_INDEX,
                "KeySchema": [
                    {"AttributeName": keys.TIMER_SHARD, "KeyType": "HASH"},
                    {"AttributeName": keys.TIMER_AT, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return Table(client, "table")
