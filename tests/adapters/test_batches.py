"""Batches: as much at once as AWS takes, counted as AWS counts, and nothing that it refuses."""

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sojourn.adapters import clients
from sojourn.adapters.batches import MOST_BYTES, MOST_ENTRIES, Entry, Failed, batches, put_all
from sojourn.adapters.events import EventBridgeBus
from sojourn.core.state.decisions import Announcement
from tests.adapters.answers import answering, said
from tests.adapters.examples import NOON
from tests.adapters.test_queues_contract import entries_of

if TYPE_CHECKING:
    from botocore.session import Session

SIZES = st.lists(
    st.sampled_from([0, 1, 5_000, MOST_BYTES // 2, MOST_BYTES - 1, MOST_BYTES, MOST_BYTES + 1]),
    max_size=40,
)


@given(SIZES)
@example([])
@example([MOST_BYTES + 1, 1])
@example([1] * MOST_ENTRIES)
def test_a_batch_is_as_large_as_may_be_and_one_too_large_goes_alone(sizes: list[int]) -> None:
    entries = [Entry(number, size) for number, size in enumerate(sizes)]
    made = list(batches(entries))
    assert [entry for batch in made for entry in batch] == entries
    for batch in made:
        assert 0 < len(batch) <= MOST_ENTRIES
        assert len(batch) == 1 or sum(entry.size_bytes for entry in batch) <= MOST_BYTES
    for batch, following in pairwise(made):
        size = sum(entry.size_bytes for entry in (*batch, following[0]))
        assert len(batch) == MOST_ENTRIES or size > MOST_BYTES


def test_where_there_is_nothing_to_put_nobody_is_asked() -> None:
    def put(batch: list[Entry[str]]) -> list[Failed[str]]:
        raise AssertionError(batch)

    put_all([], put, "putting")


@pytest.mark.parametrize("more", [0, 1])
def test_announcements_are_counted_as_the_bus_counts_them(
    plain_session: "Session", more: int
) -> None:
    """Source, detail-type and detail in UTF-8, and 14 bytes for the time: 256 KB at most."""
    client = clients.events(plain_session)

    def entry_bytes(letters: int) -> int:
        item = announced(letters)
        with answering(client, TAKEN[1]) as requests:
            EventBridgeBus(client, "bus").announce([item])
        (entry,) = entries_of(requests[0])
        return len((entry["Source"] + entry["DetailType"] + entry["Detail"]).encode()) + 14

    half = MOST_BYTES // 2
    letters = half - entry_bytes(0)
    assert entry_bytes(letters) == half
    items = [announced(letters), announced(letters + more)]
    with answering(client, *([TAKEN[2]] if not more else [TAKEN[1], TAKEN[1]])):
        EventBridgeBus(client, "bus").announce(items)


TAKEN = {n: said(200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}] * n}) for n in (1, 2)}


def announced(letters: int) -> Announcement:
    return Announcement("a1", "größer", NOON, "ana", {"x": "x" * letters})


def test_an_answer_that_does_not_tell_of_each_entry_is_no_success(plain_session: "Session") -> None:
    client = clients.events(plain_session)
    items = [announced(0), announced(1)]
    with answering(client, TAKEN[1]), pytest.raises(ValueError, match="shorter"):
        EventBridgeBus(client, "bus").announce(items)
