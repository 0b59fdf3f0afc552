"""`sojourn cost`: what the functions take over a file of events, at the prices of a file."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.orders import WORKSPACE, customer, stream
from sojourn.core.values.instants import DAY, SECOND, parse_instant
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn.runtime.customer.mailbox import SHARDS
from sojourn_cli.commands.cost import count
from sojourn_cli.costing.bill import Counted, as_document, read_prices
from sojourn_cli.costing.line import alone
from sojourn_cli.main import main
from tests.template.given import mappings, named, target

SHOP = Path(__file__).parents[2] / "examples" / "shop"
NOON = parse_instant("2026-03-02T12:00:00Z")
PRICES = Path(__file__).parents[2] / "cli" / "sojourn_cli" / "costing" / "prices.json"


def asked(*options: str) -> dict[str, Any]:
    events = str(SHOP / "events.jsonl")
    done = CliRunner().invoke(main, ["cost", str(SHOP), "--events", events, *options])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bill_of(number: int, others: str) -> dict[str, Any]:
    """The bill of a stream of which one event in 20 enters a journey of five steps with a wait.

    Who enters gets an e-mail, which SES reports on. The others are of the name ``others``.
    """
    plan = load(read_folder(WORKSPACE)).plan
    assert plan is not None
    counted = Counted()
    for each in range(number):
        event = stream(each, NOON + each * SECOND, others)
        count(plan, [alone(customer(each), event)], NOON + 400 * DAY, counted)
    counted.span = DAY
    found: dict[str, Any] = as_document(counted, read_prices(None), 1)
    assert found["events"] == found["customers"] == number
    [journey] = [row for row in found["journeys"] if row["journey"] is not None]
    assert journey["enrolments"] * 20 == journey["messages"] * 20 == number
    return found


def test_a_bill_is_the_same_to_the_last_byte_in_however_many_processes() -> None:
    told = [
        CliRunner()
        .invoke(
            main,
            ["cost", str(SHOP), "--events", str(SHOP / "events.jsonl"), "--processes", number],
        )
        .stdout
        for number in ("1", "2", "3")
    ]
    assert told[0] == told[1] == told[2]
    assert json.loads(told[0])["customers"] > 3


def test_a_stream_of_which_one_in_twenty_enters_costs_what_was_promised() -> None:
    found = bill_of(200, "page.viewed")
    assert found["operations"]["per_event"]["round_trips"] <= 2
    assert found["operations"]["per_event"]["write_units"] <= 2
    # 2.16 are what any event costs on its way in; 2.40 are aimed at.
    assert found["total"]["per_million_events"] <= Decimal("3.06")
    assert found["by_batches"]["per_million_events"] <= Decimal("1.70")


def test_events_that_a_journey_refers_to_and_that_do_not_enter_cost_a_decision_each() -> None:
    found = bill_of(200, "order.placed")
    assert 2 < found["operations"]["per_event"]["write_units"] <= Decimal("2.95")
    assert found["total"]["per_million_events"] <= Decimal("3.77")


def test_an_event_nobody_refers_to_costs_its_way_in_and_one_write_unit() -> None:
    plan = load(read_folder(WORKSPACE)).plan
    assert plan is not None
    counted = Counted()
    count(plan, [alone("ana", stream(0, NOON, "page.viewed"))], NOON + DAY, counted)
    found: dict[str, Any] = as_document(counted, read_prices(None), 1)
    rows = found["breakdown"]
    spent = {(row["service"], row["what"].split()[0]): row["per_million_events"] for row in rows}
    assert spent == {
        ("EventBridge", "events"): 1,
        ("SQS", "requests:"): Decimal("0.08"),  # taken and deleted by tens; the last of both lines
        ("DynamoDB", "write"): Decimal("0.625"),
        ("Lambda", "gigabyte-seconds"): Decimal("0.054"),
    }
    total, by_batches = (found[name]["per_million_events"] for name in ("total", "by_batches"))
    assert total == Decimal("2.159")
    assert by_batches == total - 1 - Decimal("0.36")


def test_the_lines_of_the_bill_add_up_to_its_services() -> None:
    found = asked()
    for row in found["services"]:
        own = [line for line in found["breakdown"] if line["service"] == row["service"]]
        summed = sum(line["per_million_events"] for line in own)
        assert summed == pytest.approx(row["per_million_events"], abs=0.001)


def test_what_stands_still_adds_up_and_a_fourth_dashboard_counts(tmp_path: Path) -> None:
    found = asked()
    summed = sum(row["per_month"] for row in found["standing"])
    assert found["total"]["standing_per_month"] == pytest.approx(summed, abs=0.001)
    assert summed < 3
    prices = json.loads(PRICES.read_text(encoding="utf-8"))
    prices["idle_month"]["dashboards"]["free"] = 0
    own = tmp_path / "prices.json"
    own.write_text(json.dumps(prices), encoding="utf-8")
    dear = asked("--prices", str(own))["total"]["standing_per_month"]
    assert dear == pytest.approx(found["total"]["standing_per_month"] + 3)


def test_what_others_take_is_what_is_known_of_them() -> None:
    dollars = [row["per_million_events"] for row in bill_of(200, "page.viewed")["beside"]]
    assert 12 <= dollars[0] <= 17  # Step Functions, an execution an enrolment
    assert 74 <= dollars[1] <= 77  # an execution an event
    assert 5 <= dollars[2] <= Decimal("5.5")  # Lambda durable functions


def test_services_add_up_and_a_month_is_the_file_stretched() -> None:
    found = asked()
    summed = sum(row["per_million_events"] for row in found["services"])
    assert found["total"]["per_million_events"] == pytest.approx(summed, abs=0.001)
    each = found["total"]["per_million_events"] / 1_000_000 * found["events"]
    assert found["total"]["per_month"] == pytest.approx(each * 30.44 / found["days"], abs=0.001)


def test_a_thousand_times_the_customers_cost_a_thousand_times_as_much() -> None:
    one, many = asked("--scale", "1000"), asked("--scale", "1000000")
    for name in ("per_month", "storage_per_month"):
        assert many["total"][name] == pytest.approx(one["total"][name] * 1000, rel=0.01)
    assert many["total"]["per_million_events"] == one["total"]["per_million_events"]
    assert many["total"]["standing_per_month"] == one["total"]["standing_per_month"]


def test_journeys_share_everything_out_and_their_messages_are_their_own() -> None:
    found = asked()
    shared = sum(row["per_million_events"] for row in found["journeys"])
    assert shared == pytest.approx(found["total"]["per_million_events"], abs=0.01)
    messages = {row["journey"]: row["messages"] for row in found["journeys"]}
    simulated = CliRunner().invoke(
        main, ["simulate", str(SHOP), "--events", str(SHOP / "events.jsonl")]
    )
    rows = json.loads(simulated.stdout)["messages"]
    sent = Counter(row["journey"] for row in rows if row["status"] == "sent")
    assert sent
    assert {journey: number for journey, number in messages.items() if number} == dict(sent)


def test_the_same_on_every_run() -> None:
    assert asked() == asked()


def test_a_file_of_ones_own_prices_is_used(tmp_path: Path) -> None:
    prices = json.loads(PRICES.read_text(encoding="utf-8"))
    prices["per_million"]["bus_events"] *= 2
    own = tmp_path / "prices.json"
    own.write_text(json.dumps(prices), encoding="utf-8")
    dear, cheap = asked("--prices", str(own)), asked()
    bus = [row["per_million_events"] for row in (dear["services"][0], cheap["services"][0])]
    assert bus[0] == pytest.approx(2 * bus[1], abs=0.001)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"call_ms": -1}, "call_ms: a number that is not negative is wanted"),
        ({"per_million": 5}, "per_million: an object is wanted"),
        ({"per_million": {}}, "per_million.bus_events: missing"),
        ({"gb_second": "free"}, "gb_second: a number"),
        ({"gb_second": True}, "gb_second: a number"),
    ],
)
def test_prices_that_cannot_be_are_refused_by_name(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    prices = json.loads(PRICES.read_text(encoding="utf-8")) | change
    own = tmp_path / "prices.json"
    own.write_text(json.dumps(prices), encoding="utf-8")
    options = ["--events", str(SHOP / "events.jsonl"), "--prices", str(own)]
    done = CliRunner().invoke(main, ["cost", str(SHOP), *options])
    assert done.exit_code == 2
    assert words in done.output


def test_what_stands_still_is_what_the_template_has() -> None:
    prices = json.loads(PRICES.read_text(encoding="utf-8"))
    idle = prices["idle_month"]
    assert idle["alarms"]["count"] == len(named("AWS::CloudWatch::Alarm"))
    queues = [item for item in mappings() if target(item["EventSourceArn"]) != "Table"]
    # Lambda looks at each queue with five pollers, each for 20 seconds: 30 days have 648,000 looks.
    assert idle["queue_polling_requests"] == len(queues) * 5 * 3 * 60 * 24 * 30
    assert idle["timer_looks"] == 30 * 24 * 30
    assert idle["timer_look_queries"] == SHARDS + 1  # and which plan is live
    # The table's key is kept for five minutes: asked for by wake's role and by the stream's reader.
    assert idle["key_requests"] == 2 * 12 * 24 * 30
    assert idle["dashboards"]["count"] == len(named("AWS::CloudWatch::Dashboard"))
    for part, settings in prices["functions"].items():
        function = named("AWS::Lambda::Function")[f"{part.capitalize()}Function"]
        assert settings["mb"] == function["MemorySize"]


def test_a_table_is_printed_for_people() -> None:
    options = ["--events", str(SHOP / "events.jsonl"), "--format", "table"]
    done = CliRunner().invoke(main, ["cost", str(SHOP), *options])
    assert done.exit_code == 0
    for words in ("DynamoDB", "cart-recovery", "Step Functions", "a month without events"):
        assert words in done.output


def test_events_that_come_with_several_identities_are_counted_too(tmp_path: Path) -> None:
    samples = SHOP.parent / "sources" / "sources" / "samples"
    lines = [json.dumps(json.loads(path.read_bytes())) for path in sorted(samples.iterdir())]
    events = tmp_path / "events.jsonl"
    events.write_text("\n".join(lines), encoding="utf-8")
    done = CliRunner().invoke(main, ["cost", str(SHOP.parent / "sources"), "--events", str(events)])
    found = json.loads(done.stdout)
    assert found["events"] == len(lines)
    assert found["customers"] == 2  # by userId and e-mail address, by a number of Zendesk's


def bill_for(folder: Path, *lines: dict[str, Any]) -> dict[str, Any]:
    """The bill of the shop over these events, one a minute."""
    events = folder / "events.jsonl"
    stamped = (
        {"timestamp": f"2026-03-02T12:{minute:02}:00Z", **line} for minute, line in enumerate(lines)
    )
    events.write_text("".join(f"{json.dumps(line)}\n" for line in stamped), encoding="utf-8")
    done = CliRunner().invoke(main, ["cost", str(SHOP), "--events", str(events)])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


VISIT = {"anonymousId": "v1", "event": "cart.abandoned", "properties": {"cart_id": 1, "total": 9}}
KNOWN = {"type": "identify", "userId": "ana", "traits": {"first_name": "Ana"}}


def test_who_is_joined_is_one_customer_and_joining_her_is_paid_for(tmp_path: Path) -> None:
    joined = bill_for(tmp_path, VISIT, KNOWN | {"anonymousId": "v1"}, VISIT | {"messageId": "2"})
    apart = bill_for(tmp_path, VISIT, KNOWN, VISIT | {"messageId": "2"})
    assert (joined["customers"], apart["customers"]) == (1, 2)
    assert joined["events"] == apart["events"] == 3
    units = [found["operations"]["per_event"]["write_units"] for found in (joined, apart)]
    assert units[0] > units[1]


def test_two_users_of_one_card_are_two_customers(tmp_path: Path) -> None:
    card = {"context": {"externalIds": [{"type": "card", "id": "L1"}]}}
    found = bill_for(tmp_path, KNOWN | card, KNOWN | card | {"userId": "ben"})
    assert found["customers"] == 2


def test_requests_cost_nothing_here(tmp_path: Path) -> None:
    asked = {"source": "desk", "detail-type": "sojourn.forget", "detail": {"customer": "ana"}}
    found = bill_for(tmp_path, KNOWN, asked | {"time": "2026-03-02T12:30:00Z"})
    assert (found["customers"], found["events"]) == (1, 1)


def test_an_empty_file_costs_what_stands_still(tmp_path: Path) -> None:
    nothing = tmp_path / "events.jsonl"
    nothing.write_text("")
    done = CliRunner().invoke(main, ["cost", str(SHOP), "--events", str(nothing)])
    found = json.loads(done.stdout)
    assert found["total"]["all_per_month"] == found["total"]["standing_per_month"] > 0
