"""Announcing again: what could not be carried on the first time, as bodies of the wake queue.

A body there names a customer to look at, or holds events for the bus as they were decided. So what
the bus does not take waits in a queue, and what the stream gave up is brought back from its record.
"""

from collections.abc import Iterator, Sequence

from sojourn.core.errors import InvalidInput
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import Json, dumps, loads_object
from sojourn.runtime.customer.mailbox import Change
from sojourn.runtime.decisions.deciding import body_of

ANNOUNCE = "announce"
"""The field of a body that holds events for the bus."""

BODY_BYTES = 64 * 1024
"""Events are put into one body up to this; one that is larger has a body of its own."""


def bodies_announcing(announcements: Sequence[Announcement]) -> list[str]:
    """Events for the bus as bodies of the wake queue, several in each, in their order."""
    return [dumps({ANNOUNCE: group}) for group in _groups(announcements)]


def announced_in(body: str) -> tuple[Announcement, ...]:
    """The events that a body holds, none when it names a customer; raises InvalidInput."""
    stored = loads_object(body).get(ANNOUNCE)
    if stored is None:
        return ()
    try:
        return tuple([Announcement(*row) for row in stored])  # type: ignore[misc, union-attr]  # as bodies_announcing wrote them
    except TypeError as error:
        raise InvalidInput(f"{ANNOUNCE}: not events as evaluate puts them there") from error


def again(changes: Sequence[Change]) -> list[str]:
    """Everything that changes of the stream ask for, as bodies of the wake queue.

    What was decided is said on the bus, and each customer is looked at: that takes her inbox, sends
    what wants to go and sets what is near.
    """
    told = [item for change in changes if change.decided for item in change.after.announcements]
    customers = dict.fromkeys(change.after.customer_id for change in changes)
    return [*bodies_announcing(told), *(body_of(customer) for customer in customers)]


def _groups(announcements: Sequence[Announcement]) -> Iterator[list[Json]]:
    group: list[Json] = []
    size = 0
    for item in announcements:
        row: list[Json] = [item.id, item.name, item.at, item.customer, dict(item.properties)]
        added = len(dumps(row).encode())
        if group and size + added > BODY_BYTES:
            yield group
            group, size = [], 0
        group.append(row)
        size += added
    if group:
        yield group
