"""Paused: who waits for nothing else is not looked at again, until a pause has ended."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sojourn.core.engine.timers import LEASE
from sojourn.core.nouns import altered
from sojourn.core.state.customer import Message
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import DAY, HOUR, MINUTE, SECOND, Instant, format_instant
from sojourn.core.workspace.plan import Plan
from sojourn.fakes.queues import Queued
from sojourn.runtime.audit import Judged, Kept, Violation, examine
from sojourn.runtime.customer.mailbox import SHARDS
from sojourn.runtime.decisions import wake
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.resting import body_rested, is_in_flight, rested_in, timers
from sojourn.runtime.decisions.wake import EVERY, SETTLED, Looked
from tests.runtime.given import (
    ANA,
    NOON,
    Died,
    Doc,
    Works,
    email,
    journey,
    ordered,
    unsettled,
)

PATH = "journeys/later.json"


def later(**fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A journey that waits an hour before it writes."""
    steps = {"pause": {"type": "wait", "for": "PT1H", "next": "hi"}, "hi": email("Later")}
    return journey("later", start="pause", steps=steps, **fields)


def other(**fields: Any) -> Doc:  # noqa: ANN401 - JSON
    """A journey that waits three hours before it writes, and is never paused."""
    steps = {"pause": {"type": "wait", "for": "PT3H", "next": "hi"}, "hi": email("Other")}
    return journey("other", start="pause", steps=steps, **fields)


def paused(*journeys: Doc, customers: tuple[str, ...] = (ANA,)) -> Works:
    """Customers who wait in a journey that was paused then."""
    works = Works(later(), *journeys)
    for customer in customers:
        works.identify(customer)
        works.event("order.placed", customer, order_id="1")
    works.run()
    works.upload({PATH: later(status="paused")})
    return works


def indexed(works: Works, customer: str = ANA) -> str | None:
    timer_at = works.mailboxes.read(customer).timer_at
    return None if timer_at is None else format_instant(timer_at)


def violations(works: Works, customer: str = ANA) -> list[Violation]:
    box = works.mailboxes.read(customer)
    judged = Judged(works.live(0).plan(), works.clock.now(), 15 * MINUTE, 0)
    return list(examine(Kept(box, box.timer_at, 0, len(box.inbox)), judged))


def test_what_falls_due_while_paused_is_looked_at_once_and_then_rests() -> None:
    works = paused()
    works.wait(HOUR)
    assert indexed(works) == format_instant(NOON + 365 * DAY)  # when she has stayed her longest
    assert works.mailboxes.rests == {ANA: 3}
    changes, revision = len(works.mailboxes.changes), works.mailboxes.read(ANA).revision
    works.wait(30 * DAY)
    assert len(works.mailboxes.changes) == changes
    assert works.mailboxes.read(ANA).revision == revision
    assert violations(works) == []
    assert works.subjects() == []


def test_after_the_resume_it_fires_when_its_spread_says() -> None:
    works = paused()
    works.wait(5 * HOUR)
    works.upload({PATH: later(resume_over="PT40M")})
    resumed_at = works.clock.now()
    works.wait(2 * EVERY)
    assert violations(works) == []
    assert works.mailboxes.rests == {}
    works.wait(HOUR)
    [sent] = works.customer().ledger
    assert works.subjects() == ["Later"]
    assert 0 <= sent.at - resumed_at <= 40 * MINUTE
    told = works.mailboxes.read(ANA)
    assert told.timer_at is None


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_resume_that_spreads_nothing_is_taken_up_before_the_look_after_next(seconds: int) -> None:
    people = tuple(f"c{number}" for number in range(25))
    works = paused(customers=people)
    works.wait(5 * HOUR + seconds * SECOND)
    works.upload({PATH: later(resume_over="PT0S")})
    works.wait(2 * EVERY)
    assert len(works.subjects()) == len(people)


def test_an_archive_ends_a_rest_as_well() -> None:
    works = paused()
    works.wait(5 * HOUR)
    works.upload({PATH: later(status="archived", on_archive="exit")})
    works.wait(2 * EVERY)
    assert works.customer().live() == ()


def test_who_is_sent_away_by_an_archive_leaves_when_it_was_archived() -> None:
    """Whenever she is looked at: not before, although nothing was decided about her since."""
    works = Works(other(on_archive="exit"))
    works.event("order.placed")
    works.wait(HOUR)
    works.upload({"journeys/other.json": None})
    works.wait(HOUR)
    works.identify()
    works.run()
    (left,) = [record for record in works.records() if record.what == "exited"]
    assert (left.at, left.details["outcome"]) == (NOON + HOUR, "archived")


