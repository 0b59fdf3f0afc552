"""The audit: a table that is right has no violation, and one of every kind that is wrong is found.

Customers are made by the functions' own classes over a table in this process; then one attribute
of one item is changed behind their back.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from sojourn.adapters import clients, keys
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.marks import read_forgotten
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.survey import DynamoDbSurvey
from sojourn.core.limits import ENROLMENTS
from sojourn.core.state.codec import encode_customer
from sojourn.core.state.customer import Customer, Sent
from sojourn.core.values.instants import DAY, HOUR, MINUTE, format_instant, parse_instant
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.queues import FakeBus, FakeDeadLetters, FakeQueue
from sojourn.fakes.workspace import FakeWorkspace
from sojourn.runtime.audit import Judged, Tally, Violation, examine
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.incoming.ingest import Ingest
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.workspace.publishing import Publish
from tests.adapters.conftest import make_table

NOON = parse_instant("2026-03-02T12:00:00Z")
NAPPER, READER, BUYER, IDLER = "napper", "reader", "buyer", "idler"
JOURNEYS: dict[str, dict[str, Any]] = {
    "nap": {"sleep": {"type": "wait", "for": "P2D"}},
    "read": {
        "listen": {
            "type": "wait_for",
            "any": [{"event": "book.closed"}],
            "timeout": "P1D",
            "on_timeout": "end",
        },
        "end": {"type": "exit"},
    },
    "buy": {
        "thank": {"type": "send", "channel": "email", "content": {"subject": "Hi", "text": "Hi"}}
    },
}
FILES: dict[str, Any] = {
    "settings.json": {
        "timezone": "UTC",
        "senders": {"email": "hello@shop.example"},
        "caps": [{"name": "daily", "max": 1, "per": "P1D"}],
        "quiet_hours": [{"from": "10:00", "to": "20:00"}],
    },
    **{
        f"journeys/{name}.json": {
            "id": name,
            "name": name,
            "status": "live",
            "entry": {"event": f"{name}.began"},
            "start": next(iter(steps)),
            "steps": steps,
        }
        for name, steps in JOURNEYS.items()
    },
}


class Shop:
    """A table with four customers: asleep, waiting for an event, held by quiet hours, and idle."""

    def __init__(self) -> None:
        session = clients.aws()
        table = make_table(session)
        self.client: Any = table.client
        self.table = table.name
        self.clock = FakeClock(NOON)
        self.history = DynamoDbHistory(self.client, self.table, 400)
        self.mailboxes = DynamoDbMailboxes(self.client, self.table, self.history)
        self.directory = DynamoDbDirectory(self.client, self.table)
        self.plans = DynamoDbPlans(self.client, self.table, self.clock)
        self.publish(FILES)
        for customer, journey in ((NAPPER, "nap"), (READER, "read"), (BUYER, "buy")):
            self.put(customer, f"{journey}.began")
            self.decide(customer)
        self.put(IDLER, "book.closed")
        self.decide(IDLER)

    @property
    def live(self) -> LivePlan:
        return LivePlan(self.plans, self.clock, 0)

    def publish(self, files: dict[str, Any]) -> None:
        workspace = FakeWorkspace({path: json.dumps(doc).encode() for path, doc in files.items()})
        Publish(workspace, self.plans, FakeBus(), self.clock, lambda _: None).take(files)
        assert all(report["ok"] for report in workspace.reports.values()), workspace.reports

    def put(self, customer: str, event: str) -> None:
        ingest = Ingest(
            self.mailboxes,
            self.directory,
            self.history,
            self.live,
            FakeNumbers(),
            FakeDeadLetters(),
            self.clock,
        )
        traits = {"email": f"{customer}@shop.example"}
        detail = {"userId": customer, "event": event, "messageId": event, "traits": traits}
        time = format_instant(self.clock.now())
        ingest.take(json.dumps({"id": "1", "time": time, "source": "shop", "detail": detail}))

    def decide(self, customer: str) -> None:
        queues = FakeQueue(), FakeQueue()
        evaluate = Evaluate(self.mailboxes, self.history, self.live, *queues, FakeBus(), self.clock)
        evaluate.wake(body_of(customer))

    @property
    def plan(self) -> Plan:
        revision = self.plans.revision()
        return plan_from(self.plans.documents(revision), revision)

    def audit(self, since: int = 0) -> list[Violation]:
        tally = Tally()
        forgotten = read_forgotten(self.client, self.table)
        judged = Judged(self.plan, self.clock.now(), 15 * MINUTE, since, forgotten)
        found: list[Violation] = []
        for page in DynamoDbSurvey(self.client, self.table).pages():
            for item in page:
                tally = tally.counting(item)
                found += examine(item, judged)
        return found

    def items(self) -> list[Any]:
        return list(self.client.scan(TableName=self.table)["Items"])

    def alter(self, customer: str, attribute: str, value: dict[str, str] | None) -> None:
        """Change one attribute of an item, or take it away."""
        request: dict[str, Any] = {"UpdateExpression": "REMOVE #a"}
        if value is not None:
            request = {
                "UpdateExpression": "SET #a = :v",
                "ExpressionAttributeValues": {":v": value},
            }
        self.client.update_item(
            TableName=self.table,
            Key={"pk": {"S": keys.customer_pk(customer)}, "sk": {"S": keys.ITEM}},
            ExpressionAttributeNames={"#a": attribute},
            **request,
        )

    def corrupt(self, customer: str, change: Callable[[Customer], Customer]) -> None:
        """Change a customer's state, leaving everything beside it as it was."""
        before = self.mailboxes.read(customer).customer
        assert before is not None
        self.alter(customer, keys.STATE, {"S": encode_customer(change(before))})


