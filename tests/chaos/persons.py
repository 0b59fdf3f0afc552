"""Who turns out to be whom, and who is forgotten, while parts fail: the story and its promises.

The seed's own story, with a visitor's past for some customers, two users who turn out to be one,
and requests to be forgotten, after which events of hers go on coming. Who is whom is often told at
the very instant of something else, and of several at once.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random

from sojourn.core.values.instants import HOUR, MINUTE, SECOND, Instant, format_instant
from sojourn.runtime.customer.mailbox import Mailbox
from tests.chaos.looking import claims_of, events_in, is_given_up, lines_of
from tests.chaos.promises import (
    Check,
    a_dead_letter_is_nobodys_mistake,
    broken_promises,
    every_outcome_has_its_reason,
    who_is_inside_stays_on_her_version,
)
from tests.chaos.story import BEGIN, Asked, Happening, Redriven, Sent, event, story
from tests.chaos.world import World, a_day_in

MOST_LOOKS = 50


def persons(seed: int) -> list[Happening]:
    """Everything that happens outside, in order of time."""
    random = Random(f"persons {seed}")
    found = [item for item in story(seed) if not isinstance(item, Sent) or item.customer]
    names = sorted({item.customer for item in found if isinstance(item, Sent)})
    for who in names:
        if random.random() < 0.9:
            found = _visited(who, found, random)
    if len(names) > 1 and random.random() < 0.4:
        found.append(_entry("c1", _near(found, random, 10 * HOUR), "alias", previousId="c1"))
    if random.random() < 0.4:
        found = _at_once(found, random)
    if random.random() < 0.5:
        for number in range(random.choice([1, 1, 2])):
            at = _near(found, random, 14 * HOUR)
            body = {"id": f"forget-{number}", "detail-type": "sojourn.forget"}
            asked = random.choice(["c0", "c0", "v0"])
            detail = {"detail": {"customer": asked}}
            found.append(Asked(at, f"forget-{number}", asked, json.dumps(body | detail)))
    return sorted(found, key=lambda item: (item.at, random.random()))


def _at_once(found: list[Happening], random: Random) -> list[Happening]:
    """All that tells who is whom comes in one instant, and dead letters may go back in it."""
    at = _near(found, random, 12 * HOUR)
    moved = [_moved(item, at) if tells_who(item) else item for item in found]
    return [*moved, *[Redriven(at, "redriven at once")][: random.randrange(2)]]


def _moved(item: Happening, at: Instant) -> Sent:
    """The same event, happening and coming at another instant."""
    assert isinstance(item, Sent)
    entry = json.loads(item.body) | {"time": format_instant(at)}
    return Sent(at, item.id, item.customer, json.dumps(entry))


def tells_who(item: Happening) -> bool:
    """Whether this is an `identify` or `alias` by which two become one."""
    return item.id.endswith(("-identify", "-alias"))


def _visited(who: str, found: list[Happening], random: Random) -> list[Happening]:
    """Some of her events come without her id, before and after it is told whose they are."""
    known_at = _near([item for item in found if _is_hers(item, who)], random, 12 * HOUR)
    unnamed = {item.id: random.random() < 0.5 for item in found}
    told = [_visit(item) if _is_hers(item, who) and unnamed[item.id] else item for item in found]
    return [*told, _entry(who, known_at, "identify", anonymousId=f"v{who[1:]}")]


def _near(found: list[Happening], random: Random, within: int) -> Instant:
    """An instant, mostly that of something that happens, or just before or after it."""
    if random.random() < 0.3:
        return BEGIN + random.randrange(within)
    near = random.choice(found).at
    if random.random() < 0.5:
        return near
    return max(BEGIN, near + random.randrange(-4 * SECOND, 2 * SECOND))


def _is_hers(item: Happening, who: str) -> bool:
    return isinstance(item, Sent) and item.customer == who


def _visit(item: Happening) -> Happening:
    """The event as it comes from somebody who has not said who she is."""
    assert isinstance(item, Sent)
    entry = json.loads(item.body)
    visitor = f"v{item.customer[1:]}"
    del entry["detail"]["userId"]
    entry["detail"]["anonymousId"] = visitor
    return Sent(item.at, item.id, visitor, json.dumps(entry))


def _entry(who: str, at: Instant, kind: str, **ids: str) -> Sent:
    """An `identify` or `alias` that tells of another id of hers."""
    owner = "c0" if kind == "alias" else who
    plain = event(kind, owner, at, f"{who}-{kind}")
    entry = json.loads(plain.body)
    entry["detail"] |= {"type": kind, **ids}
    return Sent(at, plain.id, owner, json.dumps(entry))


def a_day_of_persons(seed: int, *, calm: bool = False) -> World:
    """A day of storm, then one in which everything settles."""
    world = World(seed, persons(seed), calm=calm)
    return a_day_in(world)


# ---- The promises --------------------------------------------------------------------------------


def boxes_of(world: World) -> Mapping[str, Mailbox]:
    """Every item there is."""
    return {who: world.mailboxes.read(who) for who in world.mailboxes.customers()}


def ids(world: World) -> set[str]:
    """Every id that anything came with."""
    named = (item for item in world.outside if isinstance(item, Sent))
    return {item.customer for item in named if item.customer}


def no_event_of_a_person_is_lost(world: World) -> Iterator[str]:
    """What came in was evaluated, or is kept, by whoever she is now; or she was forgotten."""
    forgotten = world.plans.forgotten()
    known: set[str] = set()
    for who in ids(world):
        known |= {event.id for line in lines_of(world, who) for event in events_in(line)}
        known |= {event.id for event in world.history.events(who, -(1 << 62))}
    for item in world.outside:
        if isinstance(item, Sent) and not forgotten.knows(item.customer):
            gone = tells_who(item) and forgotten.knows("c0")
            if item.id in world.came_in - known and not gone:
                yield f"event {item.id} is lost"


def an_event_counts_once_for_all_her_ids(world: World) -> Iterator[str]:
    """However often it comes and whoever she is by then, it is taken once."""
    taken = Counter(
        event.id for who in ids(world) for line in lines_of(world, who) for event in events_in(line)
    )
    for id_, count in taken.items():
        if count > 1:
            yield f"event {id_} is taken {count} times"


def who_is_one_is_one(world: World) -> Iterator[str]:
    """Whom an event has told to be hers is joined into her, in both items."""
    boxes = boxes_of(world)
    for who, box in boxes.items():
        into = box.joined_into
        if into is not None and who not in _absorbed(boxes, into):
            yield f"{who} is joined into {into}, who does not know of it"
    for item in world.outside:
        if not isinstance(item, Sent) or item.id not in world.came_in:
            continue
        if tells_who(item):
            entry = json.loads(item.body)["detail"]
            other = entry.get("anonymousId") or entry.get("previousId")
            if entry["userId"] in boxes and boxes[entry["userId"]].forgotten_at is None:
                yield from _is_one(boxes, entry["userId"], other)


def _absorbed(boxes: Mapping[str, Mailbox], into: str) -> tuple[str, ...]:
    for _ in range(MOST_LOOKS):
        box = boxes.get(into)
        if box is None or box.joined_into is None:
            break
        into = box.joined_into
    customer = boxes[into].customer if into in boxes else None
    return () if customer is None else customer.absorbed


def _is_one(boxes: Mapping[str, Mailbox], owner: str, other: str) -> Iterator[str]:
    present = boxes[owner].joined_into or owner
    if other in boxes and boxes[other].joined_into not in {owner, present}:
        yield f"{other} is not joined into {owner}"


def nobody_present_is_stuck(world: World) -> Iterator[str]:
    """At rest no present customer has a waiting event, or a message or a timer that is overdue."""
    for who, box in boxes_of(world).items():
        if box.joined_into is not None or box.forgotten_at is not None:
            continue
        if box.inbox:
            yield f"events of {who} wait: {[item.event.id for item in box.inbox]}"
        for message in box.customer.messages.values() if box.customer is not None else ():
            if message.status == "claimed":
                yield f"message {message.id} of {who} is claimed"
        for enrolment in box.customer.live() if box.customer is not None else ():
            if enrolment.due_at is not None and enrolment.due_at <= world.now - MINUTE:
                yield f"{who} is stuck at {enrolment.step}"


def who_was_forgotten_is_gone(world: World) -> Iterator[str]:
    """Nothing is kept under an id that was forgotten, and nothing that came later made it anew."""
    forgotten = world.plans.forgotten()
    for item in world.outside:
        if isinstance(item, Asked) and not forgotten.knows(item.customer):
            yield f"{item.customer} is not forgotten"
    kept = {
        "an item": world.mailboxes.customers(),
        "events": [who for who, found in world.history._events.items() if found],
        "a journal": [who for who, found in world.history._journals.items() if found],
        "a number": [who for found in world.numbers.known.values() for who in found],
    }
    for what, names in kept.items():
        for who in names:
            if forgotten.knows(who):
                yield f"{who} was forgotten and has {what}"


def who_is_forgotten_gets_nothing_more(world: World) -> Iterator[str]:
    """No message is claimed once the tombstone stands."""
    gone: dict[str, int] = {}
    for number, change in enumerate(world.mailboxes.changes):
        if change.after.forgotten_at is not None:
            gone.setdefault(change.after.customer_id, number)
    for number, customer, message, _, _ in claims_of(world):
        if gone.get(customer, number) < number:
            yield f"{message.step} is claimed after {customer} was forgotten"


def what_is_decided_of_the_present_is_announced(world: World) -> Iterator[str]:
    """Every event for the bus got there, but those of somebody who was forgotten meanwhile."""
    announced = {item.id for item in world.bus.announced}
    forgotten = world.plans.forgotten()
    for change in world.mailboxes.changes:
        present = change.decided and not forgotten.knows(change.after.customer_id)
        for item in change.after.announcements if present else ():
            if item.id not in announced:
                yield f"{item.id} was never announced"


def a_message_of_a_person_goes_once(world: World) -> Iterator[str]:
    """Also when her item became another's while the provider had it: never more than claimed."""
    attempts: dict[str, set[int]] = {}
    for _, _, message, _, _ in claims_of(world):
        attempts.setdefault(message.id, set()).add(message.attempt)
    for id_, times in Counter(item.message.id for item in world.taken).items():
        message = next(item.message for item in world.taken if item.message.id == id_)
        if times > (1 if is_given_up(world, message) else len(attempts.get(id_, ()))):
            yield f"message {id_} of step {message.step} goes {times} times"


PERSONS: dict[str, Check] = {
    "no event of a person is lost": no_event_of_a_person_is_lost,
    "an event counts once for all her ids": an_event_counts_once_for_all_her_ids,
    "who is one is one": who_is_one_is_one,
    "nobody present is stuck": nobody_present_is_stuck,
    "who was forgotten is gone": who_was_forgotten_is_gone,
    "who is forgotten gets nothing more": who_is_forgotten_gets_nothing_more,
    "a message of a person goes once": a_message_of_a_person_goes_once,
    "who is inside stays on her version": who_is_inside_stays_on_her_version,
    "what is decided is announced": what_is_decided_of_the_present_is_announced,
    "every outcome has its reason": every_outcome_has_its_reason,
    "a dead letter is nobody's mistake": a_dead_letter_is_nobodys_mistake,
}


def broken_by_persons(world: World) -> dict[str, list[str]]:
    """Each promise that does not hold, with what shows it."""
    return broken_promises(world, PERSONS)
