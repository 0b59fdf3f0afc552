"""A slow reader of the stream."""

import threading
from typing import Any

SECONDS = 2.0


def handler(event: dict[str, Any], _context: object) -> None:
    for record in event["Records"]:
        if "slow" in record["dynamodb"].get("NewImage", {}):
            threading.Event().wait(SECONDS)
