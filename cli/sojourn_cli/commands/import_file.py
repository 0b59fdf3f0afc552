"""`sojourn import`: customers and their history out of a file into a deployed stack."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import click

from sojourn.adapters import clients
from sojourn.adapters.clock import SystemClock
from sojourn.adapters.directory import DynamoDbDirectory
from sojourn.adapters.history import DynamoDbHistory
from sojourn.adapters.mailboxes import DynamoDbMailboxes
from sojourn.adapters.plans import DynamoDbPlans
from sojourn.core.errors import InvalidInput, SojournError
from sojourn.core.incoming.events import Incoming
from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject
from sojourn.core.values.instants import SECOND, Instant, format_instant
from sojourn.core.values.localtime import find_zone
from sojourn.runtime.incoming.intake import Intake
from sojourn.runtime.live_plan import PLAN_AGE, LivePlan
from sojourn.runtime.ports import Appended
from sojourn_cli.deployment import Deployment, find_deployment
from sojourn_cli.importing.checkpoint import Begun, Checkpoint, Tally, digest_of
from sojourn_cli.importing.csv_rows import CsvRows
from sojourn_cli.importing.events import Reading
from sojourn_cli.importing.json_rows import JsonRows
from sojourn_cli.importing.lines import open_text, read_lines
from sojourn_cli.importing.pace import Pace
from sojourn_cli.importing.refused import RefusedFile
from sojourn_cli.importing.rows import Rows
from sojourn_cli.importing.run import LANES, Import, Take, run
from sojourn_cli.options import FILE, examples, instant_option
from sojourn_cli.output import (
    fail,
    format_option,
    print_json,
    say,
    wants_table,
)
from sojourn_cli.progress import long_work
from sojourn_cli.tables import print_table

JSON_LINES = (".jsonl", ".ndjson", ".json")
MOST_RATE = 5_000


@noun
class Given:
    """What the command was given."""

    file: Path
    refused: Path
    rate: int
    as_of: Instant | None
    zone: ZoneInfo | None
    encoding: str | None
    delimiter: str | None
    maps: tuple[tuple[str, str], ...]
    enter: bool

    def reading(self) -> Reading:
        """How rows are read; a file is taken to be of the day it was written."""
        as_of = self.as_of
        if as_of is None:
            as_of = self.file.stat().st_mtime_ns // 1_000_000_000 * SECOND
        return Reading(as_of, self.zone, silent=not self.enter)


def _read_zone(_context: click.Context, _parameter: click.Parameter, name: str | None) -> object:
    zone = None if name is None else find_zone(name)
    if name is not None and zone is None:
        raise click.BadParameter(f"{name} is no IANA time zone like Africa/Johannesburg")
    return zone


def _read_delimiter(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> str | None:
    found = {"\\t": "\t", "tab": "\t"}.get(text or "", text)
    if found is not None and len(found) != 1:
        raise click.BadParameter("one character is wanted, or tab")
    return found


def _read_maps(
    _context: click.Context, _parameter: click.Parameter, maps: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    found = []
    for text in maps:
        name, equals, target = text.rpartition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text} is not COLUMN=PLACE, such as id=userId")
        found.append((name, target.strip()))
    return tuple(found)


@click.command(
    "import",
    epilog=examples(
        "import customers.csv --dry-run",
        "import customers.csv --stack prod --timezone Europe/Berlin",
    ),
)
@click.argument("file", type=FILE)
@click.option(
    "--stack", metavar="NAME", help="The deployed stack. Needed unless --dry-run is given."
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check every row and import none; with --stack, also refuse who was forgotten there.",
)
@click.option(
    "--enter-journeys",
    "enter",
    is_flag=True,
    help="Let imported events enter journeys.  [default: they are history and enter none]",
)
@click.option(
    "--rate",
    type=click.IntRange(1, MOST_RATE),
    default=200,
    show_default=True,
    help="The most rows to import per second.",
)
@instant_option(
    "--as-of",
    "The time of rows about customers that give none.  [default: when FILE was written]",
)
@click.option(
    "--timezone",
    "zone",
    metavar="ZONE",
    callback=_read_zone,
    help="The time zone of times without one.  [default: such rows are refused]",
)
@click.option(
    "--map",
    "maps",
    metavar="COLUMN=PLACE",
    multiple=True,
    callback=_read_maps,
    help="Read COLUMN as PLACE; COLUMN= leaves the column out. Repeatable.",
)
@click.option(
    "--delimiter",
    callback=_read_delimiter,
    help="What separates cells.  [default: guessed from the header]",
)
@click.option(
    "--encoding", help="The file's encoding.  [default: by its byte order mark, else utf-8]"
)
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file for refused rows.  [default: beside FILE, with .refused in its name]",
)
@click.option(
    "--restart", is_flag=True, help="Start at the first row instead of where the last run stopped."
)
@format_option
def import_file(  # noqa: PLR0913 - one argument an option
    *,
    file: Path,
    stack: str | None,
    dry_run: bool,
    enter: bool,
    rate: int,
    as_of: Instant | None,
    zone: ZoneInfo | None,
    maps: tuple[tuple[str, str], ...],
    delimiter: str | None,
    encoding: str | None,
    refused: Path | None,
    restart: bool,
    output_format: str | None,
) -> None:
    """Bring in customers and their history from CSV or JSON Lines.

    Each row becomes an event with its own time, so it replaces nothing newer that the stack knows.
    The same row again changes nothing: after an interruption run the same command again, and it
    continues where it stopped. Rows that cannot be taken are written to a file of their own, each
    with what to do.
    """
    if stack is None and not dry_run:
        raise click.UsageError("--stack is wanted, or --dry-run to check the file alone")
    place = refused or file.with_name(f"{file.stem}.refused{file.suffix}")
    if place.resolve() == file.resolve():
        raise click.UsageError("--refused: is FILE itself")
    given = Given(file, place, rate, as_of, zone, encoding, delimiter, maps, enter)
    try:
        tally, hints, resumed = _import(given, stack, dry_run=dry_run, restart=restart)
    except KeyboardInterrupt as error:
        raise fail(f"{file}: stopped. The same command goes on from there.") from error
    except InvalidInput as error:
        raise fail(f"{file}: {error}") from error
    except OSError as error:
        raise fail(f"{error.filename}: {error.strerror}") from error
    except SojournError as error:
        raise fail(f"{file}: stopped: {error}. The same command goes on from there.") from error
    for hint in hints:
        say(hint)
    _print(tally, resumed, place, output_format, dry_run=dry_run)
    if tally.refused:
        raise SystemExit(1)


def _import(
    given: Given, stack: str | None, *, dry_run: bool, restart: bool
) -> tuple[Tally, list[str], int]:
    """How it ended, what is worth saying, and the row behind which it began."""
    deployment = None if stack is None else find_deployment(stack)
    checkpoint = None if deployment is None or dry_run else _checkpoint(given, deployment)
    if checkpoint is not None and restart:
        checkpoint.remove()
    before = Tally() if checkpoint is None else checkpoint.read()
    if before.row:
        say(f"{given.file}: goes on behind row {before.row}")
    takes = () if deployment is None else _takes(deployment, dry_run=dry_run)
    pace = Pace(MOST_RATE if dry_run else given.rate)
    work = Import(given.reading(), takes, SystemClock(), pace)
    with given.file.open("rb") as stream, open_text(stream, given.encoding) as text:
        rows = _rows(given, text)
        file = RefusedFile(given.refused, rows.header, rows.delimiter)
        with closing(file) as refused, _shown(given.file, stream) as progress:
            tally = run(rows, work, refused, checkpoint, progress)
        return tally, rows.hints(), before.row


def _checkpoint(given: Given, deployment: Deployment) -> Checkpoint:
    reading = given.reading()
    options: JsonObject = {
        "as_of": format_instant(reading.as_of),
        "timezone": None if given.zone is None else given.zone.key,
        "map": [f"{name}={target}" for name, target in given.maps],
        "delimiter": given.delimiter,
        "encoding": given.encoding,
        "enter_journeys": given.enter,
        "refused": str(given.refused),
    }
    path = given.file.with_name(f"{given.file.name}.{deployment.name}.importing")
    return Checkpoint(path, Begun(digest_of(given.file), deployment.id, options))


def _takes(deployment: Deployment, *, dry_run: bool) -> tuple[Take, ...]:
    """What takes events in, one for each lane; each knows for itself who is who.

    Raises Unavailable at once when the table does not answer.
    """
    client = clients.dynamodb(clients.aws())
    table, clock = deployment.table, SystemClock()
    history = DynamoDbHistory(client, table, deployment.retention_days)
    mailboxes = DynamoDbMailboxes(client, table, history)
    directory = DynamoDbDirectory(client, table)
    plans = DynamoDbPlans(client, table, clock)
    plans.live()
    intakes = [
        Intake(mailboxes, directory, history, LivePlan(plans, clock, PLAN_AGE))
        for _ in range(1 if dry_run else LANES)
    ]
    return tuple(_checking(intake) if dry_run else intake.take for intake in intakes)


def _checking(intake: Intake) -> Take:
    """What takes nothing, and raises what would be raised."""

    def check(incoming: Incoming) -> Appended:
        intake.check(incoming)
        return "appended"

    return check


def _rows(given: Given, text: TextIOWrapper) -> Rows:
    if given.file.suffix.lower() not in JSON_LINES:
        return CsvRows(read_lines(text), given.delimiter, given.maps)
    if given.maps or given.delimiter:
        raise InvalidInput("is JSON Lines by its name, whose rows name their own fields")
    return JsonRows(read_lines(text))


@contextmanager
def _shown(file: Path, stream: BinaryIO) -> Iterator[Callable[[Tally], None]]:
    """A bar on a terminal: how much of the file was read."""
    with long_work() as shown:
        task = shown.add_task("importing", total=file.stat().st_size)

        def tell(tally: Tally) -> None:
            said = f"{tally.taken} rows taken, {tally.refused} refused"
            shown.update(task, description=said, completed=stream.tell())

        yield tell


def _print(
    tally: Tally, resumed: int, refused: Path, output_format: str | None, *, dry_run: bool
) -> None:
    where = str(refused) if tally.refused else None
    if not wants_table(output_format):
        print_json(
            {
                "rows": tally.rows,
                "taken": tally.taken,
                "known": tally.known,
                "refused": tally.refused,
                "events": tally.events,
                "resumed_after": resumed or None,
                "refused_file": where,
                "dry_run": dry_run,
            }
        )
    else:
        _print_table(tally, dry_run=dry_run)
    if where is not None:
        say(f"refused rows, each with its reason: {where}")


def _print_table(tally: Tally, *, dry_run: bool) -> None:
    found = (tally.rows, tally.taken, tally.refused, tally.events)
    if dry_run:
        print_table("checked", ("rows", "could be taken", "refused", "events"), [found])
    else:
        columns = ("rows", "taken", "refused", "events", "known before")
        print_table("imported", columns, [(*found, tally.known)])
