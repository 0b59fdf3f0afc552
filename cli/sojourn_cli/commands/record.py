"""`sojourn record`: what a deployed stack took in, as an events file that can be run again."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.core.values.exact import JsonObject, dumps
from sojourn.core.values.instants import Instant, format_instant
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.events_file import open_events
from sojourn_cli.explaining.words import counted
from sojourn_cli.known import nobody
from sojourn_cli.options import examples, instant_option
from sojourn_cli.output import fail, format_option, say, some_of, wants_table
from sojourn_cli.progress import long_work
from sojourn_cli.recording.making import Made, Wanted, make
from sojourn_cli.recording.table import RecordedTable
from sojourn_cli.tables import print_table


@click.command(
    epilog=examples(
        "record --stack prod --since 2026-03-01T00:00:00Z -o march.jsonl.gz --workspace march"
    )
)
@stack_option
@instant_option(
    "--since",
    "Record customers with an event or a decision since this instant.",
    required=True,
)
@instant_option(
    "--until",
    "The last instant to record.  [default: now]",
)
@click.option("--customer", "customer_id", metavar="ID", help="Record only this customer.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The events file to write; FILE.gz is compressed.  [default: stdout]",
)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new folder to write: the live workspace, with every earlier version.",
)
@format_option
def record(  # noqa: PLR0913 - one argument an option
    *,
    stack: str,
    since: Instant,
    until: Instant | None,
    customer_id: str | None,
    output: Path | None,
    workspace: Path | None,
    output_format: str | None,
) -> None:
    """Write what a stack took in to an events file.

    For every customer with an event or a decision since --since, the file has all their events,
    from the first one on. With --workspace, `sojourn simulate` on that folder and this file repeats
    what the stack decided, message for message.
    """
    if workspace is not None and workspace.exists() and any(workspace.iterdir()):
        raise click.UsageError(f"{workspace}: is not empty; a recording wants a folder of its own")
    end = SystemClock().now() if until is None else until
    if since > end:
        raise click.UsageError(f"--since: {format_instant(since)} lies after {format_instant(end)}")
    name = find_deployment(stack).table
    client = clients.patient_dynamodb(clients.aws())
    table, plans = RecordedTable(client, name), DynamoDbPlans(client, name, SystemClock())
    with _opened(output) as write, long_work() as shown:
        task = shown.add_task("looking for customers", total=None)

        def look(items: int) -> None:
            shown.update(task, description=f"{items} items looked at")

        def tell(made: Made) -> None:
            shown.update(task, description=f"{made.customers} customers, {made.events} events")

        customers: Iterable[str] = table.customers(since, look)
        if customer_id is not None:
            customers = [customer_id]
        made = make(customers, table, plans, Wanted(stack, since, end, write, workspace), tell)
    if customer_id is not None and not made.customers and not made.left_out:
        if plans.forgotten().knows(customer_id):
            raise nobody(client, name, stack, customer_id)
        raise fail(f"stack {stack}: of customer {customer_id} nothing is there since then")
    _say(made, output, workspace, output_format)


@contextmanager
def _opened(output: Path | None) -> Iterator[Callable[[bytes], object]]:
    if output is None:
        yield sys.stdout.buffer.write
        return
    try:
        with open_events(output, "wb") as file:
            yield file.write
    except OSError as error:
        raise click.UsageError(f"{output}: cannot be written: {error.strerror}") from error


def _say(
    made: Made, output: Path | None, workspace: Path | None, output_format: str | None
) -> None:
    """The counts: to stdout, unless the events are there."""
    document: JsonObject = made.as_document()
    if output is not None and not wants_table(output_format):
        click.echo(dumps({**document, "file": str(output), "workspace": _text(workspace)}))
    elif output is not None:
        row = (made.events, made.customers, made.waiting, _text(output), _text(workspace))
        print_table("recorded", ("events", "customers", "waiting", "file", "workspace"), [row])
    else:
        say(f"{counted(made.events, 'event')} of {counted(made.customers, 'customer')}")
    if made.waiting:
        say(f"{counted(made.waiting, 'event')} not evaluated by the stack yet")
    if made.forgotten:
        say(f"left out: {counted(made.forgotten, 'customer')} who asked to be forgotten")
    for reason, customers in sorted(made.left_out.items()):
        say(f"left out: {some_of(customers)}: {reason}")


def _text(path: Path | None) -> Any:  # noqa: ANN401 - text or null
    return None if path is None else str(path)
