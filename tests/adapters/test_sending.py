"""Dispatch over the real adapters: many at once pass no cap, and a death anywhere sends once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from sojourn.adapters import clients
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.ses import SesMailer
from sojourn.adapters.sns import SnsTexter
from sojourn.core.engine.timers import LEASE
from sojourn.core.errors import Conflict
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn.core.values.instants import MINUTE, Instant, parse_instant
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.providers import FakePusher
from sojourn.fakes.queues import FakeBus, FakeQueue
from sojourn.runtime.customer.timeline import messages_of, read_timeline
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.messages.delivery import Delivery
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.messages.providers import Email, Providers
from sojourn.runtime.ports import StoredPlan
from sojourn.runtime.preferences.links import Links
from tests.adapters.conftest import Table, make_table

if TYPE_CHECKING:
    from botocore.session import Session

NOON: Instant = parse_instant("2026-03-02T12:00:00Z")
ANA = "ana"
MOST = 2
JOURNEYS = 4


def documents(category: str) -> JsonObject:
    """As many journeys as want to write at once, and a cap for half of them."""
    step = {
        "type": "send",
        "channel": "email",
        "on_limit": "skip",
        "content": {"subject": "s", "text": "t"},
    }
    journeys = {
        f"j{number}": {
            "current": 1,
            "versions": {
                "1": {
                    "id": f"j{number}",
                    "status": "live",
                    "category": category,
                    "entry": {"event": "go"},
                    "start": "mail",
                    "steps": {"mail": step},
                }
            },
        }
        for number in range(JOURNEYS)
    }
    cap = {"name": "daily", "max": MOST, "per": "P1D"}
    settings = {"timezone": "UTC", "caps": [cap], "senders": {"email": "shop@shop.example"}}
    found: JsonObject = {"settings": settings, "journeys": journeys}  # type: ignore[dict-item]  # JSON
    return loads_object(dumps(found))


class Died(BaseException):
    """The process was killed here."""


ONE_AT_A_TIME = threading.Lock()
"""DynamoDB looks at a condition and writes in one; moto does so in two, between which another
thread may come. The calls come in any order all the same."""


class Mortal:
    """A port whose n-th call of all is the last thing its process does, before or after it."""

    def __init__(self, inner: object, count: "Count") -> None:
        self._inner = inner
        self._count = count

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._call, getattr(self._inner, name))

    def _call(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's
        self._count.calls += 1
        dies = self._count.calls == self._count.dies_at
        if dies and self._count.before:
            raise Died
        with ONE_AT_A_TIME:
            answer = function(*given, **named)
        if dies:
            raise Died
        return answer


@dataclass
class Count:
    """Calls so far, and at which one the process dies."""

    dies_at: int = 0
    before: bool = True
    calls: int = 0


class Post:
    """SES by its adapter, and what it took."""

    def __init__(self, mailer: SesMailer) -> None:
        self.sent: list[str] = []
        self._mailer = mailer

    def send(self, email: Email) -> str:
        """See Mailer."""
        id_ = self._mailer.send(email)
        self.sent.append(email.tags["sojourn_message"])
        return id_


class House:
    """Dispatch and evaluate over the table and SES of moto."""

    def __init__(self, session: "Session", category: str) -> None:
        self.clock = FakeClock(NOON)
        self.table: Table = make_table(session)
        self.history = DynamoDbHistory(self.table.client, self.table.name, 400)
        self.mailboxes = DynamoDbMailboxes(self.table.client, self.table.name, self.history)
        self.plans = DynamoDbPlans(self.table.client, self.table.name, self.clock)
        self.plans.publish(StoredPlan(1, documents(category), {}, {}), 0)
        ses = clients.ses(session)
        ses.create_email_identity(EmailIdentity="shop@shop.example")
        ses.create_configuration_set(ConfigurationSetName="set")
        self.post = Post(SesMailer(ses, "set", self.clock))
        self.texter = SnsTexter(clients.sns(session), self.clock)
        self.links = Links(DynamoDbLinkKeys(self.table.client, self.table.name), self.clock)
        self.category = category

    def enters(self, who: str) -> None:
        """A customer enters every journey; all of them want to write to her."""
        now = self.clock.now()
        went = Event(f"{who}-goes", "go", now, now, {}, {"email": f"{who}@shop.example"})
        self.mailboxes.append(who, went)
        live = LivePlan(self.plans, self.clock, 0)
        wakes, bus = FakeQueue(), FakeBus()
        work = FakeQueue()
        Evaluate(self.mailboxes, self.history, live, work, wakes, bus, self.clock).wake(
            body_of(who)
        )

    def dies(self, who: str, count: Count) -> bool:
        """Whether dispatch dies over a customer."""
        try:
            self.dispatch(count).take(body_of(who))
        except Died:
            return True
        return False

    def dispatch(self, count: Count | None = None) -> Dispatch:
        counting = count or Count()
        mailboxes: Any = Mortal(self.mailboxes, counting)
        history: Any = Mortal(self.history, counting)
        plans: Any = Mortal(self.plans, counting)
        post: Any = Mortal(self.post, counting)
        delivery = Delivery(
            Providers(post, self.texter, FakePusher()),
            FakeNumbers(),
            "",
            self.links,
            "https://shop.example",
        )
        return Dispatch(mailboxes, history, LivePlan(plans, self.clock, 0), delivery, self.clock)

    def outcomes(self, who: str) -> Counter[str]:
        """What became of a customer's messages."""
        rows = messages_of(read_timeline(self.mailboxes, self.history, who).records)
        return Counter(str(row["status"]) for row in rows)


@pytest.fixture
def house(session: "Session", request: pytest.FixtureRequest) -> House:
    return House(session, getattr(request, "param", "marketing"))


def test_sixty_four_at_once_pass_no_cap(house: House) -> None:
    house.enters(ANA)
    begin = threading.Barrier(64)

    def take(_: int) -> None:
        dispatch = house.dispatch()
        begin.wait(30)
        for _ in range(20):
            try:
                dispatch.take(body_of(ANA))
            except Conflict:
                continue  # it comes again, as from the queue
            return

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(take, range(64)))
    assert len(house.post.sent) == len(set(house.post.sent)) == MOST
    assert house.outcomes(ANA) == {"sent": MOST, "capped": JOURNEYS - MOST}


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("house", ["marketing", "transactional"], indirect=True)
def test_a_death_at_any_call_leaves_nobody_stuck(house: House, *, before: bool) -> None:
    """What may have been sent is not sent again for marketing, once more for transactional."""
    at, died = 0, True
    while died:
        at += 1
        who = f"c{at}"
        house.enters(who)
        house.post.sent.clear()
        died = house.dies(who, Count(at, before))
        for wait in (LEASE, 5 * MINUTE):
            house.clock.advance(wait)
            house.dispatch().take(body_of(who))
        state = house.mailboxes.read(who).customer
        assert state is not None
        assert (dict(state.messages), state.live()) == ({}, ())
        assert house.outcomes(who).total() == JOURNEYS
        went = Counter(house.post.sent)
        if house.category == "marketing":
            assert max(went.values()) == 1
            assert MOST - 1 <= len(went) <= MOST
        else:
            assert len(went) == JOURNEYS
            assert sorted(went.values())[-2:] in ([1, 1], [1, 2])
    assert at > 8
