"""What programs read of `simulate`: every key, every kind of row, on a workspace of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sojourn_cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"

SETTINGS = {
    "timezone": "Africa/Johannesburg",
    "senders": {"email": "Shop <hello@shop.example>"},
    "caps": [{"name": "email-daily", "channels": ["email"], "max": 1, "per": "P1D"}],
    "quiet_hours": [{"from": "21:00", "to": "08:00"}],
}
CART = {
    "id": "cart",
    "name": "Cart",
    "status": "live",
    "priority": 60,
    "entry": {"event": "cart.abandoned", "key": "event.cart_id"},
    "exit": [{"event": "complaint.filed", "outcome": "complained"}],
    "goal": {"event": "order.placed", "exit": True},
    "start": "remind",
    "steps": {
        "remind": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "Your cart", "text": "Still {{ entry.total }}?"},
            "next": "think",
        },
        "think": {"type": "wait", "for": "P1D"},
    },
}
HELLO = {
    "id": "hello",
    "name": "Hello",
    "status": "live",
    "entry": {"event": "signed.up"},
    "start": "welcome",
    "steps": {
        "welcome": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "Hello", "text": "Hello {{ profile.first_name }}"},
        }
    },
}
TEST = {
    "id": "test",
    "name": "Test",
    "status": "live",
    "entry": {"event": "signed.up", "holdout": 100},
    "start": "never",
    "steps": {"never": {"type": "exit"}},
}


def event(user: str, name: str, at: str, **fields: object) -> str:
    return json.dumps({"userId": user, "event": name, "timestamp": at, **fields})


def address(user: str) -> dict[str, str]:
    return {"email": f"{user}@shop.example"}


EVENTS = [
    event("ana", "signed.in", "2026-01-05T07:00:00Z", traits=address("ana")),
    event("ana", "cart.abandoned", "2026-01-05T09:00:00+02:00")[:-1]
    + ', "properties": {"cart_id": 7, "total": 1.50}}',
    "",
    event("ana", "signed.up", "2026-01-05T08:00:00.250Z"),
    json.dumps(
        {
            "time": "2026-01-05T10:00:00Z",
            "source": "shop",
            "detail-type": "order.placed",
            "detail": {"userId": "ana"},
        }
    ),
    "no event",
    event(
        "ben",
        "cart.abandoned",
        "2026-01-05T20:00:00Z",
        properties={"cart_id": "7"},
        traits=address("ben"),
    ),
    event("ben", "complaint.filed", "2026-01-05T21:00:00Z"),
    event("cleo", "signed.up", "2026-01-05T22:00:00Z", traits=address("cleo")),
    json.dumps({"userId": "dora", "event": "signed.up"}),
]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    for journey in (CART, HELLO, TEST):
        path = tmp_path / "journeys" / f"{journey['id']}.json"
        path.write_text(json.dumps(journey), encoding="utf-8")
    (tmp_path / "events.jsonl").write_text("\n".join(EVENTS), encoding="utf-8")
    return tmp_path


def simulated(workspace: Path, *options: str) -> tuple[str, Any]:
    words = ["simulate", str(workspace), "--events", str(workspace / "events.jsonl"), *options]
    found = CliRunner().invoke(main, words)
    assert (found.exit_code, found.stderr) == (0, "")
    return found.stdout, json.loads(found.stdout)


def message(customer: str, journey: str, step: str, status: str, **fields: object) -> Any:  # noqa: ANN401 - JSON
    row = {
        "customer": customer,
        "journey": journey,
        "version": 1,
        "step": step,
        "channel": "email",
        "category": "marketing",
        "status": status,
        "reason": None,
        "requested_at": None,
        "decided_at": None,
        "subject": None,
        "body": None,
    }
    return row | fields


def enrolment(customer: str, journey: str, entered_at: str, **fields: object) -> Any:  # noqa: ANN401 - JSON
    row = {
        "customer": customer,
        "journey": journey,
        "version": 1,
        "key": None,
        "entered_at": entered_at,
        "exited_at": None,
        "outcome": None,
        "step": None,
        "converted_at": None,
        "credited_to": None,
    }
    return row | fields


def held_out(customer: str, at: str) -> Any:  # noqa: ANN401 - JSON
    return enrolment(customer, "test", at, exited_at=at, outcome="held_out")


MIDNIGHT = {
    "until": "2026-01-05T22:00:00Z",
    "messages": [
        message(
            "ana",
            "cart",
            "remind",
            "sent",
            requested_at="2026-01-05T07:00:00Z",
            decided_at="2026-01-05T07:00:00Z",
            subject="Your cart",
            body="Still 1.50?",
        ),
        message(
            "ana",
            "hello",
            "welcome",
            "held",
            reason="cap email-daily",
            requested_at="2026-01-05T08:00:00.250Z",
        ),
        message(
            "ben",
            "cart",
            "remind",
            "cancelled",
            reason="exit complained",
            requested_at="2026-01-05T20:00:00Z",
            decided_at="2026-01-05T21:00:00Z",
        ),
        message(
            "cleo",
            "hello",
            "welcome",
            "held",
            reason="quiet_hours",
            requested_at="2026-01-05T22:00:00Z",
        ),
    ],
    "enrolments": [
        enrolment(
            "ana",
            "cart",
            "2026-01-05T07:00:00Z",
            key=7,
            exited_at="2026-01-05T10:00:00Z",
            outcome="converted",
            converted_at="2026-01-05T10:00:00Z",
            credited_to="remind",
        ),
        enrolment("ana", "hello", "2026-01-05T08:00:00.250Z", step="welcome"),
        held_out("ana", "2026-01-05T08:00:00.250Z"),
        enrolment(
            "ben",
            "cart",
            "2026-01-05T20:00:00Z",
            key="7",
            exited_at="2026-01-05T21:00:00Z",
            outcome="complained",
        ),
        enrolment("cleo", "hello", "2026-01-05T22:00:00Z", step="welcome"),
        held_out("cleo", "2026-01-05T22:00:00Z"),
    ],
    "funnel": [
        {"journey": journey, "version": 1, "step": step, "entered": 2 - single, "left": left,
         "inside": 2 - single - left}
        for journey, step, single, left in (
            ("cart", "remind", 0, 2), ("cart", "think", 1, 1), ("hello", "welcome", 0, 0)
        )
    ],
}  # fmt: skip


def test_every_key_of_every_kind_of_row(workspace: Path) -> None:
    text, document = simulated(workspace, "--until", "2026-01-06T00:00:00+02:00")
    refused = document.pop("refused")
    assert document == MIDNIGHT
    assert [row["line"] for row in refused] == [6, 10]
    assert all(set(row) == {"line", "reason"} and row["reason"] for row in refused)
    assert '"key":7,' in text
    assert '"key":"7",' in text


def test_keys_stand_as_the_contract_has_them(workspace: Path) -> None:
    _, document = simulated(workspace, "--until", "2026-01-06T00:00:00+02:00")
    assert list(document) == ["until", "messages", "enrolments", "funnel", "refused"]
    for name, row in (
        ("messages", message("", "", "", "")),
        ("enrolments", enrolment("", "", "")),
    ):
        assert [list(found) for found in document[name]] == [list(row)] * len(document[name])


def test_what_is_held_is_decided_by_the_end(workspace: Path) -> None:
    """A day after what counted the cap has room; in quiet hours the morning comes first."""
    _, document = simulated(workspace)
    assert document["until"] == "2026-01-06T07:00:00Z"
    late = [row for row in document["messages"] if row["journey"] == "hello"]
    assert [(row["customer"], row["status"], row["reason"], row["decided_at"]) for row in late] == [
        ("ana", "failed", "render: profile.first_name", "2026-01-06T07:00:00Z"),
        ("cleo", "failed", "render: profile.first_name", "2026-01-06T06:00:00Z"),
    ]


def test_the_page_of_commands_shows_the_same_keys(workspace: Path) -> None:
    _, document = simulated(workspace)
    section = PAGE.read_text(encoding="utf-8").partition("## `sojourn simulate`")[2]
    shown = json.loads(section.partition("```json\n")[2].partition("```")[0])
    assert list(shown) == list(document)
    for name in ("messages", "enrolments", "funnel", "refused"):
        assert [list(row) for row in shown[name]] == [list(document[name][0])]
