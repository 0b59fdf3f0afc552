"""A row becomes a checked event, the same one whenever it is read."""

from dataclasses import replace

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.values.instants import DAY, format_instant, parse_instant
from sojourn_cli.importing.events import Reading, events_of
from sojourn_cli.importing.rows import Row, problem_of
from tests.importing.given import AS_OF, ZONE, Doc, event_of
from tests.runtime.given import NOON

ORDER: Doc = {"userId": "c1", "event": "order.placed", "timestamp": "2025-06-01T10:00:00Z"}
LOCAL = Reading(AS_OF, ZONE)


def reason(message: Doc, reading: Reading | None = None) -> str:
    with pytest.raises(InvalidInput) as refused:
        event_of(message, reading)
    assert problem_of(refused.value).remedy
    return str(refused.value)


def test_a_row_about_a_customer_is_true_as_of_an_instant() -> None:
    event = event_of({"userId": "c1", "traits": {"name": "Ana"}}).event
    assert (event.name, event.at, event.received_at) == ("identify", AS_OF, NOON)
    assert event.silent


def test_a_row_with_a_time_keeps_it_and_is_taken_in_now() -> None:
    event = event_of({**ORDER, "receivedAt": "2025-06-01T10:00:01Z"}).event
    assert (event.at, event.received_at) == (parse_instant("2025-06-01T10:00:00Z"), NOON)


def test_history_without_a_time_is_refused() -> None:
    assert reason({"userId": "c1", "event": "order.placed"}) == "timestamp: missing"


def test_the_same_row_is_the_same_event_however_its_fields_are_ordered() -> None:
    more = {**ORDER, "properties": {"a": 1, "b": [{"c": 1, "d": 2}]}}
    turned = dict(reversed(more.items())) | {"properties": {"b": [{"d": 2, "c": 1}], "a": 1}}
    id_ = event_of(more).event.id
    assert id_ == event_of(turned).event.id
    assert id_ == event_of(more, replace(LOCAL, silent=False), NOON + DAY).event.id
    assert id_ != event_of({**more, "userId": "c2"}).event.id
    assert id_ != event_of({**more, "properties": {"a": 2}}).event.id


def test_a_message_id_of_its_own_stays() -> None:
    assert event_of({**ORDER, "messageId": "m1"}).event.id == "m1"
    assert event_of({**ORDER, "messageId": ""}).event.id.startswith("import:")


def test_whoever_wants_it_lets_rows_begin_journeys() -> None:
    loud = Reading(AS_OF, silent=False)
    assert not event_of(ORDER, loud).event.silent
    assert event_of({**ORDER, "_metadata": {"silent": True}}, loud).event.silent
    assert event_of({**ORDER, "_metadata": "bundled"}).event.silent


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-06-01", "2025-05-31T22:00:00Z"),
        ("2025-06-01 10:00", "2025-06-01T08:00:00Z"),
        ("2025-06-01T10:00:05.25", "2025-06-01T08:00:05.250Z"),
        ("2025-06-01T10:00:05+01:00", "2025-06-01T09:00:05Z"),
    ],
)
def test_local_times_are_read_in_the_zone_that_is_said(text: str, instant: str) -> None:
    assert format_instant(event_of({**ORDER, "timestamp": text}, LOCAL).event.at) == instant


@pytest.mark.parametrize(
    "text", ["2025-02-30", "2025-06-01 25:00", "2025-06-01 10:00:61", "1/6/25"]
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    assert reason({**ORDER, "timestamp": text}, LOCAL).startswith("timestamp: ")


def test_a_local_time_without_a_zone_is_refused() -> None:
    assert reason({**ORDER, "timestamp": "2025-06-01 10:00"}).endswith("says no zone")


def test_what_lies_ahead_is_refused() -> None:
    near, far = format_instant(NOON + DAY), format_instant(NOON + DAY + 1)
    assert event_of({**ORDER, "timestamp": near}).event.at == NOON + DAY
    assert reason({**ORDER, "timestamp": far}).endswith("lies in the future")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"traits": {"name": "x"}}, "userId: missing, and so are"),
        ({"traits": {"email": "guest@x.example"}}, "is nobody's"),
        ({**ORDER, "proprties": {}}, "proprties: there is no such field"),
        ({"userId": "c1", "traits": {"consent": {"marketing": "yes"}}}, "is no object of true and"),
        ({"userId": "c1", "traits": {"consent": True}}, "is no object of true and"),
        ({"userId": "c1", "traits": {"note": "x" * 33_000}}, "a profile has at most 32768"),
        ({**ORDER, "properties": {"x": "x" * 70_000}}, "bytes; at most 65536 are taken"),
        ({**ORDER, "timestamp": 7}, "timestamp: an RFC 3339 instant is wanted, not a number"),
    ],
)
def test_what_the_stack_would_not_take_or_pass_over_is_refused(message: Doc, said: str) -> None:
    assert said in reason(message)


def test_a_row_with_an_id_before_is_an_alias() -> None:
    found = event_of({"userId": "c1", "previousId": "v1", "traits": {"name": "Ana"}})
    assert (found.event.name, found.event.at) == ("alias", AS_OF)
    assert (found.identities.previous, found.event.traits) == ("v1", {"name": "Ana"})


def test_the_facts_of_a_row_have_its_time() -> None:
    identify: Doc = {"userId": "c1", "traits": {"email": "a@x.example"}}
    fact: Doc = {"userId": "c1", "event": "message.bounced", "properties": {"channel": "email"}}
    first, second = events_of(Row(1, 1, messages=(identify, fact)), Reading(AS_OF), NOON)
    assert first.event.at == second.event.at == AS_OF
