"""The workspace that a command is given: read, checked, and refused with its findings."""

from pathlib import Path

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.workspace.invariants import Invariant
from sojourn.core.workspace.plan import Plan
from sojourn.language.files import INVARIANTS, read_folder
from sojourn.language.findings import Finding
from sojourn.language.workspace import load
from sojourn_cli.findings import print_findings
from sojourn_cli.output import say


@noun
class Loaded:
    """A workspace without errors; ``invariants`` is None when it has no file of them."""

    plan: Plan
    invariants: tuple[Invariant, ...] | None
    findings: tuple[Finding, ...]


def load_workspace(workspace: Path, output_format: str | None) -> Loaded:
    """A workspace's folder; one with errors ends the command with its findings."""
    try:
        checked = load(read_folder(workspace))
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    if checked.plan is None:
        print_findings(checked, output_format)
        say(f"{workspace}: this has to be mended first; nothing was run")
        raise SystemExit(1)
    return Loaded(checked.plan, checked.invariants, checked.findings)


def read_workspace(workspace: Path, output_format: str | None) -> Plan:
    """The plan of a workspace's folder, likewise."""
    return load_workspace(workspace, output_format).plan


def rules_of(loaded: Loaded, workspace: Path) -> tuple[Invariant, ...]:
    """The invariants that `--check` holds; a workspace without them is bad usage."""
    if loaded.invariants is None:
        raise click.UsageError(
            f"{workspace / INVARIANTS}: there is no such file; --check holds what it says"
        )
    for finding in loaded.findings:
        if finding.file == INVARIANTS:
            say(f"{finding.severity}: {INVARIANTS}: {finding.path}: {finding.message}")
    return loaded.invariants
