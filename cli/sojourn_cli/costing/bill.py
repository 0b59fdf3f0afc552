"""The bill: what was counted, at the prices of a dated file, a million events and a month."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject, loads_object
from sojourn.core.values.instants import DAY, Duration
from sojourn_cli.costing.breakdown import lambda_seconds, lines, saved_by_batches, standing
from sojourn_cli.costing.capacity import MILLION, ON_DEMAND, Capacity
from sojourn_cli.costing.meter import WayIn

GIGABYTE = 1 << 30
MONTH = Fraction(3044, 100) * DAY
"""A twelfth of a year of 365.25 days."""

SHORTEST: Duration = DAY
"""Events within less than a day are taken for a day's."""

SERVICES = {
    "EventBridge": ("bus_events",),
    "SQS": ("queue_requests",),
    "DynamoDB": ("write_units", "read_units"),
    "Lambda": ("invocations", "gb_seconds"),
}
APART = {"SES": "emails", "SNS": "texts"}


@dataclass(slots=True)
class Counted:
    """What a run took: in all, for each journey, and its customers; ``bytes`` as they are kept.

    ``way_in`` is how its events came to ingest.
    """

    total: Counter[str] = field(default_factory=Counter)
    journeys: dict[str | None, Counter[str]] = field(default_factory=dict)
    customers: int = 0
    bytes: int = 0
    span: Duration = 0
    way_in: WayIn = "queue"

    def add(self, counts: Counter[str], journeys: Mapping[str, Counter[str]]) -> None:
        """Add a turn; what several journeys share is shared equally among them."""
        self.total.update(counts)
        shared = len(journeys) or 1
        part: Any = {what: Fraction(much) / shared for what, much in counts.items()}
        for journey in journeys or (None,):
            self.journeys.setdefault(journey, Counter()).update(part)
        for journey, own in journeys.items():
            self.journeys[journey].update(own)
            self.total.update(own)

    def join(self, other: "Counted") -> None:
        """Add what was counted of other customers."""
        self.total.update(other.total)
        for journey, counts in other.journeys.items():
            self.journeys.setdefault(journey, Counter()).update(counts)
        self.customers += other.customers
        self.bytes += other.bytes


def read_prices(path: Path | None) -> Mapping[str, Any]:
    """The prices that come with the command, or a file's; raises InvalidInput."""
    if path is None:
        text = files("sojourn_cli.costing").joinpath("prices.json").read_bytes()
    else:
        text = path.read_bytes()
    given: Any = loads_object(text)
    own: Any = json.loads(files("sojourn_cli.costing").joinpath("prices.json").read_bytes())
    _same_keys(given, own, "")
    return dict(given)


def _same_keys(given: Any, own: Any, place: str) -> None:  # noqa: ANN401 - any JSON
    """Raise InvalidInput where a file of prices lacks what ours has, or has another kind there."""
    if isinstance(own, dict):
        if not isinstance(given, dict):
            raise InvalidInput(f"{place or 'prices'}: an object is wanted")
        for key, value in own.items():
            where = f"{place}.{key}" if place else key
            if key not in given:
                raise InvalidInput(f"{where}: missing")
            _same_keys(given[key], value, where)
    elif isinstance(own, int | float) and (
        isinstance(given, bool) or not isinstance(given, int | Decimal) or given < 0
    ):
        raise InvalidInput(f"{place}: a number that is not negative is wanted")


def dollars(counts: Mapping[str, Any], prices: Mapping[str, Any]) -> dict[str, Fraction]:
    """What was counted costs, by service, SES and SNS included."""
    units = {**counts, **_lambda(counts, prices)}
    each = {name: Fraction(price) / MILLION for name, price in prices["per_million"].items()}
    each["gb_seconds"] = Fraction(prices["gb_second"])
    billed = {**SERVICES, **{service: (unit,) for service, unit in APART.items()}}
    return {
        service: sum((Fraction(units.get(name, 0)) * each[name] for name in names), Fraction(0))
        for service, names in billed.items()
    }


def _lambda(counts: Mapping[str, Any], prices: Mapping[str, Any]) -> dict[str, Fraction]:
    """Invocations of all functions, and their gigabyte-seconds."""
    parts = prices["functions"]
    return {
        "invocations": sum(
            (Fraction(counts.get(f"invocations.{part}", 0)) for part in parts), Fraction(0)
        ),
        "gb_seconds": sum((lambda_seconds(counts, prices, part) for part in parts), Fraction(0)),
    }


def as_document(
    counted: Counted, listed: Mapping[str, Any], scale: int, capacity: Capacity = ON_DEMAND
) -> JsonObject:
    """The bill as one JSON object, at the prices of a file; dollars, to the hundredth of a cent."""
    factor, prices = _Factor(counted, scale), capacity.priced(listed)
    spent = dollars(counted.total, prices)
    ours = sum((spent[service] for service in SERVICES), Fraction(0))
    still = standing(prices, capacity)
    idle = sum((spent for _, spent in still), Fraction(0))
    batched = ours - saved_by_batches(counted.total, prices, counted.way_in)
    month = Fraction(counted.bytes) * scale / GIGABYTE
    storage = month * (
        Fraction(prices["gb_month"]["table"]) + Fraction(prices["gb_month"]["recovery"])
    )
    twice = capacity.in_use(prices, _of_table(counted.total, prices, factor))
    return {
        "prices": {name: prices[name] for name in ("as_of", "region", "currency")},
        "capacity": capacity.told(listed),
        "way_in": counted.way_in,
        "events": int(counted.total["events"]),
        "customers": counted.customers,
        "days": _round(Fraction(factor.span, DAY)),
        "scale": scale,
        "services": [factor.row({"service": name}, spent[name]) for name in SERVICES],
        "total": {
            **factor.row({}, ours),
            "standing_per_month": _round(idle),
            "storage_per_month": _round(storage),
            "standing_in_use_per_month": _round(twice),
            "all_per_month": _round(factor.month(ours) + idle + storage - twice),
        },
        "by_batches": factor.row({}, batched),
        "breakdown": [*_breakdown(counted, prices, factor)],
        "standing": [{"what": what, "per_month": _round(much)} for what, much in still],
        "apart": [factor.row({"service": name}, spent[name]) for name in APART],
        "operations": _operations(counted),
        "journeys": [*_journeys(counted, prices, factor)],
        "beside": [*_beside(counted, prices, factor)],
    }


