"""Timers: many due at one instant on the deployed stack, each fired once.

`python -m bench.timers` starts an emulated AWS on loopback, deploys the template into it, and ends
it again. The timers lie in the table's index until wake, every two minutes, looks further ahead.
"""

import json
import threading
import time
from collections.abc import Mapping
from itertools import batched
from typing import Any

from bench.deployed import SENDER, deployed
from bench.measure import Spread
from bench.report import Result, Row, table, write
from bench.stack import POLL_SECONDS, WAIT_SECONDS, put
from sojourn.adapters import keys
from sojourn.adapters.items import mailbox_from_item
from sojourn.core.values.instants import SECOND, Instant, format_instant
from sojourn.runtime.decisions.deciding import read_records
from sojourn.runtime.decisions.wake import AHEAD
from sojourn_cli.demo.play import now, publish_workspace
from sojourn_cli.local.mappings import MAX_CONCURRENCY
from sojourn_cli.local.stack import LocalStack

TIMERS = 1_000
AHEAD_SECONDS = 260
"""From the first event to the instant: all are asleep by then, for longer than the three minutes
within which a wake-up is set at once."""

ENTRIES = 10_000
"""Entries of the timer index that wake puts on the queue in one look."""

BATCH = 25

BEFORE_SECONDS = 2
"""When it is looked whether all still sleep."""

JOURNEY = "later"


def workspace(due_at: Instant) -> Mapping[str, bytes]:
    """A journey that everybody leaves at one instant."""
    steps = {"sleep": {"type": "wait", "until": {"date": format_instant(due_at)}}}
    life = {"id": JOURNEY, "name": "Later", "status": "live", "category": "marketing"}
    journey = {**life, "entry": {"event": "order.placed"}, "start": "sleep", "steps": steps}
    settings = {"timezone": "UTC", "senders": {"email": SENDER}}
    files = {"settings.json": settings, f"journeys/{JOURNEY}.json": journey}
    return {path: json.dumps(doc).encode() for path, doc in files.items()}


def asleep(stack: LocalStack) -> int:
    """How many customers are in the timer index."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.outputs["TableName"], IndexName="due", Select="COUNT")
    )
    return sum(page["Count"] for page in pages)


def until(stack: LocalStack, wanted: int, seconds: float) -> None:
    """Wait until so many are asleep; ends the bench when that takes too long."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while (found := asleep(stack)) != wanted:
        if time.monotonic() > end:
            raise SystemExit(f"{found} of {TIMERS} customers are asleep, not {wanted}")
        pause.wait(POLL_SECONDS)


def fired(stack: LocalStack) -> dict[str, list[Instant]]:
    """At which instants each customer left the journey."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.outputs["TableName"], ConsistentRead=True)
    )
    found: dict[str, list[Instant]] = {}
    for page in pages:
        for item in page["Items"]:
            if item[keys.SK]["S"] == keys.ITEM:
                box = mailbox_from_item(item)
                records = [record for line in box.lines for record in read_records(line)]
                found[box.customer_id] = [item.at for item in records if item.what == "exited"]
    return found


def entry(number: int, at: Instant) -> dict[str, Any]:
    """A customer item of whom the index alone knows something."""
    customer = f"sleeper-{number}"
    key = {keys.PK: {"S": keys.customer_pk(customer)}, keys.SK: {"S": keys.ITEM}}
    shard = {"S": str(keys.shard_of(customer))}
    return {**key, keys.TIMER_SHARD: shard, keys.TIMER_AT: {"N": str(at)}}


def put_in_one_look(stack: LocalStack) -> float:
    """Seconds in which the deployed wake puts so many due at one instant on its queue."""
    table, client = stack.outputs["TableName"], stack.client("dynamodb")
    due_at = now() + AHEAD
    entries = [entry(number, due_at) for number in range(ENTRIES)]
    for some in batched(entries, BATCH, strict=False):
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": e}} for e in some]})
    began = time.monotonic()
    answer = stack.client("lambda").invoke(FunctionName=f"{stack.stack}-wake", Payload=b"{}")
    took = time.monotonic() - began
    woken = json.loads(answer["Payload"].read())
    if woken != {"woken": ENTRIES}:
        raise SystemExit(f"of {ENTRIES} timers due at one instant wake put {woken}")
    return took


def measured(stack: LocalStack) -> Result:
    """Let everybody fall asleep, wait for the instant, and see who woke when."""
    due_at = (now() // SECOND + AHEAD_SECONDS) * SECOND
    publish_workspace(stack, dict(workspace(due_at)))
    client: Any = stack.client("events")
    put(stack, client, range(TIMERS))
    until(stack, TIMERS, WAIT_SECONDS)
    left = (due_at - now()) / SECOND
    threading.Event().wait(max(0.0, left - BEFORE_SECONDS))
    asleep_then = asleep(stack)
    until(stack, 0, WAIT_SECONDS)
    late = (now() - due_at) / SECOND
    wanted = {f"customer-{number}": [due_at] for number in range(TIMERS)}
    if asleep_then != TIMERS or fired(stack) != wanted:
        raise SystemExit(f"{asleep_then} slept until then; not everybody left once, at {due_at}")
    seconds = Spread(late, late, late)
    took = put_in_one_look(stack)
    return Result(
        "Timers",
        f"{TIMERS:,} customers of the deployed stack wait for one instant, in an emulated AWS on"
        f" this machine with {MAX_CONCURRENCY} workers for wake-ups; then {ENTRIES:,} entries of"
        " the index are put on the queue in one look. How many AWS takes is counted in"
        " docs/architecture.md.",
        "Each left its journey once, and at that very instant as its decisions tell; the look put"
        " every entry.",
        [
            Row(f"{TIMERS:,} due at one instant, all fired after it", seconds, "s"),
            Row(f"{ENTRIES:,} put on the queue by one look", Spread(took, took, took), "s"),
        ],
    )


def main() -> None:
    """Measure, print and keep the result."""
    with deployed() as (stack, _):
        result = measured(stack)
    print(table(result))
    write("timers", result)


if __name__ == "__main__":
    main()
