"""Two customers for tests of joins: each carried on by herself, then made one."""

from dataclasses import replace

from sojourn.core.course.forward import Course
from sojourn.core.engine.draft import Draft
from sojourn.core.engine.join import (
    Apart,
    Joining,
    absorb,
)
from sojourn.core.state.customer import (
    Customer,
    Event,
    Links,
)
from sojourn.core.state.history import NO_HISTORY
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import (
    Loose,
    Story,
    at,
    event,
    plan_of,
)

NOTHING = plan_of()
CARD = ("loyalty", "L1")
ALWAYS = {"event": "begin", "reentry": {"mode": "always"}}


def course_of(plan: Plan, *events: Event, id_: str = "v1") -> Course:
    """Another customer, carried on by herself."""
    course = Course(plan, Customer(id_, events[0].received_at), NO_HISTORY)
    for item in events:
        course.take(item, item.received_at)
    return course


def joining(when: str, *ids: str, **links: Loose) -> Event:
    found = Links(joins=ids or ("v1",), **links)
    return replace(event("identify", when), links=found)


def join(story: Story, when: str, *others: Course | Apart, **links: Loose) -> Story:
    """The customer takes an event that joins others."""
    ids = [item.id if isinstance(item, Apart) else item.customer.id for item in others]
    story.course.join(joining(when, *ids, **links), others, at(when))
    story.course.take_due(story.customer.decided_at - 1)
    story._store()
    return story


def together(mine: Customer, other: Customer, plan: Plan = NOTHING) -> Customer:
    """The two as one."""
    draft = Draft(plan, mine, at("12:00"), NO_HISTORY, reasons=True)
    absorb(draft, [Joining(other, NO_HISTORY)])
    return draft.decision().customer


def person(id_: str = "ana", **fields: Loose) -> Customer:
    return Customer(id_, at("08:00"), **fields)
