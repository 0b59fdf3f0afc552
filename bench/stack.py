"""The deployed stack: from an event on the bus to the call of SES, cold, warm and under a burst.

`python -m bench.stack` starts an emulated AWS on loopback, deploys the template into it, and ends
it again. Instants: the put by this process's clock, the event's receipt and the message's claim
from the customer's item, the call of SES at the recorder; all on one machine.
"""

import json
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.measure import Spread
from bench.report import Result, Row, table, write
from sojourn.core.instants import SECOND, Instant, parse_instant
from sojourn_cli.demo.play import mailbox, now, publish_workspace
from sojourn_cli.local.stack import LocalStack, Wanted, running

SENDER = "hello@shop.example"
WARM = 100
BURST = 1_000
HOPS = 4
"""Functions an e-mailed event goes through: ingest, evaluate, evaluate once more to hand it over,
dispatch."""

WAIT_SECONDS = 120.0
POLL_SECONDS = 0.2
COLD_SECONDS = 3.0
WARM_SECONDS = 0.2
BURST_SECONDS = 15.0

WORKSPACE: Mapping[str, Any] = {
    "settings.json": {"timezone": "UTC", "senders": {"email": SENDER}},
    "journeys/receipt.json": {
        "id": "receipt",
        "name": "Receipt",
        "status": "live",
        "category": "transactional",
        "entry": {"event": "order.placed"},
        "start": "thank",
        "steps": {
            "thank": {
                "type": "send",
                "channel": "email",
                "content": {"subject": "{{ entry.number }}", "text": "Thank you"},
            }
        },
    },
}


def put(
    stack: LocalStack,
    client: Any,  # noqa: ANN401 - boto3
    numbers: Sequence[int],
    event: str = "order.placed",
) -> list[Instant]:
    """Put an event of a customer of its own on the bus for each number; when each call was made."""
    called: list[Instant] = []
    for start in range(0, len(numbers), 10):
        chosen = numbers[start : start + 10]
        entries = [
            {
                "EventBusName": stack.outputs["EventBusName"],
                "Source": "bench",
                "DetailType": event,
                "Detail": json.dumps(_detail(number, event)),
            }
            for number in chosen
        ]
        called += [now()] * len(chosen)
        if client.put_events(Entries=entries)["FailedEntryCount"]:
            raise SystemExit("the bus refused an event")
    return called


def _detail(number: int, event: str) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "userId": f"{'customer' if event == 'order.placed' else 'visitor'}-{number}",
        "properties": {"number": number},
    }
    if event == "order.placed":
        detail["traits"] = {"email": f"customer-{number}@shop.example"}
    return detail


def empty_hops(stack: LocalStack, client: Any, numbers: Sequence[int]) -> float:  # noqa: ANN401 - boto3
    """Seconds until events that nobody refers to are all kept: bus, queue, function, one write.

    No more than the emulator's own way of calling a function, and the least that one can do there.
    """
    table = stack.client("dynamodb").get_paginator("scan")

    def items() -> int:
        pages = table.paginate(TableName=stack.outputs["TableName"], Select="COUNT")
        return sum(page["Count"] for page in pages)

    wanted = items() + len(numbers)
    begun = time.monotonic()
    put(stack, client, numbers, "page.viewed")
    pause = threading.Event()
    while items() < wanted:
        if time.monotonic() - begun > WAIT_SECONDS:
            raise SystemExit("events that nobody refers to were not all kept")
        pause.wait(POLL_SECONDS)
    return time.monotonic() - begun


def arrivals(stack: LocalStack, wanted: int) -> dict[int, Instant]:
    """When SES was called for each number; ends the bench when one was called for twice."""
    mails = stack.wait_for(lambda sent: len(sent) >= wanted, WAIT_SECONDS)
    found: dict[int, Instant] = {}
    for mail in mails:
        number = int(mail["subject"])
        if number in found:
            raise SystemExit(f"customer {number} got two e-mails")
        found[number] = parse_instant(mail["arrived_at"])
    return found


