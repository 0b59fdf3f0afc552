"""The page docs/performance.md, made of what lies in bench/results/: `python -m bench.pages`."""

import json
from collections.abc import Sequence
from typing import Any

from bench.measure import ROOT, Spread
from bench.report import RESULTS, Row, beside, cells

PAGE = ROOT / "docs" / "performance.md"
ORDER = (
    "matching",
    "persisted",
    "validate",
    "cold-start",
    "release",
    "evaluate",
    "simulate",
    "cost",
)

_HEAD = """# Performance

`make bench` measures all of this, checks every answer, and writes this page; what a number was
measured on stands under its table. Ratios are taken within one round of interleaved fresh
processes, so they travel between machines better than milliseconds do. A range is the least and the
most of all rounds.
"""

type Document = dict[str, Any]


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page's text."""
    files = {path.stem: path for path in sorted(RESULTS.glob("*.json"))}
    names = [name for name in ORDER if name in files] + sorted(files.keys() - set(ORDER))
    documents = [json.loads(files[name].read_text(encoding="utf-8")) for name in names]
    return "\n".join([_HEAD, *map(_section, documents)])


def _section(document: Document) -> str:
    rows = [_row(row) for row in document["rows"]]
    measured = ", ".join(f"{what} {said}" for what, said in document["machine"].items())
    return "\n".join(
        [
            f"## {document['title']}\n",
            f"{document['about']}\n",
            *_table(rows),
            f"\n{document['checked']}\n",
            f"Measured on {document['day']}, load {document['load']}: {measured}.\n",
        ]
    )


def _row(stored: Document) -> Row:
    ratio = stored["ratio"]
    return Row(
        **{
            **stored,
            "value": Spread(**stored["value"]),
            "ratio": None if ratio is None else Spread(**ratio),
        }
    )


def _table(rows: Sequence[Row]) -> list[str]:
    """Rows as a table, without the columns that none of them fills."""
    titles = ("", "median", "range", "ratio", "its range", "wanted", "to", "beside")
    lines = [(*cells(row), row.against or "", beside(row)) for row in rows]
    used = [
        index for index in range(len(titles)) if not index or any(line[index] for line in lines)
    ]
    body = [_line([line[index] for index in used]) for line in (titles, *lines)]
    return [body[0], _line(["---", *["--:"] * (len(used) - 1)]), *body[1:]]


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


if __name__ == "__main__":
    write()
