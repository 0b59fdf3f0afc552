"""The timer index: what holds for timers alone and for rests, on the fake and on the table."""

from dataclasses import replace

import pytest

from sojourn.adapters import keys
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import DAY, SECOND
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.runtime.customer.mailbox import SHARDS, Mailbox
from sojourn.runtime.ports import Mailboxes
from tests.adapters.answers import Answer, answering, said
from tests.adapters.conftest import Table
from tests.adapters.examples import ANA, NOON, event, save_of


@pytest.fixture(params=["fake", "moto"])
def mailboxes(request: pytest.FixtureRequest) -> Mailboxes:
    if request.param == "fake":
        return FakeMailboxes(FakeHistory())
    table: Table = request.getfixturevalue("table")
    history = DynamoDbHistory(table.client, table.name, 400)
    return DynamoDbMailboxes(table.client, table.name, history)


def test_a_timer_is_changed_alone_as_long_as_nobody_decided(mailboxes: Mailboxes) -> None:
    before = mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), timer_at=NOON))
    known = before
    for timer_at in (NOON + SECOND, None, NOON):
        mailboxes.set_timer(known, timer_at)
        mailboxes.set_timer(known, NOON + 7)  # by somebody who has not heard of it
        known = replace(before, timer_at=timer_at)
        assert mailboxes.read(ANA) == known
    after = mailboxes.save(before, save_of(before, timer_at=NOON + 5))
    mailboxes.set_timer(before, NOON + 9)
    assert mailboxes.read(ANA) == after


def test_an_overdue_timer_alone_is_put_off_whatever_else_is_there(mailboxes: Mailboxes) -> None:
    for who, timer_at in (("ana", NOON), ("ben", NOON + 1), ("cara", None)):
        mailboxes.save(Mailbox(who), save_of(Mailbox(who), timer_at=timer_at))
    mailboxes.append("ana", event("e1"))
    before = {who: mailboxes.read(who) for who in ("ana", "ben", "cara", "nobody")}
    for who in before:
        mailboxes.put_off(who, NOON, NOON + DAY)
        mailboxes.put_off(who, NOON, NOON + 2 * DAY)  # overdue no more
    after = {who: mailboxes.read(who) for who in before}
    assert after == before | {"ana": replace(before["ana"], timer_at=NOON + DAY)}
    shard = keys.shard_of("ana")
    assert ("ana", NOON + DAY) in mailboxes.due(shard, NOON + DAY, 9)
    assert not {"ana", "nobody"} & {who for who, _ in mailboxes.due(shard, NOON + 2, 9)}


def test_who_rests_is_found_by_the_revision_and_no_timer_of_hers_is(mailboxes: Mailboxes) -> None:
    people = {f"c{number}": number % 3 for number in range(40)}
    for who, revision in people.items():
        mailboxes.note_rest(who, revision)
    mailboxes.note_rest("c0", 2)  # noted anew: the former is no more
    people["c0"] = 2

    def found(before: int) -> dict[str, int]:
        shards = (mailboxes.resting(shard, before, 100) for shard in range(SHARDS))
        return {who: revision for shard in shards for who, revision in shard}

    for before in range(4):
        assert found(before) == {who: at for who, at in people.items() if at < before}
    assert not any(mailboxes.due(shard, NOON, 100) for shard in range(SHARDS))
    mailboxes.end_rest("c1", 0, NOON)  # she rests under another by now
    mailboxes.end_rest("c3", 0, NOON)
    assert found(3).keys() == people.keys() - {"c3"}
    one = next(shard for shard in range(SHARDS) if len(mailboxes.resting(shard, 3, 9)) > 1)
    everybody = mailboxes.resting(one, 3, 9)
    assert mailboxes.resting(one, 3, 1) == everybody[:1]
    assert [at for _, at in everybody] == sorted(at for _, at in everybody)


# ---- The table alone -----------------------------------------------------------------------------


def page_of(*people: str, goes_on: bool) -> Answer:
    """An answer of the index: who is due, and whether there are more."""
    items = [{"pk": {"S": f"C#{who}"}, "timer_at": {"N": "7"}} for who in people]
    more = {"LastEvaluatedKey": {"pk": {"S": f"C#{people[-1]}"}}} if goes_on else {}
    return said(200, {"Items": items, "Count": len(items), **more})


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_shard_is_read_page_by_page_and_no_further_than_was_asked(
    plain_table: Table, *, goes_on: bool
) -> None:
    history = DynamoDbHistory(plain_table.client, plain_table.name, 400)
    mailboxes = DynamoDbMailboxes(plain_table.client, plain_table.name, history)
    pages = page_of("a", "b", goes_on=True), page_of("c", goes_on=goes_on)
    with answering(plain_table.client, *pages) as requests:
        found = mailboxes.due(0, NOON, 3)
    assert [who for who, _ in found] == ["a", "b", "c"]
    asked = [loads_object(request.body or "") for request in requests]  # type: ignore[arg-type]  # text, always
    assert [doc["Limit"] for doc in asked] == [3, 1]
    assert [doc.get("ExclusiveStartKey") for doc in asked] == [None, {"pk": {"S": "C#b"}}]
