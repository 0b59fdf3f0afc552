"""Opening: a workspace's plan for a command, or the end of the command with what is wrong."""

from collections.abc import Collection
from pathlib import Path

import click

from sojourn.core.errors import InvalidInput
from sojourn.core.plan import Plan
from sojourn.language.files import read_folder
from sojourn.language.wording import near, quoted
from sojourn.language.workspace import load
from sojourn_cli.output import fail, say

_MOST_SHOWN = 20


def open_plan(folder: Path) -> Plan:
    """The plan of a workspace; when a file is wrong, ends with exit code 1 and every error."""
    try:
        files = read_folder(folder)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    workspace = load(files)
    if workspace.plan is not None:
        return workspace.plan
    errors = [finding for finding in workspace.findings if finding.severity == "error"]
    for finding in errors[:_MOST_SHOWN]:
        place = ": ".join(part for part in (finding.file, finding.path) if part)
        say(f"{place}: {finding.message}")
    raise fail(f"the workspace has errors ({len(errors)}): mend them, then `sojourn validate` it")


def no_such(what: str, name: str, known: Collection[str]) -> str:
    """A sentence about a name that is not there, with the one that was perhaps meant."""
    meant = near(name, known)
    hint = f"; did you mean {quoted(meant)}?" if meant is not None else ""
    return f"there is no {what} {quoted(name)}{hint}"
