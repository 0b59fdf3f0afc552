"""Proofs that time alone moves nobody, and that a round ends however it was meant."""

from typing import Any

import pytest

from tests.language.given import OTHER, SEGMENT, base, findings, told
from tests.language.test_proofs_of_passage import SMS, chain


def entered(by: dict[str, Any], where: dict[str, Any] | None = None) -> list[str]:
    """What is told of `other`, entered so, where `regulars` are those."""
    segment = SEGMENT | ({} if where is None else {"where": where})
    return told(base(journeys__other=OTHER | {"entry": by}, segments__regulars=segment))


def did(**fields: object) -> dict[str, Any]:
    return {"did": {"event": "order placed", **fields}}


NONE_LATELY = did(within="P60D", count=0)
SOME_LATELY = did(within="P60D")
OLD = {"profile.last_order_at": {"older_than": "P60D"}}
RECENT = {"profile.last_order_at": {"within": "P60D"}}
VIEWED = {"did": {"event": "viewed", "within": "P7D", "count": {"gte": 3}}}
TURNS_TRUE: list[dict[str, Any]] = [
    NONE_LATELY,
    did(within="P60D", count={"lt": 3}),
    did(within="P60D", count={"gte": 3, "lte": 2}) | {"not": SOME_LATELY},
    did(within="P60D", count={"lte": 9}, sum={"of": "event.total", "lt": 100}),
    {"not": SOME_LATELY},
    {"not": did(within="P60D", sum={"of": "event.total", "gte": 100})},
    {"all": [did(), NONE_LATELY]},
    {"any": [NONE_LATELY, OLD]},
    {"all": [{"profile.vip": True}, OLD]},
    {"all": [NONE_LATELY, {"any": [did(), {"profile.vip": True}]}]},
    OLD,
    {"not": RECENT},
    {"not": {"any": [RECENT, {"profile.vip": True}]}},
]
TURNS_FALSE: list[dict[str, Any]] = [
    SOME_LATELY,
    did(within="P365D", sum={"of": "event.total", "gte": 500}),
    {"not": NONE_LATELY},
    {"any": [SOME_LATELY, {"profile.vip": True}]},
    {"all": [SOME_LATELY, RECENT]},
    RECENT,
]
TURNED_BY_EVENTS: list[dict[str, Any]] = [
    did(),
    did(count=0),
    did(within="PT0S", count=0),
    did(within="P60D", count=2),
    did(within="P60D", sum={"of": "event.total", "lt": 100}),
    {"profile.due": {"in_next": "P7D"}},
    {"profile.due": {"after": "2026-01-01"}},
    {"event.at": {"older_than": "P1D"}},
    {"any": [NONE_LATELY, {"profile.vip": True}]},
    {"all": [{"profile.vip": True}]},
    {"not": {"all": [RECENT, {"profile.vip": True}]}},
    {"all": [VIEWED, NONE_LATELY]},
    {"all": [VIEWED, OLD]},
    {"not": {"any": [{"not": VIEWED}, SOME_LATELY]}},
]


@pytest.mark.parametrize("where", TURNS_TRUE)
def test_a_segment_that_customers_come_into_by_time_alone(where: dict[str, Any]) -> None:
    alone = "journeys/other.json: time-alone entry.segment"
    assert alone in entered({"segment": {"id": "regulars"}}, where)
    assert alone in entered({"segment": {"id": "regulars", "on": "leave"}}, {"not": where})
    assert alone not in entered({"event": "went", "where": {"segment": "regulars"}}, where)


@pytest.mark.parametrize("where", TURNS_FALSE)
def test_a_segment_that_customers_leave_by_time_alone(where: dict[str, Any]) -> None:
    alone = "journeys/other.json: time-alone entry.segment"
    assert alone in entered({"segment": {"id": "regulars", "on": "leave"}}, where)
    assert alone not in entered({"segment": {"id": "regulars", "on": "enter"}}, where)


