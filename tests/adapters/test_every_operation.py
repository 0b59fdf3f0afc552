"""Whatever an adapter asks of AWS may fail: no operation takes that for an answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError

from sojourn.adapters import clients
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.exports import S3Exports
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.numbers import DynamoDbNumbers
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.s3 import S3Workspace
from sojourn.adapters.survey import DynamoDbSurvey
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.core.errors import Unavailable
from sojourn.core.state.customer import AddressStatus
from sojourn.core.values.instants import DAY
from sojourn.fakes.clock import FakeClock
from sojourn.runtime.customer.forgotten import mark_of_id
from sojourn.runtime.customer.mailbox import JOURNAL_CHARS, Mailbox
from sojourn.runtime.ports import StoredPlan
from tests.adapters.conftest import Table
from tests.adapters.examples import ANA, NOON, event, line, save_of

if TYPE_CHECKING:
    from botocore.session import Session

CARD = ("loyalty", "L1")
NUMBER = "+27820000042"
FIRST, SECOND_PLAN = StoredPlan(1, {}, {"a": b"1"}, {}), StoredPlan(2, {}, {"a": b"2"}, {})

MANY = {"plans.publish": 5, "tombstones.sweep": 3}

type Operation = Callable[[], object]


def of_the_table(table: Table) -> dict[str, Operation]:
    """Every operation of the table's adapters, on a table where it has all its work to do."""
    given = table.client, table.name
    history = DynamoDbHistory(*given, 400)
    boxes, directory = DynamoDbMailboxes(*given, history), DynamoDbDirectory(*given)
    stones, plans = DynamoDbTombstones(*given, 400), DynamoDbPlans(*given, FakeClock(NOON))
    links, numbers = DynamoDbLinkKeys(*given), DynamoDbNumbers(*given)
    for name in (ANA, "ben", "carl"):
        boxes.append(name, event())
    long = boxes.save(boxes.read("carl"), save_of(boxes.read("carl"), journal="x"))
    boxes.save(long, save_of(long, journal=line(2, padding=JOURNAL_CHARS)))
    for number in range(30):
        history.keep(ANA, event(f"h{number}"))
    directory.claim(CARD, ANA)
    directory.claim(("loyalty", "L2"), "nobody yet")
    plans.publish(FIRST, 0)
    numbers.remember(NUMBER, ANA, NOON)
    mark = mark_of_id(stones.secret(), "dora")
    stones.note({mark}, {}, NOON, person=mark)
    stones.mark(Mailbox("erik"), (), NOON, None)
    boxes.note_rest(ANA, 3)
    return {
        "mailboxes.append": lambda: boxes.append(ANA, event("e2")),
        "mailboxes.read": lambda: boxes.read(ANA),
        "mailboxes.save": lambda: boxes.save(boxes.read("carl"), save_of(boxes.read("carl"))),
        "mailboxes.join": lambda: boxes.join(boxes.read("ben"), ANA, alias="beni"),
        "mailboxes.leave_word": lambda: boxes.leave_word(ANA, [("identity", *CARD)]),
        "mailboxes.due": lambda: boxes.due(0, NOON, 1),
        "mailboxes.set_timer": lambda: boxes.set_timer(boxes.read(ANA), NOON),
        "mailboxes.put_off": lambda: boxes.put_off(ANA, NOON, NOON + DAY),
        "mailboxes.note_rest": lambda: boxes.note_rest("ben", 3),
        "mailboxes.end_rest": lambda: boxes.end_rest(ANA, 3, NOON),
        "mailboxes.resting": lambda: boxes.resting(0, 3, 1),
        "history.keep": lambda: history.keep(ANA, event("e3")),
        "history.came_as_user": lambda: history.came_as_user(ANA),
        "history.first_at": lambda: history.first_at(ANA),
        "history.keep_journal": lambda: history.keep_journal(ANA, line(1), 1),
        "history.lines": lambda: history.lines(ANA, 0),
        "history.events": lambda: history.events(ANA, 0),
        "directory.claim": lambda: directory.claim(("card", "C1"), ANA),
        "directory.let_go": lambda: directory.let_go(CARD, ANA, NOON),
        "directory.holder": lambda: directory.holder(CARD),
        "directory.standing": lambda: directory.standing(ANA),
        "plans.live": plans.live,
        "plans.revision": plans.revision,
        "plans.forgotten": plans.forgotten,
        "plans.documents": lambda: plans.documents(1),
        "plans.stored": plans.stored,
        "plans.publish": lambda: plans.publish(SECOND_PLAN, 1),
        "tombstones.secret": stones.secret,
        "tombstones.mark_of": lambda: stones.mark_of(ANA),
        "tombstones.note": lambda: stones.note(
            {mark}, {mark: AddressStatus("bounced", NOON)}, NOON, person=mark
        ),
        "tombstones.noted_at": lambda: stones.noted_at(mark),
        "tombstones.lift": lambda: stones.lift(mark, NOON + DAY),
        "tombstones.mark": lambda: stones.mark(boxes.read("ben"), (), NOON, None),
        "tombstones.sweep": lambda: stones.sweep(ANA),
        "tombstones.remove": lambda: stones.remove("erik"),
        "tombstones.release": lambda: stones.release(("identity", *CARD), {ANA}),
        "tombstones.release a number": lambda: stones.release(("number", NUMBER), {ANA}),
        "survey.pages": lambda: [*DynamoDbSurvey(*given).pages()],
        "link_keys.keys": links.keys,
        "link_keys.renew": lambda: links.renew((), NOON),
        "numbers.remember": lambda: numbers.remember(NUMBER, "ben", NOON),
        "numbers.customers_of": lambda: numbers.customers_of(NUMBER),
    }


