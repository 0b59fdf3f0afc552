"""A reader of the stream that is done with a slow item when another says so."""

import os
import threading
from typing import Any

import boto3

LOOK_SECONDS = 0.05

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> None:
    for record in event["Records"]:
        if "slow" in record["dynamodb"].get("NewImage", {}):
            wait_for(f"{record['dynamodb']['Keys']['pk']['S']}-done")


def wait_for(pk: str) -> None:
    """Return once there is such an item; the function's timeout is the bound."""
    while "Item" not in table.get_item(Key={"pk": pk}, ConsistentRead=True):
        threading.Event().wait(LOOK_SECONDS)
