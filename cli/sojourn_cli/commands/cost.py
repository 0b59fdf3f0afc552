"""`sojourn cost`: what a workspace would cost over a file of events, in dollars."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.incoming.events import Identities, Incoming
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn_cli.costing.bill import Counted, as_document, read_prices
from sojourn_cli.costing.capacity import ON_DEMAND, USE, Capacity
from sojourn_cli.costing.line import Line as Functions
from sojourn_cli.costing.meter import Meter, WayIn
from sojourn_cli.explaining.words import counted
from sojourn_cli.options import FILE, events_option, examples, workspace_argument
from sojourn_cli.output import format_option, print_json, say, wants_table
from sojourn_cli.progress import show
from sojourn_cli.recording.setting_out import read_events_file
from sojourn_cli.simulation.division import divided
from sojourn_cli.simulation.lines import EventsFile
from sojourn_cli.simulation.processes import processes_for, processes_option
from sojourn_cli.simulation.relations import Line, relations
from sojourn_cli.simulation.run import HORIZON
from sojourn_cli.tables import Figure, print_table
from sojourn_cli.workspace import read_workspace

WAYS: Mapping[WayIn, str] = {
    "queue": "events of the bus by the ingest queue",
    "direct": "events of the bus directly to ingest",
}


@click.command(epilog=examples("cost my-workspace --events events.jsonl --scale 1000"))
@workspace_argument
@events_option("The events")
@click.option(
    "--scale",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Estimate for this many times the customers in the file.",
)
@click.option(
    "--prices",
    type=FILE,
    help="A price file to use.  [default: the list prices of us-east-1]",
)
@click.option(
    "--capacity",
    type=click.Choice(["on-demand", "provisioned"]),
    default="on-demand",
    show_default=True,
    help="How the table is paid for, as the stack's parameter TableCapacity has it.",
)
@click.option(
    "--use",
    type=click.FloatRange(min=0, max=1, min_open=True),
    help=(
        "With provisioned capacity: the part of it that is in use, on average."
        f"  [default: {float(USE):g}, which auto scaling aims at]"
    ),
)
@click.option(
    "--way-in",
    type=click.Choice(["queue", "direct"]),
    default="queue",
    show_default=True,
    help="How events of the bus come to ingest, as the stack's parameter WayIn has it.",
)
@processes_option
@format_option
def cost(  # noqa: PLR0913 - one argument an option
    *,
    workspace: Path,
    events: Path,
    scale: int,
    prices: Path | None,
    capacity: str,
    use: float | None,
    way_in: WayIn,
    processes: int | None,
    output_format: str | None,
) -> None:
    """Estimate what a workspace costs in AWS, by service and by journey.

    The functions' own code takes every event of the file in memory, and each call that it would
    make to AWS is counted and priced. What SES and SNS charge for the messages is listed apart, and
    so is what other ways of building the same would cost.
    """
    paid = _capacity(capacity, use)
    plan = read_workspace(workspace, output_format)
    try:
        known = read_prices(prices)
    except InvalidInput as error:
        raise click.UsageError(f"{prices} is no price file: {error}") from error
    file = read_events_file(events, plan)
    lines = [own for _, own in sorted(_lines(file, plan), key=itemgetter(0))]
    counting = Counting(plan, (file.last_at or 0) + HORIZON, way_in)
    with divided(lines, counting, processes_for(processes, file.count)) as done:
        show("customers", len(lines), done)
    instants = [item.event.received_at for own in lines for item in own]
    if instants:
        counting.found.span = max(instants) - min(instants)
    document = as_document(counting.found, known, scale, paid)
    if wants_table(output_format):
        _print(document)
    else:
        print_json(document)


def _capacity(mode: str, use: float | None) -> Capacity:
    """The capacity that was asked for; raises UsageError where the options do not go together."""
    if mode == "provisioned":
        return Capacity(USE if use is None else Fraction(str(use)))
    if use is not None:
        raise click.UsageError(
            "--use says how much of provisioned capacity is in use: give --capacity provisioned too"
        )
    return ON_DEMAND


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


def count(plan: Plan, events: list[Incoming], until: int, found: Counted) -> None:
    """Add to ``found`` what the customers take whose events these are, by its way in."""
    meter = Meter()
    line = Functions(plan, meter, found.way_in)
    line.run(events, until, lambda: found.add(*meter.turn()))
    found.customers += line.customers()
    found.bytes += line.bytes_kept()


class Counting:
    """The work of counting what everybody takes until an instant."""

    def __init__(self, plan: Plan, until: Instant, way_in: WayIn) -> None:
        """Count from nothing."""
        self._plan = plan
        self._until = until
        self.found = Counted(way_in=way_in)

    def take(self, strand: list[Incoming]) -> None:
        """See Work."""
        count(self._plan, strand, self._until, self.found)

    def taken(self) -> Counted:
        """See Work."""
        found, self.found = self.found, Counted(way_in=self.found.way_in)
        return found

    def add(self, piece: Counted) -> None:
        """See Work."""
        self.found.join(piece)


def _print(document: JsonObject) -> None:
    shown: Any = document
    columns = ("$ per million events", "$ per month")

    def money(item: Any) -> tuple[Figure, Figure]:  # noqa: ANN401 - a row of the document
        return _dollars(item["per_million_events"]), _dollars(item["per_month"])

    def rows(items: list[Any], name: str) -> list[tuple[object, ...]]:
        return [(item[name], *money(item)) for item in items]

    total = shown["total"]
    print_table(
        "services",
        ("service", *columns),
        [
            *rows(shown["services"], "service"),
            ("all services", *money(total)),
            ("a month without events", None, _dollars(total["standing_per_month"])),
            ("storage", None, _dollars(total["storage_per_month"])),
            *_in_use(total["standing_in_use_per_month"]),
            ("everything but messages", None, _dollars(total["all_per_month"])),
            ("all services, events put on the queue in tens", *money(shown["by_batches"])),
        ],
    )
    print_table(
        "what each service is paid for",
        ("service", "for", "per event", *columns),
        [
            (line["service"], line["what"], _places(line["per_event"]), *money(line))
            for line in shown["breakdown"]
        ],
    )
    print_table(
        "a month without events",
        ("for", "$ per month"),
        [(line["what"], _dollars(line["per_month"])) for line in shown["standing"]],
    )
    print_table("messages themselves", ("service", *columns), rows(shown["apart"], "service"))
    print_table(
        "journeys",
        ("journey", "enrolments", "steps", "messages", *columns, "$ per month for messages"),
        [
            (
                item["journey"] or "events that moved nobody",
                *(item[name] for name in ("enrolments", "steps", "messages")),
                *money(item),
                _dollars(item["apart_per_month"]),
            )
            for item in shown["journeys"]
        ],
    )
    print_table(
        "operations, on average",
        ("per", "round trips", "write units", "read units"),
        [
            (name.removeprefix("per_").replace("_", " "), *map(_places, units.values()))
            for name, units in shown["operations"].items()
        ],
    )
    print_table("the same, built otherwise", ("how", *columns), rows(shown["beside"], "what"))
    times = f", {shown['scale']} times over" if shown["scale"] != 1 else ""
    say(
        f"{counted(shown['events'], 'event')} of {counted(shown['customers'], 'customer')}"
        f" in {shown['days']:.0f} days{times}; prices of {shown['prices']['as_of']},"
        f" {shown['prices']['region']}; {_paid(shown['capacity'])}; {WAYS[shown['way_in']]}"
    )


def _in_use(twice: Any) -> list[tuple[object, ...]]:  # noqa: ANN401 - a number of the document
    """The row of what the two rows before it have both, where there is anything."""
    return [("capacity counted in both", None, _dollars(-twice))] if twice else []


def _paid(capacity: Any) -> str:  # noqa: ANN401 - a part of the document
    """How the table is paid for."""
    if capacity["mode"] == "on-demand":
        return "the table's capacity on demand"
    return (
        f"the table's capacity provisioned, {capacity['use']:.0%} of it in use (it is cheaper than"
        f" on demand above {capacity['break_even_use']:.0%})"
    )


def _dollars(amount: Any) -> Figure:  # noqa: ANN401 - a number of the document
    """Dollars, to the cent."""
    return Figure(f"{amount:,.2f}")


def _places(number: Any) -> Figure:  # noqa: ANN401 - a number of the document
    """A number with as many places as every other of its column."""
    return Figure(f"{number:,.4f}")
