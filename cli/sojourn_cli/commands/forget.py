"""`sojourn forget`: everything about one customer goes from a deployed stack."""

import time
from threading import Event
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.tombstones import DynamoDbTombstones
from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import dumps
from sojourn.runtime.customer.timeline import read_timeline
from sojourn.runtime.customer.whom import holder_of
from sojourn.runtime.rights.forgetting import liftable
from sojourn.runtime.rights.requests import FORGET, LIFT
from sojourn_cli.deployment import Deployment, find_deployment, stack_option
from sojourn_cli.known import is_known
from sojourn_cli.options import examples
from sojourn_cli.output import fail, format_option, print_json, say, wants_table

SOURCE = "sojourn.cli"
PATIENCE_SECONDS = 120
"""A cold function takes seconds; after so long somebody should look why nothing happens."""


@click.command(epilog=examples("forget ada --stack prod", "forget ada --stack prod --lift"))
@click.argument("customer_id", metavar="ID")
@stack_option
@click.option("--lift", is_flag=True, help="Let a forgotten ID come back, as a new customer.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation on a terminal.")
@format_option
def forget(
    customer_id: str, stack: str, output_format: str | None, *, lift: bool, yes: bool
) -> None:
    """Delete everything about one customer, for good.

    Ends when no message can go to the customer any more and no event of theirs is stored any more;
    what is left is deleted within minutes. Later events with the same ids bring nothing back.
    Addresses that unsubscribed, complained or bounced stay suppressed; only a hash of them is kept.
    ID is any id or identity of the customer.
    """
    rights = _Rights(find_deployment(stack))
    if lift:
        rights.lift(customer_id)
        state = "may come back"
    else:
        state = "forgotten"
        if not rights.is_forgotten(customer_id):
            if not rights.is_there(customer_id):
                raise fail(f"stack {stack} knows no customer {customer_id}")
            if wants_table(None) and not yes:
                click.confirm(f"Forget {customer_id} for good?", abort=True, err=True)
            rights.forget(customer_id)
    if wants_table(output_format):
        say(f"customer {customer_id}: {state}")
    else:
        print_json({"customer": customer_id, "state": state})


class _Rights:
    """What an operator asks of a stack about one customer, and looks at meanwhile."""

    def __init__(self, deployment: Deployment) -> None:
        self._stack = deployment
        client, table = clients.dynamodb(clients.aws()), deployment.table
        self._history = DynamoDbHistory(client, table, deployment.retention_days)
        self._mailboxes = DynamoDbMailboxes(client, table, self._history)
        self._directory = DynamoDbDirectory(client, table)
        self._tombstones = DynamoDbTombstones(client, table, deployment.retention_days)

    def is_there(self, customer_id: str) -> bool:
        """Whether anything is kept about her, by an id or an identity of hers."""
        return is_known(read_timeline(self._mailboxes, self._history, self._meant(customer_id)))

    def is_forgotten(self, customer_id: str) -> bool:
        """Whether nothing more is stored of her: she has a tombstone, or nothing is left."""
        noted_at = self._tombstones.noted_at(self._tombstones.mark_of(customer_id))
        return noted_at is not None and not self.is_there(customer_id)

    def forget(self, customer_id: str) -> None:
        """Ask for it, and wait until it is so."""
        self._ask(FORGET, customer_id)
        self._until(lambda: self.is_forgotten(customer_id), "to forget her")

    def lift(self, customer_id: str) -> None:
        """Ask for it, and wait until it is so."""
        mark = self._tombstones.mark_of(customer_id)
        try:
            liftable(self._tombstones.noted_at(mark), SystemClock().now())
        except InvalidInput as error:
            said = str(error).removeprefix("customer: ")
            raise fail(f"customer {customer_id}: {said}") from error
        self._ask(LIFT, customer_id)
        self._until(lambda: self._tombstones.noted_at(mark) is None, "to let her come back")

    def _meant(self, asked: str) -> str:
        timeline = read_timeline(self._mailboxes, self._history, asked)
        if timeline.box.revision or timeline.events:
            return asked
        return holder_of(asked, self._directory) or asked

    def _ask(self, what: str, customer_id: str) -> None:
        entry: Any = {
            "EventBusName": self._stack.bus,
            "Source": SOURCE,
            "DetailType": what,
            "Detail": dumps({"customer": customer_id}),
        }
        try:
            [answer] = boto3.client("events").put_events(Entries=[entry])["Entries"]
        except (ClientError, BotoCoreError) as error:
            raise fail(f"the bus did not take the request: {error}") from error
        if "ErrorCode" in answer:
            raise fail(f"the bus did not take the request: {answer.get('ErrorMessage')}")

    def _until(self, done: Any, what: str) -> None:  # noqa: ANN401 - asks without arguments
        pause, end = Event(), time.monotonic() + PATIENCE_SECONDS
        while not done():
            if time.monotonic() > end:
                raise fail(
                    f"stack {self._stack.name} was asked {what}, and it has not happened in"
                    f" {PATIENCE_SECONDS} s; see `sojourn dead-letters list` and the log of rights."
                    " The request is kept: nothing has to be asked again"
                )
            pause.wait(0.2)
