"""Batches: what AWS takes at once, and what it did not take of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sojourn.adapters.translation import sorted_error
from sojourn.core.errors import Permanent

MOST_ENTRIES = 10
MOST_BYTES = 256 * 1024
"""SQS and EventBridge take more by now, but not in every region and for every older queue."""

_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Entry[T]:
    """One entry of a batch with its size as AWS counts it."""

    value: T
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Failed[T]:
    """An entry that was not taken, and why."""

    entry: Entry[T]
    code: str
    message: str


def batches[T](entries: Sequence[Entry[T]]) -> Iterator[list[Entry[T]]]:
    """The entries in their order, as many at once as may be; one too large goes alone."""
    batch: list[Entry[T]] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == MOST_ENTRIES or size + entry.size_bytes > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size_bytes
    if batch:
        yield batch


def put_all[T](
    entries: Sequence[Entry[T]], put: Callable[[list[Entry[T]]], list[Failed[T]]], doing: str
) -> None:
    """Put everything, what was not taken a second time. Raises Unavailable or Permanent.

    Entries that were taken stay so; a caller who tries again puts them twice.
    """
    waiting = list(entries)
    failed: list[Failed[T]] = []
    for _ in range(_ROUNDS):
        failed = [each for batch in batches(waiting) for each in put(batch)]
        waiting = [each.entry for each in failed]
        if not failed:
            return
    errors = [
        sorted_error(
            each.code,
            0,
            f"while {doing}, {len(failed)} of {len(entries)} not taken: {each.message}",
        )
        for each in failed
    ]
    # One that can never be taken would be tried for ever beside others that can.
    raise next((error for error in errors if isinstance(error, Permanent)), errors[0])
