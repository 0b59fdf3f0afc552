"""Reading: documents become conditions, and one that slipped through is refused at its place."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.limits import CONDITION_DEPTH
from sojourn.core.matching.comparisons import Span
from sojourn.core.matching.conditions import All, Any_, Did, InSegment, Not
from sojourn.core.matching.conditions import Test as Comparison
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import DAY, parse_duration
from sojourn.core.workspace.plan import From
from sojourn.core.workspace.reading import (
    condition_or_none,
    names,
    number,
    read_at,
    read_condition,
    read_match,
    read_path,
    read_value,
    read_values,
    read_weekdays,
    rule_condition,
)

TOTAL = ("event", "total")


def refused(read: Callable[..., object], *given: object) -> str:
    with pytest.raises(InvalidInput) as refusal:
        read(*given)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("doc", "condition"),
    [
        ({}, All(())),
        ({"event.total": 5}, Comparison(TOTAL, "eq", 5)),
        ({"event.total": [1, 2]}, Comparison(TOTAL, "in", [1, 2])),
        ({"event.total": {"gt": 5}}, Comparison(TOTAL, "gt", 5)),
        (
            {"event.total": {"gt": 5, "lt": 9}},
            All((Comparison(TOTAL, "gt", 5), Comparison(TOTAL, "lt", 9))),
        ),
        (
            {"event.total": {"eq": "a", "ignore_case": True}},
            Comparison(TOTAL, "eq", "a", ignore_case=True),
        ),
        ({"event.total": {"eq": "a", "ignore_case": False}}, Comparison(TOTAL, "eq", "a")),
        (
            {"event.at": {"within": "7d"}},
            Comparison(("event", "at"), "within", Span(7 * DAY, "7d")),
        ),
        (
            {"event.at": {"before": "2026-01-01"}},
            Comparison(("event", "at"), "before", "2026-01-01"),
        ),
        ({"all": [{"event.total": 5}, {}]}, All((Comparison(TOTAL, "eq", 5), All(())))),
        ({"any": []}, Any_(())),
        ({"not": {"segment": "vip"}}, Not(InSegment("vip"))),
        (
            {"segment": "vip", "event.total": 5},
            All((InSegment("vip"), Comparison(TOTAL, "eq", 5))),
        ),
        (
            {"did": {"event": "order"}},
            Did(("order",), None, None, False, (("gte", 1),), None, ()),  # noqa: FBT003 - in order
        ),
        (
            {
                "did": {
                    "event": ["order", "refund"],
                    "where": {"event.total": 5},
                    "within": "P7D",
                    "since": "entry",
                    "count": [1, 2],
                    "sum": {"of": "event.total", "gte": 50},
                }
            },
            Did(
                ("order", "refund"),
                Comparison(TOTAL, "eq", 5),
                7 * DAY,
                True,  # noqa: FBT003 - in order
                (("in", [1, 2]),),
                TOTAL,
                (("gte", 50),),
            ),
        ),
        (
            {"did": {"event": "order", "count": 0}},
            Did(("order",), None, None, False, (("eq", 0),), None, ()),  # noqa: FBT003 - in order
        ),
        (
            {"did": {"event": "order", "count": {"lt": 3}}},
            Did(("order",), None, None, False, (("lt", 3),), None, ()),  # noqa: FBT003 - in order
        ),
    ],
)
def test_a_condition_is_read(doc: dict[str, Any], condition: object) -> None:
    assert read_condition(doc, "where") == condition


@pytest.mark.parametrize(
    ("doc", "complaint"),
    [
        ([], "where: a condition is an object"),
        ({"all": {}}, "where.all: a list of conditions is wanted"),
        ({"any": [5]}, "where.any[0]: a condition is an object"),
        ({"not": []}, "where.not: a condition is an object"),
        ({"segment": 5}, "where.segment: the id of a segment is wanted"),
        ({"total": 5}, "where.total: total does not begin with one of profile, "),
        ({"event": 5}, "where.event: event does not begin with one of profile, "),
        ({"moon.a": 5}, "where.moon.a: moon.a does not begin with one of profile, "),
        ({"event..a": 5}, "where.event..a: 'event..a' has a name that is empty"),
        ({"event.a": {}}, "where.event.a: an operator is wanted"),
        ({"event.a": {"ignore_case": True}}, "where.event.a: an operator is wanted"),
        ({"event.a": {"eq": 1, "ignore_case": 1}}, "where.event.a.ignore_case: true or false"),
        ({"event.a": {"is": 5}}, "where.event.a.is: there is no such operator"),
        ({"event.a": {"in": 5}}, "where.event.a.in: a list is wanted"),
        ({"event.a": {"not_in": "ab"}}, "where.event.a.not_in: a list is wanted"),
        ({"event.a": {"between": [1]}}, "where.event.a.between: [low, high] is wanted"),
        ({"event.a": {"between": 5}}, "where.event.a.between: [low, high] is wanted"),
        ({"event.a": {"exists": 1}}, "where.event.a.exists: true or false is wanted"),
        ({"event.a": {"within": 5}}, "where.event.a.within: text is wanted"),
        ({"event.a": {"within": "P1M"}}, "where.event.a.within: 'P1M' is not a duration"),
        ({"event.a": {"before": "soon"}}, "where.event.a.before: a date or an instant is wanted"),
        ({"event.a": {"after": 5}}, "where.event.a.after: a date or an instant is wanted"),
        ({"did": {}}, "where.did: an object with an event is wanted"),
        ({"did": "order"}, "where.did: an object with an event is wanted"),
        ({"did": {"event": 5}}, "where.did.event: a name or a list of names is wanted"),
        ({"did": {"event": []}}, "where.did.event: a name or a list of names is wanted"),
        ({"did": {"event": ["a", 5]}}, "where.did.event: a name or a list of names is wanted"),
        ({"did": {"event": "a", "evnt": 1}}, "where.did.evnt: there is no such key"),
        ({"did": {"event": "a", "since": "birth"}}, "where.did.since: only entry can stand here"),
        ({"did": {"event": "a", "within": "x"}}, "where.did.within: 'x' is not a duration"),
        ({"did": {"event": "a", "where": 5}}, "where.did.where: a condition is an object"),
        ({"did": {"event": "a", "count": {}}}, "where.did.count: an operator is wanted"),
        ({"did": {"event": "a", "count": {"is": 1}}}, "where.did.count.is: there is no such"),
        ({"did": {"event": "a", "sum": 5}}, "where.did.sum: an object with of and operators"),
        ({"did": {"event": "a", "sum": {"gte": 1}}}, "where.did.sum.of: text is wanted"),
        (
            {"did": {"event": "a", "sum": {"of": "profile.a", "gte": 1}}},
            "where.did.sum.of: a path that begins with event is wanted",
        ),
        (
            {"did": {"event": "a", "sum": {"of": "event.a"}}},
            "where.did.sum: an operator is wanted",
        ),
    ],
    ids=str,
)
def test_a_wrong_condition_is_refused_at_its_place(doc: object, complaint: str) -> None:
    assert refused(read_condition, doc, "where").startswith(complaint)


def test_conditions_nest_to_a_bound_and_no_further() -> None:
    doc: dict[str, Any] = {"event.a": 1}
    for _ in range(CONDITION_DEPTH - 1):
        doc = {"not": doc}
    assert isinstance(read_condition(doc, "w"), Not)
    assert refused(read_condition, {"not": doc}, "w").endswith(f"deeper than {CONDITION_DEPTH}")
    for wrapped in ({"all": [doc]}, {"did": {"event": "a", "where": doc}}):
        assert refused(read_condition, wrapped, "w").endswith(f"deeper than {CONDITION_DEPTH}")
    for _ in range(100_000):
        doc = {"any": [doc]}
    assert refused(read_condition, doc, "w").endswith(f"deeper than {CONDITION_DEPTH}")


def test_a_path_needs_a_root_and_a_name() -> None:
    assert read_path("event.total", "key") == TOTAL
    assert refused(read_path, 5, "key") == "key: text is wanted"
    assert refused(read_path, "profile", "key").startswith("key: profile does not begin")


def test_text_is_read_by_its_parser() -> None:
    assert read_at("for", parse_duration, "7d") == 7 * DAY
    assert refused(read_at, "for", parse_duration, "soon").startswith(
        "for: 'soon' is not a duration"
    )


def test_a_value_is_a_literal_or_comes_from_a_path() -> None:
    assert read_value({"from": "event.total"}, "set") == From(TOTAL)
    two_keys: Json = {"from": "event.total", "to": 1}
    literals: tuple[Json, ...] = (5, "event.total", None, [1], two_keys, {"a": 1})
    for literal in literals:
        assert read_value(literal, "set") == literal
    assert refused(read_value, {"from": 5}, "set") == "set.from: text is wanted"
    assert read_values({"a": {"from": "event.total"}, "b": 1}, "with") == {"a": From(TOTAL), "b": 1}
    assert read_values(None, "with") == {}


def test_pairs_that_must_match_are_paths() -> None:
    assert read_match({"event.total": "entry.total"}, "match") == ((TOTAL, ("entry", "total")),)
    assert read_match(None, "match") == ()
    assert refused(read_match, {"event.total": 5}, "match") == "match.event.total: text is wanted"


def test_weekdays_have_numbers() -> None:
    assert read_weekdays(None, "w") == frozenset()
    assert read_weekdays(["mon", "sun"], "w") == {0, 6}
    assert refused(read_weekdays, ["monday"], "w").startswith("w: monday is none of mon, tue")
    assert refused(read_weekdays, "mon", "w") == "w: a list of weekdays is wanted"


def test_a_number_is_no_boolean() -> None:
    assert number(5, "w") == 5
    assert number(Decimal("0.5"), "w") == Decimal("0.5")
    for wrong in (True, "5", None, 0.5):
        assert refused(number, wrong, "w") == "w: a number is wanted"


def test_names_are_one_or_many() -> None:
    assert names("order") == ("order",)
    assert names(["order", "refund"]) == ("order", "refund")
    assert refused(names, None) == "event: a name or a list of names is wanted"


def test_a_rule_has_a_where_a_segment_or_both() -> None:
    where = Comparison(TOTAL, "eq", 5)
    assert rule_condition({}, "exit[0]") is None
    assert rule_condition({"where": {"event.total": 5}}, "exit[0]") == where
    assert rule_condition({"segment": "vip"}, "exit[0]") == InSegment("vip")
    both = {"where": {"event.total": 5}, "segment": "vip"}
    assert rule_condition(both, "exit[0]") == All((where, InSegment("vip")))
    assert refused(rule_condition, {"segment": 5}, "exit[0]").startswith("exit[0].segment: ")
    assert condition_or_none({"where": {}}, "where", "entry") == All(())
    assert condition_or_none({}, "where", "entry") is None
