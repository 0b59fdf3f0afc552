"""Wake: every two minutes, customers with timers due soon go to the wake queue."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os

from sojourn.adapters.wiring.wake import wire
from sojourn.adapters.workers import shard_in
from sojourn.runtime.decisions.wake import Looked, wake_due, wake_shard

_mailboxes, _wakes, _workers, _clock, _plans = wire(os.environ)
_looked = Looked()
gc.freeze()
gc.enable()


def handler(event: object, _context: object) -> dict[str, int]:
    """Wake who is due, or who is of the one shard this worker was started for; how many."""
    shard = shard_in(event)
    if shard is not None:
        return {"woken": wake_shard(_mailboxes, _wakes, _clock, _plans, shard)}
    return {"woken": wake_due(_mailboxes, _wakes, _workers, _clock, _plans, _looked)}
