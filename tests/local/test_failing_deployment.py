"""A deployment that fails or is interrupted ends what was started for it, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sojourn_cli.local import process
from sojourn_cli.local import stack as stacks
from sojourn_cli.local.home import Home, LocalError
from sojourn_cli.local.stack import Wanted

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("local")]

TEMPLATE = Path(__file__).parent / "fixture_template" / "template.yaml"
NOWHERE = Path("nowhere.yaml")


def interrupt(said: str) -> None:
    if said == "building":
        raise KeyboardInterrupt


def listen(said: str) -> None:
    assert said == "starting the emulated AWS"


@pytest.mark.parametrize(
    ("template", "progress", "why"),
    [(TEMPLATE, interrupt, KeyboardInterrupt), (NOWHERE, listen, LocalError)],
)
def test_what_was_started_for_it_ends_with_it(
    tmp_path: Path,
    template: Path,
    progress: Callable[[str], None],
    why: type[BaseException],
) -> None:
    started: list[int] = []

    def look(said: str) -> None:
        running = Home(tmp_path).running()
        started.extend([] if running is None else [running.pid])
        progress(said)

    with pytest.raises(why):
        stacks.up(tmp_path, Wanted(template=template, max_minutes=10), look)
    assert Home(tmp_path).running() is None
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)


def test_what_ran_before_runs_on(tmp_path: Path) -> None:
    home, said = Home(tmp_path), list[str]()
    with home.locked():
        running = process.start(home, "us-east-1", max_minutes=10)
    try:
        with pytest.raises(LocalError, match=r"there is no template nowhere\.yaml"):
            stacks.up(tmp_path, Wanted(template=NOWHERE), said.append)
        assert len(said) == 1
        assert said[0].startswith("it runs already, and ends by itself in ")
        assert home.running() == running
    finally:
        stacks.down(tmp_path)
