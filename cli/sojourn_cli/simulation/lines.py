"""Events files: JSON Lines of bare Segment messages or EventBridge entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sojourn.core.customer import Event
from sojourn.core.errors import InvalidInput
from sojourn.core.events import Defaults, Incoming, parse_message
from sojourn.core.exact import JsonObject, loads_object
from sojourn.core.identity import customer_of
from sojourn.core.ids import derived_id
from sojourn.core.instants import Instant
from sojourn.language.mapping import Mappings


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is no event, with its number (the first is 1) and why."""

    line: int
    reason: str


@dataclass(slots=True)
class EventsFile:
    """Events by customer in order of (receivedAt, line), and what was refused."""

    by_customer: dict[str, list[Event]] = field(default_factory=dict)
    refused: list[RefusedLine] = field(default_factory=list)
    last_at: Instant | None = None
    count: int = 0


def read_events(lines: Iterable[bytes], sources: Sequence[JsonObject] = ()) -> EventsFile:
    """Read every line; what is no event is refused with its reason, blank lines are passed over.

    ``sources`` are a plan's mappings, for the entries that are theirs.
    """
    file = EventsFile()
    mappings = Mappings(sources)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            incoming = _read_line(line, number, mappings)
            customer = customer_of(incoming.identities)
        except InvalidInput as error:
            file.refused.append(RefusedLine(number, str(error)))
            continue
        file.by_customer.setdefault(customer, []).append(incoming.event)
        file.count += 1
        if file.last_at is None or incoming.event.received_at > file.last_at:
            file.last_at = incoming.event.received_at
    for events in file.by_customer.values():
        events.sort(key=lambda event: event.received_at)
    return file


def _read_line(line: bytes, number: int, mappings: Mappings) -> Incoming:
    doc = loads_object(line)
    # A line without an id is never a duplicate: what stands for its id nobody else can have.
    own_id = derived_id("line", number)
    if "detail" in doc or "detail-type" in doc:
        return mappings.parse(doc if doc.get("id") else {**doc, "id": own_id}, None)
    return parse_message(doc, Defaults(id=own_id), None)
