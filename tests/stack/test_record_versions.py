"""A workspace that changed while it was recorded: each decision is replayed under its own plan."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from sojourn.core.state.codec import encode_customer
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import format_instant
from sojourn.runtime.customer.timeline import messages_of
from sojourn_cli.demo.play import now
from sojourn_cli.local.stack import LocalStack
from sojourn_cli.recording.folder import read_recording
from sojourn_cli.recording.run import replay_all
from sojourn_cli.simulation.lines import read_events
from tests.stack.given import COMMAND, SOON, Doc, Shop, email, journey, order, until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

COUNT = 5


def thanks(subject: str, wait: str) -> Doc:
    steps = {
        "rest": {"type": "wait", "for": wait, "next": "thank"},
        "thank": email(subject, on_limit="skip"),
    }
    return journey("thanks", "order.placed", steps)


def settings(**caps: object) -> Doc:
    senders = {"email": "hello@karoo.example"}
    return {
        "timezone": "UTC",
        "senders": senders,
        "caps": [{"name": "daily", "per": "P1D", **caps}],
    }


def ordered(shop: Shop, number: int) -> None:
    """Every customer orders once more, and that is decided."""
    names = [f"buyer-{index}" for index in range(COUNT)]
    shop.put(*(order(name, str(number)) for name in names))
    until(lambda: all(len(messages(shop, name)) == number for name in names), "not all decided")
    shop.settle()


def messages(shop: Shop, customer: str) -> list[Doc]:
    return list(messages_of(shop.timeline(customer).records))


def test_each_decision_is_replayed_under_the_plan_it_was_made_under(
    stack: LocalStack, tmp_path: Path
) -> None:
    stack.reset()
    shop = Shop(stack)
    since = format_instant(now())
    shop.upload({"settings.json": settings(max=2), "journeys/thanks.json": thanks("One", "PT1S")})
    ordered(shop, 1)
    shop.upload({"journeys/thanks.json": thanks("Two", "PT2S")})
    until(lambda: (shop.report("journeys/thanks.json") or {}).get("version") == 2, "no version 2")
    ordered(shop, 2)
    shop.upload({"settings.json": settings(max=1)})
    plan = shop.mailbox("buyer-0").decided_under
    shop.put(order("other", "1"))
    until(lambda: messages(shop, "other"), "other was not decided")
    ordered(shop, 3)

    events, workspace = tmp_path / "events.jsonl", tmp_path / "live"
    arguments = ("--since", since, "-o", str(events), "--workspace", str(workspace))
    said = shop.command("record", *arguments)

    assert (said["customers"], said["events"], said["left_out"]) == (COUNT + 1, 3 * COUNT + 1, [])
    assert len(said["revisions"]) >= 2
    assert plan in said["revisions"]
    file = read_events(events.read_bytes().splitlines())
    lives = replay_all(read_recording(workspace, events), file).lives
    for customer, life in lives.items():
        stored = shop.mailbox(customer).customer
        assert stored is not None
        assert encode_customer(life.customer) == encode_customer(stored)
        replayed = [
            {"step": item.message.step, "status": item.status, "reason": item.reason}
            for item in life.settled
        ]
        told = [{name: row[name] for name in replayed[0]} for row in messages(shop, customer)]
        assert dumps(replayed) == dumps(told)
    versions = {content.subject for life in lives.values() for content in life.contents.values()}
    assert versions == {"One", "Two"}


def test_one_customer_is_recorded_alone_and_a_stranger_is_an_error(
    stack: LocalStack, tmp_path: Path
) -> None:
    shop = Shop(stack)
    shop.upload({"settings.json": settings(max=2), "journeys/thanks.json": thanks("One", "PT1S")})
    shop.put(order("alone", "1"), order("another", "1"))
    until(lambda: messages(shop, "alone") and messages(shop, "another"), "not decided")
    events = tmp_path / "events.jsonl"
    given = ("--since", "2000-01-01T00:00:00Z", "-o", str(events), "--customer")
    assert shop.command("record", *given, "alone")["customers"] == 1
    (line,) = [json.loads(line) for line in events.read_text().splitlines()]
    assert (line["userId"], line["event"], line["messageId"]) == (
        "alone",
        "order.placed",
        "alone-1",
    )
    since = ("--since", "2000-01-01T00:00:00Z", "--customer", "alone")
    assert shop.command("record", *since) == line, "without a file the events go to stdout"
    done = subprocess.run(
        [COMMAND, "record", *given, "nobody", "--stack", stack.stack],
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
        timeout=SOON,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "of customer nobody nothing is there since then" in done.stderr
