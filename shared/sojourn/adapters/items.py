"""The customer item as DynamoDB has it, and back.

Clients and stream records write attributes alike (`{"S": ...}`, `{"N": ...}`), so one reading
serves both. It is done by hand: boto3's takes ten times as long.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sojourn.adapters import keys
from sojourn.core.codec import decode_customer, decode_event, encode_event
from sojourn.core.customer import Customer, Event
from sojourn.core.decisions import Announcement
from sojourn.core.errors import CorruptState, InvalidInput
from sojourn.core.exact import Json, dumps, loads
from sojourn.core.instants import Instant
from sojourn.core.limits import INBOX_BYTES, INBOX_EVENTS
from sojourn.runtime.mailbox import Change, Mailbox, Place, Waiting

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


def customer_of_record(record: Mapping[str, Any]) -> str:
    """Whose item a record of the table's stream is about, however broken its images are."""
    key: str = record["dynamodb"]["Keys"][keys.PK]["S"]
    return key.removeprefix(keys.CUSTOMER)


def _mailbox(item: Item, known: tuple[Item, Mailbox] | None) -> Mailbox:
    """Read an item; where its state is that of a known one, so is the customer."""
    try:
        customer_id: str = item[keys.PK]["S"].removeprefix(keys.CUSTOMER)
        state = item.get(keys.STATE)
        customer: Customer | None = None
        if known is not None and state == known[0].get(keys.STATE):
            customer = known[1].customer
        elif state is not None:
            customer = decode_customer(customer_id, state["S"])
        stored = item.get(keys.ANNOUNCEMENTS)
        return Mailbox(
            customer_id,
            int(item[keys.REVISION]["N"]) if keys.REVISION in item else 0,
            customer,
            _inbox(item),
            item[keys.JOURNAL]["S"] if keys.JOURNAL in item else "",
            int(item[keys.WAKE_AT]["N"]) if keys.WAKE_AT in item else None,
            () if stored is None else decode_announcements(customer_id, stored["S"]),
            item[keys.JOINED_INTO]["S"] if keys.JOINED_INTO in item else None,
            keys.IS_USER in item,
            int(item[keys.ARRIVALS]["N"]) if keys.ARRIVALS in item else 0,
            int(item[keys.FORGOTTEN_AT]["N"]) if keys.FORGOTTEN_AT in item else None,
            frozenset(place_from_text(text) for text in item.get(keys.PLACES, {}).get("SS", ())),
            int(item[keys.TIMER_AT]["N"]) if keys.TIMER_AT in item else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptState(f"a customer item cannot be read: {error!r}") from error


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
    return decode_event(_stored(text, "event"))


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
    rows: Any = _stored(text, "announcements")
    try:
        return tuple(
            Announcement(id_, name, at, other[0] if other else customer_id, properties)
            for id_, name, at, properties, *other in rows
        )
    except (TypeError, ValueError) as error:
        raise CorruptState(f"stored announcements cannot be read: {error}") from error


def place_text(place: Place) -> str:
    """A place as a tombstone keeps it."""
    return dumps(list(place))


def place_from_text(text: str) -> Place:
    """A place from what was kept; raises CorruptState."""
    found: Any = _stored(text, "place")
    return tuple(found)


def last_instant(journal: str) -> Instant:
    """The instant of a journal's last line; raises CorruptState."""
    line: Any = _stored(journal.rpartition("\n")[2], "journal line")
    at = line.get("at") if isinstance(line, dict) else None
    if not isinstance(at, int):
        raise CorruptState("a journal's last line has no instant")
    return at


def _stored(text: str, what: str) -> Json:
    try:
        return loads(text)
    except InvalidInput as error:
        raise CorruptState(f"a stored {what} cannot be read: {error}") from error
