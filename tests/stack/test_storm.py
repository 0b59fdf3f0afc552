"""A storm on the deployed stack: functions killed, a service out, queues stalled, poison among it.

Nothing is lost, nothing doubled, no cap exceeded; every dead letter says why, and
`sojourn dead-letters redrive` brings all home. `make storm` has thousands of events.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sojourn.core.course.settle import LOST
from sojourn.runtime.customer.timeline import messages_of
from sojourn.runtime.decisions.deciding import body_of
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import SOON, Doc, Shop, email, journey, order, until

pytestmark = pytest.mark.stack

CUSTOMERS = [f"storm-{number}" for number in range(int(os.environ.get("STORM_CUSTOMERS", "160")))]
ORDERS = 4
TWICE = 100
POISON = 40
HALF = len(CUSTOMERS) * ORDERS * 5 // 8
"""Events of the first blow, the poison among them; the others come while the table is out."""

LONG = SOON * max(1.0, len(CUSTOMERS) / 160)
"""Seconds after which what should be home is not."""

MOST = 2
"""E-mails one customer may get within a day."""

OUT: list[dict[str, Any]] = [
    {"match": {"service": "dynamodb"}, "kind": "throttle", "probability": 0.5},
    {"match": {"service": "dynamodb"}, "kind": "error"},
]
"""Whoever calls the table is refused for lack of capacity, or by a service that is out."""

OUT_SECONDS = 14.0
"""As long as that nobody reaches the table: five tries, two seconds apart, are used up."""

STALL_SECONDS = 5.0
HIDDEN_SECONDS = 2
QUEUES = ("IngestQueue", "WakeQueue", "DispatchQueue")

FILES: dict[str, Doc] = {
    "settings.json": {
        "timezone": "UTC",
        "caps": [{"name": "daily", "channels": ["email"], "max": MOST, "per": "P1D"}],
    },
    "journeys/thanks.json": journey(
        "thanks", "order.placed", {"thank": email("Order {{ entry.order_id }}", on_limit="skip")}
    ),
    "journeys/burst.json": journey(
        "burst",
        "burst.placed",
        {
            "pause": {"type": "wait", "for": "PT4S", "next": "tell"},
            "tell": email("Burst {{ entry.order_id }}", on_limit="skip"),
        },
    ),
}

KILLS: list[dict[str, Any]] = [
    {"match": {"service": "ses"}, "kind": "crash", "times": 8, "skip": 20},
    {"match": {"service": "sqs", "operation": "Send*"}, "kind": "crash", "probability": 0.02},
    {
        "match": {"service": "dynamodb", "operation": "UpdateItem", "text": "#arrivals"},
        "kind": "crash",
        "times": 12,
        "skip": 60,
        "probability": 0.05,
    },
    {"match": {"service": "dynamodb", "operation": "GetItem"}, "kind": "crash", "times": 4},
]
TROUBLE: list[dict[str, Any]] = [
    {"match": {"service": "ses"}, "kind": "throttle", "probability": 0.05},
    {"match": {"service": "dynamodb"}, "kind": "throttle", "probability": 0.02},
    {"match": {"service": "sqs", "operation": "Send*"}, "kind": "error", "probability": 0.03},
    {"match": {"service": "events"}, "kind": "drop_answer", "probability": 0.05},
]


@pytest.fixture(scope="module")
def shop(stack: LocalStack) -> Iterator[Shop]:
    """The stack with two journeys; what is not acknowledged is seen again after two seconds."""
    stack.reset()
    found = Shop(stack)
    reports = found.upload(FILES)
    assert all(report["ok"] for report in reports.values()), reports
    before = {name: found.hidden_seconds(name) for name in QUEUES}
    for name in QUEUES:
        found.hide(name, HIDDEN_SECONDS)
    yield found
    stack.clear_faults()
    for name, seconds in before.items():
        found.hide(name, seconds)


def pause(seconds: float) -> None:
    """Let a fault last."""
    threading.Event().wait(seconds)


def events() -> list[Doc | str]:
    """Every order, some twice, and what is no event, by turns."""
    orders = [
        order(customer, str(number), traits={"email": f"{customer}@example.com"})
        for number in range(ORDERS)
        for customer in CUSTOMERS
    ]
    poison = [{"messageId": f"poison-{number}"} for number in range(POISON)]
    return [*orders[:HALF], *poison, *orders[HALF:], *orders[:TWICE]]


def is_home(shop: Shop, customer: str) -> bool:
    """Whether every order of a customer has become a message whose fate is decided."""
    timeline = shop.timeline(customer)
    return len(list(messages_of(timeline.records))) == ORDERS and not timeline.box.inbox


def lost(shop: Shop, among: Sequence[str]) -> list[str]:
    """Who of them is not home."""
    return [customer for customer in among if not is_home(shop, customer)]


def fate(message: Mapping[str, Any]) -> str:
    """What became of a message.

    One whose sender was killed went as well, though it is given up when SES tells of it too late.
    """
    in_doubt = LOST in str(message["reason"])
    return "went" if message["status"] == "sent" or in_doubt else str(message["status"])


def tell_of_deliveries(shop: Shop, told: set[str], away: Sequence[str]) -> None:
    """SES reports what it delivered; here, to who is away: some senders did not hear its answer."""
    wanted = {f"{customer}@example.com" for customer in away}
    for mail in shop.stack.recorded():
        if mail["accepted"] and mail["to"][0] in wanted and mail["message_id"] not in told:
            told.add(mail["message_id"])
            shop.stack.feedback(mail["message_id"], "delivery")


def test_a_storm_loses_nothing_and_doubles_nothing(shop: Shop) -> None:
    all_events = events()
    shop.stack.faults(*KILLS, *TROUBLE)
    shop.put(*all_events[: HALF + POISON])
    shop.stall("IngestQueue", "DispatchQueue", seconds=STALL_SECONDS)
    shop.stack.wait_for(lambda mails: len(mails) >= len(CUSTOMERS), LONG)
    struck = shop.stack.clear_faults()
    assert all(struck[: len(KILLS)]), f"a kind of kill never struck: {struck}"

    shop.stack.faults(*OUT)
    shop.put(*all_events[HALF + POISON :])
    pause(OUT_SECONDS)
    shop.stack.clear_faults()

    shop.settle(LONG)
    letters = shop.letters(at_least=POISON + 1)
    assert all(letter.reason for letter in letters)
    poison = [letter for letter in letters if "poison-" in letter.body]
    assert {letter.part for letter in poison} == {"ingest"}
    assert len(letters) > len(poison), "the outage used up no tries"
    away = lost(shop, CUSTOMERS)
    assert away, "what the outage kept back was nothing"

    assert shop.redrive()["kept"] == 0

    told: set[str] = set()

    def all_home() -> bool:
        shop.settle(LONG)
        away[:] = lost(shop, away)
        tell_of_deliveries(shop, told, away)
        return not away

    until(all_home, "somebody is not home", 2 * LONG)

    mails = [mail for mail in shop.stack.recorded() if mail["accepted"]]
    counted = Counter((mail["to"][0], mail["subject"]) for mail in mails)
    assert [which for which, count in counted.items() if count > 1] == [], "a mail went twice"
    each = Counter(mail["to"][0] for mail in mails)
    assert set(each.values()) == {MOST}
    assert len(each) == len(CUSTOMERS)
    for customer in CUSTOMERS:
        outcomes = Counter(fate(item) for item in messages_of(shop.timeline(customer).records))
        assert outcomes == {"went": MOST, "capped": ORDERS - MOST}, customer
    left = shop.letters(at_least=POISON)
    assert all("poison-" in letter.body and letter.reason for letter in left)
    shop.forget_letters()


def test_sixty_four_dispatches_at_once_pass_no_cap(shop: Shop) -> None:
    customer, orders = "at-once", 10
    shop.put(*(order(customer, str(number), event="burst.placed") for number in range(orders)))
    until(lambda: shop.live(customer) == orders, "she has not entered")
    with ThreadPoolExecutor(16) as pool:
        for _ in range(2):
            list(pool.map(lambda _: shop.send("DispatchQueue", body_of(customer)), range(64)))
            pause(2.0)
    shop.settle()
    until(lambda: shop.live(customer) == 0, "undecided")
    outcomes = Counter(item["status"] for item in messages_of(shop.timeline(customer).records))
    assert outcomes == {"sent": MOST, "capped": orders - MOST}
    assert len(shop.mailed(customer)) == MOST
