"""The stories' files: who does what when, and how the shop's days become seconds."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sojourn.core.nouns import noun
from sojourn.core.values.exact import dumps, loads_object
from sojourn.language.files import AT_ROOT, FOLDERS, read_folder

NIGHT_HOUR = 2
DAY_HOUR = 14


@noun
class Line:
    """One line of a story: an event, or what the provider reports of a message.

    ``happened_seconds_ago`` makes an event late: its own time lies before it is sent.
    """

    after_seconds: float
    customer: str
    event: Mapping[str, Any] | None
    feedback: Mapping[str, str] | None
    happened_seconds_ago: float = 0


def read_stories(file: Path) -> list[Line]:
    """Every line, in order of time; the zones are those in which it is night and day now."""
    text = file.read_text(encoding="utf-8")
    text = text.replace("{{asleep}}", zone_now(NIGHT_HOUR))
    text = text.replace("{{awake}}", zone_now(DAY_HOUR))
    docs = [json.loads(line) for line in text.splitlines() if line.strip()]
    lines = [
        Line(
            doc["after_seconds"],
            doc["customer"],
            doc.get("event"),
            doc.get("feedback"),
            doc.get("happened_seconds_ago", 0),
        )
        for doc in docs
    ]
    return sorted(lines, key=lambda line: line.after_seconds)


def zone_now(local_hour: int) -> str:
    """A zone in which it is that hour now."""
    return zone_at(local_hour, datetime.now(UTC).hour)


def zone_at(local_hour: int, utc_hour: int) -> str:
    """A fixed zone whose clock shows that hour now; `Etc/GMT-2` is two hours ahead of UTC."""
    ahead = local_hour - utc_hour
    if ahead < -12:  # noqa: PLR2004 - no zone is further behind
        ahead += 24
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def workspace_at_demo_speed(shop: Path) -> dict[str, bytes]:
    """The shop's files with the durations that `demo/speed.json` shortens."""
    files = {
        path: content
        for path, content in read_folder(shop).items()
        if path in AT_ROOT or path.split("/")[0] in FOLDERS
    }
    speed = json.loads((shop / "demo" / "speed.json").read_text(encoding="utf-8"))
    for path, changes in speed.items():
        doc = loads_object(files[path])
        for place, value in changes.items():
            put(doc, place, value)
        files[path] = dumps(doc).encode()
    return files


def put(doc: Any, place: str, value: object) -> None:  # noqa: ANN401 - any JSON document
    """Set the value at a dotted place, such as `caps[0].per` or `steps.remind.for`."""
    *names, last = [
        int(name) if name.isdigit() else name for name in re.split(r"[.\[\]]+", place) if name
    ]
    for name in names:
        doc = doc[name]
    if isinstance(doc, dict) and last not in doc:
        raise KeyError(f"{place}: there is nothing to shorten")
    doc[last] = value
