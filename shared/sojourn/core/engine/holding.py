"""Holding: how much a customer's enrolments hold of what events and steps gave them.

Told roughly, and never as too little, until it comes near the bound; from then on exactly.
"""

from collections.abc import Iterable, Iterator, Mapping

from sojourn.core.limits import HELD_BYTES
from sojourn.core.state.customer import Enrolment, Message
from sojourn.core.values.exact import Json, dumps

_MOST_OF_A_CHAR = 4
"""Bytes that JSON in UTF-8 takes for a character of Python's own writing, at most."""


def bytes_of(value: Json) -> int:
    """How many bytes a value takes when it is stored; what is empty or missing takes none."""
    return len(dumps(value).encode()) if value else 0


def held_by(enrolment: Enrolment) -> int:
    """How many bytes an enrolment holds: its entry, its key and its variables."""
    return sum(map(bytes_of, _parts(enrolment)))


def most_held_by(enrolment: Enrolment) -> int:
    """No fewer bytes than an enrolment holds, told quickly."""
    return sum(map(_most_bytes_of, _parts(enrolment)))


def held_in_all(enrolments: Iterable[Enrolment], messages: Iterable[Message]) -> int:
    """How many bytes live enrolments hold, with the variables of messages not yet settled."""
    return sum(map(bytes_of, _all(enrolments, messages)))


def too_much(bytes_in_all: int) -> str:
    """Why what would be held is refused."""
    return f"limit: {bytes_in_all} bytes held by enrolments"


class Holding:
    """What one customer's live enrolments hold while she is decided about."""

    __slots__ = ("_bytes", "_is_exact", "_known")

    def __init__(self) -> None:
        """Begin with nothing looked at."""
        self._bytes: int | None = None
        self._is_exact = False
        self._known: tuple[Json, int, int] = (None, 0, 0)

    @property
    def is_little(self) -> bool:
        """Whether all that was ever taken is little, what was let go of since included."""
        return not self._is_exact

    def begin_anew(self) -> None:
        """Look at everything again the next time: another customer was joined."""
        self._bytes, self._is_exact = None, False

    def take(
        self,
        values: Iterable[Json],
        enrolments: Mapping[str, Enrolment],
        messages: Mapping[str, Message],
        instead: Json = None,
    ) -> int | None:
        """Hold more values; how many bytes it would be in all where that is too much.

        Then nothing more is held. ``enrolments`` and ``messages`` are those of before, ``instead``
        is what of theirs is held no more.
        """
        values = list(values)
        if self._bytes is None:
            found = _all(enrolments.values(), messages.values())
            self._bytes = sum(map(_most_bytes_of, found))
        if not self._is_exact:
            most = self._bytes
            for value in values:
                if value:
                    most += self._sizes(value)[0]
            if most <= HELD_BYTES:
                self._bytes = most
                return None
            self._bytes = held_in_all(enrolments.values(), messages.values())
            self._is_exact = True
        size = self._bytes + sum(self._sizes(value, exactly=True)[1] for value in values)
        size -= bytes_of(instead)
        if size > HELD_BYTES:
            return size
        self._bytes = size
        return None

    def let_go(self, *values: Json) -> None:
        """Hold these no more; while it is told roughly, they may as well be counted."""
        if self._bytes is not None and self._is_exact:
            self._bytes -= sum(map(bytes_of, values))

    def let_go_of(self, enrolment: Enrolment) -> None:
        """Hold no more what an enrolment held that has ended."""
        self.let_go(*_parts(enrolment))

    def _sizes(self, value: Json, *, exactly: bool = False) -> tuple[int, int]:
        """A value's size, at most and exactly; several journeys are entered with the same one."""
        known, most, exact = self._known
        if known is not value:
            most, exact = _most_bytes_of(value), 0
        if exactly and not exact:
            exact = bytes_of(value)
        if isinstance(value, dict):
            self._known = value, most, exact
        return most, exact


def _most_bytes_of(value: Json) -> int:
    """No fewer bytes than a value takes: Python's own way to write one is quick."""
    return _MOST_OF_A_CHAR * len(str(value)) if value else 0


def _parts(enrolment: Enrolment) -> tuple[Json, ...]:
    return enrolment.entry, enrolment.key, enrolment.vars  # type: ignore[return-value]  # JSON objects


def _all(enrolments: Iterable[Enrolment], messages: Iterable[Message]) -> Iterator[Json]:
    for item in enrolments:
        if item.exited_at is None:
            yield from _parts(item)
    for message in messages:
        yield message.variables  # type: ignore[misc]  # a JSON object
