"""Turns: what a customer's journal says of each decision, as far as it is needed to decide again.

What went in is kept (events, the plan's revision, when dispatch looked at a message, what the
provider answered), never what came out: that is what a replay finds by itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sojourn.core.codec import decode_event
from sojourn.core.customer import Event
from sojourn.core.decisions import Record
from sojourn.core.exact import Json, JsonObject, loads_object
from sojourn.core.instants import EARLIEST, Instant, format_instant, parse_instant
from sojourn.runtime.deciding import read_records

_REPEATED = "messageId "
_TAKEN_BEFORE = " was taken before"


@dataclass(frozen=True, slots=True)
class Look:
    """Dispatch looked at a message: ``outcome`` as recorded (`held`, or a message's), and why.

    Outcome and reason matter where they were the provider's answer; else they are decided again.
    ``segments`` is into how many parts a text message was cut: links in it are not made again.
    """

    message: str
    at: Instant
    outcome: str
    reason: str | None
    until: Instant | None
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A message was claimed for the provider at an instant."""

    message: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Turn:
    """One decision of production: the ``revision`` of the customer that it made.

    ``plan`` is the plan's revision, ``carried_to`` the instant up to which what fell due was taken,
    ``at`` that of its last stimulus. ``events`` are the ids of those taken, in order; ``again`` of
    those that were known already, with when they came.
    """

    revision: int
    plan: int
    carried_to: Instant
    at: Instant
    events: tuple[str, ...] = ()
    again: tuple[tuple[str, Instant], ...] = ()
    looks: tuple[Look, ...] = ()
    claim: Claim | None = None

    def as_document(self) -> JsonObject:
        """The turn as JSON."""
        return {
            "revision": self.revision,
            "plan": self.plan,
            "carried_to": format_instant(self.carried_to),
            "at": format_instant(self.at),
            "events": list(self.events),
            "again": [[id_, format_instant(at)] for id_, at in self.again],
            "looks": [
                [
                    look.message,
                    format_instant(look.at),
                    look.outcome,
                    look.reason,
                    None if look.until is None else format_instant(look.until),
                    look.segments,
                ]
                for look in self.looks
            ],
            "claim": None
            if self.claim is None
            else [self.claim.message, format_instant(self.claim.at)],
        }


def turn_from(doc: Any) -> Turn:  # noqa: ANN401 - JSON that `as_document` made
    """The turn from JSON."""
    claim = doc["claim"]
    return Turn(
        doc["revision"],
        doc["plan"],
        parse_instant(doc["carried_to"]),
        parse_instant(doc["at"]),
        tuple(doc["events"]),
        tuple((id_, parse_instant(at)) for id_, at in doc["again"]),
        tuple(
            Look(id_, parse_instant(at), outcome, reason, until and parse_instant(until), segments)
            for id_, at, outcome, reason, until, segments in doc["looks"]
        ),
        None if claim is None else Claim(claim[0], parse_instant(claim[1])),
    )


@dataclass(frozen=True, slots=True)
class Past:
    """A customer's turns in order, and her events, each `received_at` the instant it was taken.

    Events that no turn names were kept without a decision: nobody referred to them, or they are
    among those ``waiting``. ``is_joined`` says that she was joined into another.
    """

    customer: str
    turns: tuple[Turn, ...]
    events: tuple[Event, ...]
    waiting: frozenset[str] = frozenset()
    is_joined: bool = False

    @property
    def joins(self) -> bool:
        """Whether any event says that she is somebody else too: a recording tells of each alone."""
        links = [event.links for event in self.events if event.links is not None]
        return self.is_joined or any(found.joins or found.alias is not None for found in links)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of her beginning is gone: her turns count from 1 without a gap."""
        return [turn.revision for turn in self.turns] == list(range(1, len(self.turns) + 1))


def past_of(
    customer: str, lines: Iterable[str], kept: Iterable[Event], inbox: Iterable[Event]
) -> Past:
    """A customer's past: the lines of her journal in any order, events kept beside, her inbox."""
    turns: list[Turn] = []
    events: dict[str, Event] = {}
    decided_at: Instant = 0
    for line in _once(lines):
        taken = list(_taken(line, decided_at))
        turn = _turn(line, taken, decided_at)
        turns.append(turn)
        for event in taken:
            events.setdefault(event.id, event)
        decided_at = turn.at
    decided = set(events)
    waiting = list(inbox)
    for event in (*kept, *waiting):
        events.setdefault(event.id, event)
    ordered = sorted(events.values(), key=lambda event: event.received_at)
    ids = frozenset(event.id for event in waiting) - decided
    return Past(customer, tuple(turns), tuple(ordered), ids)


def _once(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Each line once, by the revision it made: a moved one may stand in two places."""
    found = {(doc := dict(loads_object(line)))["r"]: doc | {"line": line} for line in lines}
    return [found[revision] for revision in sorted(found)]  # type: ignore[type-var]  # numbers


def _taken(line: dict[str, Any], decided_at: Instant) -> Iterator[Event]:
    """Events from outside, each received when it was taken: after what was decided before it."""
    for stored in line.get("e", ()):
        event = decode_event(stored)
        if not event.caused:
            decided_at = max(decided_at, event.received_at)
            yield replace(event, received_at=decided_at)


def _turn(line: dict[str, Any], taken: list[Event], decided_at: Instant) -> Turn:
    at: Instant = line["at"]
    records = read_records(line["line"])
    claimed = line.get("c")
    return Turn(
        line["r"],
        line["p"],
        at - line["n"] if "n" in line else max(at, decided_at),
        at,
        tuple(event.id for event in taken),
        tuple(_repeated(records)),
        tuple(_looks(records)),
        None if claimed is None else Claim(claimed[0], at + claimed[1]),
    )


def _repeated(records: Iterable[Record]) -> Iterator[tuple[str, Instant]]:
    for record in records:
        if record.what == "duplicate":
            id_ = (record.reason or "").removeprefix(_REPEATED).removesuffix(_TAKEN_BEFORE)
            yield id_, record.at


def _looks(records: Iterable[Record]) -> Iterator[Look]:
    for record in records:
        if record.what == "held":
            until = parse_instant(str(record.details["until"]))
            yield Look(_message(record), record.at, "held", record.reason, until)
        elif record.what == "message":
            outcome = str(record.details["outcome"])
            segments: Any = record.details.get("segments")
            yield Look(_message(record), record.at, outcome, record.reason, None, segments)


def _message(record: Record) -> str:
    return str(record.details["message"])


def revisions_over(turns: Iterable[Turn]) -> list[tuple[Instant, int]]:
    """Revisions of the plan in order, each with the instant after which was decided under it."""
    found: list[tuple[Instant, int]] = []
    decided_at: Instant = 0
    for turn in turns:
        if not found or found[-1][1] != turn.plan:
            found.append((decided_at, turn.plan))
        decided_at = turn.at
    return found


def known_event(id_: str, at: Instant) -> Event:
    """What stands for an event that was taken before: its id is all that is looked at."""
    return Event(id_, "", EARLIEST, at)


def as_line(past: Past) -> Json:
    """A customer's turns as JSON."""
    return {"customer": past.customer, "turns": [turn.as_document() for turn in past.turns]}
