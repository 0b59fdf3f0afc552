"""Progress: a bar on a terminal, lines where output is to be plain, nothing anywhere else."""

from contextlib import redirect_stderr
from io import StringIO

import pytest

from sojourn_cli.progress import LINE_SECONDS, Lines, long_work, show


class Terminal(StringIO):
    """What is printed to it was printed to a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(terminal: StringIO) -> str:
    with redirect_stderr(terminal):
        show("customers", 4, range(1, 5))
    return terminal.getvalue()


def test_a_terminal_sees_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "customers" in shown(Terminal())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_nothing_moves_the_cursor_where_output_is_plain(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    assert shown(Terminal()) == ""


def test_nothing_is_shown_where_nobody_looks() -> None:
    assert shown(StringIO()) == ""


@pytest.mark.parametrize("plain", [False, True])
def test_plain_lines_are_for_plain_terminals(
    monkeypatch: pytest.MonkeyPatch, *, plain: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1" if plain else "")
    with redirect_stderr(Terminal()):
        assert isinstance(long_work(), Lines) is plain


def told(total: int | None, *done: int) -> list[str]:
    """What is said of work that does the next of them every three seconds."""
    clock = Clock()
    with redirect_stderr(StringIO()) as said, Lines(get_time=clock, disable=True) as lines:
        task = lines.add_task("customers", total=total)
        for count in done:
            clock.now += 3.0
            lines.update(task, completed=count)
    return said.getvalue().splitlines()


def test_long_work_is_told_of_in_lines_now_and_then() -> None:
    assert 3.0 < LINE_SECONDS < 6.0
    assert told(10, 1) == []
    assert told(10, 1, 2, 3, 4, 5) == ["customers 20 %", "customers 40 %"]
    assert told(None, 7, 8) == ["customers 8"]


def test_what_is_advanced_is_told_of_too() -> None:
    clock = Clock()
    with redirect_stderr(StringIO()) as said, Lines(get_time=clock, disable=True) as lines:
        task = lines.add_task("looking", total=None)
        clock.now += 6.0
        lines.update(task, description="3 items looked at")
        clock.now += 6.0
        lines.advance(task)
    assert said.getvalue().splitlines() == ["3 items looked at", "3 items looked at 1"]
