"""Doors: the ways by which one journey leads a customer into another.

A step `enter` does, and so does an exit rule with `enter`; and a step that emits an event leads
into every journey that takes customers in by that event. So does one that sends a message: what
becomes of it is an event.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sojourn.core.nouns import noun
from sojourn.core.state.customer import OUTCOME_FACTS
from sojourn.core.values.exact import JsonObject
from sojourn.language.findings import Place
from sojourn.language.graphs import reachable
from sojourn.language.tolerant import as_object, as_objects
from sojourn.language.ways import ahead_of, always_lasts


@noun
class Door:
    """Where a journey leads into another.

    ``certain``: some come through it in the instant in which they enter, on no condition.
    ``later``: some may come through it after that instant, and have left what led them here.
    ``afterwards``: it is gone through once she has gone on in her journey as far as she can.
    ``may_end``: some may have left the journey by then; ``ends``: some have, on no condition.
    ``by``: the event that leads there.
    """

    place: Place
    journey: str
    certain: bool
    later: bool
    afterwards: bool
    may_end: bool
    ends: bool
    by: str | None = None


@noun
class Hall:
    """A journey as others lead into it, and its doors.

    ``always``: it takes in whoever is still in it. ``keyed``: it may, by another key. ``limited``:
    it refuses some time. ``asks``: some of its exit rules are looked at as somebody enters.
    """

    doors: Sequence[Door]
    always: bool
    keyed: bool
    limited: bool
    asks: bool


def halls_of(journeys: Mapping[str, JsonObject]) -> dict[str, Hall]:
    """Every journey that is not archived."""
    docs = {name: doc for name, doc in journeys.items() if doc.get("status") != "archived"}
    let_in: dict[str, list[_Entrance]] = {}
    for name, doc in docs.items():
        entry = as_object(doc.get("entry"))
        entrance = _Entrance(name, asks="where" in entry)
        for event in _events(entry):
            let_in.setdefault(event, []).append(entrance)
    return {name: _hall(doc, let_in) for name, doc in docs.items()}


@noun
class _Entrance:
    """A journey that an event lets into; ``asks``: not whatever the event holds."""

    journey: str
    asks: bool


def _events(entry: JsonObject) -> list[str]:
    found = entry.get("event")
    named = found if isinstance(found, list) else [found]
    return list(dict.fromkeys(name for name in named if isinstance(name, str)))


def _hall(doc: JsonObject, let_in: Mapping[str, Sequence[_Entrance]]) -> Hall:
    entry = as_object(doc.get("entry"))
    rule = as_object(entry.get("reentry"))
    mode = rule.get("mode")
    rules = as_objects(doc.get("exit"))
    return Hall(
        [*_doors(doc, let_in), *_ways_out(rules)],
        mode == "always",
        "key" in entry,
        "until" in entry or "max" in rule or "every" in rule or mode == "never",
        any("event" not in item for item in rules),
    )


def _ways_out(rules: Sequence[JsonObject]) -> Iterator[Door]:
    """Exit rules that lead on, and that no event from outside has to come for."""
    for index, rule in enumerate(rules):
        journey = rule.get("enter")
        if isinstance(journey, str) and "event" not in rule:
            place = ("exit", index, "enter")
            yield Door(
                place, journey, certain=False, later=True, afterwards=True, may_end=True, ends=False
            )


def _doors(doc: JsonObject, let_in: Mapping[str, Sequence[_Entrance]]) -> Iterator[Door]:
    """Steps that enter a journey or cause what lets into one; of like ones the first."""
    walks = _Walks(doc)
    known: set[tuple[str, Door]] = set()
    sends = False
    for name, step in walks.steps.items():
        match step:
            case {"type": "enter", "journey": str(journey)}:
                yield walks.door(name, ("steps", name, "journey"), journey, afterwards=False)
            case {"type": "emit", "event": str(event)} if event in let_in:
                door = walks.door(name, ("steps", name, "event"), "", afterwards=True)
                like = (event, replace(door, place=()))
                if like not in known:
                    known.add(like)
                    for entrance in let_in[event]:
                        certain = door.certain and not entrance.asks
                        yield replace(door, journey=entrance.journey, certain=certain, by=event)
            case {"type": "send"} if not sends:
                sends = True
                yield from _told_of_messages(("steps", name), let_in)
            case _:
                continue


def _told_of_messages(place: Place, let_in: Mapping[str, Sequence[_Entrance]]) -> Iterator[Door]:
    """Where what becomes of a message leads: into journeys that take in by any message's fate."""
    for event in OUTCOME_FACTS:
        for entrance in let_in.get(event, ()):
            if not entrance.asks:
                yield Door(
                    *(place, entrance.journey),
                    certain=False,
                    later=True,
                    afterwards=True,
                    may_end=True,
                    ends=False,
                    by=event,
                )


