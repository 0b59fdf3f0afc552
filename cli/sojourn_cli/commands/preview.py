"""`sojourn preview`: content as one customer would get it, before anybody does."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.state.customer import Customer
from sojourn.core.values.exact import Json, JsonObject, loads, loads_object
from sojourn.core.values.instants import from_datetime
from sojourn.core.workspace.plan import CHANNELS, Plan
from sojourn.language.files import read_folder
from sojourn.runtime.messages.providers import Refused, Throttled, Unknown
from sojourn_cli.options import FILE, examples, workspace_argument
from sojourn_cli.output import fail, format_option, print_json, say, wants_table, write_named
from sojourn_cli.previewing.made import Made, Seen, customer_from, make, sources
from sojourn_cli.previewing.page import page
from sojourn_cli.previewing.proof import channel_for, email_of, part_for, text_of
from sojourn_cli.previewing.telling import as_json, lines
from sojourn_cli.workspace import read_workspace


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


def read_address(_context: object, _option: object, address: str | None) -> str | None:
    """An address that something can be written to."""
    if address is not None:
        try:
            channel_for(address)
        except InvalidInput as error:
            raise click.BadParameter(str(error)) from error
    return address


@click.command(
    epilog=examples(
        "preview my-workspace welcome --customer-file ada.json",
        "preview my-workspace welcome/hello --customer-file ada.json -o welcome.html",
        "preview my-workspace welcome --customer-file ada.json --send-to me@shop.com --stack prod",
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
@click.option(
    "--send-to",
    metavar="ADDRESS",
    callback=read_address,
    help="Also send it there, through the stack's account: the e-mail to an address, the SMS to a"
    " number like +27821234567.",
)
@click.option("--stack", metavar="NAME", help="The deployed stack that --send-to sends through.")
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
    send_to: str | None,
    stack: str | None,
    output_format: str | None,
) -> None:
    """Show what a template or a send step says to one customer.

    TEMPLATE is a template's name, or JOURNEY/STEP. Nothing is sent to the customer. Exits 1 when a
    part cannot be rendered, and names the missing variable with its file and line.
    """
    if (send_to is None) != (stack is None):
        raise click.UsageError("--send-to and --stack go together: where to, and through which")
    plan = read_workspace(workspace, output_format)
    customer = _customer_in(customer_file)
    try:
        found = sources(plan, read_folder(workspace), template, channel)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    seen = Seen(entry, variables, given)
    messages = [make(source, customer, plan, seen) for source in found]
    if output is not None:
        write_named(output, page(template, customer.id, messages))
        say(f"written: {output}")
    proof: JsonObject = {}
    if send_to is not None and stack is not None:
        proof = {"sent": _sent(_part_for(send_to, messages), send_to, stack, plan)}
    if wants_table(output_format):
        click.echo("\n\n".join("\n".join(lines(made)) for made in messages))
    else:
        parts = [as_json(made) for made in messages]
        print_json({"template": template, "customer": customer.id, "messages": parts} | proof)
    failures = [failure for made in messages for failure in made.failures]
    for failure in failures:
        place = f" {failure.place}" if failure.place else ""
        say(f"{failure.file}{place}: {failure.reason}")
    if failures:
        raise SystemExit(1)


def _customer_in(file: Path) -> Customer:
    try:
        return customer_from(loads(file.read_bytes()), from_datetime(datetime.now(UTC)))
    except (InvalidInput, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise click.BadParameter(f"{file}: {said}", param_hint="--customer-file") from error


def _part_for(address: str, messages: Sequence[Made]) -> Made:
    try:
        return part_for(channel_for(address), messages)
    except InvalidInput as error:
        raise click.BadParameter(str(error), param_hint="--send-to") from error


def _sent(made: Made, address: str, stack: str, plan: Plan) -> Json:
    """Send a proof through a stack's account, and say how; null for what cannot be rendered."""
    if made.failures:
        say(f"not sent to {address}: its part cannot be rendered")
        return None
    # Only whoever sends something pays for what talks to AWS.
    from sojourn.adapters import clients  # noqa: PLC0415
    from sojourn.adapters.clock import SystemClock  # noqa: PLC0415
    from sojourn.adapters.ses import SesMailer  # noqa: PLC0415
    from sojourn.adapters.sns import SnsTexter  # noqa: PLC0415
    from sojourn_cli.deployment import find_deployment  # noqa: PLC0415

    deployment = find_deployment(stack)
    session, clock = clients.aws(), SystemClock()
    try:
        if made.channel == "email":
            email = email_of(made, address, deployment.sender)
            id_ = SesMailer(clients.ses(session), None, clock).send(email)
        else:
            texter = SnsTexter(clients.sns(session), clock)
            texter.ask(address)
            id_ = texter.send(text_of(made, address, plan))
    except (Refused, Throttled) as error:
        raise fail(f"not sent to {address}: {error}") from error
    except Unknown as error:
        message = f"it is not known whether it went to {address}: look there first ({error})"
        raise fail(message) from error
    say(f"sent to {address}")
    return {"channel": made.channel, "to": address, "id": id_}
