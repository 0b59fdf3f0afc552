"""The parts of an AWS that misbehaves: ports, queues, a stream, providers, all in memory."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from zlib import crc32

from sojourn.core.errors import Unavailable
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import SECOND, Duration, Instant
from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.fakes.plans import FakePlans
from sojourn.fakes.queues import LONGEST_DELAY_SECONDS
from sojourn.runtime.customer.mailbox import Change
from sojourn_cli.local.streams import Lane, LaneSettings, Record

if TYPE_CHECKING:
    from tests.chaos.world import World

RECEIVES = 5
"""How often a queue hands out one message before it is a dead letter (template.yaml)."""

LANES = 2
STREAM = LaneSettings(batch_size=100, retries=10, bisects=True)
"""As template.yaml has it, with fewer lanes for fewer customers."""


class Killed(BaseException):
    """The process died here."""


class Port:
    """A port whose every call may go wrong."""

    def __init__(self, world: "World", service: str, inner: object) -> None:
        self._world = world
        self._service = service
        self._inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(self._inner, name)

        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's call
            return self._world.call(self._service, name, lambda: function(*arguments, **named))

        self.__dict__[name] = call
        return call


class SkewedClock:
    """A machine's clock, a little off."""

    def __init__(self, world: "World", skew: Duration) -> None:
        self._world = world
        self._skew = skew

    def now(self) -> Instant:
        """See Clock."""
        return self._world.now + self._skew


class Reports(FakeHistory):
    """The history; of each report that it keeps, how many changes the table had had before."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: Sequence[Change] = ()
        self.told: dict[str, int] = {}

    def keep(self, customer_id: str, event: Event, *, is_user: bool = False) -> None:
        """See History."""
        super().keep(customer_id, event, is_user=is_user)
        message = event.properties.get("message_id")
        if isinstance(message, str):
            self.told.setdefault(message, len(self.changes))


class Mailboxes(FakeMailboxes):
    """Customer items that tell when the next timer is due."""

    def soonest(self) -> Instant | None:
        """The earliest instant in the timer index."""
        dues = [item.timer_at for item in self._items.values() if item.timer_at is not None]
        return min(dues, default=None)

    def customers(self) -> list[str]:
        """Everybody there is."""
        return sorted(self._items)


class SharedPlans(FakePlans):
    """Revisions whose documents all seeds share: they are compiled once."""

    def documents(self, revision: int) -> JsonObject:
        """See Plans."""
        if revision not in self._stored:
            raise Unavailable(f"revision {revision} of the plan is not stored")
        return self._stored[revision].documents


@dataclass(slots=True)
class Letter:
    """A message on a queue, to be seen from ``at`` on."""

    at: Instant
    body: str
    id: str
    receives: int = 0


@dataclass(slots=True)
class Line:
    """A queue; what is not acknowledged is seen again after ``hidden``."""

    name: str
    hidden: Duration
    letters: list[Letter] = field(default_factory=list)

    def due(self, now: Instant) -> list[Letter]:
        """What can be seen."""
        return [letter for letter in self.letters if letter.at <= now]


@dataclass(frozen=True, slots=True)
class Run:
    """A function at work."""

    name: str
    began_at: Instant
    limit: Duration


class WorkQueue:
    """The port Queue, onto a line; some of it comes twice or late."""

    def __init__(self, world: "World", line: Line) -> None:
        self._world = world
        self._line = line

    def put(self, bodies: Sequence[str], delay_seconds: int = 0) -> None:
        """See Queue."""
        assert 0 <= delay_seconds <= LONGEST_DELAY_SECONDS
        for body in bodies:
            self._world.post(self._line, self._world.now + delay_seconds * SECOND, body)


class Shard:
    """The records of one lane of the table's stream."""

    def __init__(self) -> None:
        self.records: list[tuple[int, Record]] = []

    def read(self, position: int, limit: int) -> Sequence[tuple[int, Record]]:
        """See Stream."""
        start = bisect_left(self.records, position, key=itemgetter(0))
        return self.records[start : start + limit]


class Stream:
    """The table's stream: each change once, those of one customer always in the same lane."""

    def __init__(self, mailboxes: FakeMailboxes) -> None:
        self._mailboxes = mailboxes
        self._pulled = 0
        self._shards = [Shard() for _ in range(LANES)]
        self.lanes = [Lane(shard, 0, STREAM) for shard in self._shards]
        self.stalled: list[Instant] = [0] * LANES

    def pull(self, now: Instant) -> None:
        """Hand out what was written since."""
        changes = self._mailboxes.changes
        for index in range(self._pulled, len(changes)):
            record = {
                "dynamodb": {
                    "SequenceNumber": str(index),
                    "ApproximateCreationDateTime": now / SECOND,
                }
            }
            lane = crc32(changes[index].after.customer_id.encode()) % LANES
            self._shards[lane].records.append((index, record))
        self._pulled = len(changes)
