"""Findings as people and programs read them."""

from collections.abc import Iterable

from sojourn.core.exact import JsonObject
from sojourn.language.findings import Finding
from sojourn_cli.output import print_json, print_table, wants_table


def as_rows(findings: Iterable[Finding]) -> list[JsonObject]:
    """Findings as JSON objects."""
    return [
        {
            "severity": finding.severity,
            "code": finding.code,
            "file": finding.file,
            "path": finding.path,
            "message": finding.message,
        }
        for finding in findings
    ]


def print_findings(findings: Iterable[Finding], output_format: str | None) -> None:
    """Print what `validate` prints."""
    rows = as_rows(findings)
    ok = not any(row["severity"] == "error" for row in rows)
    if not wants_table(output_format):
        print_json({"ok": ok, "findings": rows})
        return
    columns = ("severity", "file", "path", "code", "message")
    print_table(
        "in order" if not rows else f"{len(rows)} findings",
        columns,
        [tuple(row[column] for column in columns) for row in rows],
    )
