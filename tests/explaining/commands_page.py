"""The page of commands, with what `--help` says of each now.

`python -m tests.explaining.commands_page` writes it anew: help texts are replaced, commands that
are new get a section, the prose stays.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from sojourn_cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
COLUMNS = 90

_SECTION = re.compile(r"^#{2,3} `(sojourn [a-z -]+)`$", re.MULTILINE)
_HELP = re.compile(r"```text\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def helps() -> dict[str, str]:
    """Every command's help by its full name, groups before what is in them."""
    return dict(_helps(main, None))


def _helps(command: click.Group, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    context = _context(command, "sojourn" if parent is None else str(command.name), parent)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        inner = _context(found, name, context)
        yield inner.command_path, found.get_help(inner)
        if isinstance(found, click.Group):
            yield from _helps(found, context)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    settings: Any = command.context_settings
    return click.Context(command, info_name=name, parent=parent, terminal_width=COLUMNS, **settings)


def sections(page: str) -> tuple[str, dict[str, str]]:
    """What stands before the first command, and each command's section under its heading."""
    heads = list(_SECTION.finditer(page))
    ends = [head.start() for head in heads[1:]] + [len(page)]
    if not heads:
        return page, {}
    found = {head[1]: page[head.end() : end].strip() for head, end in zip(heads, ends, strict=True)}
    return page[: heads[0].start()], found


def current(page: str) -> str:
    """The page with every command and its help as they are now."""
    opening, found = sections(page)
    parts = [opening.rstrip()]
    for name, text in helps().items():
        block = f"```text\n{text}\n```\n"
        body = f"{found.get(name, '')}\n"
        kept = _HELP.search(body)
        if kept is None:
            body = f"{body.strip()}\n\n{block}"
        else:
            body = body[: kept.start()] + block + body[kept.end() :]
        level = "##" if name.count(" ") == 1 else "###"
        parts.append(f"{level} `{name}`\n\n{body.strip()}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
