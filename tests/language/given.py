"""A small workspace that is right, and ways to make it wrong."""

import copy
import json
from collections.abc import Mapping
from typing import Any

from sojourn.language.findings import Finding
from sojourn.language.workspace import load

HELLO: dict[str, Any] = {
    "id": "hello",
    "status": "live",
    "entry": {"event": "signed up"},
    "exit": [{"event": "unsubscribed", "outcome": "gone"}],
    "goal": {"event": "order placed", "within": "P30D"},
    "start": "wait",
    "steps": {
        "wait": {"type": "wait", "for": "PT1H", "next": "greet"},
        "greet": {"type": "send", "channel": "email", "template": "hello", "next": "answer"},
        "answer": {
            "type": "wait_for",
            "any": [{"event": "message.clicked", "step": "greet", "next": "end"}],
            "timeout": "P2D",
            "on_timeout": "end",
        },
        "end": {"type": "exit"},
    },
}
OTHER: dict[str, Any] = {
    "id": "other",
    "status": "live",
    "entry": {"segment": {"id": "regulars"}},
    "start": "note",
    "steps": {"note": {"type": "update", "set": {"profile.seen": True}}},
}
SETTINGS: dict[str, Any] = {
    "timezone": "Europe/Paris",
    "senders": {"email": "Shop <hello@shop.example>"},
    "categories": {"news": {"consent": "opt_in"}},
    "caps": [{"name": "weekly", "max": 4, "per": "P7D"}],
    "quiet_hours": [{"from": "21:00", "to": "08:00"}],
}
SEGMENT: dict[str, Any] = {
    "id": "regulars",
    "name": "Regulars",
    "where": {"did": {"event": "order placed", "within": "P90D", "count": {"gte": 3}}},
}
TEMPLATE: dict[str, Any] = {
    "email": {"subject": "Hello", "text": "Dear {{ profile.first_name | default: 'you' }}"}
}
BASE: dict[str, Any] = {
    "settings.json": SETTINGS,
    "journeys/hello.json": HELLO,
    "journeys/other.json": OTHER,
    "segments/regulars.json": SEGMENT,
    "templates/hello.json": TEMPLATE,
}

LEAVE_OUT = object()
"""In place of a value: take the key away."""


def written(docs: Mapping[str, Any]) -> dict[str, bytes]:
    """Documents as files; bytes are files already."""
    return {
        name: doc if isinstance(doc, bytes) else json.dumps(doc).encode()
        for name, doc in docs.items()
    }


def base(**changes: object) -> dict[str, bytes]:
    """The workspace with files replaced; `journeys__x` stands for `journeys/x.json`."""
    docs: dict[str, object] = {**BASE}
    for name, doc in changes.items():
        docs[name.replace("__", "/").replace("_", "-") + ".json"] = doc
    return written({name: doc for name, doc in docs.items() if doc is not LEAVE_OUT})


def changed(doc: Any, *steps: Any) -> Any:  # noqa: ANN401 - any JSON, any keys
    """A copy with one value replaced: a path of keys, then the value."""
    result = copy.deepcopy(doc)
    *path, last, value = steps
    inner = result
    for key in path:
        inner = inner[key]
    if value is LEAVE_OUT:
        del inner[last]
    elif isinstance(inner, list) and last == len(inner):
        inner.append(value)
    else:
        inner[last] = value
    return result


def hello(*steps: object) -> dict[str, bytes]:
    """The workspace with one value of the journey `hello` replaced."""
    return base(journeys__hello=changed(HELLO, *steps))


def settings(*steps: object) -> dict[str, bytes]:
    """The workspace with one value of the settings replaced."""
    return base(settings=changed(SETTINGS, *steps))


def findings(files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Everything found in the files."""
    return load(files).findings


def told(files: Mapping[str, bytes]) -> list[str]:
    """Everything found, as `code path` of the journey `hello`, or `file: code path`."""
    return [
        f"{item.code} {item.path}".strip()
        if item.file == "journeys/hello.json"
        else f"{item.file}: {item.code} {item.path}".strip()
        for item in findings(files)
    ]
