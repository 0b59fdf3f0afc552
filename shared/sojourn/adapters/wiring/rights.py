"""What rights works over."""

from collections.abc import Mapping

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.events import EventBridgeBus
from sojourn.adapters.exports import S3Exports
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.sqs import SqsDeadLetters
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.core.values.instants import MINUTE
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.rights.forgetting import Forgetting
from sojourn.runtime.rights.requests import Rights

PLAN_AGE = MINUTE
"""How old the plan may be; facts about addresses are read by it, which no plan changes."""


def wire(environment: Mapping[str, str]) -> tuple[Rights, SqsDeadLetters]:
    """Rights over AWS, and its dead letters."""
    session = clients.aws()
    dynamodb = clients.dynamodb(session)
    clock = SystemClock()
    table, kept_days = environment["TABLE_NAME"], int(environment["EVENT_RETENTION_DAYS"])
    history = DynamoDbHistory(dynamodb, table, kept_days)
    mailboxes = DynamoDbMailboxes(dynamodb, table, history)
    directory = DynamoDbDirectory(dynamodb, table)
    tombstones = DynamoDbTombstones(dynamodb, table, kept_days)
    exports = S3Exports(clients.s3(session), environment["WORKSPACE_BUCKET"])
    live = LivePlan(DynamoDbPlans(dynamodb, table, clock), clock, PLAN_AGE)
    bus = EventBridgeBus(clients.events(session), environment["EVENT_BUS_NAME"])
    rights = Rights(
        mailboxes,
        directory,
        history,
        Forgetting(mailboxes, directory, history, live, tombstones, exports),
        tombstones,
        exports,
        bus,
        clock,
    )
    sqs = clients.sqs(session)
    return rights, SqsDeadLetters(sqs, environment["DEAD_LETTER_QUEUE_URL"])
