"""One deployed stack for every test in this folder, and the example's stories played on it once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from sojourn_cli.demo.__main__ import perform, wanted
from sojourn_cli.demo.account import Account
from sojourn_cli.local.stack import LocalStack, running

WANTED = replace(wanted(), max_minutes=30.0)
"""The demonstration's stack ends after five minutes; the tests of this folder may take longer."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The product's own template, deployed into an emulated AWS that enforces IAM."""
    with running(tmp_path_factory.mktemp("aws"), WANTED) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalStack, Account]]:
    """A stack of its own on which every story was played to its end."""
    folder: Path = tmp_path_factory.mktemp("stories")
    with running(folder, WANTED) as deployed:
        with (folder / "told").open("w", encoding="utf-8") as told:
            account = perform(deployed, Console(file=told, width=200))
        yield deployed, account
