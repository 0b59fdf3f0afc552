"""Tables: they fit the screen, break no word, and have their numbers at the right."""

from collections.abc import Sequence
from contextlib import redirect_stdout
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sojourn_cli.output import visible
from sojourn_cli.tables import GAP, LONGEST_WORD, READABLE_LINE, Figure, is_number, print_table

WIDE = st.text("ab日本語한é\u0301ेक👩\u200d🇨🇭✔\ufe0f", min_size=1, max_size=14)
"""Letters of two columns of the screen, of none, and such as are drawn together."""
WORDS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12)
CELLS = st.one_of(
    st.none(), st.integers(-(10**6), 10**6), st.lists(WORDS, max_size=12).map(" ".join)
)
TABLES = st.integers(1, 5).flatmap(
    lambda count: st.tuples(
        st.lists(WORDS, min_size=count, max_size=count),
        st.lists(st.tuples(*[CELLS] * count), min_size=1, max_size=6),
    )
)


class Screen(StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def shown(width: int, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> list[str]:
    """What a plain screen of that width shows under the title."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(Screen()) as printed:
        patch.setenv("COLUMNS", str(width))
        patch.setenv("NO_COLOR", "1")
        patch.setenv("TERM", "xterm")
        print_table("title", columns, rows)
    title, *lines = printed.getvalue().splitlines()
    assert title == "title"
    return [line.rstrip() for line in lines]


def test_numbers_stand_at_the_right_and_words_at_the_left() -> None:
    rows = [("a", 7, Figure("93 %"), Decimal("1.5")), ("bcd", 1234, None, Decimal(10))]
    assert shown(80, ["name", "count", "share", "cost"], rows) == [
        "name  count  share  cost",
        "─" * 24,
        "a         7   93 %   1.5",
        "bcd    1234           10",
        "",
    ]


def test_where_a_word_would_be_broken_each_row_is_a_block() -> None:
    rows = [("cart-recovery/wait-an-hour", "held", 12), ("cart-recovery/remind", None, 3)]
    assert shown(37, ["where", "what", "so many"], rows) == [
        "where    cart-recovery/wait-an-hour",
        "what     held",
        "so many  12",
        "",
        "where    cart-recovery/remind",
        "so many  3",
        "",
    ]
    assert shown(60, ["where", "what", "so many"], rows)[0].split() == [
        "where",
        "what",
        "so",
        "many",
    ]


def test_a_sentence_gets_a_line_that_can_be_read_or_a_block() -> None:
    why = "it was held, for the cap had no room until the day after that one"
    wide = shown(20 + GAP + READABLE_LINE, ["at", "why"], [("2026-03-04T10:00:00Z", why)])
    assert wide[0].split() == ["at", "why"]
    narrow = shown(19 + GAP + READABLE_LINE, ["at", "why"], [("2026-03-04T10:00:00Z", why)])
    assert narrow[0] == "at   2026-03-04T10:00:00Z"


@given(TABLES, st.integers(40, 130))
def test_any_table_fits_its_screen_and_loses_nothing(
    table: tuple[list[str], list[tuple[object, ...]]], width: int
) -> None:
    columns, rows = table
    lines = shown(width, columns, rows)
    assert all(len(line) <= width for line in lines)
    words = " ".join(lines).split()
    for row in rows:
        for cell in row:
            assert set("" if cell is None else str(cell).split()) <= set(words)


@given(
    st.lists(st.tuples(*[st.lists(WIDE, min_size=1, max_size=8).map(" ".join)] * 3), min_size=1),
    st.integers(40, 120),
)
def test_letters_are_as_wide_as_the_screen_shows_them(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    lines = shown(width, ["customer", "名前", "why"], rows)
    assert all(cell_len(line) <= width for line in lines)
    shown_letters = "".join("".join(lines).split())
    for cell in (cell for row in rows for cell in row):
        assert set(visible(cell)) - {" "} <= set(shown_letters)


@pytest.mark.parametrize("before", ["", "a", "日", "a ", "日\u200d"])
@pytest.mark.parametrize("joiners", [1, 2, 3])
@pytest.mark.parametrize("behind", ["", "日", "👩", "a日", "日" * 30])
def test_joiners_that_join_nothing_are_shown_and_stop_no_table(
    before: str, joiners: int, behind: str
) -> None:
    text = f"{before}{'\u200d' * joiners}{behind}"
    for width in (40, 41, 60):
        lines = shown(width, ["customer", "why"], [(text, "x" * 45), ("a", f"{'b ' * 20}{text}")])
        assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("name", ["顧客", "한국", "e\u0301tes", "👩\u200d👩\u200d👧\u200d👦ab"])
def test_what_stands_beside_wide_letters_begins_in_one_column(name: str) -> None:
    lines = shown(60, ["name", "what"], [(name, "here"), ("abcd", "here")])
    beside = [line.partition("here")[0] for line in lines if line.endswith("here")]
    assert [cell_len(text) for text in beside] == [6, 6]


def test_what_is_longer_than_a_word_may_be_is_broken_and_not_cut() -> None:
    lines = shown(70, ["what", "body"], [("letter", "x" * (2 * LONGEST_WORD))])
    assert "".join(lines).count("x") == 2 * LONGEST_WORD


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        ([1, None], True),
        ([Figure("< 1"), 2], True),
        ([], False),
        ([None, ""], False),
        (["1"], False),
    ],
)
def test_a_column_of_numbers_is_one_of_nothing_else(cells: list[object], *, numbers: bool) -> None:
    assert is_number(cells) is numbers
