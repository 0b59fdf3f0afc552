"""`sojourn simulate`: a workspace run over a file of events on a virtual clock; nothing is sent."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.experimenting.counting import Experiments
from sojourn_cli.experimenting.telling import Found, Line
from sojourn_cli.experimenting.telling import rows as lines_of
from sojourn_cli.explaining.words import counted
from sojourn_cli.invariants import Checks, print_broken
from sojourn_cli.options import (
    events_option,
    examples,
    instant_option,
    seed_option,
    workspace_argument,
)
from sojourn_cli.output import (
    format_option,
    print_json,
    print_pieces,
    say,
    say_refused,
    wants_table,
    write_named,
)
from sojourn_cli.page.busiest import Busiest
from sojourn_cli.page.whole import Checked, page
from sojourn_cli.progress import show
from sojourn_cli.recording.setting_out import set_out
from sojourn_cli.simulation.gathering import Gathering, Several, gathered
from sojourn_cli.simulation.processes import processes_for, processes_option
from sojourn_cli.simulation.rows import Rows
from sojourn_cli.simulation.run import Told, told
from sojourn_cli.tables import Figure, print_table
from sojourn_cli.workspace import load_workspace, rules_of

BUSIEST = 10


@click.command(epilog=examples("simulate my-workspace --events events.jsonl --html report.html"))
@workspace_argument
@events_option("The events")
@instant_option(
    "--until",
    "The last instant to simulate.  [default: when nothing more would happen]",
)
@seed_option("Draw splits, holdouts and the control group differently; 0 draws as production does.")
@click.option("--check", is_flag=True, help="Exit 1 when a rule of invariants.json is broken.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Also write an HTML page: funnels, messages, pressure, timelines.",
)
@processes_option
@format_option
def simulate(  # noqa: PLR0913 - one argument an option
    *,
    workspace: Path,
    events: Path,
    until: Instant | None,
    seed: int,
    check: bool,
    html: Path | None,
    processes: int | None,
    output_format: str | None,
) -> None:
    """Run a workspace over a file of events; nothing is sent.

    Shows who would get which message, when, and why not. The code that decides is the deployed one,
    on a virtual clock. The folder and the events of one `sojourn record`, both unchanged, repeat
    the decisions of production.
    """
    loaded = load_workspace(workspace, output_format)
    rules = rules_of(loaded, workspace) if check else ()
    plan = loaded.plan
    plan = replace(plan, settings=replace(plan.settings, seed=seed))
    with set_out(plan, workspace, events, until, facts=bool(rules)) as (plan, start):
        checks, rows, busiest = Checks(rules, until, plan.settings), Rows(), Busiest()
        experiments, as_table = Experiments(plan), wants_table(output_format)
        shown: list[Gathering[Any]] = [] if html is None else [busiest]
        if html is not None or as_table:
            shown.append(experiments)
        wanted = Several(start.end, checks, rows, *shown)
        with gathered(start.lives, wanted, processes_for(processes, start.events)) as done:
            show("customers", start.lives.count, done)
    result = told(start, rows)
    broken = checks.broken
    more: JsonObject = {"broken": [item.to_json() for item in broken]} if check else {}
    if html is None and not as_table:
        print_pieces(result.written(more))
    else:
        document, compared = result.document() | more, list(experiments.found())
        if html is not None:
            checked = Checked(len(rules), broken) if check else None
            name = workspace.resolve().name
            whole = page(name, document, busiest, plan, result.events, checked, compared)
            write_named(html, whole)
        if as_table:
            _print(result, document, plan, compared)
        else:
            print_json(document)
    if as_table and check:
        print_broken(broken, rules)
    if broken:
        raise SystemExit(1)


def _print(result: Told, document: JsonObject, plan: Plan, experiments: Found) -> None:
    messages = _rows(document["messages"])
    enrolments = _rows(document["enrolments"])
    sent = [row for row in messages if row["status"] == "sent"]
    print_table(
        "journeys",
        ("journey", "version", "entered", "converted", "still inside", "messages sent"),
        _journeys(enrolments, sent),
    )
    entered = Counter((row["journey"], row["version"]) for row in enrolments)
    funnel = _as_in_the_files(_rows(document["funnel"]), plan)
    for (journey, version), rows in groupby(funnel, key=itemgetter("journey", "version")):
        print_table(
            f"steps of {journey}, version {version}",
            ("step", "entered", "share", "left", "inside"),
            [_step(row, entered[journey, version]) for row in rows],
        )
    if experiments:
        print_table("experiments", Line._fields, lines_of(experiments))
    print_table(
        "messages",
        ("channel", "status", "reason", "count"),
        _counted((row["channel"], row["status"], row["reason"]) for row in messages),
    )
    print_table(
        "outcomes",
        ("journey", "outcome", "count"),
        _counted((row["journey"], row["outcome"]) for row in enrolments),
    )
    busiest = Counter(row["customer"] for row in sent)
    ordered = sorted(busiest.items(), key=lambda item: (-item[1], item[0]))
    print_table("busiest customers", ("customer", "messages sent"), ordered[:BUSIEST])
    until = f", until {document['until']}" if result.events else ""
    customers = counted(result.rows.customers, "customer")
    say(f"{counted(result.events, 'event')} of {customers}{until}")
    say_refused(_rows(document["refused"]))
    if document["refused"] and not result.events:
        say("no line is an event; an events file has one JSON object on each line")
    drafts = sorted(name for name, item in plan.current.items() if item.status == "draft")
    if drafts:
        say(f"not run, being drafts: {', '.join(drafts)}")


def _journeys(
    enrolments: Iterable[dict[str, Any]], sent: Iterable[dict[str, Any]]
) -> list[tuple[object, ...]]:
    """What each version of a journey came to."""
    messages = Counter((row["journey"], row["version"]) for row in sent)
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in enrolments:
        found.setdefault((row["journey"], row["version"]), []).append(row)
    return [
        (
            *place,
            len(rows),
            sum(row["converted_at"] is not None for row in rows),
            sum(row["exited_at"] is None for row in rows),
            messages[place],
        )
        for place, rows in sorted(found.items())
    ]


def _as_in_the_files(funnel: list[dict[str, Any]], plan: Plan) -> list[dict[str, Any]]:
    """The steps as their journeys' files have them, for who reads from top to bottom."""
    places = {version: list(noun.steps) for version, noun in plan.versions.items()}

    def place(row: dict[str, Any]) -> tuple[str, int, int]:
        version = row["journey"], row["version"]
        return *version, places[version].index(row["step"])

    return sorted(funnel, key=place)


def _step(row: dict[str, Any], entered: int) -> tuple[object, ...]:
    """A step of the funnel, with its share of who entered the journey.

    A loop can bring more visits than customers who entered.
    """
    share = Figure(f"{100 * row['entered'] / entered:.0f} %")
    return row["step"], row["entered"], share, row["left"], row["inside"]


def _counted(keys: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    counts = Counter(keys)
    return [(*key, counts[key]) for key in sorted(counts, key=lambda key: [str(x) for x in key])]


def _rows(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a list of our own document
    return list(value)
