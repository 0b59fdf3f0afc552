"""The line: one customer's events through ingest, evaluate and dispatch, on the virtual clock."""

from collections.abc import Callable, Iterable, Sequence

from sojourn.core.customer import Event
from sojourn.core.ids import derived_id
from sojourn.core.instants import SECOND, Instant
from sojourn.core.plan import Plan
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.runtime.deciding import body_of
from sojourn.runtime.delivery import Delivery, Providers
from sojourn.runtime.dispatch import Dispatch
from sojourn.runtime.evaluate import Evaluate
from sojourn.runtime.feedback import MESSAGE_TAG
from sojourn.runtime.links import Links
from sojourn_cli.costing.meter import (
    KnownPlan,
    Meter,
    MeteredBus,
    MeteredHistory,
    MeteredMailboxes,
    MeteredMailer,
    MeteredNumbers,
    MeteredPusher,
    MeteredQueue,
    MeteredTexter,
)

REPORTS = ("message.accepted", "message.delivered")
"""What SES reports of each e-mail at least; opens, clicks and bounces come from the events file."""

MOST_TURNS = 100_000
"""Turns of one customer after which something is going round."""


class Line:
    """One customer's items, queues and functions, in memory."""

    def __init__(self, plan: Plan, customer_id: str, meter: Meter) -> None:
        """Set up for one customer; everything counts on the meter."""
        self.mailboxes = MeteredMailboxes(meter, history := MeteredHistory(meter))
        self._plan = plan
        self._id = customer_id
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
        self._rings: list[Instant] = []
        self._idle_timer: Instant | None = None

    def run(self, events: Sequence[Event], until: Instant, told: Callable[[], None]) -> None:
        """Take every event at its instant and every timer at its own; ``told`` after each turn."""
        reports: list[Event] = []
        has_reports = any(event.name in REPORTS for event in events)
        coming = list(events)
        for _ in range(MOST_TURNS):
            waiting = [*coming[:1], *reports[:1]]
            event = min(waiting, key=lambda item: item.received_at, default=None)
            due = self._due()
            at = min([*([event.received_at] if event else []), *due], default=None)
            if at is None or at > until:
                return
            self._clock.advance(max(0, at - self._clock.now()))
            if event is not None and event.received_at <= at:
                (reports if reports[:1] == [event] else coming).pop(0)
                self._take(event)
            else:
                self._ring(at)
            self._settle()
            if not has_reports:
                reports += self._reports()
            told()
        raise AssertionError(f"customer {self._id} does not come to rest")

    def bytes_kept(self) -> int:
        """What stays in the table of the customer, without what time takes away."""
        return self.mailboxes.size_bytes(self._id) + self._history.bytes_kept

    def _due(self) -> list[Instant]:
        """When wake-ups ring: those on the queue, and the index's."""
        timer = self.mailboxes.timer_at(self._id)
        return self._rings if timer in (None, self._idle_timer) else [*self._rings, timer]

    def _take(self, event: Event) -> None:
        """Ingest, as it does once it knows whose event it is."""
        self._meter.worked("ingest")
        self._meter.queued()
        self._meter.requested("rule", 1)  # it puts each event by itself
        if event.name not in REPORTS:
            self._meter.add("events")
            self._meter.add("bus_events")
        if event.traits or self._plan.refers_to(event.name):
            self.mailboxes.append(self._id, event)
        else:
            self._history.keep(self._id, event)

    def _ring(self, at: Instant) -> None:
        """A wake-up comes; one from the index was put on the queue by wake."""
        if at in self._rings:
            self._rings.remove(at)
        else:
            self._meter.part = "wake"
            MeteredQueue(self._meter).put([body_of(self._id)])
        before = self.mailboxes.timer_at(self._id)
        self._meter.worked("evaluate")
        self._meter.queued()
        self._evaluate.wake(body_of(self._id))
        self._evaluate.flush()
        after = self.mailboxes.timer_at(self._id)
        self._idle_timer = after if after == before and after is not None and after <= at else None

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
            self._rings += [now + item.delay_seconds * SECOND for item in self._wakes.queued]
            self._wakes.queued = []
            if not changes and not bodies:
                return

    def _reports(self) -> Iterable[Event]:
        """What SES says of the e-mails it took since the last look."""
        sent = list(self._mailer.sent.values())[self._reported :]
        self._reported += len(sent)
        now = self._clock.now() + SECOND
        for email in sent:
            message = email.tags[MESSAGE_TAG]
            for name in REPORTS:
                facts = {"channel": "email", "message_id": message}
                yield Event(derived_id("report", message, name), name, now, now, facts)
