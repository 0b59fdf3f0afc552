"""An AWS that misbehaves, from a seed: the real runtime over fakes, with a scheduler that kills it.

Every call to a port may fail, take long, lose its answer, be the last thing its process does, or be
interrupted by other functions that run meanwhile. Deliveries come twice, late and out of order;
clocks are off; services are out; plans change. The same seed does the same.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

from sojourn.core.errors import SojournError, Unavailable
from sojourn.core.state.customer import Message
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import HOUR, MINUTE, SECOND, Duration, Instant, format_instant
from sojourn.core.workspace.plan import Plan
from sojourn.fakes.directory import FakeDirectory
from sojourn.fakes.exports import FakeExports
from sojourn.fakes.link_keys import FakeLinkKeys
from sojourn.fakes.numbers import FakeNumbers
from sojourn.fakes.queues import DeadLetter, FakeBus, FakeDeadLetters
from sojourn.runtime.batches import Answer
from sojourn.runtime.decisions import announcing
from sojourn.runtime.decisions.wake import AHEAD, EVERY
from sojourn.runtime.ports import StoredPlan
from sojourn_cli.commands.dead_letters import QUEUES, STREAM
from sojourn_cli.local.streams import Discard, Failed, Invoke, Succeeded, Wait, outcome_of
from tests.chaos.curse import CURSE, curse_of
from tests.chaos.dice import Dice
from tests.chaos.faults import CALL, DELIVERED, DONE, LANE, LOOK, SLOWEST, Fates, Faults
from tests.chaos.functions import Functions
from tests.chaos.parts import (
    RECEIVES,
    Killed,
    Letter,
    Line,
    Mailboxes,
    Reports,
    Run,
    SharedPlans,
    Stream,
    WorkQueue,
)
from tests.chaos.providers import Taken
from tests.chaos.shop import documents, plan, shared_plans
from tests.chaos.story import BEGIN, Asked, Happening, Published, Redriven, Sent, story

STORM = 28 * HOUR
"""How long things go wrong."""

CALM = 26 * HOUR
"""How long they then go right: the longest hold, and two hours."""

DIRECTLY = 4
"""In one seed of so many the bus starts ingest itself."""

DEEPEST = 3
"""Functions that wait for one another's answers at once, at most."""


