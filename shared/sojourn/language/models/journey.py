"""The form of a journey."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from sojourn.core.values.exact import Json, dumps
from sojourn.core.values.instants import parse_instant
from sojourn.language.conditions import Condition, TraitTests
from sojourn.language.findings import Code, Problem
from sojourn.language.forms import FileForm, Form, Some, example, optional
from sojourn.language.meant import word
from sojourn.language.models.steps import AnyStep
from sojourn.language.relations import at_least_one, exactly_one
from sojourn.language.wording import quoted
from sojourn.language.words import (
    Boolean,
    Duration,
    EventNames,
    Id,
    Instant,
    Match,
    Path,
    RealDuration,
    StepName,
    Text,
    number,
    one_of,
    whole,
)

_TRAIT = "profile."
_WAYS_IN = frozenset({"event", "profile", "segment"})

MOST_STEPS = 1_000
"""The most steps of one journey; a larger one is better cut into several that enter one another."""


class SegmentEntry(Form):
    """Entry by crossing a segment's border."""

    id: Id = Field(description="The segment.")
    on: Annotated[str, one_of("enter", "leave")] = Field(
        default="enter", description="Which way the customer crosses."
    )


_MODES = ("never", "after_exit", "always")


class Reentry(Form):
    """How often one customer may enter, per key."""

    mode: Annotated[str, one_of(*_MODES)] = Field(
        default="after_exit",
        description="`never` again; one at a time; or each event its own enrolment.",
    )
    every: Duration = optional(description="The least time between two entries.")
    max: Annotated[int, whole(1)] = optional(description="The most entries for life.")

    @classmethod
    def not_an_object(cls, found: object) -> Problem:
        """See Form: a mode alone."""
        problem = super().not_an_object(found)
        if not isinstance(found, str):
            return problem
        mode = found if found in _MODES else word(found, _MODES)
        if mode is None:
            return problem
        written = quoted(dumps({"mode": mode}))
        return replace(problem, message=f"{problem.message}; write {written}")


class Entry(Form):
    """What lets a customer in: an event, a changed profile or a segment."""

    event: EventNames = optional(description="The event, or several.")
    profile: TraitTests = optional(
        description="Traits with tests: in when a change makes them hold."
    )
    segment: SegmentEntry = optional(description="The segment whose border is crossed.")
    where: Condition = optional(description="What must hold besides.")
    key: Path = optional(
        description="What tells one enrolment from another at the same time: `event.cart_id`.",
    )
    reentry: Reentry = optional(description="How often one customer may enter.")
    holdout: Annotated[int, number(0, 100)] = Field(
        default=0, description="The share, per cent, who are only followed for the goal."
    )
    after: Instant = optional(description="Entry is open from this instant on.")
    until: Instant = optional(description="Entry is closed from this instant on.")

    relations = exactly_one(*sorted(_WAYS_IN))

    @classmethod
    def instead_of(cls, key: str, doc: Mapping[str, Json]) -> str | None:
        """See Form: a trait alone is what lets in; beside an event it is what must hold."""
        if key.startswith(_TRAIT) and _WAYS_IN.isdisjoint(doc):
            return "profile"
        return super().instead_of(key, doc)

    @classmethod
    def unknown_key(cls, key: str, doc: Mapping[str, Json]) -> Problem:
        """See Form."""
        if cls.instead_of(key, doc) != "profile":
            return super().unknown_key(key, doc)
        written = example({"profile": {key.removeprefix(_TRAIT): doc[key]}})
        message = f"{quoted(key)} is a trait, and who is let in by one is written {written}"
        return Problem((), Code.UNKNOWN_KEY, message)

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """It is open some time."""
        after, until = doc.get("after"), doc.get("until")
        if not (isinstance(after, str) and isinstance(until, str)):
            return
        try:
            backwards = parse_instant(until) <= parse_instant(after)
        except ValueError:
            return  # the instants' own checks say so
        if backwards:
            message = "entry closes before it opens: nobody could ever enter"
            yield Problem(("until",), Code.OUT_OF_RANGE, message)


class ExitRule(Form):
    """Ends the journey for a customer at once, wherever she is in it."""

    event: EventNames = optional(description="The event; any stimulus without it.")
    where: Condition = optional(description="What must hold.")
    segment: Id = optional(description="The segment she must be in.")
    match: Match = optional(description="Pairs of paths that must be equal.")
    outcome: Text = Field(default="exited", description="What the ending is called.")
    enter: Id = optional(description="The journey she enters then.")

    relations = (at_least_one("event", "where", "segment"),)


class Goal(Form):
    """What the journey is for; counted once per enrolment."""

    event: EventNames = Field(description="The event that reaches it, or several.")
    where: Condition = optional(description="What must hold besides.")
    match: Match = optional(description="Pairs of paths that must be equal.")
    within: RealDuration = optional(
        description="How long after the entering event it counts; for ever without."
    )
    exit: Boolean = Field(
        default=False, description="Whether reaching it ends the journey as `converted`."
    )


class Journey(FileForm):
    """One journey: who comes in, what happens to her, and what ends it."""

    id: Id = optional(description="The file's name without `.json`.")
    name: Text = optional(description="What people call it.")
    status: Annotated[str, one_of("draft", "live", "paused", "archived")] = Field(
        default="draft",
        description="`draft`: checked, never run; `live`; `paused`: nobody enters, nothing moves;"
        " `archived`: nobody enters.",
    )
    priority: Annotated[int, number()] = Field(
        default=50, description="Who goes first where caps leave room for one."
    )
    category: Id = Field(default="marketing", description="The category of its messages.")
    entry: Entry = Field(description="What lets a customer in.")
    exit: Some[ExitRule] = optional(
        description="What ends it at once; looked at before steps move."
    )
    goal: Goal = optional(description="What it is for.")
    start: Text = Field(description="The first step.")
    steps: dict[StepName, AnyStep] = Field(min_length=1, description="The steps, by name.")
    max_stay: RealDuration = Field(
        default="P365D",
        description="How long a customer may be in it; then she exits as `expired`.",
    )
    resume_over: Duration = Field(
        default="PT1H", description="How long overdue timers are spread over after a pause."
    )
    on_archive: Annotated[str, one_of("finish", "exit")] = Field(
        default="finish", description="What those inside do when it is archived."
    )

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """It says whether it runs, and has no more steps than anybody could follow."""
        if "status" not in doc:
            message = (
                "`status` is missing here: the journey is a draft, which never runs; write"
                " `live`, or `draft` if that is meant"
            )
            yield Problem(("status",), Code.MISSING_KEY, message, "warning")
        steps = doc.get("steps")
        if isinstance(steps, dict) and len(steps) > MOST_STEPS:
            message = (
                f"{len(steps)} steps; the most is {MOST_STEPS}: cut it into journeys that `enter`"
                " one another"
            )
            yield Problem(("steps",), Code.TOO_MANY_STEPS, message)
