"""`sojourn audit`: what it says of a deployed table, and how it ends."""

import json
from collections.abc import Iterator

import pytest

from sojourn.adapters import keys
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.errors import InvalidInput
from tests.adapters.examples import event
from tests.cli.deployed import Deployed, deployed


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(monkeypatch) as found:
        yield found


def breaks(stack: Deployed, customer: str) -> None:
    """Put an item that nobody can read."""
    key = {keys.PK: {"S": keys.customer_pk(customer)}, keys.SK: {"S": keys.ITEM}}
    item = {**key, keys.STATE: {"S": "?"}, keys.REVISION: {"N": "1"}}
    stack.table.client.put_item(TableName=stack.table.name, Item=item)


def test_a_table_without_violations_is_right(stack: Deployed) -> None:
    assert stack.told("audit") == {
        "ok": True,
        "customers": 0,
        "enrolments": 0,
        "messages": 0,
        "waiting": 0,
        "violations": [],
    }
    told = stack.run("audit", "--format", "table").output
    assert "0 customers, 0 live enrolments, 0 messages not settled yet" in told
    assert told.endswith("0 events not evaluated yet: no violations\n")


def test_each_violation_is_named_by_customer_and_the_command_ends_with_1(stack: Deployed) -> None:
    for customer in ("zoe", "ben", "ana"):
        breaks(stack, customer)
    result = stack.run("audit")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["ok"], found["customers"]) == (False, 3)
    named = [(item["customer"], item["code"], item["journey"]) for item in found["violations"]]
    assert named == [(name, "unreadable", None) for name in ("ana", "ben", "zoe")]
    assert all(item["reason"] for item in found["violations"])
    result = stack.run("audit", "--format", "table")
    assert result.exit_code == 1
    assert result.stdout.index("ana") < result.stdout.index("ben") < result.stdout.index("zoe")
    assert result.stderr.endswith(": 3 violations\n")


def test_an_event_may_wait_as_long_as_one_says(stack: Deployed) -> None:
    history = DynamoDbHistory(stack.table.client, stack.table.name, 400)
    DynamoDbMailboxes(stack.table.client, stack.table.name, history).append("ana", event())
    late = stack.run("audit")
    [violation] = json.loads(late.stdout)["violations"]
    assert (late.exit_code, violation["customer"]) == (1, "ana")
    assert stack.told("audit", "--late", "36500d")["waiting"] == 1


def test_a_time_that_is_none_is_refused(stack: Deployed) -> None:
    result = stack.run("audit", "--late", "soon")
    assert result.exit_code == 2
    assert "soon" in result.stderr
    assert not isinstance(result.exception, InvalidInput)
