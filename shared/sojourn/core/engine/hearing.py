"""Hearing: what one customer's draft takes of events, and what it knows of those before."""

from collections import deque
from collections.abc import Collection, Sequence

from sojourn.core.engine.account import Account
from sojourn.core.engine.stimuli import Binding, Stimulus
from sojourn.core.limits import CAUSES, CHAIN_LINKS, SEEN_IDS
from sojourn.core.state.customer import MESSAGE_FACTS, Customer, Event
from sojourn.core.state.history import History
from sojourn.core.values.ids import mark
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan

_MACHINE_MADE = frozenset(MESSAGE_FACTS)
"""Names of events that a mail proxy or a scanner can cause."""


class Hearing(Account):
    """The events of one instant, taken one after another, each with what it causes.

    While ``silent``, no journey is entered; ``emitted`` counts bytes of emitted events.
    ``earlier`` are the marks of events taken at this instant in evaluations before this one.
    """

    __slots__ = (
        *("plan", "history", "earlier", "taken", "newest_at", "bindings", "queue", "link"),
        *("causes", "silent", "emitted", "marks", "new_ids"),
    )

    def __init__(
        self, plan: Plan, customer: Customer, now: Instant, history: History, *, reasons: bool
    ) -> None:
        """Begin with nothing taken; ``reasons`` says whether to keep records and announcements."""
        super().__init__(customer, now, reasons=reasons)
        same = customer.decided_at == now
        self.plan = plan
        self.history = history
        self.earlier = customer.instant if same else ()
        self.taken: list[Event] = []
        self.newest_at = customer.newest_at
        self.bindings: dict[str, Binding] = {}
        self.queue: deque[tuple[Stimulus, int]] = deque()
        self.link = self.emitted = 0
        self.silent = False
        self.causes = customer.causes if same else 0
        self.marks: list[str] = []
        self.new_ids: list[str] = []

    def remember(self, event: Event) -> None:
        """Note an event as taken: what comes after can see it, and knows it again."""
        self.taken.append(event)
        if not event.caused:
            known = mark(event.id)
            self.new_ids.append(known)
            self.marks.append(known)
        elif event.name in self.plan.waited_for:
            self.marks.append(mark(event.id))
        if self.newest_at is None or event.at > self.newest_at:
            self.newest_at = event.at

    def has_seen(self, event: Event) -> bool:
        """Whether its message id was taken before; older ones are looked up in the history."""
        if mark(event.id) in self.customer.seen:
            return True
        forgotten_at = self.customer.forgotten_at
        return (
            forgotten_at is not None
            and event.at <= forgotten_at
            and self.history.holds(event.id, event.at)
        )

    def events(self, names: Sequence[str], since: Instant) -> list[Event]:
        """Events already here whose own time is not before ``since``; a machine's do not count."""
        found = list(self.history.events(names, since))
        found += [event for event in self.taken if event.name in names and event.at >= since]
        if _MACHINE_MADE.isdisjoint(names):
            return found
        return [event for event in found if not event.by_a_machine]

    def count(self, names: Sequence[str], since: Instant, until: Instant) -> int:
        """How many of those events there are up to ``until``, itself included."""
        if not _MACHINE_MADE.isdisjoint(names):
            return sum(event.at <= until for event in self.events(names, since))
        count = self.history.count(names, since, until)
        for event in self.taken:
            if event.name in names and since <= event.at <= until:
                count += 1
        return count

    def events_of_instant(self, names: Collection[str], since: Instant) -> list[Event]:
        """Events that may end a wait of this very instant, in order of being taken.

        ``since`` bounds their own times.
        """
        here = [event for event in self.taken if event.name in names and not event.silent]
        if not self.earlier:
            return here
        found = {mark(event.id): event for event in self.history.events(names, since)}
        before = [found[place] for place in self.earlier if place in found]
        return [event for event in before if not event.silent] + here

    def caused(self, stimulus: Stimulus) -> None:
        """Queue what this stimulus caused, to be taken next in the same instant."""
        self.causes += 1
        self.queue.append((stimulus, self.link + 1))

    def chain_is_full(self) -> bool:
        """Whether one more link would pass the bound of a chain, or of all chains together."""
        return self.link >= CHAIN_LINKS or self.causes >= CAUSES

    def bind(self, event: Event, binding: Binding) -> None:
        """Remember which message an event is about."""
        self.bindings[event.id] = binding

    def seen(self) -> tuple[tuple[str, ...], Instant | None]:
        """Marks of the message ids taken lately, and the newest own time of those forgotten."""
        seen, new = self.customer.seen, self.new_ids
        if len(seen) + len(new) <= SEEN_IDS:
            return (*seen, *new), self.customer.forgotten_at
        return (*seen, *new)[-SEEN_IDS:], self.customer.newest_at
