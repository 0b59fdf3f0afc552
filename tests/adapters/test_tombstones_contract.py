"""Tombstones: what forgetting does to what is stored, on the fakes and on the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sojourn.adapters import keys
from sojourn.adapters import tombstones as on_the_table
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.numbers import DynamoDbNumbers
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.core.errors import Unavailable
from sojourn.core.limits import IDENTITIES
from sojourn.core.state.customer import AddressStatus
from sojourn.core.values.instants import DAY, SECOND, parse_instant
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.directory import FakeDirectory
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.plans import FakePlans
from sojourn.fakes.tombstones import FakeTombstones
from sojourn.runtime.customer.forgotten import NOBODY, Forgotten, mark_of_address, mark_of_id
from sojourn.runtime.customer.mailbox import Gone, Overtaken
from sojourn.runtime.ports import Live, StoredPlan, Tombstones
from tests.adapters.answers import answering, refused
from tests.adapters.conftest import Table
from tests.adapters.examples import ANA, NOON, event, save_of

CARD = ("loyalty", "L1")
NUMBER = "+27820000042"
PLACE = ("identity", *CARD)


@dataclass(frozen=True, slots=True)
class Store:
    tombstones: Tombstones
    mailboxes: Any
    history: Any
    directory: Any
    numbers: Any
    plans: Any

    def note(self, id_: str, **addresses: AddressStatus) -> Forgotten:
        """Note an id, and addresses of the e-mail channel."""
        secret = self.tombstones.secret()
        mark = mark_of_id(secret, id_)
        marks = {mark_of_address(secret, "email", name): how for name, how in addresses.items()}
        self.tombstones.note({mark}, marks, NOON, person=mark)
        found: Forgotten = self.plans.forgotten()
        return found


@pytest.fixture(params=["fake", "moto"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        kept = FakeHistory()
        boxes, plans = FakeMailboxes(kept), FakePlans()
        directory, numbers = FakeDirectory(boxes), FakeNumbers()
        stones = FakeTombstones(boxes, kept, directory, numbers, plans)
        return Store(stones, boxes, kept, directory, numbers, plans)
    table: Table = request.getfixturevalue("table")
    return on(table)


def on(table: Table) -> Store:
    given = table.client, table.name
    history = DynamoDbHistory(*given, 400)
    return Store(
        DynamoDbTombstones(*given, 400),
        DynamoDbMailboxes(*given, history),
        history,
        DynamoDbDirectory(*given),
        DynamoDbNumbers(*given),
        DynamoDbPlans(*given, FakeClock(NOON)),
    )


# ---- The list ------------------------------------------------------------------------------------


def test_nobody_is_forgotten_at_first(store: Store) -> None:
    assert store.plans.forgotten() == NOBODY
    assert store.plans.live() == Live(0, 0)


def test_who_was_forgotten_is_known_by_nothing_but_a_mark(store: Store) -> None:
    found = store.note(ANA)
    assert (found.knows(ANA), found.knows("ben"), found.people) == (True, False, 1)
    assert ANA not in repr(found)
    assert store.note("ben").people == 2
    assert store.note("ben").people == 2
    assert store.plans.live().forgettings == 3


def test_publishing_does_not_forget_who_was_forgotten(store: Store) -> None:
    store.note(ANA)
    assert store.plans.live() == Live(0, 1)
    store.plans.publish(StoredPlan(1, {}, {}, {}), 0)
    assert store.plans.live() == Live(1, 1)
    store.plans.publish(StoredPlan(2, {}, {}, {}), 1)
    assert store.plans.live() == Live(2, 1)


def test_the_key_is_made_once(store: Store) -> None:
    assert store.tombstones.secret() == store.tombstones.secret()
    assert len(store.tombstones.secret()) == on_the_table.SECRET_BYTES


def test_an_address_is_known_however_it_is_written_and_the_strictest_holds(store: Store) -> None:
    store.note(ANA, **{"a@b.example": AddressStatus("complained", NOON)})
    found = store.note("ben", **{"a@b.example": AddressStatus("unsubscribed", NOON + SECOND)})
    assert found.standing("email", " A@B.example") == AddressStatus("complained", NOON)
    assert found.standing("email", "b@b.example") is None
    assert found.standing("sms", "a@b.example") is None
    later = store.note("zoe", **{"a@b.example": AddressStatus("complained", NOON + SECOND)})
    assert later.standing("email", "a@b.example") == AddressStatus("complained", NOON + SECOND)


def test_who_is_let_back_in_is_known_no_more(store: Store) -> None:
    mark = mark_of_id(store.tombstones.secret(), ANA)
    assert store.tombstones.noted_at(mark) is None
    store.note("ben")
    store.note(ANA, **{"a@b.example": AddressStatus("bounced", NOON)})
    assert store.tombstones.noted_at(mark) == parse_instant("2026-03-01T00:00:00Z")
    before = store.plans.live().forgettings
    store.tombstones.lift(mark, NOON + DAY)
    found = store.plans.forgotten()
    assert store.tombstones.noted_at(mark) is None
    assert (found.knows(ANA), found.knows("ben"), found.people) == (False, True, 1)
    assert found.standing("email", "a@b.example") is not None
    assert store.plans.live().forgettings == before + 1
    assert (found.back_since(ANA), found.back_since("ben")) == (NOON + DAY, None)
    assert [found.knows_of(ANA, NOON + DAY - 1), found.knows_of(ANA, NOON + DAY)] == [True, False]
    assert ANA not in repr(found)
    for day in (0, 2):
        store.tombstones.note({mark}, {}, NOON + day * DAY, person=mark)
    assert store.tombstones.noted_at(mark) == parse_instant("2026-03-03T00:00:00Z")
    store.tombstones.lift(mark, NOON + 3 * DAY)
    again = store.plans.forgotten()
    assert (again.knows(ANA), again.back_since(ANA)) == (False, NOON + 3 * DAY)


# ---- Items ---------------------------------------------------------------------------------------


def test_where_a_tombstone_stands_nothing_is_stored(store: Store) -> None:
    store.mailboxes.append(ANA, event("e1"), is_user=True)
    box = store.mailboxes.read(ANA)
    assert store.tombstones.mark(box, [PLACE], NOON, None)
    stone = store.mailboxes.read(ANA)
    assert (stone.forgotten_at, stone.places) == (NOON, {PLACE})
    assert (stone.customer, stone.inbox, stone.journal, stone.is_user) == (None, (), "", False)
    with pytest.raises(Gone) as gone:
        store.mailboxes.append(ANA, event("e2"))
    assert gone.value.customer_id == ANA
    for held in (box, stone):
        if held is box:
            with pytest.raises(Overtaken) as overtaken:
                store.mailboxes.save(held, save_of(held))
            assert overtaken.value.current == stone
    store.mailboxes.append("ben", event())
    with pytest.raises(Overtaken):
        store.mailboxes.join(store.mailboxes.read("ben"), ANA)


def test_nobody_who_read_her_before_writes_over_a_tombstone(store: Store) -> None:
    read = [store.mailboxes.read(ANA)]
    for _ in range(3):
        read.append(store.mailboxes.save(read[-1], save_of(read[-1])))
    assert store.tombstones.mark(read[-1], [], NOON, None)
    for box in read:
        with pytest.raises(Overtaken):
            store.mailboxes.save(box, save_of(box))
    assert store.mailboxes.read(ANA).forgotten_at == NOON


def test_a_tombstone_is_put_only_where_nothing_changed(store: Store) -> None:
    empty = store.mailboxes.read(ANA)
    store.mailboxes.append(ANA, event("e1"))
    first = store.mailboxes.read(ANA)
    store.mailboxes.save(first, save_of(first))
    second = store.mailboxes.read(ANA)
    store.mailboxes.append(ANA, event("e2"))
    for old in (empty, first, second):
        assert not store.tombstones.mark(old, [], NOON, None)
    assert store.tombstones.mark(store.mailboxes.read(ANA), [], NOON, None)
    assert store.mailboxes.read(ANA).places == frozenset()


def test_a_tombstone_is_not_put_over_a_word_that_was_left_since(store: Store) -> None:
    store.mailboxes.append(ANA, event("e1"))
    for number in range(2):
        read = store.mailboxes.read(ANA)
        store.mailboxes.leave_word(ANA, [("number", f"{NUMBER}{number}")])
        assert not store.tombstones.mark(read, read.places, NOON, None)
    read = store.mailboxes.read(ANA)
    assert store.tombstones.mark(read, read.places, NOON, None)
    assert len(store.mailboxes.read(ANA).places) == 2


def test_an_id_without_an_item_may_have_a_tombstone_that_leads_on(store: Store) -> None:
    assert store.tombstones.mark(store.mailboxes.read("v1"), [], NOON, ANA)
    assert store.mailboxes.read("v1").joined_into == ANA
    assert store.mailboxes.read("v1").forgotten_at == NOON


def test_word_is_left_where_an_item_is(store: Store) -> None:
    store.mailboxes.append("ben", event())
    store.tombstones.mark(store.mailboxes.read(ANA), [PLACE], NOON, None)
    for id_ in (ANA, "ben", "nobody"):
        store.mailboxes.leave_word(id_, [("number", NUMBER)])
    assert store.mailboxes.read(ANA).places == {PLACE, ("number", NUMBER)}
    box = store.mailboxes.read("ben")
    assert box.places == {("number", NUMBER)}
    assert store.mailboxes.save(box, save_of(box)).revision == 1
    for number in range(IDENTITIES + 3):
        store.mailboxes.leave_word("ben", [("identity", "card", f"{number}")])
    assert len(store.mailboxes.read("ben").places) == IDENTITIES
    assert store.mailboxes.read("nobody").revision == 0


def test_tombstones_alone_are_removed(store: Store) -> None:
    store.mailboxes.append("ben", event())
    store.tombstones.mark(store.mailboxes.read(ANA), [], NOON, None)
    for id_ in (ANA, "ben", "nobody", ANA):
        store.tombstones.remove(id_)
    assert store.mailboxes.read(ANA).revision == 0
    assert len(store.mailboxes.read("ben").inbox) == 1
    assert store.mailboxes.append(ANA, event()) == "appended"


def test_a_history_is_swept_and_no_other(store: Store) -> None:
    for number in range(60):
        store.history.keep(ANA, event(f"e{number}", NOON + number))
    store.history.keep_journal(ANA, '{"at":1}', 1)
    store.history.keep("ben", event())
    store.mailboxes.append(ANA, event())
    store.tombstones.sweep(ANA)
    store.tombstones.sweep(ANA)
    assert store.history.events(ANA, 0) == store.history.lines(ANA, 0) == []
    assert len(store.history.events("ben", 0)) == len(store.mailboxes.read(ANA).inbox) == 1


# ---- Identities and numbers ----------------------------------------------------------------------


def test_an_identity_is_released_by_whoever_holds_it(store: Store) -> None:
    store.directory.claim(CARD, ANA)
    store.tombstones.release(PLACE, {"ben"})
    assert store.directory.holder(CARD) == ANA
    for _ in range(2):
        store.tombstones.release(PLACE, {"ben", ANA})
        assert store.directory.holder(CARD) is None


def test_a_number_keeps_who_else_was_written_to_there(store: Store) -> None:
    for id_ in (ANA, "ben"):
        store.numbers.remember(NUMBER, id_, NOON)
    for _ in range(2):
        store.tombstones.release(("number", NUMBER), {ANA, "v1"})
        assert store.numbers.customers_of(NUMBER) == ["ben"]
    store.tombstones.release(("number", NUMBER), {"ben"})
    store.tombstones.release(("number", "+1"), {"ben"})
    assert store.numbers.customers_of(NUMBER) == []


def test_an_id_of_hers_is_not_released(store: Store) -> None:
    store.mailboxes.append(ANA, event())
    store.tombstones.release(("customer", ANA), {ANA})
    assert len(store.mailboxes.read(ANA).inbox) == 1


# ---- The table alone -----------------------------------------------------------------------------


def test_nothing_is_left_of_what_was_released(table: Table) -> None:
    store = on(table)
    store.directory.claim(CARD, ANA)
    store.numbers.remember(NUMBER, ANA, NOON)
    store.note(ANA, **{"a@b.example": AddressStatus("bounced", NOON)})
    for place in (PLACE, ("number", NUMBER)):
        store.tombstones.release(place, {ANA})
    left = {item[keys.PK]["S"] for item in table.items()}
    assert left == {keys.FORGOTTEN, keys.PLAN}


def test_marks_of_ids_go_when_nothing_older_can_come_and_those_of_addresses_stay(
    table: Table,
) -> None:
    store = on(table)
    for days, kept in ((400, 400), (1, on_the_table.LEAST_DAYS)):
        stones = DynamoDbTombstones(table.client, table.name, days)
        stones.note({b"i" * 12}, {b"a" * 12: AddressStatus("bounced", NOON)}, NOON, person=b"")
        expiries = {
            item[keys.SK]["S"][:2]: item.get(keys.EXPIRES_AT)
            for item in table.items()
            if item[keys.PK]["S"] == keys.FORGOTTEN
        }
        until = (NOON + (kept + 1) * DAY) // SECOND
        assert expiries == {"I#": {"N": str(until)}, "A#": None}
    assert store.plans.forgotten() == NOBODY  # there is no key yet


def test_a_long_list_is_read_whole(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    store = on(table)
    for name in ("ana", "ben", "zoe", "eva", "max"):
        store.note(name)
    for number in range(3):
        store.history.keep(ANA, event(f"e{number}", NOON + number))
    small_pages(table.client, monkeypatch)
    assert store.plans.forgotten().people == 5
    mark = mark_of_id(store.tombstones.secret(), "max")
    assert store.tombstones.noted_at(mark) is not None
    store.tombstones.sweep(ANA)
    monkeypatch.undo()
    assert store.history.events(ANA, 0) == []


def small_pages(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - moto's
    """Let every query bring one item a page."""
    query: Callable[..., Any] = client.query
    monkeypatch.setattr(client, "query", lambda **asked: query(**asked, Limit=1))


def test_what_is_not_deleted_at_once_is_tried_again(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = on(table)
    store.history.keep(ANA, event())
    real: Callable[..., Any] = table.client.batch_write_item
    unwilling = [2]

    def write(RequestItems: Any) -> Any:  # noqa: ANN401, N803 - botocore's
        if unwilling[0]:
            unwilling[0] -= 1
            return {"UnprocessedItems": RequestItems}
        return real(RequestItems=RequestItems)

    monkeypatch.setattr(table.client, "batch_write_item", write)
    store.tombstones.sweep(ANA)
    assert store.history.events(ANA, 0) == []
    store.history.keep(ANA, event())
    unwilling[0] = 99
    with pytest.raises(Unavailable, match="did not take all deletions"):
        store.tombstones.sweep(ANA)


@pytest.mark.parametrize("what", ["secret", "mark", "release", "noted_at"])
def test_a_table_that_does_not_answer_may_later(plain_table: Table, what: str) -> None:
    stones = on(plain_table).tombstones
    box = on(plain_table).mailboxes
    answer = refused(500, "InternalServerError")
    acts: dict[str, Callable[[], object]] = {
        "secret": stones.secret,
        "mark": lambda: stones.mark(_empty(), [], NOON, None),
        "release": lambda: stones.release(("number", NUMBER), {ANA}),
        "noted_at": lambda: stones.noted_at(b"x"),
    }
    assert box is not None
    with answering(plain_table.client, answer), pytest.raises(Unavailable):
        acts[what]()


def _empty() -> Any:  # noqa: ANN401 - a mailbox
    return FakeMailboxes(FakeHistory()).read(ANA)
