"""Who is forgotten and comes back, while parts fail: the story and its promises.

The seed's own story of persons, in which some events bring a card that others have too; exports and
forgettings by any id of hers in the middle of it; later she is let come back, new events come, and
old ones are played again. The bus takes a part of what it is given, at times.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from sojourn.core.state.decisions import Announcement
from sojourn.core.values.instants import HOUR
from sojourn.fakes.queues import FakeBus
from sojourn.runtime.ports import PartlyTaken
from tests.chaos.dice import Dice
from tests.chaos.looking import claims_of, events_in, lines_of
from tests.chaos.persons import nobody_present_is_stuck, persons
from tests.chaos.promises import Check
from tests.chaos.shop import shared_plans
from tests.chaos.story import BEGIN, Asked, Happening, Sent, event
from tests.chaos.world import World

IDS = ("c0", "c0", "v0", "card:k0", "c1")
CARDS = ("k0", "k1")
BACK = 41 * HOUR
"""When ids may come back that were forgotten on the first day."""

_EXPECTED = (
    *("failed ", "RetryAttemptsExhausted", "customer: nobody is known by this id"),
    *("customer: was forgotten lately", "customer: was not forgotten"),
    *("customer: her forgetting is not finished", "customer: came back at"),
)
"""How the reasons begin for which a request, or anything, is a dead letter in this story."""


def returning(seed: int) -> list[Happening]:
    """Everything that happens outside, in order of time."""
    random = Random(f"returning {seed}")
    found = [_with_card(item, random) for item in persons(seed)]
    for number in range(random.choice([1, 1, 2])):
        what = random.choice(["forget", "forget", "export"])
        at = random.choice(found).at if found and random.random() < 0.7 else BEGIN + 9 * HOUR
        found.append(_asked(at + random.randrange(-2, 3) * 10**6, what, random, number))
    early = [item for item in found if isinstance(item, Sent) and item.customer]
    for number in range(3, 3 + random.choice([0, 1, 2])):
        at = BEGIN + random.randrange(BACK, BACK + 4 * HOUR)
        found.append(_asked(at, "lift", random, number))
    for number in range(random.choice([0, 1, 3])):
        at = BEGIN + random.randrange(BACK, BACK + 6 * HOUR)
        if early and random.random() < 0.5:
            found.append(replace(random.choice(early), at=at))
        else:
            late = event(random.choice(["cart.abandoned", "order.placed"]), "c0", at, f"n{number}")
            found.append(_with_card(late, random))
    if random.random() < 0.3:
        found.append(_asked(BEGIN + BACK + 5 * HOUR, "forget", random, 9))
    return sorted(found, key=lambda item: item.at)


def _with_card(item: Happening, random: Random) -> Happening:
    """One event in four says that she has a card."""
    if not isinstance(item, Sent) or not item.customer or random.random() > 0.25:
        return item
    entry = json.loads(item.body)
    cards = [{"type": "card", "id": random.choice(CARDS)}]
    entry["detail"].setdefault("context", {})["externalIds"] = cards
    return replace(item, body=json.dumps(entry))


def _asked(at: int, what: str, random: Random, number: int) -> Asked:
    who, id_ = random.choice(IDS), f"{what}-{number}"
    body = {"id": id_, "detail-type": f"sojourn.{what}", "detail": {"customer": who}}
    return Asked(at, id_, who, json.dumps(body))


class HalfBus(FakeBus):
    """Takes, at times, a part of what it is given."""

    def __init__(self, dice: Dice) -> None:
        super().__init__()
        self._dice = dice

    def announce(self, announcements: Sequence[Announcement]) -> None:
        """Take all, or the first half."""
        half = len(announcements) // 2
        if half and not self._dice.number(f"half of {len(self.announced)}", 4):
            super().announce(announcements[:half])
            raise PartlyTaken(announcements[half:])
        super().announce(announcements)


def days_of_returning(seed: int) -> World:
    """Two days of storm, after the first of which it may be calm, then all settles."""
    world = World(seed, returning(seed))
    world.bus = HalfBus(world.dice)
    with shared_plans():
        world.run(BEGIN + 28 * HOUR)
        if seed % 2:
            world.faults.calm = True
            world.redrive()
            world.run(BEGIN + BACK - HOUR)
            world.faults.calm = False
        world.run(BEGIN + BACK + 10 * HOUR)
        world.faults.calm = True
        world.redrive()
        world.run(BEGIN + BACK + 40 * HOUR)
    return world


# ---- The promises --------------------------------------------------------------------------------


def nothing_tells_of_who_was_forgotten(world: World) -> Iterator[str]:
    """No id of hers stands anywhere, and no tombstone stays."""
    forgotten = world.plans.forgotten()
    kept = {
        "an item": world.mailboxes._items,
        "events": world.history._events,
        "a journal": world.history._journals,
        "an identity": world.directory._holders,
        "a number": world.numbers.known,
        "an export": world.exports.files,
        "the list": forgotten,
    }
    for what, part in kept.items():
        for id_ in ("c0", "c1"):
            if forgotten.knows(id_) and re.search(rf"(?<![\w-]){id_}(?![\w@-])", repr(part)):
                yield f"{id_} was forgotten and stands in {what}"
    for identity, holder in world.directory._holders.items():
        if forgotten.knows(holder):
            yield f"{identity} is held by {holder}, who was forgotten"
    for who in world.mailboxes.customers():
        if world.mailboxes.read(who).forgotten_at is not None:
            yield f"the tombstone of {who} stays"


def who_is_forgotten_gets_nothing_before_she_is_back(world: World) -> Iterator[str]:
    """No message is claimed once the tombstone stands, unless she came back since."""
    gone: dict[str, int] = {}
    for number, change in enumerate(world.mailboxes.changes):
        if change.after.forgotten_at is not None:
            gone.setdefault(change.after.customer_id, number)
    forgotten = world.plans.forgotten()
    for number, who, message, _, _ in claims_of(world):
        since = forgotten.back_since(who)
        is_back = since is not None and (message.claimed_at or 0) >= since
        if gone.get(who, number) < number and not is_back:
            yield f"{message.step} is claimed after {who} was forgotten"


def nothing_older_is_hers(world: World) -> Iterator[str]:
    """Who came back has no event from before, of those that came with her id."""
    forgotten = world.plans.forgotten()
    for who in ("c0", "c1"):
        since, box = forgotten.back_since(who), world.mailboxes.read(who)
        if since is None or forgotten.knows(who) or box.customer is None or box.customer.absorbed:
            continue
        taken = [item for line in lines_of(world, who) for item in events_in(line)]
        for item in (*taken, *world.history.events(who, -(1 << 62))):
            if item.at < since and not item.name.startswith("message."):
                yield f"{item.id} of {who} is older than her coming back"


def all_of_the_others_is_announced(world: World) -> Iterator[str]:
    """What was decided about those who were never forgotten got to the bus."""
    announced = {item.id for item in world.bus.announced}
    changes = world.mailboxes.changes
    gone = {item.after.customer_id for item in changes if item.after.forgotten_at is not None}
    for change in changes:
        told = change.decided and change.after.customer_id not in gone
        for item in change.after.announcements if told else ():
            if item.id not in announced:
                yield f"{item.id} was never announced"


def every_dead_letter_has_its_reason(world: World) -> Iterator[str]:
    """What is given up is so for a reason that the story has."""
    for letter in (*world.buried, *world.letters.letters):
        if not letter.reason.startswith(_EXPECTED):
            yield f"{letter.source}: {letter.reason}"


RETURNING: dict[str, Check] = {
    "nothing tells of who was forgotten": nothing_tells_of_who_was_forgotten,
    "who is forgotten gets nothing before she is back": (
        who_is_forgotten_gets_nothing_before_she_is_back
    ),
    "nothing older is hers": nothing_older_is_hers,
    "all of the others is announced": all_of_the_others_is_announced,
    "every dead letter has its reason": every_dead_letter_has_its_reason,
    "nobody present is stuck": nobody_present_is_stuck,
}
