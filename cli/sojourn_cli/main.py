"""The command's entry point: one group, whose commands are loaded when they are called."""

import os
import sys
from codecs import lookup
from errno import EPIPE
from importlib import import_module
from io import TextIOWrapper
from typing import IO, Any

import click

from sojourn.core.errors import SojournError
from sojourn.language.wording import hint, quoted

ON_THIS_MACHINE = {
    "init": ("init:init", "Make a small, commented workspace to start from."),
    "validate": (
        "validate:validate",
        "Check every file of a workspace and list everything that is wrong or can never work.",
    ),
    "draw": ("draw:draw", "Draw a journey: steps as boxes, stages as columns."),
    "preview": ("preview:preview", "Show what a template or a send step says to one customer."),
    "simulate": ("simulate:simulate", "Run a workspace over a file of events; nothing is sent."),
    "explain": (
        "explain:explain",
        "Tell why each message to one customer was sent, held or not sent.",
    ),
    "diff": ("diff:diff", "Compare what two workspaces do with the same events."),
    "experiments": (
        "experiments:experiments",
        "Compare the groups of splits, holdouts and the control group by conversions.",
    ),
    "cost": ("cost:cost", "Estimate what a workspace costs in AWS, by service and by journey."),
    "local": (
        "local:local",
        "Run the stack on this machine, on an emulated AWS: no account, no cost.",
    ),
}
WITH_A_STACK = {
    "publish": (
        "publish:publish",
        "Check a workspace, upload what changed, and say what became live.",
    ),
    "send-events": ("send_events:send_events", "Put the events of a file on the stack's bus."),
    "import": (
        "import_file:import_file",
        "Bring in customers and their history from CSV or JSON Lines.",
    ),
    "customer": (
        "customer:customer",
        "Show one customer: profile, journeys, messages and timeline.",
    ),
    "record": ("record:record", "Write what a stack took in to an events file."),
    "audit": (
        "audit:audit",
        "Check a stack's table: nobody stuck, no cap exceeded, nothing left behind.",
    ),
    "dead-letters": (
        "dead_letters:dead_letters",
        "List what could not be processed, process it again, or delete it.",
    ),
    "export": ("export:export", "Write out everything that is kept about one customer."),
    "forget": ("forget:forget", "Delete everything about one customer, for good."),
}
SECTIONS = {
    "Commands that need no AWS account": ON_THIS_MACHINE,
    "Commands that work on a deployed stack": WITH_A_STACK,
}
COMMANDS = ON_THIS_MACHINE | WITH_A_STACK
"""Every command, with its module under `sojourn_cli.commands`, its name there, and what it does."""


class Commands(click.Group):
    """Imports a command's module only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(f"sojourn_cli.commands.{module}"), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List what each command does, without loading any."""
        del ctx
        widest = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                rows = [(name.ljust(widest), what) for name, (_, what) in commands.items()]
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; of one that is not there, the name that was perhaps meant."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"there is no command {quoted(name)}{hint(name, COMMANDS)}")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as click calls it
        """Run what the command line says; where an output is closed, nobody hears of it."""
        for name, number in (("stdout", 1), ("stderr", 2)):
            if getattr(sys, name) is None:
                setattr(sys, name, _nowhere(number))
            else:
                _write_every_letter(getattr(sys, name))
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - what a command gives back
        """Run it; what cannot be read, written or reached is an error and no traceback."""
        try:
            return super().invoke(ctx)
        except SojournError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno in (None, EPIPE):
                raise
            _let_go_of_output()
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{place}{error.strerror}") from error


def _nowhere(number: int) -> IO[str]:
    """Stand in for an output that is closed, so that no file that is opened later takes its place.

    As with an output that goes to `/dev/null`: the exit code still tells.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    os.set_inheritable(number, True)  # noqa: FBT003 - the library's own
    return open(number, "w", encoding="utf-8", closefd=False)


def _write_every_letter(stream: IO[str]) -> None:
    """Let no name end a command because the locale has no letter for it.

    A file or a pipe gets UTF-8, which JSON is written in, and so does whoever has only ASCII, as
    nearly always nobody chose it; a terminal of another encoding gets what it can show, and the
    rest spelt out.
    """
    if not isinstance(stream, TextIOWrapper):
        return
    if stream.isatty() and lookup(stream.encoding).name != "ascii":
        stream.reconfigure(errors="backslashreplace")
    else:
        stream.reconfigure(encoding="utf-8", errors=stream.errors)


def _let_go_of_output() -> None:
    """Drop what cannot be written, so that it is not tried once more when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sojourn", prog_name="sojourn")
def main() -> None:
    """Run customer journeys in your own AWS account.

    A workspace is a folder of journey files. Try it on a file of events; then publish it to a
    deployed stack. `sojourn COMMAND --help` explains a command.
    """
