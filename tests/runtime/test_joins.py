"""Who turns out to be the same person becomes one item, whoever dies at whatever point."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sojourn.core.errors import Unavailable
from sojourn.core.incoming.identity import plain
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from sojourn.runtime.customer.mailbox import Mailbox, Moved
from sojourn.runtime.customer.timeline import as_document, read_timeline
from sojourn.runtime.decisions.deciding import body_of
from tests.runtime.given import ANA, Died, Doc, Works, email, journey, settings

CART = journey(
    "cart",
    "cart.abandoned",
    entry={"event": "cart.abandoned", "key": "event.cart"},
    exit=[{"event": "order.placed", "outcome": "converted"}],
    start="pause",
    steps={"pause": {"type": "wait", "for": "PT1H", "next": "thank"}, "thank": email("Your cart")},
)


def put(works: Works, name: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
    """Take in an event with whatever identities."""
    at = works.clock.now()
    cards = fields.pop("cards", ())
    names = ("userId", "anonymousId", "previousId")
    own: Doc = {key: fields.pop(key) for key in names if key in fields}
    detail: Doc = {"event": name, **own}
    if name in ("identify", "alias"):
        detail["type"] = name
    if cards:
        detail["context"] = {"externalIds": [{"type": "card", "id": card} for card in cards]}
    if "traits" in fields:
        detail["traits"] = fields.pop("traits")
    id_ = fields.pop("id", f"{name}-{len(works.mailboxes.changes)}-{at}-{json.dumps(own)}{cards}")
    detail["properties"] = fields
    entry = {"id": id_, "detail-type": name, "source": "shop", "time": format_instant(at)}
    works.ingest.take(json.dumps({**entry, "detail": detail}))
    works.clock.advance(SECOND)


def visited() -> Works:
    """A visitor with a cart, whom nobody knows."""
    works = Works(CART)
    traits = {"email": "ana@example.com"}
    put(works, "cart.abandoned", anonymousId="v1", cart=1, traits=traits)
    works.run()
    return works


def outcomes(works: Works, id_: str = ANA) -> list[object]:
    records = works.records(id_)
    return [record.details["outcome"] for record in records if record.what == "exited"]


def test_an_anonymous_past_becomes_the_users() -> None:
    works = visited()
    put(works, "identify", userId=ANA, anonymousId="v1")
    works.run()
    (enrolment,) = works.customer().live()
    assert enrolment.key == 1
    assert works.customer().absorbed == ("v1",)
    assert works.mailboxes.read("v1").joined_into == ANA
    works.wait(HOUR)
    assert works.subjects() == ["Your cart"]
    assert outcomes(works) == ["finished"]


def test_two_events_of_one_id_are_both_in_the_timeline_of_who_they_became() -> None:
    works = visited()
    put(works, "page.viewed", anonymousId="v1", page="a", id="m1")
    put(works, "page.viewed", userId=ANA, page="b", id="m1")
    put(works, "identify", userId=ANA, anonymousId="v1")
    works.run()
    events = read_timeline(works.mailboxes, works.history, ANA).events
    assert [event.properties for event in events if event.id == "m1"] == [
        {"page": "a"},
        {"page": "b"},
    ]


def test_what_comes_for_the_visitor_later_is_the_users() -> None:
    works = visited()
    put(works, "identify", userId=ANA, anonymousId="v1")
    works.run()
    put(works, "order.placed", anonymousId="v1")
    works.run()
    assert outcomes(works) == ["converted"]
    put(works, "order.placed", anonymousId="v1")
    assert len(works.mailboxes.read(ANA).inbox) == 1
    assert works.mailboxes.read("v1").inbox == ()


def test_a_later_user_with_the_same_visitor_is_another_customer() -> None:
    works = visited()
    for user in (ANA, "ben", "ben"):
        put(works, "identify", userId=user, anonymousId="v1")
        works.run()
    assert works.customer(ANA).absorbed == ("v1",)
    assert works.customer("ben").absorbed == ()
    reasons = [item.reason for item in works.records("ben") if item.what == "not_joined"]
    assert reasons == ["v1 belongs to another customer"]


def test_what_waits_for_the_visitor_is_taken_in_its_order() -> None:
    works = Works(CART)
    put(works, "cart.abandoned", anonymousId="v1", cart=1)
    put(works, "identify", userId=ANA, anonymousId="v1")
    put(works, "order.placed", anonymousId="v1")
    works.run()
    assert outcomes(works) == ["converted"]
    assert works.mailboxes.read(ANA).inbox == ()


def test_an_event_nobody_refers_to_is_joined_by_and_remembered() -> None:
    works = visited()
    put(works, "page.seen", userId=ANA, anonymousId="v1")
    works.run()
    assert works.customer().absorbed == ("v1",)
    before = len(works.mailboxes.changes)
    put(works, "page.seen", userId=ANA, anonymousId="v1")
    assert len(works.mailboxes.changes) == before  # it is known by now: one write to the history


def test_a_till_purchase_by_card_stops_the_cart_in_either_order() -> None:
    for first in ("order.placed", "identify"):
        works = visited()
        put(works, "identify", userId=ANA, anonymousId="v1")
        works.run()
        for name in dict.fromkeys((first, "order.placed", "identify")):
            own = {"userId": ANA} if name == "identify" else {}
            put(works, name, cards=["L1"], **own)
            works.run()
        assert outcomes(works) == ["converted"]
        works.wait(2 * HOUR)
        assert works.subjects() == []


def test_an_identity_of_another_user_is_a_conflict_that_is_announced_once() -> None:
    works = Works(CART)
    for user in (ANA, "ben", "ben"):
        put(works, "identify", userId=user, cards=["L1"])
        works.run()
    found = [item for item in works.bus.announced if item.name == "customer.identity_conflict"]
    assert [(item.customer, dict(item.properties)) for item in found] == [
        ("ben", {"type": "card", "value": "L1"})
    ]
    put(works, "order.placed", cards=["L1"])
    works.run()
    assert works.customer(ANA).newest_at is not None
    assert works.mailboxes.read("card:L1").revision == 0


def test_an_alias_joins_users_and_the_way_back_changes_nothing() -> None:
    works = Works(CART)
    put(works, "cart.abandoned", userId="old", cart=1)
    works.run()
    for user, previous in (("new", "old"), ("old", "new"), ("newer", "old"), ("newer", "newer")):
        put(works, "alias", userId=user, previousId=previous)
        works.run()
    put(works, "order.placed", userId="old")
    works.run()
    assert works.customer("newer").absorbed == ("old", "new")
    assert outcomes(works, "newer") == ["converted"]
    assert works.mailboxes.read("old").joined_into == "new"


def test_two_aliases_at_once_join_either_way_once() -> None:
    works = Works(CART)
    for user, previous in (("one", "two"), ("two", "one")):
        put(works, "cart.abandoned", userId=user, cart=user)
        put(works, "alias", userId=user, previousId=previous)
    works.run()
    joined = [works.mailboxes.read(id_).joined_into for id_ in ("one", "two")]
    assert sorted(joined, key=str) in ([None, "one"], ["two", None], [None, "two"], ["one", None])
    (survivor,) = [id_ for id_ in ("one", "two") if works.mailboxes.read(id_).joined_into is None]
    assert len(works.customer(survivor).live()) == 2


def test_values_of_nobody_are_refused_to_the_dead_letters() -> None:
    works = Works(CART)
    put(works, "order.placed", cards=["0000"])
    (letter,) = works.dead_letters.letters
    assert letter.reason == "card 0000: is nobody's, and there is no other identity"
    assert plain("card", "0000") == ("card", "0000")


def test_a_joined_customer_has_no_timer_and_is_left_alone() -> None:
    works = visited()
    put(works, "identify", userId=ANA, anonymousId="v1")
    works.run()
    before = works.mailboxes.read("v1")
    assert before.wake_at is None
    assert [id_ for shard in range(16) for id_, _ in works.mailboxes.due(shard, 1 << 60, 9)] == [
        ANA
    ]
    works.evaluate.wake(body_of("v1"))
    works.dispatch.take(body_of("v1"))
    works.run()
    assert works.mailboxes.read("v1") == before


def test_too_many_joins_are_refused_and_announced() -> None:
    works = Works(CART)
    for number in range(102):
        put(works, "identify", anonymousId=f"v{number}", cards=["till"])
    works.run()
    found = [item for item in works.bus.announced if item.name == "customer.join_refused"]
    assert [dict(item.properties)["refused"] for item in found] == ["v101"]
    assert len(works.customer("v0").absorbed) == 100
    assert works.mailboxes.read("v101").joined_into is None


def test_did_looks_into_the_past_of_both() -> None:
    loyal = journey(
        "loyal",
        "order.placed",
        entry={
            "event": "order.placed",
            "where": {"did": {"event": "order.placed", "count": {"gte": 3}}},
        },
    )
    works = Works(loyal)
    put(works, "order.placed", anonymousId="v1")
    put(works, "order.placed", userId=ANA)
    works.run()
    works.wait(DAY)
    put(works, "identify", userId=ANA, anonymousId="v1")
    works.run()
    assert [item.what for item in works.records()].count("entered") == 0
    works.wait(DAY)
    put(works, "order.placed", userId=ANA, traits={"email": "ana@example.com"})
    works.run()
    assert works.subjects() == ["Thank you"]


def test_the_customer_is_shown_whole_by_any_id() -> None:
    works = visited()
    put(works, "identify", userId=ANA, anonymousId="v1", cards=["L1"])
    works.run()
    found = as_document(read_timeline(works.mailboxes, works.history, "v1"))
    assert found["customer"] == ANA
    identities = [(item["type"], item["value"]) for item in found["identities"]]  # type: ignore[union-attr, index, call-overload]  # rows of our own
    assert identities == [("user", ANA), ("anonymous", "v1"), ("card", "L1")]
    assert [item["event"] for item in found["timeline"] if item["what"] == "event"] == [  # type: ignore[union-attr, index, call-overload]  # rows of our own
        "cart.abandoned",
        "identify",
    ]


# ---- A message in flight ---------------------------------------------------------------------


def sending() -> Works:
    """A visitor whose message is about to be sent."""
    works = Works(journey(), settings=settings(caps=[{"name": "one", "max": 1, "per": "P1D"}]))
    traits = {"email": "ana@example.com"}
    put(works, "order.placed", anonymousId="v1", order_id="1", traits=traits)
    works.stream()
    works.stream()
    return works


def join_now(works: Works) -> None:
    put(works, "identify", userId=ANA, anonymousId="v1")
    while works.stream(works.another_evaluate()):
        pass


def test_a_message_in_flight_while_its_customer_is_joined_ends_once() -> None:
    works = sending()
    works.mailer.while_sending = [lambda: join_now(works)]
    works.run()
    works.wait(HOUR)
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]
    assert len(works.customer().ledger) == 1


def test_a_join_between_the_decision_and_the_claim_sends_once() -> None:
    works = sending()
    works.mailboxes.before_save = [lambda: join_now(works)]
    works.run()
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


# ---- Whoever dies ----------------------------------------------------------------------------

CALLS = ("read", "join", "save", "keep_journal")


def dying(works: Works, name: str, nth: int, *, after: bool) -> Callable[[], None]:
    """Let the nth call of a name die, before or after its effect; gives what heals it."""
    port: Any = works.history if name == "keep_journal" else works.mailboxes
    inner, count = getattr(port, name), 0

    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's call
        nonlocal count
        count += 1
        if count == nth and not after:
            raise Died
        answer = inner(*arguments, **named)
        if count == nth:
            raise Died
        return answer

    setattr(port, name, call)
    return lambda: delattr(port, name)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("name", CALLS)
def test_whoever_dies_in_a_join_is_followed_by_one_who_ends_it(
    name: str, nth: int, *, after: bool
) -> None:
    works = visited()
    put(works, "cart.abandoned", userId=ANA, cart=2, traits={"email": "ana@example.com"})
    works.run()
    put(works, "identify", userId=ANA, anonymousId="v1")
    heal = dying(works, name, nth, after=after)
    for _ in range(3):
        try:
            works.run()
        except Died:
            works.evaluate, works.dispatch = works.another_evaluate(), works.another_dispatch()
    heal()
    put(works, "page.seen", anonymousId="v1", traits={"seen": 1})
    works.run()
    assert [item.key for item in works.customer().live()] == [1, 2]
    assert works.customer().absorbed == ("v1",)
    assert works.customer().trait("seen") == 1
    assert [item.what for item in works.records()].count("joined") == 1
    assert [item.what for item in works.records()].count("entered") == 2
    works.wait(2 * HOUR)
    assert works.subjects() == ["Your cart", "Your cart"]
    assert works.customer().messages == {}


def test_what_changes_while_it_is_joined_is_looked_at_again() -> None:
    works = visited()
    put(works, "identify", userId=ANA, anonymousId="v1")
    inner = works.mailboxes.join
    seen: list[str] = []

    def join(box: Mailbox, into: str, *, alias: str | None = None) -> bool:
        if not seen:
            seen.append(box.customer_id)
            put(works, "order.placed", anonymousId="v1")
        return inner(box, into, alias=alias)

    works.mailboxes.join = join  # type: ignore[method-assign]  # steps in
    works.run()
    assert seen == ["v1"]
    assert outcomes(works) == ["converted"]


def test_an_item_that_is_joined_takes_no_event() -> None:
    works = visited()
    box = works.mailboxes.read("v1")
    assert works.mailboxes.join(box, ANA)
    assert not works.mailboxes.join(box, ANA)
    with pytest.raises(Moved) as moved:
        works.mailboxes.append("v1", works.mailboxes.changes[0].after.inbox[0].event)
    assert moved.value.into == ANA


def test_an_ingest_that_dies_between_claim_and_append_comes_again() -> None:
    works = visited()
    inner = works.mailboxes.append
    works.mailboxes.append = _unavailable  # type: ignore[method-assign]  # steps in
    with pytest.raises(Unavailable):
        put(works, "order.placed", userId=ANA, cards=["L1"], id="m1")
    works.mailboxes.append = inner  # type: ignore[method-assign]  # as it was
    put(works, "order.placed", userId=ANA, cards=["L1"], id="m1")
    works.wait(MINUTE)
    assert works.customer().identities.keys() == {("card", "L1")}


def _unavailable(*_: object, **__: object) -> Any:  # noqa: ANN401 - never answers
    raise Unavailable("no answer")
