"""The event source mappings that read table streams, each driven by lanes of its own.

Takes the place of MiniStack's `_poll_dynamodb_streams`. MiniStack comes in as its modules, so that
this one can be read and tested without it.
"""

# ruff: noqa: SLF001 - MiniStack has no other door

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sojourn_cli.local.lanes import LaneThread
from sojourn_cli.local.splitting import Part, Splitter
from sojourn_cli.local.streams import (
    RETENTION_SECONDS,
    Discard,
    Failed,
    Lane,
    LaneSettings,
    Outcome,
    Record,
    Succeeded,
    Throttled,
    outcome_of,
    sequence_number,
)

type Untyped = Any
"""A module of MiniStack or what comes out of it: it has no types."""

logger = logging.getLogger("sojourn.local")

# How many environments of a function one source keeps busy. Every call goes through one process:
# ten in place of four carry half as much, as each interrupts the others.
MAX_CONCURRENCY = 4
SPLIT_SECONDS = 5.0  # for a running batch when a mapping is split anew; later it may run twice
SHARD_ID = "shardId-00000000000000000000-00000000"  # MiniStack has one shard a table


class TableStream:
    """MiniStack's records of one table's stream."""

    def __init__(self, dynamodb: Untyped, table_name: str, account: str, region: str) -> None:
        """Read the stream of one table."""
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._scope = {"account_id": account, "region": region}

    def start(self) -> int:
        """The position of the oldest record still kept."""
        return int(self._dynamodb.stream_start_position(self._table_name, **self._scope))

    def end(self) -> int:
        """The position after the newest record."""
        return int(self._dynamodb.stream_end_position(self._table_name, **self._scope))

    def read(self, position: int, limit: int) -> Sequence[Record]:
        """Up to `limit` records from `position` on."""
        records: Sequence[Record] = self._dynamodb.stream_records_since(
            self._table_name, position, limit, **self._scope
        )
        return records


@dataclass(frozen=True, slots=True)
class Driven:
    """A mapping's stream, split, and the lanes that take it."""

    splitter: Splitter
    lanes: tuple[LaneThread, ...]

    def checkpoint(self) -> int:
        """The position before which everything is done."""
        undone = (lane.checkpoint for lane in self.lanes)
        found = [position for position in undone if position is not None]
        return min(found, default=self.splitter.position)


