"""A stream is split by item, and each record is looked at once."""

import threading
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sojourn_cli.local.splitting import Part, Splitter, part_of
from sojourn_cli.local.streams import Record

SOON = 20.0


def record(item: str) -> dict[str, Any]:
    return {"dynamodb": {"Keys": {"pk": {"S": item}}}}


class Records:
    """A source in memory whose first records may be gone."""

    def __init__(self, *items: str, trimmed: int = 0) -> None:
        self.records = [record(item) for item in items]
        self.trimmed = trimmed

    def start(self) -> int:
        return self.trimmed

    def end(self) -> int:
        return self.trimmed + len(self.records)

    def read(self, position: int, limit: int) -> Sequence[Record]:
        return self.records[position - self.trimmed :][:limit]


def handed(part: Part) -> list[tuple[int, str]]:
    return [(at, one["dynamodb"]["Keys"]["pk"]["S"]) for at, one in part.read(0, 1_000)]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.integers(1, 10))
def test_every_record_is_handed_out_once_in_order_and_an_items_to_one_part(
    items: list[str], parts: int
) -> None:
    splitter = Splitter(Records(*items), 0, parts, lambda _: True)
    splitter.pull()
    heaps = [handed(part) for part in splitter.parts]
    assert sorted(pair for heap in heaps for pair in heap) == list(enumerate(items))
    assert all(heap == sorted(heap) for heap in heaps)
    homes = {(item, number) for number, heap in enumerate(heaps) for _, item in heap}
    assert len(homes) == len(set(items))
    assert all(part_of(record(item), parts) == number for item, number in homes)


def test_what_is_not_wanted_is_looked_at_once_and_handed_to_nobody() -> None:
    seen: list[str] = []

    def wanted(one: Record) -> bool:
        seen.append(one["dynamodb"]["Keys"]["pk"]["S"])
        return seen[-1] != "b"

    splitter = Splitter(Records("a", "b", "c"), 0, 4, wanted)
    splitter.pull()
    splitter.pull()
    assert seen == ["a", "b", "c"]
    assert sorted(pair for part in splitter.parts for pair in handed(part)) == [(0, "a"), (2, "c")]


def test_only_the_part_that_gains_something_is_woken() -> None:
    source = Records()
    splitter = Splitter(source, 0, 8, lambda _: True)
    source.records.append(record("a"))
    splitter.pull()
    assert [part.count for part in splitter.parts].count(1) == 1
    assert splitter.parts[part_of(record("a"), 8)].count == 1


def test_a_position_whose_records_are_gone_moves_to_the_oldest_kept() -> None:
    splitter = Splitter(Records("h", trimmed=7), 0, 1, lambda _: True)
    splitter.pull()
    assert handed(splitter.parts[0]) == [(7, "h")]
    assert splitter.position == 8


def test_skipping_forgets_what_is_there() -> None:
    source = Records("a", "b")
    splitter = Splitter(source, 0, 1, lambda _: True)
    splitter.pull()
    source.records.append(record("c"))
    splitter.skip()
    source.records.append(record("d"))
    splitter.pull()
    assert handed(splitter.parts[0]) == [(3, "d")]


def test_what_was_read_is_forgotten() -> None:
    part = Part()
    part.put([(number, record("a")) for number in range(4)])
    assert [at for at, _ in part.read(2, 1)] == [2]
    assert [at for at, _ in part.read(0, 10)] == [2, 3]


def test_a_wait_ends_with_what_arrived_before_it_began() -> None:
    part = Part()
    count = part.count
    part.put([(0, record("a"))])
    part.wait_past(count, SOON * 1_000)
    waiter = threading.Thread(target=part.wait_past, args=(part.count, SOON * 1_000))
    waiter.start()
    part.wake()
    waiter.join(SOON)
    assert not waiter.is_alive()
