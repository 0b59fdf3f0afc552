"""The customer item as DynamoDB has it, and back.

Clients and stream records write attributes alike (`{"S": ...}`, `{"N": ...}`), but for binary ones,
so one reading serves both. It is done by hand: boto3's takes ten times as long.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from sojourn.adapters import keys
from sojourn.core.errors import CorruptState, InvalidInput
from sojourn.core.limits import INBOX_BYTES, INBOX_EVENTS
from sojourn.core.state.codec import decode_customer, decode_event, encode_event
from sojourn.core.state.customer import Customer, Event
from sojourn.core.state.decisions import Announcement
from sojourn.core.state.packing import unpacked
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Instant
from sojourn.runtime.customer.mailbox import Change, Mailbox, Place, Waiting
from sojourn.runtime.customer.stored import (
    decode_announcements,
    journal_in,
    loads_stored,
    unpack_decided,
)

type Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's own JSON."""


def mailbox_from_item(item: Item) -> Mailbox:
    """A customer item as a mailbox; raises CorruptState."""
    return _mailbox(item, None)


def change_from_record(record: Mapping[str, Any]) -> Change:
    """A record of the table's stream as a change of one customer item.

    Raises InvalidInput for a record of anything else, CorruptState for one that cannot be read.
    """
    try:
        image: Mapping[str, Any] = record["dynamodb"]
        key = image["Keys"]
        if key[keys.SK]["S"] != keys.ITEM or not key[keys.PK]["S"].startswith(keys.CUSTOMER):
            raise InvalidInput(f"a stream record of {key}: the filter lets customer items through")
        after = mailbox_from_item(image["NewImage"])
        old = image.get("OldImage")
        return Change(None if old is None else _mailbox(old, (image["NewImage"], after)), after)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"not a stream record with both images: {error!r}") from error


def brings_news(record: Mapping[str, Any]) -> bool:
    """Whether a record of the table's stream tells of a decision or an event.

    Else a timer was moved, or something was noted: nothing follows from that, and an item that
    cannot be read need not be.
    """
    image: Mapping[str, Any] = record["dynamodb"]
    old, new = image.get("OldImage"), image.get("NewImage")
    if old is None or new is None:
        return True
    return any(old.get(name) != new.get(name) for name in (keys.REVISION, keys.ARRIVALS))


def customer_of_record(record: Mapping[str, Any]) -> str:
    """Whose item a record of the table's stream is about, however broken its images are."""
    key: str = record["dynamodb"]["Keys"][keys.PK]["S"]
    return key.removeprefix(keys.CUSTOMER)


def _mailbox(item: Item, known: tuple[Item, Mailbox] | None) -> Mailbox:
    """Read an item; where its state is that of a known one, so is the customer."""
    try:
        customer_id: str = item[keys.PK]["S"].removeprefix(keys.CUSTOMER)
        if known is not None and item.get(keys.STATE) == known[0].get(keys.STATE):
            after = known[1]
            decided: _Decided = after.customer, after.announcements, after.journal
        else:
            decided = _decided(customer_id, item)
        customer, announcements, journal = decided
        return Mailbox(
            customer_id,
            int(item[keys.REVISION]["N"]) if keys.REVISION in item else 0,
            customer,
            _inbox(item),
            journal,
            int(item[keys.WAKE_AT]["N"]) if keys.WAKE_AT in item else None,
            () if keys.JOINED_INTO in item else announcements,
            item[keys.JOINED_INTO]["S"] if keys.JOINED_INTO in item else None,
            keys.IS_USER in item,
            int(item[keys.ARRIVALS]["N"]) if keys.ARRIVALS in item else 0,
            int(item[keys.FORGOTTEN_AT]["N"]) if keys.FORGOTTEN_AT in item else None,
            frozenset(place_from_text(text) for text in item.get(keys.PLACES, {}).get("SS", ())),
            int(item[keys.TIMER_AT]["N"]) if keys.TIMER_AT in item else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptState(f"a customer item cannot be read: {error!r}") from error


type _Decided = tuple[Customer | None, tuple[Announcement, ...], str]
"""The customer, what her last decision announces, and her journal."""


def _decided(customer_id: str, item: Item) -> _Decided:
    """What was decided about a customer, as it is packed, or in the form before that.

    Then each is an attribute of its own, and the marks of ids seen are in the state.
    """
    state = item.get(keys.STATE, {})
    if "B" in state:
        seen = item[keys.SEEN]["S"] if keys.SEEN in item else ""
        return unpack_decided(customer_id, blob(state), seen)
    announced = item.get(keys.ANNOUNCEMENTS)
    return (
        decode_customer(customer_id, state["S"]) if state else None,
        () if announced is None else decode_announcements(customer_id, announced["S"]),
        item[keys.JOURNAL]["S"] if keys.JOURNAL in item else "",
    )


def lines_of(item: Item) -> list[str]:
    """The journal lines that a customer item or an item of her history holds, the oldest first.

    Raises CorruptState.
    """
    found = item.get(keys.LINES) or item.get(keys.JOURNAL)
    state = item.get(keys.STATE, {})
    if found is not None:
        text = unpacked(blob(found)) if "B" in found else found["S"]
    else:
        text = journal_in(blob(state)) if "B" in state else ""
    return text.split("\n") if text else []


def blob(value: Mapping[str, Any]) -> bytes:
    """A binary attribute: a client gives bytes, a stream record their base64."""
    content = value["B"]
    return content if isinstance(content, bytes) else b64decode(content)


def _inbox(item: Item) -> tuple[Waiting, ...]:
    """The waiting events in the order they were received, then that they were appended."""
    found: list[tuple[Instant, int, Waiting]] = []
    for name, value in item.items():
        if name.startswith(keys.SLOT):
            text = value["S"]
            event = event_from_text(text)
            waiting = Waiting(name, event, len(text.encode()))
            found.append((event.received_at, int(item[keys.place(name)]["N"]), waiting))
    found.sort(key=lambda each: (each[0], each[1], each[2].slot))
    return tuple(waiting for _, _, waiting in found)


def is_full(item: Item) -> bool:
    """Whether as many events wait as may, or as large ones."""
    count, size_bytes = (
        int(item.get(name, {"N": "0"})["N"]) for name in (keys.INBOX_COUNT, keys.INBOX_BYTES)
    )
    return count >= INBOX_EVENTS or size_bytes >= INBOX_BYTES


def event_text(event: Event) -> str:
    """An event as it is stored."""
    return dumps(encode_event(event))


def event_from_text(text: str) -> Event:
    """An event from what was stored; raises CorruptState."""
    return decode_event(loads_stored(text, "event"))


def place_text(place: Place) -> str:
    """A place as a tombstone keeps it."""
    return dumps(list(place))


def place_from_text(text: str) -> Place:
    """A place from what was kept; raises CorruptState."""
    found: Any = loads_stored(text, "place")
    return tuple(found)
