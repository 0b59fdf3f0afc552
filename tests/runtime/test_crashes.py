"""Whoever dies at whatever point: nobody gets a message twice or is forgotten, no cap is passed."""

from collections.abc import Callable
from random import Random

import pytest

from sojourn.core.engine.timers import LEASE
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND
from sojourn.runtime.decisions.deciding import body_of
from tests.runtime.given import ANA, BUYS, DAILY, NOON, Died, Works, email, journey, settings

WEEKLY = {"name": "weekly", "max": 1, "per": "P7D"}
LOST = "unknown: the provider's answer was lost; not sent again"

type Point = Callable[[Works], None]


def die() -> None:
    raise Died


def live() -> None:
    """Nothing happens."""


def before_the_claim(works: Works) -> None:
    works.mailboxes.before_save = [die]


def between_claim_and_call(works: Works) -> None:
    works.mailboxes.after_save = [die]


def while_the_provider_has_it(works: Works) -> None:
    works.mailer.while_sending = [die]


def before_the_record(works: Works) -> None:
    works.mailboxes.before_save = [live, die]


def after_the_record(works: Works) -> None:
    works.mailboxes.after_save = [live, die]


def ordered(category: str) -> Works:
    works = Works(journey(category=category), settings=settings(caps=[WEEKLY]))
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    return works


def die_at(works: Works, point: Point) -> None:
    point(works)
    body = body_of(ANA)
    with pytest.raises(Died):
        works.dispatch.take(body)
    works.mailboxes.before_save.clear()
    works.mailboxes.after_save.clear()
    works.mailer.while_sending.clear()


@pytest.mark.parametrize("category", ["marketing", "transactional"])
@pytest.mark.parametrize("point", [before_the_claim, after_the_record])
def test_outside_claim_and_record_nothing_is_in_doubt(point: Point, category: str) -> None:
    works = ordered(category)
    die_at(works, point)
    works.dispatch.take(body_of(ANA))
    works.wait(HOUR)
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


@pytest.mark.parametrize(
    ("point", "sent", "outcome"),
    [
        (between_claim_and_call, 0, ("thank", "failed", LOST)),
        (while_the_provider_has_it, 1, ("thank", "failed", LOST)),
        (before_the_record, 1, ("thank", "failed", LOST)),
    ],
)
def test_marketing_in_doubt_is_given_up(
    point: Point, sent: int, outcome: tuple[str, str, str]
) -> None:
    works = ordered("marketing")
    die_at(works, point)
    works.dispatch.take(body_of(ANA))
    assert works.outcomes() == []
    works.wait(HOUR)
    assert len(works.subjects()) == sent
    assert works.outcomes() == [outcome]


@pytest.mark.parametrize(
    ("point", "sent"),
    [(between_claim_and_call, 1), (while_the_provider_has_it, 2), (before_the_record, 2)],
)
def test_a_transactional_message_in_doubt_goes_again(point: Point, sent: int) -> None:
    works = ordered("transactional")
    die_at(works, point)
    works.wait(HOUR)
    assert len(works.subjects()) == sent
    assert works.outcomes() == [("thank", "sent", None)]


@pytest.mark.parametrize(
    "point", [between_claim_and_call, while_the_provider_has_it, before_the_record]
)
def test_the_timer_index_finds_who_was_left_behind(point: Point) -> None:
    works = ordered("marketing")
    die_at(works, point)
    works.dispatches.queued.clear()
    works.wakes.queued.clear()
    while works.stream():
        works.dispatches.queued.clear()
    works.wait(4 * MINUTE)
    assert works.outcomes() == [("thank", "failed", LOST)]


@pytest.mark.parametrize(
    "point", [between_claim_and_call, while_the_provider_has_it, before_the_record]
)
def test_a_cap_slot_in_doubt_stays_taken(point: Point) -> None:
    works = ordered("marketing")
    die_at(works, point)
    works.wait(HOUR)
    works.event("order.placed", order_id="2")
    works.run()
    assert works.outcomes()[1:] == [("thank", "capped", "cap weekly")]


def test_a_message_in_doubt_that_goes_again_needs_a_slot_of_its_own() -> None:
    notice = {"consent": "none", "obeys_caps": True, "counts_toward_caps": True}
    kinds = {"notice": {**notice, "quiet_hours": False}}
    works = Works(
        journey(category="notice", steps={"thank": email(hold="P1D")}),
        settings=settings(caps=[DAILY], categories=kinds),
    )
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    die_at(works, while_the_provider_has_it)
    works.wait(23 * HOUR)
    assert works.subjects() == ["Thank you"]
    (message,) = works.customer().messages.values()
    assert (message.status, message.reason) == ("held", "cap daily")
    works.wait(2 * HOUR)
    assert works.outcomes() == [("thank", "sent", None)]
    assert [mail.at for mail in works.customer().ledger] == [NOON, NOON + DAY]


