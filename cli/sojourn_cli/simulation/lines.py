"""Events files: JSON Lines of bare Segment messages or EventBridge entries."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Defaults, Identities, Incoming, parse_message
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import JsonObject, loads_object
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import Instant
from sojourn.language.mapping import Mappings
from sojourn_cli.events_file import numbered
from sojourn_cli.simulation.requests import Request, is_request, read_request

_NO_DEFAULTS = Defaults()


@noun
class RefusedLine:
    """A line that is no event, with its number (the first is 1) and why."""

    line: int
    reason: str


@noun
class ReadLine:
    """A line that is an event, with its number."""

    number: int
    incoming: Incoming


@dataclass(slots=True)
class EventsFile:
    """Events by `userId` or `anonymousId` in order of (receivedAt, line), and what was refused.

    ``lines`` holds their line numbers, ``visitors`` the ids that came as `anonymousId` alone,
    ``linking`` the lines that came with more than one id, and ``requests`` those that are no
    events.
    """

    by_customer: dict[str, list[Event]] = field(default_factory=dict)
    lines: dict[str, "array[int]"] = field(default_factory=dict)
    visitors: set[str] = field(default_factory=set)
    linking: list[ReadLine] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)
    last_at: Instant | None = None
    count: int = 0


def read_events(lines: Iterable[bytes], sources: Sequence[JsonObject] = ()) -> EventsFile:
    """Read every line; what is no event is refused with its reason, blank lines are passed over.

    ``sources`` are a plan's mappings, for the entries that are theirs.
    """
    file = EventsFile()
    for line in each_line(lines, sources):
        if isinstance(line, RefusedLine):
            file.refused.append(line)
            continue
        if isinstance(line, Request):
            file.requests.append(line)
            continue
        customer = alone(line.incoming.identities)
        if customer is None:
            file.linking.append(line)
        else:
            _add(file, customer, line.number, line.incoming)
        file.count += 1
        if file.last_at is None or line.incoming.event.received_at > file.last_at:
            file.last_at = line.incoming.event.received_at
    for customer, events in file.by_customer.items():
        _sort(events, file.lines[customer])
    return file


def each_line(
    lines: Iterable[bytes], sources: Sequence[JsonObject] = ()
) -> Iterator[ReadLine | Request | RefusedLine]:
    """Every line that is not blank, read or refused."""
    mappings = Mappings(sources)
    for number, text in numbered(lines):
        try:
            yield _read_line(text, number, mappings)
        except InvalidInput as error:
            yield RefusedLine(number, str(error))


def _add(file: EventsFile, customer: str, number: int, incoming: Incoming) -> None:
    known = file.by_customer.get(customer)
    if incoming.identities.user is not None:
        file.visitors.discard(customer)
    elif known is None:
        file.visitors.add(customer)
    if known is None:
        file.by_customer[customer], file.lines[customer] = [incoming.event], array("L", [number])
    else:
        known.append(incoming.event)
        file.lines[customer].append(number)


def _sort(events: list[Event], lines: "array[int]") -> None:
    """Bring events with their line numbers into order; mostly they are."""
    if all(one.received_at <= next_.received_at for one, next_ in pairwise(events)):
        return
    order = sorted(range(len(events)), key=lambda place: events[place].received_at)
    events[:] = [events[place] for place in order]
    lines[:] = array("L", [lines[place] for place in order])


def alone(identities: Identities) -> str | None:
    """The one id that an event comes with; None when it comes with others."""
    user, anonymous = identities.user, identities.anonymous
    if identities.external or identities.previous is not None:
        return None
    if user is None or anonymous is None or user == anonymous:
        return user or anonymous
    return None


def _read_line(line: bytes, number: int, mappings: Mappings) -> ReadLine | Request:
    doc = loads_object(line)
    # A line without an id is never a duplicate: what stands for its id nobody else can have.
    if "detail" in doc or "detail-type" in doc:
        if is_request(doc):
            return read_request(doc, number)
        named = doc if doc.get("id") else {**doc, "id": derived_id("line", number)}
        return ReadLine(number, mappings.parse(named, None))
    lent = _NO_DEFAULTS if doc.get("messageId") else Defaults(id=derived_id("line", number))
    return ReadLine(number, parse_message(doc, lent, None))
