"""One customer to whom everything happens at once, such as a shop's till: her item takes it all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sojourn.core.limits import INBOX_EVENTS
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import SOON, Doc, Shop, journey, order, until

pytestmark = pytest.mark.stack

CUSTOMER = "till"
EVENTS = 5 * INBOX_EVENTS
SENDERS = 8

FILES: dict[str, Doc] = {
    "journeys/rings.json": journey("rings", "till.rung", {"stop": {"type": "exit"}}),
}


@pytest.fixture
def shop(stack: LocalStack) -> Iterator[Shop]:
    shop = Shop(stack)
    assert all(report["ok"] for report in shop.upload(FILES).values())
    hidden = shop.hidden_seconds("IngestQueue")
    shop.hide("IngestQueue", 5)
    yield shop
    shop.hide("IngestQueue", hidden)


def entered(shop: Shop) -> list[str]:
    """The keys by which she entered, in the order of being decided."""
    records = shop.timeline(CUSTOMER).records
    return [str(item.details["key"]) for item in records if item.what == "entered"]


def test_a_thousand_events_of_one_customer_at_once_are_each_taken_once(shop: Shop) -> None:
    letters = sum(shop.waiting("DeadLetterQueue"))
    events = [order(CUSTOMER, str(number), event="till.rung") for number in range(EVENTS)]
    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(lambda start: shop.put(*events[start::SENDERS]), range(SENDERS)))

    until(lambda: len(entered(shop)) >= EVENTS, "not all are taken", 4 * SOON)
    shop.settle(4 * SOON)
    keys = entered(shop)
    assert len(keys) == EVENTS
    assert set(keys) == {str(number) for number in range(EVENTS)}
    box = shop.mailbox(CUSTOMER)
    assert box.inbox == ()
    assert box.revision < EVENTS, "what waits together is not decided together"
    assert sum(shop.waiting("DeadLetterQueue")) == letters
