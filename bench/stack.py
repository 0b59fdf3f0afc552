"""The deployed stack: from an event on the bus to the call of SES, cold, warm and under a burst.

`python -m bench.stack` starts an emulated AWS on loopback, deploys the template into it, and ends
it again. Instants: the put by this process's clock, the event's receipt and the message's claim
from the customer's item, the call of SES at the recorder; all on one machine.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.deployed import SENDER, deployed
from bench.measure import Spread
from bench.report import Result, Row, table, write
from sojourn.core.values.instants import SECOND, Instant, parse_instant
from sojourn_cli.demo.play import mailbox, now, publish_workspace
from sojourn_cli.local.home import Home
from sojourn_cli.local.stack import LocalStack

WARM = 100
BURST = 1_000
AGAIN = 10
"""One customer in that many orders twice at once; her second e-mail would break the cap."""

HOPS = 4
"""Functions an e-mailed event goes through: ingest, evaluate, evaluate once more to hand it over,
dispatch."""

WAIT_SECONDS = 120.0
POLL_SECONDS = 0.2
COLD_SECONDS = 3.0
WARM_SECONDS = 0.2
BURST_SECONDS = 15.0

WORKSPACE: Mapping[str, Any] = {
    "settings.json": {
        "timezone": "UTC",
        "senders": {"email": SENDER},
        "categories": {"receipts": {"consent": "none"}},
        "caps": [{"name": "daily", "channels": ["email"], "max": 1, "per": "P1D"}],
    },
    "journeys/receipt.json": {
        "id": "receipt",
        "name": "Receipt",
        "status": "live",
        "category": "receipts",
        "entry": {"event": "order.placed", "key": "event.number"},
        "start": "thank",
        "steps": {
            "thank": {
                "type": "send",
                "channel": "email",
                "on_limit": "skip",
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
    """Put an event of its customer on the bus for each number; when each call was made."""
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
        "userId": f"visitor-{number}",
        "properties": {"number": number},
    }
    if event == "order.placed":
        customer = customer_of(number)
        detail |= {"userId": customer, "traits": {"email": f"{customer}@shop.example"}}
    return detail


def customer_of(number: int) -> str:
    """Whose an order is; one below zero is the second of hers."""
    return f"customer-{abs(number)}"


def one_in_ten_twice(numbers: Sequence[int]) -> list[int]:
    """The numbers, and right after some the same customer's second."""
    return [
        each
        for number in numbers
        for each in ((number, -number) if number % AGAIN == 0 else (number,))
    ]


def check_caps(stack: LocalStack, ordered: Sequence[int]) -> None:
    """End the bench unless everybody got one e-mail, and every second order was refused one."""
    got = Counter(customer_of(number) for number in arrivals(stack, 0))
    if any(count > 1 for count in got.values()):
        raise SystemExit("a cap was broken")
    pause, end = threading.Event(), time.monotonic() + WAIT_SECONDS
    for number in ordered:
        if number >= 0:
            continue
        while not _both_decided(stack, customer_of(number)):
            if time.monotonic() > end:
                raise SystemExit(f"{customer_of(number)}'s second order was not decided")
            pause.wait(POLL_SECONDS)


def _both_decided(stack: LocalStack, customer_id: str) -> bool:
    box = mailbox(stack, customer_id)
    if box.arrivals < 2 or box.inbox or box.customer is None:  # noqa: PLR2004 - her orders
        return False
    return not box.customer.messages and not box.customer.live() and len(box.customer.ledger) == 1


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


def emulator_seconds(stack: LocalStack) -> dict[str, float]:
    """How long the thread that serves every call has run, and waited for a core others were using.

    On Linux; elsewhere nothing is known of it.
    """
    running = Home(stack.home).running()
    told = Path(f"/proc/{running.pid if running else 0}/schedstat")
    if not told.exists():
        return {}
    ran, waited = (int(field) / 1e9 for field in told.read_text(encoding="ascii").split()[:2])
    return {"emulator ran s": ran, "waited for a core s": waited}


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
    before, begun = emulator_seconds(stack), time.monotonic()
    ordered = one_in_ten_twice(range(first, first + BURST))
    put(stack, client, ordered)
    arrivals(stack, first + BURST)
    burst = time.monotonic() - begun
    spent = {what: used - before[what] for what, used in emulator_seconds(stack).items()}
    check_caps(stack, ordered)
    hops = empty_hops(stack, client, range(HOPS * BURST))
    burst_row = _row(f"{BURST:,} events at once, all sent", [burst], BURST_SECONDS, spent)
    hops_name = f"- as many empty hops: {HOPS * BURST:,} events nobody refers to, all kept"
    return Result(
        "The deployed stack",
        "From an event on the bus to the call of SES, in an emulated AWS on this machine with IAM"
        " enforced: a journey that begins and sends.",
        "Every customer got one e-mail, and just one; one in ten ordered twice, and the cap held.",
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
    with deployed() as (stack, _):
        result = measured(stack)
    print(table(result))
    write("stack", result)


if __name__ == "__main__":
    main()
