"""Each lane has a thread of its own."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sojourn_cli.local.lanes import LaneThread
from sojourn_cli.local.splitting import Part
from sojourn_cli.local.streams import (
    Discard,
    Failed,
    Lane,
    LaneSettings,
    Outcome,
    Record,
    Succeeded,
)

SOON = 20.0  # a bound for what takes milliseconds


class Table:
    """A stream that hands each lane all it gains."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.count = 0

    def write(self, number: int) -> None:
        created = {"SequenceNumber": str(number), "ApproximateCreationDateTime": 4e9, "Keys": {}}
        for part in self.parts:
            part.put([(self.count, {"dynamodb": created})])
        self.count += 1


class Consumer:
    """Shows what it was given, and may be held up."""

    def __init__(self, outcome: Outcome | None = None) -> None:
        self.taken: queue.Queue[list[str]] = queue.Queue()
        self.given_up: queue.Queue[Discard] = queue.Queue()
        self.free = threading.Event()
        self.free.set()
        self.outcome = outcome or Succeeded()

    def __call__(self, records: Sequence[Record]) -> Outcome:
        self.taken.put([record["dynamodb"]["SequenceNumber"] for record in records])
        assert self.free.wait(SOON)
        return self.outcome


@contextmanager
def reading(
    table: Table, consumer: Consumer, settings: Callable[[], LaneSettings | None] = LaneSettings
) -> Iterator[LaneThread]:
    part = Part()
    table.parts.append(part)
    thread = LaneThread(
        "lane",
        Lane(part, 0, LaneSettings()),
        part,
        settings=settings,
        invoke=consumer,
        discard=consumer.given_up.put,
    )
    thread.start()
    try:
        yield thread
    finally:
        consumer.free.set()
        thread.stop()
        thread.join(SOON)


def test_a_write_wakes_a_waiting_lane() -> None:
    table, consumer = Table(), Consumer()
    with reading(table, consumer):
        for number in range(3):
            table.write(number)
            assert consumer.taken.get(timeout=SOON) == [str(number)]


def test_a_slow_consumer_holds_up_no_other() -> None:
    table, slow, quick = Table(), Consumer(), Consumer()
    slow.free.clear()
    with reading(table, slow), reading(table, quick):
        table.write(0)
        assert slow.taken.get(timeout=SOON) == ["0"]
        assert quick.taken.get(timeout=SOON) == ["0"]
        table.write(1)
        assert quick.taken.get(timeout=SOON) == ["1"]
        assert slow.taken.empty()
        slow.free.set()
        assert slow.taken.get(timeout=SOON) == ["1"]


def test_what_is_out_of_retries_is_handed_to_discard() -> None:
    table, consumer = Table(), Consumer(Failed())
    with reading(table, consumer, lambda: LaneSettings(retries=1)):
        table.write(0)
        discard = consumer.given_up.get(timeout=SOON)
    assert (discard.condition, discard.invocations) == ("RetryAttemptsExhausted", 2)


def test_a_disabled_mapping_keeps_its_place() -> None:
    table, consumer = Table(), Consumer()
    settings: list[LaneSettings | None] = [None]
    with reading(table, consumer, lambda: settings[0]) as thread:
        table.write(0)
        settings[0] = LaneSettings()
        table.parts[0].wake()
        assert consumer.taken.get(timeout=SOON) == ["0"]
        table.write(1)
        assert consumer.taken.get(timeout=SOON) == ["1"]
    assert thread.checkpoint is None


def test_a_jump_waits_for_the_running_batch_and_skips_the_rest() -> None:
    table, consumer = Table(), Consumer()
    consumer.free.clear()
    with reading(table, consumer) as thread:
        table.write(0)
        assert consumer.taken.get(timeout=SOON) == ["0"]
        table.write(1)
        thread.jump(2)
        consumer.free.set()
        table.write(2)
        assert consumer.taken.get(timeout=SOON) == ["2"]


def test_stopping_takes_no_further_batch() -> None:
    table, consumer = Table(), Consumer()
    with reading(table, consumer) as thread:
        table.write(0)
        consumer.taken.get(timeout=SOON)
        thread.stop()
        thread.join(SOON)
        table.write(1)
    assert consumer.taken.empty()
