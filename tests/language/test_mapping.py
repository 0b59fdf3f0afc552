"""Mapping: a source's entries become canonical ones, by the first source that is for them."""

from typing import Any

import pytest

from sojourn.core.errors import CorruptState, InvalidInput
from sojourn.core.incoming.events import parse_entry
from sojourn.core.values.exact import JsonObject
from sojourn.language.mapping import Mappings

ENTRY: JsonObject = {
    "id": "e1",
    "time": "2026-01-05T09:00:00Z",
    "source": "till",
    "detail-type": "sale",
    "detail": {"card": {"holder": "ana", "points": 12}, "total": 59, "store": {"city": "Graz"}},
}


def source(id_: str = "till", match: Any = None, **fields: Any) -> JsonObject:  # noqa: ANN401 - JSON
    mapping = {name.replace("__", "."): value for name, value in fields.items()}
    return {"id": id_, "match": match or {"source": ["till"]}, "map": mapping}


def test_fields_come_from_expressions_and_constants() -> None:
    till = source(
        userId="detail.card.holder",
        event={"value": "order.placed"},
        properties__total="detail.total",
    )
    incoming = Mappings([till]).parse(ENTRY, None)
    assert incoming.identities.user == "ana"
    assert incoming.event.name == "order.placed"
    assert incoming.event.properties == {"total": 59}
    assert incoming.event.id == "e1"


def test_the_envelope_lends_what_is_not_mapped() -> None:
    incoming = Mappings([source(userId="detail.card.holder")]).parse(ENTRY, None)
    assert incoming.event.name == "sale"
    assert incoming.event.at == parse_entry({**ENTRY, "detail": {"userId": "x"}}, None).event.at


def test_inner_fields_stand_in_the_outer_one_whatever_their_order() -> None:
    till = source(
        traits__address__zip={"value": "8010"},
        traits="detail.store",
        userId="detail.card.holder",
        traits__address__street={"value": "Main"},
    )
    traits = Mappings([till]).parse(ENTRY, None).event.traits
    assert traits == {"city": "Graz", "address": {"zip": "8010", "street": "Main"}}
    assert ENTRY["detail"]["store"] == {"city": "Graz"}  # type: ignore[call-overload, index]


def test_nothing_found_is_left_out_and_a_constant_null_is_not() -> None:
    till = source(
        userId="detail.card.holder", traits__name="detail.nobody", traits__old={"value": None}
    )
    assert Mappings([till]).parse(ENTRY, None).event.traits == {"old": None}


def test_a_name_with_a_dot_is_quoted() -> None:
    till = source(**{'properties."a.b"': "detail.total", "userId": "detail.card.holder"})
    assert Mappings([till]).parse(ENTRY, None).event.properties == {"a.b": 59}


def test_the_first_source_that_matches_takes_the_entry() -> None:
    first = source("a", userId={"value": "first"})
    second = source("b", userId={"value": "second"})
    other = source("0", {"source": ["shop"]}, userId={"value": "other"})
    assert Mappings([other, first, second]).parse(ENTRY, None).identities.user == "first"


def test_an_entry_of_nobody_is_read_as_it_is() -> None:
    other = source(match={"source": ["shop"]}, userId={"value": "other"})
    entry: JsonObject = {**ENTRY, "detail": {"userId": "ben"}}
    assert Mappings([other]).parse(entry, None).identities.user == "ben"
    with pytest.raises(InvalidInput, match=r"^card: there is no such field"):
        Mappings([other]).parse(ENTRY, None)


def test_a_source_is_asked_even_for_what_is_canonical() -> None:
    entry: JsonObject = {**ENTRY, "detail": {"userId": "ben", "event": "x"}}
    till = source(userId="detail.userId", event={"value": "y"})
    assert Mappings([till]).parse(entry, None).event.name == "y"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"userId": "detail.nobody"}, r"^sources/till: userId: missing"),
        ({"userId": "detail.total", "timestamp": "detail.total"}, r"^sources/till: timestamp: an "),
        ({"userId": "sum(detail.total)"}, r"^sources/till: map\.userId: "),
        ({"properties": "detail.total", "properties__a": "detail.total"},
         r"^sources/till: map\.properties\.a: properties is no object"),
        ({"properties": "[detail.total]"}, r"^sources/till: properties: an object is wanted"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_refused_with_the_source_and_the_field(
    fields: dict[str, str], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        Mappings([source(**fields)]).parse(ENTRY, None)


@pytest.mark.parametrize(
    "doc",
    [
        {"id": "x", "map": {"userId": "a"}},
        {"id": "x", "match": {"source": ["a"]}},
        {"id": "x", "match": {"source": "a"}, "map": {"userId": "a"}},
        {"id": "x", "match": {"source": ["a"]}, "map": {"userId": "a.["}},
        {"id": "x", "match": {"source": ["a"]}, "map": {"userId": 5}},
        {"id": "x", "match": {"source": ["a"]}, "map": {"context.": "a"}},
    ],
)
def test_a_stored_source_that_cannot_be_read_is_our_mistake(doc: JsonObject) -> None:
    with pytest.raises(CorruptState):
        Mappings([doc])
