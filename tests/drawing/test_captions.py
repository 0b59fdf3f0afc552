"""What stands in a picture, literally."""

from typing import Any

import pytest

from sojourn_cli.drawing.diagram import ENTRY, Diagram
from sojourn_cli.drawing.mermaid import to_mermaid
from sojourn_cli.drawing.reading import diagram_of
from tests.drawing.journeys import journey_of


def drawn(steps: dict[str, Any], start: str = "a", **fields: object) -> Diagram:
    return diagram_of(journey_of(steps, start, **fields))


def labels(diagram: Diagram) -> list[tuple[str, str, str]]:
    """Every arrow by the names of its boxes; the entry has none, and the end is `finished`."""
    names = {box.id: box.name for box in diagram.boxes.values()}
    return [(names[way.source], way.label, names[way.target]) for way in diagram.arrows]


@pytest.mark.parametrize(
    ("step", "title", "lines"),
    [
        (
            {"type": "send", "channel": "email", "template": "hello"},
            "Send e-mail",
            ("template hello",),
        ),
        (
            {
                "type": "send",
                "channel": "sms",
                "content": {"text": "Hi"},
                "category": "transactional",
                "hold": "2d",
                "max_visits": 3,
            },
            "Send SMS",
            ("“Hi”", "transactional", "held up to 2 days", "at most 3 visits"),
        ),
        (
            {
                "type": "send",
                "channel": "push",
                "content": {"title": "T", "body": "B"},
                "on_limit": "skip",
            },
            "Send push message",
            ("“T”", "not sent later"),
        ),
        ({"type": "wait", "for": "PT36H"}, "Wait", ("1 day 12 hours",)),
        (
            {"type": "wait", "for": "90s", "until": {"time": "09:00", "weekdays": ["fri", "mon"]}},
            "Wait",
            ("1 minute 30 seconds", "until 09:00 on Mon or Fri"),
        ),
        (
            {
                "type": "wait",
                "until": {
                    "date": "profile.birthday",
                    "offset": "-P7D",
                    "time": "10:30",
                    "if_past": "exit",
                },
            },
            "Wait",
            ("until 7 days before profile.birthday at 10:30", "ends when that is past"),
        ),
        (
            {"type": "wait", "until": {"date": "2026-12-24", "offset": "1d"}},
            "Wait",
            ("until 1 day after 2026-12-24",),
        ),
        ({"type": "wait_for", "any": [{"event": "e"}]}, "Wait for", ("without a timeout",)),
        (
            {
                "type": "update",
                "set": {"profile.tier": "gold", "vars.x": {"from": "entry.x"}},
                "increment": {"vars.n": 2},
                "unset": ["profile.old"],
            },
            "Update",
            ("profile.tier = gold", "vars.x = entry.x", "vars.n + 2", "unset profile.old"),
        ),
        ({"type": "emit", "event": "cart.lost"}, "Emit", ("event cart.lost",)),
        ({"type": "enter", "journey": "win-back"}, "Enter", ("journey win-back",)),
        ({"type": "exit", "outcome": "left-alone"}, "Exit", ("left-alone",)),
        ({"type": "exit", "outcome": "a"}, "Exit", ()),
    ],
)
def test_a_box_says_what_is_essential(
    step: dict[str, Any], title: str, lines: tuple[str, ...]
) -> None:
    box = drawn({"a": step}).boxes["step a"]
    assert (box.title, box.name, box.lines) == (title, "a", lines)


def test_the_outcomes_that_lead_to_one_step_are_one_arrow() -> None:
    on = {"capped": "b", "failed": "c", "quiet": "b", "sent": "d"}
    steps: dict[str, Any] = {
        "a": {"type": "send", "channel": "sms", "template": "t", "on": on, "next": "d"},
        **{name: {"type": "exit"} for name in "bcd"},
    }
    assert labels(drawn(steps))[1:] == [
        ("a", "capped or quiet", "b"),
        ("a", "failed", "c"),
        ("a", "otherwise", "d"),
    ]


def test_arrows_say_when_they_are_taken() -> None:
    steps: dict[str, Any] = {
        "a": {
            "type": "wait_for",
            "any": [
                {"event": ["message.opened", "message.clicked"], "step": "s", "next": "b"},
                {"event": "paid", "match": {"event.cart_id": "entry.cart_id"}, "next": "c"},
                {"event": "paid", "match": {"event.a": "vars.b"}, "where": {"event.x": 1}},
            ],
            "timeout": "P1D",
            "on_timeout": "c",
        },
        "b": {
            "type": "branch",
            "branches": [
                {"where": {"profile.tier": ["gold", "silver"], "event.x": {"lt": 2}}, "next": "c"},
                {"where": {"any": [{"segment": "s"}, {"not": {"profile.x": {"exists": True}}}]}},
            ],
            "else": "c",
        },
        "c": {
            "type": "split",
            "arms": [{"name": "new", "weight": 1, "next": "d"}, {"name": "old", "weight": 7}],
        },
        "d": {"type": "exit"},
    }
    assert labels(drawn(steps)) == [
        ("", "", "a"),
        ("a", "message.opened or message.clicked of s", "b"),
        ("a", "paid, same cart_id", "c"),
        ("a", "paid, event.x = 1, event.a = vars.b", "finished"),
        ("a", "after 1 day", "c"),
        ("b", "profile.tier is one of gold, silver and event.x < 2", "c"),
        ("b", "in segment s or not profile.x is there", "finished"),
        ("b", "else", "c"),
        ("c", "new: 12.5 %", "d"),
        ("c", "old: 87.5 %", "finished"),
    ]


