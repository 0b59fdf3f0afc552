"""`sojourn forget`: whom it asks a stack to forget, and whom it need not or may not."""

from collections.abc import Iterator

import pytest

from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.core.values.instants import DAY
from tests.adapters.examples import NOON, event
from tests.cli.deployed import Deployed, deployed

CARD = ("loyalty", "L1")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(monkeypatch) as found:
        found.session.register("before-call.events.PutEvents", no_bus)
        history = DynamoDbHistory(found.table.client, found.table.name, 400)
        DynamoDbMailboxes(found.table.client, found.table.name, history).append("ana", event())
        DynamoDbDirectory(found.table.client, found.table.name).claim(CARD, "ana")
        yield found


def no_bus(params: object, **_: object) -> None:
    raise AssertionError(params)


def tombstones(stack: Deployed) -> DynamoDbTombstones:
    return DynamoDbTombstones(stack.table.client, stack.table.name, 400)


def note(stack: Deployed, customer: str) -> None:
    stones = tombstones(stack)
    mark = stones.mark_of(customer)
    stones.note({mark}, {}, NOON, person=mark)


def test_nothing_is_asked_for_about_somebody_nobody_knows(stack: Deployed) -> None:
    result = stack.run("forget", "zoe")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "stack shop knows no customer zoe" in result.stderr


def test_nothing_is_asked_for_about_somebody_who_is_forgotten(stack: Deployed) -> None:
    note(stack, "ben")
    assert stack.told("forget", "ben") == {"customer": "ben", "state": "forgotten"}
    result = stack.run("forget", "ben", "--format", "table")
    assert result.output == "customer ben: forgotten\n"


@pytest.mark.parametrize("asked", ["ana", "loyalty:L1"])
def test_somebody_of_whom_anything_is_left_is_asked_about(stack: Deployed, asked: str) -> None:
    """Also who has a mark: she came back, or her forgetting is under way."""
    for marked in (False, True):
        if marked:
            note(stack, asked)
        result = stack.run("forget", asked)
        assert isinstance(result.exception, AssertionError)
        assert "sojourn.forget" in str(result.exception)


def test_nobody_is_let_back_who_was_not_forgotten(stack: Deployed) -> None:
    result = stack.run("forget", "ana", "--lift")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "customer ana: was not forgotten" in result.stderr


def test_nobody_is_let_back_too_early(stack: Deployed) -> None:
    stones = tombstones(stack)
    stones.note({stones.mark_of("ben")}, {}, NOON + 36_500 * DAY, person=b"")
    result = stack.run("forget", "ben", "--lift")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "customer ben: was forgotten lately; she may come back from" in result.stderr
