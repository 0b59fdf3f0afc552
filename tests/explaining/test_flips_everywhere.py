"""Whatever an explanation of the example or of a golden case calls enough is applied, and is.

Each change that an entry names is made by itself in the files or in the customer's events; then
what stood in the way does not any more.
"""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.values.exact import dumps, loads
from sojourn.core.values.instants import format_instant
from sojourn.core.workspace.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.explaining.story import Entry, Story, explain
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import simulate
from tests.explaining.given import Doc, as_json
from tests.explaining.scenes import put
from tests.explaining.test_every_reason import WORKSPACES, events_of

NOT_HERE = {"held", "branch"}
"""A hold's instant is seen in the simulation itself; a branch may be asked past any event."""


@cache
def files_of(folder: Path) -> dict[str, bytes]:
    return read_folder(folder)


@cache
def lines_of(folder: Path) -> list[Doc]:
    """Every line with a customer, in order of time, each with an id and with when it came."""
    found: list[Doc] = []
    for path in events_of(folder):
        for number, text in enumerate(path.read_bytes().splitlines()):
            file = read_events([text])
            if not file.count:
                continue
            doc: Any = loads(text)
            for events in file.by_customer.values():
                bare = doc.get("detail", doc)
                event = events[0]
                line = {**bare, "messageId": bare.get("messageId") or f"{path.name}:{number}"}
                line |= {"receivedAt": format_instant(event.received_at)}
                line |= {"timestamp": format_instant(event.at)}
                if line.get("type", "track") == "track":
                    line["event"] = event.name
                found.append(line)
    return sorted(found, key=lambda line: read_events([dumps(line).encode()]).last_at or 0)


def told(files: dict[str, bytes], lines: list[Doc], customer: str) -> list[Entry]:
    plan: Plan | None = load(files).plan
    assert plan is not None
    file = read_events([dumps(line).encode() for line in lines])
    life = simulate(plan, file, reasons=True).lives[customer]
    return explain(Story(customer, file.by_customer[customer], life.records), plan)


def own(folder: Path, customer: str) -> list[Doc]:
    return [
        line
        for line in lines_of(folder)
        if customer in read_events([dumps(line).encode()]).by_customer
    ]


def customers(folder: Path) -> list[str]:
    file = read_events([dumps(line).encode() for line in lines_of(folder)])
    return sorted(file.by_customer)


def changes(entry: Entry) -> Iterator[Doc]:
    nearest = as_json(entry)["details"].get("nearest", {})
    if nearest.get("change") is not None:
        yield from (nearest["change"], *nearest.get("or", []))


def trigger(lines: list[Doc], entry: Entry) -> Doc | None:
    """The last line that came at the instant of an entry."""
    at = format_instant(entry.at)
    found = [line for line in lines if line["receivedAt"] == at]
    return found[-1] if found else None


def applied(
    files: dict[str, bytes], lines: list[Doc], entry: Entry, change: Doc
) -> tuple[dict[str, bytes], list[Doc], str] | None:
    """Files and lines after a change, and when the same would be now; None: not by these lines."""
    files, lines = dict(files), copy.deepcopy(lines)
    at, line = format_instant(entry.at), trigger(lines, entry)
    match change:
        case {"file": file, "path": path, "to": value}:
            doc: Any = json.loads(files.get(file, b"{}"))
            put(doc, path, value)
            files[file] = json.dumps(doc).encode()
            return files, lines, at
        case {"without": name, "at": came_at}:
            left = [
                one for one in lines if (one.get("event"), one["receivedAt"]) != (name, came_at)
            ]
            return files, left, at
        case {"path": str(path)} if path.startswith("profile."):
            _, _, name = path.partition(".")
            value = change.get("to", "+27821111111" if name == "phone" else "x@example.com")
            traits: Doc = {}
            put(traits, name, value)
            place = lines.index(line) if line is not None else len(lines)
            if line is not None and name.split(".")[0] in line.get("traits", {}):
                put(line["traits"], name, value)
                return files, lines, at
            who: Doc = {key: lines[0][key] for key in ("userId", "anonymousId") if key in lines[0]}
            said = {**who, "type": "identify", "traits": traits, "messageId": "said"}
            lines.insert(place, {**said, "timestamp": at, "receivedAt": at})
            return files, lines, at
        case {"path": str(path), "to": value} if path.startswith("event.") and line is not None:
            put(line.setdefault("properties", {}), path.removeprefix("event."), value)
            return files, lines, at
        case {"instant": instant} if entry.what == "not_entered" and line is not None:
            line |= {"timestamp": instant, "receivedAt": instant}
            return files, lines[: lines.index(line) + 1], str(instant)
        case {"event": name, "times": times} if line is not None:
            who = {key: line[key] for key in ("userId", "anonymousId") if key in line}
            just_before = format_instant(entry.at - 1)
            for number in range(times):
                more: Doc = {**who, "event": name, "messageId": f"more-{number}"}
                more |= dict.fromkeys(("timestamp", "receivedAt"), just_before)
                for path, value in change.get("with", {}).items():
                    put(more.setdefault("properties", {}), path.removeprefix("event."), value)
                lines.insert(lines.index(line), more)
            return files, lines, at
        case _:
            return None


def stands(entries: list[Entry], blocked: Entry, at: str) -> bool:
    """Whether the same rule still stands in the same way at an instant."""
    head = (blocked.reason or "").partition(": ")[0]
    return any(
        entry.what == blocked.what
        and (entry.journey, entry.step) == (blocked.journey, blocked.step)
        and format_instant(entry.at) == at
        and (entry.reason or "").partition(": ")[0] == head
        and entry.details.get("message") == blocked.details.get("message")
        and entry.details.get("key") == blocked.details.get("key")
        for entry in entries
    )


type Applied = tuple[dict[str, bytes], list[Doc], str]


def claims(folder: Path) -> Iterator[tuple[str, Entry, Doc, Applied]]:
    """Every claim of a folder's explanations that can be tried: who, where, what, and after it."""
    files = files_of(folder)
    for customer in customers(folder):
        lines = own(folder, customer)
        for entry in told(files, lines, customer):
            for change in changes(entry) if entry.what not in NOT_HERE else ():
                after = applied(files, lines, entry, change)
                if after is not None:
                    yield customer, entry, change, after


@pytest.mark.parametrize("folder", WORKSPACES, ids=lambda folder: folder.name)
def test_what_is_called_enough_is_enough(folder: Path) -> None:
    for customer, entry, change, (files, lines, at) in claims(folder):
        found = told(files, lines, customer)
        assert not stands(found, entry, at), (customer, entry.explanation, change)


def test_most_kinds_of_claims_are_among_them() -> None:
    tried = [(entry, change) for folder in WORKSPACES for _, entry, change, _ in claims(folder)]
    kinds = {
        (entry.what, *sorted(set(change) - {"or", "with", "times"})) for entry, change in tried
    }
    assert {
        ("not_entered", "path", "to"),
        ("not_entered", "instant"),
        ("not_entered", "event"),
        ("not_entered", "file", "path", "to"),
        ("held_out", "file", "path", "to"),
        ("message", "file", "path", "to"),
        ("message", "path", "to"),
        ("message", "needs", "path"),
        ("message", "at", "without"),
        ("exited", "at", "without"),
    } <= kinds
    assert len(tried) > 40
