"""Events, customers and saves for the contracts."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

from sojourn.core.state.customer import Customer, Event, Trait
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import Json, dumps
from sojourn.core.values.ids import mark
from sojourn.core.values.instants import SECOND, Instant, parse_instant
from sojourn.runtime.customer.mailbox import Mailbox, Save

NOON: Instant = parse_instant("2026-03-01T12:00:00Z")
ANA = "ana"


def event(
    id_: str = "e1",
    at: Instant = NOON,
    received_at: Instant | None = None,
    properties: Mapping[str, Json] | None = None,
) -> Event:
    received = at if received_at is None else received_at
    return Event(id_, "order.placed", at, received, properties or {"total": Decimal("12.50")})


def customer(id_: str = ANA, *, seen: Sequence[str] = (), **traits: Json) -> Customer:
    return Customer(
        id_,
        NOON,
        traits={name: Trait(value, NOON) for name, value in traits.items()},
        seen=tuple(mark(item) for item in seen),
        decided_at=NOON,
    )


def across(text: str) -> tuple[str, str]:
    """Two marks of which one ends and the other begins with half of a text of eight."""
    return f"----{text[:4]}", f"{text[4:]}----"


def noise(size_bytes: int) -> str:
    """Text that takes so many bytes even when it is packed."""
    return b64encode(Random(size_bytes).randbytes(size_bytes)).decode()


def line(revision: int, at: Instant = NOON, padding: int = 0) -> str:
    return dumps({"r": revision, "at": at, "by": "evaluate", "x": "\u2028" * padding})


def announcement(id_: str = "a1", customer_id: str = ANA) -> Announcement:
    properties: dict[str, Json] = {"journey": "welcome", "share": Decimal("0.1")}
    return Announcement(id_, "journey.entered", NOON, customer_id, properties)


def save_of(box: Mailbox, state: Customer | None = None, **changed: object) -> Save:
    """Everything that waits is consumed and remembered as seen, unless something else is said."""
    if state is None:
        ids = tuple(waiting.event.id for waiting in box.inbox)
        state = box.customer or customer(box.customer_id)
        state = replace(state, seen=(*state.seen, *(mark(id_) for id_ in ids)))
    save = Save(
        customer=state,
        consumed=tuple(waiting.slot for waiting in box.inbox),
        journal=line(box.revision + 1, NOON + box.revision * SECOND),
        wake_at=None,
        timer_at=None,
    )
    return replace(save, **changed)  # type: ignore[arg-type]  # fields of Save, by name
