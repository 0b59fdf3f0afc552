"""Exporting: everything that is kept about one customer, for her or for another system.

What she is entitled to see, in words of the language: whatever says something about her is in it;
what only keeps order among our own writes is not. Events are in the form in which they can be
taken in again.
"""

from collections.abc import Iterator

from sojourn.core.state.customer import Customer, Event, standing_key
from sojourn.core.values.exact import Json, JsonObject, loads
from sojourn.core.values.instants import Instant, format_instant
from sojourn.core.workspace.plan import CHANNELS
from sojourn.runtime.customer.timeline import Timeline, as_document


def export(timeline: Timeline, at: Instant) -> JsonObject:
    """Everything about a customer as one JSON object, as it is at an instant."""
    customer = timeline.box.customer or Customer(timeline.box.customer_id, at)
    shown = as_document(timeline)
    return {
        "customer": customer.id,
        "exported_at": format_instant(at),
        "created_at": format_instant(customer.created_at),
        "identities": [*_list(shown["identities"]), *_claims(customer)],
        "profile": {
            name: {"value": trait.value, "since": format_instant(trait.at)}
            for name, trait in customer.traits.items()
            if trait.value is not None
        },
        "consents": shown["consents"],
        "channels": list(_channels(customer)),
        "segments": [*sorted(customer.segments)],
        "journeys": list(_journeys(customer)),
        "entries": list(_entries(customer)),
        "groups": dict(customer.draws),
        "messages": shown["messages"],
        "sends": list(_sends(customer)),
        "events": [_event(customer.id, event) for event in timeline.events],
        "timeline": shown["timeline"],
    }


def _list(found: Json) -> list[Json]:
    return found if isinstance(found, list) else []


def _claims(customer: Customer) -> Iterator[JsonObject]:
    """Customers who were joined into her, and identities that others hold."""
    for id_ in customer.absorbed:
        yield {"type": "joined", "value": id_}
    for (kind, value), held in customer.conflicts.items():
        yield {"type": kind, "value": value, "held_by_another": held}


def _channels(customer: Customer) -> Iterator[JsonObject]:
    """Every address that is known or was ever heard of."""
    for channel in CHANNELS:
        known = customer.channels.get(channel, {})
        present = {standing_key(channel, one): one for one in customer.addresses(channel)}
        for key, address in (dict(zip(known, known, strict=True)) | present).items():
            standing = known.get(key)
            yield {
                "channel": channel,
                "address": address,
                "status": "ok" if standing is None else standing.status,
                "since": None if standing is None else format_instant(standing.at),
            }


def _journeys(customer: Customer) -> Iterator[JsonObject]:
    for item in customer.enrolments.values():
        yield {
            "journey": item.journey,
            "version": item.version,
            "key": item.key,
            "entered_at": format_instant(item.entered_at),
            "entry": dict(item.entry),
            "vars": dict(item.vars),
            "step": item.step,
            "due_at": _maybe(item.due_at),
            "exited_at": _maybe(item.exited_at),
            "outcome": item.outcome,
            "converted_at": _maybe(item.converted_at),
        }


def _entries(customer: Customer) -> Iterator[JsonObject]:
    for (journey, key), entries in customer.entries.items():
        last_at = format_instant(entries.last_at)
        yield {"journey": journey, "key": loads(key), "count": entries.count, "last_at": last_at}


def _sends(customer: Customer) -> Iterator[JsonObject]:
    for sent in customer.ledger:
        yield {
            "at": format_instant(sent.at),
            "channel": sent.channel,
            "address": sent.address,
            "category": sent.category,
            "journey": sent.journey,
            "step": sent.step,
        }


def _event(customer_id: str, event: Event) -> JsonObject:
    """An event as a message that could be taken in again; ``caused`` ones were our own doing."""
    found: JsonObject = {
        "userId": customer_id,
        "messageId": event.id,
        "event": event.name,
        "timestamp": format_instant(event.at),
        "receivedAt": format_instant(event.received_at),
        "properties": dict(event.properties),
    }
    if event.traits:
        found["traits"] = dict(event.traits)
    metadata: JsonObject = {"caused": True} if event.caused else {}
    if event.silent:
        metadata["silent"] = True
    if metadata:
        found["_metadata"] = metadata
    return found


def _maybe(at: Instant | None) -> Json:
    return None if at is None else format_instant(at)
