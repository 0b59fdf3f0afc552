"""What nobody asks of our own messages may stay untold: nothing is decided by it."""

from typing import Any

import pytest
from hypothesis import example, given, settings

from sojourn.core.state.codec import encode_customer
from sojourn.core.state.customer import OUTCOME_FACTS, Event
from sojourn.core.values.exact import dumps
from sojourn.core.workspace.plan import Plan
from sojourn_cli.simulation.clock import Life, live
from tests.core.engine.given import ADDRESS, at, end, event, identify, journey, mail, plan_of
from tests.core.engine.test_looks import HOUR, ONE, plan_with
from tests.core.engine.worlds import END, SEGMENTS, histories, plans

WORLDS = settings(max_examples=100)
SMALL = journey("small", "a", {"mail": mail(next="over"), "over": end()})
QUIET = {"quiet_hours": [{"from": "09:00", "to": "11:00"}]}
STORY = [identify("08:00", email=ADDRESS), event("a", "10:00")]


def decided(life: Life) -> str:
    """Everything that is decided about her, and who entered by what, as text."""
    return dumps(
        [
            encode_customer(life.customer),
            [[item.message.id, item.status, item.reason, item.decided_at] for item in life.settled],
            [
                [item.id, item.entry_event, dict(item.entry), item.outcome, item.exited_at]
                for item in life.enrolments.values()
            ],
        ]
    )


def holds_without(plan: Plan, events: list[Event]) -> None:
    every, less = live(plan, "ana", events, END), live(plan, "ana", events, END, facts=False)
    assert decided(less) == decided(every)
    assert [item for item in every.taken if item.name not in OUTCOME_FACTS] == [
        item for item in less.taken if item.name not in OUTCOME_FACTS
    ]


@WORLDS
@given(plans(), histories)
def test_the_same_is_decided_without(plan: Plan, events: list[Event]) -> None:
    holds_without(plan, events)


@WORLDS
@given(SEGMENTS, histories)
@example({"did": {**HOUR, "count": 0}}, ONE)
@example({"did": {"event": "message.sent", "within": "PT1H"}}, ONE)
def test_the_same_crosses_a_segment(segment: dict[str, Any], events: list[Event]) -> None:
    holds_without(plan_with(segment), events)


@pytest.mark.parametrize(
    ("asked", "names"),
    [(None, ["identify", "a"]), ("message.sent", ["identify", "a", "message.sent"])],
)
def test_only_what_is_asked_for_is_told(asked: str | None, names: list[str]) -> None:
    condition = {"did": {"event": asked}} if asked else {"profile.x": 1}
    steps = {"fork": {"type": "branch", "branches": [{"where": condition, "next": "over"}]}}
    plan = plan_of(SMALL, journey("fork", "b", {**steps, "over": end()}))
    told = live(plan, "ana", STORY, END, facts=False)
    assert [item.name for item in told.taken] == names
    for life in (live(plan, "ana", STORY, END), live(plan, "ana", STORY, END, reasons=True)):
        assert [item.name for item in life.taken] == ["identify", "a", "message.sent"]


def test_whoever_crosses_a_segment_as_her_message_goes_enters_by_that_fact() -> None:
    lately = {"did": {"event": "a", "within": "PT30M", "count": 0}}
    entry = {"segment": {"id": "s"}, "reentry": {"mode": "always"}}
    let_in = journey("let-in", entry, {"wait": {"type": "wait", "for": "P1D"}})
    plan = plan_of(SMALL, let_in, settings=QUIET, segments={"s": lately})
    life = live(plan, "ana", STORY, END, facts=False)
    first, entered = (item for item in life.enrolments.values() if item.entered_at > at("08:00"))
    assert (first.journey, entered.journey, entered.entered_at) == ("small", "let-in", at("11:00"))
    assert entered.entry["step"] == "mail"
    assert decided(life) == decided(live(plan, "ana", STORY, END))
