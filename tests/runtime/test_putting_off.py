"""Putting off: whoever cannot be decided about is a dead letter an hour, not one at each look."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sojourn.core.errors import CorruptState, Permanent, Unavailable
from sojourn.core.state.codec import FORMAT
from sojourn.core.values.instants import HOUR, MINUTE, SECOND
from sojourn.runtime.batches import take_bodies
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.putting_off import PUT_OFF
from sojourn.runtime.decisions.resting import body_rested
from sojourn.runtime.decisions.wake import EVERY, Looked
from tests.runtime.given import ANA, Doc, Works, email, journey

BEN = "ben"
PATH = "journeys/later.json"
ALL_DAY = 24 * HOUR


def later(**fields: str) -> Doc:
    steps = {"pause": {"type": "wait", "for": "PT1H", "next": "hi"}, "hi": email()}
    return journey("later", "signed_up", start="pause", steps=steps, **fields)


def waiting(*customers: str) -> Works:
    """Customers who wait for an hour."""
    works = Works(later())
    for customer in customers or (ANA,):
        works.identify(customer)
        works.event("signed_up", customer)
    works.run()
    return works


def carry_on(works: Works, until: int) -> list[str]:
    """Let wake look as often as it does, and the queues be taken as the functions take them.

    Gives the bodies that were to come again, and do not here.
    """
    again: list[str] = []
    looked, end = Looked(), works.clock.now() + until
    while works.clock.now() < end:
        works.look(looked)
        for queue, source in ((works.wakes, "evaluate"), (works.dispatches, "dispatch")):
            take = works.evaluate.wake if source == "evaluate" else works.dispatch.take
            bodies = [item.body for item in queue.queued if item.delay_seconds == 0]
            queue.queued.clear()
            records = [{"messageId": body, "body": body} for body in bodies]
            answer = take_bodies(source, records, take, works.dead_letters)
            again += [item["itemIdentifier"] for item in answer["batchItemFailures"]]
            works.evaluate.flush()
        works.run()
        works.clock.advance(EVERY)
    return again


@contextmanager
def spoiled(works: Works, customer: str = ANA, state: str = "{") -> Iterator[None]:
    """An item that cannot be read, and is put right again."""
    whole = works.mailboxes._items[customer]
    works.mailboxes._items[customer] = replace(whole, state=state)
    yield
    found = works.mailboxes._items[customer]
    works.mailboxes._items[customer] = replace(found, state=whole.state)


def timers(works: Works) -> dict[str, int]:
    """Whom the index brings up within two days, and when."""
    rows = (works.mailboxes.due(shard, works.clock.now() + 48 * HOUR, 9) for shard in range(32))
    return {customer: at for shard in rows for customer, at in shard}


def test_who_cannot_be_read_is_a_dead_letter_an_hour_and_holds_up_nobody() -> None:
    works = waiting(ANA, BEN)
    with spoiled(works):
        carry_on(works, ALL_DAY)
    assert {(letter.source, letter.body) for letter in works.dead_letters.letters} == {
        ("evaluate", body_of(ANA))
    }
    assert 20 < len(works.dead_letters.letters) < 25
    assert [sent.to for sent in works.mailer.sent.values()] == [f"{BEN}@example.com"]
    works.evaluate.wake(works.dead_letters.letters[0].body)  # as a redrive sends it
    works.evaluate.flush()
    works.run()
    assert len(works.subjects()) == 2
    assert timers(works) == {}


def test_whom_a_later_version_wrote_comes_again_once_an_hour_and_not_at_each_look() -> None:
    works = waiting()
    with spoiled(works, state=f"[{FORMAT + 1}]"):
        again = carry_on(works, ALL_DAY)
    assert set(again) == {body_of(ANA)}
    assert 20 < len(again) < 25
    assert works.dead_letters.letters == []
    works.evaluate.wake(again[0])  # to a version that reads her
    works.evaluate.flush()
    works.run()
    assert works.subjects() == ["Thank you"]
    assert timers(works) == {}


def test_who_is_mended_and_not_redriven_goes_on_within_the_hour() -> None:
    works = waiting()
    with spoiled(works):
        carry_on(works, 2 * HOUR)
    carry_on(works, PUT_OFF)
    assert works.subjects() == ["Thank you"]


@pytest.mark.parametrize("error", [CorruptState("no such step"), KeyError("step"), TypeError("x")])
@pytest.mark.parametrize("part", ["evaluate", "dispatch"])
def test_what_fails_for_good_in_either_part_puts_her_off(
    part: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = waiting()
    works.wakes.queued.clear()
    works.clock.advance(HOUR)

    def fail(*_: object, **__: object) -> None:
        raise error

    module = "decisions.evaluate" if part == "evaluate" else "messages.dispatch"
    monkeypatch.setattr(f"sojourn.runtime.{module}.carry_part", fail)
    take = works.evaluate.wake if part == "evaluate" else works.dispatch.take
    with pytest.raises(type(error)):
        take(body_of(ANA))
    assert timers(works) == {ANA: works.clock.now() + PUT_OFF}
    assert works.look(Looked()) == 0


def test_what_a_retry_may_help_puts_nobody_off(monkeypatch: pytest.MonkeyPatch) -> None:
    works = waiting()
    due = timers(works)
    works.clock.advance(HOUR + SECOND)

    def fail(*_: object) -> None:
        raise Unavailable("the table does not answer")

    for take in (works.evaluate.wake, works.dispatch.take):
        with monkeypatch.context() as patch:
            patch.setattr(works.mailboxes, "read", fail)
            with pytest.raises(Unavailable):
                take(body_of(ANA))
    assert timers(works) == due


def test_whose_timer_is_still_to_come_is_not_put_off() -> None:
    works = waiting()
    due = timers(works)
    for take in (works.evaluate.wake, works.dispatch.take):
        with spoiled(works), pytest.raises(Permanent):
            take(body_of(ANA))
    assert timers(works) == due


def test_when_she_cannot_be_put_off_the_dead_letter_says_why_she_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    works = waiting()

    def fail(*_: object) -> None:
        raise Unavailable("the table does not answer")

    monkeypatch.setattr(works.mailboxes, "put_off", fail)
    with spoiled(works), pytest.raises(CorruptState):
        works.evaluate.wake(body_of(ANA))
    assert "a customer was not put off: Unavailable" in caplog.text


def test_who_rested_and_cannot_be_read_is_brought_up_once_and_by_the_redrive() -> None:
    works = waiting()
    works.upload({PATH: later(status="paused")})
    carry_on(works, 2 * HOUR)
    assert works.mailboxes.rests
    (rested,) = works.mailboxes.rests.values()
    works.upload({PATH: later()})
    with spoiled(works):
        carry_on(works, 3 * HOUR)
    assert [letter.body for letter in works.dead_letters.letters] == [
        body_rested(ANA, rested, works.plans.live().thawed)
    ]
    assert works.mailboxes.rests == {}
    works.evaluate.wake(works.dead_letters.letters[0].body)
    works.clock.advance(MINUTE)
    carry_on(works, 10 * MINUTE)
    assert works.subjects() == ["Thank you"]
