"""What ingest works over."""

from collections.abc import Mapping

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.numbers import DynamoDbNumbers
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.sqs import SqsDeadLetters
from sojourn.runtime.incoming.ingest import Ingest
from sojourn.runtime.live_plan import PLAN_AGE, LivePlan


def wire(environment: Mapping[str, str]) -> tuple[Ingest, SqsDeadLetters]:
    """Ingest over AWS, and its dead letters."""
    session = clients.aws()
    dynamodb = clients.dynamodb(session)
    clock = SystemClock()
    table = environment["TABLE_NAME"]
    history = DynamoDbHistory(dynamodb, table, int(environment["EVENT_RETENTION_DAYS"]))
    dead_letters = SqsDeadLetters(clients.sqs(session), environment["DEAD_LETTER_QUEUE_URL"])
    live = LivePlan(DynamoDbPlans(dynamodb, table, clock), clock, PLAN_AGE)
    mailboxes = DynamoDbMailboxes(dynamodb, table, history)
    numbers = DynamoDbNumbers(dynamodb, table)
    directory = DynamoDbDirectory(dynamodb, table)
    return Ingest(mailboxes, directory, history, live, numbers, dead_letters, clock), dead_letters
