"""What `sojourn record` refuses before it reads anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sojourn_cli.main import main

SINCE = ("--since", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Missing option '--since'"),
        (("--since", "yesterday"), "Invalid value for '--since'"),
        ((*SINCE, "--until", "2025-01-01T00:00:00Z"), "--since: 2026-01-01T00:00:00Z lies after"),
        ((*SINCE, "--workspace", "full"), "is not empty; a recording wants a folder of its own"),
    ],
)
def test_what_cannot_be_meant_is_bad_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "settings.json").write_text("{}")
    done = CliRunner().invoke(main, ["record", "--stack", "shop", *options])
    assert done.exit_code == 2
    assert said in done.stderr
