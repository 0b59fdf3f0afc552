"""`sojourn audit` on a stack that has played the example's stories, and on one somebody touched."""

import pytest

from sojourn.adapters import keys
from sojourn_cli.demo.account import Account
from sojourn_cli.local.stack import LocalStack
from tests.stack.given import Shop

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stories")]


def test_a_stack_that_has_played_its_stories_keeps_every_promise(
    played: tuple[LocalStack, Account],
) -> None:
    stack, account = played
    found = Shop(stack).command("audit")
    assert (found["ok"], found["violations"]) == (True, [])
    assert found["customers"] >= len({row.customer for row in account.rows})
    assert found["enrolments"] > 0


def test_what_was_changed_by_hand_is_named_and_the_command_ends_with_1(
    played: tuple[LocalStack, Account],
) -> None:
    stack, _ = played
    shop = Shop(stack)
    key = {"pk": {"S": keys.customer_pk("touched")}, "sk": {"S": keys.ITEM}}
    shop.dynamodb.put_item(
        TableName=shop.table, Item={**key, "state": {"S": "?"}, "rev": {"N": "1"}}
    )
    found = shop.command("audit", code=1)
    shop.dynamodb.delete_item(TableName=shop.table, Key=key)
    assert [(item["customer"], item["code"]) for item in found["violations"]] == [
        ("touched", "unreadable")
    ]
