"""The folder of a recording: the workspace as it was published, and beside it what replaying needs.

`.recording/` is passed over by everything that reads a workspace. It holds `about.json` (what was
recorded, and marks of the events and files that belong to it), `plans/<revision>.json` (every
revision that anything was decided under) and `turns.jsonl` (a line for each id of a customer).
"""

import json
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.values.exact import JsonObject, dumps, loads_object
from sojourn.core.values.instants import Instant, parse_instant
from sojourn.core.workspace.documents import plan_from
from sojourn.core.workspace.plan import Plan
from sojourn.language.files import read_folder
from sojourn_cli.events_file import open_events
from sojourn_cli.output import writing
from sojourn_cli.recording.kept import KeptTurns

PLACE = ".recording"
FORMAT = 2
"""Goes first in `about.json`, so that a later form can still read an older one: in the first nobody
was joined."""

_BLOCK = 1 << 20


@noun
class Recording:
    """What a replay needs beside the events.

    ``plans`` are the revisions by number, ``latest`` the one the folder's files are of, ``kept``
    the turns of each id.
    """

    stack: str
    until: Instant
    latest: int
    plans: Mapping[int, Plan]
    kept: KeptTurns

    @property
    def plan(self) -> Plan:
        """The plan that the folder's files are of, with every version there was."""
        return self.plans[self.latest]


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a workspace's files."""
    for name, content in files.items():
        path = folder / name
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def write_plan(folder: Path, revision: int, documents: JsonObject) -> None:
    """Keep the documents of one revision."""
    path = folder / PLACE / "plans" / f"{revision}.json"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dumps(documents), encoding="utf-8")


def add_turns(folder: Path, line: str) -> None:
    """Keep one customer's turns."""
    path = folder / PLACE / "turns.jsonl"
    with writing(path), path.open("a", encoding="utf-8", newline="\n") as turns:
        turns.write(line + "\n")


def write_about(folder: Path, about: JsonObject, events: str, latest: int) -> None:
    """Finish a recording: what it is about, and which events and files belong to it."""
    marks = {name: sha256(content).hexdigest() for name, content in read_folder(folder).items()}
    doc: JsonObject = {
        "format": FORMAT,
        **about,
        "latest": latest,
        "events_sha256": events,
        "files_sha256": dict(marks),
    }
    path = folder / PLACE / "about.json"
    with writing(path):
        path.write_text(json.dumps(doc, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def is_recorded(workspace: Path) -> bool:
    """Whether a workspace's folder came from a recording."""
    return (workspace / PLACE / "about.json").is_file()


def read_recording(workspace: Path, events: Path) -> Recording:
    """The recording that a workspace and an events file are, unchanged, from.

    Raises InvalidInput saying what was changed since, or what cannot be read.
    """
    place = workspace / PLACE
    try:
        about: Any = loads_object((place / "about.json").read_bytes())
        if about.get("format") not in {1, FORMAT}:
            raise InvalidInput(f"{place}: in a form that this version does not know")
        _check_files(workspace, about["files_sha256"])
        if _digest(events) != about["events_sha256"]:
            raise InvalidInput(f"{events} is not the file that was recorded with it")
        plans = {
            int(path.stem): plan_from(loads_object(path.read_bytes()), int(path.stem))
            for path in (place / "plans").glob("*.json")
        }
        until = parse_instant(about["until"])
        kept = KeptTurns(place / "turns.jsonl")
        return Recording(about["stack"], until, about["latest"], plans, kept)
    except (OSError, EOFError, zlib.error, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{place}: cannot be read: {error!r}") from error


def _check_files(workspace: Path, known: Mapping[str, str]) -> None:
    """Refuse a workspace whose files are not those recorded."""
    present = {
        name: sha256(content).hexdigest() for name, content in read_folder(workspace).items()
    }
    changed = sorted(name for name in {*known, *present} if known.get(name) != present.get(name))
    if changed:
        more = f" and {len(changed) - 1} more" if changed[1:] else ""
        raise InvalidInput(f"{changed[0]}{more} changed since the recording")


def _digest(events: Path) -> str:
    """What marks an events file, compressed or not."""
    found = sha256()
    with open_events(events) as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
