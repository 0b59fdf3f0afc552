"""`sojourn preview`: content as one customer would get it, before anybody does."""

from datetime import UTC, datetime
from pathlib import Path

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import JsonObject, loads, loads_object
from sojourn.core.values.instants import from_datetime
from sojourn.core.workspace.plan import CHANNELS
from sojourn.language.files import read_folder
from sojourn_cli.commands.simulate import read_workspace
from sojourn_cli.options import FILE, examples, workspace_argument
from sojourn_cli.output import format_option, print_json, say, wants_table, write_named
from sojourn_cli.previewing.made import Seen, customer_from, make, sources
from sojourn_cli.previewing.page import page
from sojourn_cli.previewing.telling import as_json, lines


def read_object(_context: object, _option: object, text: str | None) -> JsonObject:
    """An object given as JSON, or as the name of a file that holds it."""
    if text is None:
        return {}
    is_json = text.lstrip().startswith("{")
    try:
        return loads_object(text if is_json else Path(text).read_bytes())
    except (InvalidInput, OSError) as error:
        place = "" if is_json else f"{text}: "
        said = error.strerror if isinstance(error, OSError) else error
        raise click.BadParameter(f"neither an object nor a file with one: {place}{said}") from error


@click.command(
    epilog=examples(
        "preview my-workspace welcome --customer-file ada.json",
        "preview my-workspace welcome/hello --customer-file ada.json -o welcome.html",
    )
)
@workspace_argument
@click.argument("template")
@click.option(
    "--customer-file",
    required=True,
    type=FILE,
    help="The customer: a JSON object of traits, or with `userId` and `traits`.",
)
@click.option(
    "--channel",
    type=click.Choice(CHANNELS),
    help="Only the part for this channel.  [default: every part]",
)
@click.option(
    "--entry",
    metavar="JSON|FILE",
    callback=read_object,
    help="The properties of the event that entered the journey, as `entry`.  [default: none]",
)
@click.option(
    "--vars",
    "variables",
    metavar="JSON|FILE",
    callback=read_object,
    help="What `update` steps have set, as `vars`.  [default: none]",
)
@click.option(
    "--with",
    "given",
    metavar="JSON|FILE",
    callback=read_object,
    help="The names that the step gives in its `with`.  [default: none]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write an HTML page that shows it, an e-mail's HTML beside its text.",
)
@format_option
def preview(  # noqa: PLR0913 - its options
    workspace: Path,
    template: str,
    customer_file: Path,
    *,
    channel: str | None,
    entry: JsonObject,
    variables: JsonObject,
    given: JsonObject,
    output: Path | None,
    output_format: str | None,
) -> None:
    """Show what a template or a send step says to one customer.

    TEMPLATE is a template's name, or JOURNEY/STEP. Nothing is sent. Exits 1 when a part cannot be
    rendered, and names the missing variable with its file and line.
    """
    plan = read_workspace(workspace, output_format)
    try:
        now = from_datetime(datetime.now(UTC))
        customer = customer_from(loads(customer_file.read_bytes()), now)
    except (InvalidInput, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise click.BadParameter(
            f"{customer_file}: {said}", param_hint="--customer-file"
        ) from error
    try:
        found = sources(plan, read_folder(workspace), template, channel)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    seen = Seen(entry, variables, given)
    messages = [make(source, customer, plan, seen) for source in found]
    if output is not None:
        write_named(output, page(template, customer.id, messages))
        say(f"written: {output}")
    if wants_table(output_format):
        click.echo("\n\n".join("\n".join(lines(made)) for made in messages))
    else:
        parts = [as_json(made) for made in messages]
        print_json({"template": template, "customer": customer.id, "messages": parts})
    failures = [failure for made in messages for failure in made.failures]
    for failure in failures:
        place = f" {failure.place}" if failure.place else ""
        say(f"{failure.file}{place}: {failure.reason}")
    if failures:
        raise SystemExit(1)
