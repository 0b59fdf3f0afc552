"""Stored: the decided part of a customer item as one packed text.

State, announcements and journal name the same enrolments, steps and instants, so packed together
they take a fifth less than apart. The marks of ids seen stay beside it, as text that an append can
look into.
"""

from collections.abc import Sequence
from typing import Any

from sojourn.core.errors import CorruptState, InvalidInput
from sojourn.core.nouns import altered
from sojourn.core.state.codec import decode_customer, encode_customer, marks_in
from sojourn.core.state.customer import Customer
from sojourn.core.state.decisions import Announcement
from sojourn.core.state.packing import packed, unpacked
from sojourn.core.values.exact import Json, dumps, loads
from sojourn.core.values.instants import Instant

_PARTS = 3


def pack_decided(
    customer: Customer, announcements: Sequence[Announcement], journal: str
) -> tuple[bytes, str]:
    """A customer, what her last decision announces and her journal; and the marks seen."""
    state = encode_customer(altered(customer, seen=()))
    announced = encode_announcements(customer.id, announcements) if announcements else ""
    return packed(f"{state}\n{announced}\n{journal}"), "".join(customer.seen)


def unpack_decided(
    customer_id: str, content: bytes, seen: str
) -> tuple[Customer, tuple[Announcement, ...], str]:
    """What was packed; raises CorruptState."""
    state, announced, journal = _parts(content)
    customer = altered(decode_customer(customer_id, state), seen=marks_in(seen))
    told = decode_announcements(customer_id, announced) if announced else ()
    return customer, told, journal


def journal_in(content: bytes) -> str:
    """The journal of what was packed, without reading the rest; raises CorruptState."""
    return _parts(content)[2]


def _parts(content: bytes) -> list[str]:
    parts = unpacked(content).split("\n", _PARTS - 1)
    if len(parts) != _PARTS:
        raise CorruptState("the stored state of a customer is not whole")
    return parts


def encode_announcements(customer_id: str, announcements: Sequence[Announcement]) -> str:
    """What a decision announces as text; the customer is named only where it is another."""
    return dumps(
        [
            [item.id, item.name, item.at, dict(item.properties)]
            + ([] if item.customer == customer_id else [item.customer])
            for item in announcements
        ]
    )


def decode_announcements(customer_id: str, text: str) -> tuple[Announcement, ...]:
    """What a decision announces, from text; raises CorruptState."""
    rows: Any = loads_stored(text, "announcements")
    try:
        return tuple(
            Announcement(id_, name, at, other[0] if other else customer_id, properties)
            for id_, name, at, properties, *other in rows
        )
    except (TypeError, ValueError) as error:
        raise CorruptState(f"stored announcements cannot be read: {error}") from error


def last_instant(journal: str) -> Instant:
    """The instant of a journal's last line; raises CorruptState."""
    line: Any = loads_stored(journal.rpartition("\n")[2], "journal line")
    at = line.get("at") if isinstance(line, dict) else None
    if not isinstance(at, int):
        raise CorruptState("a journal's last line has no instant")
    return at


def loads_stored(text: str, what: str) -> Json:
    """JSON of our own making; raises CorruptState."""
    try:
        return loads(text)
    except InvalidInput as error:
        raise CorruptState(f"a stored {what} cannot be read: {error}") from error
