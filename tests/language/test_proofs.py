"""What will never work in a journey is said, and what may work is not."""

from typing import Any

import pytest

from sojourn.language.proofs.conditions import in_segment
from sojourn.language.proofs.holding import Effort
from tests.language.given import (
    BASE,
    HELLO,
    OTHER,
    SEGMENT,
    SETTINGS,
    base,
    changed,
    findings,
    hello,
    told,
    written,
)


def branches(*conditions: object, **more: object) -> dict[str, bytes]:
    """The workspace whose journey `hello` begins with a branch."""
    ways = [{"where": condition, "next": "wait"} for condition in conditions]
    step = {"type": "branch", "branches": ways, "else": "wait", **more}
    return base(journeys__hello=changed(HELLO, "steps", "first", step) | {"start": "first"})


def of_branches(*conditions: object, **more: object) -> list[str]:
    return [line.replace(" steps.first.", " ") for line in told(branches(*conditions, **more))]


IMPOSSIBLE = [
    {"event.a": {"gt": 75, "lt": 25}},
    {"event.a": {"gt": 5, "lt": 5}},
    {"event.a": {"gte": 5, "lt": 5}},
    {"all": [{"event.a": "x"}, {"event.a": "y"}]},
    {"event.a": {"eq": 1, "in": [2, 3]}},
    {"event.a": {"eq": 5, "ne": 5}},
    {"event.a": {"in": [1, 2], "not_in": [2, 1, 3]}},
    {"event.a": {"between": [10, 1]}},
    {"event.a": {"between": [1, "a"]}},
    {"event.a": {"gt": "m", "lt": "c"}},
    {"event.a": {"gt": "m", "lt": 7}},
    {"event.a": {"exists": False, "gt": 1}},
    {"event.a": {"exists": True}, "not": {"event.a": {"exists": True}}},
    {"event.a": None},
    {"event.a": []},
    {"event.a": {"gt": True}},
    {"event.a": {"starts_with": 5}},
    {"event.a": {"starts_with": "ab", "eq": "ba"}},
    {"event.a": {"starts_with": "ab", "lt": "ab"}},
    {"event.a": {"like": "ab*", "starts_with": "b"}},
    {"event.a": {"like": "ab", "ne": "ab"}},
    {"event.a": {"eq": True, "gt": 0}},
    {"event.a": {"before": "2026-01-01T00:00:00Z", "after": "2026-01-02T00:00:00Z"}},
    {"event.a": {"before": "2026-01-01", "after": "2026-01-05"}},
    {"event.a": {"eq": "2026-01-01", "after": "2026-01-05"}},
    {"event.a": {"eq": "Monday", "before": "2026-01-05"}},
    {"event.a": {"within": "P1D", "older_than": "P2D"}},
    {"event.a": {"within": "P1D", "in_next": "P1D"}},
    {"event.a": {"within": "PT0S"}},
    {"event.a": {"within": "P1D"}, "not": {"event.a": {"within": "P2D"}}},
    {"any": []},
    {"any": [{"event.a": {"gt": 2, "lt": 1}}, {"event.b": None}]},
    {"not": {}},
    {"not": {"all": []}},
    {"consent.news": "yes"},
    {"consent.news": True, "profile.consent.news": False},
    {"consent.news": {"exists": False}},
    {"channels.email.status": "dead"},
    {"channels.email.status": {"exists": False}},
    {"messages.greet.channel": "sms"},
    {"messages.greet.status": "seen"},
    {"messages.greet.status": ["wanted", "claimed"]},
    {"messages.greet.sent_at": "yesterday"},
    {"customer.id": {"gt": 5}},
    {"customer.created_at": "long ago"},
    {"vars.discount": 5},
    {"did": {"event": "x", "count": {"lt": 0}}},
    {"did": {"event": "x", "count": {"gt": 1, "lt": 2}}},
    {"did": {"event": "x", "count": 1.5}},
    {"did": {"event": "x", "count": "once"}},
    {"did": {"event": "x", "within": "PT0S"}},
    {"did": {"event": "x", "where": {"event.a": {"gt": 2, "lt": 1}}}},
    {
        "did": {
            "event": "x",
            "where": {"event.a": None},
            "sum": {"of": "event.a", "gt": 0},
            "count": 0,
        }
    },
    {"did": {"event": "x"}, "not": {"did": {"event": "x", "count": {"gte": 1}}}},
    {"segment": "regulars", "not": {"segment": "regulars"}},
    {"segment": "regulars", "not": {"did": {"event": "order placed", "within": "P90D"}}},
]


