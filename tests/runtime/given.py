"""Every part of the runtime over fakes: nothing moves unless a test moves it."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from sojourn.core.state.customer import Customer, Message
from sojourn.core.state.decisions import Record
from sojourn.core.values.ids import chance
from sojourn.core.values.instants import SECOND, Duration, Instant, format_instant, parse_instant
from sojourn.fakes.clock import FakeClock
from sojourn.fakes.directory import FakeDirectory
from sojourn.fakes.exports import FakeExports
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.fakes.mailboxes import FakeHistory
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.plans import FakePlans
from sojourn.fakes.queues import FakeBus, FakeDeadLetters, FakeQueue, FakeWorkers, Queued
from sojourn.fakes.tombstones import FakeTombstones
from sojourn.fakes.workspace import FakeWorkspace
from sojourn.runtime.customer.mailbox import SHARDS, Change
from sojourn.runtime.customer.timeline import messages_of, read_timeline
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.decisions.wake import EVERY, MOST_HERE, Looked, wake_due, wake_shard
from sojourn.runtime.incoming.ingest import Ingest
from sojourn.runtime.live_plan import PLAN_AGE, LivePlan
from sojourn.runtime.messages.delivery import Delivery
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.messages.providers import Providers
from sojourn.runtime.preferences.links import Links
from sojourn.runtime.workspace.publishing import Publish
from tests.runtime.hooks import HookedMailboxes, HookedMailer, HookedPusher, HookedTexter

NOON: Instant = parse_instant("2026-03-02T12:00:00Z")
"""A Monday, outside every quiet hour."""

ANA = "ana"
BUYS = {"event": "order.cancelled", "match": {"event.order_id": "entry.order_id"}}
"""An exit rule, outcome aside: she cancels the order that she entered with."""

DAILY = {"name": "daily", "max": 1, "per": "P1D"}

PREFERENCES_URL = "https://preferences.shop.example"

type Doc = dict[str, Any]


class Died(Exception):  # noqa: N818 - what a test lets happen, no error of ours
    """The function was killed at this point."""


def journey(id_: str = "thanks", event: str = "order.placed", **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A live journey that writes one e-mail as soon as its event comes."""
    doc: Doc = {
        "id": id_,
        "name": id_.capitalize(),
        "status": "live",
        "entry": {"event": event, "key": "event.order_id"},
        "start": "thank",
        "steps": {"thank": email()},
    }
    return doc | fields


