"""`sojourn diff`: the same history under two workspaces, and what each customer would notice."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.comparing.difference import KINDS, Difference, Run, as_document, compare
from sojourn_cli.comparing.enrolments import Everybody
from sojourn_cli.comparing.telling import as_markdown, left_out, panels, summary
from sojourn_cli.invariants import Checks, print_broken
from sojourn_cli.options import FOLDER, events_option, examples, instant_option, seed_option
from sojourn_cli.output import format_option, print_json, say, wants_table, write_named
from sojourn_cli.progress import show
from sojourn_cli.recording.setting_out import read_events_file
from sojourn_cli.simulation.gathering import Several, gathered
from sojourn_cli.simulation.lines import EventsFile
from sojourn_cli.simulation.processes import processes_for, processes_option
from sojourn_cli.simulation.run import outset
from sojourn_cli.tables import print_table
from sojourn_cli.workspace import load_workspace, rules_of


@click.command(
    epilog=examples(
        "diff live changed --events events.jsonl",
        "diff live changed --events events.jsonl --fail-on lost --markdown diff.md",
    )
)
@click.argument("workspace_a", type=FOLDER)
@click.argument("workspace_b", type=FOLDER)
@events_option("The history")
@instant_option(
    "--until",
    "The last instant to simulate.  [default: when nothing more would happen]",
)
@seed_option(
    "Draw splits, holdouts and control groups of both differently; 0 draws as production does."
)
@click.option(
    "--fail-on",
    type=click.Choice(["gained", "lost", "any"]),
    multiple=True,
    help="Exit 1 when a message is gained, is lost, or differs in any way. Repeatable.",
)
@click.option("--check", is_flag=True, help="Exit 1 when B breaks a rule of its invariants.json.")
@click.option(
    "--markdown",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Also write the tables to FILE as Markdown, for a pull request.",
)
@processes_option
@format_option
def diff(  # noqa: PLR0913 - one argument an option
    *,
    workspace_a: Path,
    workspace_b: Path,
    events: Path,
    until: Instant | None,
    seed: int,
    fail_on: tuple[str, ...],
    check: bool,
    markdown: Path | None,
    processes: int | None,
    output_format: str | None,
) -> None:
    """Compare what two workspaces do with the same events.

    WORKSPACE_A is the workspace as it is, WORKSPACE_B as it would be. Shows which customers would
    gain a message, lose one, get one at another time or get another text, and why. Nothing is sent.
    """
    a = load_workspace(workspace_a, output_format)
    b = load_workspace(workspace_b, output_format)
    rules = rules_of(b, workspace_b) if check else ()
    old = read_events_file(events, a.plan)
    file = old if a.plan.sources == b.plan.sources else read_events_file(events, b.plan)
    checks = Checks(rules, until, b.plan.settings)
    count = processes_for(processes, file.count)
    plans = (replace(each.plan, settings=replace(each.plan.settings, seed=seed)) for each in (a, b))
    before = _run("A", next(plans), old, until, count)
    difference = compare(
        before, _run("B", next(plans), file, until, count, checks if check else None)
    )
    broken = checks.broken
    document = as_document(difference)
    if check:
        document["broken"] = [item.to_json() for item in broken]
    if markdown is not None:
        notes = [f"Invariants of B were broken {len(broken)} times."] if broken else []
        write_named(markdown, as_markdown(difference, notes))
    if wants_table(output_format):
        _print(difference)
        if check:
            print_broken(broken, rules)
    else:
        print_json(document)
    failing = _failing(difference, fail_on)
    if failing:
        say(f"fails by --fail-on: messages {', '.join(failing)}")
    if broken or failing:
        raise SystemExit(1)


def _run(  # noqa: PLR0913 - what a run is made of
    name: str,
    plan: Plan,
    file: EventsFile,
    until: Instant | None,
    processes: int,
    checks: Checks | None = None,
) -> Run:
    """Run one of the two, and show how far it is."""
    start, everybody = outset(plan, file, until, facts=checks is not None), Everybody()
    more = [] if checks is None else [checks]
    with gathered(start.lives, Several(start.end, everybody, *more), processes) as done:
        show(f"customers under {name}", start.lives.count, done)
    return Run(start.end.found(), everybody.enrolled)


def _failing(difference: Difference, fail_on: Sequence[str]) -> list[str]:
    """What `--fail-on` does not allow and is there, with how often."""
    counts = difference.counts
    asked = {kind for name in fail_on for kind in (KINDS if name == "any" else (name,))}
    found = [kind for kind in KINDS if kind in asked and counts[None, kind]]
    return [f"{counts[None, kind]} {kind}" for kind in found]


def _print(difference: Difference) -> None:
    for line in summary(difference):
        click.echo(line)
    click.echo()
    for panel in panels(difference):
        print_table(panel.title, panel.columns, panel.rows)
    more = left_out(difference)
    if more is not None:
        say(more)
