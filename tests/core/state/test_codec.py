"""A customer as text and back."""

from dataclasses import fields, replace
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.errors import CorruptState
from sojourn.core.nouns import altered
from sojourn.core.state.codec import decode_customer, decode_event, encode_customer, encode_event
from sojourn.core.state.customer import (
    AddressStatus,
    Consent,
    Customer,
    Enrolment,
    Entries,
    Event,
    Links,
    Message,
    MessageFacts,
    Sent,
    Trait,
)
from sojourn.core.values.exact import loads
from sojourn.core.values.ids import enrolment_id, mark
from tests.core.engine.given import Loose

TEXTS = st.text(max_size=4)
NAMES = st.text("abc.", min_size=1, max_size=3)
INSTANTS = st.integers(-(10**15), 10**16)
NUMBERS = st.integers(-(10**37), 10**37) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=3
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
TABLES = st.dictionaries(TEXTS, VALUES, max_size=2)
MARKS = st.lists(st.builds(mark, TEXTS), max_size=3).map(tuple)
MAYBE = st.none() | INSTANTS
FACTS = st.builds(MessageFacts, TEXTS, NAMES, NAMES, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE)
CONSENTS = st.builds(
    Consent, st.none() | st.booleans(), INSTANTS, st.text(max_size=5), st.text(max_size=5)
)


@st.composite
def enrolments(draw: st.DrawFn) -> Enrolment:
    journey, number = draw(NAMES), draw(st.integers(1, 99))
    inside = draw(st.booleans())
    return Enrolment(
        id=enrolment_id("ana", journey, number),
        journey=journey,
        version=draw(st.integers(1, 9)),
        key=draw(VALUES),
        number=number,
        entered_at=draw(INSTANTS),
        begun_at=draw(INSTANTS),
        entry_event=draw(TEXTS),
        entry=draw(TABLES),
        step=draw(NAMES) if inside else None,
        step_at=draw(INSTANTS) if inside else 0,
        due_at=draw(MAYBE),
        vars=draw(TABLES),
        visits=draw(st.dictionaries(NAMES, st.integers(1, 9), max_size=2)),
        messages=draw(st.dictionaries(NAMES, FACTS, max_size=2)),
        sends=tuple(draw(st.lists(st.tuples(INSTANTS, NAMES), max_size=2))),
        moved_by=draw(MARKS),
        exited_at=draw(MAYBE),
        outcome=draw(st.none() | NAMES),
        converted_at=draw(MAYBE),
        credited_to=draw(st.none() | NAMES),
        date=draw(st.none() | NAMES),
        past=draw(st.booleans()),
        onward=draw(st.sampled_from([(), (None,), ("go",)])),
    )


MESSAGES = st.builds(
    Message,
    *(TEXTS, TEXTS, NAMES, st.integers(1, 9), NAMES, st.integers(1, 9), NAMES, NAMES, NUMBERS),
    *(INSTANTS, INSTANTS, INSTANTS, NAMES, TABLES),
    status=st.sampled_from(["wanted", "held", "claimed"]),
    reason=st.none() | NAMES,
    claimed_at=MAYBE,
    attempt=st.integers(0, 3),
    link=st.integers(0, 3),
)
SENT = st.builds(Sent, TEXTS, INSTANTS, NAMES, NAMES, st.booleans(), NAMES, NAMES, TEXTS, TEXTS)
CUSTOMERS = st.builds(
    Customer,
    st.just("ana"),
    INSTANTS,
    traits=st.dictionaries(TEXTS, st.builds(Trait, VALUES, INSTANTS), max_size=2),
    consents=st.dictionaries(NAMES, CONSENTS, max_size=2),
    channels=st.dictionaries(
        NAMES,
        st.dictionaries(
            TEXTS,
            st.builds(AddressStatus, NAMES, INSTANTS, st.integers(0, 5), st.none() | INSTANTS),
            max_size=2,
        ),
        max_size=2,
    ),
    enrolments=st.lists(enrolments(), max_size=2).map(
        lambda found: {item.id: item for item in found}
    ),
    messages=st.lists(MESSAGES, max_size=2).map(lambda found: {item.id: item for item in found}),
    ledger=st.lists(SENT, max_size=2).map(tuple),
    entries=st.dictionaries(
        st.tuples(NAMES, TEXTS), st.builds(Entries, st.integers(1, 9), INSTANTS), max_size=2
    ),
    segments=st.frozensets(NAMES, max_size=2),
    seen=MARKS,
    forgotten_at=MAYBE,
    newest_at=MAYBE,
    decided_at=INSTANTS,
    instant=MARKS,
    number=st.integers(0, 99),
    causes=st.integers(0, 99),
    absorbed=st.lists(TEXTS, max_size=2).map(tuple),
    draws=st.dictionaries(NAMES, TEXTS, max_size=2),
    identities=st.dictionaries(st.tuples(NAMES, TEXTS), INSTANTS, max_size=2),
    conflicts=st.dictionaries(st.tuples(NAMES, TEXTS), st.booleans(), max_size=2),
)
PAIRS = st.tuples(NAMES, TEXTS)
LINKS = st.builds(
    Links,
    st.lists(TEXTS, max_size=2).map(tuple),
    st.none() | NAMES,
    st.lists(PAIRS, max_size=2).map(tuple),
    st.lists(PAIRS, max_size=2).map(tuple),
)
EVENTS = st.builds(
    Event,
    *(NAMES, NAMES, INSTANTS, INSTANTS, TABLES, TABLES),
    caused=st.booleans(),
    links=st.none() | LINKS.filter(lambda found: found != Links()),
)


