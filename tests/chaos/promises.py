"""The promises of the design, each a check of a world that has come to rest.

Each is written from what the language promises, over what came in, what the providers took and what
the table held, change by change; it asks nothing of the code that decides.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

from sojourn.core.limits import LEDGER_KEPT
from sojourn.core.state.customer import Customer, Enrolment, Message, Sent
from sojourn.core.values.exact import loads_object
from sojourn.core.values.instants import MINUTE, SECOND, Instant
from sojourn.core.values.localtime import find_zone
from sojourn.core.workspace.plan import Send, WaitFor
from sojourn.core.workspace.settings import Settings
from sojourn.runtime.decisions.deciding import read_records
from tests.chaos.curse import a_poison_record_stops_nobody_else
from tests.chaos.functions import LIMITS, SKEW
from tests.chaos.looking import (
    category_of,
    claims_of,
    events_in,
    is_given_up,
    lines_of,
    revision_of,
)
from tests.chaos.providers import Taken
from tests.chaos.story import Sent as Envelope
from tests.chaos.world import World
from tests.core.naive_release import Rules
from tests.recording.agreeing import check_replay

SLACK = LIMITS["dispatch"] + 2 * SKEW
"""Between a change of the plan and the provider lies one run of dispatch; clocks are off."""

PROMPT = 3 * SECOND
"""Between the decision to send and the call of the provider (docs/architecture.md)."""

LEASE = 2 * MINUTE
"""So long nobody else touches a claimed message (docs/architecture.md)."""

type Check = Callable[[World], Iterator[str]]


# ---- 1 and 8: no event is lost; a poison record stops nobody else --------------------------------


def no_event_is_lost(world: World) -> Iterator[str]:
    """What came in was evaluated, is kept, or is a dead letter with its reason."""
    sent = [item for item in world.outside if isinstance(item, Envelope)]
    asked = {item.id for item in sent} & world.came_in
    broken = {item.id for item in sent if item.broken} & asked
    known: set[str] = set()
    for customer in world.mailboxes.customers():
        known |= {event.id for line in lines_of(world, customer) for event in events_in(line)}
    for item in sent:
        if item.customer:
            known |= {event.id for event in world.history.events(item.customer, -(1 << 62))}
    for id_ in sorted(asked - known - broken):
        yield f"event {id_} is lost"
    reasons = {letter.body: letter.reason for letter in world.letters.letters}
    for item in sent:
        if item.id in broken and not reasons.get(item.body, "").startswith("detail: an object"):
            yield f"what is no event is no dead letter with its reason: {item.body}"
    for letter in world.letters.letters:
        if letter.body not in {item.body for item in sent if item.broken}:
            yield f"a dead letter stays: {letter}"


# ---- 2: once -------------------------------------------------------------------------------------


def an_event_counts_once(world: World) -> Iterator[str]:
    """However often it comes, it is taken once; every revision has one line."""
    for customer in world.mailboxes.customers():
        lines = lines_of(world, customer)
        taken = Counter(event.id for line in lines for event in events_in(line))
        for id_, count in taken.items():
            if count > 1:
                yield f"event {id_} of {customer} is taken {count} times"
        revisions = [revision_of(line) for line in lines]
        if revisions != list(range(1, world.mailboxes.read(customer).revision + 1)):
            yield f"{customer} has revisions {revisions}"


def a_message_goes_once(world: World) -> Iterator[str]:
    """Twice only when nobody could know of the first, and its category says: try again."""
    claims: defaultdict[str, list[tuple[int, Message]]] = defaultdict(list)
    for number, _, message, _, _ in claims_of(world):
        claims[message.id].append((number, message))
    first: dict[str, Taken] = {}
    for item in world.taken:
        before = first.setdefault(item.message.id, item)
        if before is item:
            continue
        name = f"message {item.message.id} of step {item.message.step}"
        told = _told_at(world, item.message.id)
        claim = [number for number, _ in claims[item.message.id] if number < item.seen][-1:]
        if is_given_up(world, item.message):
            yield f"{name} goes twice"
        elif claim and told is not None and told < claim[0]:
            yield f"{name} goes again after the provider told of it"
    for messages in claims.values():
        for (_, one), (_, other) in pairwise(messages):
            yield from _too_soon(world, one, other)


def _too_soon(world: World, one: Message, other: Message) -> Iterator[str]:
    """Whether a message that went is claimed anew before its first lease has ended."""
    went = any(
        (item.message.id, item.message.attempt + 1) == (one.id, one.attempt) for item in world.taken
    )
    if went and (other.claimed_at or 0) < (one.claimed_at or 0) + LEASE - 2 * SKEW:
        yield f"message {one.id} of step {one.step} is claimed again while it is in flight"


def _told_at(world: World, message: str) -> int | None:
    """By which change the provider's own event about a message came in, or after which one."""
    kept = world.history.told.get(message)
    for number, change in enumerate(world.mailboxes.changes[:kept]):
        for waiting in change.after.inbox:
            if waiting.event.properties.get("message_id") == message:
                return number
    return None if kept is None else kept - 1


