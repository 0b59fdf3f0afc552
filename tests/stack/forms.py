"""A table as this version leaves it, in the middle of everything: kept for the versions to come.

`python -m tests.stack.forms FILE` deploys the stack, brings customers as far as a journey can hold
them, and writes every item. Run it when a form of storage changes, before the change, and keep the
file in `tests/adapters/forms`: `tests/adapters/test_former_forms.py` reads each, and goes on.
"""

import json
import sys
import tempfile
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

from sojourn.core.state.codec import encode_customer
from sojourn.core.values.instants import format_instant
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn_cli.demo.__main__ import wanted
from sojourn_cli.demo.play import now
from sojourn_cli.local.stack import LocalStack, running
from tests.stack.given import Doc, Shop, email, journey, order, until

TEXT = {"type": "send", "channel": "sms", "content": {"text": "Night"}}
REACTION: Doc = {
    "type": "wait_for",
    "any": [{"event": "message.clicked", "step": "hello", "next": "thanks"}],
    "timeout": "PT2H",
    "on_timeout": "end",
}
FILES: dict[str, Doc] = {
    "settings.json": {
        "timezone": "UTC",
        "senders": {"email": "hello@karoo.example", "sms": "KAROO"},
        "caps": [{"name": "gap", "channels": ["sms"], "min_gap": "PT1H"}],
    },
    "journeys/waits.json": journey(
        "waits",
        "order.placed",
        {"pause": {"type": "wait", "for": "PT1H", "next": "mail"}, "mail": email("Waited")},
        exit=[{"event": "order.cancelled"}],
        goal={"event": "order.paid"},
    ),
    "journeys/held.json": journey(
        "held", "cart.abandoned", {"one": {**TEXT, "next": "two"}, "two": TEXT}
    ),
    "journeys/listens.json": journey(
        "listens",
        "list.joined",
        {
            "hello": email("Hello", next="reaction"),
            "reaction": REACTION,
            "thanks": email("Thanks"),
            "end": {"type": "exit"},
        },
    ),
    "journeys/rests.json": journey(
        "rests",
        "page.left",
        {"pause": {"type": "wait", "for": "PT10S", "next": "mail"}, "mail": email("Rested")},
    ),
}
CHATTER = 14
"""So many events that the journal is moved to the history."""


def told(name: str, event: str, **traits: object) -> Doc:
    """An event of somebody with an address, and what else is said of her."""
    reached = {"email": f"{name}@example.com", "phone": "+27820000042"}
    return order(name, event=event, messageId=f"{name}-{event}", traits={**reached, **traits})


def play(shop: Shop, stack: LocalStack) -> None:
    """Bring everybody to where she is kept."""
    lost = {"service": "ses", "operation": "*", "text": "claimed@example.com"}
    stack.faults({"match": lost, "kind": "drop_answer", "times": 1})
    shop.put(
        told("waits", "order.placed", consent={"marketing": True}),
        told("inbox", "order.placed"),
        told("held", "cart.abandoned"),
        told("listens", "list.joined", city="Knysna", sizes=[1, 2.5]),
        told("bounced", "list.joined"),
        told("claimed", "list.joined"),
        told("rests", "page.left"),
        told("gone", "list.joined"),
        {"anonymousId": "visitor", **told("visitor", "list.joined"), "userId": None},
    )
    mails = {
        mail["to"][0]: mail
        for mail in shop.mails("listens", "bounced", "claimed", "visitor", "gone")
    }
    shop.settle()
    assert stack.feedback(
        mails["bounced@example.com"]["message_id"], "bounce", bounce_type="Permanent"
    )
    paused = json.dumps({**FILES["journeys/rests.json"], "status": "paused"})
    shop.s3.put_object(Bucket=shop.bucket, Key="journeys/rests.json", Body=paused.encode())
    known = {"externalIds": [{"type": "loyalty", "id": "L-1"}]}
    shop.put(
        {"type": "identify", "userId": "joined", "anonymousId": "visitor", "messageId": "identify"},
        {"userId": "card", "event": "noise", "messageId": "card", "context": known},
        {"userId": "listens", "event": "noise", "messageId": "noise"},
        *[told("chatty", "list.joined") | {"messageId": f"chat-{at}"} for at in range(CHATTER)],
    )
    shop.settle()
    until(lambda: rests(shop) or None, "nobody rests")
    # What is left of her goes minutes later.
    stack.client("events").put_events(
        Entries=[
            {
                "EventBusName": stack.outputs["EventBusName"],
                "Source": "support.desk",
                "DetailType": "sojourn.forget",
                "Detail": json.dumps({"customer": "gone"}),
            }
        ]
    )
    until(lambda: shop.mailbox("gone").forgotten_at, "she is not forgotten")


