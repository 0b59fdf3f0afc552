"""Ingest: one envelope costs one write and no read, or is a dead letter with its reason."""

import json
from typing import Any

import pytest

from sojourn.core.errors import Unavailable
from sojourn.core.limits import EVENT_BYTES, INBOX_EVENTS
from sojourn.core.state.history import BEGINNING
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import SECOND, parse_instant
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.incoming.intake import MOST_KNOWN, _bound
from sojourn.runtime.live_plan import PLAN_AGE
from tests.runtime.given import ANA, NOON, Works, envelope, journey


def inbox(works: Works, customer: str = ANA) -> list[str]:
    return [waiting.event.name for waiting in works.mailboxes.read(customer).inbox]


def kept(works: Works, customer: str = ANA) -> list[str]:
    return [event.name for event in works.history.events(customer, BEGINNING)]


def reasons(works: Works) -> list[str]:
    return [letter.reason for letter in works.dead_letters.letters]


def entry(detail: Any, **fields: Any) -> str:  # noqa: ANN401 - JSON
    """An envelope around whatever is to stand in it."""
    doc = json.loads(envelope("order.placed"))
    return json.dumps({**doc, "detail": detail, **fields})


def not_taken(event: Any, **fields: Any) -> str:  # noqa: ANN401 - JSON
    """What Lambda puts on the queue of an event that came directly and was not taken."""
    record = {
        "version": "1.0",
        "timestamp": "2026-03-02T12:00:00.000Z",
        "requestContext": {
            "requestId": "a1b2",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:ingest:live",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 1,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "not taken", "errorType": "Transient"},
    }
    return json.dumps(record | fields)


# ---- Where an event goes ---------------------------------------------------------------------


def test_an_event_that_a_journey_refers_to_goes_to_the_inbox() -> None:
    works = Works(journey())
    works.event("order.placed", order_id="1")
    assert (inbox(works), kept(works)) == (["order.placed"], [])


def test_an_event_that_nobody_refers_to_goes_to_the_history_and_nothing_else_runs() -> None:
    works = Works(journey())
    works.event("page viewed", url="/")
    assert (inbox(works), kept(works)) == ([], ["page viewed"])
    assert works.mailboxes.changes == []


@pytest.mark.parametrize("place", ["traits", "context"])
def test_an_event_that_brings_traits_goes_to_the_inbox(place: str) -> None:
    works = Works()
    traits = {"name": "Ana"}
    detail = {"userId": ANA, place: traits if place == "traits" else {"traits": traits}}
    works.ingest.take(entry(detail, **{"detail-type": "page viewed"}))
    assert inbox(works) == ["page viewed"]


@pytest.mark.parametrize(
    "name", ["message.bounced", "message.complained", "message.unsubscribed", "endpoint.gone"]
)
def test_what_changes_how_a_channel_stands_goes_to_the_inbox_in_any_case(name: str) -> None:
    works = Works()
    works.event(name, channel="email")
    assert inbox(works) == [name]


def test_an_event_is_taken_in_now_whatever_it_says_itself() -> None:
    works = Works(journey())
    detail = {
        "userId": ANA,
        "event": "order.placed",
        "timestamp": "2026-02-01T00:00:00Z",
        "receivedAt": "2020-01-01T00:00:00Z",
    }
    works.clock.advance(SECOND)
    works.ingest.take(entry(detail))
    (waiting,) = works.mailboxes.read(ANA).inbox
    assert waiting.event.at == parse_instant("2026-02-01T00:00:00Z")
    assert waiting.event.received_at == NOON + SECOND


@pytest.mark.parametrize("name", ["order.placed", "page viewed"])
def test_the_same_event_twice_changes_nothing(name: str) -> None:
    works = Works(journey())
    for _ in range(2):
        works.event(name, messageId="m1")
    assert inbox(works) + kept(works) == [name]
    works.run()
    changes = len(works.mailboxes.changes)
    works.event(name, messageId="m1")
    works.run()
    assert len(works.mailboxes.changes) == changes
    assert works.dead_letters.letters == []


def test_what_was_published_is_known_within_seconds() -> None:
    works = Works()
    works.event("order.placed", order_id="1")
    works.upload({"journeys/thanks.json": journey()})
    works.clock.advance(PLAN_AGE)
    works.event("order.placed", order_id="2")
    assert (inbox(works), kept(works)) == (["order.placed"], ["order.placed"])


def test_an_inbox_that_is_full_has_the_event_tried_again() -> None:
    works = Works(journey())
    for number in range(INBOX_EVENTS):
        works.event("order.placed", order_id=str(number))
    with pytest.raises(Unavailable, match=f"{INBOX_EVENTS} events wait"):
        works.event("order.placed", order_id="one more")
    assert works.dead_letters.letters == []


# ---- What is no event ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[1]", "a JSON object is wanted, not a list"),
        ('{"detail": {"userId": "ana", "total": 1e99999999999999999999}}', "a number with an"),
        (entry(None), "detail: an object is wanted, not null"),
        (entry("order"), "detail: an object is wanted, not text"),
        (entry({}), "userId: missing, and so are anonymousId and every other identity"),
        (entry({"userId": ""}), "userId: missing"),
        (entry({"userId": ["ana"]}), "userId: text is wanted, not a list"),
        (entry({"userId": "a" * 181}), "userId: longer than 180 bytes"),
        (entry({"userId": ANA, "properties": [1]}), "properties: an object is wanted, not a list"),
        (entry({"userId": ANA, "event": 7}), "event: text is wanted, not a number"),
        (entry({"userId": ANA, "type": "purchase"}), 'type: "purchase" is none of track,'),
        (entry({"userId": ANA, "timestamp": "yesterday"}), "timestamp: "),
        (entry({"userId": ANA, "timestamp": 1700000000}), "timestamp: an RFC 3339 instant is"),
        (entry({"userId": ANA, "total": 5}), "total: there is no such field; put it into prop"),
        (entry({"userId": ANA, "properties": {"n": "\ud800"}}), "half a character"),
        (entry({"userId": "\udfff"}), "half a character"),
        (entry({"userId": ANA, "properties": {"n": 10**38}}), "properties.n: a number of more"),
        (entry({"anonymousId": "a", "type": "alias", "previousId": "b"}), "userId: missing; an al"),
        (entry({"traits": {"email": "guest@b.example"}}), "email guest@b.example: is nobody's"),
    ],
)
def test_what_is_no_event_is_a_dead_letter_as_it_came_with_its_reason(
    body: str, reason: str
) -> None:
    works = Works(journey())
    works.ingest.take(body)
    (letter,) = works.dead_letters.letters
    assert (letter.source, letter.body) == ("ingest", body)
    assert reason in letter.reason
    assert works.mailboxes.changes == []


