"""`sojourn validate`: every finding of a workspace at once."""

from pathlib import Path

import click

from sojourn.core.errors import InvalidInput
from sojourn.language.files import read_folder
from sojourn.language.workspace import load
from sojourn_cli.findings import print_findings
from sojourn_cli.output import format_option


@click.command()
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@format_option
def validate(workspace: Path, output_format: str | None) -> None:
    """Check every file of a workspace, and name everything that is wrong or can never work.

    Exits 0 when there is no error (there may be warnings), else 1.
    """
    try:
        files = read_folder(workspace)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    checked = load(files)
    print_findings(checked, output_format)
    if not checked.ok:
        raise SystemExit(1)