class Mappings:
    """Keeps the lanes in step with the mappings; `refresh` after any change of theirs.

    Stands where MiniStack has an event that each write to a table sets.
    """

    def __init__(
        self, lambda_svc: Untyped, dynamodb: Untyped, send: Callable[[str, str], None]
    ) -> None:
        """Begin without lanes; `send` brings a failure record to a queue, named by its ARN."""
        self._lambda = lambda_svc
        self._dynamodb = dynamodb
        self._send = send
        self._lock = threading.Lock()
        self._driven: dict[str, Driven] = {}

    def set(self) -> None:
        """Hand out what was written; the name is that of an event's method."""
        for driven in list(self._driven.values()):
            driven.splitter.pull()

    def refresh(self) -> None:
        """Start lanes of new mappings, stop those of mappings gone, split anew where told to."""
        with self._lock:
            present = set()
            for account, region, mapping in self._lambda._iter_all_esms():
                if not self._reads_a_stream(mapping):
                    continue
                uuid = mapping["UUID"]
                present.add(uuid)
                driven = self._driven.get(uuid)
                if driven is None or len(driven.lanes) != _lane_count(mapping):
                    copy_context().run(self._drive, mapping, account, region)
            for uuid in set(self._driven) - present:
                for lane in self._driven.pop(uuid).lanes:
                    lane.stop()

    def jump_to_end(self) -> None:
        """Forget every record not yet taken."""
        for driven in list(self._driven.values()):
            driven.splitter.skip()
            for lane in driven.lanes:
                lane.jump(driven.splitter.position)

    @property
    def lanes(self) -> int:
        """How many lanes there are."""
        return sum(len(driven.lanes) for driven in self._driven.values())

    @property
    def unread(self) -> int:
        """How many mappings of streams have no lanes yet."""
        mappings = [mapping for _, _, mapping in self._lambda._iter_all_esms()]
        wanted = {mapping["UUID"] for mapping in mappings if self._reads_a_stream(mapping)}
        return len(wanted - set(self._driven))

    @staticmethod
    def _reads_a_stream(mapping: dict[str, Any]) -> bool:
        arn = mapping.get("EventSourceArn", "")
        return ":dynamodb:" in arn and "/stream/" in arn

    def _drive(self, mapping: dict[str, Any], account: str, region: str) -> None:
        """Give the mapping as many lanes as it wants, from where the old ones were."""
        self._lambda._request_account_id.set(account)
        self._lambda._request_region.set(region)
        uuid = mapping["UUID"]
        table_name = mapping["EventSourceArn"].partition(":table/")[2].partition("/")[0]
        stream = TableStream(self._dynamodb, table_name, account, region)
        old = self._driven.pop(uuid, None)
        if old is None:
            position = self._lambda._dynamodb_stream_positions.get(uuid, stream.end())
        else:
            for lane in old.lanes:
                lane.stop()
            for lane in old.lanes:
                lane.join(SPLIT_SECONDS)
            position = old.checkpoint()

        splitter = Splitter(stream, position, _lane_count(mapping), self._filter(mapping))
        lanes = tuple(
            self._lane(mapping, part, position, number)
            for number, part in enumerate(splitter.parts)
        )
        self._driven[uuid] = Driven(splitter, lanes)
        splitter.pull()
        for lane in lanes:
            lane.start()

    def _filter(self, mapping: dict[str, Any]) -> Callable[[Record], bool]:
        """What the mapping's `FilterCriteria` lets through, read anew only when it is replaced."""
        matches: Callable[[Record, Untyped], bool] = self._lambda._match_esm_filter
        known: Untyped = None
        patterns: list[Untyped] = []

        def wanted(record: Record) -> bool:
            nonlocal known, patterns
            criteria = mapping.get("FilterCriteria")
            if criteria is not known:
                known = criteria
                filters = (criteria or {}).get("Filters") or []
                patterns = [json.loads(one["Pattern"]) for one in filters]
            return not patterns or any(matches(record, pattern) for pattern in patterns)

        return wanted

    def _lane(self, mapping: dict[str, Any], part: Part, position: int, number: int) -> LaneThread:
        return LaneThread(
            f"sojourn-stream-{mapping['FunctionName']}-{number}",
            Lane(part, position, settings_of(mapping)),
            part,
            settings=lambda: settings_of(mapping) if mapping.get("Enabled", True) else None,
            invoke=lambda records: self._invoke(mapping, records),
            discard=lambda discard: self._discarded(mapping, discard),
        )

    def _invoke(self, mapping: dict[str, Any], records: Sequence[Record]) -> Outcome:
        name, qualifier = mapping["FunctionName"], mapping.get("Qualifier")
        function, _ = self._lambda._get_func_record_for_qualifier(name, qualifier)
        if function is None:
            return Throttled()
        result = self._lambda._execute_function(function, {"Records": list(records)})
        outcome: Outcome
        if result.get("throttle"):
            outcome = Throttled()
        elif result.get("error"):
            logger.warning("%s failed: %s", name, (result.get("log") or result.get("body")))
            outcome = Failed()
        elif "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []):
            outcome = outcome_of(result.get("body"), records)
        else:
            outcome = Succeeded()
        done = isinstance(outcome, Succeeded)
        mapping["LastProcessingResult"] = "OK" if done else type(outcome).__name__
        return outcome

    def _discarded(self, mapping: dict[str, Any], discard: Discard) -> None:
        """Tell the on-failure destination; records are not part of it, as on AWS."""
        destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get(
            "Destination"
        )
        if not destination:
            return
        body = json.dumps(failure_record(mapping, discard, time.time()))
        if ":sqs:" not in destination:
            logger.error(
                "an on-failure destination other than a queue is not emulated: %s", destination
            )
            return
        self._send(destination, body)


def settings_of(mapping: dict[str, Any]) -> LaneSettings:
    """What a mapping (its API form) says; -1 means without bound."""
    retries = int(mapping.get("MaximumRetryAttempts", -1))
    age = float(mapping.get("MaximumRecordAgeInSeconds", -1))
    return LaneSettings(
        batch_size=int(mapping.get("BatchSize", 100)),
        window_seconds=float(mapping.get("MaximumBatchingWindowInSeconds", 0)),
        retries=None if retries < 0 else retries,
        max_age_seconds=RETENTION_SECONDS if age < 0 else min(age, RETENTION_SECONDS),
        bisects=_is_true(mapping.get("BisectBatchOnFunctionError", False)),
    )


def _lane_count(mapping: dict[str, Any]) -> int:
    return min(int(mapping.get("ParallelizationFactor") or 1), MAX_CONCURRENCY)


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def failure_record(mapping: dict[str, Any], discard: Discard, now: float) -> dict[str, Any]:
    """What Lambda tells an on-failure destination of a stream (developer guide, "Retain discarded
    records").
    """
    created = [
        float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in discard.records
    ]
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    if discard.function_error:
        response["functionError"] = "Unhandled"
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid4()),
            "functionArn": mapping["FunctionArn"],
            "condition": discard.condition,
            "approximateInvokeCount": discard.invocations,
        },
        "version": "1.0",
        "timestamp": instant_text(now, "milliseconds"),
        "DDBStreamBatchInfo": {
            "shardId": SHARD_ID,
            "startSequenceNumber": sequence_number(discard.records[0]),
            "endSequenceNumber": sequence_number(discard.records[-1]),
            "approximateArrivalOfFirstRecord": instant_text(created[0], "seconds"),
            "approximateArrivalOfLastRecord": instant_text(created[-1], "seconds"),
            "batchSize": len(discard.records),
            "streamArn": mapping["EventSourceArn"],
        },
    }
    if discard.invocations:
        record["responseContext"] = response
    return record


def instant_text(at: float, precision: str) -> str:
    """Seconds since the epoch as Lambda writes an instant, to `seconds` or `milliseconds`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
