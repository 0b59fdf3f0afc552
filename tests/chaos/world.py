"""An AWS that misbehaves, from a seed: the real runtime over fakes, with a scheduler that kills it.

Every call to a port may fail, die before or after its effect, or be interrupted by another function
that runs meanwhile. Deliveries come twice, late and out of order. The same seed does the same.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sojourn.core.errors import Transient, Unavailable
from sojourn.core.instants import HOUR, MINUTE, SECOND, Instant, format_instant, parse_instant
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.fakes.plans import FakePlans
from sojourn.fakes.providers import FakeMailer, FakePusher, FakeTexter
from sojourn.fakes.queues import FakeBus, FakeDeadLetters, FakeQueue
from sojourn.runtime.delivery import Delivery, Providers
from sojourn.runtime.dispatch import Dispatch
from sojourn.runtime.evaluate import Evaluate
from sojourn.runtime.ingest import Ingest
from sojourn.runtime.links import Links
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.mailbox import Change
from sojourn.runtime.ports import Email, StoredPlan, Text, Throttled, Unknown
from sojourn.runtime.wake import wake_due
from tests.chaos.shop import documents

BEGIN: Instant = parse_instant("2026-03-02T06:00:00Z")
RETRY = 30 * SECOND
"""After how long a delivery that failed comes again."""


class Killed(BaseException):
    """The process died here."""


@dataclass(slots=True)
class Delivery_:  # noqa: N801 - `Delivery` is the runtime's
    """A body that is delivered to a function at an instant."""

    at: Instant
    body: str


@dataclass(slots=True)
class Accepted:
    """What a provider took, when."""

    at: Instant
    customer: str
    message: str
    channel: str
    subject: str


class Port:
    """A port whose every call may go wrong."""

    def __init__(self, world: "World", inner: object) -> None:
        self._world = world
        self._inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._inner, name)

        def risky(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's call
            world = self._world
            world.interrupt()
            world.risk(name, before=True)
            answer = call(*arguments, **named)
            world.risk(name, before=False)
            return answer

        return risky


@dataclass
class World:
    """Everything, and the dice."""

    seed: int
    calm: bool = False
    clock: FakeClock = field(default_factory=lambda: FakeClock(BEGIN))
    ingest_queue: list[Delivery_] = field(default_factory=list)
    work: list[tuple[str, Delivery_]] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    appended_at: dict[str, Instant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.depth = 0
        self.history = FakeHistory()
        self.mailboxes = FakeMailboxes(self.history)
        self.link_keys = FakeLinkKeys()
        self.plans = FakePlans()
        self.plans.publish(StoredPlan(1, documents(), {}, {}), 0)
        self.dispatch_queue, self.wake_queue = FakeQueue(), FakeQueue()
        self.bus, self.letters = FakeBus(), FakeDeadLetters()
        self.mailer, self.texter = FakeMailer(), FakeTexter()
        self.cursor: dict[str, int] = {}
        self.next_minute = BEGIN
        self.killed = 0

    # ---- what goes wrong -----------------------------------------------------------------------

    def risk(self, call: str, *, before: bool) -> None:
        """Die or fail at a call, now and then."""
        if self.calm:
            return
        draw = self.dice.random()
        if draw < 0.01:
            self.killed += 1
            raise Killed(call)
        if before and draw < 0.02:
            raise Unavailable(f"{call} did not answer")

    def interrupt(self) -> None:
        """Let another function do something while this one waits for its answer."""
        if self.calm or self.depth >= 3 or self.dice.random() > 0.1:
            return
        self.depth += 1
        try:
            self.step()
        finally:
            self.depth -= 1

    # ---- the functions -------------------------------------------------------------------------

    def _live(self) -> LivePlan:
        return LivePlan(self.plans, self.clock, 5 * SECOND)

    def _port(self, inner: object) -> Any:  # noqa: ANN401 - stands for any port
        return Port(self, inner)

    def take_envelope(self, body: str) -> None:
        ingest = Ingest(
            self._port(self.mailboxes),
            self._port(self.history),
            self._live(),
            self._port(self.letters),
            self.clock,
        )
        ingest.take(body)
        entry = json.loads(body)
        self.appended_at.setdefault(entry.get("id", ""), self.clock.now())

    def take_changes(self, changes: Sequence[Change]) -> None:
        evaluate = self._evaluate()
        evaluate.take(changes)
        evaluate.flush()

    def take_wake(self, body: str) -> None:
        evaluate = self._evaluate()
        evaluate.wake(body)
        evaluate.flush()

    def _evaluate(self) -> Evaluate:
        return Evaluate(
            self._port(self.mailboxes),
            self._port(self.history),
            self._live(),
            self._port(self.dispatch_queue),
            self._port(self.wake_queue),
            self._port(self.bus),
            self.clock,
        )

    def take_dispatch(self, body: str) -> None:
        links = Links(self._port(self.link_keys), self.clock)
        Dispatch(
            self._port(self.mailboxes),
            self._port(self.history),
            self._live(),
            Delivery(
                Providers(_Mailer(self), _Texter(self), FakePusher()),
                "shop@shop.example",
                links,
                "https://shop.example",
            ),
            self.clock,
        ).take(body)

    def take_minute(self) -> None:
        wake_due(self._port(self.mailboxes), self._port(self.wake_queue), self.clock)

    # ---- the scheduler -------------------------------------------------------------------------

    def put(self, name: str, customer: str, at: Instant, id_: str, **properties: str) -> None:
        """An event that an external system sends at an instant; perhaps twice."""
        traits = {"email": f"{customer}@shop.example", "phone": f"+2782000{len(customer):04d}"}
        entry = {
            "id": id_,
            "detail-type": name,
            "source": "shop",
            "time": format_instant(at),
            "detail": {"userId": customer, "properties": properties, "traits": traits},
        }
        body = json.dumps(entry)
        self.ingest_queue.append(Delivery_(at, body))
        if not self.calm and self.dice.random() < 0.2:
            self.ingest_queue.append(Delivery_(at + self.dice.randrange(5 * MINUTE), body))

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except (Killed, Transient):
            return False
        return True

    def step(self) -> bool:
        """Do one thing that is due; False when nothing is."""
        self._collect()
        now = self.clock.now()
        choices: list[Callable[[], None]] = []
        choices += [
            lambda item=item: self._deliver_envelope(item)  # type: ignore[misc]
            for item in self.ingest_queue
            if item.at <= now
        ]
        choices += [
            lambda pair=pair: self._deliver(pair)  # type: ignore[misc]
            for pair in self.work
            if pair[1].at <= now
        ]
        choices += [
            lambda who=who: self._deliver_changes(who)  # type: ignore[misc]
            for who in self._behind()
        ]
        if not choices:
            return False
        (choices[0] if self.calm else self.dice.choice(choices))()
        return True

    def _collect(self) -> None:
        """What was put on the queues becomes deliveries; some come twice."""
        for kind, queue in (("dispatch", self.dispatch_queue), ("wake", self.wake_queue)):
            for queued in queue.queued:
                at = self.clock.now() + queued.delay_seconds * SECOND
                self.work.append((kind, Delivery_(at, queued.body)))
                if not self.calm and self.dice.random() < 0.1:
                    self.work.append((kind, Delivery_(at + SECOND, queued.body)))
            queue.queued.clear()

    def _deliver_envelope(self, item: Delivery_) -> None:
        self.ingest_queue.remove(item)
        if not self._attempt(lambda: self.take_envelope(item.body)):
            item.at = self.clock.now() + RETRY
            self.ingest_queue.append(item)

    def _deliver(self, pair: tuple[str, Delivery_]) -> None:
        self.work.remove(pair)
        kind, item = pair
        take = self.take_dispatch if kind == "dispatch" else self.take_wake
        if not self._attempt(lambda: take(item.body)):
            item.at = self.clock.now() + RETRY
            self.work.append(pair)

    def _behind(self) -> list[str]:
        """Customers with changes the stream has not handed over."""
        seen = {
            change.after.customer_id: index for index, change in enumerate(self.mailboxes.changes)
        }
        return [who for who, last in seen.items() if self.cursor.get(who, -1) < last]

    def _deliver_changes(self, who: str) -> None:
        """Hand over one customer's changes in order; a failed batch comes again whole."""
        after = self.cursor.get(who, -1)
        pending = [
            (index, change)
            for index, change in enumerate(self.mailboxes.changes)
            if index > after and change.after.customer_id == who
        ]
        count = 1 if self.calm else self.dice.randint(1, len(pending))
        batch = pending[:count]
        # Claimed before it runs, as a shard hands one batch at a time to one function.
        self.cursor[who] = batch[-1][0]
        if not self._attempt(lambda: self.take_changes([change for _, change in batch])):
            self.cursor[who] = after
        elif not self.calm and self.dice.random() < 0.05:
            self.cursor[who] = after  # delivered once more

    def run(self, until: Instant) -> None:
        """Let everything happen up to an instant."""
        while True:
            while self.step():
                pass
            now = self.clock.now()
            dues = [item.at for item in self.ingest_queue] + [item.at for _, item in self.work]
            dues.append(self.next_minute)
            at = max(now, min(dues))
            if at > until:
                return
            self.clock.advance(at - now)
            if self.next_minute <= at:
                self.next_minute = at + MINUTE
                self._attempt(self.take_minute)


