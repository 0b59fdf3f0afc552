"""How far long work is, on a terminal; anywhere else nothing at all."""

from collections.abc import Iterable

from rich.progress import Progress, ProgressColumn

from sojourn_cli.output import console


def long_work(*columns: ProgressColumn) -> Progress:
    """A bar on stderr that goes away at the end; ``columns`` instead of a bar's usual ones."""
    talk = console(stderr=True)
    return Progress(*columns, console=talk, transient=True, disable=not talk.is_terminal)


def show(what: str, total: int, done: Iterable[int]) -> None:
    """Go through how many of so many are done, showing it."""
    with long_work() as progress:
        task = progress.add_task(what, total=total)
        for count in done:
            progress.update(task, completed=count)