def rests(shop: Shop) -> bool:
    """Whether somebody waits for the end of a pause, with a timer that has passed."""
    return any(item["sk"]["S"] == "rest" for item in items(shop))


def fill_inboxes(shop: Shop, stack: LocalStack) -> None:
    """Let events come in while nobody evaluates."""
    functions = stack.client("lambda")
    found = functions.list_event_source_mappings()["EventSourceMappings"]
    (stream,) = [item["UUID"] for item in found if "/stream/" in item["EventSourceArn"]]
    functions.update_event_source_mapping(UUID=stream, Enabled=False)
    shop.put(
        told("inbox", "order.cancelled") | {"properties": {"order_id": "1"}},
        told("fresh", "order.placed"),
    )
    until(lambda: shop.mailbox("fresh").inbox and shop.mailbox("inbox").inbox, "no inbox fills")


def items(shop: Shop) -> list[Doc]:
    """Every item of the table."""
    pages = shop.dynamodb.get_paginator("scan").paginate(TableName=shop.table)
    return [item for page in pages for item in page["Items"]]


def link(shop: Shop, customer: str) -> str:
    """The token of the link in what a customer got first: it is to be good for years."""
    mail = shop.mails(customer)[0]
    url: str = mail["headers"]["List-Unsubscribe"].strip("<>")
    return url.removeprefix(shop.stack.outputs["PreferencesUrl"])


def reading(box: Mailbox) -> Doc:
    """What an item says, as the version that wrote it reads it."""
    known = box.customer
    return {
        "revision": box.revision,
        "customer": None if known is None else encode_customer(known),
        "inbox": [waiting.event.id for waiting in box.inbox],
        "journal": box.journal,
        "wake_at": box.wake_at,
        "timer_at": box.timer_at,
        "announcements": [item.id for item in box.announcements],
        "joined_into": box.joined_into,
        "forgotten_at": box.forgotten_at,
        "is_user": box.is_user,
        "arrivals": box.arrivals,
    }


def kept(shop: Shop) -> Doc:
    """The table with its reading; binary values in base64."""
    found = items(shop)
    customers = [item["pk"]["S"].removeprefix("C#") for item in found if item["sk"]["S"] == "@"]
    return {
        "at": format_instant(now()),
        "link": link(shop, "listens"),
        "readings": {name: reading(shop.mailbox(name)) for name in sorted(customers)},
        "items": sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"])),
    }


def main() -> None:
    """Write the file that is named, of the stack in the template that may be named after it."""
    file, *template = map(Path, sys.argv[1:])
    of = replace(wanted(), template=template[0]) if template else wanted()
    with (
        tempfile.TemporaryDirectory(prefix="sojourn-forms-") as folder,
        running(Path(folder), of) as stack,
    ):
        shop = Shop(stack)
        reports = shop.upload(FILES)
        assert all(report["ok"] for report in reports.values()), reports
        play(shop, stack)
        fill_inboxes(shop, stack)
        found = kept(shop)
    file.write_text(json.dumps(found, indent=1, default=_binary) + "\n", encoding="utf-8")


def _binary(value: Any) -> str:  # noqa: ANN401 - what JSON has no word for
    return b64encode(bytes(value)).decode()


if __name__ == "__main__":
    main()