class _Mailer:
    """SES: takes mail, sometimes without an answer, and reports delivery through the bus."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send(self, email: Email) -> str:
        return _hand_over(
            self._world,
            lambda: self._world.mailer.send(email),
            "email",
            email.subject,
            dict(email.tags),
        )


class _Texter:
    """SNS: takes text messages, sometimes without an answer."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send(self, text: Text) -> str:
        return _hand_over(
            self._world, lambda: self._world.texter.send(text), "sms", f"{text.to} {text.text}", {}
        )


def _hand_over(
    world: World, send: Callable[[], str], channel: str, subject: str, tags: dict[str, str]
) -> str:
    world.interrupt()
    draw = 1.0 if world.calm else world.dice.random()
    if draw < 0.02:
        world.killed += 1
        raise Killed("before the provider was called")
    if draw < 0.04:
        raise Throttled("slow down")
    if draw < 0.05:
        raise Unknown("it never arrived")
    id_ = send()
    now = world.clock.now()
    message = tags.get("sojourn_message", subject)
    world.accepted.append(
        Accepted(now, tags.get("sojourn_customer", subject), message, channel, subject)
    )
    if channel == "email":
        _report_delivery(world, id_, tags)
    if draw < 0.08:
        world.killed += 1
        raise Killed("after the provider took it")
    if draw < 0.10:
        raise Unknown("the answer was lost")
    return id_


