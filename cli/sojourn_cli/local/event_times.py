"""An event has the time that its entry says, as on AWS; MiniStack stamps each with its own.

`time` is what an event without a `timestamp` happened at, so history that is put on the bus here
would all have happened now.
"""

# ruff: noqa: SLF001 - MiniStack has no other door

import functools
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from sojourn_cli.local.mappings import Untyped

MOST_ENTRIES = 10
"""In one call; MiniStack refuses more, as AWS does."""

type Put = Callable[..., tuple[int, dict[str, str], bytes]]


def keep_event_times(eventbridge: Untyped) -> None:
    """Let `PutEvents` keep what an entry says in `Time`, in whole seconds, as envelopes have it."""
    said: ContextVar[float | None] = ContextVar("said", default=None)
    put: Put = eventbridge._put_events
    now: Callable[[], float] = eventbridge._now_ts

    def at() -> float:
        time = said.get()
        return now() if time is None else time

    def one(entry: Mapping[str, Any], **named: object) -> tuple[int, dict[str, str], bytes]:
        time = entry.get("Time")
        token = said.set(float(time) if isinstance(time, int | float) else None)
        try:
            return put({"Entries": [entry]}, **named)
        finally:
            said.reset(token)

    @functools.wraps(put)
    def timed(data: Mapping[str, Any], **named: object) -> tuple[int, dict[str, str], bytes]:
        entries = data.get("Entries", [])
        if len(entries) > MOST_ENTRIES or not any("Time" in entry for entry in entries):
            return put(data, **named)
        answers = [one(entry, **named) for entry in entries]
        status, headers, _ = answers[0]
        results = [result for *_, body in answers for result in json.loads(body)["Entries"]]
        failed = sum("ErrorCode" in result for result in results)
        return (
            status,
            headers,
            json.dumps({"FailedEntryCount": failed, "Entries": results}).encode(),
        )

    eventbridge._put_events = timed
    eventbridge._now_ts = at
