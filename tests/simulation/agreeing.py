"""One process and several agree to the last byte.

`python -m tests.simulation.agreeing ACT`, for the reason that `acts` gives.
"""

import sys
from multiprocessing import active_children
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.values.instants import DAY, HOUR, Instant, format_instant
from sojourn_cli.main import main
from tests.core.engine.test_joins_agree import BEGIN, PLAN, Doc, files
from tests.recording.test_joined import a_day_of_joins
from tests.recording.test_joined import recorded as record
from tests.simulation.given import COUNTS, told_by

SHOP = Path(__file__).parents[2] / "examples" / "shop"


def _apart(doc: Doc, world: int) -> Doc:
    """A message of people whom no other world knows."""
    found = {**doc, "messageId": f"{doc['messageId']}-{world}"}
    for name in ("userId", "anonymousId", "previousId"):
        if found.get(name) is not None:
            found[name] += f"-{world}"
    if doc.get("traits", {}).get("email"):
        found["traits"] = {**doc["traits"], "email": f"{world}@b.example"}
    cards = [{**card, "id": f"{card['id']}-{world}"} for card in doc["context"]["externalIds"]]
    return {**found, "context": {"externalIds": cards}}


def _forgotten(customer: str) -> Doc:
    """Somebody asks to forget her: what comes of her afterwards is refused."""
    return {
        "id": f"forget {customer}",
        "detail-type": "sojourn.forget",
        "source": "desk",
        "time": format_instant(BEGIN + 2 * HOUR),
        "detail": {"customer": customer},
    }


@settings(max_examples=20, deadline=None, database=None)
@given(
    st.lists(files(), min_size=2, max_size=4),
    st.sampled_from((None, BEGIN + DAY)),
    st.sampled_from(COUNTS),
)
def histories(worlds: list[list[Doc]], until: Instant | None, count: int) -> None:
    """Who is joined with whom is as chance has it: the same, whoever lives what."""
    lines = [_apart(doc, number) for number, world in enumerate(worlds) for doc in world]
    lines += [_forgotten("ana-0"), _forgotten("v1-1")]
    assert told_by(PLAN, lines, until, count) == told_by(PLAN, lines, until, 1)
    assert active_children() == []


def commands() -> None:
    """Every command that runs a whole history, every way of printing."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        page, tables = folder / "page.html", folder / "tables.md"
        recording = folder / "recording"
        recording.mkdir()
        _, events, workspace = record(a_day_of_joins(1, at_once=False), recording, 1)
        same = ["--events", SHOP / "events.jsonl"]
        for command in (
            ["simulate", SHOP, *same, "--check", "--html", page, "--format", "table"],
            ["simulate", SHOP, *same, "--until", "2026-01-08T07:00:00Z", "--seed", "3"],
            ["simulate", workspace, "--events", events, "--html", page],
            ["diff", SHOP, SHOP, *same, "--seed", "1", "--check", "--markdown", tables],
        ):
            found = [_run([*command, "--processes", count], page, tables) for count in (1, *COUNTS)]
            assert found[0][0], command
            assert found == [found[0]] * len(found), command


def _run(command: list[object], *written: Path) -> tuple[object, ...]:
    result = CliRunner().invoke(main, list(map(str, command)))
    assert result.exit_code == 0, result.output
    files = [path.read_bytes() if path.exists() else None for path in written]
    return result.stdout, result.stderr, files


ACTS = {act.__name__: act for act in (histories, commands)}

if __name__ == "__main__":
    ACTS[sys.argv[1]]()
