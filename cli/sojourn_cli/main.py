"""The command's entry point: one click group that the commands join."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sojourn", prog_name="sojourn")
def main() -> None:
    """Run customer journeys in your own AWS account."""
