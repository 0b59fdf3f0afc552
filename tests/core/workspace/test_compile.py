"""The plan's index: which events matter to any journey at all."""

from typing import Any

import pytest

from sojourn.core.state.customer import Trait
from sojourn.core.workspace.compile import STATUS_FACTS
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import Loose, end, journey, mail, plan_of

STOP = {"stop": end()}
WAIT = {"wait": {"type": "wait", "for": "P1D"}}


def names(*journeys: dict[str, Any], **rest: Loose) -> set[str]:
    return set(plan_of(*journeys, **rest).names) - STATUS_FACTS


def steps(**step: Loose) -> dict[str, Any]:
    return {"step": step, "next": end()}


CLICKED = {"from": "messages.letter.clicked_at"}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ({}, set()),
        ({"exit": [{"event": ["a", "b"]}]}, {"a", "b"}),
        ({"exit": [{"where": {"did": {"event": "a"}}}]}, {"a"}),
        ({"exit": [{"event": "a", "match": {"event.x": "messages.m.opened_at"}}]},
         {"a", "message.opened"}),
        ({"goal": {"event": "a", "where": {"not": {"did": {"event": "b"}}}}}, {"a", "b"}),
        ({"goal": {"event": "a", "segment": "s"}}, {"a", "in-segment", "in-did"}),
        ({"steps": steps(type="wait_for", any=[{"event": "a", "where": {"did": {"event": "b"}}}])},
         {"a", "b"}),
        ({"steps": steps(type="branch", branches=[
            {"where": {"any": [{"messages.m.clicked_at": {"exists": True}},
                               {"messages.m.status": "sent"}]}, "next": "next"}])},
         {"message.clicked"}),
        ({"steps": {"step": mail(**{"with": {"a": CLICKED, "b": 1}})}}, {"message.clicked"}),
        ({"steps": steps(type="enter", journey="x", **{"with": {"a": CLICKED}})},
         {"message.clicked"}),
        ({"steps": steps(type="emit", event="x", properties={"a": CLICKED})}, {"message.clicked"}),
        ({"steps": steps(type="update", set={"vars.a": CLICKED})}, {"message.clicked"}),
        ({"steps": steps(type="update", increment={"vars.a": {"from": "event.n"}})}, set()),
        ({"steps": steps(type="wait", until={"date": "messages.m.delivered_at"})},
         {"message.delivered"} - STATUS_FACTS),
        ({"steps": steps(type="wait", until={"date": "messages.m.opened_at"})}, {"message.opened"}),
        ({"steps": steps(type="wait", until={"date": "2026-01-01"})}, set()),
        ({"steps": steps(type="wait", until={"time": "09:00"})}, set()),
    ],
)  # fmt: skip
def test_events_that_matter_to_who_is_inside(rest: dict[str, Any], expected: set[str]) -> None:
    doc = {**journey("j", "entering", STOP), **rest}
    segments = {"s": {"did": {"event": "in-segment", "where": {"did": {"event": "in-did"}}}}}

    assert names({**doc, "start": next(iter(doc["steps"]))}, segments=segments) == {
        "entering",
        *expected,
    }


def test_events_that_decide_who_enters() -> None:
    where = {"profile.x": 1, "did": {"event": "b"}}
    segments = {"s": {"all": [{"did": {"event": "c"}}, {"segment": "t"}]}, "t": {"segment": "s"}}

    assert names(
        journey("j", {"event": ["a", "a"], "where": where}, STOP),
        journey("k", {"segment": {"id": "s"}}, STOP),
        segments=segments,
    ) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("draft", set()),
        ("archived", {"out"}),
        ("paused", {"in", "out"}),
        ("live", {"in", "out"}),
    ],
)
def test_a_draft_refers_to_nothing_and_nobody_enters_an_archive(
    status: str, expected: set[str]
) -> None:
    doc = {**journey("j", "in", STOP, exit=[{"event": "out"}]), "status": status}

    assert names(doc) == expected


