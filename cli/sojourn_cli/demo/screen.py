"""The demonstration's last screen."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sojourn_cli.demo.account import Account, Row

GAP: Final = 2
"""Columns of the screen between two of ours."""

AFTER_COLUMNS: Final = 7

READABLE_COLUMNS: Final = 40
"""Of a reason: where less would be left for it, it stands beneath what it explains."""

_VERBS: Final = {
    "sent": ("got", "green"),
    "ended": ("left", "dim"),
    "not entered": ("did not enter", "dim"),
}
"""By status: what became of the customer, and its colour."""

_NO_MESSAGE: Final = ("did not get", "yellow")


def show(
    out: Console,
    account: Account,
    delays: Mapping[str, tuple[int, float, float]],
    stories: Mapping[str, str],
) -> None:
    """Print who got what and why, who did not and why, and the run's counts.

    ``stories`` maps customers to what their story shows.
    """
    longest = max((_said(row).cell_len for row in account.rows), default=0)
    room = out.width - AFTER_COLUMNS - GAP - longest - GAP
    said_columns = longest if room >= READABLE_COLUMNS else None
    for customer in dict.fromkeys(row.customer for row in account.rows):
        rows = [row for row in account.rows if row.customer == customer]
        out.print(Text.assemble((f"{customer} ", "bold"), stories.get(customer, "")))
        out.print(_beneath(rows) if said_columns is None else _beside(rows, said_columns))
        out.print()
    _counts(out, account, delays)


def _beside(rows: Iterable[Row], said_columns: int) -> Table:
    """A line for each row, its reason beside it; as wide for every customer."""
    table = _grid()
    table.add_column(width=said_columns, no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(_after(row), _said(row), Text(_why(row)))
    return table


def _beneath(rows: Iterable[Row]) -> Table:
    """Two lines for each row, for a screen on which its reason has no room beside it."""
    table = _grid()
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(_after(row), _said(row))
        table.add_row(Text(), Text(_why(row)))
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(justify="right", no_wrap=True, min_width=AFTER_COLUMNS)
    return table


def _counts(out: Console, account: Account, delays: Mapping[str, tuple[int, float, float]]) -> None:
    statuses = Counter(row.status for row in account.messages)
    counted = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    out.print(
        f"{account.events} events, {len(account.messages)} messages: {counted}", highlight=False
    )
    out.print(f"{account.dead_letters} dead letters", highlight=False)
    for kind, (count, median, p99) in delays.items():
        out.print(f"{kind}: median {median:.3f} s, p99 {p99:.3f} s (n={count})", highlight=False)


def _after(row: Row) -> Text:
    return Text(f"{row.at:.1f} s")


def _said(row: Row) -> Text:
    """What became of a customer: a journey that an event ended is one she left, no loss of hers."""
    verb, style = _VERBS.get(row.status, _NO_MESSAGE)
    what = f"{row.channel} {row.journey}/{row.step}" if row.is_message else row.journey
    return Text(f"{verb} {what}", style)


def _why(row: Row) -> str:
    match row.status:
        case "sent" | "not entered":
            return row.why
        case "ended":
            return f"ended {row.why}"
        case status:
            return f"{status}: {row.why}"
