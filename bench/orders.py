"""Orders, one of them each customer's first event: one in twenty enters a journey of five steps."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sojourn.core.state.customer import Event
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Instant
from sojourn.language.files import read_folder
from sojourn.language.workspace import load

ONE_IN = 20
WORKSPACE = Path(__file__).parent / "workspaces" / "orders"


def documents(others: int) -> JsonObject:
    """The workspace, and as many journeys more, like its own, that wait for other events."""
    workspace = load(read_folder(WORKSPACE))
    if workspace.documents is None:
        raise AssertionError(f"the workspace has errors: {workspace.findings}")
    made: dict[str, Any] = json.loads(json.dumps(workspace.documents))
    [life] = made["journeys"].values()
    for number in range(others):
        name = f"other-{number}"
        entry = {"event": f"other.{number}"}
        versions = {"1": {**life["versions"]["1"], "id": name, "entry": entry}}
        made["journeys"][name] = {"current": 1, "versions": versions}
    return made


def customer(number: int) -> str:
    """A customer's id."""
    return f"customer-{number:06d}"


def enters(number: int) -> bool:
    """Whether a customer's order is one of those that enter: one of 95 or more."""
    return number % ONE_IN == ONE_IN - 1


def stream(number: int, at: Instant, others: str) -> Event:
    """A customer's event: who enters says where to write to, the rest are ``others``."""
    event = order(number, at)
    if enters(number):
        return replace(event, traits={"email": f"{customer(number)}@shop.example"})
    return replace(event, name=others)


def order(number: int, at: Instant) -> Event:
    """A customer's order."""
    properties: JsonObject = {
        "order_id": f"order-{number}",
        "total": 95 + number % 400 if enters(number) else number % 95,
        "currency": "EUR",
        "items": [{"sku": f"sku-{number % 7}", "quantity": 1 + number % 3}],
    }
    return Event(f"event-{number}", "order.placed", at, at, properties)
