"""`STOP` from a telephone, through the topic that a number is told to answer to."""

import json

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.stack.given import SOON, Shop, journey, order, until

pytestmark = pytest.mark.stack

NUMBER = "+27825550101"
SMS = {"type": "send", "channel": "sms", "content": {"text": "Thanks"}}


@pytest.fixture(scope="module")
def shop(stack: LocalStack) -> Shop:
    """The stack, empty but for one journey."""
    stack.reset()
    found = Shop(stack)
    reports = found.upload(
        {
            "settings.json": {"timezone": "UTC"},
            "journeys/thanks.json": journey("thanks", "order.placed", {"thank": SMS}),
        }
    )
    assert all(report["ok"] for report in reports.values()), reports
    return found


def test_stop_counts(shop: Shop) -> None:
    shop.put(order("ana", traits={"phone": NUMBER}))
    shop.stack.wait_for(lambda found: any(item["to"] == [NUMBER] for item in found), SOON)
    shop.settle()
    shop.stack.client("sns").publish(
        TopicArn=shop.stack.outputs["SmsRepliesTopicArn"],
        Message=json.dumps(
            {
                "originationNumber": NUMBER,
                "destinationNumber": "+27110000000",
                "messageKeyword": "KEYWORD",
                "messageBody": "Stop",
                "inboundMessageId": "in-1",
            }
        ),
    )
    until(lambda: status(shop) == "unsubscribed", "the answer did not come in")
    shop.put(order("ana", "2", traits={"phone": NUMBER}))
    shop.settle()
    outcomes = [item["status"] for item in shop.command("customer", "ana")["messages"]]
    assert outcomes == ["sent", "suppressed"]


def test_who_told_the_carrier_alone_counts_as_unsubscribed_with_the_next_message(
    shop: Shop,
) -> None:
    number = "+27825550102"
    shop.stack.opt_out(number)
    shop.put(order("bea", traits={"phone": number}))
    until(lambda: status(shop, "bea") == "unsubscribed", "nobody heard of it")
    shop.settle()
    [message] = shop.command("customer", "bea")["messages"]
    assert message["status"] == "failed"
    assert message["reason"].startswith("refused: OptedOut")
    assert not any(item["to"] == [number] for item in shop.stack.recorded())


def status(shop: Shop, who: str = "ana") -> str:
    customer = shop.mailbox(who).customer
    return customer.channel_status("sms") if customer is not None else "missing"
