"""What evaluate works over."""

from collections.abc import Mapping

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.events import EventBridgeBus
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.sqs import SqsDeadLetters, SqsQueue
from sojourn.runtime.decisions.evaluate import Evaluate
from sojourn.runtime.live_plan import PLAN_AGE, LivePlan


def wire(environment: Mapping[str, str]) -> tuple[Evaluate, SqsDeadLetters]:
    """Evaluate over AWS, and its dead letters."""
    session = clients.aws()
    dynamodb, sqs = clients.dynamodb(session), clients.sqs(session)
    clock = SystemClock()
    table = environment["TABLE_NAME"]
    history = DynamoDbHistory(dynamodb, table, int(environment["EVENT_RETENTION_DAYS"]))
    evaluate = Evaluate(
        DynamoDbMailboxes(dynamodb, table, history),
        history,
        LivePlan(DynamoDbPlans(dynamodb, table, clock), clock, PLAN_AGE),
        SqsQueue(sqs, environment["DISPATCH_QUEUE_URL"]),
        SqsQueue(sqs, environment["WAKE_QUEUE_URL"]),
        EventBridgeBus(clients.events(session), environment["EVENT_BUS_NAME"]),
        clock,
    )
    return evaluate, SqsDeadLetters(sqs, environment["DEAD_LETTER_QUEUE_URL"])
