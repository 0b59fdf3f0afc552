"""Publish: what was uploaded to the workspace bucket becomes live."""

import json
import os
from typing import Any

from sojourn.adapters.wiring.publish import wire

_publish = wire(os.environ)


def handler(event: dict[str, Any], _context: object) -> None:
    """Publish once for the whole batch; when it fails, the batch comes again."""
    _publish.take(
        json.loads(record["body"])["detail"]["object"]["key"] for record in event["Records"]
    )
