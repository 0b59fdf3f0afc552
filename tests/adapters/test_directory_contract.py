"""The directory and joins: who is who, on the fake and on the table."""

from dataclasses import dataclass

import pytest

from sojourn.adapters import directory as on_the_table
from sojourn.adapters import keys
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.errors import Conflict, CorruptState, Unavailable
from sojourn.core.incoming.identity import Standing
from sojourn.core.values.instants import MINUTE, SECOND
from sojourn.fakes.directory import FakeDirectory
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.runtime.customer.mailbox import SHARDS, Moved, Overtaken
from sojourn.runtime.ports import Mailboxes
from tests.adapters.answers import refusing
from tests.adapters.conftest import Table
from tests.adapters.examples import ANA, NOON, announcement, event, save_of

CARD = ("loyalty", "L1")


@dataclass(frozen=True, slots=True)
class Book:
    directory: FakeDirectory | DynamoDbDirectory
    mailboxes: Mailboxes


@pytest.fixture(params=["fake", "moto"])
def book(request: pytest.FixtureRequest) -> Book:
    if request.param == "fake":
        boxes = FakeMailboxes(FakeHistory())
        return Book(FakeDirectory(boxes), boxes)
    table: Table = request.getfixturevalue("table")
    history = DynamoDbHistory(table.client, table.name, 400)
    mailboxes = DynamoDbMailboxes(table.client, table.name, history)
    return Book(DynamoDbDirectory(table.client, table.name), mailboxes)


def test_an_identity_is_the_first_ones(book: Book) -> None:
    assert book.directory.holder(CARD) is None
    assert book.directory.claim(CARD, ANA) == ANA
    assert book.directory.claim(CARD, "ben") == ANA
    assert book.directory.claim(CARD, ANA) == ANA
    assert book.directory.holder(CARD) == ANA


def test_an_identity_goes_when_its_holder_does_and_is_the_next_ones(book: Book) -> None:
    book.directory.let_go(CARD, ANA, NOON)
    book.directory.claim(CARD, ANA)
    book.directory.let_go(CARD, "ben", NOON)
    assert book.directory.holder(CARD) == ANA
    book.directory.let_go(CARD, ANA, NOON)
    assert book.directory.holder(CARD) is None
    book.directory.let_go(CARD, ANA, NOON)
    assert book.directory.claim(CARD, "ben") == "ben"
    assert book.directory.claim(CARD, ANA) == "ben"


