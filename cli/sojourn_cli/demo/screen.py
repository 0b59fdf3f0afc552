"""The demonstration's last screen."""

from collections import Counter
from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sojourn_cli.demo.account import Account, Row


def show(
    out: Console,
    account: Account,
    delays: Mapping[str, tuple[int, float, float]],
    stories: Mapping[str, str],
) -> None:
    """Print who got what and why, who did not and why, and the run's counts.

    ``stories`` maps customers to what their story shows.
    """
    table = Table(box=box.SIMPLE_HEAVY, pad_edge=False)
    table.add_column("customer", min_width=24)
    table.add_column("after", justify="right", no_wrap=True)
    for name in ("got", "did not get"):
        table.add_column(name, min_width=30, overflow="fold")
    table.add_column("why", overflow="fold")
    for customer in dict.fromkeys(row.customer for row in account.rows):
        mine = [row for row in account.rows if row.customer == customer]
        for number, row in enumerate(mine):
            caption = (Text(customer, style="bold"), Text(stories.get(customer, "")))
            _add(table, row, caption[number] if number < len(caption) else Text())
        if len(mine) == 1:
            table.add_row(Text(stories.get(customer, "")))
        table.add_section()
    out.print(table)
    statuses = Counter(row.status for row in account.messages)
    counted = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    out.print(
        f"{account.events} events, {len(account.messages)} messages: {counted}", highlight=False
    )
    out.print(f"{account.dead_letters} dead letters", highlight=False)
    for kind, (count, median, p99) in delays.items():
        out.print(f"{kind}: median {median:.3f} s, p99 {p99:.3f} s (n={count})", highlight=False)


def _add(table: Table, row: Row, customer: Text) -> None:
    what = f"{row.channel} {row.journey}/{row.step}" if row.is_message else row.journey
    got = row.status == "sent"
    table.add_row(
        customer,
        f"{row.at:.1f} s",
        Text(what, style="green") if got else Text(),
        Text() if got else Text(what, style="yellow"),
        Text(row.why if got else f"{row.status}: {row.why}"),
    )
