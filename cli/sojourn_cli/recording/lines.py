"""Lines of an events file, as recorded events become them: bare Segment messages."""

from sojourn.core.customer import Event
from sojourn.core.exact import JsonObject, dumps
from sojourn.core.instants import format_instant

_IDENTIFY = "identify"


def line_of(customer: str, event: Event) -> str:
    """One event as one line; `receivedAt` is the instant at which it was taken."""
    doc: JsonObject = {
        "type": _IDENTIFY if event.name == _IDENTIFY else "track",
        "userId": customer,
        "messageId": event.id,
        "timestamp": format_instant(event.at),
        "receivedAt": format_instant(event.received_at),
    }
    if event.name != _IDENTIFY:
        doc["event"] = event.name
    if event.properties:
        doc["properties"] = dict(event.properties)
    if event.traits:
        doc["traits"] = dict(event.traits)
    if event.silent:
        doc["_metadata"] = {"silent": True}
    return dumps(doc)
