"""What an event takes and costs: a stream of which one in twenty enters a journey, beside others.

Counted, not timed: every run and machine finds the same.
"""

from collections.abc import Iterator
from typing import Any

from bench.measure import spread
from bench.orders import ONE_IN, WORKSPACE, customer, stream
from bench.report import Result, Row
from sojourn.core.values.instants import DAY, SECOND, parse_instant
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.commands.cost import count
from sojourn_cli.costing.bill import Counted, as_document, read_prices
from sojourn_cli.costing.capacity import ON_DEMAND, USE, Capacity
from sojourn_cli.costing.line import alone
from sojourn_cli.costing.meter import WayIn

EVENTS = 400
NOON = parse_instant("2026-03-02T12:00:00Z")

MOST_ROUND_TRIPS = 2
MOST_WRITE_UNITS = 2
MOST_DOLLARS = 2.40
MOST_DOLLARS_BY_BATCHES = 1.05
MOST_IDLE_DOLLARS = 3.00

SHOWN_DOLLARS = 0.02
"""Lines of the bill below this are left out of the page."""

OURS = "dollars a million events, SES and SNS apart"
PROVISIONED = f"the table's capacity provisioned and used to {float(USE):.0%}"
DIRECT = "events directly to ingest"
LEAST = "the table's capacity provisioned, the least of it"


def taken(events: int, others: str, way_in: WayIn = "queue") -> Counted:
    """What so many customers' events take, of which those that do not enter are ``others``."""
    plan = load(read_folder(WORKSPACE)).plan
    if plan is None:
        raise AssertionError(f"{WORKSPACE} has errors")
    counted = Counted(way_in=way_in)
    for number in range(events):
        event = stream(number, NOON + number * SECOND, others)
        count(plan, [alone(customer(number), event)], NOON + 400 * DAY, counted)
    counted.span = DAY
    entered, sent = counted.total["enrolments"], counted.total["messages"]
    if (counted.customers, entered, sent) != (events, events // ONE_IN, events // ONE_IN):
        raise AssertionError(f"{entered} of {events} events entered, {sent} e-mails went")
    return counted


def bill(counted: Counted, capacity: Capacity = ON_DEMAND) -> dict[str, Any]:
    """The bill of that."""
    found: dict[str, Any] = as_document(counted, read_prices(None), 1, capacity)
    return found


def result() -> Result:
    """Two streams: the others concern no journey, or are of the name that it asks for."""
    others = {
        "the others concern no journey": "page.viewed",
        "the others do not fit": "order.placed",
    }
    prices = read_prices(None)
    return Result(
        "Operations and cost",
        f"An event's operations and dollars where one in {ONE_IN} enters a journey of five steps"
        " with a wait and an e-mail, which SES reports as taken and as delivered; at list prices"
        f" of {prices['as_of']} in"
        f" {prices['region']}: counted at the ports while the functions' own code takes"
        f" {EVENTS} events. The table's capacity is on demand, and events come by the queue, as is"
        " the default, but in the rows that say otherwise.",
        "tests/stack/test_cost_counts.py holds what is counted to what the emulated AWS bills.",
        [row for which, name in others.items() for row in _rows(name, which)],
    )


def _rows(name: str, which: str) -> Iterator[Row]:
    counted, direct = taken(EVENTS, name), taken(EVENTS, name, "direct")
    found, by_the_hour = bill(counted), bill(counted, Capacity(USE))
    each, total = found["operations"]["per_event"], found["total"]
    wanted = which == "the others concern no journey"
    yield _row(f"round trips, {which}", each["round_trips"], MOST_ROUND_TRIPS, wanted=wanted)
    yield _row(f"write units, {which}", each["write_units"], MOST_WRITE_UNITS, wanted=wanted)
    yield _row(f"{OURS}, {which}", total["per_million_events"], MOST_DOLLARS, wanted=wanted)
    batched = found["by_batches"]["per_million_events"]
    what = f"the same, put on the ingest queue by tens, {which}"
    yield _row(what, batched, MOST_DOLLARS_BY_BATCHES, wanted=wanted)
    if wanted:
        for line in found["breakdown"]:
            spent = line["per_million_events"]
            if spent >= SHOWN_DOLLARS:
                yield _row(f"- {line['service']}, {line['what']}", spent, 0, wanted=False)
        idle = total["standing_per_month"]
        yield _row("dollars a month, standing still", idle, MOST_IDLE_DOLLARS, wanted=True)
        yield from _direct(direct, which, wanted=True)
        yield from _by_the_hour(by_the_hour, which, wanted=True)
        ours = total["per_million_events"]
        for row in found["beside"][:3]:
            dollars = row["per_million_events"]
            ratio = spread([float(dollars / ours)])
            yield Row(row["what"], spread([float(dollars)]), "dollars", ratio, OURS)
    else:
        yield from _direct(direct, which, wanted=False)
        yield from _by_the_hour(by_the_hour, which, wanted=False)


def _direct(counted: Counted, which: str, *, wanted: bool) -> Iterator[Row]:
    """The same stream where events of the bus come to ingest without the queue."""
    for capacity, how in ((ON_DEMAND, DIRECT), (Capacity(USE), f"{DIRECT}, {PROVISIONED}")):
        dollars = bill(counted, capacity)["total"]["per_million_events"]
        yield _row(f"{OURS}, {how}, {which}", dollars, MOST_DOLLARS, wanted=wanted)


def _by_the_hour(found: dict[str, Any], which: str, *, wanted: bool) -> Iterator[Row]:
    """The same stream where the table's capacity is provisioned."""
    total, batched = found["total"], found["by_batches"]["per_million_events"]
    dollars = total["per_million_events"]
    yield _row(f"{OURS}, {PROVISIONED}, {which}", dollars, MOST_DOLLARS, wanted=wanted)
    what = f"the same, put on the ingest queue by tens, {PROVISIONED}, {which}"
    yield _row(what, batched, MOST_DOLLARS_BY_BATCHES, wanted=wanted)
    if wanted:
        idle = total["standing_per_month"]
        yield _row(f"dollars a month, standing still, {LEAST}", idle, 0, wanted=False)


def _row(what: str, value: Any, most: float, *, wanted: bool) -> Row:  # noqa: ANN401 - a number of the bill
    said = f"at most {most:g}" if wanted else None
    return Row(
        what,
        spread([float(value)]),
        "",
        target=said,
        met=float(value) <= most if wanted else None,
    )