@pytest.mark.parametrize("condition", IMPOSSIBLE)
def test_a_condition_that_can_never_hold(condition: dict[str, Any]) -> None:
    found = of_branches(condition)
    assert len([line for line in found if line.startswith("impossible-condition")]) >= 1
    assert "swallowed-branch branches[0]" not in found


POSSIBLE = [
    {"event.a": {"gt": 25, "lt": 75}},
    {"event.a": {"gte": 5, "lte": 5}},
    {"event.a": {"in": list(range(50)), "gt": 48}},
    {"event.a": {"in": list(range(50)), "not_in": list(range(1, 50))}},
    {"event.a": {"eq": "AB", "starts_with": "a", "ignore_case": True}},
    {"event.a": {"contains": "a", "ends_with": "b", "starts_with": "b"}},
    {"event.a": {"contains": 5}},
    {"event.a": [[1], {"b": 1}]},
    {"event.a": {"ne": 1, "exists": False}},
    {"event.a": {"like": "*", "gt": "z"}},
    {"event.a": {"starts_with": ""}},
    {"event.a": {"starts_with": "\U0010ffff"}},
    {"event.a": {"before": "2026-01-02", "after": "2026-01-01"}},
    {"event.a": {"before": "2026-01-01", "eq": "2026-01-01"}},
    {"event.a": {"older_than": "P1D", "within": "P2D", "eq": "2026-01-01T00:00:00Z"}},
    {"any": [{"event.a": 1}, {"event.a": 2}], "event.b": 1},
    {"customer.id": {"starts_with": "2"}, "customer.timezone": "Europe/Paris"},
    {"customer.locale": {"exists": False}},
    {"messages.greet.channel": "email", "messages.greet.status": "sent"},
    {"messages.greet.sent_at": {"within": "P1D"}, "messages.greet.clicked_at": {"exists": False}},
    {"vars.seen": True, "profile.consent.news": True},
    {"did": {"event": "x", "count": {"gt": 1, "lt": 3}}},
    {"did": {"event": "x"}, "not": {"did": {"event": "y"}}},
    {"did": {"event": "x", "sum": {"of": "event.a", "lt": 0}}},
    {"did": {"event": "x", "where": {"did": {"event": "y", "where": {"event.a": 1}}}}},
    {"segment": "regulars", "did": {"event": "x", "count": 0}},
]  # fmt: skip


@pytest.mark.parametrize("condition", POSSIBLE)
def test_a_condition_that_may_hold(condition: dict[str, Any]) -> None:
    step = {"type": "update", "set": {"vars.seen": True}, "next": "first"}
    files = branches(condition)
    journey = changed(
        HELLO,
        "steps",
        "first",
        {"type": "branch", "branches": [{"where": condition, "next": "wait"}], "else": "wait"},
    )
    journey = changed(journey, "steps", "note", step) | {"start": "note"}
    files["journeys/hello.json"] = written({"x": journey})["x"]
    assert told(files) == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"event.a": {"gt": 2, "lt": 1}, "event.b": 1}, "event.a"),
        (
            {"event.a": {"gt": 2}, "all": [{"event.b": 1}, {"event.b": 1, "event.c": None}]},
            "all[1].event.c",
        ),
        ({"all": [{"event.b": 1}, {"event.b": 2}]}, "all"),
        ({"event.b": 1, "not": {"event.b": 1}}, ""),
        ({"event.b": 1, "any": [{"event.c": None}, {"all": [{"event.d": None}]}]}, "any"),
        ({"any": [{"event.b": 1}, {"all": [{"event.c": None}]}]}, "any[1].all[0].event.c"),
        ({"all": [{"any": [{"event.b": 1}, {"event.c": None}]}]}, "all[0].any[1].event.c"),
        (
            {"did": {"event": "x", "count": [0, 1], "where": {"event.c": None}}, "event.d": 1},
            "did.where.event.c",
        ),
    ],
)
def test_the_smallest_part_is_named(condition: dict[str, Any], expected: str) -> None:
    place = f"branches[0].where.{expected}".rstrip(".")
    assert of_branches(condition) == [f"impossible-condition {place}"]


def test_the_sentence_says_what_can_never_hold() -> None:
    (finding,) = findings(branches({"event.a": {"gt": 75, "lt": 25}}))
    assert finding.severity == "warning"
    assert finding.message == "this can never hold: event.a gt 75 and event.a lt 25"


