"""Workers: what Lambda is asked, and for which shard a worker finds that it was started."""

import json
from typing import TYPE_CHECKING

import pytest

from sojourn.adapters import clients
from sojourn.adapters.workers import LambdaWorkers, shard_in
from sojourn.core.errors import Unavailable
from sojourn.runtime.customer.mailbox import SHARDS
from tests.adapters.answers import answering, refused, said

if TYPE_CHECKING:
    from botocore.session import Session

FUNCTION = "shop-wake"


def test_a_worker_is_started_and_not_waited_for(plain_session: "Session") -> None:
    client = clients.functions(plain_session)
    with answering(client, said(202, "")) as requests:
        LambdaWorkers(client, FUNCTION).look(7)
    [request] = requests
    assert request.url.endswith(f"/functions/{FUNCTION}/invocations")
    assert request.headers["X-Amz-Invocation-Type"] == b"Event"
    assert shard_in(json.loads(request.body or b""))  # type: ignore[arg-type]  # bytes or text == 7


def test_a_worker_that_cannot_be_started_now_is_found_wanting_by_the_next_look(
    plain_session: "Session",
) -> None:
    client = clients.functions(plain_session)
    full = [refused(429, "TooManyRequestsException")] * 3
    with answering(client, *full), pytest.raises(Unavailable, match="shard 7"):
        LambdaWorkers(client, FUNCTION).look(7)


@pytest.mark.parametrize(
    "event", [{}, {"id": "e", "detail": {}}, {"shard": "7"}, {"shard": SHARDS}, {"shard": -1}, None]
)
def test_any_other_start_looks_at_every_shard(event: object) -> None:
    assert shard_in(event) is None
