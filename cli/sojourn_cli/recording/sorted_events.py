"""The events of a recording by person: sorted on the disk, so that one person is held at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sojourn.core.state.codec import decode_event, encode_event
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json, dumps, loads
from sojourn_cli.recording.kept import Joined, KeptTurns
from sojourn_cli.recording.sorting import SortedLines
from sojourn_cli.simulation.lines import ReadLine, RefusedLine, alone, each_line
from sojourn_cli.simulation.relations import ids_in

type EventsById = Mapping[str, Sequence[Event]]
"""Events by the one id that each came with."""


class SortedEvents:
    """The lines of an events file by whose they are in the end; ``count`` and ``refused`` of all.

    A line that tells who else somebody is stands among the turns that are kept: here it tells
    alone that she is there.
    """

    def __init__(self, kept: KeptTurns, joined: Joined) -> None:
        """Sort by who was joined into whom."""
        self._kept = kept
        self._joined = joined
        self._lines = SortedLines()
        self.count = 0
        self.refused: list[RefusedLine] = []

    def close(self) -> None:
        """Take what was sorted away."""
        self._lines.close()

    def read(self, lines: Iterable[bytes]) -> None:
        """Take every line of the file."""
        for line in each_line(lines):
            if isinstance(line, RefusedLine):
                self.refused.append(line)
            if not isinstance(line, ReadLine):
                continue
            self.count += 1
            id_ = alone(line.incoming.identities)
            if id_ is not None:
                self._add(id_, [id_, encode_event(line.incoming.event)])
                continue
            for other in ids_in(line.incoming.identities):
                if other in self._kept:
                    self._add(other, [])

    def _add(self, id_: str, told: Json) -> None:
        self._lines.add(dumps(self._joined.root(id_)), dumps(told))

    def people(self) -> Iterator[tuple[str, EventsById]]:
        """Everybody with the events that came with one of her ids alone, one after another."""
        for place, lines in groupby(self._lines.lines(), itemgetter(0)):
            events: dict[str, list[Event]] = {}
            for _, line in lines:
                told: Any = loads(line.encode())
                if told:
                    events.setdefault(told[0], []).append(decode_event(told[1]))
            yield json.loads(place), events