def test_what_is_left_of_an_identity_names_nobody_and_expires(table: Table) -> None:
    found = DynamoDbDirectory(table.client, table.name)
    found.claim(CARD, ANA)
    found.let_go(CARD, ANA, NOON)
    (item,) = table.client.scan(TableName=table.name)["Items"]
    assert item.keys() == {keys.PK, keys.SK, keys.EXPIRES_AT}
    assert item[keys.EXPIRES_AT] == {"N": str(NOON // SECOND)}
    found.claim(CARD, "ben")
    (item,) = table.client.scan(TableName=table.name)["Items"]
    assert item.keys() == {keys.PK, keys.SK, keys.CLAIMED_BY}


def test_letting_go_that_fails_says_so(table: Table) -> None:
    found = DynamoDbDirectory(table.client, table.name)
    with (
        refusing(table.client, "UpdateItem", "ThrottlingException", "slow down"),
        pytest.raises(Unavailable, match="while letting loyalty L1 go"),
    ):
        found.let_go(CARD, ANA, NOON)


def test_types_and_values_do_not_run_into_each_other(book: Book) -> None:
    for number, identity in enumerate([("a", "b#c"), ("a#b", "c"), ("a%23b", "c"), ("a", "b")]):
        assert book.directory.claim(identity, str(number)) == str(number)


def test_who_was_never_joined_is_herself(book: Book) -> None:
    assert book.directory.standing(ANA) == Standing(ANA, is_user=False, was_user=False)
    book.mailboxes.append(ANA, event("order"), is_user=True)
    assert book.directory.standing(ANA) == Standing(ANA, is_user=True, was_user=True)


def test_joins_are_followed_to_who_is_left(book: Book) -> None:
    boxes = book.mailboxes
    boxes.append("cleo", event("order"), is_user=True)
    boxes.join(boxes.read(ANA), "ben")
    boxes.join(boxes.read("ben"), "cleo", alias="ben")
    assert book.directory.standing(ANA) == Standing("cleo", is_user=True, was_user=False)
    assert book.directory.standing("ben") == Standing("cleo", is_user=True, was_user=True)


def test_whom_an_alias_named_is_a_user_and_not_who_took_her_over(book: Book) -> None:
    boxes = book.mailboxes
    boxes.append("cleo", event("order"), is_user=True)
    assert boxes.join(boxes.read(ANA), "ben")
    assert boxes.join(boxes.read("ben"), "cleo", alias=ANA)
    assert book.directory.standing(ANA) == Standing("cleo", is_user=True, was_user=True)
    assert book.directory.standing("ben") == Standing("cleo", is_user=True, was_user=False)
    assert boxes.read(ANA).joined_into == "ben"


def test_joins_without_an_end_are_our_mistake(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_the_table, "MOST_HOPS", 3)
    history = DynamoDbHistory(table.client, table.name, 400)
    boxes = DynamoDbMailboxes(table.client, table.name, history)
    for number in range(3):
        boxes.join(boxes.read(f"v{number}"), f"v{number + 1}")
    with pytest.raises(CorruptState, match="v0 was joined more than 3 times over"):
        DynamoDbDirectory(table.client, table.name).standing("v0")


def test_a_claim_that_fails_says_so(table: Table) -> None:
    found = DynamoDbDirectory(table.client, table.name)
    with (
        refusing(table.client, "PutItem", "ThrottlingException", "slow down"),
        pytest.raises(Unavailable, match="while claiming loyalty L1"),
    ):
        found.claim(CARD, ANA)


@pytest.mark.parametrize(
    ("code", "error"), [("ThrottlingException", Unavailable), ("TransactionConflict", Conflict)]
)
def test_a_join_that_fails_says_so(table: Table, code: str, error: type[Exception]) -> None:
    history = DynamoDbHistory(table.client, table.name, 400)
    boxes = DynamoDbMailboxes(table.client, table.name, history)
    with (
        refusing(table.client, "TransactWriteItems", code, "no"),
        pytest.raises(error, match="while joining customer ana into ben"),
    ):
        boxes.join(boxes.read(ANA), "ben")


# ---- Joins -----------------------------------------------------------------------------------


def test_an_item_that_is_joined_names_the_other_and_has_no_timer_any_more(book: Book) -> None:
    boxes = book.mailboxes
    boxes.append(ANA, event("order"))
    saved = boxes.save(
        box := boxes.read(ANA), save_of(box, timer_at=NOON, announcements=(announcement(),))
    )
    boxes.append(ANA, event("another"), is_user=True)
    before = boxes.read(ANA)
    assert (before.is_user, before.arrivals, before.joined_into) == (True, 2, None)

    assert boxes.join(before, "ben")

    after = boxes.read(ANA)
    assert after.joined_into == "ben"
    assert after.revision == saved.revision + 1
    assert (after.customer, after.inbox, after.journal) == (
        before.customer,
        before.inbox,
        before.journal,
    )
    assert (after.wake_at, after.announcements) == (None, ())
    assert [row for shard in range(SHARDS) for row in boxes.due(shard, NOON + MINUTE, 9)] == []
    with pytest.raises(Moved) as moved:
        boxes.append(ANA, event("late"))
    assert moved.value.into == "ben"
    with pytest.raises(Overtaken) as overtaken:
        boxes.save(before, save_of(before))
    assert overtaken.value.current == after
    assert not boxes.join(after, "cleo")
    assert boxes.read(ANA) == after


def test_who_was_never_there_can_be_joined_and_is_known_for_it(book: Book) -> None:
    boxes = book.mailboxes
    assert boxes.join(boxes.read(ANA), "ben", alias=ANA)
    after = boxes.read(ANA)
    assert (after.joined_into, after.is_user, after.customer) == ("ben", True, None)
    with pytest.raises(Moved):
        boxes.append(ANA, event("order"))


def test_a_join_is_refused_when_anything_changed_since(book: Book) -> None:
    boxes = book.mailboxes
    empty = boxes.read(ANA)
    boxes.append(ANA, event("order"))
    assert not boxes.join(empty, "ben")
    waiting = boxes.read(ANA)
    boxes.save(waiting, save_of(waiting))
    assert not boxes.join(waiting, "ben")
    decided = boxes.read(ANA)
    boxes.append(ANA, event("another"))
    assert not boxes.join(decided, "ben")
    assert boxes.join(boxes.read(ANA), "ben")


def test_nobody_is_joined_into_who_was_joined_elsewhere(book: Book) -> None:
    boxes = book.mailboxes
    assert boxes.join(boxes.read("ben"), ANA)
    with pytest.raises(Overtaken) as overtaken:
        boxes.join(boxes.read(ANA), "ben")
    assert overtaken.value.current.joined_into == ANA
    assert boxes.read(ANA).joined_into is None
