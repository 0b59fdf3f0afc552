"""Simulate: every customer's life on the virtual clock, gathered into one result."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sojourn.core.customer import Enrolment, Message
from sojourn.core.exact import Json, JsonObject
from sojourn.core.instants import DAY, Instant, format_instant
from sojourn.core.plan import Plan
from sojourn_cli.simulation.clock import Life, live
from sojourn_cli.simulation.lines import EventsFile

HORIZON = 400 * DAY
"""How long after the last event a simulation without an end goes on at most."""

type Row = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Simulation:
    """A finished simulation: its end and every customer's life, by customer id."""

    until: Instant
    lives: dict[str, Life]


def simulate(
    plan: Plan,
    file: EventsFile,
    until: Instant | None = None,
    *,
    progress: Callable[[int], None] = lambda _: None,
    reasons: bool = False,
) -> Simulation:
    """Run everything up to ``until``; without it, until nothing more would happen.

    ``progress`` is told how many customers are done.
    """
    limit = until if until is not None else (file.last_at or 0) + HORIZON
    lives: dict[str, Life] = {}
    for done, customer in enumerate(sorted(file.by_customer), start=1):
        events = file.by_customer[customer]
        lives[customer] = live(plan, customer, events, limit, reasons=reasons)
        progress(done)
    return Simulation(_end(file, until, limit, lives), lives)


def _end(
    file: EventsFile, until: Instant | None, limit: Instant, lives: dict[str, Life]
) -> Instant:
    if until is not None or any(life.more for life in lives.values()):
        return limit
    ends = [life.last_at for life in lives.values() if life.last_at is not None]
    return max([*ends, file.last_at or 0])


def as_document(simulation: Simulation, plan: Plan, file: EventsFile) -> JsonObject:
    """The result as the contract's JSON object."""
    messages: list[tuple[tuple[object, ...], Row]] = []
    enrolments: list[tuple[tuple[object, ...], Row]] = []
    for customer, life in simulation.lives.items():
        messages += _messages(customer, life)
        enrolments += _enrolments(customer, life)
    return {
        "until": format_instant(simulation.until),
        "messages": _sorted(messages),
        "enrolments": _sorted(enrolments),
        "funnel": list(_funnel(simulation, plan)),
        "refused": [{"line": item.line, "reason": item.reason} for item in file.refused],
    }


def _sorted(rows: list[tuple[tuple[object, ...], Row]]) -> list[Json]:
    rows.sort(key=lambda pair: pair[0])
    return [row for _, row in rows]


def _messages(customer: str, life: Life) -> Iterator[tuple[tuple[object, ...], Row]]:
    for item in life.settled:
        decided = format_instant(item.decided_at)
        yield _message(customer, life, item.message, item.status, item.reason, decided)
    for message in life.customer.messages.values():
        yield _message(customer, life, message, "held", message.reason, None)


def _message(  # noqa: PLR0913 - the columns of one row
    customer: str,
    life: Life,
    message: Message,
    status: str,
    reason: str | None,
    decided_at: str | None,
) -> tuple[tuple[object, ...], Row]:
    content = life.contents.get(message.id) if status == "sent" else None
    row: Row = {
        "customer": customer,
        "journey": message.journey,
        "version": message.version,
        "step": message.step,
        "channel": message.channel,
        "category": message.category,
        "status": status,
        "reason": reason,
        "requested_at": format_instant(message.requested_at),
        "decided_at": decided_at,
        "subject": content.subject if content is not None else None,
        "body": (content.text or content.body) if content is not None else None,
    }
    order = (message.requested_at, customer, message.journey, message.step, message.number)
    return order, row


def _enrolments(customer: str, life: Life) -> Iterator[tuple[tuple[object, ...], Row]]:
    for item in life.enrolments.values():
        row: Row = {
            "customer": customer,
            "journey": item.journey,
            "version": item.version,
            "key": item.key,
            "entered_at": format_instant(item.entered_at),
            "exited_at": _maybe(item.exited_at),
            "outcome": item.outcome,
            "step": item.step,
            "converted_at": _maybe(item.converted_at),
            "credited_to": item.credited_to,
        }
        yield (item.entered_at, customer, item.journey, item.step or "", item.number), row


def _maybe(instant: Instant | None) -> str | None:
    return None if instant is None else format_instant(instant)


def _funnel(simulation: Simulation, plan: Plan) -> Iterator[Json]:
    """Visits per step, in the order of the journey's file; steps nobody visited are left out."""
    entered: Counter[tuple[str, int, str]] = Counter()
    inside: Counter[tuple[str, int, str]] = Counter()
    for life in simulation.lives.values():
        for item in life.enrolments.values():
            _count(item, entered, inside)
    for (journey, version), noun in sorted(plan.versions.items()):
        for step in noun.steps:
            place = (journey, version, step)
            if entered[place]:
                yield {
                    "journey": journey,
                    "version": version,
                    "step": step,
                    "entered": entered[place],
                    "left": entered[place] - inside[place],
                    "inside": inside[place],
                }


def _count(
    item: Enrolment,
    entered: Counter[tuple[str, int, str]],
    inside: Counter[tuple[str, int, str]],
) -> None:
    for step, visits in item.visits.items():
        entered[item.journey, item.version, step] += visits
    if item.step is not None:
        inside[item.journey, item.version, item.step] += 1
