"""A large inbox is taken in parts, so that what is decided has room in the customer's item."""

from typing import Any

import pytest

from sojourn.core.course.forward import Course
from sojourn.core.limits import DECIDED_BYTES
from sojourn.core.values.instants import MINUTE, SECOND
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.decisions import parts
from tests.runtime.given import ANA, Doc, Works, email, journey
from tests.runtime.test_joins import put

VIEW = "page.viewed"
NOTE = "ü" * 1_000


def unfit(number: int) -> Doc:
    """A journey that cares for every view, and lets none of them in: each leaves its reason."""
    where = {"event.total": {"gt": 100 + number}}
    return journey(f"j{number}", entry={"event": VIEW, "where": where})


def naps(minutes: int) -> Doc:
    """A journey that waits, then writes; an order ends it before."""
    return journey(
        "nap",
        "began",
        start="pause",
        steps={
            "pause": {"type": "wait", "for": f"PT{minutes}M", "next": "write"},
            "write": email(),
        },
        exit=[{"event": "order.placed", "outcome": "bought"}],
    )


def journal_sizes(works: Works) -> list[int]:
    """Bytes of each line of decisions about her, the oldest first."""
    lines = [*works.history.lines(ANA, 0), *works.mailboxes.read(ANA).lines]
    return [len(line.encode()) for line in lines]


def view(works: Works, count: int) -> None:
    for _ in range(count):
        works.clock.advance(SECOND)
        works.event(VIEW, total=5, note=NOTE)


def test_more_than_one_write_can_hold_is_taken_in_parts_each_event_once_and_in_order() -> None:
    works = Works(*(unfit(number) for number in range(12)))
    view(works, 60)
    works.run()

    assert works.mailboxes.read(ANA).inbox == ()
    records = works.records()
    assert [item.at for item in records] == sorted(item.at for item in records)
    assert len({item.at for item in records if item.what == "not_entered"}) == 60
    assert len(journal_sizes(works)) > 2
    assert max(journal_sizes(works)) < 2 * DECIDED_BYTES


def test_taken_in_parts_is_as_taken_one_by_one() -> None:
    together, apart = (Works(naps(1), *(unfit(number) for number in range(12))) for _ in "ab")
    for works in (together, apart):
        works.identify()
        works.event("began")
        works.run()
        for _ in range(60):
            view(works, 1)
            if works is apart:
                works.wait(0)
        works.wait(MINUTE)

    assert together.outcomes() == apart.outcomes() == [("write", "sent", None)]
    instants = [
        [item.at for item in works.records() if item.what in {"not_entered", "step"}]
        for works in (together, apart)
    ]
    assert instants[0] == instants[1]
    assert together.customer().enrolments == apart.customer().enrolments


def test_dispatch_sends_nothing_while_a_part_of_the_inbox_may_forbid_it() -> None:
    works = Works(naps(1), *(unfit(number) for number in range(12)))
    works.identify()
    works.event("began")
    works.run()
    works.clock.advance(2 * MINUTE)
    works.evaluate.wake(f'{{"customer": "{ANA}"}}')
    works.evaluate.flush()
    works.stream()
    assert works.dispatches.queued
    view(works, 40)
    works.event("order.placed", order_id="1")
    works.hand_out()

    assert works.subjects() == []
    assert works.mailboxes.read(ANA).inbox
    works.run()
    assert works.subjects() == []
    assert works.outcomes() == [("write", "cancelled", "exit bought")]


def test_what_fell_due_while_nobody_looked_is_taken_in_parts_as_if_somebody_had() -> None:
    again = {"type": "wait", "for": "PT1S", "max_visits": 1_000_000}
    steps = {"tick": {**again, "next": "tock"}, "tock": {**again, "next": "tick"}}
    clockwork = journey("clockwork", "began", start="tick", steps=steps)
    late, awake = (Works(clockwork) for _ in "ab")
    for works in (late, awake):
        works.identify()
        works.event("began")
        works.run()
    late.clock.advance(10 * MINUTE)
    late.evaluate.wake(f'{{"customer": "{ANA}"}}')
    late.evaluate.flush()
    late.wait(0)
    awake.wait(10 * MINUTE)

    assert len(journal_sizes(late)) > 2
    assert max(journal_sizes(late)) < 2 * DECIDED_BYTES
    assert late.customer().enrolments == awake.customer().enrolments
    walked = [
        [(item.at, item.what, item.step) for item in works.records()] for works in (late, awake)
    ]
    assert walked[0] == walked[1]


@pytest.mark.parametrize("minutes", [20, 60])
def test_the_work_grows_with_the_outage_and_that_of_one_wake_up_does_not(
    minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = {"type": "wait", "for": "PT1S", "max_visits": 1_000_000, "next": "tick"}
    works = Works(journey("clockwork", "began", start="tick", steps={"tick": again}))
    works.identify()
    works.event("began")
    works.run()
    taken: list[int] = []
    take, part = Course.take, parts.carry_part

    def counted(*arguments: Any) -> None:  # noqa: ANN401 - as Course.take
        taken[-1] += 1
        take(*arguments)

    def carry_part(*arguments: Any) -> tuple[Course, Mailbox]:  # noqa: ANN401 - as parts.carry_part
        taken.append(0)
        return part(*arguments)

    monkeypatch.setattr(Course, "take", counted)
    monkeypatch.setattr("sojourn.runtime.decisions.evaluate.carry_part", carry_part)
    works.clock.advance(minutes * MINUTE)
    works.evaluate.wake(f'{{"customer": "{ANA}"}}')
    works.evaluate.flush()
    works.wait(0)

    assert sum(taken) < 3 * 60 * minutes
    assert max(taken) < 1_000


def test_a_visitor_whose_clockwork_went_on_unseen_is_joined_whole() -> None:
    again = {"type": "wait", "for": "PT1S", "max_visits": 1_000_000, "next": "tick"}
    clockwork = journey("clockwork", "began", start="tick", steps={"tick": again})
    joined, plain = Works(clockwork), Works(clockwork)
    for works, ids in ((joined, {"anonymousId": "v1"}), (plain, {"userId": ANA})):
        put(works, "began", **ids)
        works.run()
        works.clock.advance(10 * MINUTE)
        put(works, "identify", traits={"fond": True}, **{"userId": ANA, **ids})
        works.wait(0)
    walked = [
        [(item.at, item.step) for item in works.records() if item.what == "step"]
        for works in (joined, plain)
    ]
    assert len(walked[0]) > 600
    assert walked[0] == walked[1]
