"""Every contract runs on the fake and on the adapter, the latter over moto."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.config import Config
from moto import mock_aws

from sojourn.adapters import clients, keys
from tests.adapters.aws_rules import check_call, check_expiry
from tests.adapters.examples import NOON

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from botocore.session import Session
    from types_boto3_dynamodb.client import DynamoDBClient


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
def table(session: "Session") -> Iterator[Table]:
    """The table over moto."""
    made = make_table(session)
    yield made
    check_expiry(made.items(), NOON)


def make_table(session: "Session") -> Table:
    """The table as template.yaml has it."""
    client = clients.dynamodb(session)
    client.meta.events.register("provide-client-params.dynamodb", _asks_as_dynamodb_wants)
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


def _asks_as_dynamodb_wants(params: dict[str, Any], model: "OperationModel", **_: object) -> None:
    """moto shows nobody an item as it was before; DynamoDB does, unless the read is consistent.

    Which revision of the plan is live may be learnt late; what an index has, and what a survey of
    the whole table sees, cannot be consistent.
    """
    check_call(params)
    asked = params
    if model.name == "BatchGetItem":
        (asked,) = params["RequestItems"].values()
    elif model.name not in {"GetItem", "Query"} or "IndexName" in params:
        return
    may_be_late = params.get("Key", {}).get(keys.SK) == {"S": keys.LIVE}
    assert asked.get("ConsistentRead") or may_be_late, params


@pytest.fixture
def plain_session(monkeypatch: pytest.MonkeyPatch) -> "Session":
    """A session without moto: a test answers its requests, or runs the server they go to."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    return clients.aws()


@pytest.fixture
def plain_table(plain_session: "Session") -> Table:
    """A table without moto, that nothing is asked of twice."""
    config = Config(retries={"total_max_attempts": 1})
    client = cast("DynamoDBClient", plain_session.create_client("dynamodb", config=config))
    return Table(client, "table")
