"""Wake: each minute, timers due soon go to the wake queue, delayed to fire on the second."""

from collections import defaultdict

from sojourn.core.instants import SECOND
from sojourn.runtime.deciding import body_of
from sojourn.runtime.mailbox import SHARDS
from sojourn.runtime.ports import Clock, Mailboxes, Queue

AHEAD = 90 * SECOND
"""How far ahead timers are fetched: a minute, and half of one for a schedule that comes late."""

MOST_PER_SHARD = 50_000
"""Timers fetched from one shard at a time; what is left is overdue and comes first next minute."""


def wake_due(mailboxes: Mailboxes, wakes: Queue, clock: Clock) -> int:
    """Put every customer whose timer is due soon on the wake queue; how many there were."""
    now = clock.now()
    by_delay: defaultdict[int, list[str]] = defaultdict(list)
    for shard in range(SHARDS):
        for customer_id, due_at in mailboxes.due(shard, now + AHEAD, MOST_PER_SHARD):
            delay_seconds = max(0, -(-(due_at - now) // SECOND))
            by_delay[delay_seconds].append(body_of(customer_id))
    for delay_seconds, bodies in sorted(by_delay.items()):
        wakes.put(bodies, delay_seconds)
    return sum(len(bodies) for bodies in by_delay.values())
