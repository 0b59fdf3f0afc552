"""`sojourn draw`: a journey as a picture."""

from pathlib import Path

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import loads_object
from sojourn.core.workspace.plan import Journey
from sojourn_cli.drawing.counts import Counts, read_counts
from sojourn_cli.drawing.diagram import as_document
from sojourn_cli.drawing.mermaid import to_mermaid
from sojourn_cli.drawing.reading import diagram_of
from sojourn_cli.drawing.svg import to_svg
from sojourn_cli.explaining.words import no_such
from sojourn_cli.options import FILE, examples, workspace_argument
from sojourn_cli.output import FORMATS, fail, print_json, say, write_named
from sojourn_cli.workspace import read_workspace

WRITERS = {".svg": to_svg, ".mmd": to_mermaid}
"""What is written, by the ending of the file."""


@click.command(epilog=examples("draw my-workspace cart-recovery -o cart-recovery.svg"))
@workspace_argument
@click.argument("journey")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: FILE.svg, or FILE.mmd for Mermaid.  [default: Mermaid to stdout]",
)
@click.option(
    "--result",
    type=FILE,
    help="A result of `sojourn simulate --format json`: its counts are put on the arrows.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="table",
    help="json prints boxes, arrows and notes as one object.  [default: the picture]",
)
def draw(
    workspace: Path,
    journey: str,
    output: Path | None,
    result: Path | None,
    output_format: str,
) -> None:
    """Draw a journey: steps as boxes, stages as columns."""
    if output is not None and output.suffix.lower() not in WRITERS:
        raise click.BadParameter(
            f"{output.name} ends neither in .svg nor in .mmd", param_hint="--output"
        )
    plan = read_workspace(workspace, output_format)
    drawn = plan.current.get(journey)
    if drawn is None:
        raise click.UsageError(no_such("journey", journey, plan.current))
    diagram = diagram_of(drawn, None if result is None else _counts(result, drawn))
    if output is not None:
        write_named(output, WRITERS[output.suffix.lower()](diagram))
        say(f"{output}: written")
    if output_format == "json":
        print_json(as_document(diagram))
    elif output is None:
        click.echo(to_mermaid(diagram), nl=False)


def _counts(path: Path, journey: Journey) -> Counts:
    try:
        return read_counts(loads_object(path.read_bytes()), journey.id, tuple(journey.steps))
    except OSError as error:
        raise fail(f"{path}: cannot be read: {error.strerror}") from error
    except InvalidInput as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--result") from error
