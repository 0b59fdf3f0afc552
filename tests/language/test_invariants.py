"""`invariants.json`: what is wrong with a rule, and that it binds nothing that runs."""

import json
from typing import Any

import pytest

from sojourn.core.workspace.invariants import AtMost, NoneAfter, NoneBetween
from sojourn.language.accepting import accept
from sojourn.language.workspace import load
from tests.language.given import LEAVE_OUT, base, changed, findings, told

RULES: dict[str, Any] = {
    "$schema": "../schemas/invariants.schema.json",
    "invariants": [
        {"name": "two a day", "max": 2, "per": "calendar_day"},
        {
            "name": "nothing after an order",
            "journeys": ["hello"],
            "none_after": {
                "event": "order.placed",
                "where": {"any": [{"event.total": {"gte": 1}}, {"not": {"event.test": True}}]},
                "for": "P7D",
                "until": ["cart.abandoned"],
            },
        },
        {
            "name": "quiet nights",
            "channels": ["sms"],
            "categories": ["marketing", "news"],
            "none_between": {"from": "20:00", "to": "09:00", "weekdays": ["sat", "sun"]},
        },
    ],
}


def rules(*steps: object) -> dict[str, bytes]:
    return base(invariants=changed(RULES, "invariants", *steps))


def test_rules_that_are_right_are_read() -> None:
    workspace = load(base(invariants=RULES))
    assert workspace.findings == ()
    assert workspace.invariants is not None
    kinds = [type(item.rule) for item in workspace.invariants]
    assert kinds == [AtMost, NoneAfter, NoneBetween]
    assert workspace.documents is not None
    assert "invariants" not in workspace.documents


def test_a_workspace_without_the_file_has_none() -> None:
    assert load(base()).invariants is None
    assert load(base(invariants={"invariants": []})).invariants == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((0, "name", LEAVE_OUT), "missing-key [0].name"),
        ((1, "name", "two a day"), "duplicate-name [1].name"),
        ((0, "mx", 1), "unknown-key [0].mx"),
        ((0, {"name": "x"}), "missing-key [0]"),
        ((0, {"name": "x", "max": 1}), "missing-key [0].per"),
        ((0, {"name": "x", "per": "P1D"}), "missing-key [0].max"),
        (
            (0, "none_between", {"from": "20:00", "to": "09:00"}),
            "conflicting-keys [0].none_between",
        ),
        ((0, "max", -1), "out-of-range [0].max"),
        ((0, "max", "two"), "wrong-type [0].max"),
        ((0, "per", "calendar_year"), "bad-duration [0].per"),
        ((0, "per", "P0D"), "out-of-range [0].per"),
        ((0, "channels", ["fax"]), "unknown-channel [0].channels[0]"),
        ((0, "channels", []), "empty [0].channels"),
        ((0, "journeys", [1]), "wrong-type [0].journeys[0]"),
        ((1, "none_after", "event", LEAVE_OUT), "missing-key [1].none_after.event"),
        ((1, "none_after", "for", "P0D"), "out-of-range [1].none_after.for"),
        ((1, "none_after", "until", 1), "wrong-type [1].none_after.until"),
        (
            (1, "none_after", "where", {"profile.vip": True}),
            "bad-path [1].none_after.where.profile.vip",
        ),
        (
            (1, "none_after", "where", {"all": [{"not": {"any": [{"segment": "regulars"}]}}]}),
            "unknown-key [1].none_after.where.all[0].not.any[0].segment",
        ),
        (
            (1, "none_after", "where", {"did": {"event": "a"}}),
            "unknown-key [1].none_after.where.did",
        ),
        ((1, "none_after", "where", []), "wrong-type [1].none_after.where"),
        (
            (1, "none_after", "where", {"event.a": {"gr": 1}}),
            "unknown-operator [1].none_after.where.event.a.gr",
        ),
        ((2, "none_between", "to", LEAVE_OUT), "missing-key [2].none_between.to"),
        ((2, "none_between", "from", "8 pm"), "bad-time [2].none_between.from"),
        (
            (2, "none_between", "weekdays", ["saturday"]),
            "unknown-value [2].none_between.weekdays[0]",
        ),
        ((2, "none_between", []), "wrong-type [2].none_between"),
        ((0, []), "wrong-type [0]"),
        # Names that no message has.
        ((1, "journeys", ["helo"]), "unknown-journey [1].journeys[0]"),
        ((2, "categories", ["newss"]), "unknown-category [2].categories[0]"),
    ],
)
def test_each_mistake_is_one_finding(change: tuple[Any, ...], expected: str) -> None:
    code, place = expected.split()
    assert told(rules(*change)) == [f"invariants.json: {code} invariants{place}"]


def test_the_whole_file_may_be_wrong() -> None:
    assert told(base(invariants=[])) == ["invariants.json: wrong-type"]
    assert told(base(invariants={"invariants": {}})) == ["invariants.json: wrong-type invariants"]
    assert told({**base(), "invariants.json": b"{"}) == ["invariants.json: not-json"]
    assert load({**base(), "invariants.json": b"{"}).invariants is None


def test_a_name_that_no_message_has_is_a_warning_that_guesses() -> None:
    (finding,) = findings(rules(1, "journeys", ["helo"]))
    assert finding.severity == "warning"
    assert finding.message == (
        "there is no journey `helo`, so this name covers no message; did you mean `hello`?"
    )


def test_a_rule_stands_in_no_publishings_way() -> None:
    live = base(invariants=RULES)
    without = {path: content for path, content in live.items() if path != "journeys/hello.json"}
    result = accept(live, without)
    assert result.files == without
    assert result.refused == frozenset()
    assert [item.code for item in result.findings["invariants.json"]] == ["unknown-journey"]


def test_a_broken_rule_is_refused_and_the_others_go_live() -> None:
    live = base(invariants=RULES)
    wrong = json.dumps(changed(RULES, "invariants", 0, "max", -1)).encode()
    candidate = base(journeys__hello=LEAVE_OUT) | {"invariants.json": wrong}
    result = accept(live, candidate)
    assert result.refused == {"invariants.json"}
    assert result.files == candidate | {"invariants.json": live["invariants.json"]}
