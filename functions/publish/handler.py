"""Publish: what was uploaded to the workspace bucket becomes live."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import os
from typing import Any

from sojourn.adapters.wiring.publish import wire
from sojourn.runtime.batches import Answer, take_uploads

_publish = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> Answer:
    """Publish once for the whole batch; when it fails, the batch comes again."""
    return take_uploads("publish", event["Records"], _publish.take)