# ---- 3: caps and quiet hours ---------------------------------------------------------------------


def caps_and_quiet_hours_hold(world: World) -> Iterator[str]:
    """Counted by stepping: at the instant of every claim each rule is asked anew.

    Where settings have just changed, those of before or those of now may have been asked.
    """
    went = {(item.customer, item.message.id, item.message.attempt + 1) for item in world.taken}
    ledgers: defaultdict[str, list[Sent]] = defaultdict(list)
    for number, customer, message, slot, _ in claims_of(world):
        if (customer, message.id, message.attempt) not in went:
            continue
        if slot is None:
            yield f"message {message.id} is claimed without a slot"
            continue
        category = category_of(world, message)
        answers = []
        for plan in world.plans_at(slot.at):
            zone = _zone_of(world.mailboxes.changes[number].after.customer, plan.settings)
            rules = Rules(plan.settings, category, message.channel, ledgers[customer], zone)
            answers.append([*rules.quiet(message.claimed_at or 0), *rules.full(slot.at)])
        if all(answers):
            yield f"message {message.id} of {message.step} goes in spite of {answers[-1]}"
        ledgers[customer].append(replace(slot, counts=category.counts_toward_caps))
    yield from _at_the_provider(world)


def _zone_of(customer: Customer | None, settings: Settings) -> ZoneInfo:
    own = customer.trait("timezone") if customer is not None else None
    found = find_zone(own) if isinstance(own, str) else None
    return found or find_zone(settings.timezone) or ZoneInfo("UTC")


def _at_the_provider(world: World) -> Iterator[str]:
    """What was decided is what happened: it is handed over promptly, and never while it is quiet.

    How long the provider takes is its own.
    """
    claimed = {
        (message.id, message.attempt): (number, message)
        for number, _, message, _, _ in claims_of(world)
    }
    for item in world.taken:
        number, message = claimed.get((item.message.id, item.message.attempt + 1), (None, None))
        if number is None or message is None:
            yield f"message {item.message.id} goes without a claim"
            continue
        took = item.handed_over_at - (message.claimed_at or 0)
        if not -2 * SKEW <= took <= PROMPT + 2 * SKEW:
            yield f"message {item.message.id} is handed over {took / SECOND} s after its claim"
        category = category_of(world, message)
        quiet = []
        for plan in world.plans_at(message.claimed_at or 0):
            zone = _zone_of(world.mailboxes.changes[number].after.customer, plan.settings)
            rules = Rules(plan.settings, category, message.channel, (), zone)
            clocks = (item.handed_over_at + off for off in (-2 * SKEW, 0, 2 * SKEW))
            quiet.append(all(rules.quiet(at) for at in clocks))
        if all(quiet):
            yield f"message {item.message.id} is handed over in quiet hours"


# ---- 4: nobody is stuck --------------------------------------------------------------------------


def nobody_is_stuck(world: World) -> Iterator[str]:
    """At rest, every live enrolment waits for a timer to come or for a held message."""
    present = world.plan(world.plans.revision())
    paused = {id_ for id_, journey in present.current.items() if journey.status == "paused"}
    for customer in world.mailboxes.customers():
        box = world.mailboxes.read(customer)
        if box.inbox:
            yield f"events of {customer} wait: {[item.event.id for item in box.inbox]}"
        messages = box.customer.messages.values() if box.customer is not None else ()
        for message in messages:
            late = message.wake_at <= world.now and message.journey not in paused
            if message.status == "claimed" or late:
                yield f"message {message.id} of {customer} is {message.status}"
        wanted = {message.enrolment for message in messages}
        for enrolment in box.customer.live() if box.customer is not None else ():
            if enrolment.journey not in paused and enrolment.id not in wanted:
                yield from _is_stuck(world, customer, enrolment)


