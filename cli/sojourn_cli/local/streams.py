"""One lane of a table stream, taken as Lambda takes it, with no I/O and no clock of its own.

The rules (AWS Lambda developer guide, "Process DynamoDB records with Lambda"):

- A batch holds at most the batch size and 6 MB; with a batching window it waits for either, or the
  window's end.
- One batch at a time, in the order of the stream. A failed batch holds back what follows it in its
  lane.
- With `ReportBatchItemFailures` the lowest failed sequence number is the checkpoint: what precedes
  it is done, the rest is tried again. An answer that names an unknown record is a failure of the
  whole batch.
- With `BisectBatchOnFunctionError` a failed batch is split (at the checkpoint, else in half), which
  costs no retry.
- A batch out of retries is discarded whole. So are records older than the maximum age, tried or
  not.
- A throttled invocation costs no retry.

Not documented, taken here on the strict side: a partial success does not give the rest of its batch
fresh retries.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

type Record = Mapping[str, Any]

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024  # "6 MB (synchronous)", Lambda quotas
RETENTION_SECONDS = 24 * 60 * 60.0  # a stream keeps its records for a day

# AWS does not publish its delays between retries. These are short, so that a demonstration is.
FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 1.0


class Stream(Protocol):
    """Records in order, each with its position; positions may leave gaps."""

    def read(self, position: int, limit: int) -> Sequence[tuple[int, Record]]:
        """Up to `limit` records at or after `position`."""


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """What a mapping says about batches and failures; `None` retries are without end."""

    batch_size: int = 100
    window_seconds: float = 0.0
    retries: int | None = None
    max_age_seconds: float = RETENTION_SECONDS
    bisects: bool = False


@dataclass(frozen=True, slots=True)
class Invoke:
    """Run the function on these records, then `settle`."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Discard:
    """These records are given up; tell the on-failure destination why."""

    records: tuple[Record, ...]
    condition: str
    invocations: int
    function_error: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do for so many seconds; `None`: until something is written."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Every record is done."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The function raised, timed out or answered nonsense."""

    function_error: bool = True


@dataclass(frozen=True, slots=True)
class FailedFrom:
    """The records before this index are done."""

    index: int


@dataclass(frozen=True, slots=True)
class Throttled:
    """The function did not run."""


type Outcome = Succeeded | Failed | FailedFrom | Throttled


@dataclass(frozen=True, slots=True)
class _Batch:
    positions: tuple[int, ...]
    records: tuple[Record, ...]
    invocations: int = 0
    attempts: int = 0
    function_error: bool = False

    def part(self, start: int, stop: int) -> "_Batch":
        return _Batch(
            self.positions[start:stop],
            self.records[start:stop],
            self.invocations,
            self.attempts,
            self.function_error,
        )


class Lane:
    """What to do next with the records of a stream.

    `decide`, do it, and after an `Invoke` call `settle`; not thread-safe.
    """

    def __init__(self, stream: Stream, position: int, settings: LaneSettings) -> None:
        """Begin at a position of the stream."""
        self.settings = settings
        self._stream = stream
        self._position = position
        self._buffer: list[tuple[int, Record]] = []
        self._buffer_bytes = 0
        self._buffered_at = 0.0
        self._pending: list[_Batch] = []  # the next one last
        self._retry_at = 0.0
        self._failures = 0

    @property
    def checkpoint(self) -> int | None:
        """The position of the oldest record that is not done; `None` when all are."""
        if self._pending:
            return self._pending[-1].positions[0]
        if self._buffer:
            return self._buffer[0][0]
        unread = self._stream.read(self._position, 1)
        return unread[0][0] if unread else None

    def jump(self, position: int) -> None:
        """Forget what is pending and go on from `position`."""
        self._position = position
        self._buffer.clear()
        self._buffer_bytes = 0
        self._pending.clear()
        self._failures = 0
        self._retry_at = 0.0

    def decide(self, now: float) -> Invoke | Discard | Wait:
        """The next thing to do at `now`, in seconds since the epoch, as records are stamped."""
        if not self._pending:
            wait = self._fill(now)
            if wait is not None:
                return wait
        batch = self._pending[-1]
        if (expired := self._expired(batch, now)) is not None:
            return expired
        retries = self.settings.retries
        if retries is not None and batch.attempts > retries:
            self._pending.pop()
            self._failures = 0
            return Discard(
                batch.records, "RetryAttemptsExhausted", batch.invocations, batch.function_error
            )
        if now < self._retry_at and self._failures:
            return Wait(self._retry_at - now)
        return Invoke(batch.records)

    def settle(self, outcome: Outcome, now: float) -> None:
        """Take in what became of the batch that `decide` gave last."""
        batch = self._pending.pop()
        match outcome:
            case Succeeded():
                self._failures = 0
            case Throttled():
                self._pending.append(batch)
                self._back_off(now)
            case Failed(function_error):
                self._retry(batch, function_error=function_error, now=now)
            case FailedFrom(0):
                self._retry(batch, function_error=False, now=now)
            case FailedFrom(index):
                self._failures = 0
                rest = batch.part(index, len(batch.records))
                spent = 0 if self.settings.bisects else 1
                self._pending.append(_tried(rest, spent, function_error=False))

    def _retry(self, batch: _Batch, *, function_error: bool, now: float) -> None:
        if self.settings.bisects and len(batch.records) > 1:
            tried = _tried(batch, 0, function_error=function_error)
            middle = (len(batch.records) + 1) // 2
            self._pending.append(tried.part(middle, len(batch.records)))
            self._pending.append(tried.part(0, middle))
            self._failures = 0
            return
        self._pending.append(_tried(batch, 1, function_error=function_error))
        self._back_off(now)

    def _back_off(self, now: float) -> None:
        delay = FIRST_RETRY_SECONDS * 2.0 ** min(self._failures, 16)
        self._retry_at = now + min(delay, LONGEST_RETRY_SECONDS)
        self._failures += 1

    def _expired(self, batch: _Batch, now: float) -> Discard | None:
        oldest_kept = now - self.settings.max_age_seconds
        aged = 0
        while aged < len(batch.records) and _created_at(batch.records[aged]) < oldest_kept:
            aged += 1
        if not aged:
            return None
        self._pending.pop()
        if aged < len(batch.records):
            self._pending.append(batch.part(aged, len(batch.records)))
        return Discard(
            batch.records[:aged], "RecordAgeExceeded", batch.invocations, batch.function_error
        )

    def _fill(self, now: float) -> Wait | None:
        """Move what the stream holds into a pending batch, or say how long to wait for one."""
        full = self._read(now)
        if not self._buffer:
            return Wait(None)
        due_at = self._buffered_at + self.settings.window_seconds
        if not full and now < due_at:
            return Wait(due_at - now)
        positions, records = zip(*self._buffer, strict=True)
        self._pending.append(_Batch(positions, records))
        self._buffer.clear()
        self._buffer_bytes = 0
        return None

    def _read(self, now: float) -> bool:
        """Fill the buffer; true when it can hold no more."""
        room = self.settings.batch_size - len(self._buffer)
        for position, record in self._stream.read(self._position, room) if room > 0 else ():
            size = len(json.dumps(record, separators=(",", ":")))
            if self._buffer and self._buffer_bytes + size > MAX_PAYLOAD_BYTES:
                return True
            if not self._buffer:
                self._buffered_at = now
            self._buffer.append((position, record))
            self._buffer_bytes += size
            self._position = position + 1
        return len(self._buffer) >= self.settings.batch_size


def _tried(batch: _Batch, spent: int, *, function_error: bool) -> _Batch:
    return _Batch(
        batch.positions,
        batch.records,
        batch.invocations + 1,
        batch.attempts + spent,
        function_error,
    )


def _created_at(record: Record) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def sequence_number(record: Record) -> str:
    """The stream's name for the record."""
    return str(record["dynamodb"]["SequenceNumber"])


def outcome_of(answer: object, records: Sequence[Record]) -> Outcome:
    """What a function's answer says, with `ReportBatchItemFailures` on.

    Success: no answer, an empty one, no failures named. Failure of everything: an identifier
    that is empty, missing or unknown. Anything that is not an object counts as success, as on AWS.
    """
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except json.JSONDecodeError:
            return Succeeded()
    failures = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    if not isinstance(failures, list) or not failures:
        return Succeeded()
    index_of = {sequence_number(record): index for index, record in enumerate(records)}
    indexes = [
        index_of.get(str(failure.get("itemIdentifier"))) if isinstance(failure, Mapping) else None
        for failure in failures
    ]
    known = [index for index in indexes if index is not None]
    return FailedFrom(min(known)) if len(known) == len(indexes) else Failed(function_error=False)
