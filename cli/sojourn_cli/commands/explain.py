"""`sojourn explain`: what happened to one customer, what did not, and why."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.core.errors import Unavailable
from sojourn.core.values.instants import Instant, format_instant
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.timeline import read_timeline
from sojourn_cli.deployment import find_deployment
from sojourn_cli.events_file import called
from sojourn_cli.explaining.story import Entry, Story, Wanted, as_document
from sojourn_cli.explaining.story import explain as tell
from sojourn_cli.explaining.words import no_such
from sojourn_cli.known import is_known, nobody
from sojourn_cli.options import FOLDER, events_option, examples, instant_option, seed_option
from sojourn_cli.output import fail, format_option, print_json, say, wants_table
from sojourn_cli.recording.pasts import Past
from sojourn_cli.recording.people import person
from sojourn_cli.recording.run import Given, run_or_replay
from sojourn_cli.recording.setting_out import read_events_file
from sojourn_cli.recording.table import RecordedTable
from sojourn_cli.recording.turns import revisions_over
from sojourn_cli.simulation.relations import only
from sojourn_cli.tables import print_table
from sojourn_cli.workspace import read_workspace

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

RETENTION_DAYS = 400
"""Only needed where history is written; this command reads."""


@click.command(
    epilog=examples(
        "explain my-workspace --events events.jsonl --customer ada",
        "explain --stack prod --customer ada --journey cart-recovery",
    )
)
@click.argument("workspace", required=False, type=FOLDER)
@events_option("What happened", required=False)
@click.option("--stack", metavar="NAME", help="A deployed stack, to explain what it decided.")
@click.option("--customer", "customer_id", required=True, metavar="ID", help="The customer.")
@click.option("--journey", metavar="ID", help="Only this journey.")
@click.option("--step", metavar="ID", help="Only steps of this name.")
@instant_option(
    "--until",
    "With --events: the last instant to simulate, as in `simulate`.",
)
@seed_option("With --events: draw as `simulate` does with this seed.")
@format_option
def explain(  # noqa: PLR0913 - one argument an option
    *,
    workspace: Path | None,
    events: Path | None,
    stack: str | None,
    customer_id: str,
    journey: str | None,
    step: str | None,
    until: Instant | None,
    seed: int,
    output_format: str | None,
) -> None:
    """Tell why each message to one customer was sent, held or not sent.

    Tells, in order of time, each event, what it changed, and the first rule that stood in the way,
    with the nearest change that would have let the message through. Give either --events, which
    runs the file on a virtual clock, or --stack, which reads what a deployed stack recorded.
    WORKSPACE may be left out with --stack: rules are then quoted from what was live.
    """
    if (events is None) == (stack is None):
        raise click.UsageError("give either --events FILE or --stack NAME")
    if stack is not None:
        if until is not None or seed:
            raise click.UsageError("--until and --seed go with --events")
        plan, story = _deployed(stack, workspace, customer_id, output_format)
    else:
        if workspace is None or events is None:
            raise click.UsageError("WORKSPACE is wanted with --events")
        plan = read_workspace(workspace, output_format)
        plan = replace(plan, settings=replace(plan.settings, seed=seed))
        plan, story = _simulated(plan, workspace, events, customer_id, until)
    entries = list(tell(story, plan, _wanted(plan, journey, step)))
    if wants_table(output_format) and not entries:
        say(f"customer {story.customer}: nothing happened there")
    elif wants_table(output_format):
        _print(story.customer, entries)
    else:
        print_json(as_document(story.customer, entries))


def _wanted(plan: Plan, journey: str | None, step: str | None) -> Wanted:
    if journey is not None and journey not in plan.current:
        raise click.UsageError(no_such("journey", journey, plan.current))
    asked = plan.current.values() if journey is None else [plan.current[journey]]
    steps = {name for item in asked for name in item.steps}
    if step is not None and step not in steps:
        raise click.UsageError(no_such("step", step, steps))
    return Wanted(journey, step)


def _simulated(
    plan: Plan, workspace: Path, path: Path, customer_id: str, until: Instant | None
) -> tuple[Plan, Story]:
    file = read_events_file(path, plan)
    alone = only(file, customer_id, plan.settings.nobody)
    if alone is None:
        raise fail(f"{called(path)}: {no_such('customer', customer_id, file.by_customer)}")
    plan, result = run_or_replay(plan, Given(workspace, path, alone), until, reasons=True)
    lives = result.lives_of(customer_id)
    if not lives:
        raise fail(f"{called(path)}: all identities of customer {customer_id} are nobody's")
    events = [event for life in lives for event in life.events]
    records = [record for life in lives for record in life.records]
    return plan, Story(lives[-1].customer.id, events, records, lives[-1].plans)


def _deployed(
    stack: str, workspace: Path | None, customer_id: str, output_format: str | None
) -> tuple[Plan, Story]:
    table = find_deployment(stack).table
    client = clients.dynamodb(clients.aws())
    story = deployed_story(client, table, customer_id)
    if story is None:
        raise nobody(client, table, stack, customer_id)
    if workspace is None:
        return deployed_plan(client, table), story
    return read_workspace(workspace, output_format), replace(story, plans=())


def deployed_story(client: "DynamoDBClient", table: str, customer_id: str) -> Story | None:
    """A customer's story out of a table; None when nothing of her is there."""
    history = DynamoDbHistory(client, table, RETENTION_DAYS)
    timeline = read_timeline(DynamoDbMailboxes(client, table, history), history, customer_id)
    if not is_known(timeline):
        return None
    found = person(timeline.box.customer_id, RecordedTable(client, table))
    plans = _plans_of(DynamoDbPlans(client, table, SystemClock()), found.past)
    events = [event for _, event in found.events]
    return Story(found.past.customer, events, timeline.records, plans)


def _plans_of(stored: DynamoDbPlans, past: Past) -> list[tuple[Instant, Plan]]:
    """The plans that a customer was decided about under, as far as they are kept."""
    found: list[tuple[Instant, Plan]] = []
    known: dict[int, Plan] = {}
    for after, revision in revisions_over(past.turns):
        try:
            known[revision] = known.get(revision) or plan_from(stored.documents(revision), revision)
        except Unavailable:
            continue
        found.append((after, known[revision]))
    return found


def deployed_plan(client: "DynamoDBClient", table: str) -> Plan:
    """The plan that is live in a table."""
    plans = DynamoDbPlans(client, table, SystemClock())
    revision = plans.revision()
    return plan_from(plans.documents(revision), revision)


def _print(customer_id: str, entries: Iterable[Entry]) -> None:
    print_table(
        f"customer {customer_id}",
        ("at", "what", "where", "why"),
        [
            (
                format_instant(entry.at),
                entry.what,
                "/".join(part for part in (entry.journey, entry.step) if part),
                entry.explanation,
            )
            for entry in entries
        ],
    )
