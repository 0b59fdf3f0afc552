"""The page of recipes: every journey on it is without a finding, and does what its words say."""

import json
import re
from typing import Any

import pytest

from sojourn.core.values.instants import Instant, parse_instant
from sojourn.language.workspace import load
from sojourn_cli.simulation.lines import EventsFile, read_events
from sojourn_cli.simulation.run import as_document, simulate
from tests.listing import ROOT

PAGE = (ROOT / "docs" / "language" / "recipes.md").read_text(encoding="utf-8")
JOURNEYS: dict[str, dict[str, Any]] = {
    doc["id"]: doc for doc in map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
}
SETTINGS = {
    "timezone": "Europe/London",
    "senders": {"email": "Shop <hello@shop.example>"},
    "categories": {"news": {"consent": "opt_in"}},
    "quiet_hours": [{"from": "21:00", "to": "08:00"}],
}
PUSH = "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/0f0f0f0f-0000-4000-8000-000000000001"
ADDRESSES = {"email": "ana@shop.example", "phone": "+447700900123"}

type Line = tuple[str, str, dict[str, Any]]
"""When, the event (or `identify`) and what it brings."""


def workspace(journey: str) -> Any:  # noqa: ANN401 - a workspace
    docs = {"settings.json": SETTINGS, f"journeys/{journey}.json": JOURNEYS[journey]}
    return load({name: json.dumps(doc).encode() for name, doc in docs.items()})


def read(lines: list[Line]) -> EventsFile:
    rows = []
    for when, event, brings in lines:
        table = "traits" if event == "identify" else "properties"
        kind = {"type": "identify"} if event == "identify" else {"event": event}
        rows.append(json.dumps({"userId": "ana", "timestamp": when, **kind, table: brings}))
    file = read_events([row.encode() for row in rows])
    assert file.refused == []
    return file


def outcome_of(
    journey: str, lines: list[Line], until: Instant | None = None
) -> tuple[list[str], list[str]]:
    """Each message as `step status when`, and how each enrolment ended."""
    result: Any = as_document(simulate(workspace(journey).plan, read(lines), until))
    messages = [
        f"{item['step']} {item['status']} {item['decided_at']}" for item in result["messages"]
    ]
    return messages, [item["outcome"] for item in result["enrolments"]]


def known(**traits: object) -> Line:
    return "2026-01-01T09:00:00Z", "identify", {**ADDRESSES, **traits}


def at(when: str, event: str, **brings: object) -> Line:
    return f"2026-{when}:00Z", event, brings


def test_the_page_has_recipes() -> None:
    assert len(JOURNEYS) == PAGE.count("```json") == PAGE.count("\n## ") - 1


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_recipe_is_without_a_finding(journey: str) -> None:
    assert workspace(journey).findings == ()


STORIES: list[tuple[str, list[Line], list[str], list[str]]] = [
    (
        "cart",
        [
            known(),
            at("01-05T10:00", "cart.updated", cart_id="A", items=["rose"]),
            at("01-05T10:40", "cart.updated", cart_id="A", items=["rose", "fern"]),
            at("01-05T15:00", "cart.updated", cart_id="A", items=["fern"]),
            at("01-05T15:00", "cart.updated", cart_id="B", items=["pot"]),
            at("01-05T15:30", "order.placed", cart_id="B"),
        ],
        ["remind sent 2026-01-05T11:40:00Z"],
        ["finished", "bought"],
    ),
    (
        "win-back",
        [
            known(),
            at("01-05T10:00", "order.placed"),
            at("01-25T10:00", "page viewed"),
        ],
        ["miss-you sent 2026-03-26T10:00:00Z"],
        ["finished"],
    ),
    (
        "appointment",
        [
            known(appointment_at="2026-01-20T14:00:00Z"),
            at("01-10T10:00", "identify", appointment_at="2026-01-22T14:00:00Z"),
            at("02-10T10:00", "identify", appointment_at="2026-02-20T14:00:00Z"),
            at("03-10T10:00", "identify", appointment_at="2026-03-20T14:00:00Z"),
            at("03-11T10:00", "identify", appointment_at=None),
        ],
        ["remind sent 2026-01-21T18:00:00Z", "remind sent 2026-02-19T18:00:00Z"],
        ["finished", "finished", "called-off"],
    ),
    (
        "digest",
        [
            known(),
            at("03-20T10:00", "digest.subscribed"),
            at("04-03T10:00", "digest.unsubscribed"),
        ],
        ["digest sent 2026-03-23T09:00:00Z", "digest sent 2026-03-30T08:00:00Z"],
        ["unsubscribed"],
    ),
    (
        "parcel",
        [known(push_endpoints=[PUSH]), at("01-05T22:00", "parcel.sent", parcel_id="P")],
        ["push sent 2026-01-05T22:00:00Z", "sms sent 2026-01-06T00:00:00Z"],
        ["told"],
    ),
    (
        "parcel",
        [known(phone=None), at("01-05T22:00", "parcel.sent", parcel_id="P")],
        [
            "email sent 2026-01-05T22:00:00Z",
            "push no_address 2026-01-05T22:00:00Z",
            "sms no_address 2026-01-05T22:00:00Z",
        ],
        ["told"],
    ),
    (
        "still-yours",
        [
            known(),
            at("01-05T10:00", "consent.review"),
            at("01-05T11:00", "message.clicked", journey="still-yours", step="ask", link="x/yes"),
        ],
        ["ask sent 2026-01-05T10:00:00Z"],
        ["kept"],
    ),
    (
        "still-yours",
        [known(), at("01-05T10:00", "consent.review")],
        ["ask sent 2026-01-05T10:00:00Z"],
        ["let-go"],
    ),
    (
        "still-yours",
        [known(consent={"news": True}), at("01-05T10:00", "consent.review")],
        [],
        ["kept"],
    ),
]


@pytest.mark.parametrize(("journey", "lines", "messages", "outcomes"), STORIES)
def test_a_recipe_does_what_it_says(
    journey: str, lines: list[Line], messages: list[str], outcomes: list[str]
) -> None:
    assert outcome_of(journey, lines) == (messages, outcomes)


def test_the_instant_of_a_message_can_be_set() -> None:
    steps = {
        "mail": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "S", "text": "T"},
            "next": "note",
        },
        "note": {
            "type": "update",
            "set": {"profile.told_at": {"from": "messages.mail.sent_at"}},
            "next": "sms",
        },
        "sms": {"type": "send", "channel": "sms", "content": {"text": "{{ profile.told_at }}"}},
    }
    journey = {
        "id": "j",
        "status": "live",
        "entry": {"event": "go"},
        "start": "mail",
        "steps": steps,
    }
    workspace = load({"journeys/j.json": json.dumps(journey).encode()})
    assert workspace.findings == ()
    assert workspace.plan is not None
    life: Any = as_document(simulate(workspace.plan, read([known(), at("01-05T10:00", "go")])))
    assert life["messages"][1]["body"] == "2026-01-05T10:00:00Z"


def test_every_recipe_is_tried() -> None:
    assert {journey for journey, *_ in STORIES} == set(JOURNEYS)


def test_the_digest_goes_on_for_ten_years() -> None:
    lines = [known(), at("01-05T10:00", "digest.subscribed")]
    messages, outcomes = outcome_of("digest", lines, until=parse_instant("2040-01-01T00:00:00Z"))
    assert (len(messages), outcomes) == (3650 // 7, ["expired"])
