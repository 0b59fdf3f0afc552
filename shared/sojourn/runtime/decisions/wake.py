"""Wake: every two minutes, timers due soon go to the wake queue, delayed to fire on the second.

Whoever waited for the end of a pause is brought up when one has ended. A shard of the index with
more than a few is left to a worker of its own, so that many shards are worked at once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import batched

from sojourn.core.values.instants import MINUTE, SECOND, Duration, Instant
from sojourn.runtime.customer.mailbox import SHARDS
from sojourn.runtime.decisions.deciding import body_of
from sojourn.runtime.decisions.resting import body_rested
from sojourn.runtime.ports import Clock, Mailboxes, Plans, Queue, Workers

EVERY = 2 * MINUTE
"""How often wake is started (template.yaml): each look at all shards costs, whoever sleeps."""

AHEAD = EVERY + 30 * SECOND
"""How far ahead timers are fetched: till the next look, and half a minute if that comes late."""

MOST_HERE = 500
"""Timers of one shard, and of those who rest in it, that are put by whoever looked at all shards:
at 10 ms a request of ten, 32 shards take 16 seconds."""

MOST_PER_SHARD = 50_000
"""Timers that a worker of one shard fetches: 5,000 requests of ten, at 10 ms in 50 of its 60
seconds. What is left is overdue and comes first the next time."""

MOST_RESTED_PER_SHARD = 5_000
"""Of those whom a pause let rest: 80,000 a minute, fewer than evaluate looks at meanwhile, so that
nobody else's timer waits behind them."""

AT_ONCE = 500
"""Bodies put between two looks at the clock: half a second, so that none comes much later for
having been put late."""

SETTLED: Duration = 5 * MINUTE
"""How long after a pause has ended somebody may still be put to rest under a plan from before: by
an evaluate that goes by a plan of seconds ago, and runs for half a minute at most."""

type Due = tuple[Instant, str]
"""When a wake-up is due, and its body."""


class Looked:
    """What one worker remembers: by which revision a pause ended last, since when it knows that.

    ``is_over`` once nobody is left who rested before: the shards are asked no more, which would
    cost six cents a month. Another worker asks them again.
    """

    __slots__ = ("is_over", "since", "thawed")

    def __init__(self) -> None:
        """Begin without knowing of any pause."""
        self.thawed = 0
        self.since: Instant = 0
        self.is_over = False

    def asks(self, thawed: int, now: Instant) -> bool:
        """Whether somebody may still rest who rested before the pause that ended last."""
        if thawed != self.thawed:
            self.thawed, self.since, self.is_over = thawed, now, False
        return bool(thawed) and not self.is_over

    def found_nobody(self, now: Instant) -> None:
        """Note that none was left in any shard."""
        self.is_over = now - self.since >= SETTLED


def wake_due(  # noqa: PLR0913 - one port for each thing it touches
    mailboxes: Mailboxes,
    wakes: Queue,
    workers: Workers,
    clock: Clock,
    plans: Plans,
    looked: Looked,
    most_here: int = MOST_HERE,
) -> int:
    """Put every customer whose timer is due soon on the wake queue; how many there were.

    Those of a shard with ``most_here`` or more are put by another worker. They come last: when none
    can be started, only these wait for the next look.
    """
    now = clock.now()
    thawed = plans.live().thawed
    asks = looked.asks(thawed, now)
    dues: list[Due] = []
    full: list[int] = []
    anybody = False
    for shard in range(SHARDS):
        due = mailboxes.due(shard, now + AHEAD, most_here)
        rested = mailboxes.resting(shard, thawed, most_here) if asks else ()
        anybody |= bool(rested)
        if most_here in {len(due), len(rested)}:
            full.append(shard)
            continue
        dues += _dues(due, rested, thawed, now)
    if asks and not anybody:
        looked.found_nobody(now)
    _put(wakes, clock, dues)
    for shard in full:
        workers.look(shard)
    return len(dues)


def wake_shard(mailboxes: Mailboxes, wakes: Queue, clock: Clock, plans: Plans, shard: int) -> int:
    """Put everybody of one full shard on the wake queue; how many there were."""
    now = clock.now()
    thawed = plans.live().thawed
    due = mailboxes.due(shard, now + AHEAD, MOST_PER_SHARD)
    rested = mailboxes.resting(shard, thawed, MOST_RESTED_PER_SHARD) if thawed else ()
    dues = list(_dues(due, rested, thawed, now))
    _put(wakes, clock, dues)
    return len(dues)


def _dues(
    due: Sequence[tuple[str, Instant]],
    rested: Sequence[tuple[str, int]],
    thawed: int,
    now: Instant,
) -> Iterator[Due]:
    """Wake-ups for whom one shard has; for those who rested, spread until the next look."""
    for customer_id, due_at in due:
        yield due_at, body_of(customer_id)
    for place, (customer_id, revision) in enumerate(rested):
        yield now + place * EVERY // len(rested), body_rested(customer_id, revision, thawed)


def _put(wakes: Queue, clock: Clock, dues: Sequence[Due]) -> None:
    """Put wake-ups on the queue, the earliest first, delayed to the second and never early."""
    by_second: defaultdict[int, list[str]] = defaultdict(list)
    overdue = clock.now() // SECOND
    for due_at, body in dues:
        by_second[max(overdue, -(-due_at // SECOND))].append(body)
    for second, bodies in sorted(by_second.items()):
        for some in batched(bodies, AT_ONCE, strict=False):
            wait = second * SECOND - clock.now()
            wakes.put(some, max(0, -(-wait // SECOND)))
