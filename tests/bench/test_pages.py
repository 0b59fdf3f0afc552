"""The page of results says what the results say."""

from pathlib import Path

import pytest

from bench import pages
from bench.measure import Spread, ratio_of, spread
from bench.report import Result, Row, table

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_of_the_results_that_are_there() -> None:
    assert (ROOT / "docs" / "performance.md").read_text(encoding="utf-8") == pages.page()


def test_a_ratio_is_taken_within_each_round() -> None:
    mine, theirs = (
        [{"ms": 2.0}, {"ms": 30.0}, {"ms": 8.0}],
        [{"ms": 1.0}, {"ms": 10.0}, {"ms": 2.0}],
    )
    assert ratio_of(mine, theirs, "ms") == Spread(3.0, 2.0, 4.0)


@pytest.mark.parametrize(("met", "word"), [(True, "met"), (False, "MISSED")])
def test_a_row_says_whether_it_is_as_wanted(met: bool, word: str) -> None:  # noqa: FBT001 - a parameter
    row = Row("evaluate", spread([1_234.0]), "ms", spread([1.2]), "boto3", "at most 1.25", met)
    [_, line] = table(Result("Title", "About.", "Checked.", [row])).splitlines()
    assert line.split() == [
        *("evaluate", "1,234", "ms", "1,234", "to", "1,234"),
        *("1.20", "1.20", "to", "1.20", "at", "most", "1.25:", word),
    ]
