"""The line: events through ingest, evaluate and dispatch, on the virtual clock.

Of one customer, or of several whose ids come together: who is joined is joined as in production.
"""

from collections.abc import Callable, Iterator, Sequence

from sojourn.core.incoming.events import Identities, Incoming
from sojourn.core.state.customer import Event
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import SECOND, Instant
from sojourn.core.workspace.plan import Plan
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.runtime.customer.joining import present
from sojourn.runtime.decisions.deciding import body_of, customer_in
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.incoming.feedback import CUSTOMER_TAG, MESSAGE_TAG, customer_tagged
from sojourn.runtime.incoming.intake import REPORTS, Intake
from sojourn.runtime.messages.delivery import Delivery
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.messages.providers import Providers
from sojourn.runtime.preferences.links import Links
from sojourn_cli.costing.history import MeteredHistory
from sojourn_cli.costing.meter import (
    KnownPlan,
    Meter,
    MeteredBus,
    MeteredDirectory,
    MeteredMailboxes,
    MeteredMailer,
    MeteredNumbers,
    MeteredPusher,
    MeteredQueue,
    MeteredTexter,
    WayIn,
)

type Ring = tuple[Instant, str]
"""When a wake-up comes, and for whom."""

MOST_TURNS = 100_000
"""Turns of one line after which something is going round."""


def alone(customer: str, event: Event) -> Incoming:
    """An event that came with a `userId` alone."""
    return Incoming(event, Identities(customer, None, None, ()))


class Line:
    """Customers' items, queues and functions, in memory."""

    def __init__(self, plan: Plan, meter: Meter, way_in: WayIn = "queue") -> None:
        """Set up; everything counts on the meter."""
        self._way_in = way_in
        self.mailboxes = MeteredMailboxes(meter, history := MeteredHistory(meter))
        self._directory = MeteredDirectory(meter, self.mailboxes)
        self._intake = Intake(
            self.mailboxes, self._directory, history, KnownPlan(plan, meter, looks=False)
        )
        self._meter = meter
        self._history = history
        self._clock = FakeClock(0)
        self._dispatches, self._wakes = MeteredQueue(meter), MeteredQueue(meter)
        self._mailer = MeteredMailer(meter)
        self._evaluate = Evaluate(
            self.mailboxes,
            history,
            KnownPlan(plan, meter, looks=False),
            self._dispatches,
            self._wakes,
            MeteredBus(meter),
            self._clock,
        )
        links = Links(FakeLinkKeys(), self._clock)
        numbers = MeteredNumbers(meter)
        providers = Providers(self._mailer, MeteredTexter(meter), MeteredPusher(meter))
        self._dispatch = Dispatch(
            self.mailboxes,
            history,
            KnownPlan(plan, meter, looks=True),
            Delivery(providers, numbers, "hello@shop.example", links, "https://shop.example"),
            self._clock,
        )
        self._streamed = 0
        self._reported = 0
        self._rings: list[Ring] = []
        self._idle_timers: dict[str, Instant] = {}

    def run(self, events: Sequence[Incoming], until: Instant, told: Callable[[], None]) -> None:
        """Take every event at its instant and every timer at its own; ``told`` after each turn."""
        reports: list[Incoming] = []
        has_reports = any(incoming.event.name in REPORTS for incoming in events)
        coming = list(events)
        for _ in range(MOST_TURNS):
            waiting = [*coming[:1], *reports[:1]]
            first = min(waiting, key=lambda item: item.event.received_at, default=None)
            ring = min(self._due(), default=None)
            came_at = None if first is None else first.event.received_at
            at = min((at for at in (came_at, ring and ring[0]) if at is not None), default=None)
            if at is None or at > until:
                return
            self._clock.advance(max(0, at - self._clock.now()))
            if first is not None and came_at == at:
                (reports if reports[:1] == [first] else coming).pop(0)
                self._take(first)
            elif ring is not None:
                self._ring(ring)
            self._settle()
            if not has_reports:
                reports += self._reports()
            told()
        raise AssertionError(f"customers {self.mailboxes.ids} do not come to rest")

    def customers(self) -> int:
        """How many customers there are, who was joined into whom being one."""
        ids = {*self.mailboxes.ids, *self._history.ids}
        return len({present(self.mailboxes, self.mailboxes.read(id_)).customer_id for id_ in ids})

    def bytes_kept(self) -> int:
        """What stays in the table of everybody, without what time takes away."""
        items = sum(map(self.mailboxes.size_bytes, self.mailboxes.ids))
        return items + self._history.bytes_kept + self._directory.bytes_kept

    def _due(self) -> Iterator[Ring]:
        """When wake-ups ring and for whom: those on the queue, and the index's."""
        yield from self._rings
        for id_ in self.mailboxes.ids:
            timer = self.mailboxes.timer_at(id_)
            if timer not in (None, self._idle_timers.get(id_)):
                yield timer, id_

    def _take(self, incoming: Incoming) -> None:
        """Ingest an event."""
        event = incoming.event
        if self._way_in == "direct":
            self._meter.worked("ingest", 1)
        else:
            self._meter.worked("ingest")
            self._meter.queued()
            self._meter.requested("rule", 1)  # it puts each event by itself
        if event.name not in REPORTS:
            self._meter.add("events")
            self._meter.add("bus_events")
        self._intake.take(incoming)

    def _ring(self, ring: Ring) -> None:
        """A wake-up comes; one from the index was put on the queue by wake."""
        at, id_ = ring
        if ring in self._rings:
            self._rings.remove(ring)
        else:
            self._meter.part = "wake"
            MeteredQueue(self._meter).put([body_of(id_)])
        before = self.mailboxes.timer_at(id_)
        self._meter.worked("evaluate")
        self._meter.queued()
        self._evaluate.wake(body_of(id_))
        self._evaluate.flush()
        after = self.mailboxes.timer_at(id_)
        self._idle_timers.pop(id_, None)
        if after is not None and after == before and after <= at:
            self._idle_timers[id_] = after

    def _settle(self) -> None:
        """Let everything happen that wants to happen now."""
        while True:
            changes = self.mailboxes.changes[self._streamed :]
            self._streamed += len(changes)
            for change in changes:
                self._meter.worked("evaluate")
                self._evaluate.take([change])
                self._evaluate.flush()
            bodies, self._dispatches.queued = self._dispatches.queued, []
            for item in bodies:
                self._meter.worked("dispatch")
                self._meter.queued()
                self._dispatch.take(item.body)
            now = self._clock.now()
            self._rings += [
                (now + item.delay_seconds * SECOND, customer_in(item.body))
                for item in self._wakes.queued
            ]
            self._wakes.queued = []
            if not changes and not bodies:
                return

    def _reports(self) -> Iterator[Incoming]:
        """What SES says of the e-mails it took since the last look."""
        sent = list(self._mailer.sent.values())[self._reported :]
        self._reported += len(sent)
        now = self._clock.now() + SECOND
        for email in sent:
            message = email.tags[MESSAGE_TAG]
            for name in REPORTS:
                facts = {"channel": "email", "message_id": message}
                event = Event(derived_id("report", message, name), name, now, now, facts)
                yield Incoming(
                    event, Identities(None, customer_tagged(email.tags[CUSTOMER_TAG]), None, ())
                )
