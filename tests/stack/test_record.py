"""What the deployed stack decided is recorded, and replayed message for message."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.state.codec import encode_customer
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import MINUTE, parse_instant
from sojourn.runtime.customer.timeline import messages_of
from sojourn.runtime.messages.composition import PLACEHOLDER
from sojourn_cli.demo.account import Account
from sojourn_cli.local.stack import LocalStack
from sojourn_cli.recording.folder import read_recording
from sojourn_cli.recording.run import replay_all
from sojourn_cli.simulation.lines import read_events
from tests.stack.given import COMMAND, SOON, Doc, Shop

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stories")]

BEGINNING = "2000-01-01T00:00:00Z"
COMPARED = ("customer", "journey", "step", "channel", "status", "reason", "requested_at")


def recorded(shop: Shop, folder: Path, *options: str) -> tuple[Path, Path, Doc]:
    """A recording of a stack: its events, its workspace, and what the command said."""
    events, workspace = folder / "events.jsonl.gz", folder / "live"
    arguments = ["--since", BEGINNING, "-o", str(events), "--workspace", str(workspace)]
    return events, workspace, shop.command("record", *arguments, *options)


def command(name: str, workspace: Path, events: Path, *options: str) -> Doc:
    """What the command line says of a recording, without any stack."""
    done = subprocess.run(
        [COMMAND, name, workspace, "--events", events, *options, "--format", "json"],
        capture_output=True,
        text=True,
        timeout=SOON,
        check=True,
    )
    found: Doc = json.loads(done.stdout)
    return found


def simulated(workspace: Path, events: Path, *options: str) -> list[Doc]:
    """The messages of a simulation whose fate is decided."""
    done = command("simulate", workspace, events, *options)
    assert done["refused"] == []
    return [message for message in done["messages"] if message["decided_at"] is not None]


def production(shop: Shop, customers: list[str]) -> list[Doc]:
    """Every message whose fate production decided."""
    return [
        {"customer": customer, **item}
        for customer in customers
        for item in messages_of(shop.timeline(customer).records)
    ]


def chosen(messages: list[Doc], *more: str) -> list[str]:
    names = (*COMPARED, *more)
    return sorted(dumps([message[name] for name in names]) for message in messages)


@pytest.fixture(scope="module")
def recording(
    played: tuple[LocalStack, Account], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Shop, Path, Path, Doc]:
    """The example's stories, recorded: e-mail, SMS, holds, caps, exits and feedback."""
    shop = Shop(played[0])
    return shop, *recorded(shop, tmp_path_factory.mktemp("recording"))


def test_the_replay_says_of_every_message_what_production_says(
    recording: tuple[Shop, Path, Path, Doc],
) -> None:
    shop, events, workspace, said = recording
    assert said["left_out"] == []
    assert said["waiting"] == 0
    ours = simulated(workspace, events)
    theirs = production(shop, sorted({message["customer"] for message in ours}))
    assert chosen(ours, "decided_at") == chosen(theirs, "decided_at")
    assert len(ours) > len({message["customer"] for message in ours})


def test_the_replay_writes_what_was_sent(
    played: tuple[LocalStack, Account], recording: tuple[Shop, Path, Path, Doc]
) -> None:
    _, events, workspace, _ = recording
    ours = simulated(workspace, events)
    sent = [
        [message["subject"], message["body"]]
        for message in ours
        if message["status"] == "sent" and not message["customer"].startswith("warm-up")
    ]
    mailed: list[dict[str, Any]] = [item for item in played[0].recorded() if item["accepted"]]
    # Each customer's own link is nobody's to make again: a replay has the same one for all.
    own = re.compile(re.escape(played[0].outputs["PreferencesUrl"]) + r"[\w.-]+")
    handed = [[item.get("subject"), own.sub(PLACEHOLDER, item["text"])] for item in mailed]
    assert any(PLACEHOLDER in str(text) for _, text in handed)
    assert sorted(map(dumps, sent)) == sorted(map(dumps, handed))


def test_the_replayed_customers_are_the_stored_ones_to_the_last_bit(
    recording: tuple[Shop, Path, Path, Doc],
) -> None:
    shop, events, workspace, _ = recording
    file = read_events(gzip.decompress(events.read_bytes()).splitlines())
    for customer, life in replay_all(read_recording(workspace, events), file).lives.items():
        stored = shop.mailbox(customer).customer
        assert stored is not None
        assert encode_customer(life.customer) == encode_customer(stored), customer


def test_both_explain_in_the_same_words(recording: tuple[Shop, Path, Path, Doc]) -> None:
    shop, events, workspace, _ = recording
    for customer in ("naledi", "johan", "kagiso"):
        ours = command("explain", workspace, events, "--customer", customer)
        assert ours == shop.command("explain", "--customer", customer)
        assert len(ours["entries"]) > 5


def test_on_the_virtual_clock_the_same_messages_come_within_seconds(
    recording: tuple[Shop, Path, Path, Doc], tmp_path: Path
) -> None:
    """Without the recording's folder only the time of sending differs: nobody is slow there."""
    shop, events, workspace, _ = recording
    plain = tmp_path / "plain"
    shutil.copytree(workspace, plain, ignore=shutil.ignore_patterns(".recording"))
    until = json.loads((workspace / ".recording" / "about.json").read_text())["until"]
    ours = simulated(plain, events, "--until", until)
    theirs = production(shop, sorted({item["customer"] for item in ours}))
    for one, other in zip(in_order(ours), in_order(theirs), strict=True):
        for name in ("customer", "journey", "step", "channel", "status", "reason"):
            assert one[name] == other[name]
        late = parse_instant(other["decided_at"]) - parse_instant(one["decided_at"])
        assert 0 <= late < MINUTE


def in_order(messages: list[Doc]) -> list[Doc]:
    return sorted(messages, key=lambda item: dumps([item[name] for name in COMPARED[:-1]]))
