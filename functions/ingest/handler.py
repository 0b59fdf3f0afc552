"""Ingest: envelopes from the bus, by the ingest queue or directly, become customers' events."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os
from typing import Any

from sojourn.adapters.wiring.ingest import wire
from sojourn.runtime.batches import Answer, take_alone, take_bodies

_ingest, _dead_letters = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> Answer | None:
    """Take each record of the queue, or the one event of a rule; what should come again is told."""
    if "Records" in event:
        return take_bodies("ingest", event["Records"], _ingest.take, _dead_letters)
    take_alone("ingest", event, _ingest.take, _dead_letters)
    return None
