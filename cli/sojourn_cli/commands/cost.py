"""`sojourn cost`: what a workspace would cost over a file of events, in dollars."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from pickle import dumps, loads
from typing import Any

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.events import Identities, Incoming
from sojourn.core.exact import JsonObject
from sojourn.core.instants import Instant
from sojourn.core.plan import Plan
from sojourn_cli.commands.simulate import read_events_file, read_workspace
from sojourn_cli.costing.bill import Counted, as_document, read_prices
from sojourn_cli.costing.line import Line as Functions
from sojourn_cli.costing.meter import Meter
from sojourn_cli.options import FILE, events_option, workspace_argument
from sojourn_cli.output import format_option, print_json, print_table, say, wants_table
from sojourn_cli.progress import show
from sojourn_cli.simulation.gathering import lots_of
from sojourn_cli.simulation.lines import EventsFile
from sojourn_cli.simulation.processes import Share, processes_for, processes_option, shared
from sojourn_cli.simulation.relations import Line, relations
from sojourn_cli.simulation.run import HORIZON


@click.command()
@workspace_argument
@events_option("The events")
@click.option(
    "--scale",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="So many times the customers of the file.",
)
@click.option(
    "--prices",
    type=FILE,
    help="Other prices than those that come with the command, in the same form.",
)
@processes_option
@format_option
def cost(  # noqa: PLR0913 - one argument an option
    *,
    workspace: Path,
    events: Path,
    scale: int,
    prices: Path | None,
    processes: int | None,
    output_format: str | None,
) -> None:
    """Reckon what a workspace costs: dollars a million events and a month, by service and journey.

    The functions' own code takes every event of the file in memory, and each call it would make to
    AWS is counted. SES and SNS stand apart; beside it, what others take for the same.
    """
    plan = read_workspace(workspace, output_format)
    try:
        known = read_prices(prices)
    except InvalidInput as error:
        raise click.UsageError(f"{prices}: {error}") from error
    file = read_events_file(events, plan)
    counted = Counted()
    lines = [own for _, own in sorted(_lines(file, plan), key=itemgetter(0))]
    instants = [item.event.received_at for own in lines for item in own]
    if instants:
        counted.span = max(instants) - min(instants)
    until, several = (file.last_at or 0) + HORIZON, processes_for(processes, file.count)
    with counting(plan, lines, until, counted, several) as done:
        show("customers", len(lines), done)
    document = as_document(counted, known, scale)
    if wants_table(output_format):
        _print(document)
    else:
        print_json(document)


def _lines(file: EventsFile, plan: Plan) -> Iterator[tuple[str, list[Incoming]]]:
    """Everybody's events; who comes together in the file is counted together, as one or several."""
    related = relations(file, plan.settings.nobody)
    for customer in file.by_customer.keys() - related.ids:
        user = None if customer in file.visitors else customer
        who = Identities(user, customer if user is None else None, None, ())
        yield customer, [Incoming(event, who) for event in file.by_customer[customer]]
    for group in related.groups:
        known = [Incoming(line.event, line.identities) for line in group if isinstance(line, Line)]
        if known:
            yield f"line:{group[0].number}", known


def count(plan: Plan, events: list[Incoming], until: int, counted: Counted) -> None:
    """Add what the customers take whose events these are."""
    meter = Meter()
    line = Functions(plan, meter)
    line.run(events, until, lambda: counted.add(*meter.turn()))
    counted.customers += line.customers()
    counted.bytes += line.bytes_kept()


@contextmanager
def counting(
    plan: Plan, lines: Sequence[list[Incoming]], until: Instant, counted: Counted, processes: int
) -> Iterator[Iterator[int]]:
    """Count what everybody takes, in so many processes; within, how many are done, as they are."""

    def here() -> Iterator[int]:
        for done, own in enumerate(lines, start=1):
            count(plan, own, until, counted)
            yield done

    def work(lot: bytes) -> bytes:
        mine, piece = loads(lot), Counted()  # noqa: S301 - packed by the process that this is a copy of
        for own in mine:
            count(plan, own, until, piece)
        return dumps((len(mine), piece))

    def from_others(share: Share) -> Iterator[int]:
        done = 0
        for made in share(lot for _, lot in lots):
            number, piece = loads(made)  # noqa: S301 - packed by a copy of this process
            counted.join(piece)
            done += number
            yield done

    if processes == 1:
        yield here()
        return
    lots = lots_of(lines, processes)
    with shared(work, processes) as share:
        yield from_others(share)


def _print(document: JsonObject) -> None:
    shown: Any = document
    columns = ("", "$ a million events", "$ a month")

    def rows(items: list[Any], name: str) -> list[tuple[object, ...]]:
        return [(item[name], item["per_million_events"], item["per_month"]) for item in items]

    total = shown["total"]
    print_table(
        "services",
        columns,
        [
            *rows(shown["services"], "service"),
            ("together", total["per_million_events"], total["per_month"]),
            ("standing still", None, total["standing_per_month"]),
            ("what is kept", None, total["storage_per_month"]),
            ("all", None, total["all_per_month"]),
            ("together, put on the ingest queue by tens", *shown["by_batches"].values()),
        ],
    )
    print_table(
        "what each service is paid for",
        ("", "", "an event", *columns[1:]),
        [tuple(line.values()) for line in shown["breakdown"]],
    )
    print_table(
        "standing still",
        ("", "$ a month"),
        [(line["what"], line["per_month"]) for line in shown["standing"]],
    )
    print_table("messages, apart", columns, rows(shown["apart"], "service"))
    print_table(
        "journeys",
        ("journey", "enrolments", "steps", "messages", *columns[1:], "messages, $ a month"),
        [
            (
                item["journey"] or "events that move nobody",
                *(item[name] for name in ("enrolments", "steps", "messages")),
                item["per_million_events"],
                item["per_month"],
                item["apart_per_month"],
            )
            for item in shown["journeys"]
        ],
    )
    print_table(
        "operations, on average",
        ("", "round trips", "write units", "read units"),
        [(name.replace("_", " "), *units.values()) for name, units in shown["operations"].items()],
    )
    print_table("beside it, for the same", columns, rows(shown["beside"], "what"))
    times = f", {shown['scale']} times" if shown["scale"] != 1 else ""
    say(
        f"{shown['events']} events of {shown['customers']} customers in {shown['days']} days"
        f"{times}; prices of {shown['prices']['as_of']},"
        f" {shown['prices']['region']}"
    )
