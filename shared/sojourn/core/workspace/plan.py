"""The plan: everything the marketer's files say, read into nouns that never change.

Documents become these nouns in `reading.py`; the language package has checked them before.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import time
from decimal import Decimal
from typing import Any

from sojourn.core.matching.conditions import Condition, Test
from sojourn.core.matching.entrance import Entrance
from sojourn.core.nouns import noun
from sojourn.core.state.customer import ADDRESS_TRAITS, OUTCOME_FACTS
from sojourn.core.values.exact import Json, JsonObject
from sojourn.core.values.instants import DAY, HOUR, Duration, Instant, Offset
from sojourn.core.values.paths import Path
from sojourn.core.workspace.settings import Settings

type Number = int | Decimal
type Place = tuple[str, int]
"""A version of a journey: the journey's id and the version's number."""

CHANGE = frozenset({""})
"""Of a wait that rests on a trait or on the zone: no event has this name."""

SENDING = frozenset(OUTCOME_FACTS)
"""Of a send: the facts that we cause by it, and no event from outside of such a name."""

DEFAULT_PRIORITY = 50
DEFAULT_HOLD: Duration = DAY
DEFAULT_STAY: Duration = 365 * DAY
DEFAULT_RESUME_OVER: Duration = HOUR
DEFAULT_VISITS = 100

CHANNELS = tuple(ADDRESS_TRAITS)


@noun
class From:
    """A value that is read at a path when its step is reached."""

    path: Path


type Value = From | Json
"""A literal, or where to read one."""


@noun
class Send:
    """Hands a message to dispatch and waits for its outcome."""

    name: str
    channel: str
    template: str | None
    content: Mapping[str, Json] | None
    category: str | None
    priority: Number | None
    variables: Mapping[str, Value]
    on_limit: str
    hold: Duration
    on: Mapping[str, str]
    next: str | None
    max_visits: int
    stage: str | None


@noun
class LocalTime:
    """Until it is this time of day on one of the weekdays (0 is Monday; empty: every day)."""

    at: time
    weekdays: frozenset[int]


@noun
class DateWait:
    """Until a date (read at a path, or fixed), moved by an offset, at a time of day."""

    value: Value
    offset: Offset
    at: time | None
    if_past: str


@noun
class Wait:
    """Sleeps: first ``duration``, then until ``until``."""

    name: str
    duration: Duration | None
    until: LocalTime | DateWait | None
    next: str | None
    max_visits: int
    stage: str | None


@noun
class Match:
    """An event that moves a `wait_for` step, and where to."""

    events: tuple[str, ...]
    where: Condition | None
    match: tuple[tuple[Path, Path], ...]
    step: str | None
    next: str | None


@noun
class WaitFor:
    """Waits for the first event that matches, or for the timeout."""

    name: str
    any: tuple[Match, ...]
    timeout: Duration | None
    on_timeout: str | None
    next: str | None
    max_visits: int
    stage: str | None


@noun
class Arm:
    """A branch with its condition."""

    where: Condition
    next: str | None


@noun
class Branch:
    """Goes on at the first branch that holds, else at ``otherwise``."""

    name: str
    branches: tuple[Arm, ...]
    otherwise: str | None
    max_visits: int
    stage: str | None


@noun
class Split:
    """Goes on by weight, always the same way for one customer."""

    name: str
    weights: Mapping[str, Number]
    targets: Mapping[str, str | None]
    salt: str
    max_visits: int
    stage: str | None


@noun
class Update:
    """Changes the profile, consent or this enrolment's variables."""

    name: str
    set: tuple[tuple[Path, Value], ...]
    increment: tuple[tuple[Path, Value], ...]
    unset: tuple[Path, ...]
    next: str | None
    max_visits: int
    stage: str | None


@noun
class Emit:
    """Puts an event on the bus."""

    name: str
    event: str
    properties: Mapping[str, Value]
    next: str | None
    max_visits: int
    stage: str | None


@noun
class Enter:
    """Enters this customer in another journey and goes on."""

    name: str
    journey: str
    variables: Mapping[str, Value]
    next: str | None
    max_visits: int
    stage: str | None


