"""Rows: what a simulation prints, gathered from one life after another."""

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from sojourn.core.customer import Enrolment, Message
from sojourn.core.exact import Json, JsonObject
from sojourn.core.instants import Instant, format_instant
from sojourn_cli.simulation.clock import Life
from sojourn_cli.simulation.lines import RefusedLine

type Row = dict[str, Json]
type Ordered = list[tuple[tuple[object, ...], Row]]
"""Rows, each with what it is sorted by."""

type Visits = Counter[tuple[str, int, str]]
"""How often a journey's version came to a step."""


class Piece(NamedTuple):
    """The rows of some customers."""

    messages: Ordered
    enrolments: Ordered
    entered: Visits
    inside: Visits
    customers: int


class Rows:
    """Gathers the rows of a result: what each life left behind, and how often steps were visited.

    ``customers`` is of how many.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._forget()

    def _forget(self) -> None:
        self._messages: Ordered = []
        self._enrolments: Ordered = []
        self._entered: Visits = Counter()
        self._inside: Visits = Counter()
        self.customers = 0

    def look(self, customer: str, life: Life) -> None:
        """See Gathering."""
        self._messages += _messages(customer, life)
        self._enrolments += _enrolments(customer, life)
        for item in life.enrolments.values():
            self._count(item)
        self.customers += 1

    def taken(self) -> Piece:
        """See Gathering."""
        piece = Piece(self._messages, self._enrolments, self._entered, self._inside, self.customers)
        self._forget()
        return piece

    def add(self, piece: Piece) -> None:
        """See Gathering."""
        self._messages += piece.messages
        self._enrolments += piece.enrolments
        self._entered += piece.entered
        self._inside += piece.inside
        self.customers += piece.customers

    def _count(self, item: Enrolment) -> None:
        for step, visits in item.visits.items():
            self._entered[item.journey, item.version, step] += visits
        if item.step is not None:
            self._inside[item.journey, item.version, item.step] += 1

    def document(self, until: Instant, refused: Iterable[RefusedLine]) -> JsonObject:
        """All rows in order, as the contract's JSON object."""
        return {
            "until": format_instant(until),
            "messages": _sorted(self._messages),
            "enrolments": _sorted(self._enrolments),
            "funnel": list(self._funnel()),
            "refused": [
                {"line": item.line, "reason": item.reason}
                for item in sorted(refused, key=lambda item: item.line)
            ],
        }

    def _funnel(self) -> Iterator[Json]:
        """Visits per step, by journey, step and version; the steps somebody visited."""
        for place in sorted(self._entered, key=lambda place: (place[0], place[2], place[1])):
            journey, version, step = place
            yield {
                "journey": journey,
                "version": version,
                "step": step,
                "entered": self._entered[place],
                "left": self._entered[place] - self._inside[place],
                "inside": self._inside[place],
            }


def _sorted(rows: Ordered) -> list[Json]:
    rows.sort(key=itemgetter(0))
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