def test_the_sentence_is_one_printable_line() -> None:
    (finding,) = findings(branches({"event.a": {"gt": "\u2028" * 50, "lt": "\u2028"}}))
    assert finding.message.startswith('this can never hold: event.a gt "\\u2028\\u2028')
    assert finding.message.isprintable()


ALWAYS = [
    {},
    {"all": []},
    {"not": {"event.a": None}},
    {"event.a": {"ne": None}},
    {"any": [{"event.a": {"exists": True}}, {"event.a": {"exists": False}}]},
    {"any": [{"event.a": {"gt": 3}}, {"not": {"event.a": {"gt": 5}}}]},
    {"consent.news": [True, False]},
    {"did": {"event": "x", "count": {"gte": 0}}},
    {"not": {"did": {"event": "x", "within": "PT0S"}}},
]


@pytest.mark.parametrize("condition", ALWAYS)
def test_a_rule_that_always_holds(condition: dict[str, Any]) -> None:
    assert told(hello("entry", "where", condition)) == ["always-true entry.where"]
    assert told(hello("goal", "where", condition)) == ["always-true goal.where"]
    assert told(hello("exit", 0, "where", condition)) == ["always-true exit[0].where"]
    everybody = changed(SEGMENT, "where", condition)
    assert told(base(segments__regulars=everybody)) == ["segments/regulars.json: always-true where"]
    any_place = ("steps", "answer", "any", 0, "where")
    assert told(hello(*any_place, condition)) == ["always-true steps.answer.any[0].where"]


def test_a_rule_that_ends_the_journey_for_everybody_says_so() -> None:
    (finding,) = findings(hello("exit", 0, {"where": {"event.a": {"ne": None}}}))
    assert finding.message == "this always holds: everybody exits at once"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (({"event.a": {"gte": 5}}, {"event.a": {"gt": 7}}), ["branches[1]"]),
        (({"event.a": {"gte": 5}}, {"event.a": {"gt": 4}}), []),
        (({"event.a": ["x", "y"]}, {"event.a": "y", "event.b": 1}), ["branches[1]"]),
        (({"event.a": {"starts_with": "a"}}, {"event.a": {"like": "ab*"}}), ["branches[1]"]),
        (({"event.a": {"within": "P7D"}}, {"event.a": {"within": "P3D"}}), ["branches[1]"]),
        (({"event.a": {"within": "P3D"}}, {"event.a": {"within": "P7D"}}), []),
        (
            ({"event.a": {"lt": 5}}, {"event.a": {"gte": 5}}, {"event.a": {"between": [3, 8]}}),
            ["branches[2]"],
        ),
        (({}, {"event.a": 1}), ["branches[1]", "else"]),
        (({"event.a": {"exists": True}}, {"event.a": {"exists": False}}), ["else"]),
        (({"did": {"event": "x"}}, {"did": {"event": "x", "count": {"gte": 3}}}), ["branches[1]"]),
        (
            ({"segment": "regulars"}, {"all": [{"segment": "regulars"}, {"event.a": 1}]}),
            ["branches[1]"],
        ),
    ],
)
def test_a_branch_that_an_earlier_one_swallows(
    conditions: tuple[dict[str, Any], ...], expected: list[str]
) -> None:
    assert of_branches(*conditions) == [f"swallowed-branch {place}" for place in expected]


def test_without_an_else_nothing_is_said_of_it() -> None:
    step = {"type": "branch", "branches": [{"where": {}, "next": "wait"}]}
    journey = changed(HELLO, "steps", "first", step) | {"start": "first"}
    assert told(base(journeys__hello=journey)) == []


def test_at_the_door_there_are_no_variables_and_no_messages() -> None:
    where = {"any": [{"vars.a": 1}, {"messages.greet.status": "sent"}]}
    assert told(hello("entry", "where", where)) == ["impossible-condition entry.where.any"]


def test_proofs_end_whatever_the_condition() -> None:
    wide = {"all": [{"any": [{f"event.a{n}": 1}, {f"event.b{n}": 2}]} for n in range(2_000)]}
    deep = {"all": [{"any": [{"event.a": n}, {"event.a": n + 1}]} for n in range(90)]}
    many = {"any": [{"did": {"event": f"x{n}"}} for n in range(200)]}
    dids = {"all": [{"did": {"event": f"x{n}", "count": n % 3}} for n in range(200)]}
    assert "always-true" not in str(of_branches(wide, deep, many, dids))


