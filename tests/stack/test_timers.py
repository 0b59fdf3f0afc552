"""Timers on the deployed stack: a full shard of the index gets a worker of its own."""

import json
from collections.abc import Iterator
from itertools import batched, count, islice

import pytest

from sojourn.adapters import keys
from sojourn.core.values.instants import Instant
from sojourn.runtime.decisions.wake import AHEAD, MOST_HERE
from sojourn_cli.demo.play import now
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Doc, until

pytestmark = pytest.mark.stack

SHARD = 5
BATCH = 25


def entries(number: int, at: Instant) -> Iterator[Doc]:
    """Customer items of one shard, of whom the timer index alone knows something."""
    people = (name for name in map("sleeper-{}".format, count()) if keys.shard_of(name) == SHARD)
    for name in islice(people, number):
        yield {
            keys.PK: {"S": keys.customer_pk(name)},
            keys.SK: {"S": keys.ITEM},
            keys.TIMER_SHARD: {"S": str(SHARD)},
            keys.TIMER_AT: {"N": str(at)},
        }


def put(stack: LocalStack, number: int) -> None:
    """Put customers of one shard into the index, due as far ahead as wake looks."""
    table, dynamodb = stack.outputs["TableName"], stack.client("dynamodb")
    for some in batched(entries(number, now() + AHEAD), BATCH, strict=False):
        puts = [{"PutRequest": {"Item": item}} for item in some]
        dynamodb.batch_write_item(RequestItems={table: puts})


def put_on_the_queue(stack: LocalStack, number: int) -> int:
    """How many wake-ups wait on the queue, once there are as many."""
    queue = stack.client("sqs").get_queue_url(QueueName=_queue(stack))["QueueUrl"]
    asked = ["ApproximateNumberOfMessagesDelayed"]

    def delayed() -> int | None:
        told = stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=asked)
        found = int(told["Attributes"][asked[0]])
        return found if found >= number else None

    return until(delayed, f"{number} wake-ups are not on the queue")


def test_the_schedule_has_wake_look_for_what_is_due(stack: LocalStack) -> None:
    """The stack's own comes every two minutes; one that comes once, and now, does the same."""
    stack.reset()
    put(stack, 1)
    scheduler = stack.client("scheduler")
    own = scheduler.get_schedule(Name=f"{stack.stack}-look")
    scheduler.create_schedule(
        Name="once",
        ScheduleExpression="at(2026-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=own["Target"],
    )
    assert put_on_the_queue(stack, 1) >= 1
    scheduler.delete_schedule(Name="once")
    stack.reset()


def test_a_full_shard_is_put_on_the_queue_by_a_worker_that_wake_starts(stack: LocalStack) -> None:
    stack.reset()
    number = MOST_HERE + BATCH
    put(stack, number)
    answer = stack.client("lambda").invoke(FunctionName=f"{stack.stack}-wake", Payload=b"{}")
    assert json.loads(answer["Payload"].read()) == {"woken": 0}  # the shard is left to another
    assert put_on_the_queue(stack, number) % number == 0  # the schedule may have looked as well
    stack.reset()


def _queue(stack: LocalStack) -> str:
    told = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.stack, LogicalResourceId="WakeQueue"
    )
    return str(told["StackResourceDetail"]["PhysicalResourceId"]).rpartition("/")[2]
