"""Rights: what is asked for about one customer, from the rights queue."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os
from typing import Any

from sojourn.adapters.wiring.rights import wire
from sojourn.runtime.batches import Answer, take_bodies

_rights, _dead_letters = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> Answer:
    """Take each record; what should come again is reported."""
    return take_bodies("rights", event["Records"], _rights.take, _dead_letters)
