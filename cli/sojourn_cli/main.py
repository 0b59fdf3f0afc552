"""The command's entry point: one group, whose commands are loaded when they are called."""

from importlib import import_module

import click

COMMANDS = {
    "audit": "audit:audit",
    "cost": "cost:cost",
    "customer": "customer:customer",
    "dead-letters": "dead_letters:dead_letters",
    "diff": "diff:diff",
    "draw": "draw:draw",
    "export": "export:export",
    "explain": "explain:explain",
    "init": "init:init",
    "local": "local:local",
    "preview": "preview:preview",
    "publish": "publish:publish",
    "record": "record:record",
    "send-events": "send_events:send_events",
    "simulate": "simulate:simulate",
    "validate": "validate:validate",
}
"""Every command, with its module under `sojourn_cli.commands` and its name there."""


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
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"sojourn_cli.commands.{module}"), name)
        return found


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sojourn", prog_name="sojourn")
def main() -> None:
    """Run customer journeys in your own AWS account."""
