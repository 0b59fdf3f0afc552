"""What a marketer tried on history is what production does: one file, sent and simulated.

A shop lives through five beats of events. Each beat is put on the bus by `sojourn send-events` when
nothing of the one before is under way; what lies between two stimuli of a customer is then longer
than production takes for one, on any machine. (Events that come faster than a message goes out are
decided together in production, the best first; only a recording knows when that was.)
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import SECOND, format_instant, parse_instant
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn.runtime.customer.timeline import Timeline, messages_of
from sojourn_cli.demo.play import now
from sojourn_cli.demo.stories import zone_now
from sojourn_cli.local.stack import LocalStack
from sojourn_cli.main import main
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.stack.given import COMMAND, SOON, Doc, Shop, email, journey, until

pytestmark = pytest.mark.stack

COUNT = 24
BEATS = 5
FAR = 60 * SECOND
"""The workspace waits for seconds or for an hour: what falls due later than this stays as it is."""

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
NAMES = ("journey", "step", "channel", "status", "reason")
DETAILS = ("outcome", "arm", "branch", "event", "key", "visit", "credited_to", "message")


def text_message(**fields: object) -> Doc:
    return {"type": "send", "channel": "sms", "content": {"text": "Hello"}, **fields}


def settings() -> Doc:
    """Caps that let some through, hold some and refuse some; text messages rest now."""
    plain = {"consent": "none", "obeys_caps": False, "counts_toward_caps": False}
    digest = {"consent": "opt_out", "counts_toward_caps": True, "quiet_hours": False}
    return {
        "timezone": zone_now(12),
        "senders": {"email": "hello@karoo.example", "sms": "KAROO"},
        "categories": {
            "marketing": {"consent": "opt_out", "quiet_hours": True},
            "transactional": {**plain, "quiet_hours": False},
            "digest": {**digest, "obeys_caps": True},
        },
        "caps": [
            {"name": "day", "categories": ["marketing"], "max": 2, "per": "calendar_day"},
            # Far longer than it takes to decide the next message of the same customer.
            {"name": "gap", "categories": ["digest"], "min_gap": "PT5S"},
        ],
        "quiet_hours": [{"channels": ["sms"], "from": "10:00", "to": "15:00"}],
        "control_group": 15,
    }


WELCOME = journey(
    "welcome",
    "account.created",
    {
        "pause": {"type": "wait", "for": "PT1S", "next": "hello"},
        "hello": email("Welcome", on={"no_address": "text"}, next="which"),
        "text": text_message(category="transactional", next="which"),
        "which": {
            "type": "branch",
            "branches": [{"where": {"profile.tier": "gold"}, "next": "vip"}],
            "else": "arms",
        },
        "vip": {"type": "update", "set": {"profile.vip": True, "vars.n": 1}, "next": "tell"},
        "tell": {"type": "emit", "event": "vip.reached", "properties": {"n": 1}, "next": "ask"},
        "ask": {"type": "enter", "journey": "night", "with": {"why": "vip"}, "next": "reaction"},
        "arms": {
            "type": "split",
            "arms": [
                {"name": "a", "weight": 1, "next": "ring"},
                {"name": "b", "weight": 1, "next": "again"},
            ],
        },
        "ring": text_message(hold="PT1H", next="reaction"),
        "again": email("Again", on_limit="skip", next="reaction"),
        "reaction": {
            "type": "wait_for",
            "any": [
                {"event": "message.clicked", "step": "hello", "next": "thanks"},
                {"event": "page.left", "next": "thanks"},
            ],
            "timeout": "PT1H",
            "on_timeout": "thanks",
        },
        "thanks": email("Thanks", category="transactional"),
    },
    entry={"event": "account.created", "holdout": 15},
    exit=[{"event": "account.closed", "outcome": "closed"}],
    goal={"event": "order.placed", "within": "P1D"},
    priority=60,
)
PROUD = journey(
    "proud",
    "",
    {
        "wait": {
            "type": "wait_for",
            "any": [{"event": "order.placed", "next": "end"}],
            "timeout": "PT1S",
            "on_timeout": "praise",
        },
        "praise": email("You are gold", priority=80),
        "end": {"type": "exit", "outcome": "bought"},
    },
    entry={"segment": {"id": "vips", "on": "enter"}},
)
CART = journey(
    "cart",
    "cart.abandoned",
    {"pause": {"type": "wait", "for": "PT1H", "next": "remind"}, "remind": email("Your cart")},
    entry={"event": "cart.abandoned", "key": "event.cart_id", "reentry": {"every": "PT1H"}},
    exit=[
        {
            "event": "order.placed",
            "match": {"event.cart_id": "entry.cart_id"},
            "outcome": "converted",
            "enter": "night",
        }
    ],
)
LOOP = journey(
    "loop",
    "list.joined",
    {
        "rest": {"type": "wait", "for": "PT1S", "max_visits": 2, "next": "send"},
        "send": email("Again and again", on_limit="skip", next="rest"),
    },
)
RECEIPT: Doc = {
    "type": "send",
    "channel": "email",
    "category": "transactional",
    "content": {"subject": "Receipt", "text": "You paid {{ entry.total }}."},
}
FILES: dict[str, Doc] = {
    "segments/vips.json": {"id": "vips", "name": "VIPs", "where": {"profile.vip": True}},
    "journeys/welcome.json": WELCOME,
    "journeys/proud.json": PROUD,
    "journeys/cart.json": CART,
    "journeys/loop.json": LOOP,
    "journeys/night.json": journey("night", "night.asked", {"ring": text_message()}),
    "journeys/receipt.json": journey(
        "receipt",
        "order.placed",
        {"send": RECEIPT},
        entry={"event": "order.placed", "reentry": {"mode": "always"}},
    ),
    "journeys/called.json": journey(
        "called", "vip.reached", {"mail": email("Your manager", category="transactional")}
    ),
    **{
        f"journeys/digest-{name}.json": journey(
            f"digest-{name}",
            "page.left",
            {"send": email(name, category="digest", on_limit=on_limit)},
            priority=priority,
            entry={"event": "page.left"},
        )
        for name, priority, on_limit in (("a", 70, "hold"), ("b", 60, "hold"), ("c", 55, "skip"))
    },
}


def name_of(number: int) -> str:
    return f"customer-{number:02}"


def traits(number: int) -> Doc:
    found: Doc = {"phone": f"+278200000{number:02}"}
    if number % 8 != 7:  # else there is no address
        found["email"] = f"{name_of(number)}@example.com"
    if number % 8 == 6:
        found["consent"] = {"marketing": False}
    if number % 3 == 0:
        found["tier"] = "gold"
    return found


SPOKEN: Doc = {"journey": "welcome", "step": "hello"}
STORIES: tuple[tuple[tuple[str, Doc], ...], ...] = (
    (
        ("message.clicked", {**SPOKEN, "link": "https://shop.example/"}),
        ("cart.abandoned", {"cart_id": "1"}),
        ("order.placed", {"cart_id": "2"}),
        ("order.placed", {"cart_id": "1", "total": 12}),
    ),
    (
        ("page.left", {}),
        ("message.bounced", {**SPOKEN, "bounce_type": "permanent"}),
        ("page.left", {}),
        ("order.placed", {"total": 5}),
    ),
    (
        ("cart.abandoned", {"cart_id": "1"}),
        ("order.placed", {"cart_id": "1", "total": 7}),
        ("cart.abandoned", {"cart_id": "1"}),
        ("cart.abandoned", {"cart_id": "2"}),
    ),
    (
        ("list.joined", {}),
        ("message.unsubscribed", SPOKEN),
        ("account.closed", {}),
        ("account.created", {}),
    ),
)
"""What a customer does at each beat after the first, by her number's rest."""


