"""A replay decides what production decided, whatever befell production meanwhile."""

import pytest

from sojourn.core.state.customer import Event
from sojourn.core.values.instants import LATEST, SECOND, parse_instant
from sojourn.core.workspace.documents import plan_from
from sojourn_cli.recording.pasts import Past
from sojourn_cli.recording.replay import replay
from sojourn_cli.recording.turns import Look, Taken, Turn
from tests.chaos.shop import REVISIONS, plan
from tests.chaos.world import a_day
from tests.explaining.given import SEND, journey, plan_of
from tests.recording.agreeing import check_replay
from tests.runtime.given import ANA, Works

SEEDS = range(15)
PLANS = {revision: plan(revision) for revision in range(1, len(REVISIONS) + 1)}


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_killed_doubled_or_delayed_is_decided_again(seed: int) -> None:
    world = a_day(seed)
    customers = sorted({change.after.customer_id for change in world.mailboxes.changes})
    assert customers
    for customer in customers:
        check_replay(world.mailboxes, world.history, customer, PLANS)


WAITS = plan_of(
    {
        "long": journey(start="hour", steps={"hour": {"type": "wait", "for": "PT1H"}}),
        "mail": journey(
            start="half", steps={"half": {"type": "wait", "for": "PT30M", "next": "m"}, "m": SEND}
        ),
    }
)


ENDS_AT_ONCE = {
    "id": "ends",
    "status": "live",
    "entry": {"event": "go"},
    "start": "blink",
    "steps": {"blink": {"type": "wait_for", "any": [{"event": "never.comes"}], "timeout": "PT0S"}},
}


def instant(clock: str) -> int:
    return parse_instant(f"2026-01-05T{clock}Z")


def test_what_falls_due_while_dispatch_decides_is_taken_after_it() -> None:
    """As in production: dispatch takes what is due when it begins, and then goes on to messages."""
    go = Event("1", "go", instant("10:00:00"), instant("10:00:00"))
    first = Turn(1, 0, instant("10:00:00"), instant("10:00:00"), taken=Taken(("1",)))
    wakes = Turn(2, 0, instant("10:30:00"), instant("10:30:00"))
    story = replay(Past("ana", (first, wakes), (go,)), {0: WAITS}, LATEST)
    (message,) = story.customer.messages
    look = Look(message, instant("11:00:01"), "no_address", "channels.email missing", None)
    dispatch = Turn(3, 0, instant("10:59:59"), instant("11:00:01"), looks=(look,))
    after = Turn(4, 0, instant("11:00:02"), instant("11:00:01"))

    past = Past("ana", (first, wakes, dispatch, after), (go,))
    ended = {
        item.journey: item.exited_at
        for item in replay(past, {0: WAITS}, LATEST).enrolments.values()
    }

    assert ended == {"mail": instant("11:00:01"), "long": instant("11:00:01")}
    early = replay(past, {0: WAITS}, instant("10:59:59")).customer
    assert sorted(early.messages) == [message], "nothing after the end is taken"


def test_what_falls_due_when_a_slow_clock_decides_is_taken_after_what_comes_next() -> None:
    """Who received her event has a clock that is ahead of who decides about it."""
    works = Works(ENDS_AT_ONCE, begin=instant("10:00:01"))
    works.event("go")
    works.clock.advance(-SECOND)
    works.stream()
    assert works.customer().live(), "the instant of her event has not come yet"
    works.identify(name="Ana")
    works.clock.advance(2 * SECOND)
    works.stream()

    whats = [record.what for record in works.records() if record.what in {"profile", "timeout"}]
    assert whats == ["profile", "timeout"]
    plans = {
        revision: plan_from(works.plans.documents(revision), revision)
        for revision in range(1, works.plans.stored().revision + 1)
    }
    check_replay(works.mailboxes, works.history, ANA, plans)


def test_an_event_that_was_known_already_is_taken_as_such() -> None:
    go = Event("1", "go", instant("10:00:00"), instant("10:00:00"))
    first = Turn(1, 0, instant("10:00:00"), instant("10:00:00"), taken=Taken(("1",)))
    again = Turn(2, 0, 0, instant("10:05:00"), taken=Taken(again=(("1", instant("10:05:00")),)))
    life = replay(Past("ana", (first, again), (go,)), {0: WAITS}, LATEST, reasons=True)
    assert (life.records[-1].what, life.records[-1].at) == ("duplicate", instant("10:05:00"))
    assert life.last_at == instant("10:05:00")
    assert replay(Past("ana", (first, again), (go,)), {0: WAITS}, go.at).last_at == go.at