@pytest.mark.parametrize("where", [*TURNED_BY_EVENTS, {"all": []}, {"not": {"any": []}}])
def test_a_segment_that_something_done_may_lead_into(where: dict[str, Any]) -> None:
    assert not [item for item in entered({"segment": {"id": "regulars"}}, where) if "time" in item]


def test_segments_are_looked_through_for_time_alone() -> None:
    files = base(
        segments__silent=SEGMENT | {"id": "silent", "where": NONE_LATELY},
        segments__regulars=SEGMENT | {"where": {"segment": "silent"}},
    )
    assert told(files) == ["journeys/other.json: time-alone entry.segment"]


@pytest.mark.parametrize(
    ("looking", "expected"),
    [(VIEWED, []), (did(), ["journeys/other.json: time-alone entry.segment"])],
)
def test_a_segment_within_another_may_wait_for_an_event(
    looking: dict[str, Any], expected: list[str]
) -> None:
    files = base(
        segments__lookers=SEGMENT | {"id": "lookers", "where": looking},
        segments__regulars=SEGMENT | {"where": {"all": [{"segment": "lookers"}, NONE_LATELY]}},
    )
    assert told(files) == expected


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ({"last_order_at": {"older_than": "P60D"}}, ["time-alone entry.profile"]),
        ({"last_order_at": {"older_than": "P60D"}, "vip": True}, []),
        ({"due": {"in_next": "P365D"}}, []),
    ],
)
def test_a_profile_that_only_time_makes_so(tests: dict[str, Any], expected: list[str]) -> None:
    found = [item.removeprefix("journeys/other.json: ") for item in entered({"profile": tests})]
    assert found == expected


WEEKLY = {"type": "wait", "for": "P7D", "next": "b"}
ROUND = {"next": "a"}


TOLD = ["no-way-out steps.a"]


@pytest.mark.parametrize(
    ("steps", "journey", "expected"),
    [
        ((WEEKLY, SMS | ROUND), {}, TOLD),
        ((WEEKLY, SMS | ROUND), {"max_stay": "P90D"}, TOLD),
        ((WEEKLY | {"max_visits": 9}, SMS | ROUND), {}, []),
        ((WEEKLY | {"max_visits": 900}, SMS | ROUND | {"max_visits": 900}), {}, TOLD),
        ((WEEKLY | {"max_visits": 9}, SMS | ROUND), {"max_stay": "P90D"}, []),
        (
            (WEEKLY | {"max_visits": 900}, SMS | ROUND),
            {"max_stay": "P9000D"},
            TOLD,
        ),
        (
            (WEEKLY | {"max_visits": 900}, SMS | ROUND | {"max_visits": 900}),
            {"max_stay": "P9000D"},
            [],
        ),
        ((SMS, WEEKLY | {"next": "c"}, SMS | {"next": "b"}), {}, ["no-way-out steps.b"]),
        (
            (WEEKLY, {"type": "wait_for", "any": [{"event": "x"}], "timeout": "P1D"} | ROUND),
            {},
            TOLD,
        ),
        (
            (
                WEEKLY,
                {"type": "wait_for", "any": [{"event": "x", "next": "c"}], "timeout": "P1D"}
                | ROUND,
                SMS,
            ),
            {},
            [],
        ),
        (
            (WEEKLY, {"type": "branch", "branches": [{"where": {"profile.a": 1}}], "else": "a"}),
            {},
            [],
        ),
        (
            (
                WEEKLY | {"until": {"date": "profile.due", "if_past": "exit"}},
                SMS | ROUND,
            ),
            {},
            [],
        ),
    ],
)
def test_a_round_that_no_step_leads_out_of(
    steps: tuple[dict[str, Any], ...], journey: dict[str, Any], expected: list[str]
) -> None:
    assert told(chain(*steps, **journey)) == expected


def test_a_round_says_after_how_long_it_ends() -> None:
    (found,) = findings(chain(WEEKLY, SMS | ROUND, max_stay="P1825D"))
    assert "`expired` after P1825D, or as `loop_limit` after 100 visits" in found.message
