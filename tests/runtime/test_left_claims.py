"""An identity that was claimed by an ingest which died over its event stays nobody's for ever."""

from contextlib import suppress
from typing import Any

import pytest

from sojourn.core.values.instants import HOUR, MINUTE
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.rights.forgetting import Settling
from tests.runtime.given import ANA, Died, Works
from tests.runtime.test_forgetting import (
    CANDIDATE,
    Points,
    asks,
    finish,
    known,
    rights,
    traces,
)
from tests.runtime.test_forgetting import CARD as OWN
from tests.runtime.test_joins import put

CARD = ("card", "L-9")


def come(works: Works) -> None:
    """The event that brings the card."""
    put(works, "order.placed", userId=ANA, cards=[CARD[1]], id="the-same", order_id="1")


def died_between() -> Works:
    """Somebody is forgotten after an ingest died between her new card and the event with it."""
    works = known()

    def die(*_: object, **__: object) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(works.mailboxes, "append", die)
        with pytest.raises(Died):
            come(works)
    finish(works)
    assert works.directory._holders == {CARD: ANA}
    return works


def test_the_event_that_comes_again_lets_the_identity_go_when_no_tombstone_stands() -> None:
    works = died_between()
    come(works)
    assert traces(works) == []


def test_somebody_else_who_comes_with_it_has_it() -> None:
    works = died_between()
    works.clock.advance(HOUR)
    put(works, "order.placed", userId="ben", cards=[CARD[1]], order_id="2")
    works.run()
    assert works.directory._holders == {CARD: "ben"}
    assert works.customer("ben").identities.keys() == {CARD}
    assert works.customer("ben").conflicts == {}
    come(works)
    assert works.directory._holders == {CARD: "ben"}


def test_the_identity_she_is_asked_for_by_leads_to_her_until_she_is_gone() -> None:
    works = known()
    die_forgetting(works)
    put(works, "order.placed", userId=ANA, cards=[OWN], order_id="3")
    finish(works, asked=f"card:{OWN}")
    assert (traces(works), works.mailboxes._items) == ([], {})


def test_whom_a_visitor_was_joined_into_is_she_and_goes_to_the_last() -> None:
    works = known()
    for visitor in ("visitor-79", CANDIDATE):
        put(works, "order.placed", anonymousId=visitor, cards=["L-5"], order_id=visitor)
        works.run()
    assert works.mailboxes.read(CANDIDATE).joined_into == "visitor-79"
    put(works, "identify", userId=ANA, anonymousId=CANDIDATE)
    finish(works)
    assert (traces(works), works.mailboxes._items) == ([], {})


def die_forgetting(works: Works) -> None:
    """Begin to forget her, asked for by her card, and die over it."""

    def die(*_: object) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(works.tombstones, "sweep", die)
        with pytest.raises(Died):
            rights(works).take(asks("sojourn.forget", f"card:{OWN}"))


def half_forgotten() -> Works:
    """Somebody whose forgetting, asked for by her card, died six minutes ago."""
    works = known()
    die_forgetting(works)
    works.clock.advance(6 * MINUTE)
    return works


def test_another_look_in_the_middle_does_not_take_away_what_leads_to_her() -> None:
    request = asks("sojourn.forget", f"card:{OWN}")
    points = Points()
    with pytest.raises(Settling):
        rights(half_forgotten(), points).take(request)
    for at in range(1, points.count + 1):
        works = half_forgotten()

        def look_too(works: Works = works) -> None:
            with suppress(Settling):
                rights(works).take(request)

        with suppress(Settling):
            rights(works, Points(at, look_too)).take(request)
        finish(works, request)
        assert (traces(works), works.mailboxes._items) == ([], {}), at


@pytest.mark.parametrize("holder", [CANDIDATE, "visitor-79"])
def test_what_a_visitor_held_who_was_joined_and_not_yet_decided_is_hers(holder: str) -> None:
    works = known(waiting=True)
    if holder != CANDIDATE:  # one more step away
        for visitor in (CANDIDATE, holder):
            put(works, "order.placed", anonymousId=visitor, cards=["L-5"], order_id=visitor)
        assert works.mailboxes.join(works.mailboxes.read(holder), CANDIDATE)
    assert works.mailboxes.join(works.mailboxes.read(CANDIDATE), ANA)
    put(works, "order.placed", anonymousId=holder, cards=[CARD[1]], order_id="5")
    assert works.directory.holder(CARD) == holder
    finish(works)
    assert (traces(works), works.mailboxes._items) == ([], {})
    assert works.directory._holders == {}


def test_an_identity_whose_holder_turns_out_to_be_she_goes_too() -> None:
    works = known()
    put(works, "order.placed", anonymousId=CANDIDATE, order_id="9", traits={})

    def die(*_: object, **__: object) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(works.mailboxes, "append", die)
        with pytest.raises(Died):
            put(works, "order.placed", anonymousId=CANDIDATE, cards=[CARD[1]], order_id="5")
    put(works, "identify", userId=ANA, anonymousId=CANDIDATE, cards=[CARD[1]])
    finish(works)
    assert (traces(works), works.directory._holders) == ([], {})


def test_word_left_while_she_is_being_buried_is_heard() -> None:
    works = known()
    put(works, "order.placed", userId=ANA, order_id="6", id="the-same")
    calls: list[str] = []
    mark = works.tombstones.mark

    def mark_late(box: Mailbox, *rest: Any) -> bool:  # noqa: ANN401 - as it is called
        if not calls:  # a second delivery of an event that is there, which claims a card
            put(works, "order.placed", userId=ANA, cards=[CARD[1]], order_id="6", id="the-same")
        calls.append(box.customer_id)
        return mark(box, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(works.tombstones, "mark", mark_late)
        finish(works)
    assert calls[:2] == [ANA, ANA]
    assert (traces(works), works.directory._holders) == ([], {})


def test_who_has_not_heard_yet_keeps_no_word_of_her_with_somebody_else() -> None:
    works = known()
    evaluate = works.another_evaluate(works.live(HOUR))
    put(works, "order.placed", userId="ben", order_id="7")
    works.stream(evaluate)  # it has looked up who was forgotten: nobody
    put(works, "order.placed", anonymousId=CANDIDATE, order_id="9", id="hers")
    put(works, "identify", userId="ben", anonymousId=CANDIDATE, id="of-both")
    with suppress(Settling):
        rights(works).take(asks("sojourn.forget", CANDIDATE))
    works.stream(evaluate)
    assert works.customer("ben").absorbed == ()
    finish(works, asked=CANDIDATE)
    assert CANDIDATE not in repr((works.mailboxes._items, works.history._journals))


def test_an_identity_that_is_all_that_is_left_goes_when_she_is_asked_for_by_it() -> None:
    works = known()
    finish(works)
    works.directory.claim(("card", OWN), ANA)
    rights(works).take(asks("sojourn.forget", f"card:{OWN}"))
    assert works.directory._holders == {}
    assert (traces(works), works.mailboxes._items) == ([], {})


@pytest.mark.parametrize("by", [f"card:{CARD[1]}", "ana@home.example"])
def test_an_identity_that_she_was_not_known_by_goes_so_too(by: str) -> None:
    works = known()
    finish(works)
    works.directory.claim(CARD if ":" in by else ("email", by), ANA)
    finish(works, asked=by)
    assert works.directory._holders == {}
    assert (traces(works), works.mailboxes._items) == ([], {})
