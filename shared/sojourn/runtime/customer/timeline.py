"""The timeline: everything a customer's item and history tell, in order of time."""

from collections.abc import Callable, Iterable
from typing import Any

from sojourn.core.incoming.identity import ANONYMOUS, USER, named
from sojourn.core.nouns import noun
from sojourn.core.state.codec import decode_event
from sojourn.core.state.customer import Customer, Event, Identity
from sojourn.core.state.decisions import Record
from sojourn.core.state.history import BEGINNING, distinct
from sojourn.core.values.exact import Json, JsonObject, loads_object
from sojourn.core.values.instants import Instant, format_instant
from sojourn.core.workspace.plan import CHANNELS
from sojourn.runtime.customer.joining import present, rows
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.decisions.deciding import read_records
from sojourn.runtime.ports import History, Mailboxes


def _unasked(_: Identity) -> None:
    """Nobody is asked whose an identity is."""


@noun
class Timeline:
    """One customer: the item as it is now, her events and the records of decisions about her."""

    box: Mailbox
    events: tuple[Event, ...]
    records: tuple[Record, ...]


def read_timeline(mailboxes: Mailboxes, history: History, customer_id: str) -> Timeline:
    """Read a customer whole; every line once, however often it was moved."""
    box = present(mailboxes, mailboxes.read(customer_id))
    ids = (*(box.customer.absorbed if box.customer is not None else ()), box.customer_id)
    lines: dict[tuple[int, str, int], str] = {}
    for id_ in ids:
        own = box.lines if id_ == box.customer_id else ()
        for line in (*history.lines(id_, BEGINNING), *own):
            doc: Any = loads_object(line)
            lines[doc["at"], id_, doc["r"]] = line
    events: list[Event] = []
    records: list[Record] = []
    for _, line in sorted(lines.items()):
        events += map(decode_event, rows(loads_object(line).get("e")))
        records += read_records(line)
    for id_ in ids:
        events += history.events(id_, BEGINNING)
    events += [waiting.event for waiting in box.inbox]
    ordered = sorted(distinct(events), key=lambda event: event.received_at)
    return Timeline(box, tuple(ordered), tuple(records))


def as_document(
    timeline: Timeline, owner: Callable[[Identity], str | None] = _unasked
) -> JsonObject:
    """The customer as one JSON object; ``owner`` is asked whose an identity is that is not hers."""
    customer = timeline.box.customer
    return {
        "customer": timeline.box.customer_id,
        "revision": timeline.box.revision,
        "identities": list(_identities(timeline.box)),
        "conflicts": list(_conflicts(customer, owner)),
        "profile": customer.profile() if customer is not None else {},
        "consents": _consents(customer),
        "channels": _channels(customer),
        "journeys": list(_journeys(customer)),
        "messages": [*messages_of(timeline.records), *_unsettled(customer)],
        "waiting": len(timeline.box.inbox),
        "timeline": timeline_rows(timeline),
    }


def _identities(box: Mailbox) -> Iterable[JsonObject]:
    """By what she is known, her own id first, and since when."""
    customer = box.customer
    known: dict[Identity, Instant | None] = {}
    if customer is not None:
        known |= customer.identities
    if box.customer_id not in map(named, known):
        own = (USER if box.is_user else ANONYMOUS, box.customer_id)
        known = {own: customer.created_at if customer is not None else None, **known}
    for (kind, value), since in known.items():
        at = None if since is None else format_instant(since)
        yield {"type": kind, "value": value, "since": at}


def _conflicts(
    customer: Customer | None, owner: Callable[[Identity], str | None]
) -> Iterable[JsonObject]:
    """Identities that came with her events and are another's, or the join was refused.

    Whose one is now is not known from her record; null when it is nobody's any more.
    """
    for identity, held in customer.conflicts.items() if customer is not None else ():
        kind, value = identity
        whose = owner(identity) if held else None
        yield {"type": kind, "value": value, "refused": not held, "belongs_to": whose}


def _consents(customer: Customer | None) -> JsonObject:
    if customer is None:
        return {}
    return {
        name: {
            "given": consent.given,
            "at": format_instant(consent.at),
            "source": consent.source or None,
            "wording": consent.wording or None,
        }
        for name, consent in customer.consents.items()
        if consent.given is not None
    }


def _channels(customer: Customer | None) -> JsonObject:
    if customer is None:
        return {}
    return {
        channel: {
            "addresses": list(customer.addresses(channel)),
            "status": customer.channel_status(channel),
        }
        for channel in CHANNELS
    }


def _journeys(customer: Customer | None) -> Iterable[JsonObject]:
    for enrolment in customer.live() if customer is not None else ():
        yield {
            "journey": enrolment.journey,
            "version": enrolment.version,
            "key": enrolment.key,
            "entered_at": format_instant(enrolment.entered_at),
            "step": enrolment.step,
            "since": format_instant(enrolment.step_at),
            "due_at": None if enrolment.due_at is None else format_instant(enrolment.due_at),
        }


def _unsettled(customer: Customer | None) -> Iterable[JsonObject]:
    """Messages that are held or on their way; ``until`` is when a held one goes at the earliest."""
    for message in customer.messages.values() if customer is not None else ():
        held = message.status == "held"
        yield {
            "message": message.id,
            "journey": message.journey,
            "step": message.step,
            "channel": message.channel,
            "status": message.status,
            "reason": message.reason,
            "requested_at": format_instant(message.requested_at),
            "decided_at": None,
            "until": format_instant(message.wake_at) if held else None,
        }


def messages_of(records: Iterable[Record]) -> Iterable[JsonObject]:
    """Every message whose fate is decided, with what became of it and why."""
    for record in records:
        if record.what == "message":
            yield {
                "message": record.details.get("message"),
                "journey": record.journey,
                "step": record.step,
                "channel": record.details.get("channel"),
                "status": record.details.get("outcome"),
                "reason": record.reason,
                "requested_at": record.details.get("requested_at"),
                "decided_at": format_instant(record.at),
                "until": None,
            }


def timeline_rows(timeline: Timeline) -> list[Json]:
    """Events and records as rows, in order of time; an event before what it led to."""
    rows: list[tuple[Instant, int, JsonObject]] = []
    for event in timeline.events:
        if not event.caused:
            row: JsonObject = {
                "at": format_instant(event.received_at),
                "what": "event",
                "event": event.name,
                "properties": dict(event.properties),
            }
            if event.silent:
                row |= {"silent": True, "happened_at": format_instant(event.at)}
            rows.append((event.received_at, 0, row))
    for record in timeline.records:
        found: JsonObject = {
            "at": format_instant(record.at),
            "what": record.what,
            "journey": record.journey,
            "step": record.step,
            "reason": record.reason,
            **record.details,
        }
        row = {name: value for name, value in found.items() if value is not None}
        rows.append((record.at, 1, row))
    rows.sort(key=lambda item: item[:2])
    return [row for _, _, row in rows]