def test_so_many_branches_are_not_looked_at_for_ever() -> None:
    conditions = [{"event.a": {"gt": n, "lt": n + 1}, "event.b": n} for n in range(400)]
    assert of_branches(*conditions) == []


def test_files_with_errors_are_left_out_of_proofs() -> None:
    files = written(
        {
            **BASE,
            "segments/broken.json": {"where": 5},
            "journeys/other.json": changed(
                OTHER, "exit", [{"where": {"segment": "broken", "not": {"segment": "broken"}}}]
            ),
            "settings.json": SETTINGS | {"timezone": "Nowhere"},
        }
    )
    assert told(files) == [
        "segments/broken.json: wrong-type where",
        "settings.json: unknown-zone timezone",
    ]


DEAD: dict[str, Any] = {"event.a": {"gt": 75, "lt": 25}}


def test_a_journey_with_errors_still_hears_what_its_conditions_say_by_themselves() -> None:
    ways = [
        {"where": {"event.b": 1}, "next": "wait"},
        {"where": {"event.b": {"eqq": 1}}, "next": "wait"},
        {"where": {"event.b": 1, "event.c": 2}, "next": "wait"},
        {"where": DEAD, "next": "wait"},
        "none",
    ]
    step = {"type": "branch", "branches": ways, "else": "wait", "nxet": 1}
    journey = changed(HELLO, "steps", "first", step)
    journey |= {"start": "first", "entry": {"event": "signed up", "where": DEAD}, "exit": [DEAD, 5]}

    lines = told(base(journeys__hello=journey))

    assert [line for line in lines if "impossible" in line or "swallowed" in line] == [
        "impossible-condition entry.where.event.a",
        "swallowed-branch steps.first.branches[2]",
        "impossible-condition steps.first.branches[3].where.event.a",
    ]
    assert any("unknown-operator" in line for line in lines)


@pytest.mark.parametrize("journey", [{}, {"steps": [], "entry": 1}, {"steps": {"a": 1}}])
def test_a_journey_of_any_shape_may_have_errors(journey: dict[str, Any]) -> None:
    assert told(base(journeys__hello=journey))


@pytest.mark.parametrize(
    "where",
    [
        {"any": [{"event.a": {"in": "x"}}, DEAD]},
        {"segment": "nobody-made-it", "event.a": {"gt": 75, "lt": 25}},
    ],
)
def test_where_an_error_is_no_proof_speaks(where: dict[str, Any]) -> None:
    journey = changed(HELLO, "entry", "where", where)
    lines = told(base(journeys__hello=journey))

    assert lines
    assert not [line for line in lines if "impossible" in line and ".segment" in line]


def test_an_error_of_the_very_place_is_enough() -> None:
    ways = [{"where": {"event.b": 1}, "next": name} for name in ("wait", "wiat", "wait")]
    step = {"type": "branch", "branches": ways, "else": "wait"}
    journey = changed(HELLO, "steps", "first", step) | {"start": "first"}

    lines = told(base(journeys__hello=journey))

    assert [line for line in lines if "branches" in line] == [
        "missing-target steps.first.branches[1].next",
        "swallowed-branch steps.first.branches[2]",
    ]


def test_what_was_spent_is_spent() -> None:
    assert list(in_segment({"where": dict(DEAD)}, {}, Effort(0))) == []


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ({"age": {"gt": 10, "lt": 5}}, ["impossible-condition entry.profile.age"]),
        ({"tier": "gold", "age": {"in": []}}, ["impossible-condition entry.profile.age"]),
        ({"tier": "gold", "age": {"gt": 5, "lt": 10}}, []),
    ],
)
def test_a_profile_that_lets_nobody_in_is_told(tests: Any, expected: list[str]) -> None:  # noqa: ANN401 - JSON
    assert told(hello("entry", {"profile": tests})) == expected


def test_a_profile_that_cannot_be_read_is_told_once() -> None:
    assert told(hello("entry", {"profile": {"age": {"gtt": 1, "lt": 5, "gt": 9}}})) == [
        "unknown-operator entry.profile.age.gtt"
    ]


def test_at_the_door_there_is_no_entry_yet() -> None:
    where = {"any": [{"entry.total": {"gte": 50}}, {"entry.total": {"exists": False}}]}
    found = told(hello("entry", {"event": "go", "where": where}))
    assert "impossible-condition entry.where.any[0].entry.total" in found
    assert "always-true entry.where" in found
