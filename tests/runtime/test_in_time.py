"""What was decided is carried out at once, or decided again; a batch ends before its function."""

from collections.abc import Callable
from functools import partial

import pytest

from sojourn.core.course.settle import LATE
from sojourn.core.errors import Unavailable
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, Duration, parse_instant
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.messages.dispatch import CLAIMING, PROMPT
from sojourn.runtime.messages.providers import Unknown
from tests.runtime.given import ANA, DAILY, Works, email, journey, push, settings, text, unsettled

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


# ---- Between two calls ---------------------------------------------------------------------------

PHONE, TABLET, MAC = (
    f"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/{number}" for number in range(3)
)
SLOWLY = pytest.mark.parametrize("taking", [SECOND, SECOND - 1])


def texted(works: Works, taking: Duration) -> None:
    """Hand out a text message, with a provider that takes its time to say who opted out."""
    works.texter.while_asking = [lambda: works.clock.advance(taking)]
    ordered(works)
    works.dispatch.begin()
    works.hand_out()


def pushed(works: Works, *taking: Duration, devices: tuple[str, ...] = (PHONE, TABLET)) -> None:
    """Hand out a push message, with a provider that takes its time over each device."""
    works.pusher.while_sending = [partial(works.clock.advance, each) for each in taking]
    works.identify(push_endpoints=list(devices))
    ordered(works)
    works.dispatch.begin()
    works.hand_out()


def reached(works: Works) -> list[str]:
    return [sent.endpoint for sent in works.pusher.sent.values()]


@SLOWLY
def test_quiet_hours_that_begin_while_a_number_is_asked_about_hold_the_text(
    taking: Duration,
) -> None:
    works = Works(journey(steps={"thank": text()}), settings=settings(**NIGHT), begin=JUST_BEFORE)
    texted(works, taking)
    if taking < SECOND:
        assert works.outcomes() == [("thank", "sent", None)]
        return
    assert (works.texter.sent, unsettled(works).reason) == ({}, LATE)
    works.dispatch = works.another_dispatch()
    works.wait(12 * HOUR)
    assert [sent.at for sent in works.customer().ledger] == [parse_instant("2026-03-03T06:00:00Z")]


def test_a_text_for_which_a_batch_has_no_time_left_goes_in_another_one() -> None:
    works = Works(journey(steps={"thank": text()}))
    texted(works, CLAIMING + PROMPT + 1)
    assert (works.texter.sent, unsettled(works).reason) == ({}, LATE)
    assert works.customer().ledger == ()
    works.clock.advance(MINUTE)
    works.look()
    works.evaluate.wake(body_of(ANA))
    works.evaluate.flush()
    works.dispatch.begin()
    works.hand_out()
    assert works.outcomes() == [("thank", "sent", None)]


@SLOWLY
def test_quiet_hours_that_begin_between_two_devices_spare_the_second(taking: Duration) -> None:
    works = Works(journey(steps={"thank": push()}), settings=settings(**NIGHT), begin=JUST_BEFORE)
    pushed(works, taking)
    assert works.outcomes() == [("thank", "sent", None)]
    assert reached(works) == [PHONE] if taking == SECOND else [PHONE, TABLET]


def test_when_none_of_the_devices_tried_took_it_the_others_get_it_later() -> None:
    works = Works(journey(steps={"thank": push()}))
    works.pusher.gone.add(PHONE)
    pushed(works, CLAIMING + PROMPT + 1)
    assert (reached(works), unsettled(works).reason) == ([], LATE)
    works.stream()
    assert works.customer().channels["push"][PHONE].status == "bounced"
    works.clock.advance(MINUTE)
    works.dispatch.begin()
    works.dispatch.take(body_of(ANA))
    assert reached(works) == [TABLET]
    assert works.outcomes() == [("thank", "sent", None)]


def test_a_device_that_gave_no_answer_leaves_the_message_in_doubt_when_no_time_is_left() -> None:
    works = Works(journey(steps={"thank": push()}))
    works.pusher.fail_next(Unknown("no answer"))
    pushed(works, CLAIMING + PROMPT + 1)
    assert reached(works) == []
    assert unsettled(works).claimed_at is not None


def test_as_long_as_there_is_time_every_device_gets_it() -> None:
    works = Works(journey(steps={"thank": push()}))
    pushed(works, 6 * SECOND, 6 * SECOND, devices=(PHONE, TABLET, MAC))
    assert reached(works) == [PHONE, TABLET, MAC]


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
