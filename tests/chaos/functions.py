"""The functions as Lambda runs them: warm environments, each with a clock and a plan."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sojourn.core.errors import SojournError
from sojourn.core.values.instants import MINUTE, SECOND, Duration
from sojourn.fakes.providers import FakePusher
from sojourn.fakes.queues import FakeWorkers
from sojourn.fakes.tombstones import FakeTombstones
from sojourn.runtime.batches import Answer, take_alone, take_bodies, take_changes
from sojourn.runtime.customer.mailbox import Change
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.decisions.wake import MOST_HERE, Looked, wake_due, wake_shard
from sojourn.runtime.incoming.ingest import Ingest
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.messages.providers import Providers
from sojourn.runtime.preferences.links import Links
from sojourn.runtime.rights.forgetting import Forgetting
from sojourn.runtime.rights.requests import Rights
from sojourn_cli.local.streams import Record
from tests.chaos.faults import DONE
from tests.chaos.parts import Killed, Letter, Port, SkewedClock
from tests.chaos.providers import Provider, WatchedDelivery

if TYPE_CHECKING:
    from sojourn.runtime.ports import LinkKeys, Numbers
    from tests.chaos.world import World

SKEW: Duration = SECOND
"""Clocks of AWS are milliseconds off; ours up to a second, either way."""

LIMITS = {
    "ingest": 20 * SECOND,
    "evaluate": 30 * SECOND,
    "dispatch": 30 * SECOND,
    "rights": 60 * SECOND,
}
"""How long a function may run (template.yaml)."""

WAKE_LIMIT = 60 * SECOND
PLAN_AGE = {"ingest": 5 * SECOND, "evaluate": 5 * SECOND, "dispatch": 0, "rights": MINUTE}
"""As wired in sojourn.adapters.wiring."""

WHICH = {
    "IngestQueue": "ingest",
    "DispatchQueue": "dispatch",
    "WakeQueue": "evaluate",
    "RightsQueue": "rights",
}


class Functions:
    """Environments that are kept between invocations and begin anew after a death."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._idle: defaultdict[str, list[Any]] = defaultdict(list)
        self._busy: list[str] = []
        self._made = 0
        self.tombstones = FakeTombstones(
            world.mailboxes, world.history, world.directory, world.numbers, world.plans
        )

    def busy(self, name: str) -> bool:
        """Whether a lane's batch is being worked."""
        return name in self._busy

    def _clock(self) -> SkewedClock:
        self._made += 1
        if self._world.faults.calm:
            return SkewedClock(self._world, 0)
        skew = self._world.dice.number(f"clock {self._made}", 2 * SKEW + 1) - SKEW
        return SkewedClock(self._world, skew)

    def _make(self, which: str) -> Any:  # noqa: ANN401 - one of three
        world, clock = self._world, self._clock()
        mailboxes: Any = Port(world, "table", world.mailboxes)
        history: Any = Port(world, "table", world.history)
        plans: Any = Port(world, "table", world.plans)
        live = LivePlan(plans, clock, PLAN_AGE[which])
        match which:
            case "ingest":
                letters: Any = Port(world, "queues", world.letters)
                who: Any = Port(world, "table", world.directory)
                return Ingest(mailboxes, who, history, live, world.numbers, letters, clock)
            case "evaluate":
                dispatch: Any = Port(world, "queues", world.dispatch_queue)
                wakes: Any = Port(world, "queues", world.wake_queue)
                bus: Any = Port(world, "bus", world.bus)
                return Evaluate(mailboxes, history, live, dispatch, wakes, bus, clock)
            case "rights":
                holders: Any = Port(world, "table", world.directory)
                stones: Any = Port(world, "table", self.tombstones)
                exports: Any = Port(world, "table", world.exports)
                told: Any = Port(world, "bus", world.bus)
                forgetting = Forgetting(mailboxes, holders, history, live, stones, exports)
                return Rights(mailboxes, holders, history, forgetting, stones, exports, told, clock)
            case _:
                provider, keys = Provider(world), Port(world, "table", world.link_keys)
                delivery = WatchedDelivery(
                    Providers(provider, provider, FakePusher()),
                    cast("Numbers", Port(world, "table", world.numbers)),
                    "shop@shop.example",
                    Links(cast("LinkKeys", keys), clock),
                    "https://shop.example",
                )
                delivery.world = world
                return Dispatch(mailboxes, history, live, delivery, clock)

    def _in(self, which: str, name: str, work: Callable[[Any], Answer]) -> Answer:
        """Work in an environment; one that died is not used again."""
        idle = self._idle[which]
        environment = idle.pop() if idle else self._make(which)
        answer: Answer | SojournError
        try:
            answer = self._world.attempt(name, LIMITS[which], lambda: work(environment))
        except SojournError as error:
            answer = error
        idle.append(environment)
        if isinstance(answer, SojournError):
            raise answer
        return answer

    def take(self, line: str, name: str, letters: Sequence[Letter]) -> Answer:
        """A queue's batch, as the handlers take it."""
        records = [{"messageId": letter.id, "body": letter.body} for letter in letters]
        which = WHICH[line]
        dead_letters: Any = Port(self._world, "queues", self._world.letters)

        def work(environment: Any) -> Answer:  # noqa: ANN401 - one of three
            if which == "evaluate":
                answer = take_bodies(which, records, environment.wake, dead_letters)
                environment.flush()
                return answer
            if which == "dispatch":
                environment.begin()
            return take_bodies(which, records, environment.take, dead_letters)

        return self._in(which, name, work)

    def start(self, letter: Letter) -> bool:
        """Ingest, started by a rule; what it does not take is put on its queue."""
        world, name = self._world, f"Direct {letter.body[:60]}"
        world.direct.letters.remove(letter)
        dead_letters: Any = Port(world, "queues", world.letters)
        try:
            event = json.loads(letter.body)
        except ValueError:
            event = None
        if not isinstance(event, dict):  # no bus lets it in
            world.post(world.ingest, world.now, letter.body)
            return True

        def work(environment: Ingest) -> Answer:
            take_alone("ingest", event, environment.take, dead_letters)
            return {"batchItemFailures": []}

        try:
            self._in("ingest", name, work)
            taken = not world.faults.fate(f"{name} done", DONE)
        except (Killed, SojournError) as error:
            world.tell(f"{name} fails: {str(error) or 'killed'}")
            taken = False
        if not taken:
            record = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": event}
            world.post(world.ingest, world.now, json.dumps(record))
        return True

    def take_changes(self, lane: str, records: Sequence[Record], numbers: Sequence[int]) -> Answer:
        """A batch of the table's stream, as evaluate's handler takes it."""
        changes = self._world.mailboxes.changes
        dead_letters: Any = Port(self._world, "queues", self._world.letters)

        def change_of(record: Mapping[str, Any]) -> Change:
            return changes[int(record["dynamodb"]["SequenceNumber"])]

        def take(environment: Evaluate, found: Sequence[Change]) -> None:
            self._world.dies_of(found[0].after.customer_id)
            environment.take(found)

        def work(environment: Evaluate) -> Answer:
            answer = take_changes(
                "evaluate",
                records,
                lambda record: change_of(record).after.customer_id,
                change_of,
                partial(take, environment),
                dead_letters,
            )
            environment.flush()
            return answer

        self._busy.append(lane)
        try:
            return self._in("evaluate", f"{lane} from {numbers[0]}", work)
        finally:
            self._busy.remove(lane)

    def wake(self) -> None:
        """The schedule's tick; with odd seeds every shard is full at once."""
        world, fake = self._world, FakeWorkers()
        mailboxes: Any = Port(world, "table", world.mailboxes)
        wakes: Any = Port(world, "queues", world.wake_queue)
        workers: Any = Port(world, "queues", fake)
        plans: Any = Port(world, "table", world.plans)
        most_here = 1 if world.seed % 2 else MOST_HERE
        clock = self._clock()

        def work() -> None:
            wake_due(mailboxes, wakes, workers, clock, plans, Looked(), most_here)

        def work_shard(shard: int) -> None:
            wake_shard(mailboxes, wakes, clock, plans, shard)

        self._try_wake(work)
        for shard in fake.shards:
            self._try_wake(partial(work_shard, shard))

    def _try_wake(self, work: Callable[[], None]) -> None:
        """Run a worker of wake; nobody starts it again."""
        try:
            self._world.attempt("wake", WAKE_LIMIT, work)
        except (Killed, SojournError) as error:
            self._world.tell(f"wake fails: {str(error) or 'killed'}")