def test_the_entry_says_who_enters_and_how_often() -> None:
    entry = {
        "event": ["a", "b"],
        "where": {"event.total": {"gte": 50}, "profile.vip": True},
        "key": "event.cart_id",
        "holdout": 10,
        "after": "2026-01-01T00:00:00+02:00",
        "reentry": {"mode": "always", "every": "P7D", "max": 3},
    }
    box = drawn({"a": {"type": "exit"}}, entry=entry).boxes[ENTRY]
    assert box.lines == (
        "event a or b",
        "event.total ≥ 50",
        "profile.vip = true",
        "from 2025-12-31T22:00:00Z",
        "every time per event.cart_id",
        "again after 7 days",
        "at most 3 times",
        "10 % held out",
    )


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        ({"event": "a"}, ("event a",)),
        (
            {"profile": {"age": {"gte": 18}}, "reentry": {"mode": "never"}},
            ("when profile.age ≥ 18", "once"),
        ),
        ({"segment": {"id": "lapsed"}}, ("came into segment lapsed",)),
        ({"segment": {"id": "lapsed", "on": "leave"}}, ("left segment lapsed",)),
        (
            {"event": "a", "where": {"did": {"event": "b", "within": "P30D", "count": 0}}},
            ("event a", "did b in the last 30 days, times = 0"),
        ),
        (
            {"event": "a", "where": {"did": {"event": "b", "sum": {"of": "event.x", "gt": 9}}}},
            ("event a", "did b, times ≥ 1, sum of event.x > 9"),
        ),
    ],
)
def test_entries_of_every_kind(entry: dict[str, Any], lines: tuple[str, ...]) -> None:
    assert drawn({"a": {"type": "exit"}}, entry=entry).boxes[ENTRY].lines == lines


def test_exit_rules_and_the_goal_stand_in_notes() -> None:
    rules = [
        {"event": "paid", "match": {"entry.id": "event.id"}, "outcome": "bought"},
        {"segment": "staff"},
        {"event": "complaint", "enter": "service"},
    ]
    goal = {"event": "paid", "within": "P14D", "exit": True}
    notes = drawn({"a": {"type": "exit"}}, exit=rules, goal=goal, max_stay="30d").notes
    assert [(note.title, note.lines) for note in notes] == [
        (
            "Leaves at once",
            (
                "paid, same id → bought",
                "in segment staff → exited",
                "complaint → exited, enters service",
                "after 30 days → expired",
            ),
        ),
        ("Goal", ("paid, within 14 days; then leaves, converted",)),
    ]


def test_stages_stand_as_they_come_in_the_file() -> None:
    steps: dict[str, Any] = {
        "a": {
            "type": "send",
            "channel": "email",
            "template": "hello",
            "stage": "trial",
            "on": {"failed": "c"},
            "next": "b",
        },
        "b": {"type": "wait", "for": "1d", "stage": "use", "next": "c"},
        "c": {"type": "exit", "stage": "love"},
    }
    assert drawn(steps).stages == ("trial", "use", "love")


def test_a_step_without_a_stage_stands_with_what_leads_to_it() -> None:
    steps: dict[str, Any] = {
        "a": {"type": "wait", "for": "1d", "next": "b"},
        "b": {"type": "wait", "for": "1d", "stage": "trial", "next": "c"},
        "c": {"type": "wait", "for": "1d", "next": "d"},
        "d": {"type": "wait", "for": "1d", "stage": "use", "next": "e"},
        "e": {"type": "wait", "for": "1d"},
    }
    diagram = drawn(steps)
    stages = {box.name: box.stage for box in diagram.boxes.values()}
    assert diagram.stages == ("trial", "use")
    assert stages == {
        "": "trial",
        "a": "trial",
        "b": "trial",
        "c": "trial",
        "d": "use",
        "e": "use",
        "finished": "use",
    }


def test_mermaid_takes_nothing_in_a_text_for_its_own() -> None:
    name = 'say "hi" #1; <b> `x` & *y* 50%%'
    text = to_mermaid(drawn({"a": {"type": "exit", "outcome": name}}, name=name))
    assert text.splitlines() == [
        "---",
        'title: "say \\"hi\\" #1; <b> `x` & *y* 50%%"',
        "---",
        "flowchart TD",
        '  n0(["Entry<br/>event go"])',
        '  n1(["Exit: a<br/>say #34;hi#34; #35;1; #60;b#62; #96;x#96; #38; #42;y#42; 50#37;%"])',
        "  n0 --> n1",
        "  classDef note stroke-dasharray: 4 3",
    ]


def test_mermaid_has_a_subgraph_for_each_stage_and_a_node_for_each_note() -> None:
    steps: dict[str, Any] = {
        "a": {"type": "wait", "for": "1d", "stage": "trial", "next": "b"},
        "b": {"type": "send", "channel": "sms", "template": "t", "stage": "use"},
    }
    lines = to_mermaid(drawn(steps, exit=[{"event": "paid"}])).splitlines()[4:]
    assert lines == [
        '  subgraph stage0["trial"]',
        '    n0(["Entry<br/>event go"])',
        '    n1("Wait: a<br/>1 day")',
        "  end",
        '  subgraph stage1["use"]',
        '    n2["Send SMS: b<br/>template t"]',
        '    n3(["finished"])',
        "  end",
        "  n0 --> n1",
        "  n1 --> n2",
        "  n2 --> n3",
        '  note0["Leaves at once<br/>paid → exited"]:::note',
        "  classDef note stroke-dasharray: 4 3",
    ]
