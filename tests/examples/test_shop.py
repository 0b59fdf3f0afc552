"""The example shop: what its stories promise is what the virtual clock says."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import parse_duration, parse_instant
from sojourn.core.workspace.plan import Plan, Send
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.simulation.lines import read_events
from sojourn_cli.simulation.run import as_document, simulate

SHOP = Path(__file__).parents[2] / "examples" / "shop"
DEMO = SHOP / "demo"
STORIES = json.loads((SHOP / "expected.json").read_text(encoding="utf-8"))["customers"]
DEMO_STORIES = json.loads((DEMO / "expected.json").read_text(encoding="utf-8"))["customers"]
SPEED = json.loads((DEMO / "speed.json").read_text(encoding="utf-8"))
LINES = [json.loads(line) for line in (DEMO / "stories.jsonl").read_text().splitlines()]

BEGIN = datetime(2026, 3, 4, 12, tzinfo=UTC)
ZONES = {"{{awake}}": "Etc/GMT-2", "{{asleep}}": "Etc/GMT+10"}  # 14:00 and 02:00 there
REPORTED = {
    "open": "message.opened",
    "click": "message.clicked",
    "bounce": "message.bounced",
    "subscription": "message.unsubscribed",
}
PLAY_SECONDS = 60


def plan_of(files: dict[str, bytes]) -> Plan:
    workspace = load(files)
    assert [item for item in workspace.findings if item.severity == "error"] == []
    assert workspace.plan is not None
    return workspace.plan


@cache
def shop() -> dict[str, bytes]:
    return read_folder(SHOP)


def simulated(plan: Plan, lines: list[bytes], until: str | None = None) -> dict[str, Any]:
    events = read_events(lines)
    end = None if until is None else parse_instant(until)
    found: dict[str, Any] = json.loads(dumps(as_document(simulate(plan, events, end))))
    assert found["refused"] == []
    return found


@cache
def real_days() -> dict[str, Any]:
    return simulated(plan_of(shop()), shop()["events.jsonl"].splitlines())


def hasty() -> dict[str, bytes]:
    """The workspace at demo speed; a path that is not there fails."""
    files = dict(shop())
    for name, changes in SPEED.items():
        doc = json.loads(files[name])
        for path, value in changes.items():
            *way, last = [
                int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)
            ]
            place = doc
            for part in way:
                place = place[part]
            assert place[last] != value
            place[last] = value
        files[name] = json.dumps(doc).encode()
    return files


def at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat()


def played(late_seconds: tuple[float, ...] = (0,)) -> Iterator[bytes]:
    """The play as an events file; each line comes in late by the next of the delays, in turn."""
    for number, line in enumerate(LINES):
        second = line["after_seconds"]
        if "event" in line:
            event = line["event"] | {"timestamp": at(second - line.get("happened_seconds_ago", 0))}
        else:
            told = dict(line["feedback"])
            event = {"userId": told.pop("customer"), "event": REPORTED[told.pop("kind")]}
            event |= {"timestamp": at(second), "properties": told}
        event["receivedAt"] = at(second + late_seconds[number % len(late_seconds)])
        text = json.dumps(event)
        for placeholder, zone in ZONES.items():
            text = text.replace(placeholder, zone)
        yield text.encode()


@cache
def demo() -> dict[str, Any]:
    return simulated(plan_of(hasty()), list(played()), at(PLAY_SECONDS))


def of(customer: str, kind: str, found: dict[str, Any], like: list[dict[str, Any]]) -> list[Any]:
    """A customer's rows with the columns of the expected ones."""
    rows = [row for row in found[kind] if row["customer"] == customer]
    columns = like[0].keys() if like else ()
    return [
        {name: (row["subject"] or row["body"]) if name == "says" else row[name] for name in columns}
        for row in rows
    ]


@pytest.mark.parametrize("customer", STORIES)
def test_a_customer_gets_what_her_story_promises(customer: str) -> None:
    story = STORIES[customer]
    assert of(customer, "messages", real_days(), story["messages"]) == story["messages"]
    assert of(customer, "enrolments", real_days(), story["journeys"]) == story["journeys"]


@pytest.mark.parametrize("customer", DEMO_STORIES)
def test_a_customer_of_the_demo_gets_what_her_story_promises(customer: str) -> None:
    story = DEMO_STORIES[customer]
    assert of(customer, "messages", demo(), story["messages"]) == story["messages"]
    assert of(customer, "enrolments", demo(), story["journeys"]) == story["journeys"]


@pytest.mark.parametrize(
    "late_seconds", [(0.9, 0), (0, 1.3, 0.4), (2, 0, 0, 1), (0.2, 1.9, 1.1, 0, 0.7)]
)
def test_the_demo_does_not_hang_on_a_second_or_two(late_seconds: tuple[float, ...]) -> None:
    found = simulated(plan_of(hasty()), list(played(late_seconds)), at(PLAY_SECONDS))

    def fates(doc: dict[str, Any]) -> list[tuple[str, ...]]:
        names = ("customer", "journey", "step", "channel", "status", "reason")
        return sorted(tuple(str(row[name]) for name in names) for row in doc["messages"])

    assert fates(found) == fates(demo())


def test_the_simulation_ends_when_nothing_more_would_happen() -> None:
    expected = json.loads((SHOP / "expected.json").read_text(encoding="utf-8"))
    assert real_days()["until"] == expected["until"]


def test_every_customer_has_a_story_and_every_story_is_told() -> None:
    told = (SHOP / "STORIES.md").read_text(encoding="utf-8")
    headings = {line.split()[1].lower() for line in told.splitlines() if line.startswith("## ")}
    senders = {json.loads(line)["userId"] for line in shop()["events.jsonl"].splitlines()}
    assert headings == senders == STORIES.keys() == DEMO_STORIES.keys()
    assert {line["customer"] for line in LINES} == senders


def test_the_stories_show_every_outcome_but_those_that_need_a_fault() -> None:
    shown = {row["status"] for row in real_days()["messages"] + demo()["messages"]}
    assert shown == {"sent", "suppressed", "no_consent", "no_address", "cancelled", "held"}


def test_a_complaint_ends_every_marketing_journey() -> None:
    for journey in plan_of(shop()).current.values():
        if journey.category == "marketing":
            assert "complaint.filed" in {name for rule in journey.exits for name in rule.events}


def test_every_journey_is_walked_and_every_step_has_its_place_on_the_map() -> None:
    plan = plan_of(shop())
    assert {row["journey"] for row in real_days()["enrolments"]} == plan.current.keys()
    unplaced = [
        f"{journey.id}.{name}"
        for journey in plan.current.values()
        for name, step in journey.steps.items()
        if isinstance(step, Send) and step.stage is None
    ]
    assert unplaced == []


def test_the_demo_has_no_timer_under_five_seconds_and_ends_within_a_minute() -> None:
    durations = [
        parse_duration(value)
        for changes in SPEED.values()
        for value in changes.values()
        if isinstance(value, str)
    ]
    assert min(durations) >= parse_duration("5s")
    assert max(line["after_seconds"] for line in LINES) < PLAY_SECONDS
    last = max(row["decided_at"] or "" for row in demo()["messages"])
    assert parse_instant(last) < parse_instant(at(PLAY_SECONDS))
