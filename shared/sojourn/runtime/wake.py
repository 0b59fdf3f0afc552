"""Wake: each minute, timers due soon go to the wake queue, delayed to fire on the second.

Whoever waited for the end of a pause is brought up when one has ended.
"""

from collections import defaultdict

from sojourn.core.instants import SECOND
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


def wake_due(mailboxes: Mailboxes, wakes: Queue, clock: Clock, plans: Plans) -> int:
    """Put every customer whose timer is due soon on the wake queue; how many there were."""
    now = clock.now()
    by_delay: defaultdict[int, list[str]] = defaultdict(list)
    for shard in range(SHARDS):
        for customer_id, due_at in mailboxes.due(shard, now + AHEAD, MOST_PER_SHARD):
            delay_seconds = max(0, -(-(due_at - now) // SECOND))
            by_delay[delay_seconds].append(body_of(customer_id))
    thawed = plans.live().thawed
    for shard in range(SHARDS if thawed else 0):
        rested = mailboxes.resting(shard, thawed, MOST_RESTED_PER_SHARD)
        for place, (customer_id, revision) in enumerate(rested):
            delay_seconds = place * MINUTE_SECONDS // len(rested)
            by_delay[delay_seconds].append(body_rested(customer_id, revision, thawed))
    for delay_seconds, bodies in sorted(by_delay.items()):
        wakes.put(bodies, delay_seconds)
    return sum(len(bodies) for bodies in by_delay.values())