class World:
    """Everything, and the dice."""

    def __init__(
        self,
        seed: int,
        happenings: Sequence[Happening],
        spared: Collection[str] = (),
        *,
        calm: bool = False,
    ) -> None:
        begin = self.begin
        self.seed = seed
        self.outside = tuple(happenings)
        self.happenings = list(happenings)
        self.now = begin
        self.dice = Dice(seed)
        self.faults = Faults(self.dice, spared, begin, harsh=1 + seed % 3, calm=calm)
        self.history = Reports()
        self.mailboxes = Mailboxes(self.history)
        self.history.changes = self.mailboxes.changes
        self.link_keys = FakeLinkKeys()
        self.numbers = FakeNumbers()
        self.directory = FakeDirectory(self.mailboxes)
        self.exports = FakeExports()
        self.stream = Stream(self.mailboxes)
        self.plans = SharedPlans()
        self.plans.publish(StoredPlan(1, self.documents(1), {}, {}), 0)
        self.ingest = Line("IngestQueue", 120 * SECOND)
        self.dispatch = Line("DispatchQueue", 180 * SECOND)
        self.wake = Line("WakeQueue", 180 * SECOND)
        self.rights = Line("RightsQueue", 360 * SECOND)
        self.direct = Line("Direct", 0)
        self.way_in = self.direct if seed % DIRECTLY == DIRECTLY - 1 else self.ingest
        self.lines = (self.ingest, self.dispatch, self.wake, self.rights, self.direct)
        self.dispatch_queue = WorkQueue(self, self.dispatch)
        self.wake_queue = WorkQueue(self, self.wake)
        self.bus, self.letters = FakeBus(), FakeDeadLetters()
        self.curse = curse_of(self.dice, happenings, begin)
        self.taken: list[Taken] = []
        self.handed_over: tuple[str, Message, Instant]
        self.came_in: set[str] = set()
        self.live_from: dict[int, Instant] = {}
        self.buried: list[DeadLetter] = []
        self.given_up: list[int] = []
        self.killed = 0
        self.running: list[Run] = []
        self.log: list[tuple[Instant, int, str]] = []
        self.functions = Functions(self)
        self._letters = 0
        self._look = begin

    begin = BEGIN

    def documents(self, revision: int) -> JsonObject:
        """A revision of the plan, as publishing stores it."""
        return documents(revision)

    def plan(self, revision: int = 1) -> Plan:
        """A revision, compiled."""
        return plan(revision)

    def plans_at(self, _at: Instant) -> list[Plan]:
        """Every plan that a function may decide by at an instant."""
        return [self.plan()]

    # ---- what goes wrong -----------------------------------------------------------------------

    def tell(self, text: str) -> None:
        """Note what happened, for whoever reads a failing seed."""
        self.log.append((self.now, len(self.running), text))

    def call(self, service: str, name: str, function: Callable[[], Any]) -> Any:  # noqa: ANN401 - any port's call
        """Call a port, for better or worse."""
        fates = LOOK if name in {"due", "resting"} else CALL
        fate = self.misfortune(f"{self.running[-1].name}: {name}", fates)
        if fate == "dies before":
            raise Killed
        if fate == "is throttled" or self.faults.out(service, self.now):
            raise Unavailable(f"{name} does not answer")
        answer = function()
        if fate == "dies after":
            raise Killed
        if fate == "loses the answer":
            raise Unavailable(f"{name} did not answer")
        return answer

    def misfortune(self, name: str, fates: Fates) -> str | None:
        """What befalls the function at work at this point; time may pass, others may run."""
        fate = self.faults.fate(name, fates)
        if fate is None:
            return None
        run = self.running[-1]
        if fate == "waits while others run":
            self._others(1)
        elif fate == "is slow":
            self.now += self.dice.number(f"{name} slow", SLOWEST)
            self._others(4)
        else:
            self.tell(f"{name} {fate}")
        if self.now - run.began_at > run.limit:
            self.tell(f"{run.name} runs out of time")
            raise Killed
        return fate

    def _others(self, most: int) -> None:
        """Let other functions do a few things."""
        for _ in range(most if len(self.running) < DEEPEST else 0):
            self.step()

    def attempt(self, name: str, limit: Duration, work: Callable[[], Answer | None]) -> Answer:
        """Run a function; raises Killed or SojournError when it does not come to an answer."""
        self.running.append(Run(name, self.now, limit))
        try:
            return work() or {"batchItemFailures": []}
        except Killed:
            self.killed += 1
            raise
        finally:
            self.running.pop()

    def dies_of(self, customer_id: str) -> None:
        """Die, where this is the customer whose records kill whoever takes them now."""
        if self.curse is None or self.faults.calm or CURSE in self.faults.spared:
            return
        if (
            self.curse.customer == customer_id
            and self.curse.begins_at <= self.now < self.curse.ends_at
        ):
            self.faults.struck[CURSE] = None
            raise Killed

    # ---- queues --------------------------------------------------------------------------------

    def post(self, line: Line, at: Instant, body: str) -> None:
        """Put a message on a queue."""
        self._letters += 1
        name = f"{line.name} {body[:60]}"
        fate = self.faults.fate(name, DELIVERED)
        if fate == "comes late":
            at += self.dice.number(f"{name} late", 5 * MINUTE)
        line.letters.append(Letter(at, body, f"{line.name}-{self._letters}"))
        if fate == "comes twice":
            at += max(0, self.dice.number(f"{name} again", 2 * MINUTE) - MINUTE)
            line.letters.append(Letter(at, body, f"{line.name}-{self._letters} again"))

    def _hand_out(self, line: Line, due: list[Letter]) -> bool:
        """Give a function a batch of a queue; what it does not answer for comes again."""
        if line is self.direct:
            return self.functions.start(due[0])
        if len(due) > 1 and not self.faults.calm:
            due.sort(key=lambda letter: self.dice.draw(f"turn of {letter.body[:60]}")[1])
            due = due[: 1 + self.dice.number(f"batch of {line.name}", min(len(due), 10))]
        for letter in due:
            letter.at = self.now + line.hidden
            letter.receives += 1
        failed = {letter.id for letter in due}
        name = f"{line.name} {due[0].body[:60]}"
        try:
            answer = self.functions.take(line.name, name, due)
        except (Killed, SojournError) as error:
            self.tell(f"{name} fails: {str(error) or 'killed'}")
        else:
            failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
            if self.faults.fate(f"{name} done", DONE):
                failed = {letter.id for letter in due}
        for letter in due:
            if letter.id not in failed:
                line.letters.remove(letter)
            elif letter.receives >= RECEIVES:
                line.letters.remove(letter)
                self.tell(f"{line.name} gives up {letter.body[:60]}")
                self.letters.put(line.name, f"failed {RECEIVES} times", letter.body)
        return True

    def redrive(self) -> None:
        """Put every dead letter back to where it came from, as `sojourn dead-letters redrive`."""
        lines = {line.name: line for line in self.lines}
        letters = self.letters.letters
        if letters:
            self.tell("dead letters go back")
        self.buried += letters
        self.letters.letters = []
        for letter in letters:
            bodies = [letter.body]
            if letter.source == STREAM:
                numbers = json.loads(letter.body)
                bodies = announcing.again([self.mailboxes.changes[each] for each in numbers])
            line = lines[QUEUES.get(letter.source, letter.source)]
            for body in bodies:
                self.post(line, self.now, body)

    # ---- the stream ----------------------------------------------------------------------------

    def _advance(self, number: int) -> bool:
        """Go on with one lane of the stream; False when it has nothing to do now."""
        lane = self.stream.lanes[number]
        if self.functions.busy(f"lane {number}") or self.now < self.stream.stalled[number]:
            return False
        todo = lane.decide(self.now / SECOND)
        match todo:
            case Wait():
                return False
            case Discard():
                self.tell(f"lane {number} gives up {len(todo.records)} records")
                numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in todo.records]
                self.given_up += numbers
                self.letters.put(STREAM, todo.condition, json.dumps(numbers))
            case Invoke():
                numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in todo.records]
                name = f"lane {number}"
                if self.faults.fate(name, LANE):
                    self.tell(f"{name} stalls")
                    stall = self.dice.number(f"{name} stall", 10 * MINUTE)
                    self.stream.stalled[number] = self.now + stall
                    return True
                try:
                    answer = self.functions.take_changes(name, todo.records, numbers)
                except (Killed, SojournError) as error:
                    self.tell(f"{name} fails: {str(error) or 'killed'}")
                    lane.settle(Failed(), self.now / SECOND)
                else:
                    again = self.faults.fate(f"{name} done", DONE)
                    outcome = Failed() if again else outcome_of(answer, todo.records)
                    if not isinstance(outcome, Succeeded):
                        self.tell(f"{name} has to come again: {outcome}")
                    lane.settle(outcome, self.now / SECOND)
        return True

    # ---- the scheduler -------------------------------------------------------------------------

    def step(self) -> bool:
        """Do one thing that is due; False when nothing is."""
        self._happen()
        self.stream.pull(self.now)
        choices: list[tuple[str, Callable[[], bool]]] = [
            (f"lane {number}", partial(self._advance, number))
            for number in range(len(self.stream.lanes))
        ]
        choices += [
            (line.name, partial(self._hand_out, line, due))
            for line in self.lines
            if (due := line.due(self.now))
        ]
        ticks_at = self._ticks_at()
        if ticks_at is not None and ticks_at <= self.now:
            choices.append(("minute", self._tick))
        if not self.faults.calm and len(choices) > 2:
            choices.sort(key=lambda choice: self.dice.draw(f"turn of {choice[0]}")[1])
        return any(do() for _, do in choices)

    def _happen(self) -> None:
        """Let come in what happens outside."""
        while self.happenings and self.happenings[0].at <= self.now:
            item = self.happenings.pop(0)
            self.tell(f"outside: {item.id}")
            match item:
                case Sent():
                    self.came_in.add(item.id)
                    self.post(self.way_in, item.at, item.body)
                case Redriven():
                    self.redrive()
                case Asked():
                    self.came_in.add(item.id)
                    self.post(self.rights, item.at, item.body)
                case Published():
                    before = self.plans.stored()
                    stored = StoredPlan(item.revision, self.documents(item.revision), {}, {})
                    self.plans.publish(stored, before.revision)
                    self.live_from[item.revision] = self.now

    def _tick(self) -> bool:
        """Run wake."""
        self._look = self.now + EVERY
        self.functions.wake()
        return True

    def run(self, until: Instant) -> None:
        """Let everything happen up to an instant."""
        while True:
            while self.step():
                pass
            at = self._next()
            if at is None or at > until:
                self.now = max(self.now, until)
                return
            self.now = max(self.now, at)

    def _next(self) -> Instant | None:
        dues = [item.at for item in self.happenings[:1]]
        for line in self.lines:
            dues += [letter.at for letter in line.letters]
        for lane, stalled in zip(self.stream.lanes, self.stream.stalled, strict=True):
            match lane.decide(self.now / SECOND):
                case Wait(None):
                    pass
                case Wait(seconds) if seconds is not None:
                    dues.append(max(stalled, self.now + int(seconds * SECOND) + 1))
                case _:
                    dues.append(stalled)
        ticks_at = self._ticks_at()
        if ticks_at is not None:
            dues.append(ticks_at)
        return min(dues, default=None)

    def _ticks_at(self) -> Instant | None:
        """When wake looks next; when it would find nothing it is passed over."""
        soonest = self.mailboxes.soonest()
        if any(revision < self.plans.live().thawed for revision in self.mailboxes.rests.values()):
            return max(self._look, self.now)
        return None if soonest is None else max(self._look, soonest - AHEAD)

    def story(self) -> Iterator[str]:
        """What happened, line by line."""
        for at, depth, text in self.log:
            yield f"{format_instant(at)}  {'    ' * depth}{text}"


def a_day_in[W: World](world: W) -> W:
    """A day of storm in a world, its dead letters redriven, then a day in which all settles."""
    with shared_plans():
        world.run(BEGIN + STORM)
        world.faults.calm = True
        world.redrive()
        world.run(BEGIN + STORM + CALM)
    return world


def a_day(
    seed: int,
    spared: Collection[str] = (),
    without: Collection[str] = (),
    *,
    calm: bool = False,
) -> World:
    """A day of storm, then one in which everything settles."""
    happenings = [item for item in story(seed) if item.id not in without]
    world = World(seed, happenings, spared, calm=calm)
    return a_day_in(world)
