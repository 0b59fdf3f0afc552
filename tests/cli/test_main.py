"""What every command has in common: names that are nearly right, and places that take nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import override

import click
import pytest
from click.testing import CliRunner

from sojourn.core.errors import Unavailable
from sojourn_cli.main import COMMANDS, Commands, main
from sojourn_cli.output import FORMATS

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.mark.parametrize(
    ("name", "said"),
    [("simulat", "did you mean `simulate`?"), ("dead_letters", "did you mean `dead-letters`?")],
)
def test_a_command_that_is_not_there_is_answered_with_the_one_that_was_meant(
    name: str, said: str
) -> None:
    result = CliRunner().invoke(main, [name, "workspace"])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with how it is called."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for inner in command.list_commands(context):
        found = command.get_command(context, inner)
        assert found is not None
        yield from leaves(found, f"{name} {inner}")


@pytest.mark.parametrize(("name", "command"), list(leaves(main, "sojourn")))
def test_every_command_prints_for_people_and_for_programs(
    name: str, command: click.Command
) -> None:
    (option,) = (item for item in command.params if item.name == "output_format")
    assert isinstance(option.type, click.Choice)
    assert (option.opts, tuple(option.type.choices)) == (["--format"], FORMATS), name


class Away(Commands):
    """The command line where what every command calls does not answer."""

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        def call() -> None:
            raise Unavailable("AccessDenied while reading customer ana: you may not")

        return click.Command(cmd_name, callback=call)


def test_what_aws_refuses_is_an_error_and_no_traceback() -> None:
    result = CliRunner().invoke(Away("sojourn"), ["customer"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: AccessDenied while reading customer ana: you may not\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_an_error_and_no_traceback(
    unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    run = [sys.executable, "-c", "from sojourn_cli.main import main; main()"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*run, "validate", str(SHOP)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"Error: No space left on device\n"


def test_a_reader_who_leaves_ends_it_quietly() -> None:
    run = [sys.executable, "-c", "from sojourn_cli.main import main; main()"]
    with subprocess.Popen(
        [*run, "validate", str(SHOP)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1


@pytest.mark.parametrize(
    ("closed", "workspace", "code"),
    [(">&-", SHOP, 0), ("2>&-", SHOP / "none", 2), (">&- 2>&- <&-", SHOP, 0)],
)
def test_an_output_that_is_closed_hears_nothing_and_the_exit_code_still_tells(
    closed: str, workspace: Path, code: int
) -> None:
    script = f'"$0" -c "from sojourn_cli.main import main; main()" validate "$1" {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable, str(workspace)], capture_output=True, check=False
    )
    assert done.returncode == code
    assert (done.stdout, b"Traceback" in done.stderr) == (b"", False)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("output_format", FORMATS)
def test_a_name_that_the_locale_cannot_write_is_written_all_the_same(
    output_format: str, encoding: str, tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text(
        (SHOP / "events.jsonl").read_text("utf-8").replace('"lerato"', '"Zoë→"'), "utf-8"
    )
    run = [sys.executable, "-c", "from sojourn_cli.main import main; main()", "explain", str(SHOP)]
    asked = [*run, "--events", str(events), "--customer", "Zoë→", "--format", output_format]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    piped = subprocess.run(asked, env=environment, capture_output=True, check=False)
    assert (piped.returncode, "Zoë→" in piped.stdout.decode("utf-8")) == (0, True), piped.stderr
    screen, terminal = os.openpty()
    with subprocess.Popen(asked, env=environment, stdout=terminal) as shown:
        os.close(terminal)
        seen = b"".join(iter(partial(_read, screen), b""))
    os.close(screen)
    arrow = "→".encode() if encoding == "ascii" else rb"\u2192"
    assert (shown.returncode, arrow in seen) == (0, True), seen[-500:]


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # how a terminal says that nobody writes to it any more
        return b""


def test_what_the_list_of_commands_says_is_what_each_says_of_itself() -> None:
    context = click.Context(main)
    for name, (_, summary) in COMMANDS.items():
        command = main.get_command(context, name)
        assert command is not None
        first = (command.help or "").partition("\n\n")[0]
        assert " ".join(first.split()) == summary, name


def test_the_list_of_commands_is_shown_whole_and_loads_none() -> None:
    program = (
        "import sys; from sojourn_cli.main import main; main(['--help'], 'sojourn', None, False)"
    )
    more = "; print([name for name in sys.modules if name.startswith('sojourn_cli.commands')])"
    done = subprocess.run(
        [sys.executable, "-c", program + more], capture_output=True, text=True, check=True
    )
    shown = " ".join(done.stdout.split())
    assert done.stdout.endswith("\n[]\n")
    for name, (_, summary) in COMMANDS.items():
        assert f"{name} {summary}" in shown


@pytest.mark.parametrize(("name", "command"), list(leaves(main, "sojourn")))
def test_the_examples_of_a_help_text_are_ones_that_the_command_takes(
    name: str, command: click.Command
) -> None:
    lines = [line.strip() for line in (command.epilog or "").splitlines()]
    shown = [line for line in lines if line.startswith("sojourn ")]
    assert shown or name.startswith("sojourn local ")
    for line in shown:
        assert line.startswith(f"{name} ")
        words = line.split()
        options = [item for item in command.params if isinstance(item, click.Option)]
        known = {opt for item in options for opt in item.opts}
        assert {word for word in words if word.startswith("-")} <= known, line
        for item in options:
            assert not item.required or set(item.opts) & set(words), line
