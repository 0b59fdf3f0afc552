"""Difference: everything that two runs of one history do otherwise, counted and listed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import SECOND, Duration, Instant, format_instant
from sojourn_cli.comparing.enrolments import Enrolled, Fate
from sojourn_cli.comparing.pairing import Pair, pairs
from sojourn_cli.comparing.pressure import Pressure, feel

KINDS = ("gained", "lost", "moved", "changed")
"""How a message can differ, the worst for a customer first."""

NOTHING = Pressure()

type Counts = Counter[tuple[str | None, str]]
"""How many messages differ, by journey (None: all of them) and kind."""


@dataclass(slots=True)
class Tally:
    """What one run counted in one journey."""

    enrolments: int = 0
    conversions: int = 0
    messages: int = 0

    def add(self, enrolment: Enrolled) -> None:
        """Count an enrolment."""
        self.enrolments += 1
        self.conversions += enrolment.converted
        self.messages += sum(fate.sent_at is not None for fate in enrolment.messages)


@dataclass(slots=True)
class Side:
    """One of the two runs: its end, its journeys and what its limits did."""

    until: Instant
    journeys: dict[str, Tally] = field(default_factory=dict)
    pressure: dict[str, Pressure] = field(default_factory=dict)

    def add(self, found: Iterable[Enrolled]) -> None:
        """Count a customer's enrolments."""
        for enrolment in found:
            self.journeys.setdefault(enrolment.journey, Tally()).add(enrolment)
            feel(self.pressure, enrolment.messages, self.until)

    def tally(self, journey: str) -> Tally:
        """What was counted in a journey."""
        return self.journeys.get(journey) or Tally()


@noun
class Change:
    """A message that one customer gains, loses, or gets otherwise."""

    kind: str
    pair: Pair

    @property
    def fate(self) -> Fate:
        """The message as b sends it; a lost one as a sent it."""
        fate = self.pair.a if self.kind == "lost" else self.pair.b
        if fate is None:
            raise AssertionError("a change is of a message that one run sent")
        return fate


type Ended = tuple[str, str | None] | None
"""A message's status and reason; None where it was never asked for."""


def _ended(fate: Fate | None) -> Ended:
    return None if fate is None else (fate.status, fate.reason)


@noun
class Step:
    """A way in which messages of a step changed: how they ended in a, and how in b.

    ``instead`` is what became of the enrolment where a message was never asked for.
    """

    journey: str
    step: str
    kind: str
    a: Ended
    b: Ended
    instead: str | None = None


@noun
class Difference:
    """Two runs of one history side by side; ``customers`` holds those who see any change.

    ``same`` counts messages that neither their time nor their text tells apart.
    """

    a: Side
    b: Side
    known: int
    same: int
    customers: Mapping[str, tuple[Change, ...]]

    @property
    def counts(self) -> Counts:
        """Changes by journey (None: all) and kind."""
        return Counter(
            (journey, change.kind)
            for changes in self.customers.values()
            for change in changes
            for journey in (None, change.fate.journey)
        )

    @property
    def steps(self) -> list[tuple[Step, Sequence[Duration]]]:
        """Changes by step and what each run did with the message, the most frequent first.

        Beside each stands how much later b sent every single message, the least first.
        """
        found: dict[Step, list[Duration]] = {}
        for changes in self.customers.values():
            for change in changes:
                fate, pair = change.fate, change.pair
                ended = (_ended(pair.a), _ended(pair.b))
                step = Step(fate.journey, fate.step, change.kind, *ended, pair.instead)
                found.setdefault(step, []).append(pair.later)
        ranked = sorted(found.items(), key=lambda item: (-len(item[1]), repr(item[0])))
        return [(step, sorted(later)) for step, later in ranked]

    @property
    def journeys(self) -> list[str]:
        """Every journey in which either run had anybody."""
        return sorted({*self.a.journeys, *self.b.journeys})

    @property
    def rules(self) -> list[str]:
        """Every cap, and the quiet hours, that held or dropped anything in either run."""
        return sorted({*self.a.pressure, *self.b.pressure})

    @property
    def most_affected(self) -> list[str]:
        """The customers who see a change, those who see most first."""
        return sorted(self.customers, key=lambda name: (-len(self.customers[name]), name))


@noun
class Run:
    """What is kept of a run: its end, and every customer's enrolments."""

    until: Instant
    customers: Mapping[str, Sequence[Enrolled]]


