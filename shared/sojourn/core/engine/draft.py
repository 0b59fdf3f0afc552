"""The draft: one customer while one stimulus is worked; the only place where state changes.

Nouns stay frozen; the draft holds fresh tables of them and becomes a Decision at the end.
"""

from typing import Any

from sojourn.core.engine.account import passage
from sojourn.core.engine.entry_keys import EntryKey, bytes_of_key, remembered
from sojourn.core.engine.followed import kept
from sojourn.core.engine.hearing import Hearing
from sojourn.core.engine.holding import Holding
from sojourn.core.engine.routes import Route, new_route_into, route_of, routes_of
from sojourn.core.engine.stimuli import Look
from sojourn.core.errors import CorruptState
from sojourn.core.limits import EXITED_MESSAGES, SEEN_IDS
from sojourn.core.nouns import altered_by, closed, maker, opened
from sojourn.core.state.customer import (
    Customer,
    Enrolment,
    Entries,
    Event,
    Message,
    MessageFacts,
    Sent,
)
from sojourn.core.state.decisions import Decision, Settled
from sojourn.core.state.history import History
from sojourn.core.values.exact import Json
from sojourn.core.values.ids import mark
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Journey, Plan, Step

_SEEN_BY_SEGMENTS = frozenset({"traits", "consents", "channels"})
"""What of the customer the answers of segments rest on, beside her events."""

WANTED = "wanted"
"""A message's status in its enrolment before it is first decided."""


_made_entries, _made_facts, _made_settled = maker(Entries), maker(MessageFacts), maker(Settled)


