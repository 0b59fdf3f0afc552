"""Who is who, and who was forgotten, holds under faults; with a guard taken away it is seen."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sojourn.core.state.customer import Event
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import DAY
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.runtime.customer.forgotten import NOBODY
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.incoming import ingest
from sojourn.runtime.incoming.feedback import read_feedback
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Appended
from sojourn.runtime.rights import forgetting
from tests.chaos.persons import PERSONS, a_day_of_persons, broken_by_persons, tells_who
from tests.chaos.story import Redriven, Sent
from tests.chaos.world import World

SEEDS = int(os.environ.get("CHAOS_SEEDS", "2000")) // 10
BLOCK = 50
MOST_SEEDS = 300

type Mutate = Callable[[pytest.MonkeyPatch], None]

_APPEND = FakeMailboxes.append


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_persons_stay_persons_under_faults(first: int) -> None:
    for seed in range(first, min(first + BLOCK, SEEDS)):
        assert broken_by_persons(a_day_of_persons(seed)) == {}, seed


def test_persons_stay_persons_when_nothing_goes_wrong() -> None:
    for seed in range(30):
        world = a_day_of_persons(seed, calm=True)
        assert broken_by_persons(world) == {}, seed
        assert list(world.faults.struck) == []


def test_the_story_has_what_it_is_about() -> None:
    worlds = [a_day_of_persons(seed) for seed in range(40)]
    boxes = [world.mailboxes.read(who) for world in worlds for who in world.mailboxes.customers()]
    assert sum(box.joined_into is not None for box in boxes) > len(worlds) / 2
    gone = [change for world in worlds for change in world.mailboxes.changes]
    assert sum(change.after.forgotten_at is not None for change in gone) > len(worlds) / 2
    assert sum(world.plans.forgotten().people for world in worlds) > len(worlds) / 4


def test_who_is_whom_is_told_at_the_very_instant_of_other_things() -> None:
    worlds = [a_day_of_persons(seed) for seed in range(60)]
    seen = Counter(kind for world in worlds for kind in kinds_of_joins(world))
    assert seen["at the instant of another event"] > len(worlds) / 4
    assert seen["several in one instant"] > len(worlds) / 10
    assert seen["as dead letters go back"] > len(worlds) / 20
    assert seen["both have live journeys"] > len(worlds) / 20
    assert seen["a message of one is claimed"] > 0


def kinds_of_joins(world: World) -> Iterator[str]:
    """What is told in a world at whose instant, and what two were in the midst of."""
    tells = Counter(item.at for item in world.outside if tells_who(item))
    others = {item.at for item in world.outside if isinstance(item, Sent) and not tells_who(item)}
    redriven = {item.at for item in world.outside if isinstance(item, Redriven)}
    for at, count in tells.items():
        if at in others:
            yield "at the instant of another event"
        if count > 1:
            yield "several in one instant"
        if at in redriven:
            yield "as dead letters go back"
    boxes: dict[str, Mailbox] = {}
    for change in world.mailboxes.changes:
        box = change.after
        before = boxes.get(box.customer_id)
        if box.joined_into is not None and before is not None and before.joined_into is None:
            both = [one.customer for one in (before, boxes.get(box.joined_into)) if one]
            customers = [one for one in both if one is not None]
            if len(customers) > 1 and all(list(one.live()) for one in customers):
                yield "both have live journeys"
            messages = [message for one in customers for message in one.messages.values()]
            if any(message.status == "claimed" for message in messages):
                yield "a message of one is claimed"
        boxes[box.customer_id] = box


# ---- Guards taken away ---------------------------------------------------------------------------


def tombstones_stop_no_event(patch: pytest.MonkeyPatch) -> None:
    """Who has not heard of a forgetting makes the customer anew."""

    def append(
        self: FakeMailboxes, customer_id: str, event: Event, *, is_user: bool = False
    ) -> Appended:
        self.remove(customer_id)
        return _APPEND(self, customer_id, event, is_user=is_user)

    patch.setattr(FakeMailboxes, "append", append)


def nobody_hears_who_was_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Once the tombstone is gone, nothing is known of it."""
    patch.setattr(LivePlan, "forgotten", property(lambda _: NOBODY))


def nobody_looks_a_second_time(patch: pytest.MonkeyPatch) -> None:
    """The tombstone goes while others may still be at work."""
    patch.setattr(forgetting, "LEFT_AFTER", -DAY)


def histories_are_not_swept(patch: pytest.MonkeyPatch) -> None:
    """What lies beside the item stays."""
    patch.setattr(FakeHistory, "sweep", lambda *_: None)


def joined_items_take_events(patch: pytest.MonkeyPatch) -> None:
    """An event for somebody who was joined stays where nobody looks."""

    def append(
        self: FakeMailboxes, customer_id: str, event: Event, *, is_user: bool = False
    ) -> Appended:
        item = self._items.get(customer_id)
        if item is None or item.joined_into is None:
            return _APPEND(self, customer_id, event, is_user=is_user)
        self._items[customer_id] = replace(item, joined_into=None)
        done = _APPEND(self, customer_id, event, is_user=is_user)
        self._items[customer_id] = replace(self._items[customer_id], joined_into=item.joined_into)
        return done

    patch.setattr(FakeMailboxes, "append", append)


def who_got_a_message_is_a_user(patch: pytest.MonkeyPatch) -> None:
    """What the provider tells of a visitor's message makes her a user, whom nothing joins."""

    def read(entry: JsonObject) -> JsonObject:
        found = read_feedback(entry)
        detail = found["detail"]
        assert isinstance(detail, dict)
        return {**found, "detail": {**detail, "userId": detail["anonymousId"]}}

    patch.setattr(ingest, "read_feedback", read)


MUTANTS: dict[Mutate, str] = {
    tombstones_stop_no_event: "who was forgotten is gone",
    nobody_hears_who_was_forgotten: "who was forgotten is gone",
    nobody_looks_a_second_time: "who was forgotten is gone",
    histories_are_not_swept: "who was forgotten is gone",
    joined_items_take_events: "no event of a person is lost",
    who_got_a_message_is_a_user: "who is one is one",
}


@pytest.mark.parametrize("mutate", MUTANTS, ids=[mutate.__name__ for mutate in MUTANTS])
def test_a_missing_guard_is_found(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch)
    promise = PERSONS[MUTANTS[mutate]]
    for seed in range(MOST_SEEDS):
        if any(promise(a_day_of_persons(seed))):
            return
    pytest.fail(f"{MUTANTS[mutate]}: still holds in {MOST_SEEDS} seeds")
