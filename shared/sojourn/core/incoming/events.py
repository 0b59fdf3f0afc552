"""Events as they come: a bare Segment message or an EventBridge entry becomes an Event.

What fits neither is refused with a reason that names the field.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.limits import (
    CUSTOMER_ID_BYTES,
    EVENT_BYTES,
    EVENT_NAME_CHARS,
    EXTERNAL_IDS,
    JSON_DEPTH,
    MESSAGE_ID_CHARS,
    NUMBER_DIGITS,
)
from sojourn.core.nouns import maker, noun
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import Json, JsonObject, dumps, type_name
from sojourn.core.values.instants import Instant, parse_instant

TYPES = ("track", "identify", "page", "screen", "alias", "group")
FIELDS = frozenset(
    {
        *("type", "userId", "anonymousId", "messageId", "timestamp", "event", "properties"),
        *("traits", "context", "receivedAt", "sentAt", "originalTimestamp", "name", "category"),
        *("groupId", "previousId", "integrations", "channel", "version", "writeKey", "projectId"),
        *("_metadata",),
    }
)
"""The fields of Segment's specification, and the ones its own libraries add; others are refused."""

_OTHER_IDENTITIES = frozenset({"anonymousId", "previousId", "context"})
"""Fields that may tell more of whom a message is about than its `userId`."""

NAMELESS = "event: missing; a track message names its event"

_SEEN = ("page", "screen")
_NAMED_BY_TYPE = ("identify", "alias", "group")
_TOO_LONG = 10**NUMBER_DIGITS
_PLAIN_DEPTH = 8
_UNKNOWN = EVENT_BYTES + 1
_BYTES_A_LETTER = 6
"""Of a letter of ASCII as JSON: `\\u0001`."""
_BYTES_BESIDE = 48
"""Of a plain number, or of what stands around a value and its name, and some."""
_EARLIEST = parse_instant("1900-01-01T00:00:00Z")
_LATEST = parse_instant("2200-01-01T00:00:00Z")


@noun
class Identities:
    """Whom a message says it is about."""

    user: str | None
    anonymous: str | None
    previous: str | None
    external: tuple[tuple[str, str], ...]


@noun
class Incoming:
    """A checked event with the identities it came with."""

    event: Event
    identities: Identities


@noun
class Defaults:
    """What an envelope lends to a message that lacks it."""

    name: str | None = None
    at: Instant | None = None
    id: str | None = None
    received_at: Instant | None = None


def parse_entry(entry: Mapping[str, Json], received_at: Instant | None) -> Incoming:
    """Read an EventBridge entry; raises InvalidInput.

    ``received_at`` None takes the entry's or message's `receivedAt`, else the event's own time.
    """
    detail = entry.get("detail")
    if not isinstance(detail, dict):
        raise InvalidInput(f"detail: an object is wanted, not {type_name(detail)}")
    name, time, id_ = entry.get("detail-type"), entry.get("time"), entry.get("id")
    own = entry.get("receivedAt")
    defaults = Defaults(
        name if isinstance(name, str) else None,
        _instant(time, "time") if time is not None else None,
        _text(entry, "id", MESSAGE_ID_CHARS) if isinstance(id_, str) and id_ else None,
        _instant(own, "receivedAt") if own is not None else None,
    )
    return parse_message(detail, defaults, received_at)


_made_event = maker(Event)


