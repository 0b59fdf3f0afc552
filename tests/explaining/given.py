"""A small workspace and a few events, and what `explain` makes of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sojourn.core.values.exact import dumps, loads
from sojourn.core.workspace.plan import Plan
from sojourn.language.workspace import load
from sojourn_cli.explaining.story import Entry, Story, Wanted, explain
from sojourn_cli.simulation.lines import EventsFile, read_events
from sojourn_cli.simulation.run import simulate

type Doc = dict[str, Any]

SEND = {"type": "send", "channel": "email", "content": {"subject": "S", "text": "T"}}


def journey(**fields: Any) -> Doc:  # noqa: ANN401 - any part of a journey
    """A live journey that sends one e-mail on `go`."""
    return {
        "status": "live",
        "entry": {"event": "go"},
        "start": "mail",
        "steps": {"mail": SEND},
    } | fields


def plan_of(
    journeys: Mapping[str, Doc],
    settings: Doc | None = None,
    segments: Mapping[str, Doc] | None = None,
) -> Plan:
    files = {f"journeys/{name}.json": {"id": name, **doc} for name, doc in journeys.items()}
    files |= {
        f"segments/{name}.json": {"id": name, "where": where}
        for name, where in (segments or {}).items()
    }
    files["settings.json"] = settings or {}
    workspace = load({path: json.dumps(doc).encode() for path, doc in files.items()})
    errors = [item for item in workspace.findings if item.severity == "error"]
    assert workspace.plan is not None, errors
    return workspace.plan


def at(text: str) -> str:
    """`5 09:00` is nine o'clock UTC on the fifth of January 2026, a Monday."""
    day, _, clock = text.partition(" ")
    return f"2026-01-{int(day):02}T{clock or '09:00'}:00Z"


def line(when: str, event: str, **fields: Any) -> Doc:  # noqa: ANN401 - any part of a message
    return {"userId": "ana", "timestamp": at(when), "event": event} | fields


def known(when: str = "1", **traits: Any) -> Doc:  # noqa: ANN401 - any traits
    """Ana with an address, as most stories begin."""
    return {
        "userId": "ana",
        "type": "identify",
        "timestamp": at(when),
        "traits": {"email": "ana@example.com", "phone": "+27821234567", **traits},
    }


def file_of(lines: Sequence[Doc]) -> EventsFile:
    file = read_events([dumps(doc).encode() for doc in lines])
    assert file.refused == []
    return file


def story_of(plan: Plan, lines: Sequence[Doc], customer: str = "ana") -> Story:
    file = file_of(lines)
    life = simulate(plan, file, reasons=True).lives[customer]
    return Story(customer, life.events, life.records)


def told(plan: Plan, lines: Sequence[Doc], wanted: Wanted | None = None) -> list[Entry]:
    return explain(story_of(plan, lines), plan, wanted)


def only(entries: Sequence[Entry], what: str, **fields: str) -> Entry:
    """The one entry of a kind with these fields."""
    found = [
        entry
        for entry in entries
        if entry.what == what and all(getattr(entry, key) == fields[key] for key in fields)
    ]
    assert len(found) == 1, [entry.explanation for entry in entries]
    return found[0]


def as_json(entry: Entry) -> Any:  # noqa: ANN401 - any JSON
    return loads(dumps(entry.as_document()))
