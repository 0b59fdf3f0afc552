"""Real input: two thousand events of a purchase log, through a thank-you journey with a cap."""

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sojourn.runtime.customer.timeline import messages_of
from sojourn_cli.demo.play import publish_workspace
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Shop, until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

LOG = Path(__file__).parents[3] / "shared" / "data" / "cdnow.jsonl.gz"
EVENTS = 2_000
MOST = 2
"""E-mails one customer may get within a day: the cap of this test."""

DONE_SECONDS = 240.0
WORKSPACE = {
    "settings.json": {
        "timezone": "UTC",
        "senders": {"email": "hello@karoo.example"},
        "caps": [{"name": "daily", "channels": ["email"], "max": MOST, "per": "P1D"}],
    },
    "journeys/thank-you.json": {
        "id": "thank-you",
        "name": "Thank for every order",
        "status": "live",
        "entry": {"event": "order.placed", "key": "event.order_id"},
        "start": "let-all-arrive",
        "steps": {
            "let-all-arrive": {"type": "wait", "for": "PT6S", "next": "thank"},
            "thank": {
                "type": "send",
                "channel": "email",
                "on_limit": "skip",
                "content": {
                    "subject": "Thank you for {{ entry.order_id }}",
                    "text": "{{ entry.quantity }} for {{ entry.total }}",
                },
            },
        },
    },
}


def log_lines() -> Iterator[dict[str, Any]]:
    if not LOG.exists():
        pytest.skip("the purchase log is not here")
    with gzip.open(LOG, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in islice(lines, EVENTS))


def put(stack: LocalStack, events: list[dict[str, Any]]) -> None:
    client = stack.client("events")
    for start in range(0, len(events), 10):
        entries = [
            {
                "EventBusName": stack.outputs["EventBusName"],
                "Source": "purchase.log",
                "DetailType": event.get("event", event["type"]),
                "Detail": json.dumps(event),
            }
            for event in events[start : start + 10]
        ]
        assert client.put_events(Entries=entries)["FailedEntryCount"] == 0


def is_told(shop: Shop, user: str, count: int) -> bool:
    """Whether every order of a customer was decided: so many sent, the others capped."""
    messages = messages_of(shop.timeline(user).records)
    outcomes = Counter(message["status"] for message in messages)
    return outcomes == {"sent": MOST, "capped": count - MOST}


def test_every_customer_gets_what_an_independent_count_says(stack: LocalStack) -> None:
    events = list(log_lines())
    stack.reset()
    files = {path: json.dumps(doc).encode() for path, doc in WORKSPACE.items()}
    publish_workspace(stack, files)
    orders = Counter(event["userId"] for event in events if event.get("event") == "order.placed")
    address = {
        event["userId"]: event["traits"]["email"] for event in events if event["type"] == "identify"
    }
    wanted = Counter({address[user]: min(count, MOST) for user, count in orders.items()})
    began = time.monotonic()
    put(stack, events)
    stack.wait_for(lambda sent: len(sent) >= wanted.total(), DONE_SECONDS)
    seconds = time.monotonic() - began
    shop = Shop(stack)
    too_many = {user: count for user, count in orders.items() if count > MOST}
    until(lambda: all(is_told(shop, user, count) for user, count in too_many.items()), "undecided")
    shop.settle()
    mails = stack.recorded()
    got = Counter(mail["to"][0] for mail in mails if mail["accepted"])
    assert got == wanted
    subjects = Counter(mail["subject"] for mail in mails)
    assert set(subjects.values()) == {1}, "an order was thanked for twice"
    assert shop.waiting("DeadLetterQueue") == (0, 0)
    print(f"{len(events)} events, {wanted.total()} e-mails in {seconds:.1f} s")  # noqa: T201 - a figure for whoever asks with -s
