"""The account: per customer what she got, when and why, and what she did not get and why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sojourn.core.decisions import Record
from sojourn.core.instants import SECOND, Instant, format_instant, parse_instant
from sojourn.runtime.timeline import Timeline, read_timeline
from sojourn_cli.demo.play import Played, reader
from sojourn_cli.local.stack import LocalStack

CAUSED_WITHIN = 2 * SECOND
"""A message wanted within this after an event was sent was caused by it, not by a timer: the
shortest wait of the demonstration is five seconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing a customer got or did not get; ``at`` is seconds after the start."""

    customer: str
    journey: str
    step: str
    channel: str
    status: str
    why: str
    at: float
    arrived_at: Instant | None
    requested_at: Instant


@dataclass(frozen=True, slots=True)
class Account:
    """Every row, and the run's counts."""

    rows: tuple[Row, ...]
    events: int
    dead_letters: int
    seconds: float
    late: tuple[float, ...]
    fresh: tuple[float, ...]
    enrolments: tuple[tuple[str, str, str], ...]


def account_of(stack: LocalStack, played: Played) -> Account:
    """Read what became of every customer of the stories."""
    mailboxes, history = reader(stack)
    arrivals = _arrivals(stack.recorded())
    rows: list[Row] = []
    enrolments: list[tuple[str, str, str]] = []
    for customer in played.customers:
        timeline = read_timeline(mailboxes, history, customer)
        rows += _rows(timeline, arrivals, played)
        enrolments += [
            (customer, record.journey or "", str(record.details.get("outcome")))
            for record in timeline.records
            if record.what == "exited"
        ]
    fresh, late = _delays(rows, played)
    seconds = max([row.at for row in rows], default=0.0)
    return Account(
        tuple(rows),
        len(played.sent),
        _dead_letters(stack),
        seconds,
        tuple(late),
        tuple(fresh),
        tuple(enrolments),
    )


def _dead_letters(stack: LocalStack) -> int:
    answer = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs["DeadLetterQueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _arrivals(recorded: Sequence[Mapping[str, Any]]) -> dict[str, Instant]:
    """When each message reached its provider: e-mail by our tag, text messages by their words."""
    found: dict[str, Instant] = {}
    for message in recorded:
        at = parse_instant(message["arrived_at"])
        tags = message.get("tags") or {}
        key = tags.get("sojourn_message") or json.dumps([message["to"], message.get("text")])
        found.setdefault(key, at)
    return found


def _rows(timeline: Timeline, arrivals: Mapping[str, Instant], played: Played) -> Iterator[Row]:
    customer = timeline.box.customer_id
    for record in timeline.records:
        if record.what == "message":
            requested = parse_instant(str(record.details["requested_at"]))
            status = str(record.details["outcome"])
            yield Row(
                customer,
                record.journey or "",
                record.step or "",
                str(record.details["channel"]),
                status,
                _why(record, status, timeline),
                (record.at - played.started_at) / SECOND,
                arrivals.get(str(record.details["message"])),
                requested,
            )
    held = timeline.box.customer.messages.values() if timeline.box.customer is not None else ()
    for message in held:
        until = format_instant(message.wake_at)
        yield Row(
            customer,
            message.journey,
            message.step,
            message.channel,
            "held",
            f"{message.reason}: goes at {until}",
            (message.requested_at - played.started_at) / SECOND,
            None,
            message.requested_at,
        )


def _why(record: Record, status: str, timeline: Timeline) -> str:
    if status != "sent":
        return record.reason or status
    waited = record.at - parse_instant(str(record.details["requested_at"]))
    entered = [
        str(other.details.get("event"))
        for other in timeline.records
        if other.what == "entered" and other.journey == record.journey and other.at <= record.at
    ]
    why = f"{record.journey} after {entered[-1]}" if entered else str(record.journey)
    return f"{why}, held {waited / SECOND:.1f} s by a rule" if waited > SECOND else why


def _delays(rows: Sequence[Row], played: Played) -> tuple[list[float], list[float]]:
    """Seconds from the event to the provider, and from a timer's instant to the provider."""
    fresh: list[float] = []
    late: list[float] = []
    for row in rows:
        if row.status != "sent" or row.arrived_at is None:
            continue
        if row.arrived_at - row.requested_at > CAUSED_WITHIN:
            continue  # it was held by a rule: its delay is no latency
        causes = [
            at
            for at, customer, _ in played.sent
            if customer == row.customer and 0 <= row.requested_at - at < CAUSED_WITHIN
        ]
        if causes:
            fresh.append((row.arrived_at - causes[-1]) / SECOND)
        else:
            late.append((row.arrived_at - row.requested_at) / SECOND)
    return fresh, late


def latencies(account: Account) -> dict[str, tuple[int, float, float]]:
    """Per kind: how many, median and 99th percentile in seconds."""
    kinds = {"event to message": account.fresh, "timer to message": account.late}
    return {
        kind: (len(values), _quantile(values, 0.5), _quantile(values, 0.99))
        for kind, values in kinds.items()
        if values
    }


def _quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not pass."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
