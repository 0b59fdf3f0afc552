"""The draft: one customer while one stimulus is worked; the only place where state changes.

Nouns stay frozen; the draft holds fresh tables of them and becomes a Decision at the end.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sojourn.core.customer import (
    Customer,
    Enrolment,
    Entries,
    Event,
    Message,
    MessageFacts,
    Sent,
    Trait,
    Wake,
)
from sojourn.core.decisions import Announcement, Decision, Record, Settled
from sojourn.core.errors import CorruptState
from sojourn.core.exact import Json, dumps
from sojourn.core.history import History
from sojourn.core.ids import derived_id
from sojourn.core.instants import Instant, format_instant
from sojourn.core.limits import CHAIN_LINKS, ENTRY_KEYS, FOLLOWED
from sojourn.core.plan import Journey, Plan

type EntryKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A stimulus that an update step causes; ``before`` are the traits as they were."""

    before: Mapping[str, Trait]


@dataclass(frozen=True, slots=True)
class Binding:
    """The message that a fact about a message is about."""

    message: str
    enrolment: str
    journey: str
    step: str
    channel: str
    address: str


type Stimulus = Event | Wake | Change


class Draft:
    """One customer's working copy under one plan at one instant."""

    def __init__(
        self, plan: Plan, customer: Customer, now: Instant, history: History, *, reasons: bool
    ) -> None:
        """Open the copy; ``reasons`` says whether to record why journeys did not start."""
        self.plan = plan
        self.now = now
        self.history = history
        self.reasons = reasons
        self.customer = customer
        if customer.decided_at != now:
            self.customer = replace(customer, decided_at=now, instant=())
        self.enrolments: dict[str, Enrolment] = dict(customer.enrolments)
        self.messages: dict[str, Message] = dict(customer.messages)
        self.taken: list[Event] = []
        self.bindings: dict[str, Binding] = {}
        self.queue: deque[tuple[Stimulus, int]] = deque()
        self.link = 0
        self._records: list[Record] = []
        self._announcements: list[Announcement] = []
        self._settled: list[Settled] = []
        self._changed: dict[str, None] = {}

    @property
    def drawn_as(self) -> str:
        """Under which id splits and holdouts are drawn."""
        return self.plan.settings.draw(self.customer.id)

    def decision(self) -> Decision:
        """Close the copy."""
        customer = replace(self.customer, enrolments=self._kept(), messages=self.messages)
        return Decision(
            customer,
            tuple(self.taken),
            tuple(self._records),
            tuple(self._announcements),
            tuple(self._settled),
            tuple(self.enrolments[id_] for id_ in self._changed),
        )

    def _kept(self) -> dict[str, Enrolment]:
        """Live enrolments, and the newest ended ones whose goal can still be reached."""
        ended = [item for item in self.enrolments.values() if not item.live]
        followed = [item for item in ended if self._is_followed(item)][-FOLLOWED:]
        keep = {item.id for item in followed}
        return {id_: item for id_, item in self.enrolments.items() if item.live or id_ in keep}

    def _is_followed(self, enrolment: Enrolment) -> bool:
        goal = self.journey_of(enrolment).goal
        if goal is None or enrolment.converted_at is not None:
            return False
        return goal.within is None or self.now < enrolment.begun_at + goal.within

    def journey_of(self, enrolment: Enrolment) -> Journey:
        """The version an enrolment runs on; raises CorruptState when the plan has lost it."""
        found = self.plan.versions.get((enrolment.journey, enrolment.version))
        if found is None:
            raise CorruptState(
                f"customer {self.customer.id} is in version {enrolment.version} of journey"
                f" {enrolment.journey}, which the plan {self.plan.revision} does not hold"
            )
        return found

    def status_of(self, journey: str) -> str:
        """The status of a journey's newest version; one that is gone is archived."""
        found = self.plan.current.get(journey)
        return found.status if found is not None else "archived"

    def in_order(self, *, live: bool) -> list[Enrolment]:
        """Enrolments by priority, then journey id, then order of entry."""
        chosen = [item for item in self.enrolments.values() if item.live or not live]
        if len(chosen) > 1:
            chosen.sort(
                key=lambda item: (-self.journey_of(item).priority, item.journey, item.number)
            )
        return chosen

    def record(
        self,
        what: str,
        *,
        enrolment: Enrolment | None = None,
        journey: str | None = None,
        step: str | None = None,
        reason: str | None = None,
        **details: Json,
    ) -> None:
        """Keep a line of the decision."""
        self._records.append(
            Record(
                self.now,
                what,
                enrolment.journey if enrolment is not None else journey,
                enrolment.id if enrolment is not None else None,
                step,
                reason,
                details,
            )
        )

    def announce(self, name: str, cause: str, properties: Mapping[str, Json]) -> None:
        """Put an event on the bus once the decision is stored."""
        id_ = derived_id("announcement", self.customer.id, name, cause)
        self._announcements.append(
            Announcement(id_, name, self.now, self.customer.id, dict(properties))
        )

    def caused(self, stimulus: Stimulus) -> None:
        """Queue what this stimulus caused, to be taken next in the same instant."""
        self.queue.append((stimulus, self.link + 1))

    def chain_is_full(self) -> bool:
        """Whether one more link would pass the bound of a chain."""
        return self.link + 1 > CHAIN_LINKS

    def change(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Customer
        """Replace fields of the customer."""
        self.customer = replace(self.customer, **changes)

    def alter(self, enrolment: Enrolment, **changes: Any) -> Enrolment:  # noqa: ANN401 - fields
        """Replace fields of an enrolment."""
        altered = replace(enrolment, **changes)
        self.enrolments[altered.id] = altered
        self._changed[altered.id] = None
        return altered

    def enrol(self, enrolment: Enrolment, key: EntryKey, *, remember: bool) -> None:
        """Add an enrolment and count it where re-entry rules will ask."""
        self.enrolments[enrolment.id] = enrolment
        self._changed[enrolment.id] = None
        self.change(number=enrolment.number)
        if remember:
            entries = dict(self.customer.entries)
            before = entries.pop(key, None)
            count = 1 + (before.count if before is not None else 0)
            entries[key] = Entries(count, self.now)
            if len(entries) > ENTRY_KEYS:
                del entries[next(iter(entries))]
            self.change(entries=entries)

    def exit(self, enrolment: Enrolment, outcome: str, reason: str | None = None) -> Enrolment:
        """End an enrolment at once: no timer, no unsent message, no step any more."""
        left = self.alter(enrolment, exited_at=self.now, outcome=outcome, due_at=None, step=None)
        self.record("exited", enrolment=left, step=enrolment.step, reason=reason, outcome=outcome)
        self.announce("journey.exited", left.id, _passage(left) | {"outcome": outcome})
        for message in list(self.messages.values()):
            if message.enrolment == enrolment.id and message.status != "claimed":
                self.settle(message, "cancelled", f"exit {outcome}")
        return left

    def convert(self, enrolment: Enrolment, at: Instant) -> Enrolment:
        """Count the goal, credited to the last message sent not after its own time."""
        sent = [step for sent_at, step in enrolment.sends if sent_at <= at]
        credited = sent[-1] if sent else None
        done = self.alter(enrolment, converted_at=self.now, credited_to=credited)
        self.record("converted", enrolment=done, step=credited)
        self.announce("journey.converted", done.id, _passage(done) | {"credited_to": credited})
        return done

    def want(self, message: Message) -> None:
        """Hand a message over to be decided."""
        self.messages[message.id] = message

    def settle(
        self, message: Message, status: str, reason: str | None, sent: Sent | None = None
    ) -> None:
        """Decide a message's fate: it leaves, its enrolment remembers, the ledger when sent."""
        self.messages.pop(message.id, None)
        self._settled.append(Settled(message, status, reason, self.now))
        self.record(
            "message",
            journey=message.journey,
            step=message.step,
            reason=reason,
            outcome=status,
            message=message.id,
            channel=message.channel,
            requested_at=format_instant(message.requested_at),
        )
        enrolment = self.enrolments.get(message.enrolment)
        if enrolment is None:
            return
        at = sent.at if sent is not None else None
        facts = dict(enrolment.messages)
        facts.pop(message.step, None)
        facts[message.step] = MessageFacts(message.id, message.channel, status, at)
        sends = enrolment.sends if at is None else (*enrolment.sends, (at, message.step))
        self.alter(enrolment, messages=facts, sends=sends)

    def bind(self, event: Event, binding: Binding) -> None:
        """Remember which message an event is about."""
        self.bindings[event.id] = binding


def _passage(enrolment: Enrolment) -> dict[str, Json]:
    return {
        "journey": enrolment.journey,
        "version": enrolment.version,
        "enrolment": enrolment.id,
        "key": enrolment.key,
    }


def entry_key(journey: str, key: Json) -> EntryKey:
    """Under which re-entry is counted: the journey, and the key's JSON text."""
    return journey, dumps(key)
