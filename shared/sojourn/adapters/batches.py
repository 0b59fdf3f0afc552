"""Batches: what AWS takes at once, and what it did not take of them."""

from collections.abc import Callable, Iterator, Sequence

from sojourn.adapters.translation import sorted_error
from sojourn.core.errors import Permanent, SojournError
from sojourn.core.nouns import noun

MOST_ENTRIES = 10
MOST_BYTES = 256 * 1024
"""SQS and EventBridge take more by now, but not in every region and for every older queue."""

_ROUNDS = 2


@noun
class Entry[T]:
    """One entry of a batch with its size as AWS counts it."""

    value: T
    size_bytes: int


@noun
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
    _, error = put_most(entries, put, doing)
    if error is not None:
        raise error


def put_most[T](
    entries: Sequence[Entry[T]], put: Callable[[list[Entry[T]]], list[Failed[T]]], doing: str
) -> tuple[list[Entry[T]], SojournError | None]:
    """Put everything, what was not taken a second time: the entries that are left, and why.

    After a call that failed no other is made; its entries may have been taken all the same.
    """
    waiting = list(entries)
    failed: list[Failed[T]] = []
    for _ in range(_ROUNDS):
        failed, todo = [], list(batches(waiting))
        for number, batch in enumerate(todo):
            try:
                failed += _not_taken(batch, put)
            except SojournError as error:
                rest = [entry for each in todo[number:] for entry in each]
                return [*(each.entry for each in failed), *rest], error
        waiting = [each.entry for each in failed]
        if not failed:
            return [], None
    errors = [
        sorted_error(
            each.code,
            0,
            f"while {doing}, {len(failed)} of {len(entries)} not taken: {each.message}",
        )
        for each in failed
    ]
    # One that can never be taken would be tried for ever beside others that can.
    permanent = (error for error in errors if isinstance(error, Permanent))
    return waiting, next(permanent, errors[0])


def _not_taken[T](
    batch: list[Entry[T]], put: Callable[[list[Entry[T]]], list[Failed[T]]]
) -> list[Failed[T]]:
    """What was not taken of a batch; AWS may refuse it whole for one entry, so then one by one."""
    try:
        return put(batch)
    except Permanent as error:
        if len(batch) == 1:
            return [Failed(batch[0], "Validation", str(error))]
        return [each for entry in batch for each in _not_taken([entry], put)]
