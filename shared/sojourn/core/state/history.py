"""History: the events a customer had before, as far as they are at hand."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import Protocol

from sojourn.core.errors import HistoryNeeded
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import Instant

BEGINNING: Instant = -(1 << 62)
"""Before any event."""


def _own_time(event: Event) -> Instant:
    return event.at


def _same(one: Event, other: Event) -> bool:
    """Whether two events of one id are one: two people may have one each, and become one person."""
    return one.at == other.at and one.name == other.name and one.properties == other.properties


def own_order(event: Event) -> tuple[Instant, Instant, str]:
    """The order of events by their own times; of one time, as they came in, wherever they lay."""
    return event.at, event.received_at, event.id


def taken_order(event: Event) -> tuple[Instant, Instant, str]:
    """The order in which events came in; of one instant, by their own times."""
    return event.received_at, event.at, event.id


class History(Protocol):
    """Where conditions look up earlier events."""

    def events(self, names: Iterable[str] | None, since: Instant) -> Sequence[Event]:
        """Events of those names (None: of all) whose own time is not before ``since``, each once.

        Raises HistoryNeeded when that goes further back than what is at hand.
        """

    def count(self, names: Iterable[str], since: Instant, until: Instant) -> int:
        """How many events of those names there are from ``since`` to ``until``, both included."""

    def holds(self, id_: str, at: Instant) -> bool:
        """Whether the event of that id and own time was taken; raises HistoryNeeded likewise."""


class GrowingHistory:
    """All events of one customer, kept as they are taken."""

    def __init__(self) -> None:
        """Begin with no event."""
        self._by_name: dict[str, list[Event]] = {}
        self._known: dict[str, Event] = {}
        self._others: dict[str, list[Event]] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Take in events that were taken; one that is known already changes nothing."""
        known = self._known
        for event in events:
            if event.id not in known:
                known[event.id] = event
            elif self.has(event):
                continue
            else:
                self._others.setdefault(event.id, []).append(event)
            found = self._by_name.get(event.name)
            if found is None:
                self._by_name[event.name] = [event]
            elif found[-1].at > event.at:
                insort(found, event, key=_own_time)
            else:
                found.append(event)

    def events(self, names: Iterable[str] | None, since: Instant) -> Sequence[Event]:
        """See History; everything is at hand."""
        chosen = tuple(self._by_name) if names is None else dict.fromkeys(names)
        found: list[Event] = []
        for name in chosen:
            known = self._by_name.get(name)
            if known:
                start = 0 if known[0].at >= since else bisect_left(known, since, key=_own_time)
                found += known[start:]
        return found

    def count(self, names: Iterable[str], since: Instant, until: Instant) -> int:
        """See History."""
        count = 0
        for name in {*names}:
            known = self._by_name.get(name)
            if known:
                start = 0 if known[0].at >= since else bisect_left(known, since, key=_own_time)
                late = known[-1].at > until
                count += (bisect_right(known, until, key=_own_time) if late else len(known)) - start
        return count

    def holds(self, id_: str, at: Instant) -> bool:
        """See History."""
        return any(event.at == at for event in self._of(id_))

    def has(self, event: Event) -> bool:
        """Whether this very event is among them, and not just another of its id."""
        return any(_same(event, known) for known in self._of(event.id))

    def _of(self, id_: str) -> Sequence[Event]:
        known = self._known.get(id_)
        return () if known is None else (known, *self._others.get(id_, ()))


def distinct(events: Iterable[Event]) -> list[Event]:
    """Events in their order, each once."""
    known = GrowingHistory()
    found = []
    for event in events:
        if not known.has(event):
            known.add([event])
            found.append(event)
    return found


class LoadedHistory(GrowingHistory):
    """Events read from the store, complete from ``since`` on."""

    def __init__(self, events: Iterable[Event], since: Instant = BEGINNING) -> None:
        """Take the events, in any order."""
        super().__init__()
        self._since = since
        self.add(events)

    def events(self, names: Iterable[str] | None, since: Instant) -> Sequence[Event]:
        """See History."""
        if since < self._since:
            raise HistoryNeeded(since)
        return super().events(names, since)

    def count(self, names: Iterable[str], since: Instant, until: Instant) -> int:
        """See History."""
        if since < self._since:
            raise HistoryNeeded(since)
        return super().count(names, since, until)

    def holds(self, id_: str, at: Instant) -> bool:
        """See History."""
        if at < self._since:
            raise HistoryNeeded(at)
        return super().holds(id_, at)


class ContinuedHistory:
    """What was ``before``, and the events taken ``since``; one that is in both counts once."""

    def __init__(self, before: History) -> None:
        """Begin with no event taken since."""
        self.before = before
        self.since = GrowingHistory()

    def add(self, events: Iterable[Event]) -> None:
        """Take in events that were taken."""
        self.since.add(events)

    def events(self, names: Iterable[str] | None, since: Instant) -> Sequence[Event]:
        """See History."""
        since_then = self.since.events(names, since)
        before = () if self.before is NO_HISTORY else self.before.events(names, since)
        if not before:
            return since_then
        has = self.since.has
        return [*(event for event in before if not has(event)), *since_then]

    def count(self, names: Iterable[str], since: Instant, until: Instant) -> int:
        """See History."""
        if self.before is NO_HISTORY:
            return self.since.count(names, since, until)
        return sum(event.at <= until for event in self.events(names, since))

    def holds(self, id_: str, at: Instant) -> bool:
        """See History."""
        return self.since.holds(id_, at) or self.before.holds(id_, at)


class JoinedHistory:
    """Several customers' histories who are one by now; an event that is in two counts once.

    Events that differ count each, though their id be the same: an id is one customer's.
    """

    def __init__(self, histories: Sequence[History]) -> None:
        """Look into each."""
        self._histories = tuple(histories)

    def events(self, names: Iterable[str] | None, since: Instant) -> Sequence[Event]:
        """See History."""
        asked = None if names is None else tuple(names)
        return distinct(
            event for history in self._histories for event in history.events(asked, since)
        )

    def count(self, names: Iterable[str], since: Instant, until: Instant) -> int:
        """See History."""
        return sum(event.at <= until for event in self.events(names, since))

    def holds(self, id_: str, at: Instant) -> bool:
        """See History."""
        return any(history.holds(id_, at) for history in self._histories)


NO_HISTORY = LoadedHistory(())
"""The history of someone who had no event before."""
