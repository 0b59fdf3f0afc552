"""Events: a message of a row becomes a checked event, the same one whenever the row is read."""

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Defaults, Incoming, parse_message
from sojourn.core.incoming.identity import somebodys
from sojourn.core.limits import PROFILE_BYTES
from sojourn.core.nouns import noun
from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import DAY, Instant, format_instant, parse_date
from sojourn.core.values.localtime import instant_of, parse_time_of_day, start_of_day
from sojourn_cli.importing.rows import Row, RowRefused

AHEAD = DAY
"""How far a row's own time may lie ahead: clocks differ, but what is later would stay the newest
that is known of a trait until then."""

_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(\.\d{1,6})?)?)?")


@noun
class Reading:
    """How rows are read.

    ``as_of`` is the own time of what is told of a customer without one, ``zone`` that of local
    times, ``silent`` whether journeys are to be left alone.
    """

    as_of: Instant
    zone: ZoneInfo | None = None
    silent: bool = True


def events_of(row: Row, reading: Reading, now: Instant) -> tuple[Incoming, ...]:
    """The events of a row, taken in at ``now``; raises InvalidInput for the first that is none."""
    return tuple(_events(row, reading, now))


def _events(row: Row, reading: Reading, now: Instant) -> Iterator[Incoming]:
    stamp: Json = None
    for message in row.messages:
        doc = _completed(message if stamp is None else {"timestamp": stamp, **message}, reading)
        stamp = doc["timestamp"]
        incoming = parse_message(doc, Defaults(), now)
        somebodys(incoming.identities, ())
        _check(incoming, now)
        yield incoming


def _completed(message: JsonObject, reading: Reading) -> JsonObject:
    """The message with its kind, time and id; the id is made of what it says."""
    doc = {name: value for name, value in message.items() if name != "receivedAt"}
    if "type" not in doc and "event" not in doc:
        doc["type"] = "identify" if doc.get("previousId") is None else "alias"
    stamp = doc.get("timestamp")
    if stamp is not None:
        doc["timestamp"] = _in_utc(stamp, reading.zone)
    elif doc.get("type") in {"identify", "alias"}:
        doc["timestamp"] = format_instant(reading.as_of)
    else:
        raise RowRefused("timestamp: missing", "say when it happened")
    if doc.get("messageId") in {None, ""}:
        said = {name: doc[name] for name in doc if name not in {"_metadata", "messageId"}}
        doc["messageId"] = f"import:{derived_id('import', dumps(_sorted(said)))}"
    if reading.silent:
        metadata: Any = doc.get("_metadata")
        doc["_metadata"] = {**(metadata if isinstance(metadata, dict) else {}), "silent": True}
    return doc


def _sorted(value: Json) -> Json:
    """The value with the names of every object in order."""
    match value:
        case dict():
            return {name: _sorted(value[name]) for name in sorted(value)}
        case list():
            return [_sorted(item) for item in value]
        case _:
            return value


def _in_utc(stamp: Json, zone: ZoneInfo | None) -> Json:
    """A time as events have it; a local one is read in the zone."""
    local = _LOCAL.fullmatch(stamp) if isinstance(stamp, str) else None
    if local is None:
        return stamp
    if zone is None:
        raise RowRefused(
            f"timestamp: {stamp} says no zone",
            "say it, as in 2026-03-01T09:00:00Z, or for all rows with --timezone ZONE",
        )
    try:
        day = parse_date(local[1])
        if local[2] is None:
            return format_instant(start_of_day(day, zone))
        at = parse_time_of_day(local[2]).replace(
            second=int(local[3] or 0), microsecond=int((local[4] or ".")[1:].ljust(6, "0"))
        )
    except ValueError as error:
        raise InvalidInput(f"timestamp: {error}") from error
    return format_instant(instant_of(day, at, zone))


def _check(incoming: Incoming, now: Instant) -> None:
    """Refuse what the stack would take in and then pass over, or be misled by."""
    event = incoming.event
    if event.at > now + AHEAD:
        raise RowRefused(
            f"timestamp: {format_instant(event.at)} lies in the future",
            "say when it was true: until then nothing newer would count",
        )
    consent = event.traits.get("consent")
    if consent is not None and not (
        isinstance(consent, dict) and all(isinstance(item, bool) for item in consent.values())
    ):
        raise RowRefused(
            "traits.consent: is no object of true and false", 'write it like {"marketing": true}'
        )
    size = sum(len(name) + len(dumps(value)) for name, value in event.traits.items())
    if size > PROFILE_BYTES:
        raise RowRefused(
            f"traits: about {size} bytes; a profile has at most {PROFILE_BYTES}",
            "leave out what no journey or template asks for",
        )
