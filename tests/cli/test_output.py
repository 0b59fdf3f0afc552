"""Tables: whatever stands in a cell comes out as it is."""

from contextlib import redirect_stdout
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn_cli.output import print_table


def shown(capsys: pytest.CaptureFixture[str], *cells: object) -> str:
    print_table("title", [f"c{number}" for number in range(len(cells))], [cells])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["[/]", "[low, high]", "[bold]x[/bold]", ":smile:", "C:\\[x]", "[link=x]", "é 漢 👩‍🚀"]
)
def test_a_cell_is_text_and_not_markup(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert text in shown(capsys, text, None, 7)


def test_titles_and_columns_are_text_too(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("[/] of [a]", ["[/b]"], [["a wide enough cell"]])
    printed = capsys.readouterr().out
    assert "[/] of [a]" in printed
    assert "[/b]" in printed


def test_a_cell_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    printed = shown(capsys, "a\x1b[2Jb", "half \ud800", "bell\a")
    assert "\x1b" not in printed
    assert "\a" not in printed
    assert "a\\x1b[2Jb" in printed
    assert "half \\ud800" in printed


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=30))
def test_any_text_survives(text: str) -> None:
    with redirect_stdout(StringIO()) as printed:
        print_table("t", ["c"], [[text]])
    assert text in printed.getvalue()
