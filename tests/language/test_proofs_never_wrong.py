"""A proof is never wrong: what it calls impossible, random worlds and walks never reach."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from sojourn.core.matching.comparisons import compare
from sojourn.core.matching.conditions import Test as OneTest
from sojourn.core.matching.conditions import holds
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import dumps
from sojourn.core.workspace.plan import Plan
from sojourn.core.workspace.reading import read_condition, read_tests
from sojourn.language.findings import Finding
from sojourn.language.proofs.holding import Effort, Knowledge, can_hold
from sojourn.language.proofs.regions import ANYTHING, allowed
from sojourn.language.segments import cyclic_segments
from sojourn.language.workspace import load
from sojourn_cli.simulation.clock import Life, live
from sojourn_cli.simulation.lines import read_events
from tests.core.matching.test_conditions_agree import NOW, OPERANDS, documents, values, worlds
from tests.core.naive_conditions import World
from tests.core.world_scope import WorldScope

UNKNOWING = Knowledge(lambda _: ANYTHING, {})


def knowing(world: World) -> Knowledge:
    segments = {name: {"where": doc} for name, doc in world.segments.items()}
    assume(not list(cyclic_segments(segments)))
    return Knowledge(
        lambda _: ANYTHING,
        {name: read_condition(doc, name) for name, doc in world.segments.items()},
    )


@settings(max_examples=200)
@given(documents, worlds)
def test_what_holds_can_hold_and_what_does_not_can_fail(doc: dict[str, Any], world: World) -> None:
    condition = read_condition(doc, "where")
    knowledge = knowing(world)
    outcome = holds(condition, WorldScope(world))
    assert can_hold([(condition, outcome)], knowledge, Effort())
    other = can_hold([(condition, not outcome)], knowledge, Effort())
    event(f"proved: {not other}")


@settings(max_examples=150)
@given(st.lists(documents, min_size=2, max_size=4), worlds)
def test_what_holds_together_can_hold_together(docs: list[Any], world: World) -> None:
    conditions = [read_condition(doc, "where") for doc in docs]
    scope = WorldScope(world)
    claims = [(condition, holds(condition, scope)) for condition in conditions]
    assert can_hold(claims, knowing(world), Effort())


@settings(max_examples=200)
@given(st.sampled_from(sorted(OPERANDS)), st.data())
def test_a_value_lies_in_the_region_of_its_test(operator: str, data: st.DataObject) -> None:
    operand: Any = data.draw(OPERANDS[operator])
    value: Any = data.draw(values)
    read = read_tests(
        ("profile", "a"), {operator: operand, "ignore_case": data.draw(st.booleans())}, ""
    )
    assert isinstance(read, OneTest)
    scope = WorldScope(World(NOW, {}))
    outcome = compare(read.operator, value, read.operand, scope, ignore_case=read.ignore_case)
    found = allowed(read, holds=outcome)
    if value is None:
        assert found.missing
        return
    # What lies in a region is not shut out by a test for that very value.
    itself = allowed(OneTest(("profile", "a"), "eq", value), holds=True)
    assert not itself.meet(found).is_empty


# Walks: journeys of a few steps, and what happens to one customer in some days.

NAMES = ["bought", "seen", "asked"]
CONDITIONS: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"event.t": {"exists": True}},
        {"event.t": 1, "profile.n": {"gte": 1}},
        {"profile.n": {"gte": 2}},
        {"profile.n": {"gt": 1, "lt": 2}},
        {"profile.n": {"lt": 5}},
        {"profile.n": [1, 2], "not": {"profile.n": 2}},
        {"vars.v": {"exists": True}},
        {"vars.none": {"exists": True}},
        {"messages.s0.status": "sent"},
        {"messages.s1.channel": "sms"},
        {"consent.marketing": True},
        {"channels.sms.status": "ok"},
        {"did": {"event": "seen", "since": "entry"}},
        {"did": {"event": "seen", "count": {"gte": 2}}},
        {"entry.t": {"exists": False}},
        {},
    ]
)
DURATIONS: st.SearchStrategy[str] = st.sampled_from(["PT0S", "PT1H", "P1D", "P2D", "P3D"])
UNTIL = st.sampled_from(
    [
        {"time": "22:00"},
        {"time": "09:00", "weekdays": ["mon", "tue"]},
        {"date": "event.due", "if_past": "continue"},
        {"date": "2026-03-03", "time": "22:00"},
    ]
)
SEND = st.fixed_dictionaries(
    {
        "type": st.just("send"),
        "channel": st.just("sms"),
        "content": st.sampled_from(
            [
                {"text": "Hi"},
                {"text": "{{ vars.v }}"},
                {"text": "{{ vars.none }}"},
                {"text": "{{ z }}"},
            ]
        ),
        "with": st.just({"y": {"from": "event.t"}}),
    },
    optional={
        "hold": st.sampled_from(["PT0S", "PT2H", "PT12H"]),
        "on_limit": st.just("skip"),
        "category": st.just("transactional"),
    },
)
STEPS: st.SearchStrategy[Any] = st.one_of(
    st.builds(lambda length: {"type": "wait", "for": length}, DURATIONS),
    st.builds(lambda until: {"type": "wait", "until": until}, UNTIL),
    st.builds(
        lambda length, until: {"type": "wait", "for": length, "until": until}, DURATIONS, UNTIL
    ),
    SEND,
    st.builds(
        lambda ways: {"type": "branch", "branches": [{"where": way} for way in ways]},
        st.lists(CONDITIONS, min_size=1, max_size=3),
    ),
    st.builds(
        lambda name, where, timeout: {
            "type": "wait_for",
            "any": [{"event": name, **({} if where is None else {"where": where})}],
            "timeout": timeout,
        },
        st.sampled_from(NAMES),
        st.none() | CONDITIONS,
        DURATIONS,
    ),
    st.just({"type": "update", "set": {"vars.v": {"from": "event.t"}, "profile.k": 1}}),
    st.just({"type": "emit", "event": "asked", "properties": {"t": {"from": "event.t"}}}),
)
RULES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"event": st.sampled_from(NAMES)},
    optional={
        "where": CONDITIONS,
        "match": st.just({"event.t": "entry.t"}),
    },
)
LINES = st.lists(
    st.builds(
        lambda name, minutes, late, t, n: (name, minutes, late, t, n),
        st.sampled_from(["go", *NAMES]),
        st.sampled_from([0, 0, 60, 600, 1440, 1441, 2880, 4321, 7200]),
        st.sampled_from([0, 0, 0, 60, -60]),
        st.sampled_from([None, 1, 2]),
        st.none() | st.sampled_from([0, 1, 2, 3, "x"]),
    ),
    max_size=8,
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "quiet_hours": st.sampled_from(
            [[{"from": "21:00", "to": "08:00"}], [{"from": "06:00", "to": "06:00"}]]
        ),
        "caps": st.sampled_from(
            [[{"max": 0, "per": "P1D"}], [{"max": 1, "per": "P1D", "categories": ["marketing"]}]]
        ),
        "timezone": st.sampled_from(["Africa/Johannesburg", "America/New_York"]),
    },
)


@st.composite
def journeys(draw: st.DrawFn) -> dict[str, Any]:
    """A row of steps, some of which lead further on instead."""
    row = draw(st.lists(STEPS, min_size=1, max_size=5))
    names = [f"s{number}" for number in range(len(row))]
    steps: dict[str, Any] = {}
    for number, step in enumerate(row):
        after = [*names[number + 1 :], "end"]
        copy = json.loads(json.dumps(step))
        if copy["type"] == "branch":
            for way in copy["branches"]:
                way["next"] = draw(st.sampled_from(after))
            copy["else"] = after[0]
        else:
            copy["next"] = after[0]
        if copy["type"] == "update":
            copy["set"][f"vars.{names[number]}"] = {"from": "event.t"}
        if copy["type"] == "wait_for":
            copy["any"][0]["next"] = draw(st.sampled_from(after))
        steps[names[number]] = copy
    steps["end"] = {"type": "exit"}
    entry = draw(st.fixed_dictionaries({"event": st.just("go")}, optional={"where": CONDITIONS}))
    journey = {"status": "live", "entry": entry, "start": "s0", "steps": steps}
    journey["exit"] = draw(st.lists(RULES, max_size=2))
    journey["max_stay"] = draw(st.sampled_from(["PT1H", "P1D", "P2D", "P30D"]))
    if draw(st.booleans()):
        journey["goal"] = {"event": "bought", "exit": True}
    return journey


def instant(minutes: int) -> str:
    return f"2026-03-{2 + minutes // 1440:02}T{minutes // 60 % 24:02}:{minutes % 60:02}:00Z"


def lives(plan: Plan, lines: list[tuple[Any, ...]]) -> Life:
    start = 12 * 60
    rows = []
    for name, minutes, late, t, n in lines:
        row: dict[str, Any] = {
            "userId": "c",
            "event": name,
            "timestamp": instant(start + minutes - late),
            "receivedAt": instant(start + minutes),
            "properties": {"due": "2026-03-04"} | ({} if t is None else {"t": t}),
        }
        if n is not None:
            row["traits"] = {"n": n}
        rows.append(dumps(row).encode())
    first = {
        "userId": "c",
        "type": "identify",
        "timestamp": instant(start - 60),
        "traits": {"phone": "+27821234567"},
    }
    file = read_events([dumps(first).encode(), *rows])
    assert file.refused == []
    return live(plan, "c", file.by_customer["c"], (file.last_at or 0) + 40 * 86_400_000_000)


def seen(life: Life, what: str, step: str) -> Iterator[Record]:
    for record in life.records:
        if record.what == what and record.step == step:
            yield record


def refutes(finding: Finding, life: Life) -> bool:
    """Whether something that happened shows the finding to be wrong."""
    place = finding.path.replace("[", ".").replace("]", "").split(".")
    if place[0] == "entry":
        certain = finding.code == "impossible-condition" and "any" not in place[2:]
        return certain and bool(life.enrolments)
    if place[0] != "steps":
        return False
    step, inner = place[1], place[2:]
    if finding.code in ("never-sent", "unset-variable"):
        return any(item.status == "sent" for item in life.settled if item.message.step == step)
    if finding.code == "event-is-gone":
        return knows_the_event(life, step, inner)
    if finding.code == "wait-past-max-stay":
        timeout = inner == ["timeout"]
        return any(seen(life, "timeout", step)) if timeout else goes_on_after(life, step)
    if finding.code == "no-way-out":
        return goes_out_of(life, step)
    if inner[0] == "any":
        return finding.code != "always-true" and any(seen(life, "matched", step))
    return goes_the_way(life, step, inner)


def goes_the_way(life: Life, step: str, place: list[str]) -> bool:
    """Whether a branch was taken that a finding is about as a whole."""
    if "any" in place[2:]:
        return False
    way: object = "else" if place == ["else"] else int(place[1])
    return any(record.details["branch"] == way for record in seen(life, "branch", step))


def knows_the_event(life: Life, step: str, place: list[str]) -> bool:
    """Whether a step that reads the event at hand found something."""
    if place[0] == "with":
        sent = (item.message for item in life.settled if item.message.step == step)
        return any("y" in message.variables for message in sent)
    return any(step in enrolment.vars for enrolment in life.enrolments.values())


def goes_out_of(life: Life, step: str) -> bool:
    """Whether an enrolment that came to a step went on to an end of its journey."""
    came = {record.enrolment for record in seen(life, "step", step)}
    return any(
        record.what == "exited"
        and record.enrolment in came
        and record.reason is None
        and record.details["outcome"] != "archived"
        for record in life.records
    )


def goes_on_after(life: Life, step: str) -> bool:
    """Whether an enrolment came from a wait to any other step."""
    waiting: set[str | None] = set()
    for record in life.records:
        if record.what == "step" and record.enrolment in waiting:
            return True
        if record.what == "step" and record.step == step:
            waiting.add(record.enrolment)
    return False


@settings(max_examples=200)
@given(journeys(), SETTINGS, st.lists(LINES, min_size=1, max_size=3))
def test_no_walk_comes_where_nobody_can(
    journey: dict[str, Any], rules: dict[str, Any], histories: list[Any]
) -> None:
    files = {
        "journeys/j.json": json.dumps(journey).encode(),
        "settings.json": json.dumps(rules).encode(),
    }
    workspace = load(files)
    plan = workspace.plan
    assume(plan is not None)
    assert plan is not None
    for finding in workspace.findings:
        event(finding.code.value)
    for lines in histories:
        life = lives(plan, [("go", 0, 0, 1, 1), *lines])
        for finding in workspace.findings:
            assert not refutes(finding, life), finding
