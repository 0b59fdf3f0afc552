"""Whatever the plan: what tells of the past is known afterwards, and has let nobody in."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.state.customer import Event
from sojourn.core.workspace.plan import Plan
from sojourn_cli.simulation.clock import live
from tests.core.engine.given import plan_of
from tests.core.engine.worlds import END, histories, plans

WORLDS = settings(max_examples=60)
NO_JOURNEYS = plan_of()


@WORLDS
@given(plans(), histories)
def test_history_alone_begins_and_sends_nothing(plan: Plan, events: list[Event]) -> None:
    told = [replace(event, silent=True) for event in events]
    life = live(plan, "ana", told, END, reasons=True)

    assert (life.enrolments, life.settled, life.announcements) == ({}, [], [])
    bare = live(NO_JOURNEYS, "ana", told, END, reasons=True).customer
    customer = life.customer
    assert (customer.traits, customer.consents) == (bare.traits, bare.consents)
    assert (customer.channels, customer.entries, customer.ledger) == (bare.channels, {}, ())


@WORLDS
@given(plans(), histories, st.sets(st.integers(0, 9)))
def test_no_enrolment_begins_by_history(plan: Plan, events: list[Event], past: set[int]) -> None:
    told = [replace(event, silent=place in past) for place, event in enumerate(events)]
    life = live(plan, "ana", told, END, reasons=True)

    loud = {event.id for event in told if not event.silent}
    outside = {event.id for event in events}
    began = {item.entry_event for item in life.enrolments.values()}
    assert began & outside <= loud
