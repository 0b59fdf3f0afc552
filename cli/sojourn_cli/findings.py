"""Findings as people and programs read them."""

import os
import sys
from collections.abc import Iterable
from itertools import groupby

import click

from sojourn.language.findings import Finding
from sojourn.language.wording import printable
from sojourn.language.workspace import Workspace
from sojourn_cli.output import print_json, say, wants_table

_COLOURS = {"error": "red", "warning": "yellow"}


def print_findings(checked: Workspace, output_format: str | None) -> None:
    """Print everything that was found in a workspace."""
    if wants_table(output_format):
        _print_lines(checked.findings)
        say(_summary(checked.findings))
    else:
        print_json({"ok": checked.ok, "findings": [item.to_json() for item in checked.findings]})


def _print_lines(findings: Iterable[Finding]) -> None:
    """Each file with its findings below it: what, where, and the sentence."""
    colourful = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for file, found in groupby(findings, key=lambda finding: finding.file):
        click.echo(printable(file, most=200) or "the workspace")
        for finding in found:
            severity = f"{finding.severity:<7}"
            if colourful:
                severity = click.style(severity, fg=_COLOURS[finding.severity])
            place = f"  {finding.path}" if finding.path else ""
            click.echo(f"  {severity}  {finding.code}{place}")
            click.echo(f"           {finding.message}")


def _summary(findings: Iterable[Finding]) -> str:
    severities: list[str] = [finding.severity for finding in findings]
    if not severities:
        return "nothing is wrong"
    counts = ((severities.count(name), name) for name in _COLOURS)
    return ", ".join(f"{count} {name}{'s' * (count != 1)}" for count, name in counts if count)
