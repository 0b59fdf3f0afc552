"""Event source mappings get the lanes they ask for."""

import json
import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sojourn_cli.local.mappings import MAX_CONCURRENCY, Mappings, failure_record, settings_of
from sojourn_cli.local.streams import RETENTION_SECONDS, Discard

SOON = 20.0
STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/customers/stream/2026-01-01T00:00:00.000"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:dead"
NOWHERE: Any = SimpleNamespace(set=lambda _: None)


class FakeMiniStack:
    """As much of MiniStack's Lambda and DynamoDB as the mappings use."""

    def __init__(self) -> None:
        self.mappings: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.esm_wake: Any = threading.Event()
        self.invoked: queue.Queue[tuple[str, list[str]]] = queue.Queue()
        self.results: dict[str, Any] = {}
        self.lambda_svc = SimpleNamespace(
            _iter_all_esms=lambda: [("0", "us-east-1", mapping) for mapping in self.mappings],
            _request_account_id=NOWHERE,
            _request_region=NOWHERE,
            _dynamodb_stream_positions={},
            _match_esm_filter=lambda record, pattern: (
                record["dynamodb"]["Keys"]["pk"]["S"] == pattern["pk"]
            ),
            _get_func_record_for_qualifier=lambda name, _: ({"name": name}, None),
            _execute_function=self.execute,
        )
        self.dynamodb = SimpleNamespace(
            stream_start_position=lambda _, **_scope: 0,
            stream_end_position=lambda _, **_scope: len(self.records),
            stream_records_since=lambda _, start, limit, **_scope: self.records[
                start : start + limit
            ],
        )

    def execute(self, function: dict[str, str], event: dict[str, Any]) -> dict[str, Any]:
        pks = [record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]]
        self.invoked.put((function["name"], pks))
        result: dict[str, Any] = self.results.get(function["name"], {"body": None})
        return result

    def write(self, pk: str) -> None:
        number = f"{len(self.records):030d}"
        created = {"SequenceNumber": number, "ApproximateCreationDateTime": 4e9}
        self.records.append({"dynamodb": {**created, "Keys": {"pk": {"S": pk}}}})
        self.esm_wake.set()

    def map(self, name: str, **settings: object) -> dict[str, Any]:
        mapping = {
            "UUID": name,
            "EventSourceArn": STREAM,
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
            "Enabled": True,
            **settings,
        }
        self.lambda_svc._dynamodb_stream_positions[name] = len(self.records)
        self.mappings.append(mapping)
        return mapping


class Account:
    """The fake with its mappings driven, and what was sent to queues."""

    def __init__(self) -> None:
        self.ministack = FakeMiniStack()
        self.sent: queue.Queue[tuple[str, str]] = queue.Queue()
        self.mappings = Mappings(
            self.ministack.lambda_svc,
            self.ministack.dynamodb,
            lambda arn, body: self.sent.put((arn, body)),
        )
        self.ministack.esm_wake = self.mappings


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account()
    yield account
    account.ministack.mappings.clear()
    account.mappings.refresh()
    for thread in threading.enumerate():
        if thread.name.startswith("sojourn-stream-"):
            thread.join(SOON)


def test_a_new_mapping_reads_from_where_it_was_made(account: Account) -> None:
    account.ministack.write("before")
    account.ministack.map("evaluate")
    account.mappings.refresh()
    account.ministack.write("after")
    assert account.ministack.invoked.get(timeout=SOON) == ("evaluate", ["after"])


def test_a_filter_lets_through_what_any_of_its_patterns_matches(account: Account) -> None:
    filters = [{"Pattern": '{"pk": "a"}'}, {"Pattern": '{"pk": "b"}'}]
    mapping = account.ministack.map("evaluate", BatchSize=1, FilterCriteria={"Filters": filters})
    account.mappings.refresh()
    for pk in ("x", "b", "a"):
        account.ministack.write(pk)
    assert [account.ministack.invoked.get(timeout=SOON)[1] for _ in "ba"] == [["b"], ["a"]]
    mapping["FilterCriteria"] = {"Filters": [{"Pattern": '{"pk": "x"}'}]}
    for pk in ("a", "x"):
        account.ministack.write(pk)
    assert account.ministack.invoked.get(timeout=SOON)[1] == ["x"]


def test_what_has_no_lanes_yet_is_unread(account: Account) -> None:
    account.ministack.map("evaluate")
    account.ministack.map("ingest", EventSourceArn=QUEUE)
    assert account.mappings.unread == 1
    account.mappings.refresh()
    assert account.mappings.unread == 0


