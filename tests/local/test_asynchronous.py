"""A rule starts a function as on AWS: where it may, a few at once, and what failed is told."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from sojourn_cli.local import asynchronous
from sojourn_cli.local.asynchronous import Asynchronous, may_start
from sojourn_cli.local.mappings import MAX_CONCURRENCY

ARN = "arn:aws:lambda:us-east-1:000000000000:function:ingest:live"
OTHER = "arn:aws:lambda:us-east-1:000000000000:function:ingest:other"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:ingest"
RULE = {"Name": "rule", "Arn": "arn:aws:events:us-east-1:000000000000:rule/bus/rule"}
SOON = 20.0
TO_QUEUE = {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}


class FakeLambda:
    """As much of MiniStack's Lambda as is used: one function that answers as it is told."""

    def __init__(self, *answers: dict[str, Any], **settings: Any) -> None:  # noqa: ANN401 - JSON
        self.answers = list(answers)
        self.settings = settings
        self.taken: list[Any] = []
        self.at_once = self.most_at_once = 0
        self.go = threading.Event()
        self.go.set()
        self._lock = threading.Lock()
        self.function: dict[str, Any] = {"policy": {"Statement": []}}
        config = {"FunctionName": "ingest", "FunctionArn": ARN, "Version": "3"}
        self._get_func_record_for_ref = lambda _arn: (self.function, config, "ingest")
        self._get_base_func_record_for_ref = self._get_func_record_for_ref
        self._event_invoke_config = lambda _f, qualifier: qualifier == "live" and self.settings
        self._execution_record_for_config = lambda _f, config: {"config": config}

    def _execute_function_with_config_scope(self, _record: object, event: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.go.wait(SOON)
        with self._lock:
            self.at_once -= 1
            self.taken.append(event)
            return self.answers.pop(0) if self.answers else {}


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def started(
    lambda_svc: FakeLambda, *events: dict[str, Any], clock: Clock | None = None
) -> list[Any]:
    """What the queue was told, once every event is done with."""
    sent: list[Any] = []
    done = Asynchronous(
        lambda_svc, lambda arn, body: sent.append((arn, json.loads(body))), clock or Clock()
    )
    for event in events:
        done.dispatch(ARN, json.dumps(event))
    rests(done)
    return sent


def rests(done: Asynchronous) -> None:
    for thread in threading.enumerate():
        if thread.name == "sojourn-asynchronous-ingest":
            thread.join(SOON)
    assert done.under_way == 0


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asynchronous, "PAUSE_SECONDS", 0.0)


def test_each_event_starts_the_function_once() -> None:
    function = FakeLambda()
    assert started(function, {"n": 1}, {"n": 2}) == []
    assert sorted(event["n"] for event in function.taken) == [1, 2]


def test_no_more_than_a_few_run_at_once_and_the_others_wait() -> None:
    function = FakeLambda()
    function.go.clear()
    done = Asynchronous(function, lambda *_: None)
    for n in range(20):
        done.dispatch(ARN, json.dumps({"n": n}))
    assert done.under_way >= 20
    function.go.set()
    rests(done)
    assert function.most_at_once <= MAX_CONCURRENCY
    assert len(function.taken) == 20


def test_a_failure_is_tried_twice_again_where_nothing_else_is_configured() -> None:
    wrong = {"error": True, "body": {"errorMessage": "no"}}
    function = FakeLambda(wrong, wrong)
    assert started(function, {"n": 1}) == []
    assert function.taken == [{"n": 1}] * 3


def test_what_failed_for_good_is_told_to_the_queue_with_the_event() -> None:
    function = FakeLambda(
        {"error": True, "body": {"errorMessage": "no"}}, MaximumRetryAttempts=0, **TO_QUEUE
    )
    [(arn, record)] = started(function, {"n": 1})
    assert arn == QUEUE
    assert record["requestPayload"] == {"n": 1}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"] == {"errorMessage": "no"}


def test_a_throttled_event_waits_and_is_no_failure() -> None:
    function = FakeLambda({"throttle": True}, MaximumRetryAttempts=0, **TO_QUEUE)
    assert started(function, {"n": 1}) == []
    assert len(function.taken) == 2


def test_what_waited_too_long_is_told_to_the_queue_and_never_tried() -> None:
    function, clock, sent = FakeLambda(MaximumEventAgeInSeconds=60, **TO_QUEUE), Clock(), []
    function.go.clear()
    done = Asynchronous(function, lambda _arn, body: sent.append(json.loads(body)), clock)
    for n in range(MAX_CONCURRENCY + 1):
        done.dispatch(ARN, json.dumps({"n": n}))
    clock.now = 61.0
    function.go.set()
    rests(done)
    [record] = sent
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestPayload"] not in function.taken
    assert "responseContext" not in record


def test_a_reset_drops_what_waits() -> None:
    function = FakeLambda()
    function.go.clear()
    done = Asynchronous(function, lambda *_: None)
    for n in range(MAX_CONCURRENCY + 5):
        done.dispatch(ARN, json.dumps({"n": n}))
    done.forget()
    function.go.set()
    rests(done)
    assert len(function.taken) <= MAX_CONCURRENCY


# ---- Who may ---------------------------------------------------------------------------------


def statement(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {"ArnLike": {"AWS:SourceArn": RULE["Arn"]}},
        **changed,
    }


def lets(*statements: dict[str, Any]) -> bool | None:
    function = FakeLambda()
    function.function = {"policy": {"Statement": list(statements)}}
    return may_start(function, ARN, RULE)


def test_a_rule_starts_what_its_policy_says_it_may() -> None:
    assert lets(statement()) is True
    assert lets(statement(Condition=None)) is True
    assert lets(statement(Principal={"Service": "s3.amazonaws.com"}), statement()) is True


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "s3.amazonaws.com"}},
        {"Action": "lambda:InvokeFunctionUrl"},
        {"Resource": OTHER},
        {"Condition": {"ArnLike": {"AWS:SourceArn": RULE["Arn"] + "-2"}}},
    ],
    ids=["a denial", "another service", "another action", "another version", "another rule"],
)
def test_and_nothing_else(changed: dict[str, Any]) -> None:
    assert lets() is False
    assert lets(statement(**changed)) is False


def test_of_a_function_that_is_not_there_nothing_is_known() -> None:
    nobody = SimpleNamespace(_get_base_func_record_for_ref=lambda _arn: (None, None, "ingest"))
    assert may_start(nobody, ARN, RULE) is None
