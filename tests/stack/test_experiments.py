"""What a split and a holdout came to on the deployed stack, from its recording."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sojourn_cli.local.stack import LocalStack
from tests.stack.given import COMMAND, SOON, Shop, email, journey, order

pytestmark = pytest.mark.stack

PEOPLE = [f"trial{number}" for number in range(24)]
TRIAL = journey(
    "trial",
    "trial.began",
    {
        "which": {
            "type": "split",
            "arms": [
                {"name": "plain", "weight": 1, "next": "plain"},
                {"name": "discount", "weight": 1, "next": "discount"},
            ],
        },
        "plain": email("Come back"),
        "discount": email("Ten per cent off"),
    },
    entry={"event": "trial.began", "holdout": 30},
    goal={"event": "trial.bought"},
)


def test_the_groups_are_those_that_production_drew(stack: LocalStack, tmp_path: Path) -> None:
    shop, since = Shop(stack), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    reports = shop.upload({"journeys/trial.json": TRIAL})
    assert reports["journeys/trial.json"]["ok"] is True
    shop.put(*(order(person, event="trial.began") for person in PEOPLE))
    shop.settle()
    drawn = {person: shop.mailed(person) for person in PEOPLE}
    buyers = [person for person in PEOPLE if drawn[person] == ["Ten per cent off"]]
    shop.put(*(order(person, "2", event="trial.bought") for person in buyers))
    shop.settle()
    events, live = tmp_path / "events.jsonl.gz", tmp_path / "live"
    options = ("--since", since, "-o", str(events), "--workspace", str(live))
    shop.command("record", *options)
    done = subprocess.run(
        [COMMAND, "experiments", live, "--events", events, "--journey", "trial"],
        capture_output=True,
        text=True,
        timeout=SOON,
        check=True,
    )
    found = {
        (each["experiment"], group["group"]): (group["customers"], group["converted"])
        for each in json.loads(done.stdout)["experiments"]
        for group in each["groups"]
    }
    held = [person for person in PEOPLE if not drawn[person]]
    plain = [person for person in PEOPLE if drawn[person] == ["Come back"]]
    assert held
    assert plain
    assert buyers
    assert found == {
        ("holdout", "held out"): (len(held), 0),
        ("holdout", "in the journey"): (len(PEOPLE) - len(held), len(buyers)),
        ("split", "plain"): (len(plain), 0),
        ("split", "discount"): (len(buyers), len(buyers)),
    }
