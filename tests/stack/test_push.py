"""Push messages through the deployed stack: to devices of the emulated account."""

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.stack.given import SOON, Doc, Shop, journey, order, until

pytestmark = pytest.mark.stack

PUSH = {
    "type": "send",
    "channel": "push",
    "content": {"title": "Thanks", "body": "Order {{ entry.order_id }}", "data": {"go": "orders"}},
}


@pytest.fixture(scope="module")
def shop(stack: LocalStack) -> Shop:
    """The stack, empty but for one journey."""
    stack.reset()
    found = Shop(stack)
    reports = found.upload(
        {
            "settings.json": {"timezone": "UTC"},
            "journeys/thanks.json": journey("thanks", "order.placed", {"thank": PUSH}),
        }
    )
    assert all(report["ok"] for report in reports.values()), reports
    return found


def test_each_device_gets_it_and_one_that_was_switched_off_is_left_in_peace(shop: Shop) -> None:
    sns = shop.stack.client("sns")
    app = sns.create_platform_application(
        Name="shop", Platform="GCM", Attributes={"PlatformCredential": "x"}
    )["PlatformApplicationArn"]
    devices = [
        sns.create_platform_endpoint(PlatformApplicationArn=app, Token=token)["EndpointArn"]
        for token in ("one", "two")
    ]
    buy(shop, "1", devices)
    first = pushed(shop, 2)
    assert {message["to"][0] for message in first} == set(devices)
    assert first[0]["payload"]["fcmV1Message"]["message"] == {
        "notification": {"title": "Thanks", "body": "Order 1"},
        "data": {"go": "orders"},
    }

    sns.set_endpoint_attributes(EndpointArn=devices[0], Attributes={"Enabled": "false"})
    buy(shop, "2", devices)
    pushed(shop, 3)
    until(lambda: statuses(shop) == {devices[0]: "bounced"}, "the device did not count as gone")
    buy(shop, "3", devices)
    last = pushed(shop, 4)[-1]
    assert (last["to"], last["text"]) == ([devices[1]], "Order 3")
    assert [m["status"] for m in shop.command("customer", "ana")["messages"]] == ["sent"] * 3


def buy(shop: Shop, number: str, devices: list[str]) -> None:
    shop.put(order("ana", number, traits={"push_endpoints": devices}))


def pushed(shop: Shop, count: int) -> list[Doc]:
    """The push messages that were accepted, once there are so many."""

    def accepted(messages: list[Doc]) -> list[Doc]:
        return [item for item in messages if item["channel"] == "push" and item["accepted"]]

    found = shop.stack.wait_for(lambda messages: len(accepted(messages)) >= count, SOON)
    assert len(accepted(found)) == count
    shop.settle()
    return accepted(found)


def statuses(shop: Shop) -> dict[str, str]:
    customer = shop.mailbox("ana").customer
    table = customer.channels.get("push", {}) if customer is not None else {}
    return {address: standing.status for address, standing in table.items()}
