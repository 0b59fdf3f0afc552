"""The demonstration's last screen."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from sojourn_cli.demo.account import Account, Row


def show(out: Console, account: Account, delays: Mapping[str, tuple[int, float, float]]) -> None:
    """Print who got what and why, who did not and why, and the run's counts."""
    table = Table("customer", "got", "when", "why", "did not get", "because", show_lines=True)
    for customer in dict.fromkeys(row.customer for row in account.rows):
        mine = [row for row in account.rows if row.customer == customer]
        got = [row for row in mine if row.status == "sent"]
        missed = [row for row in mine if row.status != "sent"]
        table.add_row(
            customer,
            _lines(got, "{channel} {step}"),
            "\n".join(f"{row.at:.1f} s" for row in got),
            _lines(got, "{why}"),
            _lines(missed, "{channel} {journey}/{step}"),
            _lines(missed, "{status}: {why}"),
        )
    out.print(table)
    statuses = Counter(row.status for row in account.rows)
    counted = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    out.print(f"{account.events} events, {len(account.rows)} messages: {counted}")
    out.print(f"{account.dead_letters} dead letters")
    for kind, (count, median, p99) in delays.items():
        out.print(f"{kind}: median {median:.3f} s, p99 {p99:.3f} s (n={count})")


def _lines(rows: list[Row], form: str) -> str:
    return "\n".join(
        form.format(
            channel=row.channel, journey=row.journey, step=row.step, status=row.status, why=row.why
        )
        for row in rows
    )
