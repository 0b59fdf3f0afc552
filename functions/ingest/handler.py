"""Ingest: envelopes from the ingest queue become events of their customers."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os
from typing import Any

from sojourn.adapters.wiring.ingest import wire
from sojourn.runtime.batches import Answer, take_bodies

_ingest, _dead_letters = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> Answer:
    """Take each record; what should come again is reported."""
    return take_bodies("ingest", event["Records"], _ingest.take, _dead_letters)
