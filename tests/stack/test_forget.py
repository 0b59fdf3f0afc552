"""A customer is forgotten on the deployed stack: nothing of her is left, and nothing returns."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from sojourn.adapters import keys
from sojourn.core.state.packing import unpacked
from sojourn.core.values.instants import MINUTE
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Doc, Shop, email, journey, order, until

pytestmark = pytest.mark.stack

ANA, VISITOR, CARD, PHONE = "ana-gone", "visitor-gone", "L-4711", "+27820004711"
ADDRESS = f"{ANA}@example.com"
SHARED = "L-4712"
TRACES = (ANA, VISITOR, CARD, PHONE)
FILES: dict[str, Doc | bytes] = {
    "settings.json": {"timezone": "UTC"},
    "journeys/thanks.json": journey(
        "thanks",
        "order.placed",
        {
            "mail": email(next="text"),
            "text": {
                "type": "send",
                "channel": "sms",
                "content": {"text": "Hi"},
                "next": "pause",
            },
            "pause": {"type": "wait", "for": "PT1H", "next": "again"},
            "again": email("Again"),
        },
    ),
}


def is_packed(item: Doc, value: Doc) -> bool:
    """Whether an attribute of a customer's partition is packed text."""
    return "B" in value and item[keys.PK]["S"].startswith(keys.CUSTOMER)


def kept(shop: Shop) -> str:
    """Everything in the table and in the bucket, as text."""
    items = [
        item
        for page in shop.dynamodb.get_paginator("scan").paginate(TableName=shop.table)
        for item in page["Items"]
    ]
    versions = shop.s3.list_object_versions(Bucket=shop.bucket)
    packed = [value["B"] for item in items for value in item.values() if is_packed(item, value)]
    texts = [repr(items), *map(unpacked, packed)]
    for version in versions.get("Versions", []):
        answer = shop.s3.get_object(
            Bucket=shop.bucket, Key=version["Key"], VersionId=version["VersionId"]
        )
        texts += [version["Key"], answer["Body"].read().decode(errors="replace")]
    return "\n".join(texts)


def traces(shop: Shop) -> set[str]:
    found = kept(shop)
    return {word for word in TRACES if word in found}


def ask(shop: Shop, what: str, customer: str = ANA) -> None:
    """Put a request on the bus, as another system would."""
    entry: Any = {
        "EventBusName": shop.stack.outputs["EventBusName"],
        "Source": "support.desk",
        "DetailType": what,
        "Detail": json.dumps({"customer": customer}),
    }
    assert shop.stack.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def known(shop: Shop) -> None:
    """A visitor who becomes a customer with a card, gets messages, and unsubscribes."""
    traits = {"email": ADDRESS, "phone": PHONE}
    first = order(VISITOR, userId=None, anonymousId=VISITOR, traits=traits)
    del first["userId"]
    shop.put(first, {"event": "page.viewed", "anonymousId": VISITOR, "messageId": "seen"})
    (mail,) = shop.mails(ANA)
    shop.settle()
    cards = [{"type": "card", "id": CARD}, {"type": "card", "id": SHARED}]
    shop.put(
        {
            "type": "identify",
            "userId": ANA,
            "anonymousId": VISITOR,
            "messageId": "identify",
            "context": {"externalIds": cards},
        },
        {"event": "page.viewed", "userId": ANA, "properties": {"path": f"/{ADDRESS}"}},
    )
    shop.settle()
    shop.put(order("ben-stays", "2", context={"externalIds": cards[1:]}))
    shop.settle()
    known_to_ben = shop.mailbox("ben-stays").customer
    assert known_to_ben is not None
    assert known_to_ben.conflicts == {("card", SHARED): True}
    assert "L-4712 belongs to another customer" in kept(shop)
    assert shop.stack.feedback(mail["message_id"], "complaint")
    until(lambda: status(shop, ANA) == "complained", "the complaint did not come in")


def status(shop: Shop, customer: str) -> str | None:
    found = shop.mailbox(customer).customer
    return None if found is None else found.channel_status("email")


def exports(shop: Shop) -> list[str]:
    found = shop.s3.list_objects_v2(Bucket=shop.bucket, Prefix="exports/").get("Contents", [])
    return [item["Key"] for item in found]


def is_noted_nowhere(shop: Shop, number: str) -> bool:
    """Whether a number is nobody's: that comes last of a look, when all her tombstones stand."""
    key: Any = {keys.PK: {"S": keys.NUMBER + number}, keys.SK: {"S": keys.CUSTOMERS}}
    return "Item" not in shop.dynamodb.get_item(TableName=shop.table, Key=key, ConsistentRead=True)


