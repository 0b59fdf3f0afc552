"""Whoever was forgotten comes back when somebody lets her, as somebody new."""

import json

import pytest

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.identity import Whose
from sojourn.core.state.customer import Event
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.instants import MINUTE, format_instant
from sojourn.runtime.customer.mailbox import Gone
from sojourn.runtime.customer.timeline import read_timeline
from sojourn.runtime.decisions.announcing import bodies_announcing
from sojourn.runtime.rights.forgetting import LIFTED_AFTER, Settling
from sojourn.runtime.rights.requests import LIFTED
from tests.runtime.given import ANA, Died, Works, envelope
from tests.runtime.test_forgetting import CARD, HELLO, VISITOR, asks, finish, known, rights, traces
from tests.runtime.test_joins import put


def test_she_comes_back_when_somebody_lets_her_and_as_somebody_new() -> None:
    works = known()
    finish(works)
    back = asks("sojourn.lift")
    with pytest.raises(InvalidInput, match="forgotten lately; she may come back from 2026-03-04"):
        rights(works).take(back)
    works.clock.advance(LIFTED_AFTER)
    rights(works).take(back)
    assert [item.customer for item in works.bus.announced if item.name == LIFTED] == [ANA]
    works.clock.advance(MINUTE)
    put(works, "order.placed", userId=ANA, cards=["L-888"], order_id="1")
    works.run()
    assert works.customer().identities.keys() == {("card", "L-888")}
    put(works, "order.placed", userId=ANA, anonymousId=VISITOR, order_id="2")
    works.run()
    assert works.customer().absorbed == ()
    with pytest.raises(InvalidInput, match="was not forgotten"):
        rights(works).take(back)


def test_a_card_that_was_hers_is_hers_anew_also_to_an_ingest_that_knew_it() -> None:
    works = Works(HELLO)
    put(works, "order.placed", userId=ANA, cards=["L-1"], order_id="1")
    works.run()
    finish(works)
    works.clock.advance(LIFTED_AFTER)
    for id_ in (ANA, "card:L-1"):
        rights(works).take(asks("sojourn.lift", id_))
    works.clock.advance(MINUTE)
    put(works, "order.placed", userId=ANA, cards=["L-1"], order_id="2")
    put(works, "order.placed", cards=["L-1"], order_id="3")
    works.run()
    assert works.customer().identities.keys() == {("card", "L-1")}
    assert works.mailboxes._items.keys() == {ANA}


def events_of(works: Works) -> list[Event]:
    """Hers from outside, as they are kept."""
    events = read_timeline(works.mailboxes, works.history, ANA).events
    return [event for event in events if not event.caused]


def let_back() -> tuple[Works, str, list[str]]:
    """Somebody who was forgotten and came back; an event and announcements of hers from before."""
    works = known()
    before = envelope("order.placed", ANA, works.clock.now(), order_id="before")
    said = [Announcement(f"id-{who}", "note", works.clock.now(), who, {}) for who in (ANA, "ben")]
    finish(works)
    works.clock.advance(LIFTED_AFTER)
    rights(works).take(asks("sojourn.lift"))
    works.clock.advance(MINUTE)
    return works, before, bodies_announcing(said)


def test_what_was_said_of_her_before_is_not_said_when_she_is_back() -> None:
    works, _, bodies = let_back()
    for body in bodies:
        works.evaluate.wake(body)
    assert [item.customer for item in works.bus.announced if item.name == "note"] == ["ben"]
    now = [Announcement("id-now", "note", works.clock.now(), ANA, {})]
    works.evaluate.wake(bodies_announcing(now)[0])
    assert works.bus.announced[-1].id == "id-now"


def test_a_dead_letter_from_before_or_a_replay_brings_nothing_of_her_past_back() -> None:
    works, before, _ = let_back()
    for ingest in (works.ingest, works.another_ingest()):
        ingest.take(before)
        ingest.take(json.dumps({**json.loads(before), "detail-type": "page.viewed"}))
        carded = json.loads(before)
        carded["detail"]["context"] = {"externalIds": [{"type": "card", "id": "L-9"}]}
        ingest.take(json.dumps(carded))
    assert works.directory._holders == {}
    assert works.mailboxes._items == {}
    assert traces(works) == []
    assert works.dead_letters.letters == []
    works.event("order.placed", order_id="now")
    works.run()
    assert [event.properties["order_id"] for event in events_of(works)] == ["now"]


