"""The audit knows who was forgotten: by half, or there again."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from sojourn.adapters.survey import DynamoDbSurvey
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.core.values.instants import MINUTE
from sojourn.runtime.audit import Tally
from tests.auditing.test_audit import NAPPER, NOON, Shop


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A table of its own with the audit's four customers."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield Shop()


def test_who_is_being_forgotten_is_not_counted_and_named_when_it_takes_too_long(
    shop: Shop,
) -> None:
    stones = DynamoDbTombstones(shop.client, shop.table, 400)
    mark = stones.mark_of(NAPPER)
    assert stones.mark(shop.mailboxes.read(NAPPER), [], NOON, None)
    stones.note({mark}, {}, NOON, person=mark)
    assert shop.audit() == []
    tally = Tally()
    for item in next(DynamoDbSurvey(shop.client, shop.table).pages()):
        tally = tally.counting(item)
    assert tally.customers == 3
    shop.clock.advance(31 * MINUTE)
    found = [item for item in shop.audit() if item.customer == NAPPER]
    assert [item.code for item in found] == ["half-forgotten"]


def test_who_was_forgotten_and_is_there_again_is_named(shop: Shop) -> None:
    stones = DynamoDbTombstones(shop.client, shop.table, 400)
    mark = stones.mark_of(NAPPER)
    stones.note({mark}, {}, NOON, person=mark)
    assert [(item.customer, item.code) for item in shop.audit()] == [(NAPPER, "returned")]


def held(shop: Shop) -> list[tuple[str, str]]:
    return [(item.customer, item.reason) for item in shop.audit() if item.code == "orphan-identity"]


def test_an_identity_is_named_that_who_was_forgotten_still_holds(shop: Shop) -> None:
    stones = DynamoDbTombstones(shop.client, shop.table, 400)
    shop.directory.claim(("card#1", "k#%231"), NAPPER)
    assert held(shop) == []
    stones.mark(shop.mailboxes.read(NAPPER), [], NOON, None)
    mark = stones.mark_of(NAPPER)
    stones.note({mark}, {}, NOON, person=mark)
    assert held(shop) == []  # it goes with her tombstone
    stones.remove(NAPPER)
    assert held(shop) == [(NAPPER, "card#1 k#%231 is still held by her, who was forgotten")]
    shop.directory.let_go(("card#1", "k#%231"), NAPPER, NOON)
    assert held(shop) == []


def test_an_identity_is_named_whose_holder_is_not_there(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(103):
        shop.directory.claim(("card", f"{number:03d}"), f"gone-{number:03d}")
    expected = [
        (f"gone-{n:03d}", f"card {n:03d} is held by her, who is not there") for n in range(103)
    ]
    assert sorted(held(shop)) == expected
    scan = shop.client.scan

    def scan_and_go_on(**asked: object) -> object:
        page = scan(**asked)
        shop.put("gone-007", "x")
        shop.directory.let_go(("card", "009"), "gone-009", NOON)
        return page

    monkeypatch.setattr(shop.client, "scan", scan_and_go_on)
    there = {"gone-007", "gone-009"}  # ingest was between the identity and its event, or let it go
    assert sorted(held(shop)) == [item for item in expected if item[0] not in there]


def test_identities_that_were_not_read_are_asked_for_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.directory.claim(("card", "1"), NAPPER)
    read = shop.client.batch_get_item
    refused: list[object] = []

    def read_later(RequestItems: dict[str, object]) -> object:  # noqa: N803 - as it is called
        if refused:
            return read(RequestItems=RequestItems)
        refused.append(RequestItems)
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    monkeypatch.setattr(shop.client, "batch_get_item", read_later)
    assert held(shop) == []
    assert len(refused) == 1