def parse_message(message: JsonObject, defaults: Defaults, received_at: Instant | None) -> Incoming:
    """Read a Segment-spec message; raises InvalidInput with the field and what is wrong."""
    check_json(message)
    if not message.keys() <= FIELDS:
        unknown = min(message.keys() - FIELDS)
        raise InvalidInput(f"{unknown}: there is no such field; put it into properties")
    kind = message.get("type", "track")
    if kind not in TYPES:
        raise InvalidInput(f"type: {dumps(kind)} is none of {', '.join(TYPES)}")
    name = _event_name(message, str(kind), defaults)
    at = _own_time(message, defaults)
    if received_at is None:
        own = message.get("receivedAt")
        given = _instant(own, "receivedAt") if own is not None else defaults.received_at
        received_at = at if given is None else given
    id_ = _text(message, "messageId", MESSAGE_ID_CHARS) or defaults.id
    if id_ is None:
        raise InvalidInput("messageId: missing, and the envelope has no id")
    event = _made_event(
        id_,
        name,
        at,
        received_at,
        _properties(message, str(kind)),
        _traits(message),
        silent=_is_silent(message),
    )
    return Incoming(event, _identities(message, str(kind)))


def _event_name(message: JsonObject, kind: str, defaults: Defaults) -> str:
    if kind in _SEEN:
        return f"{kind} viewed"
    name = _text(message, "event", EVENT_NAME_CHARS) or defaults.name
    if not name and kind in _NAMED_BY_TYPE:
        return kind
    if not name:
        raise InvalidInput(NAMELESS)
    if len(name) > EVENT_NAME_CHARS:
        raise InvalidInput(f"event: longer than {EVENT_NAME_CHARS} characters")
    return name


def _own_time(message: JsonObject, defaults: Defaults) -> Instant:
    stamp = message.get("timestamp")
    at = defaults.at if stamp is None else _instant(stamp, "timestamp")
    if at is None:
        raise InvalidInput("timestamp: missing, and the envelope has no time")
    return at


def _instant(value: Json, field: str) -> Instant:
    if not isinstance(value, str):
        raise InvalidInput(f"{field}: an RFC 3339 instant is wanted, not {type_name(value)}")
    try:
        at = parse_instant(value)
    except ValueError as error:
        raise InvalidInput(f"{field}: {error}") from error
    if not _EARLIEST <= at <= _LATEST:
        raise InvalidInput(f"{field}: {value} is not between 1900 and 2200")
    return at


def _text(message: Mapping[str, Json], field: str, most_chars: int) -> str | None:
    value = message.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{field}: text is wanted, not {type_name(value)}")
    if len(value) > most_chars:
        raise InvalidInput(f"{field}: longer than {most_chars} characters")
    return value


def _object(message: JsonObject, field: str) -> JsonObject:
    value = message.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(f"{field}: an object is wanted, not {type_name(value)}")
    return value


def _properties(message: JsonObject, kind: str) -> JsonObject:
    """The properties; of what was seen, its name and category too, as Segment's libraries add."""
    properties = _object(message, "properties")
    if kind not in _SEEN:
        return properties
    called = {field: message[field] for field in ("name", "category") if message.get(field)}
    return {**called, **properties}


def _traits(message: JsonObject) -> JsonObject:
    own = _object(message, "traits")
    if "context" not in message:
        return own
    return {**_object(_object(message, "context"), "traits"), **own}


def _is_silent(message: JsonObject) -> bool:
    """Whether a message says of itself that it tells of the past."""
    if "_metadata" not in message:
        return False
    metadata = message["_metadata"]
    found = metadata.get("silent", False) if isinstance(metadata, dict) else False
    if not isinstance(found, bool):
        raise InvalidInput(f"_metadata.silent: true or false is wanted, not {type_name(found)}")
    return found


