"""`sojourn audit`: walks a deployed table and proves the promises on what is really there."""

import click
from rich.progress import SpinnerColumn, TextColumn

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.marks import read_forgotten
from sojourn.adapters.survey import DynamoDbSurvey
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Duration, Instant, parse_duration
from sojourn.runtime.audit import Judged, Tally, Violation, examine
from sojourn_cli.commands.explain import deployed_plan
from sojourn_cli.deployment import find_deployment, stack_option
from sojourn_cli.explaining.words import counted
from sojourn_cli.options import examples, instant_option
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


@click.command(epilog=examples("audit --stack prod"))
@stack_option
@click.option(
    "--late",
    metavar="DURATION",
    default=LATE,
    show_default=True,
    callback=_duration,
    help="How long an event or a timer may wait for its function before it counts as stuck.",
)
@instant_option(
    "--since",
    "Check the caps on messages sent from this instant on, for caps that were changed then.",
)
@format_option
def audit(stack: str, late: Duration, since: Instant | None, output_format: str | None) -> None:
    """Check a stack's table: nobody stuck, no cap exceeded, nothing left behind.

    Reads the whole table once, page by page, and changes nothing. Exits 1 when a promise is not
    kept; each violation names the customer and the reason.
    """
    table = find_deployment(stack).table
    client = clients.patient_dynamodb(clients.aws())
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
    seen = [
        counted(tally.customers, "customer"),
        counted(tally.enrolments, "live enrolment"),
        f"{counted(tally.messages, 'message')} not settled yet",
        f"{counted(tally.waiting, 'event')} not evaluated yet",
    ]
    violations = counted(len(found), "violation") if found else "no violations"
    say(f"{', '.join(seen)}: {violations}")