def _is_stuck(world: World, customer: str, enrolment: Enrolment) -> Iterator[str]:
    """Whether an enrolment without a message waits for nothing that can come."""
    version = world.plan(world.plans.revision()).versions[enrolment.journey, enrolment.version]
    step = version.steps[enrolment.step or ""]
    if isinstance(step, Send):
        yield f"{customer} is at {enrolment.step}, and her message is gone"
    elif isinstance(step, WaitFor) and step.timeout is None and enrolment.due_at is None:
        return  # an event can come
    elif enrolment.due_at is None or enrolment.due_at <= world.now:
        yield f"{customer} is stuck at {enrolment.step}"


# ---- 5: an exit is immediate ---------------------------------------------------------------------


def an_exit_is_immediate(world: World) -> Iterator[str]:
    """Once what ends an enrolment is in her mailbox, nothing of that enrolment is claimed."""
    here: dict[str, int] = {}
    for number, change in enumerate(world.mailboxes.changes):
        for waiting in change.after.inbox:
            here.setdefault(waiting.event.id, number)
    for number, customer, message, _, enrolment in claims_of(world):
        if enrolment is None:
            yield f"message {message.id} is claimed for an enrolment that is gone"
            continue
        ends = {
            "cart": f"{enrolment.entry.get('cart')}-bought",
            "receipt": f"{enrolment.entry.get('order')}-cancelled",
        }
        ending = [ends.get(message.journey)]
        if message.channel == "email":
            ending.append(f"{customer}-complained")
        for id_ in ending:
            if id_ is not None and here.get(id_, number) < number:
                yield f"{message.step} of {message.journey} is claimed after {id_} came"


# ---- 6: in order, one at a time ------------------------------------------------------------------


def stimuli_are_taken_in_order(world: World) -> Iterator[str]:
    """What came first and was received first is taken first; time never runs backwards."""
    for customer in world.mailboxes.customers():
        came: dict[str, int] = {}
        for number, change in enumerate(world.mailboxes.changes):
            if change.after.customer_id == customer:
                for waiting in change.after.inbox:
                    came.setdefault(waiting.event.id, number)
        lines = lines_of(world, customer)
        instants = [int(str(loads_object(line)["at"])) for line in lines]
        if instants != sorted(instants):
            yield f"the decisions about {customer} go back in time"
        events = [event for line in lines for event in events_in(line)]
        for earlier, later in pairwise(events):
            if came.get(later.id, 0) < came.get(earlier.id, 0) and (
                later.received_at < earlier.received_at
            ):
                yield f"{later.id} came before {earlier.id} and is taken after it"


# ---- 7: versions ---------------------------------------------------------------------------------


def who_is_inside_stays_on_her_version(world: World) -> Iterator[str]:
    """An enrolment never changes its version."""
    versions: dict[str, int] = {}
    for change in world.mailboxes.changes:
        for enrolment in change.after.customer.enrolments.values() if change.after.customer else ():
            if versions.setdefault(enrolment.id, enrolment.version) != enrolment.version:
                yield f"enrolment {enrolment.id} changes its version"


def what_is_stopped_sends_nothing(world: World) -> Iterator[str]:
    """While the cart journey is paused or archived nothing of it is sent."""
    for item in world.taken:
        if item.message.journey == "cart" and _is_stopped(world, item.at):
            yield f"{item.message.step} of cart goes while it is paused or archived"


def _is_stopped(world: World, at: Instant) -> bool:
    """Whether the third revision has paused the journey, or the fifth archived it."""
    paused, resumed, archived = (world.live_from.get(revision, world.now) for revision in (3, 4, 5))
    return paused + SLACK < at < resumed or archived + SLACK < at


# ---- And what the promises rest on ---------------------------------------------------------------