def compare(a: Run, b: Run) -> Difference:
    """Compare two runs over the same events."""
    before, after = Side(a.until), Side(b.until)
    customers: dict[str, tuple[Change, ...]] = {}
    same = 0
    everybody = sorted({*a.customers, *b.customers})
    for customer in everybody:
        old, new = (run.customers.get(customer, ()) for run in (a, b))
        before.add(old)
        after.add(new)
        kinds = [(pair.kind, pair) for pair in pairs(old, new)]
        same += sum(kind == "same" for kind, _ in kinds)
        changes = [Change(kind, pair) for kind, pair in kinds if kind in KINDS]
        if changes:
            customers[customer] = tuple(sorted(changes, key=_order))
    return Difference(before, after, len(everybody), same, customers)


def _order(change: Change) -> tuple[object, ...]:
    fate = change.fate
    return fate.sent_at, fate.journey, fate.step, change.kind


def as_document(difference: Difference) -> JsonObject:
    """The difference as `sojourn diff --format json` prints it."""
    a, b = difference.a, difference.b
    counts = difference.counts
    return {
        "until": {"a": format_instant(a.until), "b": format_instant(b.until)},
        "totals": {
            "customers": difference.known,
            "affected": len(difference.customers),
            **{kind: counts[None, kind] for kind in KINDS},
            "same": difference.same,
            **dict(_both(total(a.journeys.values()), total(b.journeys.values()))),
        },
        "journeys": [
            {
                "journey": name,
                **{kind: counts[name, kind] for kind in KINDS},
                **dict(_both(a.tally(name), b.tally(name))),
            }
            for name in difference.journeys
        ],
        "steps": [
            {
                "journey": step.journey,
                "step": step.step,
                "change": step.kind,
                "a": _outcome(step.a),
                "b": _outcome(step.b),
                "instead": step.instead,
                "messages": len(later),
                "later_seconds": _range(later) if step.kind == "moved" else None,
            }
            for step, later in difference.steps
        ],
        "pressure": [
            _pressed(rule, a.pressure.get(rule, NOTHING), b.pressure.get(rule, NOTHING))
            for rule in difference.rules
        ],
        "customers": [
            {"customer": name, "changes": [_change(item) for item in changes]}
            for name, changes in difference.customers.items()
        ],
    }


def total(tallies: Iterable[Tally]) -> Tally:
    """All journeys of a run together."""
    whole = Tally()
    for tally in tallies:
        whole.enrolments += tally.enrolments
        whole.conversions += tally.conversions
        whole.messages += tally.messages
    return whole


def _both(a: Tally, b: Tally) -> Iterator[tuple[str, Json]]:
    for name in ("enrolments", "conversions", "messages"):
        yield name, {"a": getattr(a, name), "b": getattr(b, name)}


def _range(later: Sequence[Duration]) -> Json:
    """From the least to the most, in whole seconds."""
    return {"least": int(later[0] / SECOND), "most": int(later[-1] / SECOND)}


def _outcome(ended: Ended) -> Json:
    return None if ended is None else {"status": ended[0], "reason": ended[1]}


def _pressed(rule: str, a: Pressure, b: Pressure) -> JsonObject:
    return {
        "rule": rule,
        "held": {"a": a.held, "b": b.held},
        "dropped": {"a": a.dropped, "b": b.dropped},
        "held_seconds": {"a": a.seconds()[0], "b": b.seconds()[0]},
        "longest_seconds": {"a": a.seconds()[1], "b": b.seconds()[1]},
    }


def _change(change: Change) -> JsonObject:
    return {
        "change": change.kind,
        "journey": change.fate.journey,
        "step": change.fate.step,
        "channel": change.fate.channel,
        "later_seconds": int(change.pair.later / SECOND) if change.kind == "moved" else None,
        "differs": list(change.pair.differs),
        "a": _fate(change.pair.a),
        "b": _fate(change.pair.b),
        "instead": change.pair.instead,
    }


def _fate(fate: Fate | None) -> Json:
    if fate is None:
        return None
    decided = None if fate.decided_at is None else format_instant(fate.decided_at)
    return {
        "status": fate.status,
        "reason": fate.reason,
        "requested_at": format_instant(fate.requested_at),
        "decided_at": decided,
        "subject": fate.subject,
    }