@pytest.fixture(scope="module")
def built() -> Iterator[tuple[Shop, list[Any]]]:
    """The shop, and every item of its table as it was made."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        shop = Shop()
        yield shop, shop.items()


@pytest.fixture
def shop(built: tuple[Shop, list[Any]]) -> Shop:
    """The shop as it was made, whatever the test before did to it."""
    found, items = built
    for item in found.items():
        key = {name: item[name] for name in (keys.PK, keys.SK)}
        found.client.delete_item(TableName=found.table, Key=key)
    for item in items:
        found.client.put_item(TableName=found.table, Item=item)
    found.clock = FakeClock(NOON)
    return found


def told(found: list[Violation]) -> list[tuple[str, str]]:
    return [(item.customer, item.code) for item in found]


def test_what_the_functions_made_is_right(shop: Shop) -> None:
    states = {name: shop.mailboxes.read(name).customer for name in (NAPPER, READER, BUYER, IDLER)}
    assert [len(item.live()) for item in states.values() if item is not None] == [1, 1, 1, 0]
    assert shop.audit() == []
    shop.directory.claim(("card", "1"), NAPPER)
    assert shop.audit() == []


def test_everybody_is_counted(shop: Shop) -> None:
    shop.put(IDLER, "book.closed.again")
    for number, holder in enumerate((NAPPER, READER, "nobody yet")):
        shop.directory.claim(("card", f"{number}"), holder)
    shop.alter("broken", keys.STATE, {"S": "[]"})
    tally = Tally()
    for page in DynamoDbSurvey(shop.client, shop.table).pages():
        for item in page:
            tally = tally.counting(item)
    assert (tally.customers, tally.enrolments, tally.messages, tally.waiting) == (5, 3, 1, 1)


def test_every_page_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = shop.client.scan
    monkeypatch.setattr(shop.client, "scan", lambda **asked: scan(Limit=1, **asked))
    pages = list(DynamoDbSurvey(shop.client, shop.table).pages())
    assert len(pages) > len(JOURNEYS)
    assert sum(map(len, pages)) == 4


# ---- One thing at a time made wrong ----------------------------------------------------------


def enrolled(**change: Any) -> Callable[[Customer], Customer]:  # noqa: ANN401 - fields of a noun
    """Change the one enrolment."""

    def changed(customer: Customer) -> Customer:
        [(id_, enrolment)] = customer.enrolments.items()
        return replace(customer, enrolments={id_: replace(enrolment, **change)})

    return changed


def message(**change: Any) -> Callable[[Customer], Customer]:  # noqa: ANN401 - fields of a noun
    """Change the one message."""

    def changed(customer: Customer) -> Customer:
        [(id_, found)] = customer.messages.items()
        return replace(customer, messages={id_: replace(found, **change)})

    return changed


CASES: dict[str, tuple[str, Callable[[Customer], Customer], list[str]]] = {
    "a wait without a timer": (NAPPER, enrolled(due_at=None), ["stuck", "index"]),
    "a timeout without a timer": (READER, enrolled(due_at=None), ["stuck", "index"]),
    "an enrolment at no step": (NAPPER, enrolled(step=None), ["stuck"]),
    "an enrolment at a step that is not there": (NAPPER, enrolled(step="lost"), ["stuck"]),
    "an enrolment at a step that never waits": (READER, enrolled(step="end"), ["stuck"]),
    "an enrolment in a version that is not there": (NAPPER, enrolled(version=9), ["version-lost"]),
    "a resume without a timer": (
        NAPPER,
        enrolled(onward=("sleep",), due_at=None),
        ["stuck", "index"],
    ),
    "a send without its message": (
        BUYER,
        lambda customer: replace(customer, messages={}),
        ["stuck", "index"],
    ),
    "a message of nobody": (
        BUYER,
        lambda customer: replace(customer, enrolments={}),
        ["orphan-message"],
    ),
    "a message of an enrolment that is elsewhere": (
        BUYER,
        message(step="other"),
        ["stuck", "orphan-message"],
    ),
    "a timer of an enrolment that ended": (
        NAPPER,
        enrolled(exited_at=NOON, outcome="gone"),
        ["orphan-timer", "orphan-timer"],
    ),
    "a message that nobody decides": (BUYER, message(wake_at=NOON - HOUR), ["late", "index"]),
    "a claim that nobody settles": (
        BUYER,
        message(status="claimed", claimed_at=NOON - HOUR),
        ["late", "index"],
    ),
    "a timer that nobody takes": (
        NAPPER,
        enrolled(due_at=NOON - HOUR),
        ["index", "late"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_state_that_breaks_a_promise_is_found(shop: Shop, case: str) -> None:
    customer, change, expected = CASES[case]
    shop.corrupt(customer, change)
    assert told(shop.audit()) == [(customer, code) for code in expected]


def sends(*at: int) -> Callable[[Customer], Customer]:
    """A ledger with marketing e-mails at these instants."""
    ledger = tuple(
        Sent(f"m{n}", when, "email", "marketing", True, "buy", "thank", "e1", "a@shop.example")  # noqa: FBT003 - the noun's own order
        for n, when in enumerate(at)
    )
    return lambda customer: replace(customer, ledger=ledger)


def test_a_send_where_a_cap_left_no_room_is_found(shop: Shop) -> None:
    shop.corrupt(IDLER, sends(NOON - 3 * DAY, NOON - 2 * DAY, NOON - 2 * DAY + HOUR))
    [found] = shop.audit()
    assert (found.customer, found.code, found.journey) == (IDLER, "cap", "buy")
    assert found.reason.startswith(
        "cap daily: sent 2026-02-28T13:00:00Z, no room before 2026-03-01"
    )
    assert shop.audit(since=NOON - DAY) == []


def test_sends_that_just_keep_a_cap_are_none(shop: Shop) -> None:
    shop.corrupt(IDLER, sends(NOON - 2 * DAY, NOON - DAY, NOON))
    assert shop.audit() == []


@pytest.mark.parametrize(
    ("customer", "attribute", "value", "expected"),
    [
        (NAPPER, keys.TIMER_AT, None, ["index"]),
        (NAPPER, keys.TIMER_AT, {"N": str(NOON + 9 * DAY)}, ["index"]),
        (NAPPER, keys.TIMER_SHARD, {"S": "99"}, ["index"]),
        (IDLER, keys.TIMER_AT, {"N": str(NOON)}, ["orphan-timer", "index"]),
        (NAPPER, keys.INBOX_COUNT, {"N": "3"}, ["inbox-count"]),
        (NAPPER, keys.STATE, {"S": "nonsense"}, ["unreadable"]),
        (NAPPER, keys.STATE, {"S": "[1]"}, ["orphan-timer"]),
        (NAPPER, keys.TIMER_SHARD, {"S": "x"}, ["unreadable"]),
        ("nobody", keys.TIMER_AT, {"N": "5"}, ["orphan-timer"]),
    ],
)
def test_an_attribute_that_does_not_agree_is_found(
    shop: Shop, customer: str, attribute: str, value: dict[str, str] | None, expected: list[str]
) -> None:
    shop.alter(customer, attribute, value)
    assert told(shop.audit()) == [(customer, code) for code in expected]


def test_an_event_that_waits_too_long_is_found_and_a_young_one_is_not(shop: Shop) -> None:
    shop.put(IDLER, "book.closed.again")
    assert shop.audit() == []
    shop.clock.advance(HOUR)
    assert [item.code for item in shop.audit() if item.customer == IDLER] == ["inbox-late"]


def test_a_waiting_event_without_its_place_is_found(shop: Shop) -> None:
    shop.put(IDLER, "book.closed.again")
    [waiting] = shop.mailboxes.read(IDLER).inbox
    shop.alter(IDLER, keys.place(waiting.slot), None)
    assert told(shop.audit()) == [(IDLER, "unreadable")]


def test_what_a_bound_forbids_is_found(shop: Shop) -> None:
    def many(customer: Customer, number: int) -> Customer:
        enrolment = next(iter(customer.enrolments.values()))
        return replace(
            customer,
            enrolments={
                f"e{n}": replace(enrolment, id=f"e{n}", number=n, key=f"k{n}")
                for n in range(number)
            },
        )

    shop.corrupt(NAPPER, lambda customer: many(customer, ENROLMENTS))
    assert told(shop.audit()) == []
    shop.corrupt(NAPPER, lambda customer: many(customer, ENROLMENTS + 1))
    assert told(shop.audit()) == [(NAPPER, "bounds")]


# ---- What only looks wrong -------------------------------------------------------------------


def test_a_paused_journeys_timers_may_be_past(shop: Shop) -> None:
    shop.publish({**FILES, "journeys/nap.json": FILES["journeys/nap.json"] | {"status": "paused"}})
    shop.clock.advance(5 * DAY)
    assert [item for item in shop.audit() if item.customer == NAPPER] == []


def test_who_leaves_with_an_archived_journey_is_not_late(shop: Shop) -> None:
    archived = {"status": "archived", "on_archive": "exit"}
    shop.publish({**FILES, "journeys/nap.json": FILES["journeys/nap.json"] | archived})
    assert [item for item in shop.audit() if item.customer == NAPPER] == []


def test_a_timer_that_fell_due_just_now_is_not_late(shop: Shop) -> None:
    shop.clock.advance(2 * DAY + 10 * MINUTE)
    assert [item for item in shop.audit() if item.customer == NAPPER] == []
    shop.clock.advance(10 * MINUTE)
    assert (NAPPER, "late") in told(shop.audit())