def beat(at: int) -> list[Doc]:
    """One event of each customer, happening now."""
    lines: list[Doc] = []
    for number in range(COUNT):
        name, properties = ("account.created", {}) if at == 0 else STORIES[number % 4][at - 1]
        line: Doc = {
            "userId": name_of(number),
            "event": name,
            "messageId": f"{number}-{at}",
            "timestamp": format_instant(now()),
            "properties": properties,
        }
        lines.append({**line, "traits": traits(number)} if at == 0 else line)
    return lines


def calm(shop: Shop) -> bool:
    """Whether everybody waits, for an hour or for what may come."""
    for number in range(COUNT):
        box = shop.mailbox(name_of(number))
        if box.inbox or box.customer is None:
            return False
        if any(message.status != "held" for message in box.customer.messages.values()):
            return False
        if box.wake_at is not None and box.wake_at < now() + FAR:
            return False
    return shop.rests()


def sent(shop: Shop, folder: Path) -> Path:
    """The events file, put on the bus beat by beat."""
    file, events = folder / "events.jsonl", b""
    for at in range(BEATS):
        lines = "".join(dumps(line) + "\n" for line in beat(at)).encode()
        part = folder / f"beat-{at}.jsonl"
        part.write_bytes(lines)
        arguments = ["send-events", str(part), "--stack", shop.stack.stack, "--format", "json"]
        done = CliRunner().invoke(main, arguments, env=shop.stack.env)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout) == {"sent": COUNT, "refused": []}
        events += lines
        shop.settle()
        until(lambda: calm(shop) or None, f"beat {at} does not end")
        shop.settle()
    file.write_bytes(events)
    return file


