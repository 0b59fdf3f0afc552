"""`sojourn audit`: walks a deployed table and proves the promises on what is really there."""

import click
from rich.progress import SpinnerColumn, TextColumn

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.marks import read_forgotten
from sojourn.adapters.survey import DynamoDbSurvey
from sojourn.core.exact import JsonObject
from sojourn.core.instants import Duration, Instant, parse_duration
from sojourn.runtime.audit import Judged, Tally, Violation, examine
from sojourn_cli.commands.explain import deployed_plan
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.options import instant_option
from sojourn_cli.output import format_option, print_json, say, wants_table
from sojourn_cli.progress import long_work
from sojourn_cli.tables import print_table

LATE = "15m"
"""How long something may wait for a function before it counts as left behind."""


def _duration(_context: object, _option: object, text: str) -> Duration:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@stack_option
@click.option(
    "--late",
    metavar="DURATION",
    default=LATE,
    show_default=True,
    callback=_duration,
    help="How long an event or a timer may wait for a function.",
)
@instant_option(
    "--since",
    "Hold only sends from then on to the caps: since when they are as they are.",
)
@format_option
def audit(stack: str, late: Duration, since: Instant | None, output_format: str | None) -> None:
    """Look at every customer of a stack: is nobody stuck, no cap passed, nothing left behind?

    Reads the whole table once, page by page, and writes nothing. Ends with 1 when a promise is not
    kept; each violation names the customer and the reason.
    """
    table = find_deployment(stack).table
    client = clients.dynamodb(clients.aws())
    plan, forgotten = deployed_plan(client, table), read_forgotten(client, table)
    tally, found = Tally(), list[Violation]()
    clock = SystemClock()
    columns = (SpinnerColumn(), TextColumn("{task.completed} customers"))
    with long_work(*columns) as progress:
        task = progress.add_task("customers", total=None)
        for page in DynamoDbSurvey(client, table).pages():
            judged = Judged(plan, clock.now(), late, since or 0, forgotten)
            for item in page:
                tally = tally.counting(item)
                found += examine(item, judged)
            progress.update(task, completed=tally.customers)
    if wants_table(output_format):
        _print(tally, found)
    else:
        print_json(as_document(tally, found))
    if found:
        raise SystemExit(1)


def as_document(tally: Tally, found: list[Violation]) -> JsonObject:
    """What was found as one JSON object; violations by customer and code."""
    return {
        "ok": not found,
        "customers": tally.customers,
        "enrolments": tally.enrolments,
        "messages": tally.messages,
        "waiting": tally.waiting,
        "violations": [
            {
                "customer": item.customer,
                "code": item.code,
                "journey": item.journey,
                "step": item.step,
                "reason": item.reason,
            }
            for item in sorted(found, key=lambda item: (item.customer, item.code, item.reason))
        ],
    }


def _print(tally: Tally, found: list[Violation]) -> None:
    if found:
        print_table(
            "violations",
            ("customer", "what", "where", "why"),
            [
                (
                    item.customer,
                    item.code,
                    "/".join(part for part in (item.journey, item.step) if part),
                    item.reason,
                )
                for item in sorted(found, key=lambda item: (item.customer, item.code))
            ],
        )
    counted = [
        f"{tally.customers} customers",
        f"{tally.enrolments} live enrolments",
        f"{tally.messages} messages under way",
        f"{tally.waiting} events waiting",
    ]
    say(f"{', '.join(counted)}: {len(found) or 'no'} violations")
