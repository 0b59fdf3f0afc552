"""What was decided is carried out at once, or decided again; a batch ends before its function."""

from collections.abc import Callable

import pytest

from sojourn.core.course.settle import LATE
from sojourn.core.errors import Unavailable
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, Duration, parse_instant
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.messages.dispatch import CLAIMING, PROMPT
from tests.runtime.given import ANA, DAILY, Works, email, journey, settings, unsettled

NIGHT = {"quiet_hours": [{"from": "21:00", "to": "08:00"}]}
JUST_BEFORE = parse_instant("2026-03-02T18:59:59Z")
"""A second before nine in the evening, in Johannesburg."""

type Slow = Callable[[Works, Duration], None]


def ordered(works: Works, customer: str = ANA, order: str = "1") -> None:
    works.identify(customer)
    works.event("order.placed", customer, order_id=order)
    works.stream()
    works.stream()


def before_the_claim(works: Works, taking: Duration) -> None:
    works.mailboxes.before_save = [lambda: works.clock.advance(taking)]


def after_the_claim(works: Works, taking: Duration) -> None:
    works.mailboxes.after_save = [lambda: works.clock.advance(taking)]


SLOW = pytest.mark.parametrize("slow", [before_the_claim, after_the_claim])


# ---- Between decision and call -------------------------------------------------------------------


@SLOW
def test_quiet_hours_that_begin_while_a_message_is_claimed_hold_it(slow: Slow) -> None:
    works = Works(journey(), settings=settings(**NIGHT), begin=JUST_BEFORE)
    ordered(works)
    slow(works, SECOND)
    works.hand_out()
    assert works.subjects() == []
    assert unsettled(works).reason == LATE
    works.wait(10 * HOUR)
    assert works.subjects() == []
    assert unsettled(works).reason == "quiet_hours"
    works.wait(HOUR)
    assert works.outcomes() == [("thank", "sent", None)]
    assert [sent.at for sent in works.customer().ledger] == [parse_instant("2026-03-03T06:00:00Z")]


@SLOW
def test_up_to_the_last_instant_before_quiet_hours_it_goes(slow: Slow) -> None:
    works = Works(journey(), settings=settings(**NIGHT), begin=JUST_BEFORE)
    ordered(works)
    slow(works, SECOND - 1)
    works.hand_out()
    assert works.outcomes() == [("thank", "sent", None)]


@SLOW
def test_what_is_claimed_slowly_is_decided_again_and_counts_from_when_it_goes(slow: Slow) -> None:
    works = Works(journey(), settings=settings(caps=[DAILY]))
    ordered(works)
    slow(works, PROMPT + 1)
    works.hand_out()
    assert works.subjects() == []
    assert works.customer().ledger == ()
    held = unsettled(works)
    assert (held.status, held.reason) == ("held", LATE)
    works.wait(MINUTE)
    assert works.subjects() == ["Thank you"]
    (sent,) = works.customer().ledger
    assert sent.at >= held.wake_at


@SLOW
def test_what_is_claimed_promptly_goes(slow: Slow) -> None:
    works = Works(journey())
    ordered(works)
    slow(works, PROMPT)
    works.hand_out()
    assert works.subjects() == ["Thank you"]


def test_what_is_late_to_its_deadline_fails_with_the_reason() -> None:
    works = Works(journey(steps={"thank": email(hold="PT1S")}))
    ordered(works)
    after_the_claim(works, DAY)
    works.hand_out()
    works.run()
    assert works.subjects() == []
    assert works.outcomes() == [("thank", "failed", LATE)]
    assert works.customer().ledger == ()


# ---- The time of a batch -------------------------------------------------------------------------


def test_who_finds_no_time_left_in_a_batch_goes_in_another_one() -> None:
    works = Works(journey())
    ordered(works)
    ordered(works, "ben", "2")
    works.mailer.while_sending = [lambda: works.clock.advance(CLAIMING)]
    works.dispatch.begin()
    works.dispatch.take(body_of(ANA))
    assert works.outcomes() == [("thank", "sent", None)]
    waiting = works.mailboxes.read("ben")
    with pytest.raises(Unavailable):
        works.dispatch.take(body_of("ben"))
    assert works.mailboxes.read("ben") == waiting
    works.dispatch.begin()
    works.dispatch.take(body_of("ben"))
    assert works.outcomes("ben") == [("thank", "sent", None)]


def test_a_batch_sends_as_long_as_there_is_time() -> None:
    works = Works(journey())
    ordered(works)
    works.dispatch.begin()
    works.clock.advance(CLAIMING - 1)
    works.dispatch.take(body_of(ANA))
    assert works.outcomes() == [("thank", "sent", None)]


def test_of_one_customers_messages_the_stream_brings_those_for_which_no_time_is_left() -> None:
    works = Works(journey())
    ordered(works)
    ordered(works, ANA, "2")
    works.mailer.while_sending = [lambda: works.clock.advance(CLAIMING)]
    works.dispatch.begin()
    works.dispatch.take(body_of(ANA))
    works.dispatches.queued.clear()
    assert works.subjects() == ["Thank you"]
    assert works.outcomes() == [("thank", "sent", None)]
    works.dispatch.begin()
    works.run()
    assert works.subjects() == ["Thank you", "Thank you"]