def test_her_other_journeys_timers_fire_on_time_meanwhile() -> None:
    works = paused(other())
    works.wait(2 * HOUR)
    assert indexed(works) == format_instant(NOON + 3 * HOUR)
    works.wait(HOUR)
    assert works.subjects() == ["Other"]
    works.wait(HOUR)
    works.upload({PATH: later(resume_over="PT0S")})
    works.wait(2 * EVERY)
    assert works.subjects() == ["Other", "Later"]


def test_a_held_message_of_a_paused_journey_rests_too() -> None:
    night = {"quiet_hours": [{"from": "11:00", "to": "13:00"}]}
    works = Works(journey("later"), settings={"timezone": "UTC", **night})
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    works.upload({PATH: journey("later", status="paused")})
    works.wait(3 * HOUR)
    assert works.mailboxes.rests == {ANA: 3}
    assert violations(works) == []
    works.upload({PATH: journey("later", resume_over="PT0S")})
    works.wait(2 * EVERY)
    assert len(works.subjects()) == 1


def test_who_is_decided_about_meanwhile_rests_again() -> None:
    works = paused()
    works.wait(2 * HOUR)
    works.identify(first_name="Ana")
    works.wait(2 * EVERY)
    assert indexed(works) == format_instant(NOON + 365 * DAY)
    works.upload({PATH: later(resume_over="PT0S")})
    works.wait(2 * EVERY)
    assert works.subjects() == ["Later"]


def test_who_rests_under_an_old_plan_is_found_by_the_next_minute() -> None:
    works = paused()
    old = works.another_evaluate(works.live(2 * HOUR))
    old.wake(body_of("nobody"))
    works.clock.advance(HOUR)
    works.upload({PATH: later(resume_over="PT0S")})
    works.wakes.queued.clear()
    old.wake(body_of(ANA))  # it still knows the pause alone
    assert works.mailboxes.rests == {ANA: 3}
    works.wait(2 * EVERY)
    assert works.subjects() == ["Later"]


def test_a_wake_up_after_a_resume_is_looked_at_under_a_plan_that_knows_of_it() -> None:
    works = paused()
    works.wait(2 * HOUR)
    old = works.another_evaluate(works.live(5 * MINUTE))
    old.wake(body_of("nobody"))
    works.upload({PATH: later(resume_over="PT0S")})
    works.look()
    [rested] = [item.body for item in works.wakes.queued]
    works.wakes.queued.clear()
    old.wake(rested)  # it knew the pause alone
    old.flush()
    works.wait(2 * EVERY)
    assert works.subjects() == ["Later"]


def test_who_waits_in_one_journey_rests_on_when_anothers_pause_ends() -> None:
    works = paused()
    works.upload({"journeys/other.json": other(status="paused")})
    works.wait(2 * HOUR)
    works.upload({"journeys/other.json": other()})
    works.wait(5 * MINUTE)
    works.upload({PATH: later(resume_over="PT0S")})
    works.wait(2 * EVERY)
    assert works.subjects() == ["Later"]


def test_a_message_that_may_go_after_a_resume_stands_in_the_index_until_it_has_gone() -> None:
    night = {"quiet_hours": [{"from": "11:00", "to": "13:00"}]}
    works = Works(journey("later"), settings={"timezone": "UTC", **night})
    works.identify()
    works.event("order.placed", order_id="1")
    works.run()
    works.upload({PATH: journey("later", status="paused")})
    works.wait(3 * HOUR)
    works.upload({PATH: journey("later", resume_over="PT0S")})
    works.look()
    for item in works.wakes.queued:
        works.evaluate.wake(item.body)
    works.wakes.queued.clear()
    works.evaluate.flush()
    works.dispatches.queued.clear()  # dispatch read an old plan: it left her alone
    works.wait(2 * EVERY)
    assert len(works.subjects()) == 1


def test_who_dies_between_the_rest_and_the_index_has_lost_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    works = paused()
    works.clock.advance(HOUR)

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(works.mailboxes, "set_timer", die)
        with pytest.raises(Died):
            works.evaluate.wake(body_of(ANA))
    works.wakes.queued.clear()
    assert indexed(works) == format_instant(NOON + HOUR)
    works.wait(MINUTE)
    assert indexed(works) == format_instant(NOON + 365 * DAY)


