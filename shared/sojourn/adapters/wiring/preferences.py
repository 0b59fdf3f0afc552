"""What preferences works over."""

from collections.abc import Mapping

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.sqs import SqsQueue
from sojourn.core.values.instants import MINUTE
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.preferences.links import Links
from sojourn.runtime.preferences.requests import Preferences

PLAN_AGE = MINUTE
"""How old the plan may be whose categories the page shows."""

_WRITES_NO_HISTORY = 0


def wire(environment: Mapping[str, str]) -> Preferences:
    """Preferences over AWS."""
    session = clients.aws()
    dynamodb = clients.dynamodb(session)
    clock = SystemClock()
    table = environment["TABLE_NAME"]
    history = DynamoDbHistory(dynamodb, table, _WRITES_NO_HISTORY)
    return Preferences(
        DynamoDbMailboxes(dynamodb, table, history),
        LivePlan(DynamoDbPlans(dynamodb, table, clock), clock, PLAN_AGE),
        Links(DynamoDbLinkKeys(dynamodb, table), clock),
        SqsQueue(clients.sqs(session), environment["INGEST_QUEUE_URL"]),
        clock,
    )
