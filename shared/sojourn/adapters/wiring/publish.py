"""What publish works over."""

from collections.abc import Mapping
from threading import Event

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.events import EventBridgeBus
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.adapters.s3 import S3Workspace
from sojourn.core.values.instants import SECOND
from sojourn.runtime.workspace.publishing import Publish


def wire(environment: Mapping[str, str]) -> Publish:
    """Publish over AWS."""
    session = clients.aws()
    clock = SystemClock()
    dynamodb = clients.dynamodb(session)
    kept_days = int(environment["EVENT_RETENTION_DAYS"])
    return Publish(
        S3Workspace(clients.s3(session), environment["WORKSPACE_BUCKET"]),
        DynamoDbPlans(dynamodb, environment["TABLE_NAME"], clock, kept_days),
        EventBridgeBus(clients.events(session), environment["EVENT_BUS_NAME"]),
        clock,
        lambda duration: Event().wait(duration / SECOND),
    )
