"""Where the money goes: what each part of the way takes, and a stack that stands still."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from sojourn_cli.costing.capacity import MILLION, ON_DEMAND, Capacity
from sojourn_cli.costing.meter import WayIn

BATCH = Fraction(1, 10)
"""The part of a request that one message of a full batch takes."""

type Line = tuple[str, str, Fraction, Fraction]
"""A service, what of it, how much of that, and the dollars."""


def lambda_seconds(counts: Mapping[str, Any], prices: Mapping[str, Any], part: str) -> Fraction:
    """Gigabyte-seconds of one function: its round trips, its computing, and what each invocation
    takes by itself, the rounding up to a millisecond included.
    """
    each = prices["functions"][part]
    calls = Fraction(counts.get(f"calls.{part}", 0)) * Fraction(prices["call_ms"])
    work = Fraction(counts.get(f"records.{part}", 0)) * Fraction(each["record_ms"])
    work += Fraction(counts.get(f"invocations.{part}", 0)) * Fraction(prices["invocation_ms"])
    return (calls + work) / 1000 * Fraction(each["mb"]) / 1024


def lines(counts: Mapping[str, Any], prices: Mapping[str, Any]) -> Iterator[Line]:
    """Every line of the bill but those of SES and SNS; they add up to the services' sums."""
    each = {name: Fraction(price) / MILLION for name, price in prices["per_million"].items()}

    def line(service: str, what: str, unit: str, much: Any) -> Line:  # noqa: ANN401 - a count
        return service, what, Fraction(much), Fraction(much) * each[unit]

    announced = counts.get("announced", 0)
    taken_in = counts.get("bus_events", 0) - announced
    yield line("EventBridge", "events of other systems", "bus_events", taken_in)
    yield line("EventBridge", "events out, and emitted ones", "bus_events", announced)
    for why, what in (
        ("rule", "requests: events and reports put on the ingest queue by a rule"),
        ("taken", "requests: taken off queues"),
        ("put", "requests: wake-ups and work for dispatch put on queues"),
    ):
        yield line("SQS", what, "queue_requests", counts.get(f"queue_requests.{why}", 0))
    for part in ("ingest", "evaluate", "dispatch"):
        much = counts.get(f"write_units.{part}", 0)
        yield line("DynamoDB", f"write units of {part}", "write_units", much)
    much = counts.get("write_units.index", 0)
    yield line("DynamoDB", "write units of the timer index", "write_units", much)
    yield line("DynamoDB", "read units", "read_units", counts.get("read_units", 0))
    for part in prices["functions"]:
        invoked = Fraction(counts.get(f"invocations.{part}", 0)) * each["invocations"]
        seconds = lambda_seconds(counts, prices, part)
        spent = invoked + seconds * Fraction(prices["gb_second"])
        yield "Lambda", f"gigabyte-seconds of {part}, and its invocations", seconds, spent


def saved_by_batches(
    counts: Mapping[str, Any], prices: Mapping[str, Any], way_in: WayIn
) -> Fraction:
    """What is not spent where producers put events on the ingest queue themselves, by tens."""
    each = prices["per_million"]
    request = Fraction(each["queue_requests"]) / MILLION
    if way_in == "queue":
        otherwise = (1 - BATCH) * request
    else:
        alone = lambda_seconds({"invocations.ingest": 1}, prices, "ingest")
        invocation = Fraction(each["invocations"]) / MILLION
        invocation += alone * Fraction(prices["gb_second"])
        otherwise = (1 - BATCH) * invocation - 3 * BATCH * request  # put, received, deleted
    return Fraction(counts["events"]) * (Fraction(each["bus_events"]) / MILLION + otherwise)


def standing(
    prices: Mapping[str, Any], capacity: Capacity = ON_DEMAND
) -> list[tuple[str, Fraction]]:
    """What a stack takes in a month in which nothing comes: alarms, polling, looking, its key.

    Provisioned capacity stands too; looking is within its least.
    """
    idle, per = prices["idle_month"], prices["per_million"]
    each = {name: Fraction(price) / MILLION for name, price in per.items()}
    alarms, dashboards = idle["alarms"], idle["dashboards"]
    looks, queries = idle["timer_looks"], idle["timer_looks"] * idle["timer_look_queries"]
    looked = {"calls.wake": queries, "records.wake": looks, "invocations.wake": looks}
    looking = looks * (each["invocations"] + each["schedules"])
    if capacity == ON_DEMAND:
        looking += queries * each["read_units"] / 2
    looking += lambda_seconds(looked, prices, "wake") * Fraction(prices["gb_second"])
    boards = max(0, dashboards["count"] - dashboards["free"])
    return [
        (f"{alarms['count']} alarms", alarms["count"] * Fraction(alarms["each"])),
        ("Lambda polling queues", idle["queue_polling_requests"] * each["queue_requests"]),
        ("looking for due timers, every two minutes", looking),
        ("the key that the table is encrypted with", idle["key_requests"] * each["key_requests"]),
        ("dashboards beyond the free ones", boards * Fraction(dashboards["each"])),
        *capacity.standing(prices),
    ]
