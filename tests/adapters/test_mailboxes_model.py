"""Any order of appends, reads and decisions: the fake and the table agree with a plain model."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from moto import mock_aws

from sojourn.adapters import clients, keys
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.state.customer import Event
from sojourn.core.values.ids import mark
from sojourn.core.values.instants import Instant
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.runtime.customer.mailbox import Mailbox, Overtaken
from sojourn.runtime.ports import History, Mailboxes
from tests.adapters.conftest import make_table
from tests.adapters.examples import NOON, customer, event, line, save_of

WHO = st.sampled_from(["ana", "ben"])


@dataclass(slots=True)
class Person:
    """What must be true of one customer."""

    revision: int = 0
    waiting: list[Event] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    timer_at: Instant | None = None
    lines: list[str] = field(default_factory=list)


class Fake(RuleBasedStateMachine):
    """Drives one store or several alike, and holds each to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.stores = list(self.make_stores())
        self.people = {"ana": Person(), "ben": Person()}
        self.held: list[Mailbox] = []

    def make_stores(self) -> Iterator[tuple[Mailboxes, History]]:
        kept = FakeHistory()
        yield FakeMailboxes(kept), kept

    def teardown(self) -> None:
        self.opened.close()

    @rule(who=WHO, id_=st.sampled_from("abcdef"), late=st.integers(0, 2))
    def append(self, who: str, id_: str, late: int) -> None:
        person, came = self.people[who], event(id_, NOON, NOON + late)
        known = id_ in person.taken or id_ in [each.id for each in person.waiting]
        for mailboxes, _ in self.stores:
            assert mailboxes.append(who, came) == ("duplicate" if known else "appended")
        if not known:
            person.waiting.append(came)
            person.waiting.sort(key=lambda each: each.received_at)

    @rule(who=WHO)
    def read(self, who: str) -> None:
        self.held.append(self.stores[0][0].read(who))

    @precondition(lambda self: self.held)
    @rule(
        which=st.integers(0, 99),
        count=st.integers(0, 3),
        timer=st.none() | st.integers(0, 5),
        padding=st.sampled_from([0, 900]),
    )
    def decide(self, which: int, count: int, timer: int | None, padding: int) -> None:
        box = self.held.pop(which % len(self.held))
        person = self.people[box.customer_id]
        ids = [waiting.event.id for waiting in box.inbox[:count]]
        before = box.customer or customer(box.customer_id)
        state = replace(before, seen=(*before.seen, *map(mark, ids)))
        consumed = tuple(waiting.slot for waiting in box.inbox[:count])
        timer_at = None if timer is None else NOON + timer
        text = line(box.revision + 1, padding=padding)
        save = save_of(box, state, consumed=consumed, timer_at=timer_at, journal=text)
        for mailboxes, _ in self.stores:
            if box.revision == person.revision:
                mailboxes.save(box, save)
            else:
                with pytest.raises(Overtaken) as caught:
                    mailboxes.save(box, save)
                assert caught.value.current == mailboxes.read(box.customer_id)
        if box.revision == person.revision:
            person.revision += 1
            person.taken += ids
            person.waiting = [each for each in person.waiting if each.id not in ids]
            person.timer_at = timer_at
            person.lines.append(text)

    @invariant()
    def nothing_is_lost(self) -> None:
        for who, person in self.people.items():
            boxes = [mailboxes.read(who) for mailboxes, _ in self.stores]
            assert boxes == boxes[:1] * len(boxes)
            for box, (mailboxes, history) in zip(boxes, self.stores, strict=True):
                assert box.revision == person.revision
                assert [waiting.event for waiting in box.inbox] == person.waiting
                seen = () if box.customer is None else box.customer.seen
                assert seen == tuple(map(mark, person.taken))
                found = [*history.lines(who, 0), *filter(None, box.journal.split("\n"))]
                assert list(dict.fromkeys(found)) == person.lines
                due = mailboxes.due(keys.shard_of(who), NOON + 5, 10)
                wanted = None if person.timer_at is None else (who, person.timer_at)
                assert [each for each in due if each[0] == who] == [wanted] * (wanted is not None)


class FakeAndTable(Fake):
    def make_stores(self) -> Iterator[tuple[Mailboxes, History]]:
        yield from super().make_stores()
        self.opened.enter_context(mock_aws())
        table = make_table(clients.aws())
        history = DynamoDbHistory(table.client, table.name, 400)
        yield DynamoDbMailboxes(table.client, table.name, history), history


TestFake = Fake.TestCase
TestFake.settings = settings(max_examples=60, stateful_step_count=30)
TestFakeAndTable = FakeAndTable.TestCase
TestFakeAndTable.settings = settings(max_examples=4, stateful_step_count=15)
