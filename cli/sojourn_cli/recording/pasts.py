"""Pasts: what a table holds of one customer, her journal read as turns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from typing import Any

from sojourn.core.engine.join import Apart
from sojourn.core.nouns import noun
from sojourn.core.state.codec import decode_event, encode_event
from sojourn.core.state.customer import Event
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json, loads_object
from sojourn.core.values.instants import Instant, parse_instant
from sojourn.runtime.decisions.deciding import read_records
from sojourn_cli.recording.turns import Claim, Look, Meeting, Party, Taken, Turn

_REPEATED = "messageId "
_TAKEN_BEFORE = " was taken before"
_MEETINGS = frozenset({"joined", "not_joined"})
"""What is recorded of whoever an event joins, or does not."""


@noun
class Past:
    """A customer's turns in order, and her events, each `received_at` the instant it was taken.

    Events that no turn names were kept without a decision: nobody referred to them, or they are
    among those ``waiting``. ``is_user`` says whether she came with a `userId`, ``joined_into`` whom
    her item was joined into; ``lent`` are events that her turns took for those who were joined.
    ``untold`` says that somebody was joined into her before lines of the journal told of that.
    """

    customer: str
    turns: tuple[Turn, ...]
    events: tuple[Event, ...]
    waiting: frozenset[str] = frozenset()
    is_user: bool = True
    joined_into: str | None = None
    lent: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    untold: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing of her beginning is gone: her turns count from 1 without a gap."""
        return [turn.revision for turn in self.turns] == list(range(1, len(self.turns) + 1))


def past_of(
    customer: str, lines: Iterable[str], kept: Iterable[Event], inbox: Iterable[Event]
) -> Past:
    """A customer's past: the lines of her journal in any order, events kept beside, her inbox."""
    turns: list[Turn] = []
    taken: dict[str, dict[str, Event]] = {customer: {}}
    decided_at: Instant = 0
    untold = False
    for line in _once(lines):
        events = [decode_event(stored) for stored in line.get("e", ())]
        records = read_records(line["line"])
        untold |= "j" not in line and not _MEETINGS.isdisjoint(record.what for record in records)
        reading = _Reading(customer, decided_at, taken)
        reading.read(events, records, line.get("j", ()))
        turn = _turn(line, reading, records)
        turns.append(turn)
        decided_at = turn.at
    own = taken.pop(customer)
    waiting = list(inbox)
    ids = frozenset(event.id for event in waiting) - own.keys()
    for event in (*kept, *waiting):
        own.setdefault(event.id, event)
    ordered = sorted(own.values(), key=lambda event: event.received_at)
    lent = {id_: tuple(events.values()) for id_, events in taken.items()}
    return Past(customer, tuple(turns), tuple(ordered), ids, lent=lent, untold=untold)


def _once(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Each line once, by the revision it made: a moved one may stand in two places."""
    found = {(doc := dict(loads_object(line)))["r"]: doc | {"line": line} for line in lines}
    return [found[revision] for revision in sorted(found)]  # type: ignore[type-var]  # numbers


class _Reading:
    """Reads what a line says was taken of one customer, and of those whom it joined into her.

    Each event from outside is received when it was taken: after what was decided before it.
    """

    def __init__(
        self, customer: str, decided_at: Instant, taken: dict[str, dict[str, Event]]
    ) -> None:
        self._customer = customer
        self._taken = taken
        self.decided_at = decided_at
        self._ids: list[str] = []
        self._again: list[tuple[str, Instant]] = []
        self._meetings: list[Meeting] = []

    @property
    def found(self) -> Taken:
        """What was read."""
        return Taken(tuple(self._ids), tuple(self._again), tuple(self._meetings))

    def read(self, events: Sequence[Event], records: Sequence[Record], joins: Any) -> None:  # noqa: ANN401 - as `to_save` wrote them
        """Read events and records, of which some are those of who was joined."""
        place = told = 0
        for first, before, rows, *known in joins:
            self._own(events[place:first], records[told:before])
            place, told = first, before
            others: list[Apart | tuple[Any, _Reading]] = []
            for row in rows:
                if len(row) == len(fields(Apart)):
                    id_, is_anothers, reason = row
                    others.append(Apart(id_, bool(is_anothers), reason))
                    continue
                id_, _, decided_at, _, count, said, nested = row
                reading = _Reading(id_, decided_at, self._taken)
                reading.read(events[place : place + count], records[told : told + said], nested)
                others.append((row, reading))
                place, told = place + count, told + said
            if known:
                event, told = decode_event(known[0]), _after(records, told, known[0][0])
            else:
                place = next(n for n, one in enumerate(events) if n >= place and not one.caused)
                event, place = events[place], place + 1
            self._meet(event, others, is_known=bool(known))
        self._own(events[place:], records[told:])

    def _own(self, events: Sequence[Event], records: Sequence[Record]) -> None:
        for event in events:
            if not event.caused:
                self._take(event)
        for record in records:
            if record.what == "duplicate":
                self._again.append((_repeated(record), record.at))

    def _take(self, event: Event) -> None:
        self.decided_at = max(self.decided_at, event.received_at)
        taken = replace(event, received_at=self.decided_at)
        self._ids.append(event.id)
        self._taken.setdefault(self._customer, {}).setdefault(event.id, taken)

    def _meet(
        self, event: Event, others: Sequence["Apart | tuple[Any, _Reading]"], *, is_known: bool
    ) -> None:
        parties = tuple(
            item if isinstance(item, Apart) else _party(event, *item) for item in others
        )
        if is_known:
            self.decided_at = max(self.decided_at, event.received_at)
            known = replace(event, received_at=self.decided_at)
            self._meetings.append(Meeting(event.id, parties, known))
        else:
            self._take(event)
            self._meetings.append(Meeting(event.id, parties))
        decided = [item[1].decided_at for item in others if not isinstance(item, Apart)]
        self.decided_at = max([self.decided_at, *decided])


def _party(event: Event, row: Sequence[Any], reading: _Reading) -> Party:
    id_, created_at, _, is_user, *_ = row
    alias = None if event.links is None else event.links.alias
    return Party(id_, is_user, alias, created_at, event.received_at - 1, reading.found)


def _after(records: Sequence[Record], first: int, id_: str) -> int:
    """The place after the record of an event's having been taken before."""
    return next(
        place + 1
        for place, record in enumerate(records)
        if place >= first and record.what == "duplicate" and _repeated(record) == id_
    )


def _repeated(record: Record) -> str:
    return (record.reason or "").removeprefix(_REPEATED).removesuffix(_TAKEN_BEFORE)


def _turn(line: dict[str, Any], reading: _Reading, records: Sequence[Record]) -> Turn:
    at: Instant = line["at"]
    claimed = line.get("c")
    return Turn(
        line["r"],
        line["p"],
        at - line["n"] if "n" in line else max(at, reading.decided_at),
        at,
        reading.found,
        tuple(_looks(records)),
        None if claimed is None else Claim(claimed[0], at + claimed[1]),
        line.get("s"),
    )


def _looks(records: Iterable[Record]) -> Iterable[Look]:
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


def as_line(past: Past) -> Json:
    """A customer's turns as JSON, and her events that a line of the events file cannot tell."""
    return {
        "customer": past.customer,
        "turns": [turn.as_document() for turn in past.turns],
        "linking": [encode_event(event) for event in past.events if event.links is not None],
    }
