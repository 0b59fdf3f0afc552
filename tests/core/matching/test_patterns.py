"""Event patterns: what AWS's pages on EventBridge's comparison operators say of each."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from moto.events.models import EventPattern

from sojourn.core.matching.patterns import mismatch, read_pattern
from sojourn.core.values.exact import Json, JsonObject, loads_object


def fits(pattern: JsonObject, entry: JsonObject) -> bool:
    read, flaws = read_pattern(pattern)
    assert flaws == ()
    return mismatch(read, entry) is None


INSTANCE = loads_object("""{
    "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
    "account": "111122223333", "time": "2017-12-22T18:43:48Z", "region": "us-west-1",
    "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
    "detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"}
}""")


def test_a_pattern_of_several_fields_wants_all_of_them() -> None:
    pattern: JsonObject = {
        "source": ["aws.ec2"],
        "detail-type": ["EC2 Instance State-change Notification"],
        "detail": {"state": ["terminated"]},
    }
    assert fits(pattern, INSTANCE)
    assert not fits({**pattern, "detail": {"state": ["running"]}}, INSTANCE)
    assert not fits({**pattern, "detail": {"status": ["terminated"]}}, INSTANCE)


def test_a_list_in_the_entry_fits_when_the_two_lists_meet() -> None:
    wanted = [f"arn:{name}" for name in ("i-1", "i-2", "i-3")]
    assert fits({"resources": wanted}, {"resources": ["arn:group", "arn:i-2"]})  # type: ignore[dict-item]
    assert not fits({"resources": wanted}, {"resources": ["arn:group"]})  # type: ignore[dict-item]
    assert not fits({"resources": wanted}, {"resources": []})  # type: ignore[dict-item]


def test_nothing_and_empty_are_not_the_same() -> None:
    entry = loads_object('{"detail": {"eventVersion": "", "responseElements": null}}')
    assert fits({"detail": {"eventVersion": [""]}}, entry)
    assert fits({"detail": {"responseElements": [None]}}, entry)
    assert not fits({"detail": {"responseElements": [""]}}, entry)
    assert not fits({"detail": {"eventVersion": [None]}}, entry)
    assert not fits({"detail": {"other": [None]}}, entry)


TABLE: list[tuple[Any, list[Any], list[Any]]] = [
    # a test, what it takes, what it does not
    ("Alice", ["Alice"], ["alice", "Alic", None]),
    (100, [100], [101, "100"]),
    (True, [True], [False, "true"]),
    ({"prefix": "us-"}, ["us-east-1", "us-"], ["eu-us-", "US-east-1", 5, None]),
    ({"prefix": {"equals-ignore-case": "eventb"}}, ["EventBridge", "eventb"], ["even", 1]),
    ({"suffix": ".png"}, ["a.png", ".png"], ["a.PNG", "png", 5]),
    ({"suffix": {"equals-ignore-case": "tBridge"}}, ["EventBridge"], ["Bridges", None]),
    ({"equals-ignore-case": "alice"}, ["Alice", "ALICE"], ["Alice ", 5]),
    ({"wildcard": "dir/*.png"}, ["dir/a.png", "dir/a/b.png"], ["dir/a.jpg", "adir/a.png", 5]),
    ({"wildcard": "*/lib/*"}, ["/lib/", "a/lib/b", "a/lib/lib/"], ["lib", "/lib"]),
    ({"wildcard": "a*b*c"}, ["abc", "axbxc", "abbc"], ["acb", "ab", "ac"]),
    ({"wildcard": "exact"}, ["exact"], ["exactly", ""]),
    ({"wildcard": "aa*aa"}, ["aaaa", "aa-aa"], ["aaa", "aa"]),
    ({"wildcard": "*"}, ["", "anything"], [5, None]),
    ({"numeric": ["=", 100]}, [100], [99, "100", True]),
    ({"numeric": [">", 10, "<=", 20]}, [11, 20], [10, 21, None]),
    ({"numeric": [">=", 5]}, [5, 6], [4]),
    ({"numeric": ["<", 5]}, [4, -5], [5]),
    ({"anything-but": "initializing"}, ["running", 5, None], ["initializing"]),
    ({"anything-but": 123456}, [1, "123456"], [123456]),
    ({"anything-but": ["stopped", "overloaded"]}, ["running"], ["stopped", "overloaded"]),
    ({"anything-but": [100, 200, 255]}, [101], [100, 255]),
    ({"anything-but": {"prefix": "us-"}}, ["eu-west-1", "us"], ["us-east-1"]),
    ({"anything-but": {"suffix": ".png"}}, ["a.jpg"], ["a.png"]),
    ({"anything-but": {"equals-ignore-case": "initializing"}}, ["on"], ["INITIALIZING"]),
    ({"anything-but": {"wildcard": "*/lib/*"}}, ["/bin/x"], ["/lib/x"]),
    ({"cidr": "10.0.0.0/24"}, ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "x", 5]),
    ({"cidr": "2001:db8::/32"}, ["2001:db8::1"], ["2001:db9::1", "10.0.0.1"]),
    ({"exists": True}, ["", None, 0, False], []),
]  # fmt: skip


def rows() -> Iterator[tuple[Any, Any, bool]]:
    for test, taken, left in TABLE:
        yield from product([test], taken, [True])
        yield from product([test], left, [False])


@pytest.mark.parametrize(("test", "value", "expected"), list(rows()))
def test_an_operator_takes_what_its_page_says(test: Any, value: Any, expected: bool) -> None:  # noqa: ANN401, FBT001 - a row of the table
    pattern: JsonObject = {"detail": {"field": [test]}}
    entry: JsonObject = {"detail": {"field": value}}
    assert fits(pattern, entry) is expected


BESIDE_MOTO = [
    (test, value, expected)
    for test, value, expected in rows()
    if not isinstance(value, bool)  # moto takes True for a number
]


@pytest.mark.parametrize(("test", "value", "expected"), BESIDE_MOTO)
def test_moto_says_the_same(test: Any, value: Any, expected: bool) -> None:  # noqa: ANN401, FBT001 - a row of the table
    pattern = EventPattern(None, {"detail": {"field": [test]}})
    assert pattern.matches_event({"detail": {"field": value}}) is expected  # type: ignore[typeddict-item]


def test_what_is_not_there_fits_only_what_wants_nothing_there() -> None:
    assert fits({"detail": {"field": [{"exists": False}]}}, {"detail": {}})
    assert fits({"detail": {"field": [{"exists": False}]}}, {})
    assert fits({"detail": {"field": {"inner": [{"exists": False}]}}}, {"detail": {"field": 5}})
    assert not fits({"detail": {"field": [{"exists": False}]}}, {"detail": {"field": 1}})
    assert not fits({"detail": {"field": [{"exists": True}]}}, {"detail": {}})
    assert not fits({"detail": {"field": [{"anything-but": "x"}]}}, {"detail": {}})


def test_exists_looks_at_leaves_alone() -> None:
    assert not fits({"detail": {"field": [{"exists": True}]}}, {"detail": {"field": {"inner": 1}}})
    assert fits({"detail": {"field": [{"exists": False}]}}, {"detail": {"field": {"inner": 1}}})


def test_one_of_several_tests_is_enough() -> None:
    tests: JsonObject = {
        "state": [{"prefix": "run"}, "off", {"numeric": ["<", 0]}, {"exists": False}]
    }
    assert [fits(tests, {"state": value}) for value in ("running", "off", -1, "on")] == [
        *(True, True, True, False),
    ]  # fmt: skip
    assert fits(tests, {})


def test_numbers_are_compared_as_they_are_written() -> None:
    entry = loads_object('{"price": 300.0}')
    assert fits({"price": [Decimal("300.0")]}, entry)
    assert not fits({"price": [300]}, entry)
    assert fits({"price": [{"numeric": ["=", 300]}]}, entry)


def test_numeric_leaves_out_what_eventbridge_does_not_compare() -> None:
    assert not fits({"price": [{"numeric": [">", 0]}]}, {"price": 5_000_000_001})
    assert fits({"price": [{"numeric": [">", 0]}]}, {"price": 5_000_000_000})
    assert not fits({"price": [{"numeric": ["<", 0]}]}, {"price": -5_000_000_001})
    assert fits({"price": [{"numeric": ["<", 0]}]}, {"price": -5_000_000_000})


@pytest.mark.parametrize("sign", [1, -1])
def test_a_bound_may_be_the_largest_number_that_is_compared(sign: int) -> None:
    assert fits({"n": [{"numeric": ["=", sign * 5_000_000_000]}]}, {"n": sign * 5_000_000_000})
    _, flaws = read_pattern({"n": [{"numeric": ["=", sign * 5_000_000_001]}]})
    assert [place for place, _ in flaws] == [("n", 0, "numeric", 1)]


def test_a_star_is_itself_behind_a_backslash() -> None:
    assert fits({"name": [{"wildcard": "a\\*b*"}]}, {"name": "a*b and more"})
    assert not fits({"name": [{"wildcard": "a\\*b*"}]}, {"name": "a-b"})
    assert fits({"name": [{"wildcard": "c:\\\\*"}]}, {"name": "c:\\dir"})
    assert fits({"name": [{"wildcard": "*\\**"}]}, {"name": "5*3"})


def test_or_wants_one_of_its_patterns_and_the_fields_beside_it() -> None:
    pattern: JsonObject = {
        "source": ["shop"],
        "$or": [{"detail": {"city": ["New York"]}}, {"detail": {"day": ["Monday"]}}],
    }
    assert fits(pattern, {"source": "shop", "detail": {"city": "New York"}})
    assert fits(pattern, {"source": "shop", "detail": {"day": "Monday"}})
    assert not fits(pattern, {"source": "till", "detail": {"day": "Monday"}})
    assert not fits(pattern, {"source": "shop", "detail": {"day": "Sunday"}})


def test_or_may_stand_deeper_and_within_itself() -> None:
    inner: JsonObject = {"$or": [{"a": [1]}, {"b": [{"numeric": [">", 5]}], "$or": [{"c": ["x"]}]}]}
    assert fits({"detail": inner}, {"detail": {"a": 1}})
    assert fits({"detail": inner}, {"detail": {"b": 6, "c": "x"}})
    assert not fits({"detail": inner}, {"detail": {"b": 6, "c": "y"}})


def test_a_field_named_or_that_is_no_list_is_a_field() -> None:
    assert fits({"$or": {"a": [1]}}, {"$or": {"a": 1}})


def test_of_a_list_of_objects_one_must_fit_all_fields() -> None:
    pattern: JsonObject = {"detail": {"items": {"sku": ["boot"], "quantity": [2]}}}
    boot: JsonObject = {"sku": "boot", "quantity": 2}
    sock: JsonObject = {"sku": "sock", "quantity": 1}
    assert fits(pattern, {"detail": {"items": [sock, boot]}})
    assert fits(pattern, {"detail": {"items": [[sock], [boot]]}})
    crossed: list[Json] = [{**boot, "quantity": 1}, {**sock, "quantity": 2}]
    assert not fits(pattern, {"detail": {"items": crossed}})


def where(pattern: JsonObject, entry: JsonObject) -> object:
    return mismatch(read_pattern(pattern)[0], entry)


def test_the_first_field_that_does_not_fit_is_named() -> None:
    assert where({"source": ["shop"], "detail": {"a": {"b": [1]}}}, {"source": "shop"}) == (
        *("detail", "a", "b"),
    )
    assert where({"source": ["shop"]}, {"source": "till"}) == ("source",)
    assert where({"detail": {"$or": [{"a": [1]}]}}, {"detail": {"a": 2}}) == ("detail", "$or")


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ({}, ()),
        ({"source": "shop"}, ("source",)),
        ({"source": []}, ("source",)),
        ({"detail": {}}, ("detail",)),
        ({"source": [["shop"]]}, ("source", 0)),
        ({"source": [{}]}, ("source", 0)),
        ({"source": [{"prefix": "a", "suffix": "b"}]}, ("source", 0)),
        ({"source": [{"contains": "a"}]}, ("source", 0, "contains")),
        ({"source": [{"prefix": 5}]}, ("source", 0, "prefix")),
        ({"source": [{"suffix": {"wildcard": "x"}}]}, ("source", 0, "suffix")),
        ({"source": [{"suffix": {"equals-ignore-case": 5}}]}, ("source", 0, "suffix")),
        ({"source": [{"equals-ignore-case": 5}]}, ("source", 0, "equals-ignore-case")),
        ({"source": [{"wildcard": "a**b"}]}, ("source", 0, "wildcard")),
        ({"source": [{"wildcard": "a\\b"}]}, ("source", 0, "wildcard")),
        ({"source": [{"wildcard": "a\\"}]}, ("source", 0, "wildcard")),
        ({"source": [{"cidr": "10.0.0.0/99"}]}, ("source", 0, "cidr")),
        ({"source": [{"cidr": 5}]}, ("source", 0, "cidr")),
        ({"source": [{"exists": "yes"}]}, ("source", 0, "exists")),
        ({"n": [{"numeric": 5}]}, ("n", 0, "numeric")),
        ({"n": [{"numeric": []}]}, ("n", 0, "numeric")),
        ({"n": [{"numeric": ["!", 5]}]}, ("n", 0, "numeric", 0)),
        ({"n": [{"numeric": [5, 5]}]}, ("n", 0, "numeric", 0)),
        ({"n": [{"numeric": [">", "5"]}]}, ("n", 0, "numeric", 1)),
        ({"n": [{"numeric": [">", 0, "<", 6_000_000_000]}]}, ("n", 0, "numeric", 3)),
        ({"n": [{"anything-but": []}]}, ("n", 0, "anything-but")),
        ({"n": [{"anything-but": None}]}, ("n", 0, "anything-but")),
        ({"n": [{"anything-but": ["a", 5]}]}, ("n", 0, "anything-but")),
        ({"n": [{"anything-but": {}}]}, ("n", 0, "anything-but")),
        ({"n": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}, ("n", 0, "anything-but")),
        ({"n": [{"anything-but": {"prefix": 5}}]}, ("n", 0, "anything-but", "prefix")),
        ({"n": [{"anything-but": {"prefix": []}}]}, ("n", 0, "anything-but", "prefix")),
        ({"$or": []}, ("$or",)),
        ({"$or": [5]}, ("$or", 0)),
        ({"$or": [{"source": 5}]}, ("$or", 0, "source")),
    ],
)
def test_a_pattern_that_eventbridge_would_refuse_is_refused(
    pattern: JsonObject, place: tuple[str | int, ...]
) -> None:
    read, flaws = read_pattern(pattern)
    assert [found for found, _ in flaws] == [place]
    assert all(len(message) > len("wrong") for _, message in flaws)
    for value in ("shop", 5, None, "10.0.0.1"):
        mismatch(read, {"source": value, "n": value})  # of no use, but never raises


def test_exists_does_not_stand_within_another_operator() -> None:
    _, flaws = read_pattern({"n": [{"anything-but": {"exists": True}}]})
    assert [place for place, _ in flaws] == [("n", 0, "anything-but")]


@pytest.mark.parametrize("beyond", [1, 5])
def test_a_bottomless_pattern_is_refused(beyond: int) -> None:
    _, flaws = read_pattern(nested(33 + beyond))
    assert [message for _, message in flaws] == ["nested deeper than 32"]


def test_the_deepest_pattern_is_read() -> None:
    assert fits(nested(33), nested(33, leaf=1))


def nested(depth: int, leaf: Json = None) -> JsonObject:
    """So many objects, each within another."""
    found: JsonObject = {"a": [1] if leaf is None else leaf}
    for _ in range(depth - 1):
        found = {"a": found}
    return found
