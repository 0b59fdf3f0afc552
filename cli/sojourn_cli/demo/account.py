"""The account: per customer what she got, when and why, and what she did not get and why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sojourn.core.nouns import noun
from sojourn.core.state.decisions import Record
from sojourn.core.values.instants import SECOND, Instant, parse_instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.timeline import Timeline, read_timeline
from sojourn_cli.demo.play import Played, reader
from sojourn_cli.explaining.obstacles import read_obstacle, say_met
from sojourn_cli.local.stack import LocalStack

CAUSED_WITHIN = 2 * SECOND
"""A message wanted within this after an event was sent was caused by it, not by a timer: the
shortest wait of the demonstration is five seconds."""


@noun
class Row:
    """One thing a customer got or did not get; ``at`` is seconds after the start.

    ``status`` is a message's outcome, `held`, or `ended` and `not entered` for a journey that an
    event ended or that did not begin.
    """

    customer: str
    at: float
    journey: str
    step: str
    channel: str
    status: str
    why: str
    requested_at: Instant = 0
    arrived_at: Instant | None = None
    was_held: bool = False

    @property
    def is_message(self) -> bool:
        """Whether it is about a message."""
        return bool(self.channel)


@noun
class Account:
    """Every row, and the run's counts; delays in seconds."""

    rows: tuple[Row, ...]
    events: int
    dead_letters: int
    fresh: tuple[float, ...]
    late: tuple[float, ...]
    enrolments: tuple[tuple[str, str, str], ...]

    @property
    def messages(self) -> tuple[Row, ...]:
        """The rows that are about messages."""
        return tuple(row for row in self.rows if row.is_message)


def account_of(stack: LocalStack, played: Played, plan: Plan) -> Account:
    """Read what became of every customer of the stories, who were played under a plan."""
    mailboxes, history = reader(stack)
    arrivals = _arrivals(stack.recorded())
    rows: list[Row] = []
    enrolments: list[tuple[str, str, str]] = []
    for customer in played.customers:
        timeline = read_timeline(mailboxes, history, customer)
        rows += _rows(timeline, arrivals, played, plan)
        enrolments += [
            (customer, record.journey or "", str(record.details.get("outcome")))
            for record in timeline.records
            if record.what == "exited"
        ]
    fresh, late = _delays(rows, played)
    return Account(
        tuple(rows),
        len(played.sent),
        _dead_letters(stack),
        tuple(fresh),
        tuple(late),
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


def _rows(
    timeline: Timeline, arrivals: Mapping[str, Instant], played: Played, plan: Plan
) -> Iterator[Row]:
    told = _Told(timeline, arrivals, played, plan)
    rows = [row for record in timeline.records if (row := told.row(record)) is not None]
    yield from sorted(rows, key=lambda row: row.at)


def why_not_entered(record: Record, plan: Plan) -> str:
    """Why a journey was not entered: a condition as `explain` words it, else the reason itself."""
    reason, journey = str(record.reason), plan.current.get(record.journey or "")
    if journey is None or journey.entry.where is None:
        return reason
    met = read_obstacle(journey.entry.where, reason, plan.segments)
    return reason if met is None else say_met(met)


class _Told:
    """One customer's records in the words of the last screen."""

    def __init__(
        self, timeline: Timeline, arrivals: Mapping[str, Instant], played: Played, plan: Plan
    ) -> None:
        self._plan = plan
        self._arrivals = arrivals
        self._played = played
        self._customer = timeline.box.customer_id
        self._events = {event.received_at for event in timeline.events if not event.caused}
        self._entered: dict[str, str] = {}
        self._holds: dict[str, Record] = {}
        self._decided = {
            str(record.details["message"])
            for record in timeline.records
            if record.what == "message"
        }

    def row(self, record: Record) -> Row | None:
        """What a record means to the reader; None when it means nothing by itself."""
        match record.what:
            case "entered":
                self._entered[record.journey or ""] = str(record.details.get("event"))
            case "held":
                return self._held(record)
            case "message":
                return self._message(record)
            case "exited" if (record.reason or "").startswith("event "):
                event = str(record.reason).removeprefix("event ")
                return self._plain(record, "ended", f"by {event}")
            case "not_entered" if record.at in self._events and record.journey is not None:
                return self._plain(record, "not entered", why_not_entered(record, self._plan))
            case _:
                pass
        return None

    def _seconds(self, at: Instant) -> float:
        return (at - self._played.started_at) / SECOND

    def _plain(self, record: Record, status: str, why: str) -> Row:
        return Row(
            self._customer,
            self._seconds(record.at),
            record.journey or "",
            record.step or "",
            "",
            status,
            why,
        )

    def _held(self, record: Record) -> Row | None:
        """A hold; the reader hears of it by itself only when the message is held to this day."""
        id_ = str(record.details["message"])
        self._holds[id_] = record
        if id_ in self._decided:
            return None
        why = f"{record.reason}: goes at {record.details['until']}"
        return self._about_message(record, "held", why)

    def _message(self, record: Record) -> Row:
        status = str(record.details["outcome"])
        why = record.reason or status
        if status == "sent":
            why = f"entered by {self._entered.get(record.journey or '')}"
        hold = self._holds.get(str(record.details["message"]))
        if hold is not None:
            held_seconds = (record.at - hold.at) / SECOND
            why += f"; held {held_seconds:.1f} s by {hold.reason}"
        return self._about_message(record, status, why, was_held=hold is not None)

    def _about_message(
        self, record: Record, status: str, why: str, *, was_held: bool = False
    ) -> Row:
        return Row(
            self._customer,
            self._seconds(record.at),
            record.journey or "",
            record.step or "",
            str(record.details["channel"]),
            status,
            why,
            parse_instant(str(record.details["requested_at"])),
            self._arrivals.get(str(record.details["message"])),
            was_held,
        )


def _delays(rows: Sequence[Row], played: Played) -> tuple[list[float], list[float]]:
    """Seconds from the event to the provider, and from a timer's instant to the provider."""
    fresh: list[float] = []
    late: list[float] = []
    for row in rows:
        if row.arrived_at is None or row.was_held:
            continue  # what a rule held back tells nothing of latency
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
