"""Simulate: every customer's life on the virtual clock, gathered into one result."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sojourn.core.customer import Enrolment, Message
from sojourn.core.exact import Json, JsonObject
from sojourn.core.instants import DAY, Instant, format_instant
from sojourn.core.plan import Plan
from sojourn_cli.simulation.clock import Life, live
from sojourn_cli.simulation.lines import EventsFile, RefusedLine
from sojourn_cli.simulation.relations import relations
from sojourn_cli.simulation.together import live_together

HORIZON = 400 * DAY
"""How long after the last event a simulation without an end goes on at most."""

type Row = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Simulation:
    """A finished simulation: its end and every customer's life, by customer id.

    ``refused`` are the lines whose identities are all nobody's, or somebody's who was forgotten;
    ``forgotten`` are the lives of those who were, by customer id and in order of time.
    """

    until: Instant
    lives: dict[str, Life]
    refused: list[RefusedLine] = field(default_factory=list)
    forgotten: list[tuple[str, Life]] = field(default_factory=list)

    def lives_of(self, id_: str) -> list[Life]:
        """The lives of whoever is known by an id, the forgotten ones first; none when nobody is."""
        every = [*self.forgotten, *self.lives.items()]
        return [life for customer, life in every if id_ in {customer, *life.customer.absorbed}]


class Told(NamedTuple):
    """The result as the contract's JSON object, and of how many customers and events it tells."""

    document: JsonObject
    customers: int
    events: int


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
    run = _Run(plan, file, until, reasons=reasons)
    every = list(run.lives(progress))
    lives = sorted((id_, life) for id_, life in every if life.forgotten_at is None)
    forgotten = [(id_, life) for id_, life in every if life.forgotten_at is not None]
    return Simulation(run.end(), dict(lives), run.refused, forgotten)


def looked_at(
    plan: Plan,
    file: EventsFile,
    look: Callable[[str, Life], None],
    until: Instant | None = None,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Instant:
    """The end of a simulation; ``look`` is shown each customer's life before it is gone."""
    run = _Run(plan, file, until)
    for customer, life in run.lives(progress):
        look(customer, life)
    return run.end()


def documented(
    plan: Plan,
    file: EventsFile,
    until: Instant | None = None,
    *,
    progress: Callable[[int], None] = lambda _: None,
    look: Callable[[str, Life], None] = lambda _customer, _life: None,
) -> Told:
    """What `as_document` says of `simulate`, without keeping a life longer than it is lived.

    ``look`` is shown each customer's life before it is gone.
    """
    rows, run = Rows(), _Run(plan, file, until)
    customers = rows.add_all(run.lives(progress), look)
    return Told(rows.document(run.end(), [*file.refused, *run.refused]), customers, file.count)


def as_document(simulation: Simulation, file: EventsFile) -> JsonObject:
    """The result as the contract's JSON object."""
    rows = Rows()
    for customer, life in (*simulation.forgotten, *simulation.lives.items()):
        rows.add(customer, life)
    return rows.document(simulation.until, [*file.refused, *simulation.refused])


class _Run:
    """A run of everybody's events; its end and what was refused are known when all have lived."""

    def __init__(
        self, plan: Plan, file: EventsFile, until: Instant | None, *, reasons: bool = False
    ) -> None:
        self._plan = plan
        self._file = file
        self._reasons = reasons
        self._is_given = until is not None
        self._last_at = file.last_at or 0
        self._limit = until if until is not None else self._last_at + HORIZON
        self._more = False
        self.refused: list[RefusedLine] = []

    def lives(self, progress: Callable[[int], None]) -> Iterator[tuple[str, Life]]:
        """Every customer's life, one after another: no group's depends on another's."""
        plan, file = self._plan, self._file
        related = relations(file, plan.settings.nobody)
        self.refused += related.refused
        alone = sorted(file.by_customer.keys() - related.ids)
        for done, customer in enumerate(alone, start=1):
            events = file.by_customer[customer]
            life = live(plan, customer, events, self._limit, reasons=self._reasons)
            self._note(life)
            yield customer, life
            progress(done)
        for done, lines in enumerate(related.groups, start=len(alone) + 1):
            lived = live_together(plan, lines, self._limit, reasons=self._reasons)
            self.refused += lived.refused
            for customer, life in lived.lives:
                self._note(life)
                yield customer, life
            progress(done)

    def _note(self, life: Life) -> None:
        self._more |= life.more
        self._last_at = max(self._last_at, life.last_at or 0)

    def end(self) -> Instant:
        """The end that was given; else the last thing that happened, or as far as it went."""
        return self._limit if self._is_given or self._more else self._last_at


class Rows:
    """The rows of a result, gathered from one life after another."""

    def __init__(self) -> None:
        """Begin with none."""
        self._messages: list[tuple[tuple[object, ...], Row]] = []
        self._enrolments: list[tuple[tuple[object, ...], Row]] = []
        self._entered: Counter[tuple[str, int, str]] = Counter()
        self._inside: Counter[tuple[str, int, str]] = Counter()

    def add_all(self, lives: Iterable[tuple[str, Life]], look: Callable[[str, Life], None]) -> int:
        """Take over what each life left behind, and show it before it is gone; how many it were."""
        customers = 0
        for customer, life in lives:
            self.add(customer, life)
            look(customer, life)
            customers += 1
        return customers

    def add(self, customer: str, life: Life) -> None:
        """Take over what a life left behind."""
        self._messages += _messages(customer, life)
        self._enrolments += _enrolments(customer, life)
        for item in life.enrolments.values():
            self._count(item)

    def _count(self, item: Enrolment) -> None:
        for step, visits in item.visits.items():
            self._entered[item.journey, item.version, step] += visits
        if item.step is not None:
            self._inside[item.journey, item.version, item.step] += 1

    def document(self, until: Instant, refused: list[RefusedLine]) -> JsonObject:
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
