"""`sojourn export` of a customer of the stories: complete, and in a form to be taken in again."""

import pytest

from sojourn.core.values.exact import dumps
from sojourn_cli.demo.account import Account
from sojourn_cli.local.stack import LocalStack
from sojourn_cli.simulation.lines import read_events
from tests.stack.given import Shop

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stories")]


def test_a_customer_of_the_stories_is_exported_whole(
    played: tuple[LocalStack, Account],
) -> None:
    stack, account = played
    shop = Shop(stack)
    row = next(row for row in account.messages if row.status == "sent" and row.channel == "email")
    found = shop.command("export", row.customer)
    shown = shop.command("customer", row.customer)
    assert found["customer"] == row.customer
    assert {name: item["value"] for name, item in found["profile"].items()} == shown["profile"]
    assert found["timeline"] == shown["timeline"]
    assert row.journey in {item["journey"] for item in found["sends"]}
    again = read_events(dumps(event).encode() for event in found["events"])
    assert again.refused == []
    assert again.count == len(found["events"]) > 0


def test_nobody_is_not_exported(played: tuple[LocalStack, Account]) -> None:
    stack, _ = played
    with pytest.raises(AssertionError, match="knows no customer"):
        Shop(stack).command("export", "nobody-at-all")
