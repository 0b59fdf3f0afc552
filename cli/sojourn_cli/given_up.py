"""What Lambda gave up of the table's stream, read back while the stream still holds it: a day.

Its dead letter holds no record, only where the records lie: shard and sequence numbers.
"""

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

from sojourn.adapters import keys
from sojourn.adapters.items import change_from_record
from sojourn.adapters.translation import code_of
from sojourn.core.errors import InvalidInput, Permanent
from sojourn.core.values.exact import loads_object
from sojourn.runtime.customer.mailbox import Change
from sojourn.runtime.decisions.announcing import again

PLACE = "DDBStreamBatchInfo"
"""The field of a dead letter that says where its records lie."""

GONE = {"TrimmedDataAccess", "ResourceNotFound", "ExpiredIterator"}
"""What the stream answers about records that it no longer holds."""

MOST_PAGES = 10_000
"""A page holds up to a megabyte, and a batch that was given up a hundred records."""


def is_of_the_stream(body: str) -> bool:
    """Whether a dead letter's body says where records of the stream lie."""
    try:
        return isinstance(loads_object(body).get(PLACE), dict)
    except InvalidInput:
        return False


def carried_on_again(body: str) -> list[str] | None:
    """What a dead letter's records ask for, as bodies of the wake queue; None when they are gone.

    A record that cannot be read says nothing here: whoever looks at its customer refuses it too.
    Raises NewerForm for one of a later version, which would read it.
    """
    place: Any = loads_object(body)[PLACE]
    try:
        records = list(_records(place))
    except ClientError as error:
        if code_of(error) in GONE:
            return None
        raise
    return again([change for record in records if (change := _change(record)) is not None])


def _change(record: dict[str, Any]) -> Change | None:
    """What a record says of a customer item; None for one that was removed or cannot be read."""
    if "NewImage" not in record["dynamodb"] or record["dynamodb"]["Keys"]["sk"]["S"] != keys.ITEM:
        return None
    try:
        return change_from_record(record)
    except Permanent:
        return None


def _records(place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The shard's records from the first that was given up to the last."""
    client = boto3.client("dynamodbstreams")
    first, last = (place[f"{end}SequenceNumber"] for end in ("start", "end"))
    where: Any = client.get_shard_iterator(
        StreamArn=place["streamArn"],
        ShardId=place["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=first,
    )["ShardIterator"]
    for _ in range(MOST_PAGES):
        if where is None:
            return
        page: Any = client.get_records(ShardIterator=where)
        for record in page["Records"]:
            if int(record["dynamodb"]["SequenceNumber"]) > int(last):
                return
            yield record
            if record["dynamodb"]["SequenceNumber"] == last:
                return
        where = page.get("NextShardIterator")