def test_nesting_deeper_than_the_bound_is_a_dead_letter() -> None:
    works = Works()
    nested: Any = 1
    for _ in range(33):
        nested = [nested]
    works.ingest.take(entry({"userId": ANA, "properties": {"n": nested}}))
    (reason,) = reasons(works)
    assert reason.endswith("nested deeper than 32")
    assert reason.startswith("properties.n[0]")


def sized(size_bytes: int) -> dict[str, Any]:
    """A detail of exactly that many bytes, as it is counted."""
    bare = {"userId": ANA, "event": "order.placed", "properties": {"note": ""}}
    return {**bare, "properties": {"note": "x" * (size_bytes - len(dumps(bare)))}}


def test_an_event_as_large_as_may_be_is_taken() -> None:
    works = Works(journey())
    works.ingest.take(entry(sized(EVENT_BYTES)))
    assert (inbox(works), works.dead_letters.letters) == (["order.placed"], [])


def test_an_event_one_byte_larger_is_a_dead_letter_that_says_both_sizes() -> None:
    works = Works(journey())
    works.ingest.take(entry(sized(EVENT_BYTES + 1)))
    assert reasons(works) == ["the event has 65537 bytes; at most 65536 are taken"]
    assert works.mailboxes.read(ANA) == Mailbox(ANA)


TILL = {
    "id": "till",
    "match": {"source": ["till"]},
    "map": {"userId": "detail.customer", "event": {"value": "order.placed"}},
}


def test_an_entry_of_a_source_becomes_its_event_without_another_operation() -> None:
    works = Works(journey())
    works.upload({"sources/till.json": TILL})
    works.ingest.take(entry({"customer": ANA}, source="till"))
    assert inbox(works) == ["order.placed"]


def test_what_no_source_is_for_and_is_not_canonical_goes_to_the_dead_letters() -> None:
    works = Works(journey())
    works.upload({"sources/till.json": TILL})
    works.ingest.take(entry({"customer": ANA}, source="shop"))
    works.ingest.take(entry({"buyer": ANA}, source="till"))
    assert [reason.partition(":")[0] for reason in reasons(works)] == ["customer", "sources/till"]


def test_what_a_mapping_published_just_now_is_for_is_not_refused() -> None:
    works = Works(journey())
    works.upload({"sources/till.json": TILL})
    works.ingest.take(entry({"customer": ANA}, source="till"))
    works.upload({"sources/till.json": TILL | {"map": {"userId": "detail.buyer"}}})
    works.ingest.take(entry({"buyer": "ben"}, source="till", id="e2"))
    assert (reasons(works), inbox(works, "ben")) == ([], ["order.placed"])


def test_a_worker_remembers_so_many_people_and_forgets_the_oldest_first() -> None:
    known = dict.fromkeys(map(str, range(MOST_KNOWN)))
    del known["7"]
    _bound(known)
    assert len(known) == MOST_KNOWN - 1, "there was room"
    known["7"] = None
    _bound(known)
    assert len(known) == MOST_KNOWN - 1
    assert next(iter(known)) == "1"


# ---- What came directly and was not taken ------------------------------------------------------


def test_what_came_directly_and_was_not_taken_is_taken_from_the_queue_as_it_came() -> None:
    works = Works(journey())
    works.ingest.take(not_taken(json.loads(envelope("order.placed"))))
    works.ingest.take(envelope("order.placed"))  # the same once more, as a duplicate
    assert (inbox(works), reasons(works)) == (["order.placed"], [])


def test_where_it_is_refused_the_dead_letter_is_the_event_itself() -> None:
    works = Works()
    event = json.loads(entry({"event": "order.placed"}))
    works.ingest.take(not_taken(event))
    [letter] = works.dead_letters.letters
    assert json.loads(letter.body) == event


@pytest.mark.parametrize("payload", ["text", None, ["a", "list"]])
def test_a_record_that_holds_no_event_is_a_dead_letter_as_it_is(payload: Any) -> None:  # noqa: ANN401 - JSON
    works = Works()
    body = not_taken(payload)
    works.ingest.take(body)
    assert [letter.body for letter in works.dead_letters.letters] == [body]


def test_a_message_that_only_has_a_field_of_that_name_is_read_as_it_is() -> None:
    works = Works()
    works.ingest.take(entry({"userId": ANA}, requestPayload={"event": "order.placed"}))
    assert kept(works) == ["order.placed"]
