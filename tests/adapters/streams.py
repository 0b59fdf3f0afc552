"""What the table's stream has, as evaluate reads it."""

from typing import TYPE_CHECKING, Any

from botocore.config import Config

from sojourn.adapters.items import brings_news, change_from_record
from sojourn.runtime.customer.mailbox import Change

if TYPE_CHECKING:
    from botocore.session import Session


def streamed(session: "Session") -> list[Change]:
    """Every change of a customer item that the table's stream has, in order."""
    session.get_component("data_loader").list_available_services = lambda _: ["dynamodbstreams"]
    config = Config(account_id_endpoint_mode="disabled")  # moto does not know the other one
    client: Any = session.create_client("dynamodbstreams", config=config)
    arn = client.list_streams(TableName="table")["Streams"][0]["StreamArn"]
    (shard,) = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = client.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    changes = []
    for record in client.get_records(ShardIterator=iterator)["Records"]:
        image = record["dynamodb"]
        if image["Keys"]["sk"] != {"S": "@"} or image["NewImage"] == image["Keys"]:
            continue  # moto makes an item by two records, the first with an empty item
        if image.get("OldImage") == image["Keys"]:
            del image["OldImage"]
        if brings_news(record):
            changes.append(change_from_record(record))
    return changes