def a_while_later(shop: Shop) -> None:
    """Let her tombstones be some minutes old: the queue brings the request again then."""
    for page in shop.dynamodb.get_paginator("scan").paginate(TableName=shop.table):
        for item in page["Items"]:
            if keys.FORGOTTEN_AT in item:
                # Whoever looks again may have taken it away: an update would make it anew.
                with suppress(shop.dynamodb.exceptions.ConditionalCheckFailedException):
                    shop.dynamodb.update_item(
                        TableName=shop.table,
                        Key={name: item[name] for name in (keys.PK, keys.SK)},
                        UpdateExpression="ADD forgotten_at :earlier",
                        ConditionExpression="attribute_exists(forgotten_at)",
                        ExpressionAttributeValues={":earlier": {"N": str(-10 * MINUTE)}},
                    )


@contextmanager
def coming_again_soon(shop: Shop) -> Iterator[None]:
    """Let a request come again after two seconds, for the six minutes, and as often as it takes."""
    url = shop.sqs.get_queue_url(QueueName=shop._name("RightsQueue"))["QueueUrl"]
    names = ["VisibilityTimeout", "RedrivePolicy"]
    usual = shop.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    policy = json.loads(usual["RedrivePolicy"]) | {"maxReceiveCount": 1000}
    soon = {"VisibilityTimeout": "2", "RedrivePolicy": json.dumps(policy)}
    shop.sqs.set_queue_attributes(QueueUrl=url, Attributes=soon)
    try:
        yield
    finally:
        shop.sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)


def forgotten_by_request(shop: Shop) -> None:
    """Forget her by an id of hers, while events of hers go on coming."""
    ask(shop, "sojourn.forget", VISITOR)
    until(lambda: shop.mailbox(ANA).forgotten_at, "she is not forgotten")
    shop.put(
        order(ANA, "later"),
        {"event": "page.viewed", "userId": ANA, "messageId": "later-seen"},
        {"event": "order.placed", "anonymousId": VISITOR, "properties": {"order_id": "3"}},
    )
    until(lambda: not exports(shop), "her export is still there")
    until(lambda: not sum(shop.waiting("IngestQueue")), "late events wait")

    until(lambda: is_noted_nowhere(shop, PHONE), "the first look is not through")
    a_while_later(shop)
    until(lambda: traces(shop) == set() or None, "she is not gone")


def test_nothing_of_her_is_left_nothing_returns_and_her_address_stays_suppressed(
    stack: LocalStack,
) -> None:
    stack.reset()
    shop = Shop(stack)
    reports = shop.upload(FILES)
    assert all(report["ok"] for report in reports.values()), reports
    known(shop)
    ask(shop, "sojourn.export")
    [key] = until(lambda: exports(shop), "no export")
    exported = json.load(shop.s3.get_object(Bucket=shop.bucket, Key=key)["Body"])
    assert exported["customer"] == ANA
    assert ANA not in key
    assert traces(shop) == {*TRACES}

    with coming_again_soon(shop):
        forgotten_by_request(shop)
    shop.settle()

    before = len(shop.mailed(ANA))
    cards = {"externalIds": [{"type": "card", "id": CARD}]}
    shop.put(
        order(ANA, "much-later"),
        {"event": "page.viewed", "userId": ANA, "messageId": "much-later-seen"},
        {"event": "order.placed", "context": cards, "properties": {"order_id": "4"}},
    )
    shop.settle()
    assert traces(shop) == set()
    assert shop.letters() == []
    answer = shop.command("forget", ANA)
    assert answer == {"customer": ANA, "state": "forgotten"}
    with pytest.raises(AssertionError, match=f"customer {ANA} was forgotten"):
        shop.command("export", ANA)

    shop.put(order("zoe", traits={"email": ADDRESS}))
    shop.settle()
    assert len(shop.mailed(ANA)) == before
    assert status(shop, "zoe") == "complained"


def test_the_command_forgets_and_says_who_is_not_there(stack: LocalStack) -> None:
    shop = Shop(stack)
    shop.upload(FILES)
    shop.put(order("ben"))
    shop.mails("ben")
    with coming_again_soon(shop):
        assert shop.command("forget", "ben") == {"customer": "ben", "state": "forgotten"}
        assert shop.mailbox("ben").customer is None
        a_while_later(shop)
        until(lambda: shop.mailbox("ben").revision == 0, "his tombstone still stands")
    with pytest.raises(AssertionError, match="knows no customer nobody-at-all"):
        shop.command("forget", "nobody-at-all")
    with pytest.raises(AssertionError, match="was forgotten lately; she may come back from"):
        shop.command("forget", "ben", "--lift")
    with pytest.raises(AssertionError, match="was not forgotten"):
        shop.command("forget", "nobody-at-all", "--lift")
