"""Whom a deployed stack knows, and what to say of whom it does not."""

from typing import TYPE_CHECKING

import click

from sojourn.adapters.marks import read_forgotten
from sojourn.runtime.customer.timeline import Timeline
from sojourn_cli.output import fail

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


def is_known(timeline: Timeline) -> bool:
    """Whether anything is kept about a customer; what is left of a forgotten one's item is not."""
    box = timeline.box
    return box.forgotten_at is None and bool(box.revision or timeline.events)


def nobody(
    client: "DynamoDBClient", table: str, stack: str, customer_id: str
) -> click.ClickException:
    """The error that a stack knows nobody by an id: she was forgotten, or never there."""
    if read_forgotten(client, table).knows(customer_id):
        return fail(f"customer {customer_id} was forgotten: stack {stack} keeps nothing about her")
    return fail(f"stack {stack} knows no customer {customer_id}")
