"""Dispatch: customers with messages that want to go, from the dispatch queue."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os
from typing import Any

from sojourn.adapters.wiring.dispatch import wire
from sojourn.runtime.batches import Answer, take_bodies

_dispatch, _dead_letters = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> Answer:
    """Take each record; what should come again is reported."""
    _dispatch.begin()
    return take_bodies("dispatch", event["Records"], _dispatch.take, _dead_letters)
