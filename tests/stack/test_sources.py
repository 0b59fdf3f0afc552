"""Sources on the deployed stack: what is uploaded maps the entries that come after."""

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Shop, email, journey

pytestmark = pytest.mark.stack

TILL = {
    "id": "till",
    "match": {"detail": {"card": [{"exists": True}]}},
    "map": {
        "userId": "detail.card",
        "event": {"value": "order.placed"},
        "messageId": "detail.receipt",
        "traits.email": "join('', [detail.card, '@example.com'])",
        "properties.order_id": "detail.receipt",
    },
    "samples": ["samples/sale.json"],
}
SALE = {"card": "till-ana", "receipt": "r-1", "total": "59.90"}
SAMPLE = {
    "id": "1",
    "time": "2026-01-05T09:00:00Z",
    "source": "shop",
    "detail-type": "sale",
    "detail": SALE,
}


def test_a_tills_sale_becomes_a_customers_order(stack: LocalStack) -> None:
    stack.reset()
    shop = Shop(stack)
    files = {
        "settings.json": {"timezone": "UTC"},
        "journeys/thanks.json": journey("thanks", "order.placed", {"thank": email()}),
        "sources/samples/sale.json": SAMPLE,
        "sources/till.json": TILL,
    }
    assert all(report["ok"] for report in shop.upload(files).values())

    shop.put(SALE, {"cart": "nobody's"}, SALE)

    assert [mail["subject"] for mail in shop.mails("till-ana")] == ["Thank you"]
    assert [letter.reason for letter in shop.letters(1)] == [
        "cart: there is no such field; put it into properties"
    ]
    shop.forget_letters()
