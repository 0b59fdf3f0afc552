"""One stream for several lanes: each record is looked at once, and wakes only who takes it."""

import json
import threading
import zlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Protocol

from sojourn_cli.local.streams import Record

CHUNK_RECORDS = 1_000  # as many as GetRecords reads at once


class Source(Protocol):
    """The records of a table by absolute position."""

    def start(self) -> int:
        """The position of the oldest record still kept."""

    def end(self) -> int:
        """The position after the newest record."""

    def read(self, position: int, limit: int) -> Sequence[Record]:
        """Up to `limit` records from `position` on."""


class Part:
    """The records of one lane that it has not read; counts them, for who waits for the next one."""

    def __init__(self) -> None:
        """Begin empty."""
        self._arrived = threading.Condition()
        self._records: list[tuple[int, Record]] = []
        self._count = 0

    @property
    def count(self) -> int:
        """How often something arrived or a wait was ended."""
        return self._count

    def read(self, position: int, limit: int) -> Sequence[tuple[int, Record]]:
        """Up to `limit` records at or after `position`; those before it are forgotten."""
        with self._arrived:
            del self._records[: bisect_left(self._records, position, key=itemgetter(0))]
            return self._records[:limit]

    def put(self, records: Sequence[tuple[int, Record]]) -> None:
        """Add records that follow those added before."""
        with self._arrived:
            self._records += records
            self._count += 1
            self._arrived.notify_all()

    def wake(self) -> None:
        """End a wait."""
        self.put(())

    def clear(self) -> None:
        """Forget what is not read."""
        with self._arrived:
            self._records.clear()

    def wait_past(self, count: int, seconds: float) -> None:
        """Return once `count` has grown, or after `seconds`."""
        with self._arrived:
            if self._count == count:
                self._arrived.wait(seconds)


class Splitter:
    """Hands the wanted records of a source to its parts, those of one item always to the same."""

    def __init__(
        self, source: Source, position: int, parts: int, wanted: Callable[[Record], bool]
    ) -> None:
        """Begin at a position of the source."""
        self.parts = tuple(Part() for _ in range(parts))
        self._source = source
        self._position = position
        self._wanted = wanted
        self._lock = threading.Lock()

    @property
    def position(self) -> int:
        """Where it reads next."""
        return self._position

    def pull(self) -> None:
        """Hand out what the source has gained."""
        with self._lock:
            self._position = max(self._position, self._source.start())
            while chunk := self._source.read(self._position, CHUNK_RECORDS):
                self._hand_out(chunk)
                self._position += len(chunk)

    def skip(self) -> None:
        """Pass over all that the source has, and forget what was handed out and not read."""
        with self._lock:
            self._position = self._source.end()
            for part in self.parts:
                part.clear()

    def _hand_out(self, chunk: Sequence[Record]) -> None:
        heaps: dict[int, list[tuple[int, Record]]] = {}
        for position, record in enumerate(chunk, start=self._position):
            if self._wanted(record):
                heaps.setdefault(part_of(record, len(self.parts)), []).append((position, record))
        for number, heap in heaps.items():
            self.parts[number].put(heap)


def part_of(record: Record, parts: int) -> int:
    """Which of so many parts takes the record of an item."""
    if parts == 1:
        return 0
    keys = json.dumps(record["dynamodb"]["Keys"], sort_keys=True)
    return zlib.crc32(keys.encode()) % parts
