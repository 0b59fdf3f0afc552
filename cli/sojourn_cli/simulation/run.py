"""Simulate: every customer's life on the virtual clock, gathered into one result."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn.core.values.instants import DAY, Instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.simulation.clock import Life, live
from sojourn_cli.simulation.division import MOST_IN_A_LOT
from sojourn_cli.simulation.gathering import Lives
from sojourn_cli.simulation.lines import EventsFile, RefusedLine
from sojourn_cli.simulation.relations import Line, relations
from sojourn_cli.simulation.requests import Request
from sojourn_cli.simulation.rows import Rows
from sojourn_cli.simulation.together import Lived, live_together

HORIZON = 400 * DAY
"""How long after the last event a simulation without an end goes on at most."""


@noun
class Simulation:
    """A finished simulation: its end and every customer's life, by customer id.

    ``refused`` are all refused lines; ``forgotten`` are the lives of those who were, by customer id
    and in order of time.
    """

    until: Instant
    lives: dict[str, Life]
    refused: list[RefusedLine] = field(default_factory=list)
    forgotten: list[tuple[str, Life]] = field(default_factory=list)

    def lives_of(self, id_: str) -> list[Life]:
        """The lives of whoever is known by an id, the forgotten ones first; none when nobody is."""
        every = [*self.forgotten, *self.lives.items()]
        return [life for customer, life in every if id_ in {customer, *life.customer.absorbed}]


@noun
class Told:
    """The result of a run up to ``until``; ``events`` is how many it was of."""

    until: Instant
    rows: Rows
    refused: Sequence[RefusedLine]
    events: int

    def document(self) -> JsonObject:
        """The contract's JSON object; its rows are in ``rows`` no more."""
        return self.rows.document(self.until, self.refused)

    def written(self, more: Mapping[str, Json]) -> Iterator[str]:
        """The text of that object with more fields at its end, in pieces."""
        yield from self.rows.written(self.until, self.refused)
        for name, value in more.items():
            yield f",{dumps(name)}:{dumps(value)}"
        yield "}"


class End:
    """Finds the instant when nothing more would happen, over all customers."""

    def __init__(self, last_at: Instant, until: Instant | None) -> None:
        """Events come up to ``last_at``; ``until`` is the end when it is given."""
        self._last_at = last_at
        self._is_given = until is not None
        self.limit = until if until is not None else last_at + HORIZON
        self._more = False

    def look(self, _customer: str, life: Life) -> None:
        """See Gathering."""
        self.add((life.more, life.last_at or 0))

    def taken(self) -> tuple[bool, Instant]:
        """See Gathering."""
        return self._more, self._last_at

    def add(self, piece: tuple[bool, Instant]) -> None:
        """See Gathering."""
        more, last_at = piece
        self._more |= more
        self._last_at = max(self._last_at, last_at)

    def found(self) -> Instant:
        """The end that was given; else the last thing that happened, or as far as it went."""
        return self.limit if self._is_given or self._more else self._last_at


@noun
class Outset:
    """What a run of so many events sets out with."""

    lives: Lives[Any]
    end: End
    events: int


@noun
class _Alone:
    """A customer whose events came with her id alone."""

    customer: str
    events: Sequence[Event]

    def __len__(self) -> int:
        return len(self.events)


@noun
class _Together:
    """Lines whose ids came together."""

    lines: Sequence[Line | Request]

    def __len__(self) -> int:
        return len(self.lines)


type _Strand = _Alone | _Together


def outset(
    plan: Plan,
    file: EventsFile,
    until: Instant | None = None,
    *,
    reasons: bool = False,
    facts: bool = True,
) -> Outset:
    """Set out to run everything up to ``until``; without it, until nothing more would happen.

    ``facts`` says whether a life tells of its messages what no condition asks for.
    """
    end = End(file.last_at or 0, until)
    limit = end.limit
    related = relations(file, plan.settings.nobody)

    def lived(strand: _Strand) -> Lived:
        if isinstance(strand, _Together):
            return live_together(plan, strand.lines, limit, reasons=reasons)
        life = live(plan, strand.customer, strand.events, limit, reasons=reasons, facts=facts)
        return Lived([(strand.customer, life)], [])

    alone = sorted(file.by_customer.keys() - related.ids)
    strands: list[_Strand] = [_Alone(customer, file.by_customer[customer]) for customer in alone]
    strands += map(_Together, related.groups)
    strands.sort(key=_haste)
    refused = [*file.refused, *related.refused]
    return Outset(Lives(strands, len(strands), lived, refused), end, file.count)


def _haste(strand: _Strand) -> int:
    """Least for what is lived first: who has more than a lot, so that nobody waits for her last."""
    return -len(strand) if len(strand) > MOST_IN_A_LOT else 0


def all_lives(start: Outset) -> Simulation:
    """Run what was set out for, and keep every life."""
    every: list[tuple[str, Life]] = []
    refused = start.lives.refused
    for strand in start.lives.strands:
        lived = start.lives.live(strand)
        refused += lived.refused
        every += lived.lives
    for customer, life in every:
        start.end.look(customer, life)
    lives = sorted((id_, life) for id_, life in every if life.forgotten_at is None)
    forgotten = [(id_, life) for id_, life in every if life.forgotten_at is not None]
    return Simulation(start.end.found(), dict(lives), refused, forgotten)


def simulate(
    plan: Plan, file: EventsFile, until: Instant | None = None, *, reasons: bool = False
) -> Simulation:
    """Run everything and keep every life."""
    return all_lives(outset(plan, file, until, reasons=reasons))


def told(start: Outset, rows: Rows) -> Told:
    """The result of a run whose rows were gathered."""
    return Told(start.end.found(), rows, start.lives.refused, start.events)


def as_document(simulation: Simulation) -> JsonObject:
    """The result as the contract's JSON object."""
    rows = Rows()
    for customer, life in (*simulation.forgotten, *simulation.lives.items()):
        rows.look(customer, life)
    return rows.document(simulation.until, simulation.refused)
