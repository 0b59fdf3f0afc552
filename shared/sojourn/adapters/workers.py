"""More workers of wake: the function starts itself anew, once for each full shard."""

import json
from typing import TYPE_CHECKING

from sojourn.adapters.translation import translating
from sojourn.runtime.customer.mailbox import SHARDS

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

SHARD = "shard"


class LambdaWorkers:
    """The port Workers on Lambda; the call is queued there, and nobody waits for its end."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        """Start the function of that name."""
        self._client = client
        self._function = function

    def look(self, shard: int) -> None:
        """See Workers."""
        with translating(f"starting a worker for shard {shard}"):
            self._client.invoke(
                FunctionName=self._function,
                InvocationType="Event",
                Payload=json.dumps({SHARD: shard}).encode(),
            )


def shard_in(event: object) -> int | None:
    """Which shard a worker was started for; None for the schedule's own start."""
    shard = event.get(SHARD) if isinstance(event, dict) else None
    return shard if isinstance(shard, int) and shard in range(SHARDS) else None
