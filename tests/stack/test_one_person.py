"""Shop, till, support desk and e-mail speak of one person: the deployed stack knows it."""

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Doc, Shop, email, journey, until

pytestmark = pytest.mark.stack

VISITOR, ANA, CARD, PHONE = "visitor-1", "ana-joined", "L-0001", "+27820000042"
CART = journey(
    "cart",
    "cart.abandoned",
    {
        "hello": email("Your cart", next="pause"),
        "pause": {"type": "wait", "for": "PT1H", "next": "again"},
        "again": email("Still there"),
    },
    entry={"event": "cart.abandoned", "key": "event.cart_id"},
    exit=[{"event": "order.placed", "outcome": "converted"}],
)


def known_as(*identities: tuple[str, str]) -> Doc:
    return {"externalIds": [{"type": kind, "id": value} for kind, value in identities]}


def test_a_visit_a_till_a_complaint_and_a_click_are_one_timeline(stack: LocalStack) -> None:
    stack.reset()
    shop = Shop(stack)
    reports = shop.upload({"settings.json": {"timezone": "UTC"}, "journeys/cart.json": CART})
    assert all(report["ok"] for report in reports.values()), reports

    shop.put(
        {
            "anonymousId": VISITOR,
            "event": "cart.abandoned",
            "messageId": "visit",
            "properties": {"cart_id": "1"},
            "traits": {"email": f"{ANA}@example.com"},
        }
    )
    (mail,) = shop.mails(ANA)
    shop.settle()
    shop.put(
        {
            "type": "identify",
            "userId": ANA,
            "anonymousId": VISITOR,
            "messageId": "identify",
            "context": known_as(("loyalty", CARD), ("phone", PHONE)),
        }
    )
    shop.settle()
    shop.put(
        {
            "event": "order.placed",
            "messageId": "till",
            "context": known_as(("loyalty", CARD)),
        },
        {"event": "complaint.filed", "messageId": "complaint", "traits": {"phone": PHONE}},
    )
    assert stack.feedback(mail["message_id"], "click", link="https://shop.example/cart")
    wanted = {"cart.abandoned", "identify", "order.placed", "complaint.filed", "message.clicked"}
    until(lambda: wanted <= {item.name for item in shop.timeline(ANA).events} or None, "her events")
    shop.settle()

    ids = (VISITOR, f"loyalty:{CARD}", PHONE, ANA)
    views = [shop.command("customer", id_) for id_ in ids]
    for view in views:
        assert view["customer"] == ANA
        events = [row["event"] for row in view["timeline"] if row["what"] == "event"]
        assert wanted <= set(events)
    found = views[-1]
    identities = {(item["type"], item["value"]) for item in found["identities"]}
    assert identities == {
        ("user", ANA),
        ("anonymous", VISITOR),
        ("loyalty", CARD),
        ("phone", PHONE),
    }
    ended = [row for row in found["timeline"] if row["what"] == "exited"]
    assert [(row["journey"], row["outcome"]) for row in ended] == [("cart", "converted")]
    assert shop.mailed(ANA) == ["Your cart"]
    assert found["journeys"] == []
