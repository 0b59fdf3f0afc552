"""A lane takes a stream as Lambda does."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn_cli.local.streams import (
    MAX_PAYLOAD_BYTES,
    Discard,
    Failed,
    FailedFrom,
    Invoke,
    Lane,
    LaneSettings,
    Outcome,
    Record,
    Succeeded,
    Throttled,
    Wait,
    outcome_of,
)

NOW = 1_700_000_000.0


def record(number: int, *, item: str = "a", at: float = NOW, text: str = "") -> dict[str, Any]:
    return {
        "dynamodb": {
            "Keys": {"pk": {"S": item}},
            "SequenceNumber": f"{number:030d}",
            "ApproximateCreationDateTime": at,
            "NewImage": {"text": {"S": text}},
        }
    }


class Records:
    """A stream in memory; positions may leave gaps."""

    def __init__(self, *records: Record, every: int = 1) -> None:
        self.records = list(records)
        self.every = every

    def read(self, position: int, limit: int) -> Sequence[tuple[int, Record]]:
        placed = [(place * self.every, record) for place, record in enumerate(self.records)]
        return [pair for pair in placed if pair[0] >= position][:limit]


def numbers(records: Sequence[Record]) -> list[int]:
    return [int(record["dynamodb"]["SequenceNumber"]) for record in records]


def lane_over(count: int, settings: LaneSettings) -> Lane:
    return Lane(Records(*(record(number) for number in range(count))), 0, settings)


type Step = tuple[str, list[int]]


def drive(
    lane: Lane,
    function: Callable[[Sequence[Record]], Outcome],
    *,
    now: float = NOW,
    steps: int = 500,
) -> list[Step]:
    """Let a lane run until it waits for a write; what it did, and the instants it waited for."""
    done: list[Step] = []
    for _ in range(steps):
        match lane.decide(now):
            case Invoke(records):
                done.append(("invoke", numbers(records)))
                lane.settle(function(records), now)
            case Discard(records, condition):
                done.append((condition, numbers(records)))
            case Wait(None):
                return done
            case Wait(seconds):
                now += seconds or 0
    raise AssertionError(f"still busy after {steps} steps: {done[-10:]}")


def raising(*poison: int) -> Callable[[Sequence[Record]], Outcome]:
    """A function that fails on poison."""

    def function(records: Sequence[Record]) -> Outcome:
        return Failed() if set(poison) & set(numbers(records)) else Succeeded()

    return function


def refusing(*poison: int) -> Callable[[Sequence[Record]], Outcome]:
    """A function that reports the first poison it meets."""

    def function(records: Sequence[Record]) -> Outcome:
        hit = [index for index, number in enumerate(numbers(records)) if number in poison]
        return FailedFrom(hit[0]) if hit else Succeeded()

    return function


def test_batches_hold_at_most_the_batch_size_in_order() -> None:
    done = drive(lane_over(5, LaneSettings(batch_size=2)), lambda _: Succeeded())
    assert done == [("invoke", [0, 1]), ("invoke", [2, 3]), ("invoke", [4])]


def test_a_batch_holds_at_most_six_megabytes() -> None:
    big = "x" * (MAX_PAYLOAD_BYTES // 2)
    stream = Records(*(record(number, text=big) for number in range(3)))
    done = drive(Lane(stream, 0, LaneSettings()), lambda _: Succeeded())
    assert done == [("invoke", [0]), ("invoke", [1]), ("invoke", [2])]


def test_gaps_between_positions_are_passed_over() -> None:
    lane = Lane(Records(*map(record, range(3)), every=10), 0, LaneSettings(batch_size=2))
    assert drive(lane, lambda _: Succeeded()) == [("invoke", [0, 1]), ("invoke", [2])]


def test_a_batching_window_waits_for_its_end_or_a_full_batch() -> None:
    stream = Records(record(0))
    lane = Lane(stream, 0, LaneSettings(batch_size=2, window_seconds=5))
    assert lane.decide(NOW) == Wait(5)
    assert lane.decide(NOW + 4) == Wait(1)
    assert isinstance(lane.decide(NOW + 5), Invoke)
    lane.settle(Succeeded(), NOW + 5)
    stream.records += [record(1), record(2)]
    assert lane.decide(NOW + 6) == Invoke((stream.records[1], stream.records[2]))


def test_what_precedes_the_lowest_failed_record_is_done() -> None:
    seen: Iterator[Outcome] = iter([FailedFrom(2), Succeeded()])
    done = drive(lane_over(4, LaneSettings()), lambda _: next(seen))
    assert done == [("invoke", [0, 1, 2, 3]), ("invoke", [2, 3])]


def test_a_failed_batch_holds_back_what_follows_until_it_succeeds() -> None:
    seen: Iterator[Outcome] = iter([Failed(), Failed(), Succeeded(), Succeeded()])
    done = drive(lane_over(4, LaneSettings(batch_size=2)), lambda _: next(seen))
    assert done == [("invoke", [0, 1])] * 3 + [("invoke", [2, 3])]


def test_retries_are_bounded_and_then_the_whole_batch_is_given_up() -> None:
    lane = lane_over(4, LaneSettings(batch_size=2, retries=2))
    done = drive(lane, raising(0))
    gone = [("RetryAttemptsExhausted", [0, 1])]
    assert done == [("invoke", [0, 1])] * 3 + gone + [("invoke", [2, 3])]


def test_without_bisecting_good_records_behind_poison_are_given_up_with_it() -> None:
    done = drive(lane_over(3, LaneSettings(retries=1)), refusing(1))
    assert done == [
        ("invoke", [0, 1, 2]),
        ("invoke", [1, 2]),
        ("RetryAttemptsExhausted", [1, 2]),
    ]


def test_bisecting_isolates_poison_and_costs_no_retry() -> None:
    lane = lane_over(4, LaneSettings(retries=0, bisects=True))
    done = drive(lane, raising(2))
    assert done == [
        ("invoke", [0, 1, 2, 3]),
        ("invoke", [0, 1]),
        ("invoke", [2, 3]),
        ("invoke", [2]),
        ("RetryAttemptsExhausted", [2]),
        ("invoke", [3]),
    ]


def test_bisecting_splits_at_the_reported_record_first() -> None:
    done = drive(lane_over(4, LaneSettings(retries=0, bisects=True)), refusing(2))
    assert done == [
        ("invoke", [0, 1, 2, 3]),
        ("invoke", [2, 3]),
        ("invoke", [2]),
        ("RetryAttemptsExhausted", [2]),
        ("invoke", [3]),
    ]


def test_a_throttled_invocation_costs_no_retry() -> None:
    seen: Iterator[Outcome] = iter([Throttled(), Throttled(), Throttled(), Succeeded()])
    done = drive(lane_over(1, LaneSettings(retries=0)), lambda _: next(seen))
    assert done == [("invoke", [0])] * 4


def test_retries_wait_longer_each_time_up_to_a_bound() -> None:
    lane = lane_over(1, LaneSettings(retries=20))
    now, waits = NOW, []
    for _ in range(8):
        assert isinstance(lane.decide(now), Invoke)
        lane.settle(Failed(), now)
        wait = lane.decide(now)
        assert isinstance(wait, Wait)
        assert wait.seconds is not None
        waits.append(round(wait.seconds, 2))
        now += wait.seconds
    assert waits == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]


def test_records_over_their_age_are_given_up_untried_and_the_rest_goes_on() -> None:
    stream = Records(record(0, at=NOW - 61), record(1, at=NOW - 60), record(2, at=NOW))
    lane = Lane(stream, 0, LaneSettings(max_age_seconds=60))
    discard = lane.decide(NOW)
    assert isinstance(discard, Discard)
    assert (discard.condition, discard.invocations) == ("RecordAgeExceeded", 0)
    assert numbers(discard.records) == [0]
    assert drive(lane, lambda _: Succeeded()) == [("invoke", [1, 2])]


def test_poison_with_endless_retries_goes_when_its_age_comes() -> None:
    done = drive(lane_over(2, LaneSettings(batch_size=1, max_age_seconds=3)), refusing(0))
    assert done[-2:] == [("RecordAgeExceeded", [0]), ("RecordAgeExceeded", [1])]


def test_a_discard_says_how_often_it_was_tried_and_whether_the_function_failed() -> None:
    lane = lane_over(1, LaneSettings(retries=1))
    outcomes: tuple[Outcome, ...] = (Failed(), FailedFrom(0))
    for outcome in outcomes:
        action = lane.decide(NOW + 10)
        assert isinstance(action, Invoke)
        lane.settle(outcome, NOW)
    discard = lane.decide(NOW + 10)
    assert isinstance(discard, Discard)
    assert (discard.invocations, discard.function_error) == (2, False)


def test_the_checkpoint_is_the_oldest_record_that_is_not_done() -> None:
    stream = Records(*map(record, range(3)), every=10)
    lane = Lane(stream, 0, LaneSettings(batch_size=2))
    assert lane.checkpoint == 0
    assert isinstance(lane.decide(NOW), Invoke)
    lane.settle(FailedFrom(1), NOW)
    assert lane.checkpoint == 10
    assert drive(lane, lambda _: Succeeded()) == [("invoke", [1]), ("invoke", [2])]
    assert lane.checkpoint is None


def test_what_waits_for_its_window_is_not_done() -> None:
    lane = Lane(Records(record(0)), 0, LaneSettings(window_seconds=5))
    assert lane.decide(NOW) == Wait(5)
    assert lane.checkpoint == 0


def test_a_jump_forgets_what_is_pending() -> None:
    lane = lane_over(4, LaneSettings(batch_size=2))
    assert isinstance(lane.decide(NOW), Invoke)
    lane.settle(Failed(), NOW)
    assert lane.checkpoint == 0
    lane.jump(3)
    assert drive(lane, lambda _: Succeeded()) == [("invoke", [3])]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (None, Succeeded()),
        ({}, Succeeded()),
        ("", Succeeded()),
        ({"batchItemFailures": None}, Succeeded()),
        ({"batchItemFailures": []}, Succeeded()),
        ({"failures": [1]}, Succeeded()),
        ({"batchItemFailures": [{"itemIdentifier": f"{1:030d}"}]}, FailedFrom(1)),
        (f'{{"batchItemFailures": [{{"itemIdentifier": "{2:030d}"}}]}}', FailedFrom(2)),
        (
            {"batchItemFailures": [{"itemIdentifier": f"{number:030d}"} for number in (2, 0, 1)]},
            FailedFrom(0),
        ),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, Failed(function_error=False)),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, Failed(function_error=False)),
        ({"batchItemFailures": [{"id": f"{1:030d}"}]}, Failed(function_error=False)),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, Failed(function_error=False)),
        ({"batchItemFailures": ["text"]}, Failed(function_error=False)),
    ],
)
def test_what_an_answer_means(answer: object, outcome: Outcome) -> None:
    assert outcome_of(answer, [record(number) for number in range(3)]) == outcome


@given(
    count=st.integers(1, 30),
    poison=st.sets(st.integers(0, 29), max_size=6),
    batch_size=st.integers(1, 12),
    retries=st.integers(0, 3),
    raises=st.booleans(),
)
def test_with_bisecting_poison_alone_is_given_up_and_all_else_is_done_in_order(
    count: int, poison: set[int], batch_size: int, retries: int, *, raises: bool
) -> None:
    finished: list[int] = []

    def function(records: Sequence[Record]) -> Outcome:
        for index, number in enumerate(numbers(records)):
            if number in poison:
                return Failed() if raises else FailedFrom(index)
            finished.append(number)
        return Succeeded()

    lane = lane_over(count, LaneSettings(batch_size=batch_size, retries=retries, bisects=True))
    done = drive(lane, function, steps=5_000)
    given_up = [gone for what, gone in done if what == "RetryAttemptsExhausted"]
    assert given_up == [[number] for number in sorted(poison) if number < count]
    assert list(dict.fromkeys(finished)) == [n for n in range(count) if n not in poison]
    assert lane.checkpoint is None
