"""How far long work is, on a terminal; anywhere else nothing at all."""

from rich.progress import Progress, ProgressColumn

from sojourn_cli.output import console


def long_work(*columns: ProgressColumn) -> Progress:
    """A bar on stderr that goes away at the end; ``columns`` instead of a bar's usual ones."""
    talk = console(stderr=True)
    return Progress(*columns, console=talk, transient=True, disable=not talk.is_terminal)
