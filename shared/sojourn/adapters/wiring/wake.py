"""What wake works over."""

from collections.abc import Mapping

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.sqs import SqsQueue
from sojourn.adapters.workers import LambdaWorkers

_WRITES_NO_HISTORY = 0


def wire(
    environment: Mapping[str, str],
) -> tuple[DynamoDbMailboxes, SqsQueue, LambdaWorkers, SystemClock, DynamoDbPlans]:
    """The customer items, the wake queue, more workers, the clock and what is live."""
    session = clients.aws()
    dynamodb = clients.dynamodb(session)
    table = environment["TABLE_NAME"]
    history = DynamoDbHistory(dynamodb, table, _WRITES_NO_HISTORY)
    wakes = SqsQueue(clients.sqs(session), environment["WAKE_QUEUE_URL"])
    workers = LambdaWorkers(clients.functions(session), environment["WAKE_FUNCTION_NAME"])
    clock = SystemClock()
    plans = DynamoDbPlans(dynamodb, table, clock)
    return DynamoDbMailboxes(dynamodb, table, history), wakes, workers, clock, plans
