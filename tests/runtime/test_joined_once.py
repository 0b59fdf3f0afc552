"""Whoever is joined is joined once, and nobody is lost over it."""

import pytest

from sojourn.runtime.customer.mailbox import Change
from tests.runtime.given import ANA, Died, Works, journey
from tests.runtime.test_joins import dying, put, visited


def test_who_is_named_twice_by_one_event_is_joined_once() -> None:
    works = visited()
    put(works, "order.placed", anonymousId="v2", cards=["L2"])
    put(works, "identify", anonymousId="v1", cards=["L2"])
    works.run()
    assert works.customer("v2").absorbed == ("v1",)
    put(works, "identify", userId=ANA, anonymousId="v1", cards=["L2"])
    works.run()
    assert works.customer().absorbed == ("v1", "v2")
    assert [item.what for item in works.records()].count("joined") == 2


def test_who_was_joined_in_the_same_decision_already_is_not_joined_again() -> None:
    works = visited()
    put(works, "identify", userId=ANA, anonymousId="v1")
    put(works, "identify", userId="old", anonymousId="v1")
    put(works, "alias", userId=ANA, previousId="old")
    works.evaluate.take([change for change in works.unread() if change.after.customer_id == ANA])
    assert works.customer().absorbed == ("v1", "old")
    reasons = [item.reason for item in works.records() if item.what == "not_joined"]
    assert reasons == ["v1 belongs to another customer"]


def test_who_was_joined_by_one_who_was_joined_before_he_could_say_so_is_not_lost() -> None:
    works = visited()
    put(works, "identify", userId="old", anonymousId="v1")
    heal = dying(works, "join", 1, after=True)
    with pytest.raises(Died):
        works.run()
    heal()
    assert works.mailboxes.read("v1").joined_into == "old"
    put(works, "alias", userId=ANA, previousId="old")
    box = works.mailboxes.read(ANA)
    works.another_evaluate().take([Change(None, box)])
    assert works.mailboxes.read("old").joined_into == ANA
    assert works.customer().absorbed == ("v1", "old")
    assert [item.key for item in works.customer().live()] == [1]


@pytest.mark.parametrize(("named", "whose"), [("v1", ANA), ("v2", "ben")])
def test_an_alias_makes_a_user_of_the_id_it_names_alone(named: str, whose: str) -> None:
    works = visited()
    put(works, "identify", anonymousId="v1", cards=["L1"])
    put(works, "identify", anonymousId="v2", cards=["L1"])
    put(works, "alias", userId=ANA, previousId="v2")
    works.run()
    assert works.customer().absorbed == ("v2", "v1")
    put(works, "alias", userId="ben", previousId=named)
    works.run()
    assert works.directory.standing("v1").id == whose
    assert works.directory.standing("v2").id == whose


def test_what_belongs_to_somebody_whom_the_same_event_joins_is_told_whoever_dies_over_it() -> None:
    works = visited()
    put(works, "identify", userId="ben", anonymousId="v1")
    works.run()
    put(works, "alias", userId=ANA, anonymousId="v1", previousId="ben")
    heal = dying(works, "join", 1, after=True)
    with pytest.raises(Died):
        works.run()
    heal()
    works.another_evaluate().take([Change(None, works.mailboxes.read(ANA))])
    told = [
        (item.what, item.details["customer"]) for item in works.records() if "join" in item.what
    ]
    assert told == [("joined", "v1"), ("not_joined", "v1"), ("joined", "ben")]


def test_what_a_visitor_did_before_she_was_known_is_decided_apart_and_what_after_together() -> None:
    for user in ({"vip": True}, {}):
        where = {"profile.vip": True}
        works = Works(journey(entry={"event": "order.placed", "key": "event.n", "where": where}))
        put(works, "identify", userId=ANA, traits=user)
        works.run()
        put(works, "order.placed", anonymousId="v1", n=1)
        put(works, "identify", userId=ANA, anonymousId="v1")
        put(works, "order.placed", anonymousId="v1", n=2)
        works.evaluate.take([item for item in works.unread() if item.after.customer_id == ANA])
        works.run()
        entered = [item.details["key"] for item in works.records() if item.what == "entered"]
        assert entered == ([2] if user else [])