class Draft(Hearing):
    """One customer's working copy under one plan at one instant.

    Enrolments that changed are open copies of the draft's own until it is closed; of the customer,
    ``number`` and ``entries`` stand here. ``untold`` are facts that need not be told, as nobody
    asks for them.
    """

    __slots__ = (
        *("enrolments", "messages", "number", "entries", "settled", "own", "looked"),
        *("holding", "keys_bytes", "counted", "along", "newest", "unheard", "untold"),
    )

    def __init__(
        self, plan: Plan, customer: Customer, now: Instant, history: History, *, reasons: bool
    ) -> None:
        """Open the copy; ``reasons`` says whether to keep records and announcements."""
        super().__init__(plan, customer, now, history, reasons=reasons)
        beforehand = routes_of(plan)
        self.newest, self.unheard = beforehand.newest, beforehand.unheard
        self.untold: frozenset[str] = frozenset()
        self.along: dict[str, Route] = {}
        self.enrolments: dict[str, Enrolment] = dict(customer.enrolments)
        self.messages: dict[str, Message] = dict(customer.messages)
        self.number = customer.number
        self.entries = customer.entries
        self.settled: list[Settled] = []
        self.own: dict[str, Any] = {}
        # When the segments that let in were last asked; None: to be found out.
        self.looked: Look | None = None
        self.holding = Holding()
        # How many bytes the keys of `entries` have; None: to be found out.
        self.keys_bytes: int | None = None
        # The newest count of entries: journeys entered together as often share it.
        self.counted: Entries | None = None

    def drawn_as(self, journey: str, enrolment: str | None = None) -> str:
        """Under which id a journey's holdouts, or an enrolment's splits, are drawn."""
        own = None if enrolment is None else self.customer.draws.get(enrolment)
        return self.plan.settings.draw(own or self.customer.drawn_as(journey))

    def decision(self) -> Decision:
        """Close the copy."""
        customer = opened(self.customer)
        self.bring_up_to_date(customer)
        changed = tuple(self.own.values())
        return Decision(
            self.closed(customer),
            tuple(self.taken),
            tuple(self.records),
            tuple(self.announcements),
            tuple(self.settled),
            changed,
        )

    def bring_up_to_date(self, customer: Any) -> None:  # noqa: ANN401 - a customer, open
        """Tell an open customer what was worked out beside her."""
        customer.enrolments = kept(
            self.plan, self.enrolments, self.messages, self.now, is_weighed=bool(self.own)
        )
        customer.messages = self.messages
        if self.new_ids:
            customer.seen, customer.forgotten_at = self.seen()
        customer.newest_at = self.newest_at
        customer.decided_at = self.now

    def closed(self, customer: Any) -> Customer:  # noqa: ANN401 - as above
        """An open customer and her enrolments, closed."""
        customer.number, customer.entries = self.number, self.entries
        customer.instant = (*self.earlier, *self.marks)[-SEEN_IDS:]
        customer.causes = self.causes
        for own in self.own.values():
            own.__class__ = Enrolment
        self.own = {}
        return closed(customer)  # type: ignore[no-any-return]  # a customer

    def route_of(self, enrolment: Enrolment) -> Route:
        """The route it takes; raises CorruptState when the plan has lost its version."""
        found = self.along.get(enrolment.id)
        if found is None:
            found = self.along[enrolment.id] = route_of(enrolment, self.plan)
        return found

    def route_into(self, journey: Journey) -> Route:
        """The route that whoever enters a journey takes, of which this is the newest version."""
        found = self.newest.get(journey.id)
        return found if found is not None else new_route_into(journey, self.plan)

    def step_of(self, enrolment: Enrolment, route: Route) -> Step:
        """The step a live enrolment is at; raises CorruptState when its version has no such one."""
        found = route.steps.get(enrolment.step or "")
        if found is None:
            raise self.lost(enrolment)
        return found

    def lost(self, enrolment: Enrolment) -> CorruptState:
        """What to raise for an enrolment whose step its version does not have."""
        return CorruptState(
            f"enrolment {enrolment.id} is at step {enrolment.step}, which version"
            f" {enrolment.version} of journey {enrolment.journey} does not have"
        )

    def in_order(self, chosen: list[Enrolment]) -> list[Enrolment]:
        """The list of enrolments, sorted by priority, then journey id, then order of entry."""
        if len(chosen) > 1:
            chosen.sort(key=lambda item: (self.route_of(item).rank, item.number))
        return chosen

    def live(self) -> list[Enrolment]:
        """The enrolments she is in."""
        return [item for item in self.enrolments.values() if item.exited_at is None]

    def timed(self) -> list[Enrolment]:
        """Those of them that may fall due now."""
        return self.live()

    def change(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Customer
        """Replace fields of the customer."""
        self.customer = self._changed(changes)
        if not _SEEN_BY_SEGMENTS.isdisjoint(changes):
            self.looked = None

    def _changed(self, changes: dict[str, Any]) -> Customer:
        return altered_by(self.customer, changes)

    def alter(self, enrolment: Enrolment, **changes: Any) -> Enrolment:  # noqa: ANN401 - fields
        """Replace fields of an enrolment."""
        own = self.owned(enrolment)
        for name, value in changes.items():
            setattr(own, name, value)
        return own  # type: ignore[no-any-return]  # an enrolment

    def owned(self, enrolment: Enrolment) -> Any:  # noqa: ANN401 - an enrolment, open
        """The draft's own copy of an enrolment."""
        id_ = enrolment.id
        own = self.own.get(id_)
        if own is None:
            own = self.own[id_] = self.enrolments[id_] = opened(enrolment)
            own.visits, own.messages = {**own.visits}, {**own.messages}  # so that both can grow
        return own

    def enrol(self, own: Enrolment, route: Route) -> None:
        """Add an enrolment that is open, as one of the draft's own."""
        self.along[own.id] = route
        self.own[own.id] = self.enrolments[own.id] = own
        self.number = own.number

    def count_entry(self, key: EntryKey) -> None:
        """Count an entry where re-entry rules will ask."""
        table: Any = self.entries
        if table is self.customer.entries:
            table = self.entries = dict(table)
        before = table.pop(key, None)  # and to the end: the one entered longest ago comes first
        count, now, made = 1 if before is None else before.count + 1, self.now, self.counted
        if made is None or made.count != count or made.last_at != now:
            made = self.counted = _made_entries(count, now)
        size = self.keys_bytes
        if size is None:
            size = sum(map(bytes_of_key, table))
        table[key] = made
        if before is None or self.keys_bytes is None:
            size += bytes_of_key(key)
        self.keys_bytes = remembered(table, size)

    def enter(self, enrolment: Enrolment, event: Event | None) -> None:
        """Record that an enrolment begins, by which event if there was one, for who asks why."""
        name = event.name if event is not None else None
        version, key = enrolment.version, enrolment.key
        self.record("entered", enrolment=enrolment, event=name, version=version, key=key)
        self.announce("journey.entered", enrolment.id, passage(enrolment))

    def rest(self, own: Any, due: Instant) -> None:  # noqa: ANN401 - an enrolment, open
        """Let an enrolment wait at its step until its timer is due."""
        own.due_at = due
        if self.reasons:
            self.record("waiting", enrolment=own, step=own.step, instants={"until": due})

    def exit(self, enrolment: Enrolment, outcome: str, reason: str | None = None) -> None:
        """End an enrolment at once: no timer, no unsent message, no step any more."""
        self.leave(self.owned(enrolment), outcome, reason)

    def leave(self, left: Any, outcome: str, reason: str | None) -> None:  # noqa: ANN401 - as above
        """The same for one that is the draft's own."""
        step = left.step
        left.exited_at, left.outcome = self.now, outcome
        left.step, left.step_at, left.due_at = None, 0, None
        left.moved_by = left.onward = ()
        left.date, left.past = None, False
        self.holding.let_go_of(left)
        if self.reasons:
            self.record("exited", enrolment=left, step=step, reason=reason, outcome=outcome)
            self.announce("journey.exited", left.id, passage(left) | {"outcome": outcome})
        if self.messages:
            for message in list(self.messages.values()):
                if message.enrolment == left.id and message.status != "claimed":
                    self.settle(message, "cancelled", f"exit {outcome}")

    def arrive(self, own: Any, step: str, visit: int, mover: Event | None) -> None:  # noqa: ANN401 - as above
        """Bring an enrolment to a step, for that many a time, by the event that moved it."""
        now = self.now
        if self.reasons:
            self.record("step", enrolment=own, step=step, visit=visit)
        if own.moved_by and own.step_at != now:
            own.moved_by = ()
        if mover is not None and mover.name in self.plan.waited_for:
            own.moved_by = (*own.moved_by, mark(mover.id))  # no other would move it again
        own.step, own.step_at, own.due_at = step, now, None
        own.visits[step] = visit
        own.date, own.past, own.onward = None, False, ()

    def convert(self, enrolment: Enrolment, at: Instant) -> Enrolment:
        """Count the goal, credited to the last message sent not after its own time."""
        sent = [step for sent_at, step in enrolment.sends if sent_at <= at]
        credited = sent[-1] if sent else None
        done = self.owned(enrolment)
        done.converted_at, done.credited_to = self.now, credited
        if self.reasons:
            self.record("converted", enrolment=done, step=credited)
            self.announce("journey.converted", done.id, passage(done) | {"credited_to": credited})
        return done  # type: ignore[no-any-return]  # an enrolment

    def want(self, message: Message) -> None:
        """Hand a message over to be decided."""
        self.messages[message.id] = message

    def keep_facts(self, own: Any, step: str, facts: MessageFacts) -> None:  # noqa: ANN401 - as above
        """Begin to keep what is known of an enrolment's message from a step."""
        known = own.messages
        known.pop(step, None)
        if len(known) >= EXITED_MESSAGES:
            del known[next(iter(known))]
        known[step] = facts

    def settle(
        self,
        message: Message,
        status: str,
        reason: str | None,
        sent: Sent | None = None,
        segments: int | None = None,
    ) -> None:
        """Decide a message's fate: it leaves, its enrolment remembers, the ledger when sent."""
        if self.messages.pop(message.id, None) is not None:
            self.holding.let_go(message.variables)  # type: ignore[arg-type]  # a JSON object
        self.settled.append(_made_settled(message, status, reason, self.now))
        if self.reasons:
            cut: dict[str, Json] = {} if segments is None else {"segments": segments}
            self.record_message("message", message, reason, outcome=status, **cut)
        enrolment = self.enrolments.get(message.enrolment)
        if enrolment is None:
            return
        at = sent.at if sent is not None else None
        own = self.owned(enrolment)
        was: MessageFacts = own.messages[message.step]
        own.messages[message.step] = _made_facts(
            was.id,
            was.channel,
            status,
            at,
            was.delivered_at,
            was.opened_at,
            was.clicked_at,
            was.bounced_at,
        )
        if at is not None:
            own.sends = (*own.sends, (at, message.step))[-EXITED_MESSAGES:]