def test_an_older_version_still_matters_to_who_is_inside() -> None:
    old = journey("j", "in", STOP, exit=[{"event": "out"}])

    assert names({**old, "status": "draft"}, older=(old,)) == {"out"}


def test_facts_that_change_how_a_channel_stands_always_matter() -> None:
    plan = plan_of()

    assert all(plan.refers_to(name) for name in STATUS_FACTS)
    assert not plan.refers_to("message.opened")
    assert not plan.refers_to("order.placed")


def ruled(where: dict[str, Any], **rule: Loose) -> Plan:
    return plan_of(
        journey("j", "in", WAIT, exit=[{"where": where, **rule}]),
        segments={"old": {"profile.age": {"older_than": "P1D"}}, "self": {"segment": "self"}},
    )


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"profile.x": 1}, False),
        ({"profile.day": {"before": "2026-01-01"}}, False),
        ({"profile.day": {"within": "P1D"}}, True),
        ({"event.x": 1}, True),
        ({"not": {"any": [{"profile.x": 1}, {"event.x": 1}]}}, True),
        ({"segment": "old"}, True),
        ({"segment": "self"}, False),
        ({"segment": "none"}, False),
        ({"did": {"event": "a", "count": 0}}, False),
        ({"did": {"event": "a", "within": "P1D"}}, True),
        ({"did": {"event": "a", "where": {"event.total": 1}}}, False),
        ({"did": {"event": "a", "where": {"event.day": {"in_next": "P1D"}}}}, True),
    ],
)
def test_a_rule_that_moves_by_itself_is_asked_on_every_event(
    where: dict[str, Any],
    expected: bool,  # noqa: FBT001
) -> None:
    assert ruled(where).refers_to("anything at all") is expected
    assert ruled(where, event="named").refers_to("anything at all") is False


def test_so_is_a_rule_that_matches_the_event_at_hand() -> None:
    match = {"entry.id": "event.id"}

    assert plan_of(journey("j", "in", WAIT, exit=[{"match": match}])).cares_for_all
    assert not plan_of(
        journey("j", "in", WAIT, exit=[{"match": {"entry.a": "vars.a"}}])
    ).cares_for_all


def test_so_is_an_entry_by_a_segment_that_moves_by_itself() -> None:
    segments: dict[str, dict[str, Any]] = {
        "old": {"profile.age": {"older_than": "P1D"}},
        "vip": {"profile.vip": True},
    }

    assert plan_of(journey("j", {"segment": {"id": "old"}}, STOP), segments=segments).cares_for_all
    assert not plan_of(
        journey("j", {"segment": {"id": "vip"}}, STOP), segments=segments
    ).cares_for_all


def test_journeys_are_indexed_in_the_order_in_which_they_are_entered() -> None:
    plan = plan_of(
        journey("b", "x", STOP, priority=1),
        journey("a", {"event": ["x", "x", "y"]}, STOP),
        journey("c", {"profile": {"z": 1}}, STOP, status="paused"),
        journey("d", {"profile": {"z": 1}}, STOP, status="archived"),
    )

    assert [item.id for item in plan.by_event["x"].items] == ["a", "b"]
    assert [item.id for item in plan.by_event["y"].items] == ["a"]
    assert [item.id for item in plan.by_profile.items] == ["c"]


def test_who_enters_by_segments_is_found_without_asking_each() -> None:
    segments = {f"land-{number}": {"profile.land": number} for number in range(50)}
    plan = plan_of(
        *(
            journey(f"j{number}", {"segment": {"id": f"land-{number}", "on": "enter"}}, STOP)
            for number in range(50)
        ),
        journey("gone", {"segment": {"id": "no-such"}}, STOP),
        segments=segments,
    )

    assert plan.segment_index.open_to({}, {"land": Trait(7, 0)}) == (["land-7"], [])
    assert [item.id for item in plan.by_segment["land-7", "enter"]] == ["j7"]
    assert [item.id for item in plan.by_segment["no-such", "enter"]] == ["gone"]
