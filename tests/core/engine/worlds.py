"""Random small worlds: a few journeys of every kind of step, and a few events."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from sojourn.core.state.customer import Event
from sojourn.core.values.instants import DAY, HOUR, MINUTE, Instant
from sojourn.core.workspace.plan import Plan
from tests.core.engine.given import at, journey, mail, plan_of

EVENTS = ("a", "b", "c")
STEPS = ("s0", "s1", "s2", "s3", "s4")
IDS = ("first", "second", "third")
BEGIN = at("08:00")
STAY = DAY + HOUR

_targets = st.sampled_from([*STEPS[1:], *STEPS[1:], "s0", None])
_names = st.sampled_from(EVENTS)
_conditions = st.sampled_from(
    [
        {"event.n": 1},
        {"event.n": {"gte": 1}},
        {"entry.n": {"ne": 1}},
        {"profile.x": 1},
        {"profile.x": {"exists": False}},
        {"vars.v": {"gte": 2}},
        {"segment": "s"},
        {"did": {"event": "b", "within": "PT2H"}},
        {"did": {"event": ["a", "c"], "since": "entry", "count": {"gte": 2}}},
        {"messages.s0.status": "sent"},
        {"channels.email.status": "ok", "consent.marketing": True},
        {"not": {"profile.day": {"older_than": "PT1H"}}},
    ]
)
_matches = st.sampled_from([{}, {}, {"match": {"event.n": "entry.n"}}])
_spans = st.sampled_from(["PT5H", "P1D", "PT0S"])


def _step(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    common = {"type": st.just(kind), "max_visits": st.sampled_from([1, 2, 4])}
    return st.fixed_dictionaries({**common, **fields}).map(_without_none)


def _without_none(doc: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in doc.items() if value is not None}


_awaited = st.builds(
    lambda name, where, match, step, target: _without_none(
        {"event": name, "where": where, **match, "step": step, "next": target}
    ),
    st.sampled_from([*EVENTS, "message.sent", "message.clicked"]),
    st.none() | _conditions,
    _matches,
    st.none() | st.just("s0"),
    _targets,
)
_sends = st.builds(
    lambda target, limit, hold, priority: mail(
        **_without_none({"next": target, "on_limit": limit, "hold": hold, "priority": priority}),
        max_visits=3,
    ),
    st.sampled_from([*STEPS[1:], None]),
    st.sampled_from(["hold", "skip"]),
    st.sampled_from(["P1D", "PT5H", "PT0S"]),
    st.none() | st.integers(1, 99),
)
_steps = st.one_of(
    _sends,
    _step("wait", **{"for": _spans}, next=_targets),
    _step("wait", until=st.sampled_from([{"time": "09:00"}, {"time": "10:30"}]), next=_targets),
    _step(
        "wait",
        until=st.sampled_from(
            [
                {"date": "profile.day", "if_past": "exit"},
                {"date": "event.day", "offset": "PT2H"},
                {"date": "entry.day", "time": "12:00"},
            ]
        ),
        next=_targets,
        **{"for": st.none() | _spans},
    ),
    _step(
        "wait_for",
        any=st.lists(_awaited, min_size=1, max_size=2),
        timeout=st.none() | _spans,
        on_timeout=_targets,
        next=_targets,
    ),
    _step(
        "branch",
        branches=st.lists(
            st.builds(lambda where, to: {"where": where, "next": to}, _conditions, _targets),
            max_size=2,
        ),
        **{"else": _targets},
    ),
    _step(
        "split",
        arms=st.tuples(_targets, _targets).map(
            lambda ways: [
                {"name": "x", "weight": 1, "next": ways[0]},
                {"name": "y", "weight": 2, "next": ways[1]},
            ]
        ),
    ),
    _step(
        "update",
        set=st.sampled_from(
            [{"profile.x": 1}, {"profile.x": {"from": "event.n"}}, {"vars.v": {"from": "entry.n"}}]
        ),
        increment=st.sampled_from([{}, {"vars.v": 1}, {"profile.count": 1}]),
        next=_targets,
    ),
    _step("emit", event=_names, properties=st.just({"n": {"from": "entry.n"}}), next=_targets),
    _step(
        "enter",
        journey=st.sampled_from(IDS),
        next=_targets,
        **{"with": st.just({"n": {"from": "event.n"}})},
    ),
    _step("exit", outcome=st.sampled_from(["well", "badly"])),
)
_entries = st.builds(
    lambda way, key, reentry, holdout: _without_none(
        {**way, "key": key, "reentry": reentry, "holdout": holdout}
    ),
    st.sampled_from(
        [
            {"event": ["a", "b"]},
            {"event": "a"},
            {"event": "b"},
            {"event": ["b", "message.sent"]},
            {"profile": {"x": 1}},
            {"segment": {"id": "s"}},
            {"segment": {"id": "s", "on": "leave"}},
        ]
    ),
    st.none() | st.just("event.n"),
    st.sampled_from(
        [
            {"mode": "after_exit"},
            {"mode": "after_exit", "every": "PT1H"},
            {"mode": "never"},
            {"mode": "always", "max": 7},
        ]
    ),
    st.sampled_from([0, 0, 0, 0, 50]),
)
_rules = st.builds(
    lambda name, where, match, target: _without_none(
        {"event": name, "where": where, **match, "enter": target}
    ),
    st.sampled_from(["c", "a", None]),
    _conditions,
    _matches,
    st.none() | st.sampled_from(IDS),
)
_goals = st.builds(
    lambda name, leaves, within: _without_none({"event": name, "exit": leaves, "within": within}),
    _names,
    st.booleans(),
    st.none() | _spans,
)
_dids = st.builds(
    lambda name, where, within, more: {
        "did": _without_none({"event": name, "where": where, "within": within, **more})
    },
    st.sampled_from([*EVENTS, ["a", "b"], "message.sent"]),
    st.none() | st.sampled_from([{"event.n": 1}, {"profile.day": {"older_than": "PT1H"}}]),
    st.none() | st.sampled_from(["PT1H", "PT3H"]),
    st.sampled_from(
        [
            {},
            {"count": {"gte": 2}},
            {"count": {"gt": 1}},
            {"count": {"lt": 2}},
            {"count": 0},
            {"since": "entry"},
            {"sum": {"of": "event.n", "gte": 2}},
        ]
    ),
)
SEGMENTS = st.recursive(
    st.one_of(
        _dids,
        _dids,
        st.sampled_from(
            [
                {"profile.x": {"gte": 1}},
                {"profile.day": {"older_than": "PT1H"}},
                {"event.n": 1},
                {"segment": "other"},
                {"channels.email.status": "ok"},
                {"consent.marketing": False},
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.builds(lambda one, two: {"all": [one, two]}, inner, inner),
        st.builds(lambda one, two: {"any": [one, two]}, inner, inner),
        st.builds(lambda one: {"not": one}, inner),
    ),
    max_leaves=3,
)
"""Conditions of a segment."""

_settings = st.fixed_dictionaries(
    {
        "caps": st.sampled_from([[], [{"name": "one", "max": 1, "per": "PT3H"}]]),
        "quiet_hours": st.sampled_from([[], [{"from": "11:00", "to": "13:00"}]]),
    }
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """One to three journeys that may enter, begin and end one another."""
    journeys = []
    for id_ in IDS[: draw(st.integers(1, 3))]:
        goal = draw(st.none() | _goals)
        journeys.append(
            journey(
                id_,
                draw(_entries),
                {
                    "s0": draw(_sends if draw(st.booleans()) else _steps),
                    **{name: draw(_steps) for name in STEPS[1:]},
                },
                exit=[draw(_rules)] if draw(st.integers(0, 2)) == 2 else [],
                max_stay="PT25H",
                priority=draw(st.integers(1, 3)),
                **({} if goal is None else {"goal": goal}),
            )
        )
    segments = {"s": draw(SEGMENTS), "other": {"profile.x": 1}}
    return plan_of(*journeys, settings=draw(_settings), segments=segments)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event to come: minutes after the beginning, and how many minutes late."""

    minute: int
    late: int
    name: str
    properties: dict[str, Any]
    traits: dict[str, Any]


