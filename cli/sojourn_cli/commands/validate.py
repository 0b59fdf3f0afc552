"""`sojourn validate`: every finding of a workspace at once."""

from pathlib import Path

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import Json
from sojourn.core.workspace.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.proofs.most import most_messages
from sojourn.language.workspace import load
from sojourn_cli.findings import print_findings
from sojourn_cli.options import examples, workspace_argument
from sojourn_cli.output import format_option, print_json, wants_table
from sojourn_cli.tables import print_table


@click.command(epilog=examples("validate my-workspace"))
@workspace_argument
@click.option(
    "--most", is_flag=True, help="Also show the most messages one customer can get, and why."
)
@format_option
def validate(workspace: Path, *, most: bool, output_format: str | None) -> None:
    """Check every file of a workspace and list everything that is wrong or can never work.

    Exits 1 when there is an error; warnings alone exit 0.
    """
    try:
        files = read_folder(workspace)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    checked = load(files)
    if most and checked.plan is not None and not wants_table(output_format):
        findings: list[Json] = [item.to_json() for item in checked.findings]
        print_json({"ok": True, "findings": findings, "most": _rows(checked.plan)})
        return
    print_findings(checked, output_format)
    if checked.plan is None:
        raise SystemExit(1)
    if most:
        _print_most(checked.plan)


def _rows(plan: Plan) -> list[dict[str, Json]]:
    """The bounds as JSON; `journey` is null for the whole workspace."""
    return [
        {
            "journey": item.journey,
            "per": item.per,
            "messages": "unbounded" if item.count is None else item.count,
            "because": item.because,
        }
        for item in most_messages(plan.current.values(), plan.settings)
    ]


def _print_most(plan: Plan) -> None:
    """The bounds, those of each journey together and those of all journeys last."""
    rows = sorted(_rows(plan), key=lambda row: (row["journey"] is None, str(row["journey"])))
    print_table(
        "the most messages for one customer",
        ("journey", "per", "messages", "because of"),
        [
            (
                row["journey"] or "all journeys",
                row["per"],
                "no limit" if row["messages"] == "unbounded" else row["messages"],
                row["because"],
            )
            for row in rows
        ],
    )
