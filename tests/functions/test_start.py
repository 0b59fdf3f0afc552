"""What a cold start loads: every package more is paid for by whoever waits for the first event."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "CONFIGURATION_SET": "set",
    "DEAD_LETTER_QUEUE_URL": "https://dead.example",
    "DISPATCH_QUEUE_URL": "https://dispatch.example",
    "EVENT_BUS_NAME": "bus",
    "EVENT_RETENTION_DAYS": "400",
    "INGEST_QUEUE_URL": "https://ingest.example",
    "PREFERENCES_URL": "https://preferences.example/",
    "SENDER_EMAIL": "hello@shop.example",
    "TABLE_NAME": "table",
    "WAKE_FUNCTION_NAME": "shop-wake",
    "WAKE_QUEUE_URL": "https://wake.example",
    "WORKSPACE_BUCKET": "workspace",
}
PROGRAM = """
import gc, json, sys
import botocore.session
botocore.session.get_session().create_client("dynamodb")
before = set(sys.modules)
import handler
loaded = sorted(set(sys.modules) - before)
print(json.dumps({"loaded": loaded, "collects": gc.isenabled(), "frozen": gc.get_freeze_count()}))
"""
MODULES_HOLD_OBJECTS = 10_000
BATCHES = """
import handler
told = []
class Dispatch:
    def begin(self):
        told.append("begin")
    def take(self, body):
        told.append(body)
handler._dispatch = Dispatch()
handler.handler({"Records": [{"messageId": name, "body": name} for name in "ab"]}, None)
print(*told)
"""
HOT = ["evaluate", "ingest", "preferences", "rights", "wake"]
ZONES = {"importlib", "sysconfig", "tzdata", "zoneinfo"}
TEMPLATES = {"liquid", "markupsafe"}
VALIDATION = {
    *("annotated_types", "pydantic", "pydantic_core"),
    *("typing_extensions", "typing_inspection"),
}


FUNCTIONS = [*HOT, "dispatch", "publish"]


def said_by(program: str, function: str) -> str:
    """What a fresh process prints that can import a function's handler."""
    return subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(ROOT / "functions" / function)},
    ).stdout


@cache
def started(function: str) -> dict[str, Any]:
    """What a fresh process says after a DynamoDB client was made and a handler imported."""
    found: dict[str, Any] = json.loads(said_by(PROGRAM, function))
    return found


def loaded(function: str) -> list[str]:
    """The modules that a handler brings beside those of a DynamoDB client."""
    names: list[str] = started(function)["loaded"]
    assert "sojourn.core.errors" in names
    return names


def packages(function: str) -> set[str]:
    tops = {name.partition(".")[0] for name in loaded(function)}
    return {name for name in tops if not name.startswith("_")} - {"handler", "sojourn"}


def rooms(function: str) -> set[str]:
    names = [name for name in loaded(function) if name.startswith("sojourn.")]
    return {name.split(".")[1] for name in names}


@pytest.mark.parametrize("function", HOT)
def test_what_runs_for_every_event_adds_zones_alone_to_the_tables_client(function: str) -> None:
    assert packages(function) - {"secrets"} <= ZONES
    assert rooms(function) == {"adapters", "core", "runtime"}


def test_dispatch_adds_templates_and_publish_validation() -> None:
    foreign = {
        function: {name for name in packages(function) if name not in sys.stdlib_module_names}
        for function in ("dispatch", "publish")
    }
    assert foreign["dispatch"] == {*TEMPLATES, "tzdata"}
    assert foreign["publish"] - {"tzdata"} == TEMPLATES | VALIDATION
    assert rooms("dispatch") == {"adapters", "core", "rendering", "runtime"}
    assert rooms("publish") == {"adapters", "core", "language", "rendering", "runtime"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_dispatch_alone_loads_what_providers_are_given_and_answer(function: str) -> None:
    providers = {"sojourn.adapters.handing_over", "sojourn.runtime.messages.providers"}
    assert providers & set(loaded(function)) == (providers if function == "dispatch" else set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_garbage_is_collected_again_but_not_among_what_was_loaded(function: str) -> None:
    assert started(function)["collects"]
    assert started(function)["frozen"] > MODULES_HOLD_OBJECTS


def test_dispatch_counts_the_time_of_each_batch_anew() -> None:
    assert said_by(BATCHES, "dispatch").split() == ["begin", "a", "b"]
