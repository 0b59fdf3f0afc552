"""How far long work is, on a terminal; anywhere else nothing at all."""

from collections.abc import Iterable
from typing import Any

from rich.progress import Progress, ProgressColumn, TaskID

from sojourn_cli.output import console, say

LINE_SECONDS = 5.0
"""How long work goes on before a line tells of it, and between one line and the next."""


def long_work(*columns: ProgressColumn) -> Progress:
    """A bar on stderr that goes away at the end; ``columns`` instead of a bar's usual ones.

    Where output is to be plain, lines instead of it.
    """
    talk = console(stderr=True)
    if talk.is_terminal and (talk.no_color or talk.is_dumb_terminal):
        return Lines(disable=True)
    return Progress(*columns, console=talk, transient=True, disable=not talk.is_terminal)


class Lines(Progress):
    """How far it is in plain lines, which stay: nothing moves the cursor."""

    def update(self, task_id: TaskID, *given: Any, **fields: Any) -> None:  # noqa: ANN401 - rich's
        """Take in how far it is."""
        super().update(task_id, *given, **fields)
        self._tell(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Take in that so much more is done."""
        super().advance(task_id, advance)
        self._tell(task_id)

    def _tell(self, task_id: TaskID) -> None:
        task = next(task for task in self.tasks if task.id == task_id)
        now = self.get_time()
        if now - task.fields.setdefault("told_at", now - (task.elapsed or 0.0)) < LINE_SECONDS:
            return
        task.fields["told_at"] = now
        done = f"{task.completed:.0f}" if task.completed else ""
        far = done if task.total is None else f"{task.percentage:.0f} %"
        say(f"{task.description} {far}".rstrip())


def show(what: str, total: int, done: Iterable[int]) -> None:
    """Go through how many of so many are done, showing it."""
    with long_work() as progress:
        task = progress.add_task(what, total=total)
        for count in done:
            progress.update(task, completed=count)
