"""A bill worked out by hand: what each of its figures is the product of."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from sojourn_cli.costing.bill import GIGABYTE, MONTH, Counted, as_document, read_prices

OTHERS: dict[str, Any] = {
    "step_functions": {
        "transition_per_million": 25,
        "per_step": 2,
        "per_execution": 2,
        "per_event": 3,
    },
    "durable_functions": {
        "operation_per_million": 8,
        "per_step": 2,
        "per_execution": 2,
        "written_gb": Decimal("0.25"),
        "written_kb_per_operation": 1,
        "invocation_ms": 50,
        "mb": 512,
    },
    "pinpoint": {
        "as_of": "2025-05",
        "audience_each": Decimal("0.0012"),
        "audience_free": 5000,
        "event_per_million": 1,
        "email_per_million": 100,
    },
}
PRICES: dict[str, Any] = {**read_prices(None), "others": OTHERS}


def bill(scale: int = 1, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of Counted
    """A million events of 50,000 customers, of which one in twenty enters a journey."""
    counts = {"enrolments": 50_000, "steps": 250_000, "messages": 50_000}
    total = Counter(
        {
            **counts,
            "events": 1_000_000,
            "round_trips": 2_500_000,
            "write_units": 3_000_000,
            "write_units.index": 1_000_000,
            "read_units": 500_000,
            "emails": 40_000,
            "texts": 10_000,
        }
    )
    journeys = {
        None: Counter({"write_units": 1_000_000}),
        "welcome": Counter({**counts, "sent.email": 40_000, "sent.sms": 10_000}),
        "autumn": Counter({"write_units": 2_000_000}),
    }
    given: dict[str, Any] = {"customers": 50_000, "bytes": 2 * GIGABYTE, "span": MONTH}
    found: dict[str, Any] = as_document(
        Counted(total=total, journeys=journeys, **(given | changed)), PRICES, scale
    )
    return found


def others(scale: int = 1, **changed: Any) -> list[Any]:  # noqa: ANN401 - as above
    """What each other service costs for a million events, and for a month."""
    rows = bill(scale, **changed)["beside"]
    return [(float(row["per_million_events"]), float(row["per_month"])) for row in rows]


def test_others_take_what_their_price_lists_say() -> None:
    durable = 600_000 * 8e-6 + 600_000 / 2**20 * 0.25  # operations, and what they write
    durable += 300_000 * 0.05 * 0.5 * float(PRICES["gb_second"]) + 300_000 * 0.2e-6
    assert others() == [
        (pytest.approx(15), pytest.approx(15)),  # 600,000 transitions at 25 dollars a million
        (pytest.approx(75), pytest.approx(75)),  # three for each event
        (pytest.approx(durable, abs=1e-4), pytest.approx(durable, abs=1e-4)),
        (pytest.approx(55), pytest.approx(55)),  # 45,000 written to, and a million events
    ]


def test_pinpoint_asks_for_everybody_each_month() -> None:
    assert others(customers=4_000)[3] == (1, 1)  # the first 5,000 are free
    # 49,995,000 written to: 59,994 dollars; a thousand million events in a month: 1,000.
    assert others(scale=1_000)[3] == (pytest.approx(60.994), pytest.approx(60_994))
    # In half a month half of that is due; the events come twice in a month.
    assert others(span=MONTH // 2)[3] == (pytest.approx(28), pytest.approx(56))


def test_each_line_says_what_one_event_takes_of_it() -> None:
    found = bill()
    assert found["operations"] == {
        "per_event": {"round_trips": 2.5, "write_units": 3, "read_units": 0.5},
        "per_enrolment_step": {"round_trips": 10, "write_units": 12, "read_units": 2},
        "per_message": {"round_trips": 50, "write_units": 60, "read_units": 10},
    }
    lines = {(row["service"], row["what"]): row["per_event"] for row in found["breakdown"]}
    assert lines["DynamoDB", "write units of the timer index"] == 1
    assert lines["DynamoDB", "read units"] == 0.5


def test_journeys_come_by_name_and_what_belongs_to_none_comes_last() -> None:
    rows = bill()["journeys"]
    assert [row["journey"] for row in rows] == ["autumn", "welcome", None]
    each = {row["service"]: row["per_month"] for row in bill()["apart"]}
    assert [float(row["apart_per_month"]) for row in rows] == [
        0,
        pytest.approx(float(sum(each.values())), abs=1e-3),
        0,
    ]
    assert min(each.values()) > 0


def test_what_is_kept_is_paid_by_the_month_and_grows_with_the_customers() -> None:
    month = PRICES["gb_month"]
    kept = 2 * (month["table"] + month["recovery"])
    assert bill()["total"]["storage_per_month"] == pytest.approx(kept)
    assert bill(scale=10)["total"]["storage_per_month"] == pytest.approx(10 * kept)
