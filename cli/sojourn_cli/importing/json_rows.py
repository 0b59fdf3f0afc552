"""JSON Lines: each a Segment message, or the part of one that tells of a customer."""

from collections.abc import Iterable, Iterator

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import loads_object
from sojourn_cli.importing.lines import check_text, is_cut
from sojourn_cli.importing.rows import MARK, Row, RowRefused, problem_of

_BUS = "put it on the bus with sojourn send-events, or write just its detail"


class JsonRows:
    """Rows that name their own fields."""

    header: tuple[str, ...] = ()
    delimiter = ""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read from the first line on."""
        self._lines = lines

    def hints(self) -> list[str]:
        """See Rows; values have types of their own here."""
        return []

    def __iter__(self) -> Iterator[Row]:
        """See Rows."""
        for number, line in enumerate(self._lines, start=1):
            if number == 1 and line.lstrip().startswith("["):
                raise InvalidInput("is one JSON list: write each of its objects on a line")
            if line.strip():
                yield _row(number, line.rstrip("\r\n"), cut=is_cut(line))


def _row(number: int, text: str, *, cut: bool) -> Row:
    try:
        if cut:
            raise RowRefused("the line is longer than a million characters", "shorten it")
        check_text(text)
        message = loads_object(text)
        message.pop(MARK, None)
        if "detail" in message or "detail-type" in message:
            raise RowRefused("is an EventBridge entry", _BUS)
    except InvalidInput as error:
        return Row(number, number, text=text, problem=problem_of(error))
    return Row(number, number, text=text, messages=(message,))