def stages(stack: LocalStack, number: int, put_at: Instant, sent_at: Instant) -> list[float]:
    """Seconds from the put to ingest, from there to the claim, from there to the call of SES."""
    box = mailbox(stack, f"customer-{number}")
    if box.customer is None:
        raise SystemExit(f"customer {number} was never decided about")
    claimed_at = box.customer.ledger[0].at
    received_at = box.customer.created_at
    steps = (put_at, received_at, claimed_at, sent_at)
    return [(later - earlier) / SECOND for earlier, later in pairwise(steps)]


def spread_of(values: Sequence[float]) -> Spread:
    """Median, least and most, in milliseconds."""
    ordered = sorted(1_000 * value for value in values)
    return Spread(ordered[len(ordered) // 2], ordered[0], ordered[-1])


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of all do not pass, in milliseconds."""
    ordered = sorted(values)
    return 1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measured(stack: LocalStack) -> Result:
    """Put events in and wait for their e-mails."""
    client = stack.client("events")
    files = {path: json.dumps(doc).encode() for path, doc in WORKSPACE.items()}
    publish_workspace(stack, files)
    cold_at = put(stack, client, [0])[0]
    cold = (arrivals(stack, 1)[0] - cold_at) / SECOND
    put(stack, client, [1])
    arrivals(stack, 2)
    taken: list[tuple[int, Instant, Instant]] = []
    for number in range(2, 2 + WARM):
        put_at = put(stack, client, [number])[0]
        taken.append((number, put_at, arrivals(stack, number + 1)[number]))
    whole = [(sent_at - put_at) / SECOND for _, put_at, sent_at in taken]
    parts = list(zip(*(stages(stack, *item) for item in taken), strict=True))
    first = 2 + WARM
    begun = time.monotonic()
    put(stack, client, range(first, first + BURST))
    arrivals(stack, first + BURST)
    burst = time.monotonic() - begun
    hops = empty_hops(stack, client, range(HOPS * BURST))
    burst_row = _row(f"{BURST:,} events at once, all sent", [burst], BURST_SECONDS, {})
    hops_name = f"- as many empty hops: {HOPS * BURST:,} events nobody refers to, all kept"
    return Result(
        "The deployed stack",
        "From an event on the bus to the call of SES, in an emulated AWS on this machine with IAM"
        " enforced: a journey that begins and sends.",
        "Every customer got one e-mail, and just one.",
        [
            _row("the first event ever", [cold], COLD_SECONDS, {}),
            _row(
                "one event at a time, warm",
                whole,
                WARM_SECONDS,
                {"p95": quantile(whole, 0.95), "p99": quantile(whole, 0.99), "events": WARM},
            ),
            _row("- from the bus to ingest", parts[0]),
            _row("- evaluate, hand-over, claim", parts[1]),
            _row("- from the claim to SES", parts[2]),
            replace(burst_row, ratio=Spread(*[burst / hops] * 3), against=hops_name),
            _row(hops_name, [hops]),
        ],
    )


def _row(
    what: str,
    seconds: Sequence[float],
    target: float | None = None,
    beside: Mapping[str, float] | None = None,
) -> Row:
    spread = spread_of(seconds)
    return Row(
        what,
        spread,
        "ms",
        target=None if target is None else f"under {1_000 * target:,.0f} ms",
        met=None if target is None else spread.median < 1_000 * target,
        beside=beside or {},
    )


def main() -> None:
    """Measure, print and keep the result."""
    wanted = Wanted(stack="sojourn-bench", sender=SENDER, max_minutes=10)
    with (
        tempfile.TemporaryDirectory(prefix="sojourn-bench-") as folder,
        running(Path(folder), wanted) as stack,
    ):
        result = measured(stack)
    print(table(result))
    write("stack", result)


if __name__ == "__main__":
    main()