def simulated(workspace: Path, events: Path, end: str) -> Doc:
    """What `sojourn simulate` says."""
    done = subprocess.run(
        [COMMAND, "simulate", workspace, "--events", events, "--until", end, "--format", "json"],
        capture_output=True,
        text=True,
        timeout=SOON,
        check=True,
    )
    found: Doc = json.loads(done.stdout)
    assert found["refused"] == []
    return found


def by_customer(rows: list[Doc]) -> dict[str, list[str]]:
    """Each customer's messages, without instants."""
    found: dict[str, list[str]] = {name_of(number): [] for number in range(COUNT)}
    for row in rows:
        found[row["customer"]].append(dumps([row[name] for name in NAMES]))
    return {customer: sorted(each) for customer, each in found.items()}


def walk(records: Iterable[Record]) -> list[str]:
    """What was decided of a customer, in order, with its reasons and without instants."""
    return [
        dumps(
            [record.what, record.journey, record.step, INSTANT.sub("then", record.reason or "")]
            + [record.details.get(name) for name in DETAILS]
        )
        for record in records
    ]


def of_production(timeline: Timeline) -> list[Doc]:
    """A customer's messages, those that are held included."""
    known = timeline.box.customer
    assert known is not None
    rows = [dict(row) for row in messages_of(timeline.records)]
    rows += [{name: getattr(held, name) for name in NAMES} for held in known.messages.values()]
    return [{**row, "customer": known.id} for row in rows]


@dataclass(frozen=True, slots=True)
class Lived:
    """What was sent, where the workspace is, until when, and what production made of it."""

    shop: Shop
    workspace: Path
    events: Path
    end: str
    timelines: Mapping[str, Timeline]

    def messages(self) -> dict[str, list[str]]:
        return by_customer([row for item in self.timelines.values() for row in of_production(item)])


@pytest.fixture(scope="module")
def lived(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    stack.reset()
    folder = tmp_path_factory.mktemp("agreement")
    shop, files = Shop(stack), {"settings.json": settings(), **FILES}
    reports = shop.upload(files)
    assert all(report["ok"] for report in reports.values()), reports
    workspace = folder / "workspace"
    for path, document in files.items():
        place = workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dumps(document), encoding="utf-8")
    events = sent(shop, folder)
    end = format_instant(now())
    timelines = {name_of(number): shop.timeline(name_of(number)) for number in range(COUNT)}
    return Lived(shop, workspace, events, end, timelines)


def test_production_sends_what_a_simulation_of_the_same_file_says(lived: Lived) -> None:
    found = by_customer(simulated(lived.workspace, lived.events, lived.end)["messages"])
    assert found == lived.messages()


def test_it_decides_the_same_by_the_same_way(lived: Lived) -> None:
    """Entries, holdouts, arms, branches, waits, exits and goals, each with its reason."""
    plan = load(read_folder(lived.workspace)).plan
    assert plan is not None
    file = read_events(lived.events.read_bytes().splitlines())
    lives = simulate(plan, file, parse_instant(lived.end), reasons=True).lives
    for customer, timeline in lived.timelines.items():
        assert walk(lives[customer].records) == walk(timeline.records), customer


def test_everything_the_language_can_say_of_a_message_came_up(lived: Lived) -> None:
    """Else agreeing would be easy."""
    rows = [row for item in lived.timelines.values() for row in of_production(item)]
    outcomes = {"sent", "capped", "quiet", "suppressed", "no_consent", "no_address", "failed"}
    assert {row["status"] for row in rows} == {*outcomes, "held"}
    records = [record for item in lived.timelines.values() for record in item.records]
    whats = {"held_out", "split", "branch", "update", "converted", "exited", "not_entered", "held"}
    assert whats <= {record.what for record in records}
    reasons = " ".join(sorted({f"{record.reason}" for record in records}))
    for reason in ("cap day", "cap gap", "quiet_hours", "control_group", "channels.email bounced"):
        assert reason in reasons
    for reason in (
        "reentry every",
        "event order.placed",
        "event account.closed",
        "visited 2 times",
    ):
        assert reason in reasons


def test_so_does_a_simulation_of_its_recording(lived: Lived, tmp_path: Path) -> None:
    events, live = tmp_path / "recorded.jsonl", tmp_path / "live"
    options = ("--since", "2000-01-01T00:00:00Z", "-o", str(events), "--workspace", str(live))
    said = lived.shop.command("record", *options)
    assert (said["customers"], said["left_out"], said["waiting"]) == (COUNT, [], 0)
    assert by_customer(simulated(live, events, lived.end)["messages"]) == lived.messages()
    shutil.rmtree(live / ".recording")
    assert by_customer(simulated(live, events, lived.end)["messages"]) == lived.messages()