def a_slot_belongs_to_a_send(world: World) -> Iterator[str]:
    """What was refused takes no slot of any cap; what went has one, as long as it is remembered."""
    for customer in world.mailboxes.customers():
        box = world.mailboxes.read(customer)
        assert box.customer is not None or not box.revision
        slots = box.customer.ledger if box.customer is not None else ()
        ledger = {sent.id for sent in slots}
        # Beyond so many, one that no cap counts goes with time: the oldest first.
        since = min(sent.at for sent in slots) + LEASE if len(slots) >= LEDGER_KEPT else 0
        hers = [item for item in world.taken if item.customer == customer]
        went = {item.message.id for item in hers}
        for id_ in sorted({item.message.id for item in hers if item.at > since} - ledger):
            yield f"message {id_} of {customer} went and has no slot"
        doubted = {message.id for _, _, message, _, _ in claims_of(world) if message.attempt > 1}
        for line in lines_of(world, customer):
            for record in read_records(line):
                refused = str(record.reason or "").startswith("refused")
                left = ledger - went - doubted
                if record.what == "message" and refused and record.details["message"] in left:
                    yield f"message {record.details['message']} was refused and keeps its slot"


def what_is_decided_is_announced(world: World) -> Iterator[str]:
    """Every event for the bus got there."""
    announced = {item.id for item in world.bus.announced}
    for change in world.mailboxes.changes:
        for item in change.after.announcements if change.decided else ():
            if item.id not in announced:
                yield f"{item.id} was never announced"


def every_outcome_has_its_reason(world: World) -> Iterator[str]:
    """A message that did not go says why."""
    for customer in world.mailboxes.customers():
        for line in lines_of(world, customer):
            for record in read_records(line):
                outcome = record.details.get("outcome")
                if record.what == "message" and outcome != "sent" and not record.reason:
                    yield f"message {record.details.get('message')} is {outcome}, without a reason"


def a_dead_letter_is_nobodys_mistake(world: World) -> Iterator[str]:
    """What was given up was no event, or its tries were used up."""
    broken = {item.body for item in world.outside if isinstance(item, Envelope) and item.broken}
    for letter in world.buried:
        used_up = letter.reason.startswith("failed ") or letter.reason == "RetryAttemptsExhausted"
        if letter.body not in broken and not used_up:
            yield f"{letter.source}: {letter.reason}"


def what_wakes_does_so_in_time(world: World) -> Iterator[str]:
    """In a world without faults, a message waits for its instant and a minute at most."""
    if world.faults.struck:
        return
    for number, customer, message, _, _ in claims_of(world):
        late = (message.claimed_at or 0) - message.wake_at
        if late > MINUTE:
            yield f"message {message.id} of {customer} goes {late / SECOND} s late ({number})"


def a_replay_decides_the_same(world: World) -> Iterator[str]:
    """What is recorded, decided again, gives every customer as she is stored."""
    plans = {number: world.plan(number) for number in range(1, world.plans.revision() + 1)}
    for customer in world.mailboxes.customers():
        try:
            check_replay(world.mailboxes, world.history, customer, plans)
        except AssertionError as error:
            yield f"{customer} is decided otherwise: {error}"


PROMISES: dict[str, Check] = {
    "no event is lost": no_event_is_lost,
    "an event counts once": an_event_counts_once,
    "a message goes once": a_message_goes_once,
    "caps and quiet hours hold": caps_and_quiet_hours_hold,
    "nobody is stuck": nobody_is_stuck,
    "an exit is immediate": an_exit_is_immediate,
    "stimuli are taken in order": stimuli_are_taken_in_order,
    "who is inside stays on her version": who_is_inside_stays_on_her_version,
    "what is stopped sends nothing": what_is_stopped_sends_nothing,
    "a slot belongs to a send": a_slot_belongs_to_a_send,
    "what is decided is announced": what_is_decided_is_announced,
    "a poison record stops nobody else": a_poison_record_stops_nobody_else,
    "every outcome has its reason": every_outcome_has_its_reason,
    "a replay decides the same": a_replay_decides_the_same,
    "a dead letter is nobody's mistake": a_dead_letter_is_nobodys_mistake,
    "what wakes does so in time": what_wakes_does_so_in_time,
}


def broken_promises(world: World, promises: Mapping[str, Check] = PROMISES) -> dict[str, list[str]]:
    """Each promise that does not hold, with what shows it."""
    found = {name: list(check(world)) for name, check in promises.items()}
    return {name: complaints for name, complaints in found.items() if complaints}
