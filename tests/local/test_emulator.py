"""What is changed in MiniStack, held on as much of it as each change touches."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from sojourn_cli.local import emulator

NOW = 1_700_000_000.0
QUEUE = "arn:aws:sqs:us-east-1:000000000000:publish"
CLOSED = "arn:aws:sqs:us-east-1:000000000000:closed"
GONE = "arn:aws:sqs:us-east-1:000000000000:gone"
DEAD = "arn:aws:sqs:us-east-1:000000000000:dead"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f:live"
UNASKED = "arn:aws:lambda:us-east-1:000000000000:function:f:other"
NOWHERE = "arn:aws:lambda:us-east-1:000000000000:function:gone"
RULE = {"Name": "rule", "Arn": "arn:rule"}
LETS = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": FUNCTION,
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:rule"}},
}


class FakeQueues:
    """As much of MiniStack's SQS as the changes use."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[str, Any]] = {
            arn: {"attributes": {"QueueArn": arn, "VisibilityTimeout": "30"}, "messages": []}
            for arn in (QUEUE, CLOSED, DEAD)
        }
        self.sent: list[dict[str, Any]] = []
        self._queues_lock = threading.RLock()
        self._queues = SimpleNamespace(all_values=lambda: list(self.queues.values()))
        self._HANDLERS = {"SendMessage": lambda request, _url: self.sent.append(request)}
        self._receive_messages_for_esm = None
        self._expire_retained = self._dlq_sweep = lambda _queue: None
        self._get_q = self.queues.__getitem__
        self._queue_by_arn = self.queues.get
        self._queue_url = str

    def queue_policy_allows(self, arn: str, *_asked: str) -> bool:
        return arn != CLOSED

    def _collect_msgs(self, queue: dict[str, Any], most: int, _hidden: int) -> list[Any]:
        taken, queue["messages"] = queue["messages"][:most], queue["messages"][most:]
        return list(taken)

    def put(self, *visible_at: float) -> None:
        self.queues[QUEUE]["messages"] += [{"visible_at": at} for at in visible_at]


class FakeAccount:
    """A MiniStack of fakes."""

    def __init__(self, **mapping: object) -> None:
        self.sqs = FakeQueues()
        self.invoked: list[str] = []
        mappings = [("0", "us-east-1", {"EventSourceArn": QUEUE, **mapping})]
        known = {"policy": {"Statement": [LETS]}}
        self.lambda_svc = SimpleNamespace(
            _iter_all_esms=lambda: mappings,
            _get_base_func_record_for_ref=lambda arn: (None if arn == NOWHERE else known, {}, "f"),
        )
        view = SimpleNamespace(event_with_detail=lambda: {"detail": 1})
        self.eventbridge = SimpleNamespace(
            _invoke_target=lambda target, *_others: self.invoked.append(target["Arn"]),
            _pattern_event_view=lambda _event: view,
        )
        self.responses = SimpleNamespace(get_account_id=lambda: "000000000000")

    @property
    def ministack(self) -> Any:  # noqa: ANN401 - stands for modules without types
        return self


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)


def received(account: FakeAccount, batch_size: int) -> int:
    emulator.batch_messages(account.ministack)
    receive: Any = account.sqs._receive_messages_for_esm
    return len(receive(QUEUE, batch_size))


def test_a_batch_from_a_queue_may_hold_more_than_ten() -> None:
    account = FakeAccount()
    account.sqs.put(*[NOW] * 25)
    assert received(account, 20) == 20


def test_a_batching_window_gathers_until_its_end() -> None:
    account = FakeAccount(MaximumBatchingWindowInSeconds=5)
    account.sqs.put(NOW - 4, NOW - 1, NOW + 60)
    assert received(account, 10) == 0
    account.sqs.put(NOW - 5)
    assert received(account, 10) == 4


def test_a_full_batch_does_not_wait_for_the_window() -> None:
    account = FakeAccount(MaximumBatchingWindowInSeconds=5)
    account.sqs.put(NOW, NOW, NOW)
    assert received(account, 3) == 3


@pytest.mark.parametrize(
    ("visible_at", "window", "seconds"),
    [
        ([], 0, emulator.LONGEST_POLL_SECONDS),
        ([NOW + 60], 0, emulator.LONGEST_POLL_SECONDS),
        ([NOW + 60, NOW + 0.25], 0, 0.25),
        ([NOW + 0.0001], 0, emulator.SHORTEST_POLL_SECONDS),
        ([NOW - 1], 0, emulator.BLOCKED_POLL_SECONDS),
        ([NOW - 1], 1.5, 0.5),
    ],
)
def test_the_poller_sleeps_until_a_message_is_due(
    visible_at: list[float], window: float, seconds: float
) -> None:
    account = FakeAccount(MaximumBatchingWindowInSeconds=window)
    account.sqs.put(*visible_at)
    found = emulator.seconds_to_next_message(account.lambda_svc, account.sqs, NOW)
    assert found == pytest.approx(seconds)


def test_a_queue_that_feeds_no_function_wakes_nobody() -> None:
    account = FakeAccount(EventSourceArn=DEAD)
    account.sqs.put(NOW - 1)
    found = emulator.seconds_to_next_message(account.lambda_svc, account.sqs, NOW)
    assert found == emulator.LONGEST_POLL_SECONDS


@pytest.mark.parametrize("arn", [QUEUE, FUNCTION, "arn:aws:sns:us-east-1:000000000000:topic"])
def test_a_rule_reaches_a_target_that_lets_it(arn: str) -> None:
    account = FakeAccount()
    emulator.ask_policies(account.ministack)
    account.eventbridge._invoke_target({"Arn": arn}, {}, RULE)
    assert account.invoked == [arn]


def test_a_schedule_starts_its_function_by_its_own_role() -> None:
    account = FakeAccount()
    emulator.ask_policies(account.ministack)
    schedule = {"Arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/look"}
    account.eventbridge._invoke_target({"Arn": UNASKED}, {}, schedule)
    assert account.invoked == [UNASKED]


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        *((CLOSED, "NO_PERMISSIONS"), (GONE, "RESOURCE_NOT_FOUND")),
        *((UNASKED, "NO_PERMISSIONS"), (NOWHERE, "RESOURCE_NOT_FOUND")),
    ],
)
def test_a_rule_that_cannot_reach_its_target_uses_the_targets_dead_letter_queue(
    arn: str, code: str
) -> None:
    account = FakeAccount()
    emulator.ask_policies(account.ministack)
    target = {"Arn": arn, "DeadLetterConfig": {"Arn": DEAD}}
    account.eventbridge._invoke_target(target, {}, RULE)
    assert account.invoked == []
    [letter] = account.sqs.sent
    assert letter["MessageBody"] == '{"detail": 1}'
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == code


def test_without_one_the_event_is_gone_as_on_aws() -> None:
    account = FakeAccount()
    emulator.ask_policies(account.ministack)
    account.eventbridge._invoke_target({"Arn": CLOSED}, {}, RULE)
    assert (account.invoked, account.sqs.sent) == ([], [])


def test_another_version_of_ministack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "version", lambda _name: "9.9.9")
    with pytest.raises(RuntimeError, match=r"9\.9\.9 is not 1\.5\.33"):
        emulator.load()
