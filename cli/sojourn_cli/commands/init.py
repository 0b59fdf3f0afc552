"""`sojourn init`: a small workspace that runs, to begin with."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from sojourn.language.schemas import NAMES, schema_text
from sojourn_cli.options import examples
from sojourn_cli.output import format_option, print_json, say, wants_table, writing

SCHEMAS = ".schemas"
"""Where the schemas lie in a workspace: a folder that nothing publishes."""


@click.command(epilog=examples("init my-workspace"))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@format_option
def init(directory: Path, output_format: str | None) -> None:
    """Make a small, commented workspace to start from.

    DIRECTORY is created if it does not exist. If it contains anything, nothing is written.
    """
    if directory.is_dir() and any(directory.iterdir()):
        raise click.UsageError(f"{directory} is not empty: name a new folder")
    written = _write(directory)
    if wants_table(output_format):
        for name in written:
            click.echo(name)
        say(f"\nNext:\n  sojourn validate {directory}")
        say(f"  sojourn simulate {directory} --events {directory / 'events.jsonl'}")
    else:
        print_json({"created": written})


def _write(directory: Path) -> list[str]:
    """Write everything, and give the names in order."""
    contents = dict(_starter(files("sojourn_cli").joinpath("starter"), ""))
    for kind, name in NAMES.items():
        contents[f"{SCHEMAS}/{name}.schema.json"] = schema_text(kind).encode()
    for name, content in contents.items():
        path = directory / name
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return sorted(contents)


def _starter(folder: Traversable, above: str) -> Iterator[tuple[str, bytes]]:
    """The files of the workspace that comes with the command."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _starter(entry, f"{above}{entry.name}/")
        else:
            yield f"{above}{entry.name}", entry.read_bytes()
