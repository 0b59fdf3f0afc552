"""Wake: each minute, customers with timers due soon go to the wake queue."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os

from sojourn.adapters.wiring.wake import wire
from sojourn.runtime.wake import Looked, wake_due

_mailboxes, _wakes, _clock, _plans = wire(os.environ)
_looked = Looked()
gc.freeze()
gc.enable()


def handler(_event: object, _context: object) -> dict[str, int]:
    """Wake who is due; how many there were."""
    return {"woken": wake_due(_mailboxes, _wakes, _clock, _plans, _looked)}
