"""Scenes: a workspace and lines, and what they are after one change that an explanation tells."""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sojourn_cli.explaining.story import Entry
from tests.explaining.given import SEND, Doc, as_json, journey, line, only, plan_of, told

SEGMENTS = {"vip": {"profile.vip": True}}
OWN = {"caps": [{"name": "daily", "max": 1, "per": "P1D"}]}
NIGHT = {"quiet_hours": [{"from": "21:00", "to": "08:00"}]}


@dataclass(frozen=True)
class Scene:
    """Files, lines, and which line of what journey is asked about (the last one)."""

    journeys: Mapping[str, Doc]
    lines: Sequence[Doc]
    settings: Doc = field(default_factory=dict)

    def told(self) -> list[Entry]:
        return told(plan_of(self.journeys, self.settings, SEGMENTS), self.lines)

    def blocked(self, what: str, reason: str) -> Entry:
        return only(self.told(), what, journey="j", reason=reason)

    def changed(self, change: Mapping[str, Any]) -> "Scene":
        """The scene after one change, as the JSON tells it."""
        journeys = copy.deepcopy(dict(self.journeys))
        settings = copy.deepcopy(self.settings)
        lines = copy.deepcopy(list(self.lines))
        match change:
            case {"instant": instant}:
                lines[-1]["timestamp"] = instant
            case {"file": "settings.json", "path": path, "to": value}:
                put(settings, path, value)
            case {"file": "journeys/j.json", "path": path, "to": value}:
                put(journeys["j"], path, value)
            case {"path": path, "to": value}:
                _set(lines[-1], path, value)
            case {"path": path, "needs": needs}:
                fresh = "+27821111111" if path == "profile.phone" else "x@example.com"
                _set(lines[-1], path, f"other-{needs['ne']}" if "ne" in needs else fresh)
            case {"event": name, "times": times, **rest}:
                for _ in range(times):
                    more = line("5 09:59", name)
                    for path, value in rest.get("with", {}).items():
                        _set(more, path, value)
                    lines.insert(-1, more)
            case _:
                raise AssertionError(f"a change of no known kind: {change}")
        return Scene(journeys, lines, settings)


def _set(last: Doc, path: str, value: object) -> None:
    """Say it with a line: a property, a trait, or a consent."""
    root, _, rest = path.partition(".")
    table = last.setdefault("properties" if root in {"event", "entry"} else "traits", {})
    put(table, rest, value)


def put(table: Any, path: str, value: object) -> None:  # noqa: ANN401 - JSON
    """Put a value at a dotted path, making what is not there on the way."""
    *way, name = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
    for part in way:
        table = table[part] if isinstance(part, int) else table.setdefault(part, {})
    table[name] = value


def change_in(blocked: Entry) -> Any:  # noqa: ANN401 - JSON
    """The nearest change of an entry, which ends its sentence."""
    nearest = as_json(blocked)["details"]["nearest"]
    assert nearest["change"] is not None, blocked.explanation
    return nearest["change"]


def go(when: str = "5 10:00", **properties: Any) -> Doc:  # noqa: ANN401 - JSON
    return line(when, "go", properties=properties)


def entry(**fields: Any) -> Mapping[str, Doc]:  # noqa: ANN401 - any part of an entry
    return {"j": journey(entry={"event": "go", **fields})}


def mail(**fields: Any) -> Mapping[str, Doc]:  # noqa: ANN401 - any part of a step
    steps = {"mail": SEND | fields}
    other = journey(entry={"event": "first"}, steps={"hello": SEND}, start="hello")
    return {"j": journey(steps=steps), "other": other}