class _Walks:
    """Where the steps of a journey lead: in no time, after some, and to its end."""

    def __init__(self, doc: JsonObject) -> None:
        self.steps = {name: as_object(step) for name, step in as_object(doc.get("steps")).items()}
        ways: dict[str | None, list[str]] = {
            name: _ways(step, self.steps) for name, step in self.steps.items()
        }
        start = doc.get("start")
        begins = [start] if isinstance(start, str) and start in self.steps else []
        passing = {name for name, step in self.steps.items() if _is_of(_PASSING, step)}
        among = {name: ways[name] if name in passing else [] for name in self.steps}
        self._at_once = reachable({**among, None: begins}, None)
        self._reached = reachable({**ways, None: begins}, None)
        held = [
            name
            for name in self._reached
            if name is not None and not _is_of(_AT_ONCE, self.steps[name])
        ]
        self._later = reachable({**ways, None: [to for name in held for to in ways[name]]}, None)
        self._ending = self._to_the_end(ways, passing)
        self._perhaps_ending = self._to_the_end(
            ways, {name for name, step in self.steps.items() if _may_pass(step)}
        )
        self._is_cut_short = "goal" in doc or bool(doc.get("exit"))

    def door(self, name: str, place: Place, journey: str, *, afterwards: bool) -> Door:
        """The door at a step."""
        return Door(
            place,
            journey,
            certain=name in self._at_once,
            later=name not in self._reached or name in self._later,
            afterwards=afterwards,
            may_end=self._is_cut_short or name in self._perhaps_ending,
            ends=name in self._ending,
        )

    def _to_the_end(
        self, ways: Mapping[str | None, Collection[str]], passing: Collection[str]
    ) -> set[str | None]:
        """The steps from which a way through these leads to the end."""
        backward: dict[str | None, list[str]] = {name: [] for name in (None, *self.steps)}
        for name, step in self.steps.items():
            if step.get("type") == "exit" or (name in passing and _has_an_end(step)):
                backward[None].append(name)
            if name in passing:
                for to in ways[name]:
                    backward[to].append(name)
        return reachable(backward, None)


_PASSING = frozenset({"update", "emit", "enter", "split"})
"""Types of steps that are gone through in no time and on no condition."""

_AT_ONCE = _PASSING | {"branch", "exit"}
"""Types of steps that hold nobody up; any other may, be it a message or a type that is misspelt."""

_TARGETS = {"branch": ("branches", "else"), "split": ("arms", None), "wait_for": ("any", "next")}
"""Of steps that lead on in several ways: where these stand, and what leads on besides."""


def _is_of(types: Collection[str], step: JsonObject) -> bool:
    kind = step.get("type")
    return isinstance(kind, str) and kind in types


_PERHAPS = _AT_ONCE | {"wait_for"}
"""Types of steps that hold nobody up, or not where what they wait for is emitted before."""


def _may_pass(step: JsonObject) -> bool:
    """Whether some may go through a step before an event that was emitted is taken."""
    return _is_of(_PERHAPS, step) or (_is_of({"wait"}, step) and not always_lasts(step))


def _has_an_end(step: JsonObject) -> bool:
    """Whether a step may end the journey: some way out of it leads to no step."""
    kind = step.get("type")
    several, besides = _TARGETS.get(kind if isinstance(kind, str) else "", (None, "next"))
    ways = [way for way in as_objects(step.get(several or "")) if way.get("weight") != 0]
    return any("next" not in way for way in ways) or (besides is not None and besides not in step)


def _ways(step: JsonObject, steps: Mapping[str, JsonObject]) -> list[str]:
    """Where a step leads; nobody goes the way of an arm without a weight."""
    shut = {
        index for index, arm in enumerate(as_objects(step.get("arms"))) if arm.get("weight") == 0
    }
    return [
        name
        for name, place in ahead_of(step)
        if name in steps and not (place[0] == "arms" and place[1] in shut)
    ]
