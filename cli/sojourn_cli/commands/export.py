"""`sojourn export`: everything a deployed stack keeps about one customer."""

from pathlib import Path
from typing import Any

import click

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.core.values.exact import dumps
from sojourn.runtime.customer.timeline import read_timeline
from sojourn.runtime.rights.exporting import export as everything
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.known import is_known, nobody
from sojourn_cli.options import examples
from sojourn_cli.output import format_option, print_json, say, wants_table, write_named
from sojourn_cli.tables import print_table

RETENTION_DAYS = 400
"""Only needed where history is written; this command reads."""


@click.command(epilog=examples("export ada --stack prod -o ada.json"))
@click.argument("customer_id", metavar="ID")
@stack_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.  [default: stdout]",
)
@format_option
def export(customer_id: str, stack: str, output: Path | None, output_format: str | None) -> None:
    """Write out everything that is kept about one customer.

    One JSON object, for the customer or for another system: identities, profile, consents,
    addresses, journeys, messages, every event in a form that can be imported again, and every
    decision with its reason.
    """
    table = find_deployment(stack).table
    client = clients.dynamodb(clients.aws())
    history = DynamoDbHistory(client, table, RETENTION_DAYS)
    mailboxes = DynamoDbMailboxes(client, table, history)
    timeline = read_timeline(mailboxes, history, customer_id)
    if not is_known(timeline):
        raise nobody(client, table, stack, customer_id)
    document: Any = everything(timeline, SystemClock().now())
    if output is not None:
        write_named(output, dumps(document) + "\n")
    if wants_table(output_format):
        parts = {name: part for name, part in document.items() if isinstance(part, list | dict)}
        print_table("kept", ("what", "how many"), [(name, len(parts[name])) for name in parts])
        if output is None:
            say("with -o FILE, or --format json, all of it is written")
    elif output is None:
        print_json(document)
    if output is not None:
        say(f"written to {output}")
