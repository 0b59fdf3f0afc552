"""Output: data to stdout, talk to stderr; for people or for programs."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import Any
from unicodedata import category

import click
from rich.console import Console

from sojourn.core.values.exact import dumps

FORMATS = ("table", "json")
PIECE_ROWS = 1_000
"""A longer list is written in pieces of so many rows."""

MOST_NAMED = 20
"""Refused lines: a file of another kind has nothing else."""

PLAIN_WIDTH = 150
"""Columns of a table that goes to a file or a pipe."""


def format_option[F: Callable[..., Any]](command: F) -> F:
    """Add `--format table|json` as ``output_format``: a table on a terminal, else JSON."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(FORMATS),
        default=None,
        help="Tables for people, or JSON for programs.  [default: table on a terminal, else json]",
    )(command)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name a file that cannot be written; of a full disk the system does not say which it was."""
    try:
        yield
    except OSError as error:
        raise click.UsageError(f"{path}: cannot be written: {error.strerror}") from error


def write_named(path: Path, text: str) -> None:
    """Write a file the user named; before anything goes to stdout, as a wrong name ends it all."""
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def wants_table(output_format: str | None) -> bool:
    """Whether to print for a person."""
    return output_format == "table" or (output_format is None and sys.stdout.isatty())


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON document
    """Print one JSON document on one line."""
    print_pieces(_pieces(document))


def print_pieces(pieces: Iterable[str]) -> None:
    """Print a line that comes in pieces, in which is nothing that colours a terminal."""
    for piece in pieces:
        click.echo(piece, nl=False, color=True)  # or every letter is searched for colours
    click.echo()


def _pieces(document: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON document
    """The text of a document; of an object with long lists never the whole at once."""
    if not isinstance(document, dict):
        yield dumps(document)
        return
    opening = "{"
    for name, value in document.items():
        yield f"{opening}{dumps(name)}:"
        opening = ","
        if isinstance(value, list) and len(value) > PIECE_ROWS:
            separator = "["
            for rows in batched(value, PIECE_ROWS, strict=False):
                yield separator + dumps(list(rows))[1:-1]
                separator = ","
            yield "]"
        else:
            yield dumps(value)
    yield "{}" if opening == "{" else "}"


def console(*, stderr: bool = False) -> Console:
    """A console that is plain when `NO_COLOR` is set or its stream is no terminal.

    Text is printed as it is: what a customer is called must never be read as markup.
    """
    stream = sys.stderr if stderr else sys.stdout
    plain = bool(os.environ.get("NO_COLOR")) or not stream.isatty()
    return Console(
        stderr=stderr,
        no_color=plain,
        force_terminal=False if plain and not stderr else None,  # bold is not plain either
        highlight=False,
        markup=False,
        emoji=False,
        width=None if stream.isatty() else PLAIN_WIDTH,
    )


_JOINS_NOTHING = re.compile(r"(?<!\S)\u200d|(?<=\u200d)\u200d")
"""A joiner with no letter before it: Rich cannot cut a text with such ones, and raises."""

_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Letters that turn the direction of what stands after them, in the columns beside it too."""


def visible(text: str) -> str:
    """Text that leaves the terminal alone: what controls it or turns a line is spelt out."""
    joined = _JOINS_NOTHING.sub(r"\\u200d", text)
    return "".join(map(_spelt_out, joined))


def _spelt_out(letter: str) -> str:
    controls = category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in _TURNS
    harmless = letter in "\n\t" or not controls
    return letter if harmless else letter.encode("unicode_escape").decode("ascii")


def say(text: str) -> None:
    """Talk to the person, on stderr."""
    click.echo(text, err=True)


def some_of(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence, not more than a person reads."""
    more = f" and {len(names) - most} more" if names[most:] else ""
    return ", ".join(names[:most]) + more


def say_refused(refused: Sequence[Mapping[str, Any]]) -> None:
    """Name lines that were refused, each with its reason, not more than a person reads."""
    for row in refused[:MOST_NAMED]:
        say(f"line {row['line']} refused: {row['reason']}")
    if len(refused) > MOST_NAMED:
        more = len(refused) - MOST_NAMED
        say(f"and {more} more refused; --format json names every line")


def fail(text: str) -> click.ClickException:
    """An error that ends the command with code 1."""
    return click.ClickException(text)
