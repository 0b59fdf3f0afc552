"""Rows: what a simulation prints, gathered from one life after another.

A row is kept as the JSON text that it is printed as: whoever lived the life writes it, it takes a
third of the room, and the garbage collector does not look into it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import batched
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, NamedTuple

from sojourn.core.state.customer import Message
from sojourn.core.values.exact import Json, JsonObject, dumps, loads
from sojourn.core.values.instants import Instant, format_instant
from sojourn_cli.simulation.clock import Life
from sojourn_cli.simulation.lines import RefusedLine

type Ordered = list[tuple[tuple[object, ...], str]]
"""Rows as JSON text, each with what it is sorted by."""

PIECE_ROWS = 1_000
"""So many rows are written, or read again, in one piece."""

_NOTHING_SAID = '"subject":null,"body":null'
_NOT_CONVERTED = '"converted_at":null,"credited_to":null'

type Visits = defaultdict[tuple[str, int], Counter[str]]
"""How often a journey's version came to each of its steps."""


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
        self._entered: Visits = defaultdict(Counter)
        self._inside: Visits = defaultdict(Counter)
        self.customers = 0

    def look(self, customer: str, life: Life) -> None:
        """See Gathering."""
        self._messages += _messages(customer, life)
        self._enrolments += _enrolments(customer, life)
        entered, inside = self._entered, self._inside
        for item in life.enrolments.values():
            version = item.journey, item.version
            came = entered[version]
            for step, visits in item.visits.items():
                came[step] += visits
            if item.step is not None:
                inside[version][item.step] += 1
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
        for visits, theirs in ((self._entered, piece.entered), (self._inside, piece.inside)):
            for version, steps in theirs.items():
                visits[version] += steps
        self.customers += piece.customers

    def document(self, until: Instant, refused: Iterable[RefusedLine]) -> JsonObject:
        """All rows in order, as the contract's JSON object; then they are here no more."""
        return {
            "until": format_instant(until),
            "messages": list(_read(self._messages)),
            "enrolments": list(_read(self._enrolments)),
            **self._rest(refused),
        }

    def written(self, until: Instant, refused: Iterable[RefusedLine]) -> Iterator[str]:
        """The same object's text, in pieces, without its last brace: more may be added to it."""
        yield f'{{"until":{dumps(format_instant(until))},"messages":['
        yield from _pieces(self._messages)
        yield '],"enrolments":['
        yield from _pieces(self._enrolments)
        yield f"],{dumps(self._rest(refused))[1:-1]}"

    def _rest(self, refused: Iterable[RefusedLine]) -> JsonObject:
        """What is no row of one life."""
        return {
            "funnel": list(self._funnel()),
            "refused": [
                {"line": item.line, "reason": item.reason}
                for item in sorted(refused, key=lambda item: item.line)
            ],
        }

    def _funnel(self) -> Iterator[Json]:
        """Visits per step, by journey, step and version; the steps somebody visited."""
        places = [
            (journey, step, version, entered)
            for (journey, version), steps in self._entered.items()
            for step, entered in steps.items()
        ]
        for journey, step, version, entered in sorted(places):
            inside = self._inside[journey, version][step]
            yield {
                "journey": journey,
                "version": version,
                "step": step,
                "entered": entered,
                "left": entered - inside,
                "inside": inside,
            }


def _sorted(rows: Ordered) -> Iterator[str]:
    rows.sort(key=itemgetter(0))
    return (row for _, row in rows)


def _pieces(rows: Ordered) -> Iterator[str]:
    separator = ""
    for some in batched(_sorted(rows), PIECE_ROWS, strict=False):
        yield separator + ",".join(some)
        separator = ","


def _read(rows: Ordered) -> Iterator[Json]:
    """The rows, read from their texts; no more than a piece of both is there at a time."""
    rows.sort(key=itemgetter(0))
    rows.reverse()
    while rows:
        some = [rows.pop()[1] for _ in range(min(PIECE_ROWS, len(rows)))]
        piece: Any = loads(f"[{','.join(some)}]")
        yield from piece


def _messages(customer: str, life: Life) -> Iterator[tuple[tuple[object, ...], str]]:
    opening = f'{{"customer":{_text(customer)},'
    for item in life.settled:
        yield _message(
            opening, customer, life, item.message, item.status, item.reason, item.decided_at
        )
    for message in life.customer.messages.values():
        yield _message(opening, customer, life, message, "held", message.reason, None)


def _message(  # noqa: PLR0913 - the columns of one row
    opening: str,
    customer: str,
    life: Life,
    message: Message,
    status: str,
    reason: str | None,
    decided_at: Instant | None,
) -> tuple[tuple[object, ...], str]:
    journey, step, requested_at = message.journey, message.step, message.requested_at
    content = life.contents.get(message.id) if status == "sent" else None
    said = _NOTHING_SAID
    if content is not None:
        body = _text(content.text or content.body)
        said = f'"subject":{_text(content.subject)},"body":{body}'
    fate = _fate(journey, message.version, step, message.channel, message.category, status, reason)
    requested = _instant(requested_at)
    decided = requested if decided_at == requested_at else _instant(decided_at)
    return (requested_at, customer, journey, step, message.number), (
        f'{opening}{fate},"requested_at":{requested},"decided_at":{decided},{said}}}'
    )


def _enrolments(customer: str, life: Life) -> Iterator[tuple[tuple[object, ...], str]]:
    opening = f'{{"customer":{_text(customer)},'
    for item in life.enrolments.values():
        journey, step, entered_at = item.journey, item.step, item.entered_at
        key = "null" if item.key is None else dumps(item.key)
        passage, end = _passage(journey, item.version, item.outcome, step)
        entered, exited_at, converted = _instant(entered_at), item.exited_at, _NOT_CONVERTED
        exited = entered if exited_at == entered_at else _instant(exited_at)
        if item.converted_at is not None:
            credited = _text(item.credited_to)
            converted = f'"converted_at":{_instant(item.converted_at)},"credited_to":{credited}'
        yield (
            (entered_at, customer, journey, step or "", item.number),
            (
                f'{opening}{passage},"key":{key},"entered_at":{entered},'
                f'"exited_at":{exited},{end},{converted}}}'
            ),
        )


@lru_cache(maxsize=4096)
def _fate(  # noqa: PLR0913 - the columns that say it
    journey: str,
    version: int,
    step: str,
    channel: str,
    category: str,
    status: str,
    reason: str | None,
) -> str:
    """What messages of a step that came to the same have in common."""
    place = _fields(journey=journey, version=version, step=step, channel=channel, category=category)
    return f"{place},{_fields(status=status, reason=reason)}"


@lru_cache(maxsize=4096)
def _passage(journey: str, version: int, outcome: str | None, step: str | None) -> tuple[str, str]:
    """How rows of a version's enrolments that came as far begin, and what they say of their end."""
    return _fields(journey=journey, version=version), _fields(outcome=outcome, step=step)


def _fields(**fields: Json) -> str:
    """Fields of an object as text; few have so many different values that it is not known yet."""
    return dumps(fields)[1:-1]


@lru_cache(maxsize=1024)
def _instant(instant: Instant | None) -> str:
    return "null" if instant is None else f'"{format_instant(instant)}"'


def _text(text: str | None) -> str:
    """Text in quotes; half a character, which dumps escapes, is not plain."""
    if text is None:
        return "null"
    return encode_basestring(text) if text.isascii() else dumps(text)
