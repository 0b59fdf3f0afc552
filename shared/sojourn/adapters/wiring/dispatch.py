"""What dispatch works over."""

from collections.abc import Mapping

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.link_keys import DynamoDbLinkKeys
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.numbers import DynamoDbNumbers
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.ses import SesMailer
from sojourn.adapters.sns import SnsPusher, SnsTexter
from sojourn.adapters.sqs import SqsDeadLetters
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.messages.delivery import Delivery
from sojourn.runtime.messages.dispatch import Dispatch
from sojourn.runtime.messages.providers import Providers
from sojourn.runtime.preferences.links import Links

PLAN_AGE = 0
"""Looked up before every message: a paused journey sends nothing from that moment on."""


def wire(environment: Mapping[str, str]) -> tuple[Dispatch, SqsDeadLetters]:
    """Dispatch over AWS, and its dead letters."""
    session = clients.aws()
    dynamodb, sns = clients.dynamodb(session), clients.sns(session)
    clock = SystemClock()
    table = environment["TABLE_NAME"]
    history = DynamoDbHistory(dynamodb, table, int(environment["EVENT_RETENTION_DAYS"]))
    dispatch = Dispatch(
        DynamoDbMailboxes(dynamodb, table, history),
        history,
        LivePlan(DynamoDbPlans(dynamodb, table, clock), clock, PLAN_AGE),
        Delivery(
            Providers(
                SesMailer(clients.ses(session), environment["CONFIGURATION_SET"], clock),
                SnsTexter(sns, clock),
                SnsPusher(sns, clock),
            ),
            DynamoDbNumbers(dynamodb, table),
            environment["SENDER_EMAIL"],
            Links(DynamoDbLinkKeys(dynamodb, table), clock),
            environment["PREFERENCES_URL"],
        ),
        clock,
    )
    sqs = clients.sqs(session)
    return dispatch, SqsDeadLetters(sqs, environment["DEAD_LETTER_QUEUE_URL"])
