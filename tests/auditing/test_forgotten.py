"""The audit knows who was forgotten: by half, or there again."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from sojourn.adapters.survey import DynamoDbSurvey
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.core.instants import MINUTE
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
