"""The export: everything about a customer is in it, and it can be taken in again."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.state.customer import AddressStatus, Consent, Customer, Entries, Sent, Trait
from sojourn.core.values.exact import JsonObject, dumps
from sojourn.core.values.instants import HOUR, SECOND
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.customer.timeline import Timeline, read_timeline
from sojourn.runtime.rights.exporting import export
from sojourn_cli.simulation.lines import read_events
from tests.core.nouns import enrolment, message
from tests.runtime.given import ANA, NOON, Works, email, journey, settings
from tests.runtime.test_joins import put

NOBODY_YET = Customer("c1", NOON)
SOMEBODY = Customer(
    "c2",
    NOON + HOUR,
    traits={"city": Trait("Cape Town", NOON)},
    consents={"news": Consent(given=True, at=NOON)},
    channels={"email": {"a@example.com": AddressStatus("bounced", NOON)}},
    enrolments={"e1": enrolment()},
    messages={"m1": message()},
    ledger=(Sent("m0", NOON, "email", "marketing", True, "j", "s", "e1", "a@example.com"),),  # noqa: FBT003 - the noun's own order
    entries={("j", "null"): Entries(1, NOON)},
    segments=frozenset({"vip"}),
    seen=("12345678",),
    forgotten_at=NOON,
    newest_at=NOON,
    decided_at=NOON,
    instant=("12345678",),
    number=1,
    causes=1,
    absorbed=("c0",),
    draws={"j": "c0"},
    identities={("email", "a@example.com"): NOON},
    conflicts={("email", "b@example.com"): True},
)
"""Somebody of whom every field holds something."""

KEPT_BACK = {"seen", "forgotten_at", "newest_at", "decided_at", "instant", "number", "causes"}
"""Marks and counters by which duplicates are known: they say nothing about her."""

PAUSE = {"type": "wait", "for": "PT2H", "next": "thank"}


def exported(works: Works) -> dict[str, Any]:
    timeline = read_timeline(works.mailboxes, works.history, ANA)
    found: dict[str, Any] = json.loads(dumps(export(timeline, works.clock.now())))
    return found


def lived() -> Works:
    works = Works(
        journey(),
        journey("nap", "cart.abandoned", start="nap", steps={"nap": PAUSE, "thank": email()}),
    )
    works.identify(first_name="Ana", address={"street": "Long Street 5"}, consent={"news": True})
    works.run()
    works.event("order.placed", order_id="o-77")
    works.event("page.viewed", url="/private")
    works.run()
    works.event("cart.abandoned", cart_id="c-3")
    works.run()
    works.event("message.complained", channel="email", journey="thanks", step="thank")
    works.clock.advance(HOUR)
    return works


@pytest.mark.parametrize("field", [field.name for field in fields(Customer)])
def test_every_field_of_a_customer_is_told_but_what_keeps_order_among_our_own_writes(
    field: str,
) -> None:
    def told(customer: Customer) -> JsonObject:
        return export(Timeline(Mailbox(customer.id, customer=customer), (), ()), NOON)

    other = replace(NOBODY_YET, **{field: getattr(SOMEBODY, field)})
    assert (told(other) == told(NOBODY_YET)) is (field in KEPT_BACK)


def test_whatever_she_told_is_in_it() -> None:
    text = dumps(exported(lived()))
    for told in ("Ana", "Long Street 5", "o-77", "/private", "c-3", f"{ANA}@example.com"):
        assert told in text
    assert "+27820000001" in text


def test_where_she_stands_and_what_she_got_is_in_it() -> None:
    works = lived()
    works.run()
    found = exported(works)
    assert found["customer"] == ANA
    assert [(item["type"], item["value"]) for item in found["identities"]] == [("user", ANA)]
    assert found["profile"]["first_name"]["value"] == "Ana"
    assert found["consents"]["news"]["given"] is True
    statuses = {item["address"]: item["status"] for item in found["channels"]}
    assert statuses == {f"{ANA}@example.com": "complained", "+27820000001": "ok"}
    assert {item["journey"]: item["step"] for item in found["journeys"]} == {"nap": "nap"}
    assert [item["status"] for item in found["messages"]] == ["sent"]
    assert [item["address"] for item in found["sends"]] == [f"{ANA}@example.com"]
    assert "nap" in {item["journey"] for item in found["entries"]}


def test_events_can_be_taken_in_again() -> None:
    works = lived()
    lines = [dumps(event).encode() for event in exported(works)["events"]]
    again = read_events(lines)
    assert again.refused == []
    names = [event.name for event in again.by_customer[ANA]]
    assert {"order.placed", "page.viewed", "cart.abandoned", "message.sent"} <= set(names)


def test_what_was_told_as_history_says_so() -> None:
    works = Works()
    works.event("order.placed", _metadata={"silent": True})
    (event,) = exported(works)["events"]
    assert event["_metadata"] == {"silent": True}
    (row,) = exported(works)["timeline"]
    assert (row["silent"], row["happened_at"]) == (True, event["timestamp"])


def test_whoever_only_has_events_that_wait_is_exported_too() -> None:
    works = Works(journey())
    works.event("order.placed", order_id="o-78")
    found = exported(works)
    assert [event["properties"] for event in found["events"]] == [{"order_id": "o-78"}]
    assert found["journeys"] == found["messages"] == []


def test_one_whole_export() -> None:
    """Of a user who was a visitor, came with another's card, naps, and waits for a cap."""
    entry = {"event": "cart.left", "key": "event.cart", "reentry": {"max": 3}}
    nap = journey("nap", entry=entry, start="nap", steps={"nap": PAUSE, "thank": email()})
    daily = settings(caps=[{"name": "daily", "max": 1, "per": "P1D"}])
    works = Works(journey(steps={"thank": email(hold="P2D")}), nap, settings=daily)
    put(works, "order.placed", userId="ben", order_id="0", cards=["L1"])
    put(works, "cart.left", anonymousId="v1", cart=7, id="m1")
    works.run()
    known = {"email": "ana@example.com", "first_name": "Ana", "consent": {"news": True}}
    put(works, "identify", userId=ANA, traits=known, id="m2")
    ids = {"userId": ANA, "anonymousId": "v1", "cards": ["L1"]}
    for number in ("3", "4"):
        put(works, "order.placed", **ids, order_id=number, id=f"m{number}")
        works.run()
    works.event("page.viewed", messageId="m5", url="/", _metadata={"silent": True})
    works.event("message.bounced", messageId="m6", channel="email", bounce_type="transient")
    works.clock.advance(SECOND)
    works.run()
    golden = Path(__file__).with_name("one_whole_export.json")
    assert exported(works) == json.loads(golden.read_text("utf-8"))