@noun
class Exit:
    """Ends the enrolment."""

    name: str
    outcome: str
    max_visits: int
    stage: str | None


type Step = Send | Wait | WaitFor | Branch | Split | Update | Emit | Enter | Exit


@noun
class Reentry:
    """How often one customer may enter, per key."""

    mode: str = "after_exit"
    every: Duration | None = None
    max: int | None = None


@noun
class Entry:
    """What lets a customer in: exactly one of events, profile or segment."""

    events: tuple[str, ...] = ()
    where: Condition | None = None
    profile: tuple[tuple[Path, Test], ...] = ()
    segment: str | None = None
    on: str = "enter"
    key: Path | None = None
    reentry: Reentry = field(default_factory=Reentry)
    holdout: Number = 0
    after: Instant | None = None
    until: Instant | None = None


@noun
class ExitRule:
    """Ends an enrolment at once, wherever it is; without events it is tested on every stimulus."""

    events: tuple[str, ...]
    where: Condition | None
    match: tuple[tuple[Path, Path], ...]
    outcome: str
    enter: str | None


@noun
class Goal:
    """What the journey is for; ``within`` counts from the entering event, half-open."""

    events: tuple[str, ...]
    where: Condition | None
    match: tuple[tuple[Path, Path], ...]
    within: Duration | None
    exit: bool


@noun
class Journey:
    """One immutable version of a journey."""

    id: str
    version: int
    name: str
    status: str
    priority: Number
    category: str
    entry: Entry
    exits: tuple[ExitRule, ...]
    goal: Goal | None
    start: str
    steps: Mapping[str, Step]
    max_stay: Duration
    resume_over: Duration
    on_archive: str
    resumed_at: Instant | None = None
    archived_at: Instant | None = None


@noun
class Plan:
    """Every live version, compiled, with an index from event names to journeys that care.

    ``versions`` holds each version somebody may still be in; ``current`` the newest of each
    journey. ``names`` are all event names that any journey refers to. ``examined`` are the versions
    whose exit rules or goals name an event, ``always_examined`` those that ask on every stimulus.
    ``followed`` maps every version to how long after the entering event its goal may still come,
    lateness included; 0 without a goal. ``waited_for`` are the events that some step waits for;
    ``moves`` says what may move who is at a version's step: events, `SENDING`, or `CHANGE` of her.
    ``by_segment`` goes by segment and by whether it is entered or left; ``entry_segments`` are all
    that stand there, ``segment_index`` those of them that there are, by their conditions.
    ``undisturbed`` maps versions that no pause and no archive bears on to their longest stay.
    ``sources`` are the mappings by id, as they are written; ``asks_since`` is the revision since
    which something asks when her first event came (0: nothing), ``derived`` what was worked out.
    ``segments_rest_on`` are the events on which answers of the entry segments rest (None: on the
    one at hand, too); ``segments_fade`` says that time alone lets nobody into any of them.
    """

    revision: int
    settings: Settings
    segments: Mapping[str, Condition]
    templates: Mapping[str, JsonObject]
    versions: Mapping[tuple[str, int], Journey]
    current: Mapping[str, Journey]
    by_event: Mapping[str, Entrance[Journey]] = field(compare=False)  # made of `current`
    by_profile: Entrance[Journey] = field(compare=False)
    by_segment: Mapping[tuple[str, str], tuple[Journey, ...]]
    entry_segments: frozenset[str]
    segment_index: Entrance[str] = field(compare=False)
    segments_rest_on: frozenset[str] | None
    segments_fade: bool
    names: frozenset[str]
    cares_for_all: bool
    examined: Mapping[str, frozenset[Place]]
    always_examined: frozenset[Place]
    undisturbed: Mapping[Place, Duration]
    waited_for: frozenset[str]
    moves: Mapping[tuple[str, int, str], frozenset[str]]
    followed: Mapping[Place, Duration]
    sources: tuple[JsonObject, ...] = ()
    asks_since: int = 0
    derived: dict[tuple[object, ...], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def refers_to(self, name: str) -> bool:
        """Whether any journey could care about an event of that name."""
        return self.cares_for_all or name in self.names
