"""Output: whatever stands in a table's cell comes out as it is; JSON comes whole."""

from contextlib import redirect_stdout
from decimal import Decimal
from io import StringIO
from pathlib import Path
from unicodedata import bidirectional

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.values.exact import dumps
from sojourn_cli.commands import customer
from sojourn_cli.main import main
from sojourn_cli.output import PIECE_ROWS, console, print_json
from sojourn_cli.tables import print_table


def shown(capsys: pytest.CaptureFixture[str], *cells: object) -> str:
    print_table("title", [f"c{number}" for number in range(len(cells))], [cells])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["[/]", "[low, high]", "[bold]x[/bold]", ":smile:", "C:\\[x]", "[link=x]", "é 漢 👩‍🚀"]
)
def test_a_cell_is_text_and_not_markup(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert text in shown(capsys, text, None, 7)


def test_a_cell_that_is_too_long_is_broken_and_never_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert shown(capsys, "x" * 400, "y" * 300).count("x") == 400


def test_a_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("[/] journeys", ["c"], [])
    assert capsys.readouterr().out == "[/] journeys: none\n"


def test_nothing_in_a_cell_turns_the_line_or_breaks_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    turning = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
    letters = [chr(number) for number in range(0x10FFFF) if bidirectional(chr(number)) in turning]
    letters += ["\u2028", "\u2029", "\x85"]
    assert len(letters) == 12
    for letter in letters:
        printed = shown(capsys, f"paid {letter}on time")
        assert letter not in printed
        assert len(printed.strip().split("\n")) == 4
    assert "שלום مرحبا" in shown(capsys, "שלום مرحبا")


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


@pytest.mark.parametrize(
    "document",
    [
        {},
        [1, 2],
        None,
        {"a": []},
        {"a": [{"b": Decimal("1.50")}], "c": {"d": [1]}, "é": "\ud800"},
        {"rows": list(range(PIECE_ROWS)), "after": True},
        {"rows": [{"n": Decimal("1.0"), "t": "]["}] * (PIECE_ROWS + 1)},
        {"rows": list(range(3 * PIECE_ROWS)), "more": [[]] * (2 * PIECE_ROWS + 7)},
    ],
)
def test_json_in_pieces_is_the_json_at_once(document: object) -> None:
    with redirect_stdout(StringIO()) as printed:
        print_json(document)
    assert printed.getvalue() == dumps(document) + "\n"


class Terminal(StringIO):
    """What is printed to it was printed to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("plain", [False, True])
def test_no_colour_is_plain_and_bold_is_not(
    monkeypatch: pytest.MonkeyPatch, *, plain: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1" if plain else "")
    with redirect_stdout(Terminal()) as printed:
        console().print("a customer", style="bold")
        print_table("t", ["c"], [["x"]])
    assert ("\x1b" not in printed.getvalue()) is plain


@pytest.mark.parametrize("text", ["[/]", "[low, high]", "[bold]x[/bold]", ":smile:"])
def test_nothing_that_is_printed_is_read_as_markup(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    console().print(f"profile name: {text}", style="bold")
    assert capsys.readouterr().out == f"profile name: {text}\n"


def test_a_customers_traits_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    customer._print(
        {
            "customer": "[/] ana",
            "identities": [{"type": "[card]", "value": "[L1]", "since": None}],
            "conflicts": [
                {"type": "[card]", "value": "[L2]", "refused": False, "belongs_to": "[ben]"},
                {"type": "[card]", "value": "L3", "refused": False, "belongs_to": None},
                {"type": "anonymous", "value": "v1", "refused": True, "belongs_to": None},
            ],
            "profile": {"name": "[/] \x1b[2J", "[tags]": ["[x]"]},
            "consents": {
                "[news]": {"given": True, "at": "now", "source": "[form]", "wording": "[yes]"}
            },
            "channels": {"email": {"status": "ok", "addresses": ["[a]@example.com"]}},
            "journeys": [],
            "messages": [],
            "timeline": [],
        }
    )
    printed = capsys.readouterr().out
    for text in ("[/] ana", "name: [/] \\x1b[2J", '[tags]: ["[x]"]', "[news]", "[form]", "[yes]"):
        assert text in printed
    assert "[card] [L1] since now" in printed
    assert "not [card] [L2], which belongs to [ben]" in printed
    assert "not [card] L3, which belonged to another customer" in printed
    assert "not anonymous v1, which is too much to join" in printed
    assert "[a]@example.com" in printed


SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
EVENTS = ("--events", f"{SHOP}/events.jsonl")
WRITING = {
    "simulate": ("simulate", SHOP, *EVENTS, "--html", "shop.html"),
    "diff": ("diff", SHOP, SHOP, *EVENTS, "--markdown", "diff.md"),
    "draw": ("draw", SHOP, "welcome", "--format", "json", "-o", "welcome.svg"),
    "preview": ("preview", SHOP, "welcome", "--customer-file", "ana.json", "-o", "welcome.html"),
}


@pytest.mark.parametrize("command", WRITING)
def test_a_file_that_cannot_be_written_is_wrong_usage_and_nothing_is_printed(
    command: str, tmp_path: Path
) -> None:
    ana = tmp_path / "ana.json"
    ana.write_text('{"first_name": "Ana"}', encoding="utf-8")
    *words, name = WRITING[command]
    named = [str(ana) if word == "ana.json" else word for word in words]
    taken = CliRunner().invoke(main, [*named, str(tmp_path / name)])
    assert (taken.exit_code, (tmp_path / name).exists()) == (0, True)
    nowhere = tmp_path / "nowhere" / name
    found = CliRunner().invoke(main, [*named, str(nowhere)])
    assert (found.exit_code, found.stdout) == (2, "")
    assert f"Error: {nowhere}: cannot be written: No such file or directory\n" in found.stderr
