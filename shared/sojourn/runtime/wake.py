"""Wake: each minute, timers due soon go to the wake queue, delayed to fire on the second.

Whoever waited for the end of a pause is brought up when one has ended.
"""

from collections import defaultdict
from collections.abc import Iterator

from sojourn.core.instants import MINUTE, SECOND, Duration, Instant
from sojourn.runtime.deciding import body_of
from sojourn.runtime.mailbox import SHARDS
from sojourn.runtime.ports import Clock, Mailboxes, Plans, Queue
from sojourn.runtime.resting import body_rested

AHEAD = 90 * SECOND
"""How far ahead timers are fetched: a minute, and half of one for a schedule that comes late."""

MOST_PER_SHARD = 50_000
"""Timers fetched from one shard at a time; what is left is overdue and comes first next minute."""

MOST_RESTED_PER_SHARD = 5_000
"""Of those whom a pause let rest: 80,000 a minute, fewer than evaluate looks at meanwhile, so that
nobody else's timer waits behind them."""

MINUTE_SECONDS = 60

SETTLED: Duration = 5 * MINUTE
"""How long after a pause has ended somebody may still be put to rest under a plan from before: by
an evaluate that goes by a plan of seconds ago, and runs for half a minute at most."""


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


def wake_due(
    mailboxes: Mailboxes, wakes: Queue, clock: Clock, plans: Plans, looked: Looked | None = None
) -> int:
    """Put every customer whose timer is due soon on the wake queue; how many there were."""
    now = clock.now()
    by_delay: defaultdict[int, list[str]] = defaultdict(list)
    for shard in range(SHARDS):
        for customer_id, due_at in mailboxes.due(shard, now + AHEAD, MOST_PER_SHARD):
            delay_seconds = max(0, -(-(due_at - now) // SECOND))
            by_delay[delay_seconds].append(body_of(customer_id))
    for delay_seconds, body in _rested(mailboxes, plans.live().thawed, now, looked or Looked()):
        by_delay[delay_seconds].append(body)
    for delay_seconds, bodies in sorted(by_delay.items()):
        wakes.put(bodies, delay_seconds)
    return sum(len(bodies) for bodies in by_delay.values())


def _rested(
    mailboxes: Mailboxes, thawed: int, now: Instant, looked: Looked
) -> Iterator[tuple[int, str]]:
    """Wake-ups for those who rested before the last pause ended, each with its delay in seconds."""
    if thawed != looked.thawed:
        looked.thawed, looked.since, looked.is_over = thawed, now, False
    if not thawed or looked.is_over:
        return
    anybody = False
    for shard in range(SHARDS):
        rested = mailboxes.resting(shard, thawed, MOST_RESTED_PER_SHARD)
        anybody |= bool(rested)
        for place, (customer_id, revision) in enumerate(rested):
            yield place * MINUTE_SECONDS // len(rested), body_rested(customer_id, revision, thawed)
    looked.is_over = not anybody and now - looked.since >= SETTLED
