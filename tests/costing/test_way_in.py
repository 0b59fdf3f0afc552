"""The way in, in the bill: by the ingest queue, or each event of the bus by itself."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.cost import taken
from sojourn_cli.costing.bill import Counted, as_document, read_prices
from sojourn_cli.main import main

SHOP = Path(__file__).parents[2] / "examples" / "shop"
PRICES = read_prices(None)
EVENTS, ENTERING = 200, 10
REPORTS = 2 * ENTERING
"""SES's, of each e-mail two."""


@pytest.fixture(scope="module")
def queued() -> Counted:
    return taken(EVENTS, "page.viewed")


@pytest.fixture(scope="module")
def direct() -> Counted:
    return taken(EVENTS, "page.viewed", "direct")


def billed(counted: Counted) -> dict[str, Any]:
    found: dict[str, Any] = as_document(counted, PRICES, 1)
    return found


def asked(*options: str) -> Any:  # noqa: ANN401 - click's result
    events = str(SHOP / "events.jsonl")
    return CliRunner().invoke(main, ["cost", str(SHOP), "--events", events, *options])


def test_each_event_and_each_report_is_an_invocation_and_no_request(
    queued: Counted, direct: Counted
) -> None:
    each = EVENTS + REPORTS
    assert queued.total["invocations.ingest"] == each / 10
    assert direct.total["invocations.ingest"] == each
    assert queued.total["queue_requests.rule"] == each
    assert direct.total["queue_requests.rule"] == 0
    assert queued.total["queue_requests.taken"] - direct.total["queue_requests.taken"] == each / 5


def test_nothing_else_is_counted_otherwise(queued: Counted, direct: Counted) -> None:
    of_the_way = {"invocations.ingest", "queue_requests", "queue_requests.rule"}
    of_the_way |= {"queue_requests.taken"}
    one, other = (
        {k: v for k, v in c.total.items() if k not in of_the_way and v} for c in (queued, direct)
    )
    assert one == other


def test_it_costs_what_was_aimed_at_and_adds_up(queued: Counted, direct: Counted) -> None:
    one, other = billed(queued), billed(direct)
    assert one["way_in"], other["way_in"] == ("queue", "direct")
    before, after = (b["total"]["per_million_events"] for b in (one, other))
    assert after <= Decimal("2.40") < before
    # A request, and two tenths of one, are saved; nine tenths of an invocation of 1 ms are paid.
    spent = Decimal("0.9") * (Decimal("0.20") + Decimal("0.0005") * Decimal("13.3334"))
    saved = (Decimal("0.48") - spent) * (EVENTS + REPORTS) / EVENTS
    assert before - after == pytest.approx(saved, abs=Decimal("0.0002"))
    assert one["total"]["standing_per_month"] == other["total"]["standing_per_month"]


def test_in_batches_only_the_reports_still_come_another_way(
    queued: Counted, direct: Counted
) -> None:
    one, other = billed(queued), billed(direct)
    before, after = (b["total"]["per_million_events"] for b in (one, other))
    batched = [b["by_batches"]["per_million_events"] for b in (one, other)]
    of_reports = (before - after) * REPORTS / (EVENTS + REPORTS)
    assert batched[0] - batched[1] == pytest.approx(of_reports, abs=Decimal("0.0002"))


def test_the_command_counts_and_tells_it() -> None:
    found = {way: json.loads(asked("--way-in", way).stdout) for way in ("queue", "direct")}
    assert json.loads(asked().stdout) == found["queue"]
    assert [doc["way_in"] for doc in found.values()] == ["queue", "direct"]
    lines = {
        way: {row["what"] for row in doc["breakdown"] if row["service"] == "SQS"}
        for way, doc in found.items()
    }
    assert any("by a rule" in line for line in lines["queue"])
    assert not any("by a rule" in line for line in lines["direct"])
    table = asked("--way-in", "direct", "--format", "table")
    assert "events of the bus directly to ingest" in " ".join(table.output.split())


def test_no_third_way() -> None:
    assert asked("--way-in", "pigeon").exit_code == 2
