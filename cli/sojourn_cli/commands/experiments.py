"""`sojourn experiments`: what splits, holdouts and the control group came to, by conversions."""

from dataclasses import replace
from pathlib import Path

import click

from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Instant, format_instant
from sojourn.core.workspace.plan import Plan, Split
from sojourn_cli.experimenting.counting import Experiments
from sojourn_cli.experimenting.telling import Line, as_json, rows
from sojourn_cli.explaining.words import no_such
from sojourn_cli.options import (
    events_option,
    examples,
    instant_option,
    seed_option,
    workspace_argument,
)
from sojourn_cli.output import format_option, print_json, say, wants_table
from sojourn_cli.progress import show
from sojourn_cli.recording.setting_out import set_out
from sojourn_cli.simulation.gathering import Several, gathered
from sojourn_cli.simulation.processes import processes_for, processes_option
from sojourn_cli.tables import print_table
from sojourn_cli.workspace import read_workspace


@click.command(
    epilog=examples(
        "experiments march --events march.jsonl.gz",
        "experiments march --events march.jsonl.gz --journey cart-recovery",
    )
)
@workspace_argument
@events_option("The events")
@click.option("--journey", metavar="ID", help="Only this journey.  [default: every journey]")
@instant_option(
    "--until",
    "The last instant to look at.  [default: when nothing more would happen]",
)
@seed_option("Draw splits, holdouts and the control group differently; 0 draws as production does.")
@processes_option
@format_option
def experiments(  # noqa: PLR0913 - one argument an option
    *,
    workspace: Path,
    events: Path,
    journey: str | None,
    until: Instant | None,
    seed: int,
    processes: int | None,
    output_format: str | None,
) -> None:
    """Compare the groups of splits, holdouts and the control group by conversions.

    Each group is held against the first: the arm that stands first, who was held out, the control
    group. Of a recording it is what they came to in production. Of any other file nothing that
    the customers did was caused by the workspace's messages, so the groups differ by chance.
    """
    plan = read_workspace(workspace, output_format)
    if journey is not None and journey not in plan.current:
        raise click.UsageError(no_such("journey", journey, plan.current))
    plan = replace(plan, settings=replace(plan.settings, seed=seed))
    with set_out(plan, workspace, events, until, facts=False) as (plan, start):
        counted = Experiments(plan, journey)
        into = Several(start.end, counted)
        with gathered(start.lives, into, processes_for(processes, start.events)) as done:
            show("customers", start.lives.count, done)
    found = list(counted.found())
    end = format_instant(start.end.found())
    if wants_table(output_format):
        print_table("experiments", Line._fields, rows(found))
        say(f"until {end}")
    else:
        document: JsonObject = {"until": end, "experiments": as_json(found)}
        print_json(document)
    for name in aimless(plan, journey):
        say(f"{name} draws customers, but has no goal that could be compared")


def aimless(plan: Plan, journey: str | None) -> list[str]:
    """Journeys that have an experiment of their own and no goal."""
    return sorted(
        name
        for name, item in plan.current.items()
        if item.goal is None
        and journey in {None, name}
        and (item.entry.holdout or any(isinstance(step, Split) for step in item.steps.values()))
    )
