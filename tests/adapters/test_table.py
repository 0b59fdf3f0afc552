"""What only the table can get wrong: requests, races that no test can time, items that are bad."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sojourn.adapters import keys
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.items import (
    change_from_record,
    customer_of_record,
    lines_of,
    mailbox_from_item,
)
from sojourn.adapters.mailboxes import DynamoDbMailboxes, _save_request
from sojourn.core.errors import Conflict, CorruptState, InvalidInput, Permanent, Unavailable
from sojourn.core.limits import INBOX_EVENTS
from sojourn.core.state.codec import encode_customer
from sojourn.core.state.customer import Event
from sojourn.core.state.packing import packed
from sojourn.core.values.ids import mark
from sojourn.runtime.customer.mailbox import JOURNAL_CHARS, SHARDS, Mailbox, Waiting
from sojourn.runtime.customer.stored import encode_announcements, pack_decided
from tests.adapters.answers import answering, losing_the_answer, refused, refusing, said
from tests.adapters.conftest import Table
from tests.adapters.examples import ANA, NOON, across, announcement, customer, event, line, save_of


@pytest.fixture
def mailboxes(table: Table) -> DynamoDbMailboxes:
    history = DynamoDbHistory(table.client, table.name, 400)
    return DynamoDbMailboxes(table.client, table.name, history)


def test_customers_spread_over_all_shards() -> None:
    assert {keys.shard_of(f"customer {number}") for number in range(500)} == set(range(SHARDS))


def test_a_save_whose_answer_was_lost_is_done(table: Table, mailboxes: DynamoDbMailboxes) -> None:
    box = mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA)))
    with losing_the_answer(table.client):
        saved = mailboxes.save(box, save_of(box, customer(name="Ana"), journal=line(2)))
    assert mailboxes.read(ANA) == saved
    assert saved.revision == 2


def test_an_append_whose_answer_was_lost_is_a_duplicate(
    table: Table, mailboxes: DynamoDbMailboxes
) -> None:
    with losing_the_answer(table.client):
        assert mailboxes.append(ANA, event()) == "duplicate"
    assert len(mailboxes.read(ANA).inbox) == 1


def test_each_operation_is_one_request(table: Table, mailboxes: DynamoDbMailboxes) -> None:
    asked: list[str] = []

    def note(request: Any, **_: object) -> None:  # noqa: ANN401 - of botocore
        asked.append(request.headers["X-Amz-Target"].decode().rpartition(".")[2])

    table.client.meta.events.register("before-send", note)
    mailboxes.append(ANA, event())
    box = mailboxes.read(ANA)
    box = mailboxes.save(box, save_of(box, journal=line(1, padding=JOURNAL_CHARS), timer_at=NOON))
    mailboxes.due(keys.shard_of(ANA), NOON, 10)
    assert asked == ["UpdateItem", "GetItem", "UpdateItem", "Query"]
    mailboxes.save(box, save_of(box))
    assert asked[4:] == ["PutItem", "UpdateItem"]


def test_a_save_of_everything_that_can_wait_fits_into_one_expression() -> None:
    waiting = [event(f"e{number}") for number in range(INBOX_EVENTS)]
    inbox = tuple(Waiting(keys.slot(each.id), each) for each in waiting)
    box = Mailbox(ANA, 3, inbox=inbox)
    save = save_of(box, wake_at=NOON, timer_at=NOON)
    update = _save_request(box, save, "journal", "token")["UpdateExpression"]
    assert len(update.encode()) < 4096  # DynamoDB's bound of an expression


def test_an_append_gives_up_when_the_customer_keeps_changing(
    table: Table, mailboxes: DynamoDbMailboxes
) -> None:
    state = replace(customer(), seen=across(mark("e1")))
    mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), state))

    def decide(params: Mapping[str, Any], **_: object) -> None:
        if ":event" in params["ExpressionAttributeValues"]:
            box = mailboxes.read(ANA)
            mailboxes.save(box, save_of(box, state))

    table.client.meta.events.register("provide-client-params.dynamodb.UpdateItem", decide)
    with pytest.raises(Conflict, match="ana changed 3 times"):
        mailboxes.append(ANA, event("e1"))
    assert mailboxes.read(ANA).inbox == ()


def test_an_append_goes_on_when_the_customer_was_removed_meanwhile(
    table: Table, mailboxes: DynamoDbMailboxes
) -> None:
    with refusing(table.client, "UpdateItem", "ConditionalCheckFailedException", "failed"):
        assert mailboxes.append(ANA, event()) == "appended"


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "ThrottlingException", Unavailable),
        (400, "ProvisionedThroughputExceededException", Unavailable),
        (500, "InternalServerError", Unavailable),
        (503, "ServiceUnavailable", Unavailable),
        (400, "ResourceNotFoundException", Unavailable),
        (400, "AccessDeniedException", Unavailable),
        (400, "ValidationException", Permanent),
        (400, "TransactionConflictException", Conflict),
    ],
)
def test_errors_of_the_table_are_sorted(
    plain_table: Table, status: int, code: str, error: type[Exception]
) -> None:
    history = DynamoDbHistory(plain_table.client, "table", 400)
    mailboxes = DynamoDbMailboxes(plain_table.client, "table", history)
    for call in (
        lambda: mailboxes.append(ANA, event()),
        lambda: mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA))),
        lambda: mailboxes.read(ANA),
        lambda: mailboxes.due(0, NOON, 1),
        lambda: history.keep(ANA, event()),
        lambda: history.lines(ANA, 0),
    ):
        answers = answering(plain_table.client, refused(status, code))
        with answers, pytest.raises(error, match="why") as caught:
            call()
        assert type(caught.value) is error
        assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        # DynamoDB developer guide, "Managing complex workflows with DynamoDB transactions".
        (("None", "ThrottlingError"), Unavailable),
        (("ProvisionedThroughputExceeded", "None"), Unavailable),
        (("None", "TransactionConflict"), Conflict),
        (("None", "ItemCollectionSizeLimitExceeded"), Permanent),
        (("ThrottlingError", "ValidationError"), Permanent),
        (("None", "SomethingNew"), Permanent),
        (("None", "None"), Unavailable),
        ((), Unavailable),
    ],
)
def test_a_transaction_that_was_cancelled_is_sorted_by_why(
    plain_table: Table, codes: tuple[str, ...], error: type[Exception]
) -> None:
    # moto cancels none for a table that is short of capacity or a part too busy.
    history = DynamoDbHistory(plain_table.client, "table", 400)
    mailboxes = DynamoDbMailboxes(plain_table.client, "table", history)
    reasons = [{"Code": code, "Message": "why"} for code in codes]
    body = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": f"Transaction cancelled, please refer cancellation reasons [{codes}]",
        "CancellationReasons": reasons,
    }
    with answering(plain_table.client, said(400, body)), pytest.raises(error) as caught:
        mailboxes.join(Mailbox(ANA), "bea")
    assert type(caught.value) is error


def item_of(**attributes: Mapping[str, str | bytes]) -> dict[str, Any]:
    return {keys.PK: {"S": "C#ana"}, keys.SK: {"S": "@"}, **attributes}


def test_an_item_in_the_form_before_is_read_and_written_in_the_present_one(
    table: Table, mailboxes: DynamoDbMailboxes
) -> None:
    state = replace(customer(name="Ana"), seen=(mark("e0"),))
    told = announcement()
    item = {
        **item_of(rev={"N": "3"}, state={"S": encode_customer(state)}),
        "journal": {"S": f"{line(2)}\n{line(3)}"},
        "announcements": {"S": encode_announcements(ANA, [told])},
    }
    table.client.put_item(TableName=table.name, Item=item)

    assert mailboxes.append(ANA, event("e0")) == "duplicate"
    assert mailboxes.append(ANA, event("e1")) == "appended"
    box = mailboxes.read(ANA)
    assert (box.customer, box.announcements) == (state, (told,))
    assert box.lines == lines_of(item) == [line(2), line(3)]

    mailboxes.save(box, save_of(box, journal=line(4)))
    found = table.client.get_item(
        TableName=table.name, Key={name: item[name] for name in ("pk", "sk")}, ConsistentRead=True
    )["Item"]
    assert set(found["state"]) == {"B"}
    assert not {"journal", "announcements"} & set(found)
    assert lines_of(found) == [line(2), line(3), line(4)]
    for id_ in ("e0", "e1"):
        assert mailboxes.append(ANA, event(id_)) == "duplicate"


def test_journal_lines_moved_in_the_form_before_are_read(table: Table) -> None:
    history = DynamoDbHistory(table.client, table.name, 400)
    history.keep_journal(ANA, line(2, NOON + 1), 2)
    before = {"pk": {"S": "C#ana"}, "sk": {"S": keys.journal_sk(NOON, 1)}}
    table.client.put_item(TableName=table.name, Item={**before, "lines": {"S": line(1)}})
    assert history.lines(ANA, 0) == [line(1), line(2, NOON + 1)]


def test_who_was_joined_announces_nothing_anew(mailboxes: DynamoDbMailboxes) -> None:
    box = mailboxes.save(Mailbox(ANA), save_of(Mailbox(ANA), announcements=(announcement(),)))
    assert mailboxes.join(box, "ben")
    assert mailboxes.read(ANA).joined_into == "ben"
    assert mailboxes.read(ANA).announcements == ()


SLOT = {"i#aaaaaaaa": {"S": '["e1","order.placed",1]'}, "o#aaaaaaaa": {"N": "0"}}


@pytest.mark.parametrize(
    "attributes",
    [
        {"rev": {"N": "one"}},
        {"rev": {"S": "1"}},
        {"state": {"S": "[0]"}},
        {"state": {"S": "{"}},
        {"state": {"B": b""}},
        {"state": {"B": packed("[1,5]")}},
        {"state": {"B": packed("[1,5]\n[1]\n")}},
        {"state": {"B": "no base64"}},
        {"journal": {"N": "1"}},
        {"announcements": {"S": "[1]"}},
        {"announcements": {"S": "[[1]]"}},
        {"announcements": {"S": "]"}},
        {"i#aaaaaaaa": {"S": '["e1","order.placed",1]'}},
        {**SLOT, "i#aaaaaaaa": {"S": "{}"}},
        {**SLOT, "i#aaaaaaaa": {"S": "["}},
    ],
)
def test_an_item_that_cannot_be_read_is_our_mistake(attributes: dict[str, Any]) -> None:
    with pytest.raises(CorruptState):
        mailbox_from_item(item_of(**attributes))


def test_an_item_without_its_key_is_our_mistake() -> None:
    with pytest.raises(CorruptState):
        mailbox_from_item({})


def record_of(old: object, new: object, sort_key: str = "@", partition: str = "C#ana") -> Any:  # noqa: ANN401
    image = {
        "Keys": {"pk": {"S": partition}, "sk": {"S": sort_key}},
        "NewImage": new,
        "OldImage": old,
    }
    return {"dynamodb": {name: value for name, value in image.items() if value is not None}}


def test_a_stream_record_is_read_as_lambda_brings_it() -> None:
    old = item_of(rev={"N": "1"}, state={"S": "[1,5]"})
    new = {**old, **SLOT}
    change = change_from_record(record_of(old, new))
    assert change.before is not None
    assert change.before.customer is change.after.customer  # read once, as it is the same text
    assert [waiting.event for waiting in change.after.inbox] == [Event("e1", "order.placed", 1, 1)]
    assert not change.decided


def test_a_stream_record_holds_what_is_packed_in_base64() -> None:
    content, seen = pack_decided(customer(seen=["e1"]), [announcement()], line(1))
    asked = item_of(rev={"N": "1"}, state={"B": content}, seen={"S": seen})
    brought = item_of(rev={"N": "1"}, state={"B": b64encode(content).decode()}, seen={"S": seen})
    change = change_from_record(record_of(brought, {**brought, **SLOT}))
    assert change.before == mailbox_from_item(asked)
    assert change.before.customer == customer(seen=["e1"])
    assert (change.before.announcements, change.before.lines) == ((announcement(),), [line(1)])
    assert change.before.customer is change.after.customer


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"dynamodb": None},
        record_of(None, None),  # removed: there is nothing to decide about
        record_of(None, item_of(), sort_key="E#1"),
        record_of(None, item_of(), partition="P#plan"),
    ],
)
def test_a_stream_record_of_anything_else_is_refused(record: Any) -> None:  # noqa: ANN401
    with pytest.raises(InvalidInput):
        change_from_record(record)


def test_a_stream_record_whose_old_image_is_bad_is_our_mistake() -> None:
    with pytest.raises(CorruptState):
        change_from_record(record_of(item_of(state={"S": "{"}), item_of(rev={"N": "2"})))


def test_a_stream_record_names_its_customer_however_broken_it_is() -> None:
    broken = record_of(None, item_of(state={"S": "{"}), partition="C#C#ana")
    assert customer_of_record(broken) == "C#ana"
