"""Conditions agree with a second implementation over random conditions, values and events."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from sojourn.core.matching.conditions import holds, obstacle
from sojourn.core.workspace.reading import read_condition
from tests.core.naive_conditions import Happened, World, agrees
from tests.core.world_scope import WorldScope

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


# A small world, so that conditions meet values often.
PATHS = (
    *("profile.a", 'profile."b c"', "profile.o.x", "event.t", 'event."order.total"', "entry.t"),
    *("vars.v", "consent.marketing", "channels.email.status", "messages.remind.sent_at"),
)
MOMENTS = [
    *("2026-03-10", "2026-03-09", "2026-03-11", "2026-03-10T12:00:00Z", "2026-03-10T11:00:00Z"),
    *("2026-03-09T12:00:00Z", "2026-03-11T12:00:00Z", "2026-03-10T14:00:00+02:00"),
    "2026-03-10T11:59:59.999999Z",
]
DURATIONS = ["0s", "1s", "60m", "1h", "1d", "24h", "2d", "1w"]
NUMBERS = [0, 1, -1, 2, Decimal("1.0"), Decimal("0.1"), Decimal("1.50"), Decimal("1E+2"), 100]
TEXTS = ["", "a", "A", "b", "ab", "aab", "AB", "ß", "SS", "1", "ok", "a*b", "*", "a\nb", *MOMENTS]

scalars = st.one_of(
    st.none(), st.booleans(), st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.text("aA*b")
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2)
    ),
    max_leaves=4,
)
globs = st.text("aAb*", max_size=6)
OPERANDS: Mapping[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(["eq", "ne", "gt", "gte", "lt", "lte", "contains"], values),
    **dict.fromkeys(["starts_with", "ends_with", "like"], globs | values),
    **dict.fromkeys(["in", "not_in"], st.lists(values, max_size=3)),
    "between": st.lists(scalars, min_size=2, max_size=2),
    "exists": st.booleans(),
    **dict.fromkeys(["before", "after"], st.sampled_from(MOMENTS)),
    **dict.fromkeys(["within", "older_than", "in_next"], st.sampled_from(DURATIONS)),
}
operator_docs = st.lists(st.sampled_from(sorted(OPERANDS)), min_size=1, max_size=2, unique=True)
tests = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    operator_docs.flatmap(
        lambda names: st.fixed_dictionaries(
            {name: OPERANDS[name] for name in names}, optional={"ignore_case": st.booleans()}
        )
    ),
)
counts = st.one_of(
    st.integers(0, 3),
    st.lists(st.integers(0, 3), max_size=2),
    st.fixed_dictionaries({"gte": st.integers(0, 3)}),
    st.fixed_dictionaries({"between": st.just([1, 2])}),
)


def dids(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"event": st.sampled_from(["seen", "bought", ["seen", "bought"]])},
        optional={
            "where": conditions,
            "within": st.sampled_from(DURATIONS),
            "since": st.just("entry"),
            "count": counts,
            "sum": st.fixed_dictionaries(
                {"of": st.sampled_from(["event.t", 'event."order.total"'])},
                optional={"eq": st.sampled_from(NUMBERS)},
            ).map(lambda doc: {"lte": 2, **doc}),
        },
    )


plain = st.dictionaries(st.sampled_from(PATHS), tests, max_size=2)
documents = st.recursive(
    plain,
    lambda inner: st.builds(
        lambda *docs: {key: value for doc in docs for key, value in doc.items()},
        plain,
        st.dictionaries(st.sampled_from(["all", "any"]), st.lists(inner, max_size=3), max_size=2),
        st.one_of(
            st.just({}),
            st.fixed_dictionaries({"not": inner}),
            st.fixed_dictionaries({"segment": st.sampled_from(["s", "r", "gone"])}),
            st.fixed_dictionaries({"did": dids(inner)}),
        ),
    ),
    max_leaves=5,
)
objects = st.dictionaries(st.sampled_from(["t", "order.total"]), values, max_size=2)
happened = st.builds(
    Happened,
    st.sampled_from(["seen", "bought", "other"]),
    st.sampled_from([NOW + timedelta(hours=hours) for hours in (-168, -48, -24, -2, -1, 0, 1)]),
    objects,
)
worlds = st.lists(happened, max_size=4).flatmap(
    lambda events: st.builds(
        World,
        now=st.just(NOW),
        roots=st.fixed_dictionaries(
            {},
            optional={
                "profile": st.fixed_dictionaries(
                    {}, optional={"a": values, "b c": values, "o": values}
                ),
                "event": objects,
                "entry": objects,
                "vars": st.fixed_dictionaries({}, optional={"v": values}),
                "consent": st.fixed_dictionaries({"marketing": st.booleans()}),
                "channels": st.just({"email": {"status": "ok"}}),
                "messages": st.fixed_dictionaries(
                    {}, optional={"remind": st.just({"sent_at": "2026-03-10T11:00:00Z"})}
                ),
            },
        ),
        segments=st.fixed_dictionaries({"s": documents, "r": documents}),
        events=st.just(tuple(events)),
        entered=st.none() | st.integers(0, len(events) - 1) if events else st.none(),
    )
)


@settings(max_examples=300)
@given(documents, worlds)
@example({"segment": "s"}, World(NOW, {}, {"s": {"segment": "s"}}))
@example({"segment": "s"}, World(NOW, {}, {"s": {"not": {"segment": "s"}}}))
def test_both_implementations_agree(doc: dict[str, Any], world: World) -> None:
    expected = agrees(doc, world)
    event(f"holds: {expected}")
    assert holds(read_condition(doc, "where"), WorldScope(world)) is expected


@settings(max_examples=40)
@pytest.mark.parametrize("operator", sorted(OPERANDS))
@given(st.data())
def test_every_operator_agrees_on_every_value(operator: str, data: st.DataObject) -> None:
    value, operand = data.draw(values), data.draw(OPERANDS[operator])
    doc = {"profile.a": {operator: operand, "ignore_case": data.draw(st.booleans())}}
    world = World(NOW, {"profile": {"a": value}})
    assert holds(read_condition(doc, "where"), WorldScope(world)) is agrees(doc, world)


@settings(max_examples=100)
@given(documents, worlds)
def test_an_obstacle_is_told_just_when_the_condition_fails(
    doc: dict[str, Any], world: World
) -> None:
    condition, scope = read_condition(doc, "where"), WorldScope(world)
    reason = obstacle(condition, scope)
    assert (reason is None) is holds(condition, scope)
    assert reason is None or str(reason)
