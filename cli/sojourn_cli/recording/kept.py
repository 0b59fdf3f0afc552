"""Kept turns: what a recording's folder says of each id, read from its file when it is asked for.

Of each id no more is held than where its line begins, and by whom it was joined.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sojourn.core.nouns import noun
from sojourn.core.state.codec import decode_event
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import EARLIEST, Instant
from sojourn_cli.recording.turns import Taken, Turn, turn_from


@noun
class Kept:
    """What is kept of one id: her turns, and her events that tell who else she is."""

    turns: tuple[Turn, ...] = ()
    linking: tuple[Event, ...] = ()


NOTHING = Kept()


@noun
class Joining:
    """That an id was joined into another, by what was decided after an instant."""

    id: str
    into: str
    after: Instant


class Joined:
    """Who was joined into whom."""

    def __init__(self, into: Mapping[str, str]) -> None:
        """Take for each id that was joined the one it was joined into."""
        self._into = into
        self._absorbed: dict[str, list[str]] = {}
        for id_ in into:
            self._absorbed.setdefault(self.root(id_), []).append(id_)

    def __len__(self) -> int:
        """How many ids were joined into another."""
        return len(self._into)

    def root(self, id_: str) -> str:
        """The id that is hers in the end."""
        while id_ in self._into:
            id_ = self._into[id_]
        return id_

    def absorbed(self, id_: str) -> Sequence[str]:
        """The ids that became this one in the end."""
        return self._absorbed.get(id_, ())


class KeptTurns:
    """The file of turns, a line for each id."""

    def __init__(self, path: Path) -> None:
        """Read it through once; raises what a file raises that is not as recording writes it."""
        self._path = path
        self._places: dict[str, int] = {}
        self.joinings: list[Joining] = []
        place = 0
        with path.open("rb") as lines:
            for line in lines:
                doc: Any = loads_object(line)
                id_ = doc["customer"]
                self._places[id_] = place
                self.joinings += _joinings(id_, _kept(doc).turns)
                place += len(line)

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self._places)

    def __contains__(self, id_: str) -> bool:
        """Whether anything is kept of an id."""
        return id_ in self._places

    def joined(self, until: Instant) -> "Joined":
        """Who was joined into whom by what was decided before an instant."""
        return Joined({item.id: item.into for item in self.joinings if item.after < until})

    def of(self, id_: str) -> Kept:
        """What is kept of an id, which may be nothing."""
        if id_ not in self._places:
            return NOTHING
        with self._path.open("rb") as lines:
            lines.seek(self._places[id_])
            return _kept(loads_object(lines.readline()))


def _kept(doc: Any) -> Kept:  # noqa: ANN401 - JSON that `as_line` made
    return Kept(
        tuple(turn_from(item) for item in doc["turns"]),
        tuple(decode_event(item) for item in doc.get("linking", ())),
    )


def _joinings(into: str, turns: Iterable[Turn]) -> Iterator[Joining]:
    for turn in turns:
        yield from _joined_in(into, turn.taken, EARLIEST)


def _joined_in(into: str, taken: Taken, after: Instant) -> Iterator[Joining]:
    """Everybody that what was taken joined, and whom theirs had joined before."""
    for meeting in taken.meetings:
        for party in meeting.parties:
            latest = max(after, party.carried_to)
            yield Joining(party.customer, into, latest)
            yield from _joined_in(into, party.taken, latest)
