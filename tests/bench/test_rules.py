"""The independent checker: it finds nothing in a real run, and bites in each rule when broken."""

import json
from io import StringIO
from typing import Any

import pytest

from bench import rules, simulate
from sojourn.core.values.exact import dumps
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.simulation import run
from sojourn_cli.simulation.lines import read_events

WORKSPACE = rules.read_workspace(simulate.WORKSPACE)
ONE_IN = 300
ORDERS = [b'{"userId":"ana","event":"order.placed","timestamp":"1997-03-03T15:00:00Z"}']


def lines() -> list[bytes]:
    if not simulate.LOG.exists():
        pytest.skip("the purchase log is not here")
    return simulate.lines_of(ONE_IN)


def test_a_run_over_the_purchase_log_breaks_no_rule() -> None:
    events = lines()
    printed = StringIO()
    simulate.simulate(events, printed)
    document = json.loads(printed.getvalue())
    assert len(document["messages"]) > len(events)
    assert list(rules.breaches(WORKSPACE, document, events)) == []


def test_lines_of_one_instant_may_come_in_any_order_of_their_customers() -> None:
    """And lines that come again change nothing: the language says so of message ids."""
    events = lines()
    plan = load(read_folder(simulate.WORKSPACE)).plan
    assert plan is not None
    whole_days = [line.replace(_clock(line), b"T12:00:00Z", 1) for line in events]
    by_instant = sorted(whole_days, key=lambda line: json.loads(line)["timestamp"])
    turned = sorted(
        by_instant,
        key=lambda line: (json.loads(line)["timestamp"], json.loads(line)["userId"][::-1]),
    )
    doubled = [line for line in turned for _ in range(2)]
    texts = [
        dumps(run.as_document(run.simulate(plan, read_events(given))))
        for given in (by_instant, turned, doubled)
    ]
    assert turned != by_instant
    assert texts[0] == texts[1] == texts[2]


def _clock(line: bytes) -> bytes:
    stamp: str = json.loads(line)["timestamp"]
    return stamp[10:].encode()


def message(journey: str = "win-back-60", **changes: object) -> dict[str, Any]:
    row = {
        "customer": "ana",
        "journey": journey,
        "step": {"thank-you": "thank", "dear": "tell"}.get(journey, "remind"),
        "channel": "email",
        "category": "thanks" if journey == "thank-you" else "marketing",
        "status": "sent",
        "reason": None,
        "requested_at": "1997-05-05T14:00:00Z",
        "decided_at": "1997-05-05T14:00:00Z",
    }
    return row | changes


def at(stamp: str, journey: str = "win-back-60") -> dict[str, Any]:
    return message(journey, requested_at=stamp, decided_at=stamp)


def enrolment(journey: str = "win-back-60", **changes: object) -> dict[str, Any]:
    row = {
        "customer": "ana",
        "journey": journey,
        "entered_at": "1997-03-03T15:00:00Z",
        "exited_at": "1997-05-05T14:00:00Z",
        "outcome": "finished",
    }
    return row | changes


def found(
    messages: list[dict[str, Any]], enrolments: list[dict[str, Any]], *more: bytes
) -> list[str]:
    document = {"messages": messages, "enrolments": enrolments}
    return list(rules.breaches(WORKSPACE, document, [*ORDERS, *more]))


def test_what_is_right_breaks_nothing() -> None:
    assert found([message()], [enrolment()]) == []


@pytest.mark.parametrize(
    ("first", "second", "breach"),
    [
        ("1997-05-05T14:00:00Z", "1997-05-05T17:59:59Z", "cap breathing-space"),
        ("1997-05-05T14:00:00Z", "1997-05-06T13:59:59Z", "cap daily: 2"),
        ("1997-05-05T14:00:00Z", "1997-05-06T14:00:00Z", ""),
    ],
)
def test_two_too_near_each_other_break_a_cap(first: str, second: str, breach: str) -> None:
    inside = [enrolment("dear", exited_at=None, outcome=None)]
    told = found([at(first, "dear"), at(second, "dear")], inside)
    told = [each for each in told if "cap" in each]
    assert bool(told) == bool(breach)
    assert all(breach in each for each in told[-1:])


def test_too_many_in_a_week_or_a_month_break_a_cap() -> None:
    days = ("01", "03", "05", "12", "20")
    told = found([at(f"1997-05-{day}T15:00:00Z", "dear") for day in days], [])
    assert any("cap weekly: 3" in each for each in told)
    assert any("cap month: 5" in each for each in told)
    thanks = [at(f"1997-05-{day}T15:00:00Z", "thank-you") for day in ("01", "30")]
    assert any("cap thanks-monthly: 2" in each for each in found(thanks, []))