@noun
class _Factor:
    """How dollars of the run become dollars of a million events and of a month."""

    counted: Counted
    scale: int

    @property
    def span(self) -> Duration:
        return max(self.counted.span, SHORTEST)

    def million(self, spent: Fraction) -> Fraction:
        return spent * MILLION / max(1, int(self.counted.total["events"]))

    def month(self, spent: Fraction) -> Fraction:
        return spent * self.scale * MONTH / self.span

    def row(self, named: JsonObject, spent: Fraction) -> JsonObject:
        return {
            **named,
            "per_million_events": _round(self.million(spent)),
            "per_month": _round(self.month(spent)),
        }


def _of_table(
    counts: Mapping[str, Any], prices: Mapping[str, Any], factor: _Factor
) -> Mapping[str, Fraction]:
    """A month's dollars of the table's writes and reads, and of its index's writes."""
    index = Fraction(counts.get("write_units.index", 0))
    units = {
        "write": (Fraction(counts.get("write_units", 0)) - index, "write_units"),
        "index": (index, "write_units"),
        "read": (Fraction(counts.get("read_units", 0)), "read_units"),
    }
    return {
        what: factor.month(much * Fraction(prices["per_million"][unit]) / MILLION)
        for what, (much, unit) in units.items()
    }


def _breakdown(
    counted: Counted, prices: Mapping[str, Any], factor: _Factor
) -> Iterator[JsonObject]:
    """Each service's lines; what nothing was taken of is left out."""
    for service, what, much, spent in lines(counted.total, prices):
        if much:
            each = _round(much / max(1, int(counted.total["events"])))
            yield factor.row({"service": service, "what": what, "per_event": each}, spent)


def _operations(counted: Counted) -> JsonObject:
    """Round trips and capacity units, on average."""
    total = counted.total
    found: JsonObject = {}
    for name, divisor in (
        ("per_event", total["events"]),
        ("per_enrolment_step", total["steps"]),
        ("per_message", total["messages"]),
    ):
        found[name] = {
            unit: _round(Fraction(total[unit], int(divisor)) if divisor else Fraction(0))
            for unit in ("round_trips", "write_units", "read_units")
        }
    return found


def _journeys(counted: Counted, prices: Mapping[str, Any], factor: _Factor) -> Iterator[JsonObject]:
    rows = sorted(counted.journeys.items(), key=lambda row: (row[0] is None, row[0] or ""))
    for journey, counts in rows:
        spent = dollars(counts, prices)
        ours = sum((spent[service] for service in SERVICES), Fraction(0))
        named: JsonObject = {
            "journey": journey,
            "enrolments": int(counts["enrolments"]),
            "steps": int(counts["steps"]),
            "messages": int(counts["messages"]),
        }
        own = {"emails": counts["sent.email"], "texts": counts["sent.sms"]}
        told = dollars(own, prices)
        apart = sum((told[service] for service in APART), Fraction(0))
        yield {**factor.row(named, ours), "apart_per_month": _round(factor.month(apart))}


def _beside(counted: Counted, prices: Mapping[str, Any], factor: _Factor) -> Iterator[JsonObject]:
    """What the same journeys would cost elsewhere; messages apart, as above."""
    total, others = counted.total, prices["others"]
    events, entered, steps = (Fraction(total[name]) for name in ("events", "enrolments", "steps"))
    step, durable, pinpoint = (
        others[name] for name in ("step_functions", "durable_functions", "pinpoint")
    )
    each = Fraction(step["transition_per_million"]) / MILLION
    moves = entered * step["per_execution"] + steps * step["per_step"]
    yield factor.row({"what": "Step Functions, an execution an enrolment"}, moves * each)
    moves = events * step["per_event"]
    yield factor.row({"what": "Step Functions, an execution an event"}, moves * each)
    operations = entered * durable["per_execution"] + steps * durable["per_step"]
    written = operations * durable["written_kb_per_operation"] / (1 << 20)
    seconds = (entered + steps) * durable["invocation_ms"] / 1000 * durable["mb"] / 1024
    spent = operations * Fraction(durable["operation_per_million"]) / MILLION
    spent += written * Fraction(durable["written_gb"]) + seconds * Fraction(prices["gb_second"])
    spent += (entered + steps) * Fraction(prices["per_million"]["invocations"]) / MILLION
    yield factor.row({"what": "Lambda durable functions, one an enrolment"}, spent)
    audience = max(0, counted.customers * factor.scale - pinpoint["audience_free"])
    monthly = Fraction(audience) * Fraction(pinpoint["audience_each"])
    ingested = events * Fraction(pinpoint["event_per_million"]) / MILLION
    yield {
        "what": f"Pinpoint, its prices of {pinpoint['as_of']}, everybody written to each month",
        "per_million_events": _round(
            factor.million(ingested + monthly * factor.span / MONTH / factor.scale)
        ),
        "per_month": _round(factor.month(ingested) + monthly),
    }


def _round(value: Fraction) -> Json:
    """A number with four places at most, without zeros at its end."""
    exact = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.0001"))
    whole = int(exact)
    return whole if exact == whole else exact.normalize()
