"""`sojourn local`: an AWS on this machine with the stack deployed."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import quote
from typing import Any

import click

from sojourn_cli.local import stack as stacks
from sojourn_cli.local.home import DEFAULT_HOME, Home, LocalError
from sojourn_cli.local.stack import LocalStack, Wanted
from sojourn_cli.options import examples
from sojourn_cli.output import FORMATS, fail, format_option, print_json, say, wants_table
from sojourn_cli.tables import print_table

_DEFAULT = Wanted()


def home_option[F: Callable[..., Any]](command: F) -> F:
    """Add `--home FOLDER` as ``home``."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_HOME,
        show_default=".sojourn/local",
        help="The folder of this emulated AWS. Several can run side by side, each in its own.",
    )(command)


@click.group()
def local() -> None:
    """Run the stack on this machine, on an emulated AWS: no account, no cost."""


@local.command()
@home_option
@click.option(
    "--template",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    default=_DEFAULT.template,
    show_default="template.yaml",
    help="The template to build and deploy.",
)
@click.option(
    "--stack",
    metavar="NAME",
    default=_DEFAULT.stack,
    show_default=True,
    help="The stack's name.",
)
@click.option(
    "--sender",
    metavar="ADDRESS",
    default=_DEFAULT.sender,
    show_default=True,
    help="The template parameter SenderEmail; the emulated SES accepts it.",
)
@click.option(
    "--verify",
    metavar="ADDRESS",
    multiple=True,
    help="Another address or domain that the emulated SES accepts; those of .example and .test "
    "it accepts anyway. Repeatable.",
)
@click.option(
    "--parameter",
    metavar="NAME=VALUE",
    multiple=True,
    help="Another template parameter. Repeatable.",
)
@click.option(
    "--max-minutes",
    metavar="MINUTES",
    type=click.FloatRange(min=0, min_open=True),
    default=_DEFAULT.max_minutes,
    show_default=True,
    help="It ends by itself after this many minutes; one that runs already ends as it would.",
)
@format_option
def up(  # noqa: PLR0913 - one argument an option
    *,
    home: Path,
    template: Path,
    stack: str,
    sender: str,
    verify: tuple[str, ...],
    parameter: tuple[str, ...],
    max_minutes: float,
    output_format: str | None,
) -> None:
    """Start it, deploy the template, and return when it is ready.

    After `eval "$(sojourn local env)"` every AWS tool in your shell, and every `sojourn ... --stack
    NAME`, talks to it.
    """
    wanted = Wanted(
        template=template,
        stack=stack,
        sender=sender,
        verified=verify,
        parameters=_pairs(parameter),
        max_minutes=max_minutes,
    )
    _print(_facts(_done(lambda: stacks.up(home, wanted, say))), output_format)


@local.command()
@home_option
@format_option
def down(*, home: Path, output_format: str | None) -> None:
    """Stop it, and everything it started."""
    ended = _done(lambda: stacks.down(home))
    if wants_table(output_format):
        say("stopped" if ended else f"nothing was running in {home}")
    else:
        print_json({"ended": ended})


@local.command()
@home_option
@format_option
def status(*, home: Path, output_format: str | None) -> None:
    """Say whether it runs, where, and for how long; exits 1 if it does not."""
    running = Home(home).running()
    found = stacks.find(home)
    facts: dict[str, Any] = {"running": running is not None}
    if running is not None:
        facts["pid"] = running.pid
        facts["minutes_left"] = round((running.ends_at - time.time()) / 60, 1)
    if found is not None:
        facts |= _facts(found) | _done(found.activity)
    if wants_table(output_format) and running is None:
        click.echo(_nothing_runs(home))
    else:
        _print(facts, output_format)
    sys.exit(0 if running else 1)


@local.command(epilog=examples('eval "$(sojourn local env)"'))
@home_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="table",
    help="json prints the variables as one object.  [default: lines for a shell]",
)
def env(*, home: Path, output_format: str) -> None:
    """Print what makes a shell's AWS tools talk to it."""
    found = _found(home)
    if output_format == "json":
        print_json(found.env)
        return
    click.echo("unset AWS_PROFILE")  # it would count for more than the keys
    for name, value in found.env.items():
        click.echo(f"export {name}={quote(value)}")


@local.command()
@home_option
@format_option
def reset(*, home: Path, output_format: str | None) -> None:
    """Empty its table, queues, bucket and mails; the stack stays deployed."""
    _done(_found(home).reset)
    if wants_table(output_format):
        say("emptied")
    else:
        print_json({"emptied": True})


def _found(home: Path) -> LocalStack:
    """What runs there; where nothing does, the command ends."""
    found = stacks.find(home)
    if found is None:
        raise fail(_nothing_runs(home))
    return found


def _nothing_runs(home: Path) -> str:
    return f"nothing runs in {home}: start it with `sojourn local up`"


def _facts(found: LocalStack) -> dict[str, Any]:
    return {
        "endpoint": found.endpoint,
        "region": found.region,
        "stack": found.stack,
        "env": found.env,
        "outputs": dict(found.outputs),
        "recorder": found.recorder,
    }


def _pairs(parameters: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{parameter!r} is not NAME=VALUE", param_hint="--parameter")
        pairs[name] = value
    return pairs


def _done[T](act: Callable[[], T]) -> T:
    try:
        return act()
    except LocalError as error:
        raise fail(str(error)) from error


def _print(facts: Mapping[str, Any], output_format: str | None) -> None:
    if not wants_table(output_format):
        print_json(facts)
        return
    rows: list[tuple[object, object]] = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}.{inner}", text) for inner, text in value.items()]
        else:
            rows.append((name, value))
    print_table("emulated AWS", ("name", "value"), rows)