def _report_delivery(world: World, id_: str, tags: dict[str, str]) -> None:
    at = world.clock.now() + (SECOND if world.calm else world.dice.randrange(MINUTE))
    stamp = datetime.fromtimestamp(at / SECOND, UTC).isoformat().replace("+00:00", "Z")
    entry = {
        "id": f"delivery-{id_}",
        "source": "aws.ses",
        "detail-type": "Email Delivered",
        "time": stamp,
        "detail": {
            "eventType": "Delivery",
            "mail": {
                "messageId": id_,
                "timestamp": stamp,
                "tags": {name: [value] for name, value in tags.items()},
            },
            "delivery": {"timestamp": stamp},
        },
    }
    world.ingest_queue.append(Delivery_(at, json.dumps(entry)))


def a_day(seed: int, *, calm: bool = False) -> World:
    """Two days of a few customers, then a calm third day in which everything settles."""
    world = World(seed, calm=calm)
    story = random.Random(seed)
    for number in range(story.randint(1, 3)):
        who = f"c{number}"
        at = BEGIN + story.randrange(20 * HOUR)
        world.put("account.created", who, at, f"{who}-created")
        for cart in range(story.randint(0, 3)):
            left_at = at + story.randrange(20 * HOUR)
            name = f"{who}-{cart}"
            world.put("cart.abandoned", who, left_at, f"{name}-left", cart=name)
            if story.random() < 0.5:
                bought_at = left_at + story.randrange(30 * MINUTE)
                world.put("order.placed", who, bought_at, f"{name}-bought", cart=name, order=name)
    world.run(BEGIN + 48 * HOUR)
    world.calm = True
    world.run(BEGIN + 72 * HOUR)
    return world
