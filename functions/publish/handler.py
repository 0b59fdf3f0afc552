"""Publish: what was uploaded to the workspace bucket becomes live."""

import gc

gc.disable()  # until everything is loaded: docs/decisions/0008-cold-start.md

import json
import os
from typing import Any

from sojourn.adapters.wiring.publish import wire

_publish = wire(os.environ)
gc.freeze()
gc.enable()


def handler(event: dict[str, Any], _context: object) -> None:
    """Publish once for the whole batch; when it fails, the batch comes again."""
    _publish.take(
        json.loads(record["body"])["detail"]["object"]["key"] for record in event["Records"]
    )
