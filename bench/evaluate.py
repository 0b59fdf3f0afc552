"""Evaluate: records of the table's stream a second on one core, the AWS clients nulled.

Each event is a customer's first, and one in twenty enters a journey of five steps with a wait and
an e-mail. Its append comes by the stream and is decided; that write comes back by the stream and is
carried on: two records an event. It is the function's own handler; only the clients are replaced.

`python -m bench.evaluate [JOURNEYS]`: that many journeys more, which wait for other events.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from bench.nulled import (
    Attributes,
    Handler,
    NulledBus,
    NulledQueues,
    NulledTable,
    load_handler,
    stream_record,
    updated,
)
from bench.orders import customer, documents, enters, order
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.items import change_from_record
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import DAY, Instant
from sojourn.runtime.ports import StoredPlan

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

EVENTS = 10_000
BATCH = 100
"""As in template.yaml."""

ENVIRONMENT = {
    "TABLE_NAME": "table",
    "EVENT_RETENTION_DAYS": "400",
    "EVENT_BUS_NAME": "bus",
    "DISPATCH_QUEUE_URL": "dispatch",
    "WAKE_QUEUE_URL": "wake",
    "DEAD_LETTER_QUEUE_URL": "dead",
}


def appended(table: NulledTable, numbers: Iterable[int], at: Instant) -> list[Attributes]:
    """The items that come of the order of each of these customers."""
    client = cast("DynamoDBClient", table)
    mailboxes = DynamoDbMailboxes(client, "table", DynamoDbHistory(client, "table", 400))
    for number in numbers:
        mailboxes.append(customer(number), order(number, at))
    requests, table.updates = table.updates, []
    return [updated({}, request) for request in requests]


def timed(handler: Handler, records: Sequence[JsonObject]) -> float:
    """Have the handler take a stream's records; the processor's seconds."""
    batches = [records[start : start + BATCH] for start in range(0, len(records), BATCH)]
    began = time.process_time()
    answers = [handler({"Records": batch}, None) for batch in batches]
    seconds = time.process_time() - began
    if answers != [{"batchItemFailures": []}] * len(batches):
        raise AssertionError(f"records failed: {answers}")
    return seconds


def check(items: Sequence[Attributes], at: Instant) -> None:
    """Every order was decided once, and just those that enter wait in the journey for a day."""
    for number, item in enumerate(items):
        box = change_from_record(stream_record(number, None, item)).after
        if box.customer_id != customer(number) or box.customer is None or box.inbox:
            raise AssertionError(f"{customer(number)} was not decided: {item}")
        live = [(each.step, each.due_at) for each in box.customer.live()]
        if live != ([("wait", at + DAY)] if enters(number) else []):
            raise AssertionError(f"{customer(number)} is at {live}")
        if (box.wake_at == at + DAY) is not enters(number):
            raise AssertionError(f"{customer(number)} wakes at {box.wake_at}")


def check_carried_on(bus: NulledBus, queues: NulledQueues, events: int) -> None:
    """Just the entries were announced, and nothing was queued or given up."""
    announced = [(each["DetailType"], json.loads(each["Detail"])["userId"]) for each in bus.entries]
    entered = [customer(number) for number in range(events) if enters(number)]
    if announced != [("journey.entered", name) for name in entered] or queues.sent:
        raise AssertionError(f"announced: {announced[:5]}, queued: {queues.sent[:5]}")


def main(others: int = 0, events: int = EVENTS) -> None:
    """Measure once, with so many other journeys; check, print."""
    table, queues, bus = NulledTable(), NulledQueues(), NulledBus()
    clock = SystemClock()
    at = clock.now()
    plans = DynamoDbPlans(cast("DynamoDBClient", table), "table", clock)
    plans.publish(StoredPlan(1, documents(others), {}, {}), 0)
    table.settle()
    before = appended(table, range(events), at)
    os.environ.update(ENVIRONMENT)
    handler = load_handler("evaluate", dynamodb=table, sqs=queues, events=bus)
    handler({"Records": [stream_record(0, None, before[0])]}, None)  # reads the plan
    table.updates.clear()

    first = [stream_record(number, None, item) for number, item in enumerate(before)]
    deciding = timed(handler, first)
    requests, table.updates = table.updates, []
    if len(requests) != events:
        raise AssertionError(f"{len(requests)} writes for {events} events")
    after = [updated(*pair) for pair in zip(before, requests, strict=True)]
    second = [
        stream_record(events + number, *pair)
        for number, pair in enumerate(zip(before, after, strict=True))
    ]
    carrying = timed(handler, second)
    if table.updates:
        raise AssertionError(f"{len(table.updates)} writes to carry on what was written")
    check(after, at)
    check_carried_on(bus, queues, events)
    figures = {
        "records_a_second": 2 * events / (deciding + carrying),
        "decided_a_second": events / deciding,
        "carried_on_a_second": events / carrying,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