def of_the_bucket(client: Any) -> dict[str, Operation]:  # noqa: ANN401 - moto's
    """Likewise, of the adapters of a bucket."""
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="settings.json", Body=b"{}")
    files, exports = S3Workspace(client, "bucket"), S3Exports(client, "bucket")
    exports.put("f1", "r1", {})
    return {
        "workspace.listing": files.listing,
        "workspace.read": lambda: files.read("settings.json", 10),
        "workspace.report": lambda: files.report("settings.json", {}),
        "exports.put": lambda: exports.put("f1", "r2", {}),
        "exports.purge": lambda: exports.purge("f1"),
    }


@contextmanager
def failing(client: BaseClient, number: int, *, answers: bool) -> Iterator[list[str]]:
    """Let the call of that number fail, answered or not; gives the calls that did."""
    before, failed, numbers = "before-call", list[str](), count()

    def respond(model: Any, **_: object) -> Any:  # noqa: ANN401 - botocore's
        if next(numbers) != number:
            return None
        failed.append(model.name)
        if not answers:
            raise EndpointConnectionError(endpoint_url="table")
        error = {"Code": "AccessDeniedException", "Message": "why"}
        metadata = {"HTTPStatusCode": 400}
        return AWSResponse("", 400, HTTPHeaders(), None), {
            "Error": error,
            "ResponseMetadata": metadata,
        }

    client.meta.events.register(before, respond)
    try:
        yield failed
    finally:
        client.meta.events.unregister(before, respond)


def works_only_whole(client: BaseClient, name: str, operation: Operation, *, answers: bool) -> int:
    """Let each call of an operation fail once, until it fails no more; how many it has."""
    for number in count():
        with failing(client, number, answers=answers) as failed:
            try:
                operation()
            except Unavailable as error:
                caused = error.__cause__ is not None
            else:
                assert failed == [], f"{name} passed over a {failed} that failed"
                return number
        assert failed, f"{name} failed though nothing else did"
        assert caused, f"{name} does not say what failed"
    raise AssertionError(name)


@pytest.mark.parametrize("answers", [True, False])
def test_whatever_call_fails_an_operation_fails(
    session: "Session", table: Table, *, answers: bool
) -> None:
    bucket = clients.s3(session)
    operations = [
        *((table.client, *item) for item in of_the_table(table).items()),
        *((bucket, *item) for item in of_the_bucket(bucket).items()),
    ]
    calls = {
        name: works_only_whole(client, name, operation, answers=answers)
        for client, name, operation in operations
    }
    assert min(calls.values()) > 0
    assert {name: calls[name] for name in MANY} == MANY


def test_every_operation_of_an_adapter_is_among_these(session: "Session", table: Table) -> None:
    named = {
        "mailboxes": DynamoDbMailboxes,
        "history": DynamoDbHistory,
        "directory": DynamoDbDirectory,
        "plans": DynamoDbPlans,
        "tombstones": DynamoDbTombstones,
        "survey": DynamoDbSurvey,
        "link_keys": DynamoDbLinkKeys,
        "numbers": DynamoDbNumbers,
        "workspace": S3Workspace,
        "exports": S3Exports,
    }
    there = {
        f"{name}.{method}"
        for name, adapter in named.items()
        for method in vars(adapter)
        if not method.startswith("_")
    }
    tried = {**of_the_table(table), **of_the_bucket(clients.s3(session))}
    assert there == {name.split(maxsplit=1)[0] for name in tried}
