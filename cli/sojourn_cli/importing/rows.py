"""Rows: what a file is read into, one at a time, and what is said of one that is refused."""

from collections.abc import Iterator
from typing import Protocol

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject

ROW_CHARS = 1 << 20
"""The longest line that is looked at; an event has at most 64 KB, so a longer one is refused."""

MARK = "import"
"""What the file of refused rows adds to a row stands under this name, and is passed over here."""

_MEND = "mend the row; the file of refused rows can be imported as it is"

_REMEDIES = (
    ("userId: missing, and so", "give it a userId, an anonymousId or another identity"),
    ("is nobody's", "give it an identity that is hers alone"),
    ("timestamp:", "write it like 2026-03-01T09:00:00Z; for local times say --timezone ZONE"),
    ("type:", "leave it out: a row with an event is one, any other tells of a customer"),
    ("forgotten", "take the row out: she asked to be forgotten"),
    (" bytes; at most", "leave out what no journey asks for"),
    ("longer than", "shorten it"),
    ("not JSON", "write one JSON object a line"),
)
"""What to do, by words of the reason; the first that fits."""


@noun
class Problem:
    """What is wrong with a row, and what to do about it."""

    reason: str
    remedy: str


class RowRefused(InvalidInput):
    """A row is wrong in a way for which there is a remedy of its own."""

    def __init__(self, reason: str, remedy: str) -> None:
        """Carry both sentences."""
        super().__init__(reason)
        self.remedy = remedy


def problem_of(error: InvalidInput) -> Problem:
    """What a refusal says, with what to do."""
    reason = str(error)
    if isinstance(error, RowRefused):
        return Problem(reason, error.remedy)
    found = (remedy for words, remedy in _REMEDIES if words in reason)
    return Problem(reason, next(found, _MEND))


@noun
class Row:
    """One row: ``number`` as a spreadsheet counts, ``line`` where it begins in the file.

    ``cells`` are as they stand there; ``text`` is the row where it could not be taken apart.
    ``messages`` are the Segment messages it stands for, unless there is a ``problem``.
    """

    number: int
    line: int
    cells: tuple[str, ...] = ()
    text: str = ""
    messages: tuple[JsonObject, ...] = ()
    problem: Problem | None = None

    @property
    def chars(self) -> int:
        """How much of the file it is."""
        return len(self.text) + sum(map(len, self.cells))


class Rows(Protocol):
    """A file being read, once, from its beginning."""

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns; none where each row names its own fields."""

    @property
    def delimiter(self) -> str:
        """What stands between two cells; empty where there are none."""

    def __iter__(self) -> Iterator[Row]:
        """Every row in order; blank ones are passed over."""

    def hints(self) -> list[str]:
        """What is worth saying of the file, once it was read."""
