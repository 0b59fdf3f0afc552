"""The demonstration's last screen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from sojourn_cli.demo.account import Account, Row

TABLE_COLUMNS = 140
"""Of the screen: what the table takes when its last column can be read."""

CUSTOMER_COLUMNS = 24
FRAME = 16
"""Columns that rich counts for the edges of five, and for what stands between them."""

MOST_WHOLE = 40
"""Columns that the longest name of a step gets, with its journey's, so that it stays whole."""


def show(
    out: Console,
    account: Account,
    delays: Mapping[str, tuple[int, float, float]],
    stories: Mapping[str, str],
) -> None:
    """Print who got what and why, who did not and why, and the run's counts.

    ``stories`` maps customers to what their story shows.
    """
    of_customers = {
        customer: [row for row in account.rows if row.customer == customer]
        for customer in dict.fromkeys(row.customer for row in account.rows)
    }
    if out.width < TABLE_COLUMNS:
        for customer, rows in of_customers.items():
            _print_block(out, Text(customer, style="bold"), stories.get(customer, ""), rows)
    else:
        out.print(_table(of_customers, stories, out.width))
    statuses = Counter(row.status for row in account.messages)
    counted = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    out.print(
        f"{account.events} events, {len(account.messages)} messages: {counted}", highlight=False
    )
    out.print(f"{account.dead_letters} dead letters", highlight=False)
    for kind, (count, median, p99) in delays.items():
        out.print(f"{kind}: median {median:.3f} s, p99 {p99:.3f} s (n={count})", highlight=False)


def _widest(name: str, texts: Iterable[str]) -> int:
    return min(max(map(len, " ".join([name, *texts]).split())), MOST_WHOLE)


def _table(
    of_customers: Mapping[str, Sequence[Row]], stories: Mapping[str, str], width: int
) -> Table:
    table = Table(box=box.SIMPLE_HEAVY, pad_edge=False)
    every = [row for rows in of_customers.values() for row in rows]
    got, missed = (
        _widest(name, (_what(row) for row in every if (row.status == "sent") is is_sent))
        for name, is_sent in (("got", True), ("did not get", False))
    )
    after = _widest("after", (f"{row.at:.1f}_s" for row in every))
    widths = {"customer": CUSTOMER_COLUMNS, "after": after, "got": got, "did not get": missed}
    widths["why"] = width - sum(widths.values()) - FRAME
    for name, columns in widths.items():
        justify: JustifyMethod = "right" if name == "after" else "left"
        table.add_column(name, width=columns, overflow="fold", justify=justify)
    for customer, rows in of_customers.items():
        for number, row in enumerate(rows):
            caption = (Text(customer, style="bold"), Text(stories.get(customer, "")))
            _add(table, row, caption[number] if number < len(caption) else Text())
        if len(rows) == 1:
            table.add_row(Text(stories.get(customer, "")))
        table.add_section()
    return table


def _print_block(out: Console, customer: Text, story: str, rows: Sequence[Row]) -> None:
    """A customer for a screen on which the table has no room."""
    out.print(customer, Text(story), soft_wrap=False)
    block = Table.grid(padding=(0, 2, 0, 0))
    block.add_column(justify="right", no_wrap=True, min_width=7)
    block.add_column(overflow="fold")
    for row in rows:
        got = row.status == "sent"
        said = Text(f"{'got' if got else 'did not get'} {_what(row)}")
        said.stylize("green" if got else "yellow")
        block.add_row(Text(f"{row.at:.1f} s"), said)
        block.add_row(Text(), Text(_why(row)))
    out.print(block)
    out.print()


def _add(table: Table, row: Row, customer: Text) -> None:
    got = row.status == "sent"
    table.add_row(
        customer,
        f"{row.at:.1f} s",
        Text(_what(row), style="green") if got else Text(),
        Text() if got else Text(_what(row), style="yellow"),
        Text(_why(row)),
    )


def _what(row: Row) -> str:
    return f"{row.channel} {row.journey}/{row.step}" if row.is_message else row.journey


def _why(row: Row) -> str:
    return row.why if row.status == "sent" else f"{row.status}: {row.why}"