def email(subject: str = "Thank you", **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A send step with its content in it."""
    content = {"subject": subject, "text": f"{subject}, {{{{ profile.name | default: 'you' }}}}."}
    return {"type": "send", "channel": "email", "content": content, **fields}


ASKS_FOR_A_CLICK: Doc = {
    "thank": email("Thank you", next="reaction"),
    "reaction": {
        "type": "wait_for",
        "any": [{"event": "message.clicked", "step": "thank", "next": "more"}],
        "timeout": "P2D",
    },
    "more": email("You clicked"),
}
"""Steps that write once more to whoever clicks."""


def text(words: str = "Thank you", **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A send step for a text message."""
    return {"type": "send", "channel": "sms", "content": {"text": words}, **fields}


def push(title: str = "Thank you", **fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A send step for a push message."""
    content = fields.pop("content", {"title": title, "body": f"{title}!", "data": {"n": 7}})
    return {"type": "send", "channel": "push", "content": content, **fields}


def settings(**fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """Settings without caps or quiet hours, unless they are given."""
    return {"timezone": "Africa/Johannesburg", "senders": {"email": "shop@shop.example"}, **fields}


class Works:
    """The five functions over fakes, and the queues and the stream between them."""

    def __init__(self, *journeys: Doc, settings: Doc | None = None, begin: Instant = NOON) -> None:
        self.clock = FakeClock(begin)
        self.history = FakeHistory()
        self.mailboxes = HookedMailboxes(self.history)
        self.plans = FakePlans()
        self.workspace = FakeWorkspace()
        self.bus = FakeBus()
        self.dispatches = FakeQueue()
        self.wakes = FakeQueue()
        self.workers = FakeWorkers()
        self.dead_letters = FakeDeadLetters()
        self.mailer = HookedMailer()
        self.texter = HookedTexter()
        self.pusher = HookedPusher()
        self.link_keys = FakeLinkKeys()
        self.numbers = FakeNumbers()
        self.waits: list[Duration] = []
        self.publish = Publish(self.workspace, self.plans, self.bus, self.clock, self.waits.append)
        self.exports = FakeExports()
        self.directory = FakeDirectory(self.mailboxes)
        self.tombstones = FakeTombstones(
            self.mailboxes, self.history, self.directory, self.numbers, self.plans
        )
        self.ingest = self.another_ingest()
        self.evaluate = self.another_evaluate()
        self.dispatch = self.another_dispatch()
        self._read = 0
        self.upload({"settings.json": settings or SETTINGS})
        self.upload({f"journeys/{doc['id']}.json": doc for doc in journeys})
        assert all(report["ok"] for report in self.workspace.reports.values()), (
            self.workspace.reports
        )
        self.bus.announced.clear()

    def copied(self) -> "Works":
        """The same works, which go their own way from here; what never changes is in both."""
        workers = (self.ingest, self.evaluate, self.dispatch)
        parts = [part for worker in workers for part in vars(worker).values()]
        plans = [part._plan for part in parts if isinstance(part, LivePlan)]
        same = [self.mailboxes._lock, *self.mailboxes.changes, *plans]
        return deepcopy(self, {id(item): item for item in same})

    def live(self, max_age: Duration = PLAN_AGE) -> LivePlan:
        """What one worker knows of the plan."""
        return LivePlan(self.plans, self.clock, max_age)

    def another_ingest(self) -> Ingest:
        """One worker of ingest."""
        return Ingest(
            self.mailboxes,
            self.directory,
            self.history,
            self.live(),
            self.numbers,
            self.dead_letters,
            self.clock,
        )

    def another_evaluate(self, live: LivePlan | None = None) -> Evaluate:
        """One worker of evaluate."""
        return Evaluate(
            self.mailboxes,
            self.history,
            live or self.live(),
            self.dispatches,
            self.wakes,
            self.bus,
            self.clock,
        )

    def another_dispatch(self) -> Dispatch:
        """One worker of dispatch."""
        delivery = Delivery(
            Providers(self.mailer, self.texter, self.pusher),
            self.numbers,
            "fallback@shop.example",
            Links(self.link_keys, self.clock),
            PREFERENCES_URL,
        )
        return Dispatch(self.mailboxes, self.history, self.live(0), delivery, self.clock)

    def upload(self, files: Mapping[str, Doc | bytes | None]) -> None:
        """Put files into the bucket (None: take one away), and let publish hear of them."""
        for path, doc in files.items():
            if doc is None:
                self.workspace.files.pop(path, None)
            else:
                content = doc if isinstance(doc, bytes) else json.dumps(doc).encode()
                self.workspace.files[path] = content
        self.publish.take(files)

    def event(self, name: str, customer: str = ANA, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Take in an event; what is no field of its own is a property."""
        self.ingest.take(envelope(name, customer, self.clock.now(), **fields))

    def identify(self, customer: str = ANA, **traits: Any) -> None:  # noqa: ANN401 - JSON
        """Take in traits, an e-mail address among them."""
        known = {"email": f"{customer}@example.com", "phone": "+27820000001", **traits}
        self.event("identify", customer, type="identify", traits=known)

    def stream(self, evaluate: Evaluate | None = None) -> int:
        """Bring what the stream holds to evaluate, one batch; how many records there were.

        Whoever dies over it gets it again.
        """
        changes = self.unread()
        worker = evaluate or self.evaluate
        for group in by_customer(changes):
            worker.take(group)
        worker.flush()
        self._read += len(changes)
        return len(changes)

    def unread(self) -> list[Change]:
        """What the stream holds that evaluate has not had."""
        return self.mailboxes.changes[self._read :]

    def rewind(self, records: int) -> None:
        """Let the stream bring its last records again."""
        self._read = max(0, self._read - records)

    def hand_out(self, dispatch: Dispatch | None = None) -> int:
        """Bring what is on the dispatch queue to dispatch; how much there was."""
        count = 0
        while self.dispatches.queued:
            (dispatch or self.dispatch).take(self.dispatches.queued[0].body)
            del self.dispatches.queued[0]
            count += 1
        return count

    def run(self) -> None:
        """Let everything happen that wants to happen at this instant."""
        while self.stream() or self.hand_out():
            pass

    def wait(self, duration: Duration) -> None:
        """Let time pass; wake-ups come on the second, wake looks as its schedule says."""
        end = self.clock.now() + duration
        while True:
            self.run()
            due = [self.clock.now() + item.delay_seconds * SECOND for item in self.wakes.queued]
            if due and min(due) <= end:
                self.clock.advance(min(due) - self.clock.now())
                self._ring(due, min(due))
                continue
            left = end - self.clock.now()
            if left == 0:
                return
            rest = -((self.clock.now() - self._soonest(end)) // SECOND) * SECOND - EVERY
            ahead = min(left, max(EVERY, rest))
            self._grow_older(ahead)
            self.look()

    def come_to(self, at: Instant) -> None:
        """Let time pass up to an instant; what falls due in it is still to come."""
        if self.clock.now() < at:
            self.wait(at - self.clock.now() - SECOND)
            self._grow_older(SECOND)

    def look(self, looked: Looked | None = None, most_here: int = MOST_HERE) -> int:
        """Let wake look at the timer index, and more workers at full shards; how many were woken.

        A worker that remembers nothing looks, unless one is given.
        """
        ports = self.mailboxes, self.wakes, self.workers, self.clock, self.plans
        count = wake_due(*ports, looked or Looked(), most_here)
        shards, self.workers.shards = self.workers.shards, []
        for shard in shards:
            count += wake_shard(self.mailboxes, self.wakes, self.clock, self.plans, shard)
        return count

    def _soonest(self, until: Instant) -> Instant:
        """The first instant in the timer index, at most ``until``; now, where a rest has ended."""
        if any(under < self.plans.live().thawed for under in self.mailboxes.rests.values()):
            return self.clock.now()
        rows = [row for shard in range(SHARDS) for row in self.mailboxes.due(shard, until, 1)]
        return min([at for _, at in rows], default=until)

    def _ring(self, due: Sequence[Instant], at: Instant) -> None:
        """Bring every wake-up that is due to evaluate; the others come nearer."""
        both = list(zip(self.wakes.queued, due, strict=True))
        for item, when in both:
            if when == at:
                self.evaluate.wake(item.body)
        self.evaluate.flush()
        fresh = self.wakes.queued[len(both) :]
        left = [Queued(item.body, (when - at) // SECOND) for item, when in both if when != at]
        self.wakes.queued[:] = left + fresh

    def _grow_older(self, duration: Duration) -> None:
        self.clock.advance(duration)
        self.wakes.queued[:] = [
            Queued(item.body, max(0, item.delay_seconds - duration // SECOND))
            for item in self.wakes.queued
        ]

    def customer(self, id_: str = ANA) -> Customer:
        """The customer as she is stored."""
        found = self.mailboxes.read(id_).customer
        assert found is not None
        return found

    def records(self, id_: str = ANA) -> tuple[Record, ...]:
        """Every record of decisions about her."""
        return read_timeline(self.mailboxes, self.history, id_).records

    def outcomes(self, id_: str = ANA) -> list[tuple[str, str, str | None]]:
        """Step, outcome and reason of each of her messages whose fate is decided."""
        return [
            (str(item["step"]), str(item["status"]), item["reason"])  # type: ignore[misc]  # text or null
            for item in messages_of(self.records(id_))
        ]

    def subjects(self) -> list[str]:
        """Of every e-mail that was taken by the provider, in order."""
        return [item.subject for item in self.mailer.sent.values()]


SETTINGS = settings()


def envelope(name: str, customer: str = ANA, at: Instant = NOON, **fields: Any) -> str:  # noqa: ANN401 - JSON
    """An EventBridge envelope, as the ingest queue has it."""
    own: Doc = {
        key: fields.pop(key)
        for key in ("type", "messageId", "traits", "timestamp", "_metadata")
        if key in fields
    }
    detail: Doc = {"event": name, "userId": customer, **own}
    if fields:
        detail["properties"] = fields
    return json.dumps(
        {
            "version": "0",
            "id": str(own.get("messageId", f"e{chance(at, json.dumps(detail))}")),
            "detail-type": name,
            "source": "shop",
            "time": format_instant(at),
            "detail": detail,
        }
    )


def ordered(*journeys: Doc, settings: Doc | None = None) -> Works:
    """A customer who has just ordered, with her message waiting for dispatch."""
    works = Works(*(journeys or (journey(),)), settings=settings)
    works.identify(name="Ana")
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    assert [item.body for item in works.dispatches.queued] == [body_of(ANA)]
    return works


def unsettled(works: Works) -> Message:
    """Her one message that is not settled."""
    (message,) = works.customer().messages.values()
    return message


def by_customer(changes: Sequence[Change]) -> list[list[Change]]:
    """The changes of each customer, in order."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.after.customer_id, []).append(change)
    return list(groups.values())