def test_more_lanes_than_help_are_not_started(account: Account) -> None:
    account.ministack.map("evaluate", ParallelizationFactor=10)
    account.mappings.refresh()
    assert account.mappings.lanes == MAX_CONCURRENCY


def test_a_queue_gets_no_lane(account: Account) -> None:
    account.ministack.map("ingest", EventSourceArn=QUEUE)
    account.mappings.refresh()
    assert account.mappings.lanes == 0


def test_a_mapping_that_is_gone_loses_its_lanes(account: Account) -> None:
    account.ministack.map("evaluate")
    account.mappings.refresh()
    assert account.mappings.lanes == 1
    account.ministack.mappings.clear()
    account.mappings.refresh()
    assert account.mappings.lanes == 0


def test_parallel_lanes_share_the_items_and_keep_their_place_when_split(account: Account) -> None:
    mapping = account.ministack.map("evaluate", ParallelizationFactor=4, BatchSize=1)
    account.mappings.refresh()
    assert account.mappings.lanes == 4
    account.ministack.write("a")
    assert account.ministack.invoked.get(timeout=SOON) == ("evaluate", ["a"])
    mapping["ParallelizationFactor"] = 2
    account.mappings.refresh()
    account.ministack.write("b")
    assert account.ministack.invoked.get(timeout=SOON) == ("evaluate", ["b"])
    assert account.mappings.lanes == 2


def test_what_is_given_up_goes_to_the_queue_that_the_mapping_names(account: Account) -> None:
    account.ministack.results["evaluate"] = {"error": True, "body": {"errorMessage": "poison"}}
    destination = {"OnFailure": {"Destination": QUEUE}}
    account.ministack.map("evaluate", MaximumRetryAttempts=1, DestinationConfig=destination)
    account.mappings.refresh()
    account.ministack.write("a")
    arn, body = account.sent.get(timeout=SOON)
    assert arn == QUEUE
    assert json.loads(body)["requestContext"]["approximateInvokeCount"] == 2


def test_jumping_to_the_end_forgets_what_is_not_taken(account: Account) -> None:
    mapping = account.ministack.map("evaluate", Enabled=False)
    account.mappings.refresh()
    account.ministack.write("old")
    account.mappings.jump_to_end()
    mapping["Enabled"] = True
    account.ministack.write("new")
    assert account.ministack.invoked.get(timeout=SOON) == ("evaluate", ["new"])


def test_minus_one_means_without_bound() -> None:
    settings = settings_of({"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1})
    assert (settings.retries, settings.max_age_seconds) == (None, RETENTION_SECONDS)


def test_settings_come_from_the_mapping_in_the_types_of_a_template_too() -> None:
    settings = settings_of(
        {
            "BatchSize": "10",
            "MaximumBatchingWindowInSeconds": "2",
            "MaximumRetryAttempts": "0",
            "MaximumRecordAgeInSeconds": "60",
            "BisectBatchOnFunctionError": "true",
        }
    )
    assert settings.batch_size == 10
    assert settings.window_seconds == 2
    assert settings.retries == 0
    assert settings.max_age_seconds == 60
    assert settings.bisects is True


def test_a_failure_record_has_the_documented_shape() -> None:
    records = tuple(
        {
            "dynamodb": {
                "SequenceNumber": number,
                "ApproximateCreationDateTime": 1_573_689_199 + offset,
            }
        }
        for offset, number in enumerate(["800", "801", "802"])
    )
    discard = Discard(records, "RetryAttemptsExhausted", invocations=3, function_error=True)
    mapping = {"FunctionArn": "arn:function", "EventSourceArn": STREAM}
    failure = failure_record(mapping, discard, 1_573_689_229.717)
    assert failure["requestContext"].pop("requestId")
    assert failure == {
        "requestContext": {
            "functionArn": "arn:function",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": "2019-11-13T23:53:49.717Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000000000000000000-00000000",
            "startSequenceNumber": "800",
            "endSequenceNumber": "802",
            "approximateArrivalOfFirstRecord": "2019-11-13T23:53:19Z",
            "approximateArrivalOfLastRecord": "2019-11-13T23:53:21Z",
            "batchSize": 3,
            "streamArn": STREAM,
        },
    }


def test_a_failure_record_of_what_was_never_tried_has_no_response() -> None:
    record = {"dynamodb": {"SequenceNumber": "1", "ApproximateCreationDateTime": 0}}
    discard = Discard((record,), "RecordAgeExceeded", invocations=0, function_error=False)
    failure = failure_record({"FunctionArn": "f", "EventSourceArn": STREAM}, discard, 0)
    assert "responseContext" not in failure