def test_many_at_rest_hold_up_nobodys_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    people = tuple(f"c{number}" for number in range(200))
    works = paused(other(), customers=people)
    monkeypatch.setattr(wake, "MOST_PER_SHARD", 1)
    works.wait(5 * HOUR)
    assert len(works.mailboxes.rests) == len(people)
    assert works.subjects() == ["Other"] * len(people)


def test_who_rested_is_brought_up_until_the_next_look_and_so_many_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wake, "MOST_RESTED_PER_SHARD", 4)
    works = Works(later())
    same = [f"c{number}" for number in range(400)]
    for who in same:
        works.mailboxes.note_rest(who, 1)
    assert works.look() == 0
    works.upload({PATH: later(status="paused")})
    works.upload({PATH: later()})
    assert works.look(most_here=1) == 4 * SHARDS
    assert {item.delay_seconds for item in works.wakes.queued} == {0, 30, 60, 90}
    assert all(isinstance(item, Queued) for item in works.wakes.queued)


def test_an_index_that_is_wrong_is_still_found_by_the_audit() -> None:
    works = paused(other())
    works.wait(2 * HOUR)
    assert violations(works) == []
    for wrong in (NOON + 5 * HOUR, NOON + 365 * DAY, None):
        works.mailboxes.set_timer(works.mailboxes.read(ANA), wrong)
        assert [found.code for found in violations(works)] == ["index"]


def test_once_nobody_rests_any_more_nobody_is_asked_for_until_another_pause_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    works, looked, asked = paused(), Looked(), 0
    inner = works.mailboxes.resting

    def resting(shard: int, before: int, limit: int) -> Sequence[tuple[str, int]]:
        nonlocal asked
        asked += 1
        return inner(shard, before, limit)

    def look() -> int:
        nonlocal asked
        asked = 0
        works.look(looked)
        return asked

    monkeypatch.setattr(works.mailboxes, "resting", resting)
    assert look() == 0
    works.upload({PATH: later()})
    assert look() == SHARDS
    works.clock.advance(SETTLED - SECOND)
    assert [look(), look()] == [SHARDS, SHARDS]
    works.clock.advance(SECOND)
    works.mailboxes.note_rest("bea", 3)
    assert look() == SHARDS
    assert look() == SHARDS  # somebody was there
    works.mailboxes.end_rest("bea", 3, works.clock.now())
    assert [look(), look()] == [SHARDS, 0]
    works.upload({PATH: later(status="paused")})
    assert look() == 0
    works.upload({PATH: later()})
    assert [look(), look()] == [SHARDS, SHARDS]


def test_a_message_is_in_somebodys_hands_until_its_lease_ends() -> None:
    works = ordered()
    box = works.mailboxes.read(ANA)
    claimed = replace(unsettled(works), claimed_at=NOON)
    customer = altered(works.customer(), messages={claimed.id: claimed})
    held = replace(box, customer=customer)

    assert is_in_flight(held, NOON + LEASE - 1)
    assert not is_in_flight(held, NOON + LEASE), "then whoever looks settles it"


def test_only_what_nobody_has_in_hand_rests_in_a_pause() -> None:
    works = ordered()
    wanted = unsettled(works)
    claimed = replace(wanted, claimed_at=NOON)
    plan = works.evaluate._live.plan()
    still = Works(journey(status="paused")).evaluate._live.plan()

    def of(message: Message, plan: Plan) -> list[tuple[Instant, Instant | None]]:
        alone = altered(works.customer(), messages={message.id: message}, enrolments={})
        return list(timers(alone, plan))

    found = NOON + LEASE
    assert of(wanted, plan) == of(claimed, plan) == [(found, found)]
    assert of(wanted, still) == [(found, None)], "nobody claims it while the pause lasts"
    assert of(claimed, still) == [(found, found)], "whoever claimed it may be dead"
    held = replace(wanted, status="held", wake_at=NOON + HOUR)
    assert of(held, plan) == [(NOON + HOUR, NOON + HOUR)]
    assert of(held, still) == [(NOON + HOUR, None)]


@pytest.mark.parametrize("doc", [{}, {"rested": 1}, {"thawed": 2}, {"rested": 1, "thawed": "2"}])
def test_a_wake_up_that_does_not_say_both_revisions_is_any_other(doc: Doc) -> None:
    assert rested_in(dumps(doc)) is None
    assert rested_in(body_rested(ANA, 1, 2)) == (1, 2)
