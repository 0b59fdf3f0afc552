"""Two small workspaces, a history, and the commands run on them."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from sojourn_cli.main import main

type Doc = dict[str, Any]

JOURNEY: Doc = {
    "id": "cart",
    "status": "live",
    "entry": {
        "event": "cart.abandoned",
        "where": {"event.total": {"gte": 50}},
        "key": "event.cart",
    },
    "goal": {"event": "order.placed", "within": "P7D", "exit": True},
    "start": "wait",
    "steps": {
        "wait": {"type": "wait", "for": "PT1H", "next": "remind"},
        "remind": {
            "type": "send",
            "channel": "email",
            "content": {"subject": "Your cart", "text": "Still there."},
            "next": "pause",
        },
        "pause": {"type": "wait", "for": "P1D"},
    },
}
SETTINGS: Doc = {
    "timezone": "UTC",
    "senders": {"email": "Shop <hello@shop.example>"},
    "quiet_hours": [{"from": "20:00", "to": "08:00"}],
}


def line(customer: str, event: str, at: str, **properties: object) -> Doc:
    return {
        "userId": customer,
        "event": event,
        "timestamp": at,
        "properties": properties,
        "context": {"traits": {"email": f"{''.join(filter(str.isalnum, customer))}@example.com"}},
    }


HISTORY = [
    line("ana", "cart.abandoned", "2026-01-05T09:00:00Z", cart="a1", total=80),
    line("ben", "cart.abandoned", "2026-01-05T10:00:00Z", cart="b1", total=40),
    line("cleo", "cart.abandoned", "2026-01-05T22:00:00Z", cart="c1", total=90),
    line("ana", "cart.abandoned", "2026-01-07T09:00:00Z", cart="a2", total=80),
    line("ana", "order.placed", "2026-01-07T11:30:00Z", cart="a2"),
]


def write(folder: Path, journey: Doc = JOURNEY, settings: Doc = SETTINGS, **files: Doc) -> Path:
    """A workspace of one journey; ``files`` are more, by stem, at its root."""
    (folder / "journeys").mkdir(parents=True)
    (folder / "journeys" / f"{journey['id']}.json").write_text(json.dumps(journey))
    for name, doc in {"settings": settings, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(doc))
    return folder


def write_events(folder: Path, lines: list[Doc] | None = None) -> Path:
    path = folder / "events.jsonl"
    path.write_text("\n".join(json.dumps(item) for item in lines or HISTORY))
    return path


def sojourn(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(item) for item in arguments])


def document(result: Result) -> Doc:
    found: Doc = json.loads(result.stdout)
    return found
