"""What the table's stream gave up is read back from it, carried on again, and changes nothing."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sojourn.adapters import keys
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.putting_off import PUT_OFF
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Doc, Shop, email, journey, order

pytestmark = pytest.mark.stack

FILES: dict[str, Doc] = {
    "settings.json": {"timezone": "UTC"},
    "journeys/thanks.json": journey("thanks", "order.placed", {"thank": email()}),
}


@pytest.fixture
def shop(stack: LocalStack) -> Iterator[Shop]:
    stack.reset()
    found = Shop(stack)
    assert all(report["ok"] for report in found.upload(FILES).values())
    yield found
    found.forget_letters()


def letter(shop: Shop, customer: str, first: str | None = None) -> str:
    """The dead letter of all the stream's records of a customer, as Lambda writes it."""
    streams = shop.stack.client("dynamodbstreams")
    [stream] = streams.list_streams(TableName=shop.table)["Streams"]
    described = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
    [shard] = described["Shards"]
    where = streams.get_shard_iterator(
        StreamArn=stream["StreamArn"],
        ShardId=shard["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    numbers: list[str] = []
    while True:
        page: Any = streams.get_records(ShardIterator=where)
        numbers += [
            record["dynamodb"]["SequenceNumber"]
            for record in page["Records"]
            if record["dynamodb"]["Keys"][keys.PK]["S"] == keys.customer_pk(customer)
        ]
        if not page["Records"]:
            break
        where = page["NextShardIterator"]
    place = {
        "shardId": shard["ShardId"],
        "startSequenceNumber": first or numbers[0],
        "endSequenceNumber": numbers[-1],
        "batchSize": len(numbers),
        "streamArn": stream["StreamArn"],
    }
    condition = {"condition": "RetryAttemptsExhausted"}
    return json.dumps({"requestContext": condition, "DDBStreamBatchInfo": place})


def test_what_was_given_up_is_said_again_and_sends_nothing_twice(shop: Shop) -> None:
    shop.put(order("ana", traits={"email": "ana@example.com"}))
    shop.mails("ana")
    shop.settle()
    said = [item.name for item in shop.mailbox("ana").announcements]
    assert "journey.entered" not in said  # two decisions ago: only the stream knows of it

    gone = letter(shop, "ana", first=f"{1:021}")  # the stream holds it no longer
    shop.send("DeadLetterQueue", letter(shop, "ana"), gone)
    again = {"service": "events", "operation": "PutEvents", "text": "journey.entered"}
    shop.stack.faults({"match": again, "kind": "delay", "seconds": 0})
    assert shop.redrive() == {"redriven": 2, "kept": 0}
    shop.settle()
    assert shop.stack.clear_faults() == [1], "journey.entered was not said again, just once"
    assert shop.mailed("ana") == ["Thank you"]


def test_what_a_rule_could_not_deliver_says_why_and_goes_to_its_queue_again(shop: Shop) -> None:
    url = shop.url("IngestQueue")
    policy = shop.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    closed = {"Version": "2012-10-17", "Statement": []}
    shop.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(closed)})
    try:
        shop.put(order("eva", traits={"email": "eva@example.com"}))
        [told] = shop.letters(at_least=1)
    finally:
        shop.sqs.set_queue_attributes(QueueUrl=url, Attributes=policy)
    assert (told.part, told.reason) == ("ingest", "not delivered: NO_PERMISSIONS")
    assert json.loads(told.body)["detail"]["userId"] == "eva"
    assert shop.redrive() == {"redriven": 1, "kept": 0}
    assert [mail["subject"] for mail in shop.mails("eva")] == ["Thank you"]


def test_who_cannot_be_read_is_put_off_and_not_given_up_at_each_look(shop: Shop) -> None:
    key = {"pk": {"S": keys.customer_pk("eva")}, "sk": {"S": keys.ITEM}}
    overdue = {
        keys.TIMER_SHARD: {"S": str(keys.shard_of("eva"))},
        keys.TIMER_AT: {"N": str(time.time_ns() // 1000)},
    }
    item = {**key, **overdue, keys.STATE: {"S": "?"}, keys.REVISION: {"N": "1"}}
    shop.dynamodb.put_item(TableName=shop.table, Item=item)
    shop.letters(at_least=1)  # the stream's own
    for _ in range(2):
        shop.stack.client("lambda").invoke(FunctionName=f"{shop.stack.stack}-wake", Payload=b"{}")
        shop.settle()
    found = shop.dynamodb.get_item(TableName=shop.table, Key=key)["Item"]
    shop.dynamodb.delete_item(TableName=shop.table, Key=key)
    told = shop.letters()
    assert [item.part for item in told] == ["evaluate"] * 2, told
    assert {item.body for item in told} == {body_of("eva")}
    later = int(found[keys.TIMER_AT]["N"]) - int(overdue[keys.TIMER_AT]["N"])
    assert PUT_OFF < later < 2 * PUT_OFF
