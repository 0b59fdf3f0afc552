"""The forms of the steps of a journey, one for each type."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from sojourn.core.values.exact import Json, JsonObject
from sojourn.language.conditions import Condition
from sojourn.language.findings import Code, Problem, no_such
from sojourn.language.forms import (
    AtLeastOne,
    Form,
    optional,
    picked,
    problems_of,
    unlike,
    wrong_type,
)
from sojourn.language.models.content import PARTS, SEEN, EmailPart, PushPart, SmsPart
from sojourn.language.relations import at_least_one, exactly_one, needs
from sojourn.language.tolerant import as_object
from sojourn.language.wording import listed, quoted
from sojourn.language.words import (
    Assignments,
    Channel,
    DateOrPath,
    Duration,
    EmittedName,
    EventNames,
    Id,
    Increments,
    Match,
    Offset,
    Text,
    TimeOfDay,
    Values,
    Weekdays,
    WritablePath,
    number,
    one_of,
    whole,
)

OUTCOMES = ("sent", "capped", "quiet", "suppressed", "no_consent", "no_address", "failed")

"""How a message can end, by the language."""

Outcome = Annotated[str, one_of(*OUTCOMES, what="send outcome")]
_UNCHECKED = PlainValidator(
    lambda value: value, json_schema_input_type=EmailPart | SmsPart | PushPart
)
"""What only the step's channel can tell is checked by the step's rules."""


class Step(Form):
    """What every step may carry."""

    stage: Text = optional(
        description="Its place on the customer journey map: `awareness`, `purchase`…"
    )
    max_visits: Annotated[int, whole(1)] = Field(
        default=100, description="The visit after so many exits with `loop_limit`."
    )


class Send(Step):
    """Hands a message to dispatch and waits for its outcome."""

    type: Literal["send"]
    channel: Channel = Field(description="How it goes out.")
    template: Id = optional(description="The name of a file in `templates/`.")
    content: Annotated[object, _UNCHECKED] = optional(
        description="The part for the step's channel, in place of a template."
    )
    category: Id = optional(description="A category of the settings; else the journey's.")
    priority: Annotated[int, number()] = optional(
        description="Who goes first where caps leave room for one; else the journey's.",
    )
    with_: Values = optional(
        alias="with",
        description="Names the template sees besides, with their values.",
    )
    on_limit: Annotated[str, one_of("hold", "skip")] = Field(
        default="hold", description="What quiet hours and caps do to it."
    )
    hold: Duration = Field(default="P1D", description="How long it may be held at most.")
    on: dict[Outcome, Text] = optional(description="Where single outcomes lead.")
    next: Text = optional(description="Where every other outcome leads.")

    relations = exactly_one("template", "content")

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """Content has the form of its channel."""
        channel = doc.get("channel")
        if "content" in doc and isinstance(channel, str) and channel in PARTS:
            for problem in problems_of(PARTS[channel], doc["content"]):
                yield problem.under("content")
        given = doc.get("with")
        for name in given if isinstance(given, dict) else ():
            if name in (*SEEN, "event"):
                message = f"{quoted(name)} means something else in a template; choose another name"
                yield Problem(("with", name), Code.CONFLICTING_KEYS, message, "warning")


class UntilTime(Form):
    """Until it is this time of day for the customer."""

    time: TimeOfDay = Field(description="The time of day on the customer's clock.")
    weekdays: Weekdays = optional(description="The days on which it may be; every day without it.")


class UntilDate(Form):
    """Until a date, moved by an offset."""

    date: DateOrPath = Field(description="A date, an instant, or the path of one.")
    offset: Offset = optional(description="How far from it: `-P7D` is a week before.")
    time: TimeOfDay = optional(description="The time of that day; its start without it.")
    if_past: Annotated[str, one_of("continue", "exit")] = Field(
        default="continue", description="What a date that is past, or none, does."
    )


_UNTIL = 'an object, as `{"time": "09:00"}` or `{"date": "profile.birthday"}`,'


def _until(doc: JsonObject) -> type[Form]:
    return UntilDate if "date" in doc else UntilTime


class Wait(Step):
    """Sleeps: for a time, then until a time of day or a date."""

    type: Literal["wait"]
    for_: Duration = optional(alias="for", description="How long it sleeps first.")
    until: Annotated[object, picked(_until, UntilTime | UntilDate, _UNTIL)] = optional(
        description="Until which time of day, or until which date."
    )
    next: Text = optional(description="The step after it.")

    relations = (at_least_one("for", "until"),)


class Awaited(Form):
    """An event that moves the customer on, and where to."""

    event: EventNames = Field(description="The name of the event, or several.")
    where: Condition = optional(description="What must hold besides.")
    match: Match = optional(description="Pairs of paths that must be equal.")
    step: Text = optional(description="Of `message.*` events only those about this step's message.")
    next: Text = optional(description="Where it leads; else where the step leads.")

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """Only facts about messages belong to a step."""
        event = doc.get("event")
        names = event if isinstance(event, list) else [event]
        if "step" in doc and not all(
            name.startswith("message.") for name in names if isinstance(name, str)
        ):
            message = "`step` is for `message.*` events; no other event belongs to a step's message"
            yield Problem(("step",), Code.CONFLICTING_KEYS, message)


class WaitFor(Step):
    """Waits for the first event that fits, or for the timeout."""

    type: Literal["wait_for"]
    any: AtLeastOne[Awaited] = Field(description="The events; the first that fits moves.")
    timeout: Duration = optional(description="How long it waits; `max_stay` without it.")
    on_timeout: Text = optional(description="Where the timeout leads; else `next`.")
    next: Text = optional(description="Where everything without a `next` leads.")

    relations = (needs("on_timeout", "timeout"),)


class BranchArm(Form):
    """A way with its condition."""

    where: Condition = Field(description="What must hold to go this way.")
    next: Text = optional(description="Where it leads; the journey ends without it.")


class Branch(Step):
    """Goes the first way whose condition holds."""

    type: Literal["branch"]
    branches: AtLeastOne[BranchArm] = Field(description="The ways, looked at in order.")
    else_: Text = optional(
        alias="else", description="The way when no condition holds; else the end."
    )


class SplitArm(Form):
    """A share of customers and its way."""

    name: Text = Field(description="What the share is called; renaming it draws it anew.")
    weight: Annotated[int, number(0)] = Field(
        description="Its size beside the others; with 0 nobody comes this way."
    )
    next: Text = optional(description="Where it leads; the journey ends without it.")


class Split(Step):
    """Divides customers by weight, always the same way for one customer."""

    type: Literal["split"]
    arms: AtLeastOne[SplitArm] = Field(description="The shares.")
    salt: Text = optional(description="Another text draws all customers anew.")

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """Two shares do not have one name, as the draw is by name; and one share has a weight."""
        arms = doc.get("arms")
        for problem in unlike(arms, "arm"):
            yield problem.under("arms")
        items = arms if isinstance(arms, list) else []
        weights = [arm.get("weight") for arm in items if isinstance(arm, dict)]
        if weights and all(weight == 0 for weight in weights):
            message = "every weight is 0, so nobody could go on; give one of them a weight above 0"
            yield Problem(("arms",), Code.OUT_OF_RANGE, message)


class Update(Step):
    """Changes the profile, consent or this enrolment's variables."""

    type: Literal["update"]
    set: Assignments = optional(description="Paths and what they become.")
    increment: Increments = optional(description="Paths and what is added to them.")
    unset: AtLeastOne[WritablePath] = optional("Paths that are emptied.")
    next: Text = optional(description="The step after it.")

    relations = (at_least_one("set", "increment", "unset"),)

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """What is written is not emptied at once: `unset` comes last."""
        unset = doc.get("unset")
        for key in ("set", "increment"):
            for path in as_object(doc.get(key)):
                if isinstance(unset, list) and path in unset:
                    message = f"`unset` empties {quoted(path)} in this step as well; keep one"
                    yield Problem((key, path), Code.CONFLICTING_KEYS, message, "warning")


