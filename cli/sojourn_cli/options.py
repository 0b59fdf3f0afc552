"""Options: arguments that several commands share, each the same wherever it stands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from sojourn.core.values.instants import Instant, parse_instant
from sojourn_cli.events_file import EventsFileType

FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)

type _Command = Callable[..., Any]


def examples(*lines: str) -> str:
    """The end of a help text: command lines, each on a line of its own.

    `sojourn` is put before those that do not hold it.
    """
    whole = (line if "sojourn " in line else f"sojourn {line}" for line in lines)
    return "\n".join(
        [
            "\b",
            "Example:" if len(lines) == 1 else "Examples:",
            *(f"  {line}" for line in whole),
        ]
    )


def workspace_argument[F: _Command](command: F) -> F:
    """Add `WORKSPACE`, a folder."""
    return click.argument("workspace", type=FOLDER)(command)


def events_option[F: _Command](what: str, *, required: bool = True) -> Callable[[F], F]:
    """Add `--events FILE`, once; ``what`` the events are goes before their form."""
    words = f"{what}: JSON Lines, plain or gzipped; - reads standard input."
    return click.option(
        "--events",
        metavar="FILE",
        required=required,
        type=EventsFileType(),
        multiple=True,  # so that a second file is not taken silently instead of the first
        callback=_one_file,
        help=words,
    )


def instant_option[F: _Command](
    name: str, words: str, *, required: bool = False
) -> Callable[[F], F]:
    """Add an option that takes an instant."""
    return click.option(
        name, metavar="INSTANT", required=required, callback=_read_instant, help=words
    )


def seed_option[F: _Command](words: str) -> Callable[[F], F]:
    """Add `--seed N`, from 0 on, which is how production draws."""
    return click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help=words
    )


def _one_file(_context: object, _option: object, files: tuple[Path, ...]) -> Path | None:
    if len(files) > 1:
        raise click.BadParameter("one file is wanted; put the lines of several into one")
    return files[0] if files else None


def _read_instant(_context: object, _option: object, text: str | None) -> Instant | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