@pytest.mark.parametrize(
    ("stamp", "quiet"),
    [
        ("1997-05-06T01:00:00Z", True),  # 21:00 in New York
        ("1997-05-06T00:59:59Z", False),
        ("1997-05-06T11:59:59Z", True),
        ("1997-05-06T12:00:00Z", False),
        ("1997-05-10T21:00:00Z", True),  # Saturday, 17:00
        ("1997-05-11T15:59:59Z", True),  # Sunday, before noon
        ("1997-05-11T16:00:00Z", False),
        ("1997-12-25T17:00:00Z", True),
        ("1997-12-27T17:00:00Z", False),
    ],
)
def test_quiet_is_read_off_the_local_clock(stamp: str, quiet: bool) -> None:  # noqa: FBT001 - a parameter
    told = found([at(stamp, "dear")], [])
    assert any("quiet hours" in each for each in told) == quiet


def test_thanks_keep_no_quiet_hours() -> None:
    assert not any("quiet" in each for each in found([at("1997-05-06T03:00:00Z", "thank-you")], []))


def test_the_control_group_gets_nothing() -> None:
    held_back = message("dear", status="suppressed", reason="control_group")
    assert any("control group" in each for each in found([held_back, message()], [enrolment()]))


def test_a_hold_ends_at_its_longest() -> None:
    late = message(decided_at="1997-05-08T14:00:01Z")
    inside = [enrolment(exited_at="1997-05-08T14:00:01Z")]
    assert found([late], inside) == ["ana: win-back-60 was held longer than 3 days, 0:00:00"]


@pytest.mark.parametrize(
    ("enrolments", "breach"),
    [
        ([enrolment("dear"), enrolment("dear", entered_at="1998-01-01T00:00:00Z")], "2 times"),
        (
            [enrolment(), enrolment(entered_at="1997-05-05T13:59:59Z", exited_at=None)],
            "inside of it",
        ),
        (
            [enrolment("steady"), enrolment("steady", entered_at="1997-05-02T14:59:59Z")],
            "too early",
        ),
        (
            [
                enrolment("regulars", entered_at=f"199{year}-01-01T00:00:00Z", exited_at=stamp)
                for year, stamp in enumerate(["1990-02-01T00:00:00Z"] * 4)
            ],
            "4 times",
        ),
        ([enrolment(exited_at="1998-06-01T00:00:00Z")], "longer than 365 days"),
        ([enrolment(outcome="expired")], "expired early"),
    ],
)
def test_entering_too_often_and_staying_too_long(
    enrolments: list[dict[str, Any]], breach: str
) -> None:
    assert any(breach in each for each in found([], enrolments))


def test_an_exit_must_come_with_its_event() -> None:
    again = b'{"userId":"ana","event":"order.placed","timestamp":"1997-04-01T10:00:00Z"}'
    assert any("was not left" in each for each in found([], [enrolment()], again))
    bought = enrolment(outcome="bought")
    assert any("when nothing came" in each for each in found([], [bought]))
    right = enrolment(outcome="bought", exited_at="1997-04-01T10:00:00Z")
    assert found([], [right], again) == []


@pytest.mark.parametrize(("total", "ends"), [(99, False), (100, True)])
def test_an_exit_rule_has_its_condition(total: int, ends: bool) -> None:  # noqa: FBT001 - a parameter
    order = {
        "userId": "ana",
        "event": "order.placed",
        "timestamp": "1997-04-01T10:00:00Z",
        "properties": {"total": total},
    }
    told = found([], [enrolment("steady", exited_at="1997-04-02T00:00:00Z")], dumps(order).encode())
    assert any("was not left" in each for each in told) == ends


def test_nothing_is_decided_when_nobody_is_inside() -> None:
    gone = enrolment(exited_at="1997-05-05T13:59:59Z", outcome="finished")
    assert any("nobody was inside" in each for each in found([message()], [gone]))
    cancelled_late = message(status="cancelled", decided_at="1997-05-05T14:00:01Z")
    assert any("nobody was inside" in each for each in found([cancelled_late], [enrolment()]))


@pytest.mark.parametrize(
    "changes",
    [
        {"entered_at": "1997-03-06T14:00:01Z"},
        {"entered_at": "1997-03-03T15:00:00Z", "exited_at": "1997-05-05T15:00:00Z"},
    ],
)
def test_a_message_waits_for_its_wait(changes: dict[str, str]) -> None:
    asked = "1997-05-05T15:00:00Z" if "exited_at" in changes else "1997-05-05T14:00:00Z"
    told = found([at(asked)], [enrolment(**changes)])
    assert any("before its wait was over" in each for each in told)


def test_durations_are_read_whole() -> None:
    assert rules.duration("P1DT2H3M").total_seconds() == 93_780


@pytest.mark.parametrize("text", ["1d", "P1M", "P1W"])
def test_what_the_checker_does_not_know_it_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        rules.duration(text)
