"""The bench's own count of what the two journeys send, against literals."""

import json

import pytest

from bench.measure import module, run
from bench.simulate import LOG, expected


def order(customer: str, timestamp: str) -> bytes:
    line = {"userId": customer, "event": "order.placed", "timestamp": timestamp}
    return json.dumps(line).encode()


def test_thanks_are_capped_for_thirty_days_and_who_buys_within_sixty_is_not_asked_back() -> None:
    lines = [
        b'{"type": "identify", "userId": "ana", "timestamp": "1997-01-01T00:00:00Z"}',
        order("ana", "1997-01-01T10:00:00Z"),
        order("ben", "1997-01-02T10:00:00Z"),
        order("ana", "1997-01-31T09:59:59Z"),
        order("ana", "1997-01-31T10:00:00Z"),
        order("ben", "1997-03-03T10:00:01Z"),
    ]
    assert expected(lines) == [
        ("ana", "thank-you", "1997-01-01T10:00:00Z", "sent"),
        ("ana", "thank-you", "1997-01-31T09:59:59Z", "capped"),
        ("ana", "thank-you", "1997-01-31T10:00:00Z", "sent"),
        ("ben", "second-order", "1997-03-03T10:00:00Z", "sent"),
        ("ben", "thank-you", "1997-01-02T10:00:00Z", "sent"),
        ("ben", "thank-you", "1997-03-03T10:00:01Z", "sent"),
    ]


def test_a_second_order_on_the_last_instant_counts() -> None:
    lines = [order("ana", "1997-01-01T10:00:00Z"), order("ana", "1997-03-02T10:00:00Z")]
    assert [row[1] for row in expected(lines)] == ["thank-you", "thank-you"]


def test_who_is_in_the_control_group_is_not_thanked_but_asked_back() -> None:
    lines = [order("ana", "1997-01-01T10:00:00Z")]
    assert expected(lines, {"ana"}) == [
        ("ana", "second-order", "1997-03-02T10:00:00Z", "sent"),
        ("ana", "thank-you", "1997-01-01T10:00:00Z", "suppressed"),
    ]


def test_several_processes_are_measured_without_their_parent_and_their_answer_checked() -> None:
    if not LOG.exists():
        pytest.skip("the purchase log is not here")
    held_by_this_process = b"x" * (300 << 20)
    answer = run(module("simulate", "300", "2"))
    assert answer["events_a_second"] > 0
    assert 0 < answer["peak_mb"] < len(held_by_this_process) >> 20
