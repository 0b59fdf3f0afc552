"""Results: what a bench found, as a file under `results/` and as a table on the screen.

A file holds `title`, `about`, `checked`, `day`, `load`, `machine` and `rows`; a row holds `what`,
`unit`, `value` and `ratio` (each with `median`, `low` and `high`; `ratio` may be null), `against`,
`target` and `met` (null where nothing is wanted), and further figures in `beside`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import load_average, machine
from bench.measure import Spread

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result.

    ``against`` names what ``ratio`` is a ratio to, ``target`` what is wanted, and ``met`` says
    whether the median reaches it. ``beside`` holds further figures by name.
    """

    what: str
    value: Spread
    unit: str
    ratio: Spread | None = None
    against: str | None = None
    target: str | None = None
    met: bool | None = None
    beside: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What one bench found: ``about`` says what was measured, ``checked`` what makes it right.

    ``peers`` names those it stands beside with their versions.
    """

    title: str
    about: str
    checked: str
    rows: Sequence[Row]
    peers: str = ""


def write(name: str, result: Result) -> Path:
    """Keep a result with its day and the machine; the file's path."""
    document = {
        "title": result.title,
        "about": result.about,
        "checked": result.checked,
        "day": datetime.now(UTC).date().isoformat(),
        "load": load_average(),
        "machine": machine() | ({"peers": result.peers} if result.peers else {}),
        "rows": [asdict(row) for row in result.rows],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def table(result: Result) -> str:
    """A result as text, one row a line."""
    lines = [("", "median", "range", "ratio", "range", "wanted", "beside")]
    lines += [(*cells(row), beside(row)) for row in result.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < column < len(line) - 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def cells(row: Row) -> tuple[str, str, str, str, str, str]:
    """A row's texts: what, median, range, ratio, its range, what is wanted."""
    wanted = "" if row.target is None else f"{row.target}: {'met' if row.met else 'MISSED'}"
    ratio = ("", "") if row.ratio is None else (f"{row.ratio.median:.2f}", _range(row.ratio, 2))
    digits = 2 if row.value.median < 10 else 1 if row.value.median < 1_000 else 0  # noqa: PLR2004 - three or four figures say enough
    median = f"{row.value.median:,.{digits}f} {row.unit}"
    return row.what, median, _range(row.value, digits), *ratio, wanted


def beside(row: Row) -> str:
    """A row's further figures."""
    return ", ".join(f"{name.replace('_', ' ')} {value:,.0f}" for name, value in row.beside.items())


def _range(values: Spread, digits: int) -> str:
    return f"{values.low:,.{digits}f} to {values.high:,.{digits}f}"
