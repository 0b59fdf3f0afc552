"""The task: which journeys does an event let in? Made from a seed; the answers by a plain oracle.

Each journey is entered by one event name and three comparisons over event and profile, written as
in a journey file. Nothing here imports the product: the peers run in an environment of their own.
"""

import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

SEED = 7
EVENTS = 10_000
CUSTOMERS = 1_000
NAMES = 50

LEAST_SECONDS = 0.6
"""The processor's time that a measurement takes at least, in passes of about a tenth of that."""

COUNTRIES = tuple(f"land-{number}" for number in range(12))
KINDS = tuple(f"kind-{number}" for number in range(8))

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, operand: value == operand,
    "in": lambda value, operand: value in operand,
    "gt": lambda value, operand: value > operand,
    "gte": lambda value, operand: value >= operand,
    "lt": lambda value, operand: value < operand,
    "lte": lambda value, operand: value <= operand,
    "between": lambda value, operand: operand[0] <= value <= operand[1],
}

type Where = Mapping[str, Any]
type Table = Mapping[str, Any]
type Decide = Callable[[str, Table, Table], Sequence[int]]
"""From an event's name, its properties and the profile to the numbers of journeys let into."""


class Journey(NamedTuple):
    """A journey: its number, the event it is entered by, and its condition."""

    number: int
    event: str
    where: Where


class Task(NamedTuple):
    """Journeys, and events as (name, properties, profile)."""

    journeys: list[Journey]
    events: Sequence[tuple[str, Table, Table]]

    def by_event(self) -> dict[str, list[Journey]]:
        """The index that every contender stands behind."""
        found: dict[str, list[Journey]] = {}
        for journey in self.journeys:
            found.setdefault(journey.event, []).append(journey)
        return found


def make(journeys: int, names: int = NAMES, events: int = EVENTS) -> Task:
    """The task of that size, the same in every process."""
    chance = random.Random(SEED)
    made = [
        Journey(number, f"event-{number % names}", _where(chance)) for number in range(journeys)
    ]
    customers = [
        {
            "age": chance.randrange(18, 80),
            "country": chance.choice(COUNTRIES),
        }
        for _ in range(CUSTOMERS)
    ]
    happened = [
        (
            f"event-{chance.randrange(names)}",
            {
                "total": chance.randrange(20_000) / 100,
                "kind": chance.choice(KINDS),
            },
            chance.choice(customers),
        )
        for _ in range(events)
    ]
    return Task(made, happened)


def _where(chance: random.Random) -> dict[str, Any]:
    """Three of four comparisons: two over the event, two over the profile."""
    total = {chance.choice(["gte", "lt"]): chance.randrange(2_000, 18_000) / 100}
    low = chance.randrange(18, 60)
    where = {
        "event.total": total,
        "event.kind": chance.choice(KINDS),
        "profile.age": {"between": [low, low + chance.randrange(5, 30)]},
        "profile.country": chance.sample(COUNTRIES, 3),
    }
    del where[chance.choice(list(where))]
    return where


def tests_of(where: Where) -> list[tuple[str, str, Any]]:
    """A condition as (path, operator, operand), the way to write it in another language."""
    found = []
    for path, test in where.items():
        if isinstance(test, dict):
            found += [(path, operator, operand) for operator, operand in test.items()]
        else:
            found.append((path, "in" if isinstance(test, list) else "eq", test))
    return found


def written(where: Where, forms: Mapping[str, str], join: str) -> str:
    """A condition as a text; ``forms`` are templates of a path and an operand, by operator."""
    return join.join(
        forms[operator].format(
            path=path,
            name=path.partition(".")[2],
            operand=json.dumps(operand),
            low=operand[0],
            high=operand[-1],
        )
        if isinstance(operand, list)
        else forms[operator].format(
            path=path, name=path.partition(".")[2], operand=json.dumps(operand)
        )
        for path, operator, operand in tests_of(where)
    )


def expected(task: Task) -> list[list[int]]:
    """The oracle: every journey of that name asked, comparison by comparison."""
    return [
        [
            journey.number
            for journey in task.journeys
            if journey.event == name and _holds(journey.where, properties, profile)
        ]
        for name, properties, profile in task.events
    ]


def _holds(where: Where, properties: Table, profile: Table) -> bool:
    roots = {"event": properties, "profile": profile}
    for path, operator, operand in tests_of(where):
        root, _, name = path.partition(".")
        value = roots[root][name]
        if not OPERATORS[operator](value, operand):
            return False
    return True


def digest(answers: Sequence[Sequence[int]]) -> str:
    """Answers in short, to be compared."""
    return hashlib.sha256(json.dumps([sorted(each) for each in answers]).encode()).hexdigest()


def measured(
    decide: Callable[[str, Any, Any], Sequence[Any]],
    events: Sequence[tuple[str, Any, Any]],
    number_of: Callable[[Any], int] = int,
    timed: int = EVENTS,
) -> dict[str, Any]:
    """Events a second in the fastest pass over the first ``timed`` events; the answers to all."""
    answers = [list(map(number_of, decide(*event))) for event in events]
    chosen = events[:timed]
    passes: list[float] = []
    while sum(passes) < LEAST_SECONDS:
        began = time.process_time()
        for name, properties, profile in chosen:
            decide(name, properties, profile)
        passes.append(time.process_time() - began)
    return {
        "events_a_second": len(chosen) / min(passes),
        "matches_an_event": sum(map(len, answers)) / len(answers),
        "events": len(events),
        "digest": digest(answers),
    }
