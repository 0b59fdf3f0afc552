"""Mailboxes: what holds for the customer items, on the fake and on the table."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.errors import CorruptState, Unavailable
from sojourn.core.limits import INBOX_BYTES, INBOX_EVENTS
from sojourn.core.state.codec import decode_customer, encode_customer
from sojourn.core.values.ids import mark
from sojourn.core.values.instants import MINUTE, SECOND
from sojourn.fakes.mailboxes import ITEM_BYTES, FakeHistory, FakeMailboxes
from sojourn.runtime.customer.mailbox import JOURNAL_CHARS, SHARDS, Change, Mailbox, Overtaken
from sojourn.runtime.ports import History, Mailboxes
from tests.adapters import examples
from tests.adapters.answers import refusing
from tests.adapters.conftest import Table
from tests.adapters.examples import ANA, NOON, announcement, customer, event, line, save_of
from tests.adapters.streams import streamed

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class Store:
    mailboxes: Mailboxes
    history: History
    changes: Callable[[], list[Change]]
    without_room: Callable[[], AbstractContextManager[None]] = nullcontext
    """Lets the next save fail for its size: moto refuses such an update too, but carries it out."""


@pytest.fixture(params=["fake", "moto"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        kept = FakeHistory()
        boxes = FakeMailboxes(kept)
        return Store(boxes, kept, lambda: boxes.changes)
    table: Table = request.getfixturevalue("table")
    session: Session = request.getfixturevalue("session")
    history = DynamoDbHistory(table.client, table.name, 400)
    mailboxes = DynamoDbMailboxes(table.client, table.name, history)
    refusal = ("UpdateItem", "ValidationException", "Item size to update has exceeded the maximum")
    return Store(
        mailboxes,
        history,
        lambda: streamed(session),
        lambda: refusing(table.client, *refusal),
    )


# ---- Reading and appending -----------------------------------------------------------------------


def test_a_customer_nobody_heard_of_has_an_empty_mailbox(store: Store) -> None:
    assert store.mailboxes.read(ANA) == Mailbox(ANA)


def test_an_event_waits_as_it_came(store: Store) -> None:
    came = event(properties={"city": "Nürnberg \u2028 \U0001f600", "total": 10**37, "tags": [None]})
    assert store.mailboxes.append(ANA, came) == "appended"
    box = store.mailboxes.read(ANA)
    assert [waiting.event for waiting in box.inbox] == [came]
    assert (box.revision, box.customer, box.journal, box.wake_at) == (0, None, "", None)


def test_an_event_that_waits_is_not_taken_in_again(store: Store) -> None:
    store.mailboxes.append(ANA, event())
    before = store.mailboxes.read(ANA)
    assert store.mailboxes.append(ANA, event(received_at=NOON + SECOND)) == "duplicate"
    assert store.mailboxes.read(ANA) == before


def test_an_event_taken_lately_is_not_taken_in_again(store: Store) -> None:
    store.mailboxes.append(ANA, event())
    box = store.mailboxes.read(ANA)
    store.mailboxes.save(box, save_of(box))
    assert store.mailboxes.append(ANA, event()) == "duplicate"
    assert store.mailboxes.read(ANA).inbox == ()


def test_an_event_is_no_duplicate_because_other_marks_happen_to_hold_its_own(store: Store) -> None:
    state = replace(customer(note=mark("e1")), seen=examples.across(mark("e1")))
    store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), state))
    assert store.mailboxes.append(ANA, event("e1")) == "appended"
    assert store.mailboxes.append(ANA, event("e1")) == "duplicate"
    assert len(store.mailboxes.read(ANA).inbox) == 1


@pytest.mark.parametrize("waiting", [[], ["e1"], ["e1", "e2"]])
def test_a_save_that_is_not_to_be_disturbed_is_stored_when_nothing_came(
    store: Store, waiting: list[str]
) -> None:
    for id_ in waiting:
        store.mailboxes.append(ANA, event(id_))
    for _ in range(2):
        box = store.mailboxes.read(ANA)
        store.mailboxes.save(box, save_of(box, undisturbed=True))
    assert store.mailboxes.read(ANA).revision == 2


@pytest.mark.parametrize("waiting", [[], ["e1"]])
@pytest.mark.parametrize("decided", [False, True])
def test_a_save_that_is_not_to_be_disturbed_is_overtaken_by_what_came(
    store: Store, waiting: list[str], *, decided: bool
) -> None:
    if decided:
        store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA)))
    for id_ in waiting:
        store.mailboxes.append(ANA, event(id_))
    box = store.mailboxes.read(ANA)
    store.mailboxes.append(ANA, event("late"))
    with pytest.raises(Overtaken) as caught:
        store.mailboxes.save(box, save_of(box, undisturbed=True))
    assert caught.value.current == store.mailboxes.read(ANA)
    assert [item.event.id for item in caught.value.current.inbox] == [*waiting, "late"]
    store.mailboxes.save(caught.value.current, save_of(caught.value.current, undisturbed=True))


def test_two_customers_take_the_same_event(store: Store) -> None:
    assert store.mailboxes.append(ANA, event()) == "appended"
    assert store.mailboxes.append("Żaneta#@", event()) == "appended"
    assert store.mailboxes.read("Żaneta#@").customer_id == "Żaneta#@"


def test_events_wait_in_the_order_they_were_received_then_appended(store: Store) -> None:
    store.mailboxes.append(ANA, event("late", received_at=NOON + SECOND))
    for id_ in "zyxwvutsrqponm":
        store.mailboxes.append(ANA, event(id_, at=NOON - ord(id_)))
    for id_ in "gfedcba":
        store.mailboxes.append(ANA, event(id_, received_at=NOON))
    found = [waiting.event.id for waiting in store.mailboxes.read(ANA).inbox]
    early = sorted("zyxwvutsrqponm", reverse=True)
    assert found == [*early, *"gfedcba", "late"]


def test_a_full_inbox_takes_no_more_until_it_is_emptied(store: Store) -> None:
    for number in range(INBOX_EVENTS):
        store.mailboxes.append(ANA, event(f"e{number}"))
    assert store.mailboxes.append(ANA, event("e7")) == "duplicate"
    with pytest.raises(Unavailable, match=f"ana: {INBOX_EVENTS} events wait"):
        store.mailboxes.append(ANA, event("one more"))
    box = store.mailboxes.read(ANA)
    assert len(box.inbox) == INBOX_EVENTS
    for start in range(0, INBOX_EVENTS, 50):  # moto cannot read an expression for all at once
        slots = tuple(waiting.slot for waiting in box.inbox[:50])
        box = store.mailboxes.save(box, save_of(box, customer(visits=start), consumed=slots))
    assert store.mailboxes.append(ANA, event("one more")) == "appended"


def test_an_item_without_room_has_the_event_tried_again(store: Store) -> None:
    state = customer(note=examples.noise(ITEM_BYTES - 50_000))
    store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), state))
    with pytest.raises(Unavailable, match="no room for event e1"):
        store.mailboxes.append(ANA, event("e1", properties={"x": "ü" * 32_000}))


def test_large_events_fill_an_inbox_sooner_so_that_what_is_decided_of_them_has_room(
    store: Store,
) -> None:
    large = {"x": "ü" * (INBOX_BYTES // 6)}
    for number in range(3):
        assert store.mailboxes.append(ANA, event(f"e{number}", properties=large)) == "appended"
    for id_ in ("e3", "e4"):
        with pytest.raises(Unavailable, match="3 events wait"):
            store.mailboxes.append(ANA, event(id_))
    box = store.mailboxes.read(ANA)
    first = box.inbox[0].slot
    box = store.mailboxes.save(box, save_of(box, consumed=(first,)))
    assert store.mailboxes.append(ANA, event("e3", properties=large)) == "appended"
    with pytest.raises(Unavailable, match="3 events wait"):
        store.mailboxes.append(ANA, event("e4"))
    for number in range(50):  # what came and went is counted out to the last byte
        box = store.mailboxes.read(ANA)
        store.mailboxes.save(box, save_of(box))
        assert store.mailboxes.append(ANA, event(f"f{number}", properties={"x": "é"})) == "appended"
    assert store.mailboxes.append(ANA, event("e5", properties=large)) == "appended"


# ---- Saving --------------------------------------------------------------------------------------


def test_what_is_saved_is_read_again(store: Store) -> None:
    store.mailboxes.append(ANA, event())
    box = store.mailboxes.read(ANA)
    state = customer(seen=["e1"], first_name="Ana", visits=3)
    announced = (announcement("a1"), announcement("a2", "someone else"))
    save = save_of(box, state, wake_at=NOON + 5, timer_at=NOON + 9, announcements=announced)
    saved = store.mailboxes.save(box, save)
    assert store.mailboxes.read(ANA) == saved
    timer_at = NOON + 9
    assert saved == Mailbox(
        ANA, 1, state, (), line(1), NOON + 5, announced, arrivals=1, timer_at=timer_at
    )
    store.mailboxes.append(ANA, event("e2"), is_user=True)
    box = store.mailboxes.read(ANA)
    assert store.mailboxes.save(box, save_of(box)) == store.mailboxes.read(ANA)


def test_what_the_codec_does_not_store_is_not_read_again(store: Store) -> None:
    passing = customer(seen=["e1"])
    state = decode_customer(ANA, encode_customer(passing))
    store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), passing))
    assert store.mailboxes.read(ANA).customer == state


def test_a_save_without_timers_and_announcements_removes_those_before(store: Store) -> None:
    box = Mailbox(ANA)
    save = save_of(box, wake_at=NOON, timer_at=NOON, announcements=(announcement(),))
    box = store.mailboxes.save(box, save)
    store.mailboxes.save(box, save_of(box))
    box = store.mailboxes.read(ANA)
    assert (box.wake_at, box.announcements) == (None, ())
    assert due_in_all_shards(store) == []


def test_only_what_was_consumed_leaves_the_inbox(store: Store) -> None:
    for id_ in ("e1", "e2", "e3"):
        store.mailboxes.append(ANA, event(id_))
    box = store.mailboxes.read(ANA)
    save = save_of(box, consumed=tuple(waiting.slot for waiting in box.inbox[::2]))
    saved = store.mailboxes.save(box, save)
    assert [waiting.event.id for waiting in saved.inbox] == ["e2"]
    assert store.mailboxes.read(ANA).inbox == saved.inbox


def test_an_append_does_not_disturb_whoever_decides(store: Store) -> None:
    store.mailboxes.append(ANA, event("e1"))
    box = store.mailboxes.read(ANA)
    store.mailboxes.append(ANA, event("e2"))
    saved = store.mailboxes.save(box, save_of(box))
    now = store.mailboxes.read(ANA)
    assert (saved.revision, now.revision) == (1, 1)
    assert [waiting.event.id for waiting in now.inbox] == ["e2"]


@pytest.mark.parametrize("begun", [False, True])
def test_of_two_who_decide_at_once_one_is_overtaken(store: Store, *, begun: bool) -> None:
    if begun:
        store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA)))
    box = store.mailboxes.read(ANA)
    store.mailboxes.save(box, save_of(box, customer(name="first")))
    store.mailboxes.append(ANA, event())
    with pytest.raises(Overtaken) as caught:
        store.mailboxes.save(box, save_of(box, customer(name="second")))
    current = store.mailboxes.read(ANA)
    assert caught.value.current == current
    assert current.customer is not None
    assert current.customer.trait("name") == "first"
    assert [waiting.event for waiting in current.inbox] == [event()]


def test_whoever_decided_about_a_customer_that_is_gone_is_overtaken(store: Store) -> None:
    with pytest.raises(Overtaken) as caught:
        store.mailboxes.save(Mailbox(ANA, 7), save_of(Mailbox(ANA, 7)))
    assert caught.value.current == Mailbox(ANA)


def test_a_state_too_large_for_an_item_is_our_mistake(store: Store) -> None:
    box = store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA)))
    with store.without_room(), pytest.raises(CorruptState, match="ana"):
        store.mailboxes.save(box, save_of(box, customer(note=examples.noise(420_000))))
    assert store.mailboxes.read(ANA) == box


def test_events_that_leave_no_room_for_a_decision_are_to_be_decided_first(store: Store) -> None:
    box = store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA)))
    for number in range(3):
        store.mailboxes.append(ANA, event(f"e{number}", properties={"x": "ü" * 30_000}))
    with store.without_room(), pytest.raises(Overtaken) as caught:
        store.mailboxes.save(box, save_of(box, customer(note=examples.noise(300_000))))
    current = caught.value.current
    assert (current.revision, len(current.inbox)) == (1, 3)
    saved = store.mailboxes.save(current, save_of(current))
    assert saved.inbox == ()


# ---- The journal ---------------------------------------------------------------------------------


def test_journal_lines_gather_until_they_are_many(store: Store) -> None:
    box = Mailbox(ANA)
    written = []
    while len(box.journal) <= JOURNAL_CHARS:
        save = save_of(box, journal=line(box.revision + 1, NOON + box.revision, padding=300))
        written.append(save.journal)
        box = store.mailboxes.save(box, save)
        assert box.journal.split("\n") == written
    assert store.history.lines(ANA, 0) == []

    newest = line(box.revision + 1, NOON + MINUTE)
    box = store.mailboxes.save(box, save_of(box, journal=newest))
    assert box.journal == newest
    assert store.mailboxes.read(ANA).journal == newest
    assert store.history.lines(ANA, 0) == written
    last_at = NOON + len(written) - 1
    assert store.history.lines(ANA, last_at) == written
    assert store.history.lines(ANA, last_at + 1) == []


def test_a_journal_moved_by_two_who_decide_at_once_is_there_once(store: Store) -> None:
    box = store.mailboxes.save(
        Mailbox(ANA), save_of(Mailbox(ANA), journal=line(1, padding=JOURNAL_CHARS))
    )
    store.mailboxes.save(box, save_of(box))
    with pytest.raises(Overtaken):
        store.mailboxes.save(box, save_of(box))
    assert store.history.lines(ANA, 0) == [line(1, padding=JOURNAL_CHARS)]


def test_a_save_without_journal_lines_keeps_those_before(store: Store) -> None:
    box = store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA)))
    assert store.mailboxes.save(box, save_of(box, journal="")).journal == line(1)
    box = store.mailboxes.save(Mailbox("new"), save_of(Mailbox("new"), journal=""))
    assert store.mailboxes.read("new").journal == ""


@pytest.mark.parametrize("journal", ["{", '{"r": 1}', "[1]"])
def test_a_journal_that_cannot_be_read_is_not_moved(store: Store, journal: str) -> None:
    bad = journal + " " * JOURNAL_CHARS
    box = store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), journal=bad))
    with pytest.raises(CorruptState):
        store.mailboxes.save(box, save_of(box))


# ---- Timers --------------------------------------------------------------------------------------


def due_in_all_shards(store: Store, until: int = NOON + MINUTE) -> list[tuple[str, int]]:
    return [found for shard in range(SHARDS) for found in store.mailboxes.due(shard, until, 1000)]


def test_due_timers_come_by_shard_with_the_earliest_first(store: Store) -> None:
    wanted = {}
    for number in range(80):
        id_, timer_at = f"c{number}", NOON + (number * 37) % 80
        store.mailboxes.save(Mailbox(id_), save_of(Mailbox(id_), timer_at=timer_at))
        wanted[id_] = timer_at
    by_shard = [store.mailboxes.due(shard, NOON + 79, 1000) for shard in range(SHARDS)]
    for found in by_shard:
        assert [at for _, at in found] == sorted(at for _, at in found)
    assert dict(found for shard in by_shard for found in shard) == wanted
    assert sum(map(len, by_shard)) == len(wanted)
    fullest = max(by_shard, key=len)
    shard = by_shard.index(fullest)
    assert store.mailboxes.due(shard, NOON + 79, 2) == fullest[:2]
    until = fullest[1][1]
    assert store.mailboxes.due(shard, until, 1000) == fullest[:2]
    assert store.mailboxes.due(shard, until - 1, 1000) == fullest[:1]


def test_a_timer_moves_with_the_next_decision(store: Store) -> None:
    box = store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), timer_at=NOON))
    assert due_in_all_shards(store) == [(ANA, NOON)]
    store.mailboxes.save(box, save_of(box, timer_at=NOON + SECOND))
    assert due_in_all_shards(store) == [(ANA, NOON + SECOND)]


# ---- The stream ----------------------------------------------------------------------------------


def test_every_event_and_decision_is_a_change_with_both_images(store: Store) -> None:
    store.mailboxes.append(ANA, event("e1"))
    store.mailboxes.append(ANA, event("e1"))
    first = store.mailboxes.read(ANA)
    decided = store.mailboxes.save(first, save_of(first, announcements=(announcement(),)))
    store.mailboxes.append(ANA, event("e2"))
    last = store.mailboxes.read(ANA)
    changes = store.changes()
    assert changes == [Change(None, first), Change(first, decided), Change(decided, last)]
    assert [change.decided for change in changes] == [False, True, False]


def test_what_alone_was_noted_or_moved_is_no_change(store: Store) -> None:
    first = store.mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), timer_at=NOON))
    store.mailboxes.put_off(ANA, NOON, NOON + 5)
    store.mailboxes.set_timer(store.mailboxes.read(ANA), NOON + 9)
    store.mailboxes.leave_word(ANA, [("identity", "card", "C1")])
    assert store.changes() == [Change(None, first)]
