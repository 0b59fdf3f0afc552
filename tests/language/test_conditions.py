"""Conditions: everything wrong with one, each at its own place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.matching.comparisons import OPERATORS
from sojourn.core.workspace.reading import read_condition
from sojourn.language.conditions import SIGNS, condition_problems
from sojourn.language.decoding import DEEPEST
from sojourn.language.findings import dotted
from tests.language.given import findings, hello, told


def wrong(condition: object) -> list[str]:
    return [f"{item.code} {dotted(item.place)}".strip() for item in condition_problems(condition)]


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"profile.vip": True, "event.total": {"gte": 50, "lt": 1e3}, "entry.kind": ["a", "b"]},
        {'event."order total"': {"between": [1, 2]}, "vars.n": None},
        {"all": [], "any": [{"not": {"segment": "regulars"}}]},
        {"profile.name": {"like": "A*", "ignore_case": True}},
        {"profile.seen": {"within": "7d", "before": "2026-01-31", "after": "2026-01-01T00:00:00Z"}},
        {"did": {"event": ["a", "b"], "where": {"event.x": 1}, "within": "P1D", "since": "entry"}},
        {"did": {"event": "a", "count": 0, "sum": {"of": "event.total", "gt": 100}}},
        {"did": {"event": "a", "count": [1, 2]}},
        {"messages.greet.status": "sent", "consent.news": True, "customer.locale": "fr"},
        {"channels.sms.status": {"ne": "ok"}, "profile.consent.news": False},
        {"profile.x": {"in": [], "gt": True, "starts_with": 5, "exists": False}},
    ],
)
def test_what_the_language_allows_is_allowed(condition: dict[str, Any]) -> None:
    assert wrong(condition) == []
    read_condition(condition, "")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ([], "wrong-type"),
        ("segment", "wrong-type"),
        ({"al": []}, "unknown-key al"),
        ({"total": 5}, "unknown-key total"),
        ({"all": {}}, "wrong-type all"),
        ({"any": [1]}, "wrong-type any[0]"),
        ({"not": []}, "wrong-type not"),
        ({"segment": 5}, "wrong-type segment"),
        ({"segment": "no such thing"}, "bad-id segment"),
        ({"profil.name": 1}, "bad-path profil.name"),
        ({"profile.": 1}, "bad-path profile."),
        ({'profile."name': 1}, 'bad-path profile."name'),
        ({'"profile"': 1}, 'bad-path "profile"'),
        ({"messages.greet": 1}, "bad-path messages.greet"),
        ({"messages.greet.state": 1}, "bad-path messages.greet.state"),
        ({"channels.email": 1}, "bad-path channels.email"),
        ({"channels.mail.status": 1}, "unknown-channel channels.mail.status"),
        ({"consent.news.x": 1}, "bad-path consent.news.x"),
        ({"profile.consent": True}, "bad-path profile.consent"),
        ({"customer.name": 1}, "bad-path customer.name"),
        ({"customer.id.x": 1}, "bad-path customer.id.x"),
        ({"event.a": {}}, "empty event.a"),
        ({"event.a": {"ignore_case": True}}, "empty event.a"),
        ({"event.a": {"eq": "x", "ignore_case": 1}}, "wrong-type event.a.ignore_case"),
        ({"event.a": {"gt": 1, "ignore_case": True}}, "conflicting-keys event.a.ignore_case"),
        ({"event.a": {"equals": 1}}, "unknown-operator event.a.equals"),
        ({"event.a": {"in": "a"}}, "wrong-type event.a.in"),
        ({"event.a": {"between": [1]}}, "wrong-type event.a.between"),
        ({"event.a": {"between": "ab"}}, "wrong-type event.a.between"),
        ({"event.a": {"between": 5}}, "wrong-type event.a.between"),
        ({"event.a": {"exists": "yes"}}, "wrong-type event.a.exists"),
        ({"event.a": {"before": 5}}, "wrong-type event.a.before"),
        ({"event.a": {"after": "2026-02-30"}}, "bad-instant event.a.after"),
        ({"event.a": {"after": "yesterday, at noon"}}, "bad-instant event.a.after"),
        ({"event.a": {"within": 7}}, "wrong-type event.a.within"),
        ({"event.a": {"within": "7 days"}}, "bad-duration event.a.within"),
        ({"did": "a"}, "wrong-type did"),
        ({"did": {}}, "missing-key did.event"),
        ({"did": {"event": 5}}, "wrong-type did.event"),
        ({"did": {"event": "a", "whre": {}}}, "unknown-key did.whre"),
        ({"did": {"event": "a", "where": []}}, "wrong-type did.where"),
        ({"did": {"event": "a", "within": "soon"}}, "bad-duration did.within"),
        ({"did": {"event": "a", "since": "start"}}, "unknown-value did.since"),
        ({"did": {"event": "a", "count": {}}}, "empty did.count"),
        ({"did": {"event": "a", "count": {"most": 1}}}, "unknown-operator did.count.most"),
        ({"did": {"event": "a", "sum": 5}}, "wrong-type did.sum"),
        ({"did": {"event": "a", "sum": {"gt": 5}}}, "missing-key did.sum.of"),
        ({"did": {"event": "a", "sum": {"of": "event.a"}}}, "empty did.sum"),
        ({"did": {"event": "a", "sum": {"of": "profile.a", "gt": 5}}}, "bad-path did.sum.of"),
        (
            {"did": {"event": "a", "sum": {"of": "event.a", "mor": 5}}},
            "unknown-operator did.sum.mor",
        ),
    ],
)
def test_a_condition_wrong_in_one_place(condition: object, expected: str) -> None:
    assert wrong(condition) == [expected]


@pytest.mark.parametrize(
    ("tests", "place", "number"),
    [
        ({"gt": "50"}, "gt", "50"),
        ({"gte": " -49,90 "}, "gte", "-49.90"),
        ({"lt": "0"}, "lt", "0"),
        ({"lte": "1.5"}, "lte", "1.5"),
        ({"between": [1, "10"]}, "between.1", "10"),
    ],
)
def test_a_bound_in_quotes_that_looks_like_a_number_is_warned_of(
    tests: Any,  # noqa: ANN401 - JSON
    place: str,
    number: str,
) -> None:
    for condition, where in (
        ({"event.a": tests}, f"event.a.{place}"),
        ({"did": {"event": "a", "count": tests}}, f"did.count.{place}"),
        ({"did": {"event": "a", "sum": {"of": "event.a", **tests}}}, f"did.sum.{place}"),
    ):
        [problem] = condition_problems(condition)
        assert ".".join(map(str, problem.place)) == where
        assert (problem.code, problem.severity) == ("number-as-text", "warning")
        assert problem.message.endswith(f"write `{number}` without quotes")


@pytest.mark.parametrize("bound", ["007", "10:00", "2026-01-01", "", "a", "1,5,0", "1e3"])
def test_other_texts_may_be_bounds(bound: str) -> None:
    found = list(condition_problems({"event.a": {"gte": bound}}))
    assert found == []


def test_texts_that_look_like_numbers_may_be_equal() -> None:
    condition = {"event.zip": {"eq": "8001", "in": ["8001"], "starts_with": "8"}, "event.b": "7"}
    assert list(condition_problems(condition)) == []


@pytest.mark.parametrize(("sign", "name"), SIGNS.items())
def test_a_sign_used_elsewhere_names_the_operator(sign: str, name: str) -> None:
    (found,) = findings(hello("goal", "where", {"event.a": {sign: 50}}))
    assert found.message == f"there is no operator `{sign}`; write `{name}`"
    assert found.path.endswith(sign)


def test_every_operator_is_known_and_a_near_one_is_suggested() -> None:
    (found,) = findings(hello("goal", "where", {"event.a": {"start_with": "x"}}))
    assert found.message == "there is no operator `start_with`; did you mean `starts_with`?"
    operands = {"in": [], "not_in": [], "between": [1, 2], "exists": True}
    operands |= {"before": "2026-01-01", "after": "2026-01-01"}
    operands |= dict.fromkeys(("within", "older_than", "in_next"), "P1D")
    for name in OPERATORS:
        assert wrong({"event.a": {name: operands.get(name, "x")}}) == []


def test_conditions_are_checked_wherever_they_stand() -> None:
    bad = {"nowhere.x": 1}
    for change, path in [
        (("entry", "where", bad), "entry.where"),
        (("exit", 0, "where", bad), "exit[0].where"),
        (("goal", "where", bad), "goal.where"),
        (("steps", "answer", "any", 0, "where", bad), "steps.answer.any[0].where"),
        (
            ("steps", "wait", {"type": "branch", "branches": [{"where": bad, "next": "greet"}]}),
            "steps.wait.branches[0].where",
        ),
    ]:
        assert told(hello(*change))[:1] == [f"bad-path {path}.nowhere.x"]


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ({}, ["empty entry.profile"]),
        ([], ["wrong-type entry.profile"]),
        ({"tier": {"is": "gold"}}, ["unknown-operator entry.profile.tier.is"]),
        ({"my tier": 1}, ["bad-path entry.profile.my tier"]),
        ({"tier": ["gold"], '"my tier"': {"ne": 1}, "address.city": "Paris"}, []),
    ],
)
def test_an_entry_by_profile_names_traits(tests: object, expected: list[str]) -> None:
    assert told(hello("entry", {"profile": tests})) == expected


def test_the_deepest_condition_that_can_be_written_can_be_read() -> None:
    condition: dict[str, Any] = {"profile.a": 1}
    for _ in range(DEEPEST - 2):
        condition = {"not": condition}
    read_condition(condition, "where")


SCALARS = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["a", "P1D", "2026-01-01"])
)
KEYS = st.sampled_from(
    [
        *("all", "any", "not", "segment", "did", "event", "where", "within", "count", "sum", "of"),
        *("since", "profile.a", "event.b", "consent.c", "x", "ignore_case", *OPERATORS),
    ]
)
ANY_CONDITION = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, ANY_CONDITION, max_size=3))
def test_what_has_no_problems_can_be_read(condition: dict[str, Any]) -> None:
    if not wrong(condition):
        read_condition(condition, "where")


@pytest.mark.parametrize(
    ("test", "place"),
    [
        ("entry.price", ""),
        ("{{ entry.price }}", ""),
        (["gold", "entry.price"], ".1"),
        *(({name: "entry.price"}, f".{name}") for name in ("eq", "ne", "gt", "gte", "lt", "lte")),
        ({"in": ["gold", "entry.price"]}, ".in.1"),
        ({"not_in": ["entry.price"]}, ".not_in.0"),
        ({"between": [1, "entry.price"]}, ".between.1"),
        ({"contains": {"from": "entry.price"}}, ".contains"),
        ({"starts_with": "entry.price"}, ".starts_with"),
        ({"ends_with": "entry.price"}, ".ends_with"),
    ],
    ids=str,
)
def test_a_path_as_what_a_value_is_compared_with_is_warned_of(test: object, place: str) -> None:
    [problem] = condition_problems({"event.price": test})
    assert ".".join(map(str, problem.place)) == f"event.price{place}"
    assert (problem.code, problem.severity) == ("path-as-text", "warning")
    assert problem.message.startswith("`entry.price` is not read here")
    assert problem.message.endswith("which of two is more only the event itself can say")


def test_a_path_to_be_read_in_place_of_a_test_is_an_error() -> None:
    [problem] = condition_problems({"event.price": {"from": "entry.price"}})
    assert (problem.code, problem.severity) == ("unknown-operator", "error")
    assert "`match`" in problem.message


@pytest.mark.parametrize(
    "text", ["entry", "entry.", "customer.created", "{{ entry.price | round }}", "www.shop.example"]
)
def test_a_text_that_is_no_path_is_a_text(text: str) -> None:
    assert wrong({"event.price": text}) == []


def test_like_says_that_the_very_text_of_a_path_is_meant() -> None:
    assert wrong({"event.kind": {"like": "profile.updated"}}) == []


def test_a_count_with_its_sign_in_quotes_is_told_the_operator() -> None:
    [problem] = condition_problems({"did": {"event": "a", "count": ">= 10"}})
    assert (problem.code, ".".join(map(str, problem.place))) == ("unknown-operator", "did.count")
    assert problem.message.endswith('write `{"gte": 10}`')


@pytest.mark.parametrize("key", ["did_not", "didnt", "not_did", "Has not done"])
def test_an_absence_of_its_own_name_is_told_how_it_is_said(key: str) -> None:
    did = {"event": "a", "within": "P7D"}
    [problem] = condition_problems({key: did})
    assert problem.code == "unknown-key"
    assert json.loads(problem.message.split("write `")[1][:-1]) == {"not": {"did": did}}


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("event.properties.total", "event.total"),
        ("entry.properties.cart.id", "entry.cart.id"),
        ('event.properties."order total"', 'event."order total"'),
        ("event.traits.city", "profile.city"),
        ("entry.traits.city", "profile.city"),
        ("profile.traits.city", "profile.city"),
        ("profile.traits.consent.news", "profile.consent.news"),
    ],
)
def test_a_path_through_an_event_as_it_is_sent_is_warned_of(path: str, meant: str) -> None:
    [problem] = condition_problems({path: "x"})
    assert (problem.code, problem.severity) == ("bad-path", "warning")
    assert problem.message.endswith(f"; write `{meant}`")


@pytest.mark.parametrize(
    "path",
    [
        "event.properties",
        "event.traits",
        "profile.traits",
        "vars.properties.a",
        "profile.properties.a",
    ],
)
def test_a_name_that_an_event_as_it_is_sent_has_too_may_be_a_values_own(path: str) -> None:
    assert list(condition_problems({path: "x"})) == []


def test_a_path_that_is_warned_of_is_a_path_where_nothing_is_read() -> None:
    [problem] = condition_problems({"event.price": "entry.properties.price"})
    assert problem.code == "path-as-text"
