"""Decisions: what was decided, why, and what is to be carried out."""

from collections.abc import Mapping
from types import MappingProxyType

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Customer, Enrolment, Event, Message
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import Instant

_NOTHING: Mapping[str, Json] = MappingProxyType({})


@noun
class Record:
    """One line of a decision: what happened at ``at`` and the reason.

    ``what`` is one of `profile`, `channel`, `duplicate`, `ignored`, `refused` (what came of a
    stimulus), `joined`, `not_joined`, `identity_conflict`, `forgotten` (of who she is), `entered`,
    `not_entered`, `held_out` (of an entry), `step`, `waiting`, `timeout`, `matched`, `branch`,
    `split`, `update`, `exited`, `converted` (on the way), `held`, `message` (of a message, whose
    enrolment it names).
    """

    at: Instant
    what: str
    journey: str | None = None
    enrolment: str | None = None
    step: str | None = None
    reason: str | None = None
    details: Mapping[str, Json] = _NOTHING


@noun
class Announcement:
    """An event for the bus, with an id derived from its cause."""

    id: str
    name: str
    at: Instant
    customer: str
    properties: Mapping[str, Json]


@noun
class Settled:
    """A message whose fate is decided: a send outcome, or `cancelled`."""

    message: Message
    status: str
    reason: str | None
    decided_at: Instant


@noun
class Decision:
    """The customer after one stimulus and everything it caused in that instant.

    ``taken`` are the events that were taken, caused ones included, for the history;
    ``enrolments`` those that changed, as they are now, ended ones included.
    """

    customer: Customer
    taken: tuple[Event, ...]
    records: tuple[Record, ...]
    announcements: tuple[Announcement, ...]
    settled: tuple[Settled, ...]
    enrolments: tuple[Enrolment, ...]
