"""A customer who is at every bound at once has room for what comes, and loses nothing by it.

All that she holds is noise, so that it packs no better than the worst that anybody may send.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from sojourn.core.errors import CorruptState, Unavailable
from sojourn.core.limits import (
    ADDRESSES,
    ADDRESSES_BYTES,
    CAP_MAXIMUM,
    CATEGORY_CHARS,
    CONFLICTS,
    CONSENT_TEXT_BYTES,
    CONSENTS,
    CUSTOMER_ID_BYTES,
    ENROLMENTS,
    ENTERED,
    ENTRY_KEYS,
    ENTRY_KEYS_BYTES,
    EVENT_BYTES,
    FOLLOWED,
    HELD_BYTES,
    IDENTITIES,
    IDENTITIES_BYTES,
    JOINS,
    PROFILE_BYTES,
    SEEN_IDS,
)
from sojourn.core.nouns import altered
from sojourn.core.state.customer import (
    AddressStatus,
    Consent,
    Customer,
    Enrolment,
    Entries,
    Sent,
    Trait,
)
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import DAY, SECOND
from sojourn.fakes.mailboxes import ITEM_BYTES
from sojourn.runtime.customer.mailbox import Save
from sojourn.runtime.customer.stored import pack_decided
from tests.runtime.given import ANA, NOON, Works, email, journey
from tests.runtime.test_joins import put

ASCII: Sequence[str] = [chr(code) for code in range(35, 127) if chr(code) != "\\"]
HAN: Sequence[str] = [chr(code) for code in range(0x4E00, 0x9FA5)]
ALPHABETS = pytest.mark.parametrize("letters", [ASCII, HAN], ids=["ascii", "han"])

ENDS_AT = NOON + 30 * DAY
HOLDER = journey(
    "holder",
    entry={"event": "order.placed", "key": "event.order_id", "reentry": {"mode": "never"}},
    goal={"event": "never.comes"},
    start="pause",
    steps={
        "pause": {
            "type": "wait_for",
            "any": [{"event": "shout", "next": "say"}],
            "timeout": "P30D",
            "on_timeout": "thank",
        },
        "say": {
            "type": "emit",
            "event": "echo",
            "properties": {"x": {"from": "event.note"}},
            "next": "pause",
        },
        "thank": email(),
    },
    exit=[{"event": "order.cancelled", "outcome": "cancelled"}],
)
"""She waits, and says aloud whatever comes."""


class Noise:
    """Text that does not pack."""

    def __init__(self, letters: Sequence[str], seed: int = 1) -> None:
        self._random = Random(seed)
        self._letters = letters
        self._bytes_each = len(letters[0].encode())

    def text(self, size_bytes: int) -> str:
        return "".join(self._random.choices(self._letters, k=size_bytes // self._bytes_each))

    def id(self, length: int) -> str:
        return "".join(self._random.choices(ASCII, k=length))


def fullest(letters: Sequence[str]) -> Customer:
    """A customer at every bound of `core/limits.py`."""
    noise = Noise(letters)
    enrolments = {}
    for n in range(FOLLOWED + ENROLMENTS):
        is_live = n >= FOLLOWED
        room = HELD_BYTES // (FOLLOWED + ENROLMENTS)
        common: dict[str, Any] = {"journey": "holder", "version": 1, "key": n, "number": n}
        common |= {"entered_at": NOON, "begun_at": NOON, "entry_event": noise.id(36)}
        beside = len(dumps({"text": ""})) + len(str(n)) + len(dumps({}))
        entry = {"text": noise.text(room - beside)}
        own: dict[str, Any] = {"exited_at": NOON, "outcome": "finished"}
        if is_live:
            own = {"step": "pause", "step_at": NOON, "due_at": ENDS_AT}
        visits = {"pause": 1}
        enrolments[f"e{n}"] = Enrolment(f"e{n}", **common, entry=entry, visits=visits, **own)
    text_bytes = CONSENT_TEXT_BYTES // CONSENTS
    return Customer(
        ANA,
        NOON,
        traits={f"trait-{n}": Trait(noise.text(PROFILE_BYTES // 33), NOON) for n in range(32)}
        | {"email": Trait("ana@example.com", NOON)},
        consents={
            noise.id(CATEGORY_CHARS): Consent(True, NOON, "", noise.text(text_bytes))  # noqa: FBT003 - the noun's own order
            for _ in range(CONSENTS)
        },
        channels={
            channel: {
                noise.id(ADDRESSES_BYTES // ADDRESSES): AddressStatus("bounced", NOON)
                for _ in range(ADDRESSES)
            }
            for channel in ("email", "sms", "push")
        },
        enrolments=enrolments,
        ledger=tuple(
            Sent(
                *(noise.id(22), NOON - CAP_MAXIMUM + n, "email", "marketing", True),
                *("holder", "thank", noise.id(22), "ana@example.com"),
            )
            for n in range(CAP_MAXIMUM)
        ),
        entries={
            ("holder", dumps(noise.text(ENTRY_KEYS_BYTES // ENTRY_KEYS - 2))): Entries(1, NOON)
            for _ in range(ENTRY_KEYS)
        },
        seen=tuple(noise.id(8) for _ in range(SEEN_IDS)),
        newest_at=NOON,
        decided_at=NOON,
        number=FOLLOWED + ENROLMENTS,
        absorbed=tuple(noise.id(CUSTOMER_ID_BYTES) for _ in range(JOINS)),
        identities={
            ("card", noise.id(IDENTITIES_BYTES // IDENTITIES - 5)): NOON for _ in range(IDENTITIES)
        },
        conflicts={("card", noise.id(CUSTOMER_ID_BYTES - 5)): True for _ in range(CONFLICTS)},
    )


def stored(works: Works, customer: Customer) -> None:
    """Let her item hold this, as a decision would have left it."""
    box = works.mailboxes.read(customer.id)
    by = works.plans.live().revision
    line = dumps({"r": box.revision + 1, "at": NOON, "by": "evaluate", "p": by})
    works.mailboxes.save(box, Save(customer, (), line, wake_at=ENDS_AT, timer_at=ENDS_AT))


def full_works(letters: Sequence[str]) -> Works:
    """The functions, and a customer to whom nothing can be added."""
    works = Works(HOLDER)
    stored(works, fullest(letters))
    works.run()
    works.clock.advance(SECOND)
    return works


def note(size_bytes: int, seed: int = 1) -> str:
    """What an event of that size brings."""
    return Noise(ASCII, seed).text(size_bytes - 400)


@ALPHABETS
def test_who_is_full_leaves_two_fifths_of_the_item_for_what_comes(letters: Sequence[str]) -> None:
    state, seen = pack_decided(fullest(letters), (), "")
    assert len(state) + len(seen) < ITEM_BYTES * 3 // 5


@ALPHABETS
@pytest.mark.parametrize("size_bytes", [500, 5_000, 50_000, EVENT_BYTES])
def test_who_is_full_takes_every_event_and_what_it_causes(
    letters: Sequence[str], size_bytes: int
) -> None:
    works = full_works(letters)
    works.event("shout", note=note(size_bytes))
    works.run()
    works.clock.advance(SECOND)
    works.event("order.placed", order_id="one more")
    works.run()

    assert works.mailboxes.read(ANA).inbox == ()
    assert works.dead_letters.letters == []
    assert "echo" in {item.name for item in works.bus.announced}
    assert len(works.customer().live()) == ENROLMENTS
    reasons = [item.reason for item in works.records() if item.what == "not_entered"]
    assert reasons == [f"limit: {ENROLMENTS} live enrolments"]


@ALPHABETS
def test_who_is_full_leaves_all_her_journeys_at_once(letters: Sequence[str]) -> None:
    works = full_works(letters)
    works.event("order.cancelled")
    works.run()

    assert works.customer().live() == ()
    assert works.dead_letters.letters == []


@ALPHABETS
def test_all_that_waits_in_who_is_full_goes_when_it_is_due(letters: Sequence[str]) -> None:
    works = full_works(letters)
    works.wait(31 * DAY)

    assert works.customer().live() == ()
    assert len(works.outcomes()) == ENROLMENTS


@ALPHABETS
def test_an_inbox_that_fills_the_item_is_emptied_and_then_takes_what_it_refused(
    letters: Sequence[str],
) -> None:
    works = full_works(letters)
    taken, refused = 0, 0
    for n in range(40):
        works.clock.advance(SECOND)
        try:
            works.event("shout", note=note(8_000, n), messageId=f"shout-{n}")
        except Unavailable:
            refused += 1
            works.run()
            works.event("shout", note=note(8_000, n), messageId=f"shout-{n}")
        taken += 1
    works.run()

    assert refused
    assert works.mailboxes.read(ANA).inbox == ()
    echoes = [dict(item.properties) for item in works.bus.announced if item.name == "echo"]
    assert len({item["x"] for item in echoes}) == taken


@ALPHABETS
@pytest.mark.parametrize("is_in_journeys", [False, True])
def test_two_who_are_full_become_one_or_stay_two_and_both_go_on(
    letters: Sequence[str], *, is_in_journeys: bool
) -> None:
    works = full_works(letters)
    mine, other = fullest(letters), altered(fullest(letters), id="visitor", absorbed=())
    stored(works, altered(mine, absorbed=mine.absorbed[1:]))
    stored(works, other if is_in_journeys else altered(other, enrolments={}))
    works.run()
    put(works, "identify", userId=ANA, anonymousId="visitor")
    works.run()
    works.event("shout", note=note(EVENT_BYTES))
    works.run()
    works.event("shout", "visitor", note=note(5_000))
    works.run()

    assert ("visitor" in works.customer().absorbed) is not is_in_journeys
    assert len(works.customer().live()) == ENROLMENTS
    refused = [item.reason for item in works.records() if item.what == "not_joined"]
    assert refused == ([f"limit: {ENROLMENTS} live enrolments"] if is_in_journeys else [])
    assert not any(works.mailboxes.read(id_).inbox for id_ in (ANA, "visitor"))
    assert works.dead_letters.letters == []


def test_one_event_lets_into_as_many_journeys_as_there_is_room_to_tell_of() -> None:
    steps = {"stop": {"type": "exit", "outcome": "finished"}}
    many = [
        journey(f"j{n:04}", "shout", entry={"event": "shout"}, start="stop", steps=steps)
        for n in range(ENTERED + 1)
    ]
    works = Works(*many)
    works.event("shout", note=note(EVENT_BYTES))
    works.run()

    refused = [
        (item.journey, item.reason) for item in works.records() if item.what == "not_entered"
    ]
    assert refused == [(f"j{ENTERED}", f"limit: {ENTERED} journeys at once")]
    assert [item.what for item in works.records()].count("exited") == ENTERED


def test_where_there_is_no_room_beside_what_waits_it_is_said_after_one_try() -> None:
    works = full_works(ASCII)
    works.event("shout", note=note(EVENT_BYTES))
    works.clock.advance(SECOND)
    works.event("shout", note=note(EVENT_BYTES, seed=2))
    tries: list[str] = []
    works.mailboxes.before_save += [lambda: tries.append("save")] * 5

    with pytest.raises(CorruptState, match="no room for what is decided about her while 2 events"):
        works.run()
    assert tries == ["save"]
    assert len(works.mailboxes.read(ANA).inbox) == 2
