"""The table's capacity in the bill: on demand, or provisioned and used to a part."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.cost import taken
from sojourn_cli.costing.bill import Counted, as_document, read_prices
from sojourn_cli.costing.capacity import ON_DEMAND, USE, Capacity, full
from sojourn_cli.main import main
from tests.template.given import named, properties, template

SHOP = Path(__file__).parents[2] / "examples" / "shop"
PRICES = read_prices(None)


@pytest.fixture(scope="module")
def stream() -> Counted:
    """One event in twenty enters a journey."""
    return taken(200, "page.viewed")


def billed(counted: Counted, use: float | Decimal | None = None, scale: int = 1) -> dict[str, Any]:
    capacity = ON_DEMAND if use is None else Capacity(Fraction(str(use)))
    found: dict[str, Any] = as_document(counted, PRICES, scale, capacity)
    return found


def asked(*options: str) -> Any:  # noqa: ANN401 - click's result
    events = str(SHOP / "events.jsonl")
    return CliRunner().invoke(main, ["cost", str(SHOP), "--events", events, *options])


def test_a_unit_in_use_all_the_time_costs_its_hour_by_3_600() -> None:
    assert full(PRICES, "write") == pytest.approx(0.18056, abs=0.00001)
    assert full(PRICES, "read") == pytest.approx(0.03611, abs=0.00001)
    each = Capacity(USE).priced(PRICES)["per_million"]
    assert float(each["write_units"]) == pytest.approx(0.18056 / 0.7, abs=0.0001)
    assert {k: v for k, v in each.items() if k not in {"write_units", "read_units"}} == {
        k: v for k, v in PRICES["per_million"].items() if k not in {"write_units", "read_units"}
    }


def test_the_table_alone_is_priced_otherwise(stream: Counted) -> None:
    one, other = billed(stream), billed(stream, 0.7)
    spent = [
        {row["service"]: row["per_million_events"] for row in b["services"]} for b in (one, other)
    ]
    assert {name for name in spent[0] if spent[0][name] != spent[1][name]} == {"DynamoDB"}
    units = one["operations"]["per_event"]
    assert units == other["operations"]["per_event"]
    wanted = (units["write_units"] * Decimal("0.65") + units["read_units"] * Decimal("0.13")) / (
        Decimal("3.6") * Decimal("0.7")
    )
    assert spent[1]["DynamoDB"] == pytest.approx(wanted, abs=Decimal("0.0001"))


def test_steady_streams_cost_what_was_aimed_at(stream: Counted) -> None:
    found = billed(stream, 0.7)
    assert found["total"]["per_million_events"] <= Decimal("2.40")
    assert found["by_batches"]["per_million_events"] <= Decimal("1.05")
    # And no longer at little more than half of that use.
    assert billed(stream, 0.37)["total"]["per_million_events"] > Decimal("2.40")


def test_at_the_break_even_both_cost_the_same(stream: Counted) -> None:
    even = billed(stream)["capacity"]["break_even_use"]
    assert even == Decimal("0.2889")
    for use, cheaper in ((even - Decimal("0.01"), False), (even + Decimal("0.01"), True)):
        dollars = billed(stream, use)["total"]["per_million_events"]
        assert (dollars < billed(stream)["total"]["per_million_events"]) is cheaper


def test_what_stands_still_has_the_least_capacity_and_the_alarms_that_scale_it() -> None:
    idle, listed = billed(Counted(), 0.7), billed(Counted())
    more = {row["what"]: row["per_month"] for row in idle["standing"]}
    own = {row["what"]: row["per_month"] for row in listed["standing"]}
    assert more["16 alarms that scale it"] == Decimal("1.6")
    least = more["the least capacity of the table and of its index"]
    assert least == Decimal("5.694")  # 2 * 5 * (0.00065 + 0.00013) * 730
    looking = "looking for due timers, every two minutes"
    assert own[looking] - more[looking] == pytest.approx(Decimal("0.0446"), abs=Decimal("0.0001"))
    assert idle["total"]["standing_per_month"] == pytest.approx(
        Decimal("10.19"), abs=Decimal("0.01")
    )


def test_what_stands_still_is_what_the_template_has() -> None:
    least, parameters = PRICES["idle_month"]["provisioned"], template()["Parameters"]
    policies = named("AWS::ApplicationAutoScaling::ScalingPolicy")
    # Of each policy two alarms on what is used, and two on what is provisioned.
    assert least["alarms"] == 4 * len(policies)
    assert least["places"] == 1 + len(properties("Table")["GlobalSecondaryIndexes"])
    assert least["write_units"] == parameters["LeastWriteUnits"]["Default"]
    assert least["read_units"] == parameters["LeastReadUnits"]["Default"]
    aims = {
        policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for policy in policies.values()
    }
    assert aims == {int(USE * 100)}


@pytest.mark.parametrize(("events_a_second", "cheaper"), [(3, False), (4, True), (100, True)])
def test_the_least_capacity_is_paid_once_whatever_uses_it(
    stream: Counted, events_a_second: int, *, cheaper: bool
) -> None:
    """The page on cost names the rate from which a steady stream is cheaper."""
    scale = events_a_second * 24 * 60 * 60 // 200
    one, other = billed(stream, scale=scale)["total"], billed(stream, 0.7, scale)["total"]
    assert (other["all_per_month"] < one["all_per_month"]) is cheaper
    whole = other["per_month"] + other["standing_per_month"] + other["storage_per_month"]
    twice = pytest.approx(other["standing_in_use_per_month"], abs=Decimal("0.0003"))  # rounded each
    assert whole - other["all_per_month"] == twice
    assert one["standing_in_use_per_month"] == 0
    # Never more than the least of the table, and of the index's writes; only looks read the index.
    assert 0 < other["standing_in_use_per_month"] <= Decimal("5.2195") + Decimal("0.0001")


def test_capacity_and_use_are_told() -> None:
    found = [
        json.loads(asked(*options).stdout)["capacity"]
        for options in (
            (),
            ("--capacity", "provisioned"),
            ("--capacity", "provisioned", "--use", "0.5"),
        )
    ]
    assert [(each["mode"], each["use"]) for each in found] == [
        ("on-demand", None),
        ("provisioned", 0.7),
        ("provisioned", 0.5),
    ]
    printed = [
        asked("--format", "table", *options).output
        for options in ((), ("--capacity", "provisioned", "--use", "0.55"))
    ]
    assert "the table's capacity on demand" in printed[0]
    assert "capacity provisioned, 55% of it in use" in printed[1]
    assert "cheaper than on demand above 29%" in printed[1]


def test_capacity_that_is_in_both_rows_is_a_row() -> None:
    options = ("--capacity", "provisioned", "--scale", "100000", "--format", "table")
    assert "capacity counted in both" in asked(*options).output
    assert "capacity counted in both" not in asked(*options[2:]).output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--use", "0.5"), "give --capacity provisioned too"),
        (("--capacity", "provisioned", "--use", "0"), "0<x<=1"),
        (("--capacity", "provisioned", "--use", "70"), "0<x<=1"),
        (("--capacity", "reserved"), "'on-demand', 'provisioned'"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: tuple[str, ...], words: str) -> None:
    done = asked(*options)
    assert done.exit_code == 2
    assert words in done.output


def test_ones_own_price_of_an_hour_is_used(tmp_path: Path) -> None:
    own: Any = json.loads(json.dumps(PRICES, default=float))
    own["provisioned"]["write_unit_hour"] *= 10
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(own), encoding="utf-8")
    capacity = ("--capacity", "provisioned")
    dear, cheap = (
        json.loads(asked(*capacity, *prices).stdout) for prices in (("--prices", str(file)), ())
    )
    assert dear["total"]["per_million_events"] > cheap["total"]["per_million_events"]
    assert dear["capacity"]["break_even_use"] > 1  # on demand is cheaper however it is used
