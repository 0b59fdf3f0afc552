"""The keys of links: what holds for them, on the fake and on the table."""

from typing import TYPE_CHECKING

import pytest

from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.core.errors import CorruptState, Unavailable
from sojourn.core.values.instants import DAY
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.runtime.ports import LinkKeys
from tests.adapters.answers import answering, refused
from tests.adapters.examples import NOON

if TYPE_CHECKING:
    from tests.adapters.conftest import Table


@pytest.fixture(params=["fake", "moto"])
def link_keys(request: pytest.FixtureRequest) -> LinkKeys:
    if request.param == "fake":
        return FakeLinkKeys()
    table: Table = request.getfixturevalue("table")
    return DynamoDbLinkKeys(table.client, table.name)


def test_before_the_first_was_made_there_is_none(link_keys: LinkKeys) -> None:
    assert list(link_keys.keys()) == []


def test_a_key_that_was_made_is_read_by_everybody(link_keys: LinkKeys) -> None:
    (made,) = link_keys.renew((), NOON)
    assert (made.made_at, len(made.secret)) == (NOON, 32)
    assert list(link_keys.keys()) == [made]


def test_of_two_who_make_the_first_key_one_wins_and_both_use_it(link_keys: LinkKeys) -> None:
    first = link_keys.renew((), NOON)
    assert list(link_keys.renew((), NOON + 1)) == list(first)


def test_a_renewed_key_stands_before_the_one_that_was(link_keys: LinkKeys) -> None:
    keys = link_keys.renew((), NOON)
    for days in (1, 2, 3):
        before = keys
        keys = link_keys.renew(before, NOON + days * DAY)
        assert keys[1] == before[0]
        assert len({key.secret for key in keys}) == len(keys) == 2
    assert list(link_keys.keys()) == list(keys)


def test_who_knows_old_keys_renews_nothing(link_keys: LinkKeys) -> None:
    old = link_keys.renew((), NOON)
    new = link_keys.renew(old, NOON + DAY)
    assert list(link_keys.renew(old, NOON + 2 * DAY)) == list(new)


def test_keys_of_chance_differ(table: "Table") -> None:
    keys = DynamoDbLinkKeys(table.client, table.name)
    (made,) = keys.renew((), NOON)
    table.client.delete_item(TableName=table.name, Key=_place(table))
    (again,) = keys.renew((), NOON)
    assert made.secret != again.secret


def test_keys_that_cannot_be_read_are_corrupt(table: "Table") -> None:
    DynamoDbLinkKeys(table.client, table.name).renew((), NOON)
    item = {**_place(table), "keys": {"S": "[[1]]"}}
    table.client.put_item(TableName=table.name, Item=item)
    with pytest.raises(CorruptState, match="cannot be read"):
        DynamoDbLinkKeys(table.client, table.name).keys()


def test_a_table_that_is_away_is_tried_again(plain_table: "Table") -> None:
    keys = DynamoDbLinkKeys(plain_table.client, plain_table.name)
    away = answering(plain_table.client, refused(500, "InternalServerError", "away"))
    with away, pytest.raises(Unavailable):
        keys.renew((), NOON)


def _place(table: "Table") -> dict[str, dict[str, str]]:
    (item,) = table.items()
    return {name: item[name] for name in ("pk", "sk")}
