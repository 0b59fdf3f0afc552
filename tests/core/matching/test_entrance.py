"""The index of conditions answers as the conditions themselves do, and gives what it cannot."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.matching.columns import COLUMN_POINTS
from sojourn.core.matching.conditions import holds
from sojourn.core.matching.entrance import BLOCK, Entrance
from sojourn.core.matching.reach import POINTS, reach_of
from sojourn.core.state.customer import Trait
from sojourn.core.workspace.reading import read_condition
from tests.core.matching.test_conditions_agree import (
    NOW,
    OPERANDS,
    documents,
    tests,
    values,
    worlds,
)
from tests.core.naive_conditions import World
from tests.core.world_scope import WorldScope

type Doc = Mapping[str, Any]


def open_to(
    docs: Sequence[Doc | None], properties: Doc, profile: Doc | None = None
) -> list[tuple[int, bool]]:
    """The places of the conditions that can hold, each with whether it surely does."""
    entrance = Entrance(
        (place, None if doc is None else read_condition(doc, "where"))
        for place, doc in enumerate(docs)
    )
    traits = {name: Trait(value, 0) for name, value in (profile or {}).items()}
    sure, asked = entrance.open_to(properties, traits)
    assert sure == sorted(sure)
    assert asked == sorted(asked)
    return sorted([*((place, True) for place in sure), *((place, False) for place in asked)])


def check(docs: Sequence[Doc], world: World) -> None:
    """Who is left in holds if sure; who is not left in does not hold."""
    found = open_to(docs, world.roots.get("event", {}), world.roots.get("profile", {}))
    answers = [holds(read_condition(doc, "where"), WorldScope(world)) for doc in docs]
    for place, sure in found:
        assert answers[place] or not sure
    left = {place for place, _ in found}
    assert not [place for place, answer in enumerate(answers) if answer and place not in left]


@settings(max_examples=100)
@given(st.lists(documents, min_size=1, max_size=5), worlds)
def test_the_index_rules_out_just_what_does_not_hold(docs: list[Doc], world: World) -> None:
    check(docs, world)


one_path = st.recursive(
    st.builds(lambda test: {"profile.a": test}, tests),
    lambda inner: (
        st.builds(
            lambda name, parts: {name: parts},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        )
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=4,
)


@settings(max_examples=100)
@given(st.lists(one_path, min_size=1, max_size=4), values)
def test_conditions_over_one_path_too(docs: list[Doc], value: object) -> None:
    check(docs, World(NOW, {"profile": {"a": value}}))


@settings(max_examples=25)
@pytest.mark.parametrize("operator", sorted(OPERANDS))
@given(st.data())
def test_every_operator_on_every_value(operator: str, data: st.DataObject) -> None:
    docs = data.draw(
        st.lists(
            st.builds(lambda operand: {"event.t": {operator: operand}}, OPERANDS[operator]),
            min_size=1,
            max_size=4,
        )
    )
    check(docs, World(NOW, {"event": {"t": data.draw(values)}}))


@pytest.mark.parametrize(
    ("properties", "sure"),
    [
        ({"cart": {"total": 5}}, [0, 2, 4]),
        ({"cart": {"total": 8}}, [1, 2, 4]),
        ({"cart": {"total": "five"}}, [2, 3, 4]),
        ({"cart": {"total": True}}, [2, 4]),
        ({"cart": {}}, [4, 5]),
        ({"cart": 5}, [4, 5]),
        ({}, [4, 5]),
    ],
)
def test_what_lies_deep_in_an_event_is_found_or_missing(properties: Doc, sure: list[int]) -> None:
    docs: list[Doc] = [
        {"event.cart.total": 5},
        {"event.cart.total": {"gt": 7}},
        {"event.cart.total": {"exists": True}},
        {"event.cart.total": {"between": ["f", "g"]}},
        {"event.cart.total": {"ne": "six"}},
        {"event.cart.total": {"exists": False}},
    ]
    check(docs, World(NOW, {"event": properties}))
    assert open_to(docs, properties) == [(place, True) for place in sure]


LISTED: list[dict[str, Any]] = [
    {"event.t": 5},
    {"event.t": "five"},
    {"event.t": True},
    {"event.t": [1, "one", False]},
    {"event.t": {"ne": 5}},
    {"event.t": {"not_in": ["five", True]}},
    {"event.t": {"gt": 5, "lt": Decimal("7.5")}},
    {"event.t": {"gte": "b", "lte": "c"}},
    {"event.t": {"between": [5, 7]}},
    {"event.t": {"between": [5, "c"]}},
    {"event.t": {"exists": True}},
    {"event.t": {"exists": False}},
    {"not": {"any": [{"event.t": 5}, {"event.t": {"gt": 7}}]}},
    {"all": [{"all": [{"event.t": {"gt": 1}}]}, {"profile.a": "x"}]},
    {"profile.address.city": "Rome"},
]
"""Answered by the index alone."""


@pytest.mark.parametrize(
    "value",
    [
        5,
        Decimal("5.0"),
        6,
        Decimal("7.5"),
        8,
        -1,
        "five",
        "b",
        "bb",
        "c",
        True,
        False,
        None,
        [],
        {},
    ],
)
def test_what_compares_with_literals_is_answered_without_asking(value: object) -> None:
    roots: dict[str, Any] = {
        "event": {"t": value},
        "profile": {"a": "x", "address": {"city": "Rome"}},
    }

    found = open_to(LISTED, roots["event"], roots["profile"])

    assert all(sure for _, sure in found)
    check(LISTED, World(NOW, roots))


@pytest.mark.parametrize(
    "doc",
    [
        {"event.t": {"contains": "f"}},
        {"event.t": {"eq": "FIVE", "ignore_case": True}},
        {"event.t": {"eq": [5]}},
        {"event.t": {"not_in": [{"a": 1}]}},
        {"event.t": {"in": [[5]]}},
        {"event.t": {"after": "2026-03-01"}},
        {"not": {"event.t": {"like": "f*"}}},
        {"any": [{"event.t": "five"}, {"event.u": "five"}]},
        {"any": [{"event.t": "five"}, {"event.t": {"like": "f*"}}]},
        {"any": []},
        {"segment": "s"},
        {"did": {"event": "seen"}},
        {"consent.marketing": True},
        {"profile.consent.marketing": True},
        {"customer.id": "ana"},
        {"event.t": {"in": list(range(POINTS + 1))}},
        {"any": [{"event.t": number} for number in range(POINTS + 1)]},
    ],
)
def test_what_else_there_is_must_be_asked(doc: Doc) -> None:
    assert open_to([doc], {"t": "five"}) == [(0, False)]


def test_a_part_that_must_be_asked_leaves_the_others_to_rule_out() -> None:
    doc = {"event.t": {"gt": 5}, "did": {"event": "seen"}}

    assert open_to([doc], {"t": 6}) == [(0, False)]
    assert open_to([doc], {"t": 5}) == []


def test_no_condition_always_holds() -> None:
    assert open_to([None, {"event.t": 1}, None], {}) == [(0, True), (2, True)]
    assert open_to([], {}) == []


def test_equal_things_under_equal_conditions_are_equal() -> None:
    def made(number: int) -> Entrance[str]:
        return Entrance([("a", read_condition({"event.t": number}, "where"))])

    built = made(1)
    built.build()

    assert built == made(1)
    assert hash(built) == hash(made(1))
    assert built != made(2)
    assert built != "a"


def test_tests_of_one_path_are_taken_together() -> None:
    docs = [
        {"all": [{"event.t": {"gt": low}}, {"event.t": {"lt": low + 2}}, {"event.t": {"ne": 3}}]}
        for low in range(5)
    ]

    for value in (0, 1, 2, 3, 4, 5, Decimal("2.5")):
        check(docs, World(NOW, {"event": {"t": value}}))
        assert all(sure for _, sure in open_to(docs, {"t": value}))


def test_more_conditions_than_share_columns_keep_their_order() -> None:
    docs = [{"event.t": number % 3} for number in range(2 * BLOCK + 5)]

    found = open_to(docs, {"t": 1})

    assert found == [(number, True) for number in range(1, 2 * BLOCK + 5, 3)]


def test_a_column_has_a_bound_beyond_which_conditions_are_asked() -> None:
    wide = [list(range(start, start + 200)) for start in range(0, COLUMN_POINTS + 400, 200)]
    docs = [{"event.t": numbers} for numbers in wide]

    found = open_to(docs, {"t": 0})

    assert found == [(place, False) for place in range(len(docs) - COLUMN_POINTS // 200)]
    check(docs, World(NOW, {"event": {"t": COLUMN_POINTS}}))


def test_a_condition_looks_at_one_path_or_has_no_reach() -> None:
    found = reach_of(read_condition({"not": {"profile.a": 1}}, "where"))

    assert found is not None
    assert found[0] == ("profile", "a")
    assert reach_of(read_condition({"profile.a": 1, "profile.b": 1}, "where")) is None


NEAR: list[Any] = [
    *range(-3, 14),
    *(Decimal(number) / 2 for number in range(-5, 25)),
    *(True, False, None, "0", "1", "", [], [1], {}),
]


@pytest.mark.parametrize(
    "docs",
    [
        [{"event.t": {"between": [low, low + 2]}} for low in range(-1, 8)],
        [{"event.t": {"gt": low}} for low in range(2, 8)],
        [{"event.t": {"gt": 0}}, {"event.t": {"gte": 1}}, {"event.t": {"lte": 1}}],
        [{"event.t": 0}, {"event.t": {"ne": 1}}, {"event.t": True}, {"event.t": [False, "1"]}],
        [{"event.t": {"lt": Decimal("2.5")}}, {"event.t": {"gte": 3}}, {"event.t": "0"}],
        [{"event.t": {"gt": "0"}}, {"event.t": {"eq": "1"}}, {"event.t": {"between": [1, 1]}}],
        [{"event.t": {"between": [5, 4]}}, {"event.t": {"in": ["1", "1"]}}, {"event.t": [1, 1]}],
        [{"event.t": {"gte": 1}}, {"event.t": {"lt": 1}}, {"event.t": {"exists": False}}],
    ],
)
def test_near_each_other_points_are_told_apart(docs: list[Doc]) -> None:
    for value in NEAR:
        assert all(sure for _, sure in open_to(docs, {"t": value}))
        check(docs, World(NOW, {"event": {"t": value}}))


@pytest.mark.parametrize("form", ["all", "any", "not all", "not any"])
def test_whatever_two_tests_along_one_path_are_joined_to_they_are_told_apart(form: str) -> None:
    tried: list[Doc] = [
        {"event.t": test}
        for test in (
            *(5, "b", True, [5, "b"], {"ne": 5}, {"not_in": [7, "b"]}, {"gt": 5}, {"gte": 5}),
            *({"lt": 7}, {"lte": 7}, {"gt": "b"}, {"lte": "b"}, {"between": [5, 7]}),
            *({"between": ["a", "b"]}, {"between": [5, 5]}, {"exists": True}, {"exists": False}),
        )
    ]
    pairs: list[Doc] = [
        {form.rsplit(maxsplit=1)[-1]: list(pair)} for pair in product(tried, repeat=2)
    ]
    docs = [{"not": pair} for pair in pairs] if form.startswith("not") else pairs
    entrance = Entrance((doc, read_condition(doc, "where")) for doc in docs)
    found: list[Any] = [4, 5, 6, 7, 8, "a", "aa", "b", "c", True, False, None, []]
    for value in found:
        scope = WorldScope(World(NOW, {"event": {"t": value}}))
        sure, asked = entrance.open_to({"t": value}, {})
        held = [doc for doc in docs if holds(read_condition(doc, "where"), scope)]
        assert [doc for doc in docs if doc in sure] == held
        assert asked == []
