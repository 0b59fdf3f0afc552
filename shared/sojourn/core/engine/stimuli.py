"""Stimuli: what a draft takes, one after another, and which message a fact among them is about."""

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Customer, Event, Wake
from sojourn.core.values.instants import Instant


@noun
class Change:
    """A stimulus that an update step or a join causes: the customer just before it and just after.

    ``joined`` are those who became one with her by it, as they were.
    """

    before: Customer
    after: Customer
    joined: tuple[Customer, ...] = ()


@noun
class Binding:
    """The message that a fact about a message is about."""

    message: str
    enrolment: str
    step: str
    channel: str
    address: str


@noun
class Look:
    """A look at the segments that let in: when, and on which events its answers rest.

    ``lasts`` says that time alone changes none of them.
    """

    at: Instant
    rest_on: frozenset[str]
    lasts: bool


type Stimulus = Event | Wake | Change
