"""Requests in an events file: what somebody asked for about one customer, as on the bus.

In production they go another way than events, and so they do here.
"""

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Instant, parse_instant
from sojourn.runtime.rights.requests import asked_in

PREFIX = "sojourn."
"""With what the detail-types of requests begin; no event has such a one."""


@noun
class Request:
    """What was asked for (`sojourn.forget` and the like), about whom, when, and in which line."""

    number: int
    asked: str
    customer: str
    at: Instant

    @property
    def order(self) -> tuple[int, int]:
        """When it is taken among the lines of a file."""
        return self.at, self.number


def is_request(entry: JsonObject) -> bool:
    """Whether an entry is no event but a request."""
    asked = entry.get("detail-type")
    return isinstance(asked, str) and asked.startswith(PREFIX)


def read_request(entry: JsonObject, number: int) -> Request:
    """A request; raises InvalidInput with the reason why it is none that can be done."""
    asked, customer = asked_in(entry)
    field = "receivedAt" if "receivedAt" in entry else "time"
    at = entry.get(field)
    if not isinstance(at, str):
        raise InvalidInput(f"{field}: an RFC 3339 instant is wanted")
    try:
        return Request(number, asked, customer, parse_instant(at))
    except ValueError as error:
        raise InvalidInput(f"{field}: {error}") from error
