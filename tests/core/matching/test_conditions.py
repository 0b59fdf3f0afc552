"""What the language says of conditions, sentence by sentence, and how a failing one is told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sojourn.core.matching.comparisons import is_mismatch
from sojourn.core.matching.conditions import Obstacle, describe, holds, obstacle
from sojourn.core.values.exact import Json, loads
from sojourn.core.values.instants import DAY
from sojourn.core.workspace.reading import read_condition
from tests.core.naive_conditions import Happened, World
from tests.core.world_scope import WorldScope

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def ask(
    doc: Mapping[str, object], segments: Mapping[str, object] | None = None, **roots: object
) -> bool:
    world = World(NOON, roots, segments or {})
    return holds(read_condition(doc, "where"), WorldScope(world))


def why(
    doc: Mapping[str, object], segments: Mapping[str, object] | None = None, **roots: object
) -> str | None:
    world = World(NOON, roots, segments or {})
    found = obstacle(read_condition(doc, "where"), WorldScope(world))
    return None if found is None else str(found)


def test_an_empty_condition_holds_and_an_empty_any_does_not() -> None:
    assert ask({})
    assert ask({"all": []})
    assert not ask({"any": []})


def test_forms_mixed_in_one_object_must_all_hold() -> None:
    doc = {"profile.a": 1, "any": [{"profile.b": 2}], "not": {"profile.c": 3}}
    assert ask(doc, profile={"a": 1, "b": 2, "c": 0})
    assert not ask(doc, profile={"a": 0, "b": 2, "c": 0})
    assert not ask(doc, profile={"a": 1, "b": 0, "c": 0})
    assert not ask(doc, profile={"a": 1, "b": 2, "c": 3})


def test_a_list_is_one_of_and_operators_must_all_hold() -> None:
    assert ask({"profile.a": [1, 2]}, profile={"a": 2})
    assert not ask({"profile.a": [1, 2]}, profile={"a": [1, 2]})
    assert ask({"profile.a": {"eq": [1, 2]}}, profile={"a": [1, 2]})
    assert ask({"profile.a": {"gte": 1, "lt": 3}}, profile={"a": 1})
    assert not ask({"profile.a": {"gte": 1, "lt": 3}}, profile={"a": 3})


@pytest.mark.parametrize("absent", [{}, {"a": None}])
@pytest.mark.parametrize(
    ("test", "expected"),
    [
        *(({"ne": 1}, True), ({"not_in": [1]}, True), ({"not_in": []}, True)),
        *(({"exists": False}, True), ({"exists": True}, False), ({"eq": None}, False)),
        *(({"eq": 1}, False), ({"in": [None, 1]}, False), ({"gt": 0}, False), ({"lte": 0}, False)),
        *(({"between": [0, 9]}, False), ({"contains": ""}, False), ({"starts_with": ""}, False)),
        *(({"ends_with": ""}, False), ({"like": "*"}, False), ({"before": "2030-01-01"}, False)),
        *(({"after": "1990-01-01"}, False), ({"within": "1d"}, False), ({"in_next": "1d"}, False)),
        ({"older_than": "1d"}, False),
    ],
)
def test_a_missing_value_equals_nothing_and_compares_with_nothing(
    absent: dict[str, Json], test: dict[str, Json], *, expected: bool
) -> None:
    assert ask({"profile.a": test}, profile=absent) is expected


def test_null_equals_nothing_but_itself_inside_a_value() -> None:
    assert not ask({"profile.a": None}, profile={"a": 0})
    assert ask({"profile.a": {"eq": [None]}}, profile={"a": [None]})
    assert not ask({"profile.a": {"contains": None}}, profile={"a": [None]})
    assert ask({"profile.a": {"eq": {"x": None}}}, profile={"a": {"x": None}})
    assert not ask({"profile.a": {"eq": {"x": None}}}, profile={"a": {"y": None}})


@pytest.mark.parametrize(
    ("value", "operand"),
    [("1", 1), (True, 1), (False, 0), (1, True), ("true", True), ([1], 1), ({"a": 1}, 1)],
)
def test_values_of_different_types_are_never_equal_and_never_ordered(
    value: Json, operand: Json
) -> None:
    roots = {"a": value}
    assert ask({"profile.a": {"ne": operand, "not_in": [operand]}}, profile=roots)
    for operator in ("eq", "gt", "gte", "lt", "lte", "starts_with", "ends_with", "like"):
        assert not ask({"profile.a": {operator: operand}}, profile=roots)
        assert why({"profile.a": {operator: operand}}, profile=roots)
    assert (why({"profile.a": {"eq": operand}}, profile=roots) or "").endswith("(type mismatch)")


def test_booleans_are_not_numbers_anywhere() -> None:
    assert not ask({"profile.a": [0, 1]}, profile={"a": True})
    assert not ask({"profile.a": {"contains": 1}}, profile={"a": [True]})
    assert not ask({"profile.a": {"eq": [1]}}, profile={"a": [True]})
    assert not ask({"profile.a": {"gte": False}}, profile={"a": True})
    assert not ask({"profile.a": {"between": [0, 1]}}, profile={"a": True})


def test_numbers_are_exact() -> None:
    tenth = loads("0.1")
    assert ask({"profile.a": Decimal("0.10")}, profile={"a": tenth})
    assert ask({"profile.a": {"eq": 1}}, profile={"a": loads("1.0")})
    assert not ask({"profile.a": {"gt": Decimal("0.1")}}, profile={"a": tenth})
    big = 10**37 + 1
    assert not ask({"profile.a": big}, profile={"a": Decimal(10**37)})
    assert ask({"profile.a": {"gt": Decimal("1E+37")}}, profile={"a": big})


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [("gt", 0, 0, 1), ("gte", 0, 1, 1), ("lt", 1, 0, 0), ("lte", 1, 1, 0)],
)
@pytest.mark.parametrize("scale", [(1, 2, 3), ("a", "b", "c"), ("9", "a", "ä")], ids=str)
def test_numbers_and_texts_have_an_order(
    operator: str, below: int, equal: int, above: int, scale: tuple[Json, Json, Json]
) -> None:
    doc = {"profile.a": {operator: scale[1]}}
    assert [ask(doc, profile={"a": value}) for value in scale] == [below, equal, above]


def test_between_has_both_ends_in() -> None:
    doc = {"profile.a": {"between": [1, 3]}}
    expected = {0: False, 1: True, 2: True, 3: True, Decimal("3.01"): False}
    assert {n: ask(doc, profile={"a": n}) for n in expected} == expected
    assert not ask({"profile.a": {"between": [1, "3"]}}, profile={"a": 2})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        *(("*", "", True), ("", "", True), ("", "a", False), ("a*", "a", True)),
        *(("a*b", "ab", True), ("ab*b", "ab", False), ("a*b*c", "aXbXc", True)),
        *(("a*b*c", "acb", False), ("*.pdf", "x.pdf", True), ("a?", "ab", False)),
        *(("a.c", "abc", False), ("*a*a*", "a", False), ("a*", "a\nb", True)),
        ("*aba*", "ababa", True),
        ("a**a", "a", False),
    ],
)
def test_like_knows_the_star_alone(pattern: str, text: str, *, expected: bool) -> None:
    assert ask({"profile.a": {"like": pattern}}, profile={"a": text}) is expected


def test_like_takes_linear_time() -> None:
    # A backtracking matcher would need longer than the universe has been there.
    text, pattern = "a" * 60_000, "*a" * 2_000 + "*b"
    assert not ask({"profile.a": {"like": pattern}}, profile={"a": text})


def test_ignore_case_folds_texts_and_lists_of_texts() -> None:
    for test in (
        *({"eq": "STRASSE"}, {"in": ["x", "strasse"]}, {"contains": "RAS"}),
        *({"starts_with": "sTR"}, {"ends_with": "SE"}, {"like": "S*E"}),
    ):
        assert not ask({"profile.a": test}, profile={"a": "Straße"})
        assert ask({"profile.a": {**test, "ignore_case": True}}, profile={"a": "Straße"})
        assert not ask({"profile.a": {**test, "ignore_case": False}}, profile={"a": "Straße"})
    tags = {"a": ["VIP", "new"]}
    assert ask({"profile.a": {"contains": "vip", "ignore_case": True}}, profile=tags)
    assert not ask({"profile.a": {"ne": ["vip", "NEW"], "ignore_case": True}}, profile=tags)
    assert ask({"profile.a": {"gt": "a", "ignore_case": True}}, profile={"a": "b"})
    assert not ask({"profile.a": {"gt": "a", "ignore_case": True}}, profile={"a": "B"})


@pytest.mark.parametrize(
    ("operator", "at", "expected"),
    [
        ("within", "2026-03-09T12:00:00Z", False),
        ("within", "2026-03-09T12:00:00.000001Z", True),
        ("within", "2026-03-10T12:00:00Z", True),
        ("within", "2026-03-10T12:00:00.000001Z", False),
        ("older_than", "2026-03-09T12:00:00Z", True),
        ("older_than", "2026-03-09T12:00:00.000001Z", False),
        ("in_next", "2026-03-10T12:00:00Z", False),
        ("in_next", "2026-03-10T12:00:00.000001Z", True),
        ("in_next", "2026-03-11T12:00:00Z", True),
        ("in_next", "2026-03-11T12:00:00.000001Z", False),
    ],
)
def test_windows_around_now_have_their_edges(operator: str, at: str, *, expected: bool) -> None:
    assert ask({"event.at": {operator: "P1D"}}, event={"at": at}) is expected


def test_a_date_is_its_local_midnight() -> None:
    # The customer is two hours ahead: her 10th began on the 9th at 22:00 UTC.
    assert not ask({"profile.d": {"before": "2026-03-09T22:00:00Z"}}, profile={"d": "2026-03-10"})
    assert ask(
        {"profile.d": {"before": "2026-03-09T22:00:00.000001Z"}}, profile={"d": "2026-03-10"}
    )
    assert not ask(
        {"profile.d": {"after": "2026-03-10"}}, profile={"d": "2026-03-10T00:00:00+02:00"}
    )
    assert ask({"profile.d": {"after": "2026-03-10"}}, profile={"d": "2026-03-10T00:00:01+02:00"})
    assert (
        ask(
            {"profile.d": {"within": "14h"}, "not": {"profile.d": {"after": "2026-03-10"}}},
            profile={"d": "2026-03-09T22:00:00.000001Z"},
        )
        is False
    )
    assert ask({"profile.d": {"older_than": "14h"}}, profile={"d": "2026-03-10"})
    assert ask({"profile.d": {"in_next": "10h"}}, profile={"d": "2026-03-11"})


@pytest.mark.parametrize(
    "value", ["soon", "2026-02-30", 20260310, True, ["2026-03-10"], "x" * 70_000]
)
def test_what_is_no_moment_is_a_type_mismatch(value: Json) -> None:
    for test in ({"before": "2030-01-01"}, {"after": "2000-01-01"}, {"within": "P9D"}):
        assert not ask({"profile.a": test}, profile={"a": value})
        assert (why({"profile.a": test}, profile={"a": value}) or "").endswith("(type mismatch)")


@pytest.mark.parametrize(
    ("operator", "value", "operand", "expected"),
    [
        *(("eq", 1, 2, False), ("eq", "1", 1, True), ("in", 1, ["1"], True), ("in", 1, [2], False)),
        *(("gt", 1, 2, False), ("gt", True, False, True), ("lt", [1], [2], True)),
        *(("between", 5, [1, 2], False), ("between", 5, [1, "2"], True)),
        *(("contains", [1], "a", False), ("contains", "a", "b", False), ("contains", "1", 1, True)),
        *(("contains", 2, 1, True), ("like", "a", "b", False), ("starts_with", "a", 1, True)),
        *(("ends_with", 1, "a", True), ("ne", 1, 1, False), ("exists", 1, False, False)),
        *(("gte", "a", 1, True), ("lte", 1, "a", True), ("like", 1, "a", True)),
        *(("before", 1, "2026-03-10", True), ("after", 1, "2026-03-10", True)),
        *(("older_than", "soon", DAY, True), ("in_next", "soon", DAY, True)),
        *(("within", "soon", DAY, True), ("within", "2026-03-10", DAY, False)),
    ],
)
def test_a_mismatch_is_told_from_a_value_that_does_not_fit(
    operator: str, value: Json, operand: Json, *, expected: bool
) -> None:
    assert is_mismatch(operator, value, operand, WorldScope(World(NOON, {}))) is expected


def test_an_obstacle_names_the_first_test_and_what_it_met() -> None:
    doc = {"event.total": {"gte": 50}, "profile.country": ["DE", "AT"]}
    assert why(doc, event={"total": 50}, profile={"country": "AT"}) is None
    assert why(doc, event={"total": Decimal("49.90")}) == "event.total gte 50: 49.90"
    assert why(doc, event={"total": "50"}) == 'event.total gte 50: "50" (type mismatch)'
    assert why(doc, event={"total": 50}) == 'profile.country in ["DE","AT"]: missing'
    assert why({"event.a": {"exists": False}}, event={"a": 5}) == "event.a exists false: 5"
    assert why({"event.a": {"within": "7d"}}, event={"a": None}) == "event.a within 7d: missing"
    assert (
        why({'event."a b"': {"like": "x*", "ignore_case": True}}, event={"a b": "y"})
        == 'event."a b" like "x*", ignoring case: "y"'
    )


def test_an_obstacle_goes_into_every_form() -> None:
    assert why({"any": []}) == "any of (): none given"
    assert (
        why({"any": [{"event.a": 1}, {"event.b": 2}]}, event={"a": 3})
        == "any of (event.a eq 1; event.b eq 2): event.a eq 1: 3; event.b eq 2: missing"
    )
    assert why({"not": {}}) == "not (always): it holds"
    assert (
        why({"not": {"event.a": 1, "event.b": 2}}, event={"a": 1, "b": 2})
        == "not (event.a eq 1 and event.b eq 2): it holds"
    )
    vip = {"vip": {"profile.tier": "gold"}}
    assert why({"segment": "vip"}, vip) == 'segment vip: profile.tier eq "gold": missing'
    assert why({"segment": "gone"}, vip) == "segment gone: there is no such segment"
    assert why({"segment": "vip"}, vip, profile={"tier": "gold"}) is None


def test_an_obstacle_counts_what_was_done() -> None:
    events = (Happened("order", NOON, {"total": Decimal("9.90")}),)
    scope = WorldScope(World(NOON, {}, {}, events))
    often = read_condition({"did": {"event": "order", "count": {"gte": 2}}}, "where")
    assert obstacle(often, scope) == Obstacle("did order (count gte 2)", "1 times")
    doc = {
        "event": ["order", "refund"],
        "where": {"event.total": {"gt": 1}},
        "within": "P30D",
        "since": "entry",
        "count": 0,
        "sum": {"of": "event.total", "gte": 50},
    }
    much = read_condition({"did": doc}, "where")
    assert describe(much) == (
        "did order or refund (where event.total gt 1, within P30D, since entry, count eq 0,"
        " sum of event.total gte 50)"
    )
    rich = read_condition({"did": {"event": "order", "sum": {"of": "event.total", "gte": 50}}}, "w")
    assert obstacle(rich, scope) == Obstacle(
        "did order (count gte 1, sum of event.total gte 50)", "1 times, sum 9.90"
    )


def test_a_reason_quotes_no_more_than_a_line() -> None:
    reason = why({"event.a": "y" * 1000}, event={"a": "x" * 60_000})
    assert reason is not None
    assert len(reason) < 500
    assert reason.endswith("…")


def test_a_segment_asked_within_itself_is_not_there() -> None:
    ring = {"a": {"segment": "b"}, "b": {"segment": "a"}, "c": {"not": {"segment": "c"}}}
    assert not ask({"segment": "a"}, ring)
    assert (
        why({"segment": "a"}, ring) == "segment a: segment b: segment a: there is no such segment"
    )
    assert ask({"segment": "c"}, ring)
    # Beside itself it is asked as often as it stands there.
    assert ask({"all": [{"segment": "c"}, {"segment": "c"}]}, ring)


def test_a_segment_that_counts_itself_in_a_did_ends_too() -> None:
    ring = {"a": {"did": {"event": "seen", "where": {"segment": "a"}}}}
    world = World(NOON, {}, ring, (Happened("seen", NOON, {}),))
    assert not holds(read_condition({"segment": "a"}, "where"), WorldScope(world))


def test_absence_is_a_count_of_zero() -> None:
    nothing = read_condition({"did": {"event": "order", "count": 0}}, "where")
    assert holds(nothing, WorldScope(World(NOON, {})))
    done = (Happened("order", NOON, {}),)
    assert not holds(nothing, WorldScope(World(NOON, {}, {}, done)))
