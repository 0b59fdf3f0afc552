"""Lines of an events file, as recorded events become them: bare Segment messages."""

from sojourn.core.state.customer import Event, Links
from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn.core.values.instants import format_instant

_IDENTIFY = "identify"


def line_of(customer: str, event: Event, *, is_user: bool = True) -> str:
    """One event as one line; `receivedAt` is the instant at which it was taken."""
    kind = _IDENTIFY if event.name == _IDENTIFY else "track"
    doc: JsonObject = {"type": kind, **_identities(customer, event.links or Links(), is_user)}
    doc |= {
        "messageId": event.id,
        "timestamp": format_instant(event.at),
        "receivedAt": format_instant(event.received_at),
    }
    if kind != _IDENTIFY:
        doc["event"] = event.name
    if event.properties:
        doc["properties"] = dict(event.properties)
    if event.traits:
        doc["traits"] = dict(event.traits)
    if event.silent:
        doc["_metadata"] = {"silent": True}
    return dumps(doc)


def is_line_of(event: Event, read: Event) -> bool:
    """Whether what was read is the line of this event, whoever it names."""
    return (event.id, event.received_at, event.name) == (read.id, read.received_at, read.name) and (
        event.properties == read.properties
    )


def _identities(customer: str, links: Links, is_user: bool) -> JsonObject:  # noqa: FBT001 - of the customer
    """Whose the event is, and by what else it knew her: whoever reads it joins whom it joined.

    Who is no user came as whoever is joined first, and is found by the other identities.
    """
    external = [*links.claims, *links.conflicts]
    is_named = is_user or links.alias is not None
    doc: JsonObject = {"userId": customer} if is_named else {}
    if links.joins:
        doc["anonymousId"] = links.joins[0]
    elif not is_named:
        doc["anonymousId"] = customer
    if links.alias is not None:
        doc |= {"type": "alias", "previousId": links.alias}
    if external:
        listed: list[Json] = [{"type": kind, "id": value} for kind, value in external]
        doc["context"] = {"externalIds": listed}
    return doc
