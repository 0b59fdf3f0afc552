"""What every former version left in the table is read as it was meant, and goes on as it should.

Each file in `forms` is a table that a version left in the middle of everything, with the reading
of that version; `python -m tests.stack.forms` writes one.
"""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from sojourn.adapters import keys
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.items import mailbox_from_item
from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.numbers import DynamoDbNumbers
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.core.state.codec import encode_customer
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import HOUR, MINUTE, Duration, parse_instant
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.providers import FakeMailer, FakePusher, FakeTexter
from sojourn.fakes.queues import FakeBus, FakeQueue
from sojourn.runtime.customer.mailbox import SHARDS, Change
from sojourn.runtime.customer.timeline import read_timeline
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.messages.delivery import Delivery
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.messages.providers import Providers
from sojourn.runtime.preferences.links import Links
from tests.adapters.conftest import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

FORMS = {path.stem: path for path in sorted((Path(__file__).parent / "forms").glob("*.json"))}
PACKED = {"text": "S", "packed": "B"}
"""Of which type the state is in each form."""

type Doc = dict[str, Any]


@pytest.fixture(params=sorted(FORMS))
def form(request: pytest.FixtureRequest) -> Doc:
    """One table of a former version."""
    found: Doc = json.loads(FORMS[request.param].read_text(encoding="utf-8"))
    found["form"] = request.param
    found["items"] = [
        {
            name: {"B": b64decode(value["B"])} if "B" in value else value
            for name, value in item.items()
        }
        for item in found["items"]
    ]
    return found


class Resumed:
    """The present functions over a former version's table."""

    def __init__(self, table: Table, form: Doc) -> None:
        for item in form["items"]:
            stored = cast("Mapping[str, AttributeValueTypeDef]", item)
            table.client.put_item(TableName=table.name, Item=stored)
        self.clock = FakeClock(parse_instant(form["at"]))
        self.mailer, self.texter = FakeMailer(), FakeTexter()
        where = table.client, table.name
        self.history = DynamoDbHistory(*where, 400)
        self.mailboxes = DynamoDbMailboxes(*where, self.history)
        self.plans = DynamoDbPlans(*where, self.clock)
        live = LivePlan(self.plans, self.clock, 0)
        self.links = Links(DynamoDbLinkKeys(*where), self.clock)
        self._dispatches, self._wakes = FakeQueue(), FakeQueue()
        ports = self._dispatches, self._wakes, FakeBus(), self.clock
        self.evaluate = Evaluate(self.mailboxes, self.history, live, *ports)
        delivery = Delivery(
            Providers(self.mailer, self.texter, FakePusher()),
            DynamoDbNumbers(*where),
            "hello@karoo.example",
            self.links,
            "https://karoo.example",
        )
        self.dispatch = Dispatch(self.mailboxes, self.history, live, delivery, self.clock)

    def carry(self, *customers: str) -> None:
        """Let these be taken by whoever they are handed to."""
        for customer in customers:
            self.evaluate.wake(body_of(customer))
            self.evaluate.flush()
            self.dispatch.take(body_of(customer))

    def after(self, passed: Duration) -> None:
        """Let time pass, and take whoever the index brings up at its end."""
        self.clock.advance(passed)
        for shard in range(SHARDS):
            due = self.mailboxes.due(shard, self.clock.now(), 100)
            self.carry(*(customer for customer, _ in due))

    def mails(self) -> Counter[tuple[str, str]]:
        """To whom what went."""
        return Counter((mail.to, mail.subject) for mail in self.mailer.sent.values())

    def told(self, customer: str) -> list[str]:
        """What was decided of a customer, over both versions."""
        timeline = read_timeline(self.mailboxes, self.history, customer)
        return [f"{item.what} {item.step} {item.reason or ''}".strip() for item in timeline.records]


def test_it_is_read_as_the_version_that_wrote_it_did(form: Doc) -> None:
    items = {
        item[keys.PK]["S"].removeprefix(keys.CUSTOMER): item
        for item in form["items"]
        if item[keys.SK]["S"] == keys.ITEM
    }
    assert len(items) == len(form["readings"])
    states = {kind for item in items.values() if keys.STATE in item for kind in item[keys.STATE]}
    assert states == {PACKED[form["form"]]}
    for customer, item in items.items():
        box, read = mailbox_from_item(item), form["readings"][customer]
        state = None if box.customer is None else encode_customer(box.customer)
        assert state == read["customer"], customer
        assert [waiting.event.id for waiting in box.inbox] == read["inbox"]
        assert [item.id for item in box.announcements] == read["announcements"]
        for name in ("revision", "journal", "wake_at", "timer_at", "joined_into", "forgotten_at"):
            assert getattr(box, name) == read[name], (customer, name)
        assert (box.is_user, box.arrivals) == (read["is_user"], read["arrivals"])


def test_everybody_goes_on_from_where_she_was(form: Doc, table: Table) -> None:
    works = Resumed(table, form)
    start = works.clock.now()
    for customer, read in form["readings"].items():
        if read["inbox"]:  # as the stream brings them, which keeps them for a day
            works.evaluate.take([Change(None, works.mailboxes.read(customer))])
            works.evaluate.flush()
    clicked = Event(
        "click", "message.clicked", start, start, {"journey": "listens", "step": "hello"}
    )
    assert works.mailboxes.append("listens", clicked) == "appended"
    assert works.mailboxes.append("waits", Event("waits-order.placed", "x", start, start)) == (
        "duplicate"
    )
    works.carry("listens")
    for passed in (5 * MINUTE, HOUR, HOUR):
        works.after(passed)

    assert works.mails() == {
        ("waits@example.com", "Waited"): 1,
        ("fresh@example.com", "Waited"): 1,
        ("listens@example.com", "Thanks"): 1,
    }
    assert [text.text for text in works.texter.sent.values()] == ["Night"]
    for customer in ("waits", "held", "listens", "inbox", "chatty", "claimed", "bounced", "joined"):
        known = works.mailboxes.read(customer).customer
        assert known is not None
        assert not known.live(), customer
        assert not known.messages, customer
    assert "exited pause event order.cancelled" in works.told("inbox")
    lost = "message hello unknown: the provider's answer was lost; not sent again"
    assert lost in works.told("claimed")
    assert works.told("chatty").count("entered None") == 1
    resting = works.mailboxes.read("rests")
    assert resting.customer is not None
    assert len(resting.customer.live()) == 1
    found = [
        works.mailboxes.resting(shard, works.plans.revision() + 1, 9) for shard in range(SHARDS)
    ]
    assert [customer for each in found for customer, _ in each] == ["rests"]
    joined, gone = works.mailboxes.read("visitor"), works.mailboxes.read("gone")
    assert joined.joined_into == "joined"
    assert gone.forgotten_at == form["readings"]["gone"]["forgotten_at"]
    assert gone.customer is None
    items = {item[keys.PK]["S"]: item for item in table.items() if item[keys.SK]["S"] == keys.ITEM}
    written = items[keys.customer_pk("waits")]
    assert "B" in written[keys.STATE], "in the present form"
    assert not {keys.JOURNAL, keys.ANNOUNCEMENTS} & set(written)


def test_a_link_in_a_message_that_went_out_then_is_good(form: Doc, table: Table) -> None:
    link = Resumed(table, form).links.read(form["link"])
    assert (link.customer, link.channel, link.category) == ("listens", "email", "marketing")
