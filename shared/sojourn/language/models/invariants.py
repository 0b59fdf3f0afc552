"""The form of `invariants.json`: what must never happen to a customer, whatever is published."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from sojourn.core.limits import CAP_MAXIMUM
from sojourn.core.values.exact import Json
from sojourn.language.conditions import condition_problems
from sojourn.language.findings import Code, Problem
from sojourn.language.forms import (
    Checked,
    FileForm,
    Form,
    Some,
    optional,
    unlike,
)
from sojourn.language.models.settings import Categories, Window
from sojourn.language.paths import path_problems
from sojourn.language.relations import at_least_one, at_most_one, needs
from sojourn.language.tolerant import as_list, as_object
from sojourn.language.wording import quoted
from sojourn.language.words import (
    Channels,
    EventNames,
    RealDuration,
    Text,
    TimeOfDay,
    Weekdays,
    id_problems,
    many,
    shared,
    whole,
)

_KINDS = ("max", "none_after", "none_between")

Journeys = Annotated[list[str], many(id_problems, "journey", shared("Id"))]


def _event_condition(value: object) -> Iterator[Problem]:
    """What is wrong with a condition that sees an event and nothing else."""
    problems = list(condition_problems(value))
    yield from problems
    if not problems and isinstance(value, dict):
        yield from _beyond_the_event(value)


def _beyond_the_event(condition: Mapping[str, Json]) -> Iterator[Problem]:
    for key, item in condition.items():
        match key:
            case "all" | "any":
                for index, part in enumerate(as_list(item)):
                    for problem in _beyond_the_event(as_object(part)):
                        yield problem.under(key, index)
            case "not":
                for problem in _beyond_the_event(as_object(item)):
                    yield problem.under(key)
            case "segment" | "did":
                message = f"{quoted(key)} cannot be asked here: an invariant sees the event alone"
                yield Problem((key,), Code.UNKNOWN_KEY, message)
            case _:
                for problem in path_problems(key, ("event",)):
                    yield problem.under(key)


class NoneAfter(Form):
    """No message once an event came in."""

    event: EventNames = Field(description="The event, or one of several.")
    where: Annotated[object, Checked(_event_condition, shared("Condition"))] = optional(
        description="What must hold of the event; paths begin with `event`."
    )
    for_: RealDuration = optional(
        alias="for", description="For how long after it; for ever without it."
    )
    until: EventNames = optional(description="An event that lifts it again, or one of several.")


class NoneBetween(Form):
    """No message between two times on the customer's clock."""

    from_: TimeOfDay = Field(alias="from", description="The first minute without a message.")
    to: TimeOfDay = Field(
        description="The first minute after; not after `from`, it is the next day's."
    )
    weekdays: Weekdays = optional(description="The days on which it starts; every day without it.")


class Invariant(Form):
    """One rule, and which messages it is about."""

    name: Text = Field(description="What a report calls it.")
    channels: Channels = optional(description="The channels it is about; all without it.")
    categories: Categories = optional(description="The categories it is about; all without it.")
    journeys: Journeys = optional(description="The journeys it is about; all without it.")
    max: Annotated[int, whole(0, CAP_MAXIMUM)] = optional(
        description="The most messages one customer gets in the window; 0 allows none."
    )
    per: Window = optional(
        description="A rolling window (`P7D`), or a day, week or month of the customer's calendar.",
    )
    none_after: NoneAfter = optional(description="An event after which there is none.")
    none_between: NoneBetween = optional(description="Hours in which there is none.")

    relations = (
        at_least_one(*_KINDS, "per", said="`max` with `per`, `none_after` or `none_between`"),
        at_most_one(*_KINDS),
        needs("max", "per"),
        needs("per", "max"),
    )


class Invariants(FileForm):
    """What must never happen to a customer; `simulate --check` and `diff --check` hold it."""

    invariants: Some[Invariant] = Field(description="The rules, each with a name.")

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """Two rules do not share a name: a report must tell which one was broken."""
        for problem in unlike(doc.get("invariants"), "invariant"):
            yield problem.under("invariants")
