"""Shop, till, support desk and e-mail speak of one person: the deployed stack knows it."""

import json
import subprocess
from pathlib import Path

import pytest

from sojourn.core.state.codec import encode_customer
from sojourn.runtime.customer.timeline import messages_of
from sojourn_cli.local.stack import LocalStack
from sojourn_cli.recording.folder import read_recording
from sojourn_cli.recording.run import replay_all
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.stack.given import COMMAND, SOON, Doc, Shop, email, journey, until

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
    entry={
        "event": "cart.abandoned",
        "key": "event.cart_id",
        "where": {"customer.created_at": {"exists": True}},
    },
    exit=[{"event": "order.placed", "outcome": "converted"}],
)


def known_as(*identities: tuple[str, str]) -> Doc:
    return {"externalIds": [{"type": kind, "id": value} for kind, value in identities]}


def test_a_visit_a_till_a_complaint_and_a_click_are_one_timeline(
    stack: LocalStack, tmp_path: Path
) -> None:
    stack.reset()
    shop = Shop(stack)
    reports = shop.upload({"settings.json": {"timezone": "UTC"}, "journeys/cart.json": CART})
    assert all(report["ok"] for report in reports.values()), reports

    shop.put({"anonymousId": VISITOR, "event": "page.viewed", "messageId": "looked"})
    (looked,) = until(lambda: shop.timeline(VISITOR).events or None, "what nobody refers to")
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
    visitor = shop.mailbox(VISITOR).customer
    assert visitor is not None
    assert visitor.created_at == looked.received_at
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
    check_recording(shop, tmp_path)


def check_recording(shop: Shop, folder: Path) -> None:
    """A recording tells of her as one: replayed to the last bit, simulated from the file alone."""
    events, workspace = folder / "events.jsonl", folder / "live"
    given = ("--since", "2000-01-01T00:00:00Z", "-o", str(events), "--workspace", str(workspace))
    said = shop.command("record", *given)
    assert (said["customers"], said["left_out"], said["waiting"]) == (1, [], 0)
    file = read_events(events.read_bytes().splitlines())
    recording = read_recording(workspace, events)
    stored, theirs = shop.mailbox(ANA).customer, list(messages_of(shop.timeline(ANA).records))
    assert stored is not None
    replayed = replay_all(recording, file).lives
    assert list(replayed) == [ANA]
    assert encode_customer(replayed[ANA].customer) == encode_customer(stored)
    simulated = simulate(recording.plan, file, recording.until).lives[ANA]
    for life in (replayed[ANA], simulated):
        sent = [(item.message.step, item.status, item.reason) for item in life.settled]
        assert sent == [(row["step"], row["status"], row["reason"]) for row in theirs]
    assert simulated.customer.absorbed == stored.absorbed
    assert simulated.customer.created_at == stored.created_at
    ours = explained(workspace, events, VISITOR)
    assert ours == shop.command("explain", "--customer", VISITOR)
    assert {"joined", "exited", "message"} <= {entry["what"] for entry in ours["entries"]}


def explained(workspace: Path, events: Path, customer: str) -> Doc:
    """What the command line says of her without any stack."""
    arguments = (workspace, "--events", events, "--customer", customer, "--format", "json")
    done = subprocess.run(
        [COMMAND, "explain", *arguments], capture_output=True, timeout=SOON, check=True
    )
    found: Doc = json.loads(done.stdout)
    return found