_happenings = st.builds(
    Happening,
    st.sampled_from([0, 10, 10, 60, 80, 130, 180, 240, 290]),
    st.sampled_from([0, 0, 0, 15, 100]),
    st.sampled_from([*EVENTS, *EVENTS, "message.clicked", "message.unsubscribed"]),
    st.sampled_from(
        [{}, {"n": 1}, {"n": 2, "day": "2026-03-03"}, {"journey": "first", "step": "s0"}]
    ),
    st.sampled_from(
        [{}, {}, {"x": 1}, {"x": 0}, {"timezone": "Asia/Tokyo"}, {"day": "2026-03-02T12:00:00Z"}]
    ),
)


def events_of(happenings: list[Happening]) -> list[Event]:
    """The events in order of when they are taken in; the first gives her an address."""
    events = [Event("id", "identify", BEGIN, BEGIN, traits={"email": "ana@example.com"})]
    for number, item in enumerate(sorted(happenings, key=lambda found: found.minute)):
        taken_at: Instant = BEGIN + item.minute * MINUTE
        own = taken_at - item.late * MINUTE
        events.append(Event(f"e{number}", item.name, own, taken_at, item.properties, item.traits))
    return events


histories = st.lists(_happenings, min_size=3, max_size=10).map(events_of)

END = BEGIN + 2 * DAY
"""Long after the last event; journeys may enter one another for ever."""