def _identities(message: JsonObject, kind: str) -> Identities:
    user = _identity(message, "userId")
    if user is not None and _OTHER_IDENTITIES.isdisjoint(message):
        return Identities(user, None, None, ())
    anonymous = _identity(message, "anonymousId")
    previous = _identity(message, "previousId") if kind == "alias" else None
    if previous is not None and user is None:
        raise InvalidInput("userId: missing; an alias joins previousId into it")
    external: list[tuple[str, str]] = []
    listed = _object(message, "context").get("externalIds") if "context" in message else None
    if listed is not None and not isinstance(listed, list):
        raise InvalidInput(f"context.externalIds: a list is wanted, not {type_name(listed)}")
    if len(listed or ()) > EXTERNAL_IDS:
        raise InvalidInput(f"context.externalIds: more than {EXTERNAL_IDS}")
    for item in listed or ():
        if not isinstance(item, dict):
            raise InvalidInput("context.externalIds: each is an object with id and type")
        named, id_ = item.get("type"), item.get("id")
        if not isinstance(named, str) or not isinstance(id_, str) or not named or not id_:
            raise InvalidInput("context.externalIds: each has a text id and a text type")
        external.append((named, id_))
    if user is None and anonymous is None:
        traits = _traits(message)
        external += [
            (name, value)
            for name in ("email", "phone")
            if isinstance(value := traits.get(name), str) and value
        ]
    if user is None and anonymous is None and not external:
        raise InvalidInput("userId: missing, and so are anonymousId and every other identity")
    return Identities(user, anonymous, previous, tuple(external))


def _identity(message: JsonObject, field: str) -> str | None:
    value = message.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidInput(f"{field}: text is wanted, not {type_name(value)}")
        value = str(value)
    length = len(value if value.isascii() else value.encode("utf-8", "surrogatepass"))
    if length > CUSTOMER_ID_BYTES:
        raise InvalidInput(f"{field}: longer than {CUSTOMER_ID_BYTES} bytes")
    return value


def check_json(message: JsonObject) -> None:
    """Refuse what the store could not hold: too large, too deep, lone surrogates, huge numbers."""
    if _most_bytes((message,)) <= EVENT_BYTES:
        return
    _check_value(message, "", JSON_DEPTH)
    size = len(dumps(message).encode("utf-8"))
    if size > EVENT_BYTES:
        raise InvalidInput(f"the event has {size} bytes; at most {EVENT_BYTES} are taken")


def _most_bytes(values: Collection[Any], depth: int = _PLAIN_DEPTH) -> int:
    """No fewer bytes than values take as JSON, told quickly; `_UNKNOWN` if one is not plain."""
    most = _BYTES_BESIDE * len(values)
    for value in values:
        kind = type(value)
        if kind is str:
            plain = value.isascii()
            most += _BYTES_A_LETTER * len(value)
        elif kind is dict:
            names = "".join(value)
            plain = depth > 0 and names.isascii()
            if plain:
                most += _BYTES_A_LETTER * len(names) + _most_bytes(value.values(), depth - 1)
        elif kind is Decimal:
            written = str(value)
            plain = value.is_finite() and "E" not in written and len(written) <= NUMBER_DIGITS
        elif kind is int:
            plain = -_TOO_LONG < value < _TOO_LONG
        elif kind is list:
            plain = depth > 0
            if plain:
                most += _most_bytes(value, depth - 1)
        else:
            plain = value is None or kind is bool
        if not plain:
            return _UNKNOWN
    return most


def _check_value(  # noqa: C901 - one case for each kind of JSON value
    value: Json, place: str, depth: int
) -> None:
    if depth < 0:
        raise InvalidInput(f"{place}: nested deeper than {JSON_DEPTH}")
    match value:
        case str():
            _check_text(value, place)
        case bool() | None:
            return
        case int():
            if abs(value) >= _TOO_LONG:
                raise InvalidInput(f"{place}: a number of more than {NUMBER_DIGITS} digits")
        case Decimal():
            digits, exponent = len(value.as_tuple().digits), value.adjusted()
            if digits > NUMBER_DIGITS or not -130 <= exponent <= 125:  # noqa: PLR2004 - DynamoDB's range
                raise InvalidInput(f"{place}: a number that cannot be kept exactly")
        case list():
            for index, item in enumerate(value):
                _check_value(item, f"{place}[{index}]", depth - 1)
        case dict():
            for key, item in value.items():
                _check_text(key, place)
                _check_value(item, f"{place}.{key}" if place else key, depth - 1)


def _check_text(text: str, place: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InvalidInput(f"{place}: text with a lone surrogate is not Unicode") from error