class Emit(Step):
    """Puts an event on the bus, with `sojourn` as its source."""

    type: Literal["emit"]
    event: EmittedName = Field(description="The event's name.")
    properties: Values = optional(description="Its properties.")
    next: Text = optional(description="The step after it.")


class Enter(Step):
    """Enters the customer in another journey and goes on."""

    type: Literal["enter"]
    journey: Id = Field(description="The other journey's id.")
    with_: Values = optional(alias="with", description="What is `entry.*` there.")
    next: Text = optional(description="The step after it, here.")


class Exit(Step):
    """Ends the journey for the customer."""

    type: Literal["exit"]
    outcome: Text = Field(default="finished", description="What the ending is called.")


STEPS: Mapping[str, type[Form]] = {
    "send": Send,
    "wait": Wait,
    "wait_for": WaitFor,
    "branch": Branch,
    "split": Split,
    "update": Update,
    "emit": Emit,
    "enter": Enter,
    "exit": Exit,
}
"""The form of each type of step."""


def _step(doc: JsonObject) -> type[Form] | Problem:
    if "type" not in doc:
        message = f"`type` is missing here; it is {listed(STEPS)}"
        return Problem(("type",), Code.MISSING_KEY, message)
    kind = doc["type"]
    if not isinstance(kind, str):
        return wrong_type("text", kind).under("type")
    if kind not in STEPS:
        return no_such("step type", kind, STEPS, Code.UNKNOWN_STEP_TYPE).under("type")
    return STEPS[kind]


AnyStep = Annotated[
    object,
    picked(
        _step,
        Annotated[
            Send | Wait | WaitFor | Branch | Split | Update | Emit | Enter | Exit,
            Field(discriminator="type"),
        ],
    ),
]