def test_what_was_told_of_her_card_before_is_not_told_when_it_is_hers_anew() -> None:
    works, before, _ = let_back()
    put(works, "order.placed", userId=ANA, cards=["L-9"], order_id="now")
    told = json.loads(before)
    del told["detail"]["userId"]
    told["detail"]["context"] = {"externalIds": [{"type": "card", "id": "L-9"}]}
    works.ingest.take(json.dumps(told))
    works.run()
    assert [event.properties["order_id"] for event in events_of(works)] == ["now"]


def test_an_event_from_before_claims_nothing_where_nobody_is_forgotten_any_more() -> None:
    works = Works(HELLO)
    put(works, "order.placed", userId=ANA, order_id="1")
    before = json.loads(envelope("order.placed", ANA, works.clock.now(), order_id="before"))
    finish(works)
    works.clock.advance(LIFTED_AFTER)
    rights(works).take(asks("sojourn.lift"))
    assert works.plans.forgotten().people == 0
    before["detail"]["context"] = {"externalIds": [{"type": "card", "id": "L-9"}]}
    works.another_ingest().take(json.dumps(before))
    assert (works.directory._holders, works.mailboxes._items) == ({}, {})


def test_who_is_forgotten_by_half_does_not_come_back() -> None:
    works = known()
    with pytest.raises(Settling):
        rights(works).take(asks("sojourn.forget"))
    works.clock.advance(LIFTED_AFTER)
    for id_ in (ANA, VISITOR, f"card:{CARD}"):
        with pytest.raises(InvalidInput, match="her forgetting is not finished"):
            rights(works).take(asks("sojourn.lift", id_))
    finish(works)
    rights(works).take(asks("sojourn.lift"))


def test_a_request_from_before_she_came_back_does_not_forget_her_again() -> None:
    works = known()
    request = json.loads(asks("sojourn.forget")) | {"time": format_instant(works.clock.now())}
    finish(works)
    works.clock.advance(LIFTED_AFTER)
    rights(works).take(asks("sojourn.lift"))
    works.clock.advance(MINUTE)
    works.event("order.placed", order_id="1")
    works.run()
    with pytest.raises(InvalidInput, match="after this was asked; ask anew"):
        rights(works).take(json.dumps(request))
    assert works.mailboxes.read(ANA).forgotten_at is None
    finish(works, json.dumps(request | {"time": format_instant(works.clock.now())}))
    assert works.mailboxes._items == {}


def test_somebody_who_is_there_again_is_forgotten_again() -> None:
    works = known()
    finish(works)
    works.clock.advance(LIFTED_AFTER)
    rights(works).take(asks("sojourn.lift"))
    works.clock.advance(MINUTE)
    put(works, "order.placed", userId=ANA, order_id="1")
    finish(works)
    assert works.mailboxes.read(ANA).revision == 0
    assert works.plans.forgotten().people == 1


@pytest.mark.parametrize("asked", [ANA, VISITOR, f"card:{CARD}"])
def test_no_id_of_hers_comes_back_while_her_item_lies_there(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = known()

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(works.tombstones, "mark", die)
        with pytest.raises(Died):
            rights(works).take(asks("sojourn.forget", asked))
    assert works.plans.forgotten().knows(VISITOR)
    works.clock.advance(LIFTED_AFTER)
    for id_ in (ANA, VISITOR, f"card:{CARD}"):
        with pytest.raises(InvalidInput, match="her forgetting is not finished"):
            rights(works).take(asks("sojourn.lift", id_))
    finish(works, asked=asked)
    works.clock.advance(LIFTED_AFTER)
    rights(works).take(asks("sojourn.lift"))


@pytest.mark.parametrize("name", ["nobody.cares", "order.placed"])
def test_nothing_is_kept_of_who_is_forgotten_by_whoever_says_that_it_is_hers(name: str) -> None:
    """As an answer to a text message does: whose number that was is known before it is asked."""
    works = known()
    finish(works)
    now = works.clock.now()
    event = Event("late", name, now, now, {"text": "it is Ana"}, {})
    worker = works.another_ingest()._intake
    with pytest.raises(Gone):
        worker.keep(Whose(ANA, is_user=False), event)
    assert works.history.events(ANA, now) == []
