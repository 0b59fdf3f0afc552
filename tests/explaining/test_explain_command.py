"""`sojourn explain`: what it prints, and what it says when it cannot."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sojourn_cli.main import main

SHOP = Path(__file__).parents[2] / "examples" / "shop"
EVENTS = SHOP / "events.jsonl"


def explain(*words: object) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, words)])


def entries(*words: object) -> list[dict[str, Any]]:
    found = explain(SHOP, "--events", EVENTS, *words)
    assert found.exit_code == 0, found.output
    doc = json.loads(found.stdout)
    assert set(doc) == {"customer", "entries"}
    listed: list[dict[str, Any]] = doc["entries"]
    return listed


def test_a_customers_story_in_order_of_time() -> None:
    found = entries("--customer", "thandi")
    assert [row["at"] for row in found] == sorted(row["at"] for row in found)
    assert all(
        list(row) == ["at", "what", "journey", "step", "reason", "explanation", "details"]
        for row in found
    )
    assert found[0]["what"] == "event"
    ended = next(row for row in found if row["what"] == "exited")
    assert (ended["journey"], ended["step"]) == ("cart-recovery", "wait-an-hour")
    assert ended["explanation"] == (
        "Ended as bought: its exit rule on order.placed; without that order.placed it would have"
        " gone on."
    )


def test_why_a_journey_did_not_start() -> None:
    found = entries("--customer", "bongani", "--journey", "cart-recovery")
    assert found[0]["reason"] == "event.total gte 50: 32"
    assert found[0]["explanation"] == (
        "Did not enter on cart.abandoned because of event.total ≥ 50: it was 32;"
        " 50 would be enough."
    )
    assert found[0]["details"] == {"nearest": {"change": {"path": "event.total", "to": 50}}}
    assert {row["journey"] for row in found} == {"cart-recovery"}


def test_why_a_message_waited() -> None:
    found = entries("--customer", "lerato", "--step", "remind")
    held = next(row for row in found if row["what"] == "held")
    assert held["reason"] == "cap email-daily"
    assert held["explanation"] == (
        "Held: cap email-daily allows 1 in 1 day, and welcome/hello at 2026-03-02T07:00:00Z counts;"
        " cap email-daily frees at 2026-03-03T07:00:00Z."
    )
    assert {row["step"] for row in found} == {"remind"}


def test_a_journey_that_nothing_came_for() -> None:
    (row,) = entries("--customer", "thandi", "--journey", "welcome")
    assert (
        row["explanation"] == "Did not enter: it is entered on account.created, which never came."
    )


def test_the_same_bytes_on_every_run_and_from_a_compressed_file(tmp_path: Path) -> None:
    packed = tmp_path / "events.jsonl.gz"
    packed.write_bytes(gzip.compress(EVENTS.read_bytes()))
    first = explain(SHOP, "--events", EVENTS, "--customer", "zanele").stdout
    assert first == explain(SHOP, "--events", EVENTS, "--customer", "zanele").stdout
    assert first == explain(SHOP, "--events", packed, "--customer", "zanele").stdout


def test_until_stops_as_a_simulation_does() -> None:
    found = entries("--customer", "lerato", "--until", "2026-03-02T09:00:00Z")
    assert found[-1]["what"] == "held"
    assert found[-1]["at"] == "2026-03-02T09:00:00Z"


def test_a_table_for_people() -> None:
    words = ("--customer", "bongani", "--journey", "cart-recovery", "--format", "table")
    found = explain(SHOP, "--events", EVENTS, *words)
    assert found.exit_code == 0
    assert "customer bongani" in found.stdout
    assert "cart-recovery/remind" in found.stdout
    assert "because of event.total ≥ 50" in found.stdout


def test_an_unknown_customer_is_named_with_the_one_that_was_meant() -> None:
    found = explain(SHOP, "--events", EVENTS, "--customer", "bongany")
    assert found.exit_code == 1
    assert "events.jsonl: there is no customer `bongany`; did you mean `bongani`?" in found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--events", EVENTS], "Missing option '--customer'"),
        (["--customer", "thandi"], "give either --events FILE or --stack NAME"),
        (
            ["--customer", "x", "--events", EVENTS, "--stack", "s"],
            "give either --events FILE or --stack NAME",
        ),
        (["--customer", "x", "--stack", "s", "--seed", "1"], "--until and --seed go with --events"),
        (
            ["--customer", "thandi", "--events", EVENTS, "--journey", "welcom"],
            "there is no journey `welcom`; did you mean `welcome`?",
        ),
        (
            ["--customer", "thandi", "--events", EVENTS, "--step", "remnid"],
            "there is no step `remnid`; did you mean `remind`?",
        ),
        (
            ["--customer", "thandi", "--events", EVENTS, "--journey", "welcome", "--step", "nudge"],
            "there is no step `nudge`",
        ),
        (["--customer", "x", "--events", EVENTS, "--until", "soon"], "is not an instant"),
    ],
)
def test_bad_usage(words: list[object], said: str) -> None:
    found = explain(SHOP, *words)
    assert found.exit_code == 2
    assert said in found.stderr


def test_a_workspace_is_wanted_with_events() -> None:
    found = explain("--events", EVENTS, "--customer", "thandi")
    assert found.exit_code == 2
    assert "WORKSPACE is wanted with --events" in found.stderr
