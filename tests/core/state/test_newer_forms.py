"""What a later version stored is neither cut to what is known here nor given up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sojourn.core.errors import NewerForm, Transient
from sojourn.core.state.codec import (
    FORMAT,
    decode_customer,
    decode_event,
    encode_customer,
    encode_event,
)
from sojourn.core.state.customer import Event, Links
from sojourn.core.values.exact import dumps, loads
from tests.core.engine.given import Story, event, journey, mail, plan_of

type Place = Callable[[Any], list[Any]]

FIELDS, CONSENT_FIELDS, ENROLMENT_FIELDS, MESSAGE_FIELDS = 21, 4, 24, 19
EVENT_FIELDS, LINKS_FIELDS = 9, 4
"""How many this version writes. Who adds one says so here too, and has a version that reads it
deployed before one that writes it."""

PLACES: list[tuple[Place, int]] = [
    (lambda state: state, FIELDS),
    (lambda state: state[3]["marketing"], CONSENT_FIELDS),
    (lambda state: state[5][0], ENROLMENT_FIELDS),
    (lambda state: state[6][0], MESSAGE_FIELDS),
]


def stored() -> Any:  # noqa: ANN401 - JSON
    """A customer in a journey, with a consent and a message that waits."""
    plan = plan_of(journey("welcome", "signed up", {"hello": mail()}))
    story = Story(plan, consent={"marketing": True}).take(event("signed up", "01:00"))
    assert story.customer.messages
    assert story.customer.consents
    return loads(encode_customer(story.customer))


@pytest.mark.parametrize(("place", "length"), PLACES)
def test_a_field_that_is_not_known_yet_is_not_dropped(place: Place, length: int) -> None:
    state = stored()
    row = place(state)
    assert len(row) <= length
    row += [None] * (length - len(row))
    decode_customer("ana", dumps(state))
    row.append("new")
    with pytest.raises(NewerForm, match=f"more than the {length} fields"):
        decode_customer("ana", dumps(state))


def test_nor_is_one_of_an_event_that_waits() -> None:
    linked = replace(event("signed up", "01:00"), links=Links(joins=("v1",)), silent=True)
    row: Any = encode_event(linked)
    assert len(row) == EVENT_FIELDS
    with pytest.raises(NewerForm):
        decode_event([*row, "new"])
    links = [*row[7], *[None] * (LINKS_FIELDS - len(row[7]))]
    decode_event([*row[:7], links, *row[8:]])
    with pytest.raises(NewerForm):
        decode_event([*row[:7], [*links, "new"], *row[8:]])


def test_a_worker_that_knew_no_silent_events_would_not_take_one_for_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the version before did, whose events had a field less: she was let into journeys."""
    told_of_the_past = encode_event(Event("e", "signed up", 1, 2, silent=True))
    monkeypatch.setattr("sojourn.core.state.codec._EVENT_FIELDS", EVENT_FIELDS - 1)
    with pytest.raises(NewerForm):
        decode_event(told_of_the_past)


def test_a_later_form_is_left_to_who_reads_it() -> None:
    state = [FORMAT + 1, *stored()[1:], {}, {}, {}, {}, {}, {}, {}]
    with pytest.raises(NewerForm, match=f"form {FORMAT + 1}"):
        decode_customer("ana", dumps(state))
    assert issubclass(NewerForm, Transient)  # it comes again, and is no dead letter
