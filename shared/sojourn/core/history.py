"""History: the events a customer had before, as far as they are at hand."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from sojourn.core.customer import Event
from sojourn.core.errors import HistoryNeeded
from sojourn.core.instants import Instant

BEGINNING: Instant = -(1 << 62)
"""Before any event."""


class History(Protocol):
    """Where conditions look up earlier events."""

    def events(self, names: Iterable[str] | None, since: Instant) -> Iterator[Event]:
        """Events of those names (None: of all) whose own time is not before ``since``.

        Raises HistoryNeeded when that goes further back than what is at hand.
        """


class LoadedHistory:
    """Events read from the store, complete from ``since`` on."""

    def __init__(self, events: Iterable[Event], since: Instant = BEGINNING) -> None:
        """Take the events, in any order."""
        self._events = tuple(events)
        self._since = since

    def events(self, names: Iterable[str] | None, since: Instant) -> Iterator[Event]:
        """See History."""
        if since < self._since:
            raise HistoryNeeded(since)
        wanted = None if names is None else frozenset(names)
        for event in self._events:
            if event.at >= since and (wanted is None or event.name in wanted):
                yield event


class GrowingHistory:
    """All events of one customer, kept by name as they are taken."""

    def __init__(self) -> None:
        """Begin with no event."""
        self._by_name: dict[str, list[Event]] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Take in events that were taken."""
        for event in events:
            self._by_name.setdefault(event.name, []).append(event)

    def events(self, names: Iterable[str] | None, since: Instant) -> Iterator[Event]:
        """See History; everything is at hand."""
        by_name: Mapping[str, list[Event]] = self._by_name
        for name in by_name if names is None else names:
            for event in by_name.get(name, ()):
                if event.at >= since:
                    yield event


NO_HISTORY = LoadedHistory(())
"""The history of someone who had no event before."""
