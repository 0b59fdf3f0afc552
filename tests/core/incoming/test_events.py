"""Events as they come in: what is taken, with which defaults, and what is refused and why."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Defaults, Incoming, parse_entry, parse_message
from sojourn.core.limits import EVENT_BYTES, JSON_DEPTH
from sojourn.core.values.exact import dumps, loads_object
from sojourn.core.values.instants import format_instant
from tests.core.engine.given import Loose, at

WHEN = "2026-03-02T10:00:00Z"
LATER = "2026-03-02T11:00:00Z"
ORDER: dict[str, Any] = {
    "userId": "ana",
    "messageId": "m1",
    "event": "order.placed",
    "timestamp": WHEN,
}


def parsed(received_at: int | None = None, **changes: Loose) -> Incoming:
    return parse_message({**ORDER, **changes}, Defaults(), received_at)


def refusal(**changes: Loose) -> str:
    with pytest.raises(InvalidInput) as refused:
        parsed(**changes)
    return str(refused.value)


def test_a_bare_message() -> None:
    event = parsed(properties={"total": Decimal("9.50")}, traits={"city": "Rome"}).event

    assert (event.id, event.name, event.at, event.received_at) == (
        "m1",
        "order.placed",
        at("10:00"),
        at("10:00"),
    )
    assert event.properties == {"total": Decimal("9.50")}
    assert event.traits == {"city": "Rome"}
    assert not event.caused


def test_when_it_was_taken_in() -> None:
    assert parsed(receivedAt=LATER).event.received_at == at("11:00")
    assert parsed(at("12:00"), receivedAt=LATER).event.received_at == at("12:00")


@pytest.mark.parametrize(
    ("kind", "own", "lent", "alone"),
    [
        ("track", "order.placed", "cart.left", None),
        ("page", "page viewed", "page viewed", "page viewed"),
        ("screen", "screen viewed", "screen viewed", "screen viewed"),
        ("identify", "order.placed", "cart.left", "identify"),
        ("alias", "order.placed", "cart.left", "alias"),
        ("group", "order.placed", "cart.left", "group"),
    ],
)
def test_an_event_is_named_by_itself_else_by_its_envelope_else_by_its_type(
    kind: str, own: str, lent: str, alone: str | None
) -> None:
    lending = Defaults(name="cart.left")
    assert parsed(type=kind, previousId="x").event.name == own
    message = {**ORDER, "type": kind, "event": None, "previousId": "x"}
    assert parse_message(message, lending, None).event.name == lent
    if alone is not None:
        assert parse_message(message, Defaults(), None).event.name == alone


def test_what_is_seen_has_its_name_and_category_among_its_properties() -> None:
    seen: dict[str, Loose] = {"type": "page", "name": "Prices", "category": "Shop"}
    assert parsed(**seen).event.properties == {"name": "Prices", "category": "Shop"}
    assert parsed(**seen, properties={"name": "P"}).event.properties == {
        "name": "P",
        "category": "Shop",
    }
    assert parsed(type="screen").event.properties == {}
    assert parsed(type="track", name="Prices").event.properties == {}


def test_traits_stand_in_the_message_and_in_its_context() -> None:
    message = parsed(context={"traits": {"a": 1, "b": 1}}, traits={"b": 2})

    assert message.event.traits == {"a": 1, "b": 2}


def test_an_entry_lends_what_the_message_lacks() -> None:
    entry: Any = {
        "version": "0",
        "id": "e1",
        "source": "shop",
        "detail-type": "order.placed",
        "time": WHEN,
        "detail": {"userId": "ana"},
    }
    event = parse_entry(entry, None).event
    assert (event.id, event.name, event.at) == ("e1", "order.placed", at("10:00"))

    entry["receivedAt"] = LATER
    assert parse_entry(entry, None).event.received_at == at("11:00")
    entry["detail"]["receivedAt"] = "2026-03-02T12:00:00Z"
    assert parse_entry(entry, None).event.received_at == at("12:00")

    entry["detail"] |= {"messageId": "m", "event": "visited", "timestamp": LATER}
    event = parse_entry(entry, None).event
    assert (event.id, event.name, event.at) == ("m", "visited", at("11:00"))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({}, "detail: an object is wanted, not null"),
        ({"detail": "text"}, "detail: an object is wanted, not text"),
        ({"detail": ORDER, "time": 7}, "time: an RFC 3339 instant is wanted, not a number"),
        ({"detail": ORDER, "receivedAt": "x"}, "receivedAt: 'x' is not an instant like"),
        (
            {"detail": {"userId": "a", "event": "e", "timestamp": WHEN}, "id": 7},
            "messageId: missing, and the envelope has no id",
        ),
        (
            {"detail": {"userId": "a", "event": "e", "timestamp": WHEN}, "id": ""},
            "messageId: missing, and the envelope has no id",
        ),
        ({"detail": ORDER, "id": "x" * 257}, "id: longer than 256 characters"),
        (
            {"detail": {"userId": "a", "timestamp": WHEN}, "id": "e", "detail-type": 7},
            "event: missing; a track message names its event",
        ),
        (
            {"detail": {"userId": "a", "timestamp": WHEN}, "id": "e", "detail-type": "x" * 257},
            "event: longer than 256 characters",
        ),
    ],
)
def test_what_an_entry_must_have(entry: Loose, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_entry(entry, None)

    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "purchase"}, 'type: "purchase" is none of track, identify, page, screen'),
        ({"type": None}, "type: null is none of"),
        ({"type": ["track"]}, 'type: ["track"] is none of'),
        ({"total": 1}, "total: there is no such field; put it into properties"),
        ({"event": ""}, "event: missing; a track message names its event"),
        ({"event": 7}, "event: text is wanted, not a number"),
        ({"event": "x" * 257}, "event: longer than 256 characters"),
        ({"messageId": None}, "messageId: missing, and the envelope has no id"),
        ({"messageId": 7}, "messageId: text is wanted, not a number"),
        ({"messageId": "x" * 257}, "messageId: longer than 256 characters"),
        ({"timestamp": None}, "timestamp: missing, and the envelope has no time"),
        ({"timestamp": "2026-03-02"}, "timestamp: '2026-03-02' is not an instant like"),
        ({"timestamp": "1899-12-31T23:59:59Z"}, "timestamp: 1899-12-31T23:59:59Z is not between"),
        ({"timestamp": "2200-01-01T00:00:01Z"}, "timestamp: 2200-01-01T00:00:01Z is not between"),
        ({"receivedAt": True}, "receivedAt: an RFC 3339 instant is wanted, not a boolean"),
        ({"properties": []}, "properties: an object is wanted, not a list"),
        ({"traits": "x"}, "traits: an object is wanted, not text"),
        ({"context": 1}, "context: an object is wanted, not a number"),
        ({"context": {"traits": 1}}, "traits: an object is wanted, not a number"),
        ({"context": {"externalIds": {}}}, "context.externalIds: a list is wanted, not an object"),
        (
            {"context": {"externalIds": [{"type": "till", "id": "1"}] * 51}},
            "context.externalIds: more than 50",
        ),
        ({"context": {"externalIds": [1]}}, "context.externalIds: each is an object with id"),
        (
            {"context": {"externalIds": [{"id": "1"}]}},
            "context.externalIds: each has a text id and a text type",
        ),
        (
            {"context": {"externalIds": [{"id": 7, "type": "till"}]}},
            "context.externalIds: each has a text id and a text type",
        ),
        (
            {"context": {"externalIds": [{"id": "", "type": "till"}]}},
            "context.externalIds: each has a text id and a text type",
        ),
        ({"userId": None}, "userId: missing, and so are anonymousId and every other identity"),
        ({"userId": ""}, "userId: missing, and so are anonymousId and every other identity"),
        ({"userId": ["ana"]}, "userId: text is wanted, not a list"),
        ({"userId": True}, "userId: text is wanted, not a boolean"),
        ({"userId": "ü" * 91}, "userId: longer than 180 bytes"),
        ({"anonymousId": 1.5}, "anonymousId: text is wanted, not float"),
        ({"properties": {"a": {"b": [10**38]}}}, "properties.a.b[0]: a number of more than 38"),
        (
            {"properties": {"a": Decimal("1e126")}},
            "properties.a: a number that cannot be kept exactly",
        ),
        (
            {"properties": {"a": Decimal("1e-131")}},
            "properties.a: a number that cannot be kept exactly",
        ),
        (
            {"properties": {"a": Decimal("1." + "1" * 38)}},
            "properties.a: a number that cannot be kept exactly",
        ),
        ({"properties": {"a": "\ud800"}}, "properties.a: text with a lone surrogate"),
        ({"properties": {"\udfff": 1}}, "properties: text with a lone surrogate"),
    ],
)
def test_what_is_refused_and_why(changes: dict[str, Any], reason: str) -> None:
    assert refusal(**changes).startswith(reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "x" * 256},
        {"messageId": "x" * 256},
        {"userId": "ü" * 90},
        {"timestamp": "1900-01-01T00:00:00Z"},
        {"timestamp": "2200-01-01T00:00:00Z"},
        {"context": {"externalIds": [{"type": "till", "id": str(id_)} for id_ in range(50)]}},
        {"properties": {"a": [10**38 - 1, 1 - 10**38, Decimal("1." + "1" * 37)]}},
        {"properties": {"a": [Decimal("1e125"), Decimal("1e-130")]}},
    ],
)
def test_what_is_just_within_a_bound_is_taken_whole(changes: dict[str, Any]) -> None:
    taken = parsed(**changes)
    event, of = taken.event, {**ORDER, "properties": {}, "context": {}, **changes}
    assert (event.id, event.name, event.properties) == (
        of["messageId"],
        of["event"],
        of["properties"],
    )
    assert (taken.identities.user, format_instant(event.at)) == (of["userId"], of["timestamp"])
    assert len(taken.identities.external) == len(of["context"].get("externalIds", ()))


def test_what_is_not_plain_may_be_held_all_the_same() -> None:
    properties: Any = {"a": ["é", [Decimal("1E+5"), True, None, 1]], "ü": {"b": -1}}

    assert parsed(properties=properties).event.properties == properties


@pytest.mark.parametrize(
    "around", [lambda inner: {"a": inner}, lambda inner: [inner]], ids=["objects", "lists"]
)
def test_what_is_nested_too_deeply_is_refused(around: Callable[[Any], Any]) -> None:
    deep: Any = 1
    for _ in range(JSON_DEPTH - 2):
        deep = around(deep)
    held = parsed(properties={"deep": deep})

    assert held.event.properties == {"deep": deep}
    assert refusal(properties={"deep": [[deep]]}).endswith(f"nested deeper than {JSON_DEPTH}")


@pytest.mark.parametrize("letter", ["x", '"', "\x01", "\x7f", "ü", "字"])
def test_what_is_too_large_is_refused_whatever_its_letters_take(letter: str) -> None:
    def given(text: str) -> dict[str, Any]:
        return {"properties": {"a": text}}

    room = EVENT_BYTES - len(dumps({**ORDER, **given("")}).encode())
    fits, left = divmod(room, len(dumps(letter).encode()) - 2)
    largest = given(letter * fits + "x" * left)

    assert parsed(**largest).event.properties == largest["properties"]
    refused = refusal(**given(letter * fits + "x" * (left + 1)))
    assert refused == f"the event has {EVENT_BYTES + 1} bytes; at most {EVENT_BYTES} are taken"


@pytest.mark.parametrize("number", [0, -(10**37), Decimal("1." + "1" * 36)])
def test_what_is_too_large_is_refused_when_it_is_many_numbers(number: int | Decimal) -> None:
    count = EVENT_BYTES // (len(str(number)) + 1) + 1

    assert refusal(properties={"a": [number] * count}).endswith(f"at most {EVENT_BYTES} are taken")


def test_the_largest_numbers_are_taken_as_they_are() -> None:
    text = (
        '{"a": 99999999999999999999999999999999999999, "b": -1e125, "c": 1e-130, "d": null,'
        ' "e": true, "f": "\\u0000"}'
    )
    properties = loads_object(text)

    assert parsed(properties=properties).event.properties == properties


def test_letters_of_any_script_are_taken_however_deep() -> None:
    properties = {"names": ["Zo\u00eb", {"\u540d": None}], "gift": True}
    assert parsed(properties=properties).event.properties == properties


def test_whom_a_message_is_about() -> None:
    external = [{"type": "till", "id": "7", "collection": "users"}]
    message = parsed(
        type="alias",
        userId=7,
        anonymousId="anon",
        previousId="old",
        context={"externalIds": external},
    )

    assert message.identities.user == "7"
    assert message.identities.anonymous == "anon"
    assert message.identities.previous == "old"
    assert message.identities.external == (("till", "7"),)


def test_only_an_alias_has_a_previous_id() -> None:
    assert parsed(userId=7, previousId="old").identities.previous is None


def test_an_alias_joins_into_a_user() -> None:
    with pytest.raises(InvalidInput, match="userId: missing; an alias joins previousId into it"):
        parsed(type="alias", userId=None, anonymousId="anon", previousId="old")


def test_without_user_and_visitor_email_and_phone_are_identities() -> None:
    traits = {"email": "ana@example.com", "phone": "", "name": "Ana"}

    assert parsed(userId=None, traits=traits).identities.external == (("email", "ana@example.com"),)
    assert parsed(traits=traits).identities.external == ()
    assert parsed(userId=None, anonymousId="x", traits=traits).identities.external == ()