def test_what_is_told_of_a_message_in_doubt_before_it_goes_again_settles_it() -> None:
    works = ordered("transactional")
    die_at(works, while_the_provider_has_it)
    works.clock.advance(LEASE)
    works.dispatch.take(body_of(ANA))
    (message,) = works.customer().messages.values()
    assert message.status == "held"
    works.event("message.delivered", message_id=message.id, channel="email")
    works.wait(HOUR)
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


# ---- What comes while she is decided about -----------------------------------------------------


def test_what_comes_between_the_look_and_the_claim_stops_the_message() -> None:
    works = Works(journey(exit=[{**BUYS, "outcome": "bought"}]))
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    works.mailboxes.before_save = [lambda: works.event("order.cancelled", order_id="1")]
    works.run()
    assert works.subjects() == []
    assert works.outcomes() == [("thank", "cancelled", "exit bought")]


# ---- Two at once ------------------------------------------------------------------------------


def test_two_who_dispatch_one_customer_at_once_send_once_when_the_second_comes_mid_claim() -> None:
    works = ordered("marketing")
    works.mailboxes.before_save = [lambda: works.another_dispatch().take(body_of(ANA))]
    works.run()
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


def test_two_who_dispatch_one_customer_at_once_send_once_when_the_second_comes_mid_send() -> None:
    works = ordered("marketing")
    works.mailer.while_sending = [lambda: works.another_dispatch().take(body_of(ANA))]
    works.run()
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]


def test_whoever_comes_while_a_message_is_in_flight_leaves_the_next_one_to_its_sender() -> None:
    works = ordered("transactional")
    seen: list[int] = []

    def order_again() -> None:
        works.event("order.placed", order_id="2")
        works.stream()
        works.another_dispatch().take(body_of(ANA))
        seen.append(len(works.subjects()))

    works.mailer.while_sending = [order_again]
    works.run()
    assert seen == [1]
    assert works.subjects() == ["Thank you", "Thank you"]


def test_a_cap_holds_for_two_at_once() -> None:
    works = Works(
        journey("a", steps={"thank": email("a")}),
        journey("b", steps={"thank": email("b")}),
        settings=settings(caps=[WEEKLY]),
    )
    works.identify()
    works.event("order.placed", order_id="1")
    works.stream()
    works.stream()
    works.mailboxes.before_save = [lambda: works.another_dispatch().take(body_of(ANA))]
    works.run()
    assert works.subjects() == ["a"]
    assert sorted(outcome for _, outcome, _ in works.outcomes()) == ["capped", "sent"]


# ---- Everything at once, by chance ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_whatever_dies_comes_twice_or_comes_late_no_message_goes_twice_and_nobody_is_stuck(
    seed: int,
) -> None:
    random = Random(seed)
    steps = {"pause": {"type": "wait", "for": "PT30S", "next": "thank"}, "thank": email()}
    works = Works(
        journey(start="pause", steps=steps),
        settings=settings(caps=[{"name": "three", "max": 3, "per": "P1D"}]),
    )
    works.identify()

    def perhaps_die() -> None:
        if random.random() < 0.15:
            raise Died

    def wake() -> None:
        works.evaluate.wake(body_of(ANA))
        works.evaluate.flush()

    steps_of_chance: list[Callable[[], object]] = [
        lambda: works.event("order.placed", order_id=str(random.randrange(6))),
        works.stream,
        works.hand_out,
        lambda: works.rewind(random.randrange(4)),
        wake,
        lambda: works.wait(random.randrange(20) * SECOND),
    ]
    for _ in range(120):
        works.mailboxes.before_save = [perhaps_die] * 50
        works.mailboxes.after_save = [perhaps_die] * 50
        works.mailer.while_sending = [perhaps_die] * 50
        try:
            random.choice(steps_of_chance)()
        except Died:
            works.evaluate = works.another_evaluate()
    works.mailboxes.before_save = works.mailboxes.after_save = works.mailer.while_sending = []
    works.wait(HOUR)
    sent = [mail.tags["sojourn_message"] for mail in works.mailer.sent.values()]
    assert len(sent) == len(set(sent)) <= 3
    assert works.mailboxes.read(ANA).inbox == ()
    assert all(item.status == "held" for item in works.customer().messages.values())
    entered = [record for record in works.records() if record.what == "entered"]
    ended = [record for record in works.records() if record.what == "exited"]
    assert len(entered) == len(ended) + len(works.customer().live())
    assert len(works.customer().live()) == len(works.customer().messages)
    works.wait(2 * DAY)
    assert works.customer().messages == {}
    assert works.customer().live() == ()