@given(CUSTOMERS)
def test_a_customer_comes_back_as_she_was(customer: Customer) -> None:
    text = encode_customer(customer)

    assert decode_customer("ana", text) == customer
    assert encode_customer(decode_customer("ana", text)) == text


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert decode_event(encode_event(event)) == event


def test_an_enrolment_that_began_with_another_customer_keeps_its_id() -> None:
    own = Enrolment(enrolment_id("ana", "j", 2), "j", 1, None, 2, 0, 0, "", {})
    other = replace(own, id=enrolment_id("v1", "j", 1), number=3)
    customer = Customer("ana", 0, enrolments={own.id: own, other.id: other}, absorbed=("v1",))

    assert decode_customer("ana", encode_customer(customer)) == customer


def test_numbers_stay_exact() -> None:
    customer = Customer("ana", 0, traits={"n": Trait(Decimal("0.10"), 1)})

    assert str(decode_customer("ana", encode_customer(customer)).trait("n")) == "0.10"


def test_who_has_nothing_takes_no_room() -> None:
    assert encode_customer(Customer("ana", 7)) == '[1,7,{},{},{},[],[],[],[],[],"",null,null,0,0]'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "not JSON"),
        ("7", "cannot be read"),
        ("[0,0]", "in a form this version cannot read"),
        ("[]", "in a form this version cannot read"),
        ("[1,0,7]", "cannot be read"),
        ('[1,0,{"a":7}]', "cannot be read"),
        ('[1,0,{},{},{},[["j"]]]', "cannot be read"),
        ('[1,0,{},{},{},[],[],[],[["j"]]]', "cannot be read"),
    ],
)
def test_what_was_not_stored_so_is_our_mistake(text: str, reason: str) -> None:
    with pytest.raises(CorruptState, match=reason):
        decode_customer("ana", text)


@pytest.mark.parametrize("stored", [None, 7, ["id"], ["id", "name", "noon"]])
def test_so_is_an_event_that_was_not_stored_so(stored: Loose) -> None:
    with pytest.raises(CorruptState, match="a stored event cannot be read"):
        decode_event(stored)


def test_an_events_tables_may_be_read_only() -> None:
    event = Event("a", "b", 1, 2, MappingProxyType({"x": 1}))

    assert loads('["a","b",1,1,{"x":1}]') == encode_event(event)


@given(CUSTOMERS, st.integers())
def test_a_noun_altered_is_the_noun_with_fields_replaced(customer: Customer, number: int) -> None:
    after = altered(customer, number=number, seen=("x",))

    assert after == replace(customer, number=number, seen=("x",))
    assert type(after) is Customer
    assert [getattr(after, item.name) for item in fields(after)] == [
        getattr(customer, item.name) if item.name not in {"number", "seen"} else value
        for item in fields(customer)
        for value in [number if item.name == "number" else ("x",)]
    ]


def test_a_noun_altered_is_as_frozen_as_any() -> None:
    after = altered(Customer("ana", 0), number=1)

    with pytest.raises(AttributeError):
        after.number = 2  # type: ignore[misc]
    assert hash(altered(Trait(1, 2), at=3)) == hash(Trait(1, 3))


def test_a_field_that_a_noun_does_not_have_is_refused() -> None:
    with pytest.raises(AttributeError):
        altered(Customer("ana", 0), nmber=1)


def test_of_two_ways_to_write_an_address_that_were_kept_the_stricter_stands() -> None:
    kept = {
        "Ana@example.com": AddressStatus("complained", 5),
        "ana@example.com": AddressStatus("unsubscribed", 7),
        "ANA@example.com": AddressStatus("bounced", 9),
    }
    before = Customer("ana", 1, channels={"email": kept, "sms": {"+A": AddressStatus("ok", 3)}})
    now = decode_customer("ana", encode_customer(before))
    assert now.channels == {
        "email": {"ana@example.com": AddressStatus("complained", 5)},
        "sms": {"+A": AddressStatus("ok", 3)},
    }
