"""Journeys that enter one another: what is said of the rounds, and that walks bear it out."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from sojourn.core.values.exact import Json, dumps
from sojourn.core.values.instants import HOUR
from sojourn.core.workspace.compile import compile_plan
from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.settings_file import read_settings
from sojourn.language.workspace import load
from sojourn_cli.simulation.clock import Life, live
from sojourn_cli.simulation.lines import read_events
from tests.language.given import base, findings, told

type Doc = dict[str, Any]

ENTER_OTHER: Doc = {"type": "enter", "journey": "other"}
ENTER_HELLO: Doc = {"type": "enter", "journey": "hello"}
EXIT: Doc = {"type": "exit"}
DAY: Doc = {"type": "wait", "for": "P1D"}
SEND: Doc = {"type": "send", "channel": "email", "template": "hello"}
ALWAYS: Doc = {"reentry": {"mode": "always"}}


def walk(**steps: object) -> Doc:
    return {"start": next(iter(steps)), "steps": steps}


def pair(first: Doc, second: Doc, one: Doc | None = None, two: Doc | None = None) -> list[str]:
    """Two journeys of some steps each, and what their entries say: each finding in a line."""
    files = base(
        journeys__hello={"status": "live", "entry": {"event": "a", **(one or {})}, **first},
        journeys__other={"status": "live", "entry": {"event": "b", **(two or {})}, **second},
    )
    return [
        f"{finding.severity}: {finding.code} {finding.path}: {finding.message.split('`')[0]}"
        for finding in findings(files)
    ]


FOR_EVER = "error: enter-loop steps.{}.journey: "
HELD_UP = "warning: enter-loop steps.{}.journey: only waits and conditions hold up the round "
NOBODY = "warning: enter-loop steps.{}.journey: nobody goes round "
IN_VAIN = NOBODY.replace("warning", "error")


@pytest.mark.parametrize(
    ("first", "at"),
    [
        (walk(a=ENTER_OTHER), "a"),
        (walk(a={**ENTER_OTHER, "next": "b"}, b=EXIT), "a"),
        (walk(a={**ENTER_OTHER, "next": "b"}, b=DAY), "a"),
        (
            walk(
                a={"type": "split", "arms": [{"name": "x", "weight": 1, "next": "b"}]},
                b=ENTER_OTHER,
            ),
            "b",
        ),
        ({**walk(a=ENTER_OTHER), "exit": [{"event": "left"}]}, "a"),
    ],
)
def test_journeys_that_always_take_in_enter_one_another_for_ever(first: Doc, at: str) -> None:
    assert pair(first, walk(z=ENTER_HELLO), ALWAYS, ALWAYS) == [FOR_EVER.format(at)]


@pytest.mark.parametrize(
    "entry",
    [
        {"reentry": {"mode": "never"}},
        {"reentry": {"mode": "always", "max": 3}},
        {"reentry": {"mode": "always", "every": "P7D"}},
        {**ALWAYS, "until": "2030-01-01T00:00:00Z"},
    ],
)
def test_re_entry_that_ends_a_round_is_enough(entry: Doc) -> None:
    assert pair(walk(a=ENTER_OTHER), walk(z=ENTER_HELLO), entry, ALWAYS) == []


def test_an_archived_journey_lets_nobody_round() -> None:
    first = {**walk(a=ENTER_OTHER), "status": "archived"}
    assert pair(first, walk(z=ENTER_HELLO), ALWAYS, ALWAYS) == [
        "warning: closed-journey steps.z.journey: nobody enters: the journey "
    ]


@pytest.mark.parametrize(
    "first",
    [
        walk(a={**DAY, "next": "b"}, b=ENTER_OTHER),
        walk(a={**SEND, "next": "b"}, b=ENTER_OTHER),
        walk(
            a={"type": "branch", "branches": [{"where": {"profile.a": 1}, "next": "b"}]},
            b=ENTER_OTHER,
        ),
        walk(
            a={
                "type": "split",
                "arms": [{"name": "x", "weight": 0, "next": "b"}, {"name": "y", "weight": 1}],
            },
            b={"type": "branch", "branches": [{"where": {"profile.a": 1}}], "else": "c"},
            c=ENTER_OTHER,
        ),
        {
            **walk(a={"type": "update", "increment": {"profile.n": 1}, "next": "b"}, b=ENTER_OTHER),
            "exit": [{"where": {"profile.n": {"gte": 3}}}],
        },
    ],
)
def test_a_round_that_waits_or_asks_is_only_a_warning(first: Doc) -> None:
    (line,) = pair(first, walk(z=ENTER_HELLO), ALWAYS, ALWAYS)
    assert line.startswith("warning: enter-loop ")


THERE, BACK = walk(a=ENTER_OTHER), walk(z=ENTER_HELLO)
THERE_LATER = walk(a={**DAY, "next": "b"}, b=ENTER_OTHER)
BACK_LATER = walk(y={**SEND, "next": "z"}, z=ENTER_HELLO)
KEYED: Doc = {"key": "event.k"}


@pytest.mark.parametrize(
    ("first", "second", "one", "two", "said"),
    [
        # Who is entered goes first: whoever led there is still in her journey.
        (THERE, BACK, {}, {}, IN_VAIN.format("z")),
        (THERE, BACK, ALWAYS, {}, IN_VAIN.format("a")),
        # Past a wait all others have been left, but for the one that leads on.
        (THERE_LATER, BACK, {}, {}, NOBODY.format("z")),
        (THERE, BACK_LATER, {}, {}, NOBODY.format("a")),
        (THERE_LATER, BACK, ALWAYS, {}, HELD_UP.format("b")),
        (THERE_LATER, BACK_LATER, {}, {}, HELD_UP.format("b")),
        # Another key may be let in at any time.
        (THERE, BACK, KEYED, KEYED, HELD_UP.format("a")),
    ],
)
def test_a_round_that_somebody_goes_is_told_from_one_that_nobody_goes(
    first: Doc, second: Doc, one: Doc, two: Doc, said: str
) -> None:
    assert pair(first, second, one, two) == [said]


def test_nobody_enters_the_journey_she_is_in() -> None:
    first = walk(a={**DAY, "next": "b"}, b=ENTER_HELLO)
    for one in ({}, {"reentry": {"max": 3}}, {"reentry": {"mode": "never"}}):
        assert pair(first, walk(z=EXIT), one) == [NOBODY.format("b")]
    assert pair(first, walk(z=EXIT), ALWAYS) == [HELD_UP.format("b")]
    at_once = walk(a=ENTER_HELLO)
    assert pair(at_once, walk(z=EXIT), ALWAYS) == [FOR_EVER.format("a")]
    assert pair(at_once, walk(z=EXIT)) == [IN_VAIN.format("a")]
    assert pair(at_once, walk(z=EXIT), {"reentry": {"max": 3}}) == [NOBODY.format("a")]


def test_a_round_that_nobody_goes_hides_no_other() -> None:
    to_third = {"type": "enter", "journey": "third"}
    first = walk(a={**ENTER_OTHER, "next": "b"}, b={**DAY, "next": "c"}, c=to_third)
    files = base(
        journeys__hello={"status": "live", "entry": {"event": "a"}, **first},
        journeys__other={"status": "live", "entry": {"event": "b"}, **walk(z=ENTER_HELLO)},
        journeys__third={
            "status": "live",
            "entry": {"event": "c"},
            **walk(y={**DAY, "next": "z"}, z=ENTER_HELLO),
        },
    )
    (finding,) = findings(files)
    assert finding.message.startswith(
        "only waits and conditions hold up the round `hello` → `third` → `hello`"
    )


@pytest.mark.parametrize(
    ("first", "wrong"),
    [
        (walk(a={"type": "wiat", "for": "P1D", "next": "b"}, b=ENTER_OTHER), "unknown-step-type"),
        ({**walk(a={**DAY, "next": "b"}, b=ENTER_OTHER), "start": "zz"}, "missing-target"),
    ],
)
def test_of_ways_that_are_not_known_it_is_not_said_that_nobody_goes_them(
    first: Doc, wrong: str
) -> None:
    lines = pair(first, BACK_LATER)
    assert wrong in lines[0] + lines[1]
    assert not [line for line in lines if "nobody" in line]


def test_a_journey_may_lead_into_another() -> None:
    assert pair(walk(a=ENTER_OTHER), walk(z=EXIT)) == []


def test_doors_of_any_shape_are_looked_at() -> None:
    files = base(
        journeys__hello={
            "start": 5,
            "steps": {"a": {"type": "enter", "journey": 7}, "b": 3, "c": {"type": []}},
        },
    )
    assert {line.split()[0] for line in told(files)} == {"wrong-type", "missing-key"}
    kinds: list[Json] = [[], {}, 5, None, ["enter"]]
    for kind in kinds:
        steps: Doc = {"a": {"type": kind}}
        files = base(
            journeys__hello={
                "status": "live",
                "entry": {"event": "a"},
                "start": "a",
                "steps": steps,
            }
        )
        assert all(line.endswith("steps.a.type") for line in told(files)), kind


# Walks: two or three journeys with a door each, and one customer.

NAMES = ("a", "b", "c")
ROWS: st.SearchStrategy[list[Doc]] = st.lists(
    st.sampled_from(
        [
            {"type": "update", "increment": {"profile.n": 1}},
            {"type": "emit", "event": "noted"},
            {"type": "wait", "for": "PT1H"},
            {"type": "wait_for", "any": [{"event": "noted"}], "timeout": "PT1H"},
            {"type": "send", "channel": "sms", "content": {"text": "t"}},
            {"type": "branch", "branches": [{"where": {"profile.n": {"lt": 3}}}]},
            {"type": "split", "arms": [{"name": "x", "weight": 1}]},
        ]
    ),
    max_size=2,
)
ENTRIES: st.SearchStrategy[Doc] = st.sampled_from(
    [
        *({}, {}, {}, ALWAYS, ALWAYS, {"key": "event.k"}, {"reentry": {"max": 2}}),
        {"where": {"event.k": {"exists": True}}},
    ]
)


def rules(names: Sequence[str]) -> st.SearchStrategy[list[Doc]]:
    """Exit rules; one that leads on may lead back at once."""
    much: Doc = {"where": {"profile.n": {"gte": 4}}}
    little: Doc = {"where": {"profile.n": {"exists": False}}}
    onward = st.sampled_from(names).map(lambda name: [{**little, "enter": name}])
    by_event = st.sampled_from(names).map(lambda name: [{"event": f"go {name}"}])
    return st.one_of(st.just([]), st.just([]), st.just([much]), onward, by_event)


@st.composite
def doors(draw: st.DrawFn, names: Sequence[str]) -> Doc:
    """A step that leads into a journey, by itself or by the event that it emits."""
    key = draw(st.sampled_from([1, {"from": "profile.n"}]))
    journey = draw(st.sampled_from(names))
    if draw(st.booleans()):
        return {"type": "enter", "journey": journey, "with": {"k": key}}
    properties = draw(st.sampled_from([{}, {"properties": {"k": key}}]))
    return {"type": "emit", "event": f"go {journey}", **properties}


FACTS = st.sampled_from([[], [], [], ["message.skipped"]])


@st.composite
def houses(draw: st.DrawFn) -> dict[str, Doc]:
    """Journeys, each of a row of steps of which one is a door."""
    names = NAMES[: draw(st.integers(1, 3))]
    journeys: dict[str, Doc] = {}
    for name in names:
        door = draw(doors(names))
        row = [*draw(ROWS), door, *draw(ROWS), {"type": "exit"}]
        steps: Doc = {}
        for number, step in enumerate(json.loads(json.dumps(row))):
            after = f"s{number + 1}"
            if step["type"] == "branch":
                step["branches"][0]["next"] = after
            elif step["type"] == "split":
                step["arms"][0]["next"] = after
            elif step["type"] != "exit":
                step["next"] = after
            steps[f"s{number}"] = step
        entry: Doc = draw(ENTRIES)
        journeys[name] = {
            "status": "live",
            "entry": {"event": [f"go {name}", *draw(FACTS)], **entry},
            "exit": draw(rules(names)),
            "start": "s0",
            "steps": steps,
        }
    return journeys


def life_of(journeys: dict[str, Doc], name: str) -> Life:
    """The next 26 hours of a customer whom one event lets into one journey.

    No way through all journeys waits half as long. A round of many at once has thousands by then.
    """
    read = [read_journey({"id": each, **doc}) for each, doc in journeys.items()]
    plan = compile_plan(1, read_settings({}), {}, {}, read, read)
    line = {
        "userId": "u",
        "event": f"go {name}",
        "timestamp": "2026-03-02T12:00:00Z",
        "properties": {"k": 0},
    }
    events = read_events([dumps(line).encode()]).by_customer["u"]
    return live(plan, "u", events, events[0].received_at + 26 * HOUR, reasons=True)


def is_cut_off(life: Life) -> bool:
    """Whether a chain of that life grew too long."""
    refused = any(record.reason == "loop_limit" for record in life.records)
    return refused or any(one.outcome == "loop_limit" for one in life.enrolments.values())


def goes_on(life: Life) -> bool:
    """Whether she went round until that, or still goes round after so many hours."""
    return is_cut_off(life) or any(one.outcome is None for one in life.enrolments.values())


def is_plain(journeys: dict[str, Doc]) -> bool:
    """Whether nothing but steps `enter` leads from one journey into another."""
    if any(len(doc["entry"]["event"]) > 1 for doc in journeys.values()):
        return False
    steps = [step for doc in journeys.values() for step in doc["steps"].values()]
    rules = [rule for doc in journeys.values() for rule in doc["exit"]]
    return not any("enter" in rule for rule in rules) and not any(
        step.get("event", "").startswith("go ") for step in steps
    )


@given(houses())
def test_what_is_said_of_rounds_is_what_happens(journeys: dict[str, Doc]) -> None:
    files = {f"journeys/{name}.json": dumps(doc).encode() for name, doc in journeys.items()}
    lives = {name: life_of(journeys, name) for name in journeys}
    said = [item for item in load(files).findings if item.code == "enter-loop"]
    for item in said:
        words = item.message.split("`")
        event(f"{item.severity}: {words[0] or 'for ever'}")
        if not words[0]:
            assert is_cut_off(lives[words[1]])
        if words[0] == "nobody goes round " and is_plain(journeys):
            entered = [one.journey for one in lives[words[1]].enrolments.values()]
            assert entered.count(words[1]) == 1
    if any(map(goes_on, lives.values())):
        assert [item for item in said if not item.message.startswith("nobody")]
