"""Chains: what would have ended a chain of causes in one instant before it grew too long."""

from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import DAY, MINUTE, format_duration
from sojourn_cli.explaining.nearest import Nearest, in_file, no_change
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import duration_in_words

_ONCE_IN = DAY
_PAUSE = MINUTE
"""Any time at all begins a new chain; these are what somebody might mean."""


def shorter_chain(record: Record, standing: Standing) -> Nearest:
    """What would have kept a chain from ending a passage: one entry alone, or a wait on the way."""
    passage = standing.passage_of(record)
    if passage is not None:
        times = standing.times_entered(passage.journey, passage.key, record.at)
        if times > 1:
            return _once(passage.journey, times)
    if record.step is None:
        return no_change("fewer things would have to cause one another in one instant")
    pause: Json = {"type": "wait", "for": format_duration(_PAUSE)}
    return Nearest(
        f"a wait before {record.step} would begin a new chain, and it would have gone on",
        {
            "file": f"journeys/{record.journey}.json",
            "path": f"steps.{record.step}",
            "before": pause,
        },
    )


def shorter_round(record: Record, standing: Standing) -> Nearest:
    """What would have kept a journey from being asked for too far along a chain."""
    journey = standing.journey_of(record)
    if journey is not None and journey.entry.key is None:
        times = standing.times_entered(journey.id, None, record.at)
        if times > 1:
            return _once(journey.id, times)
    return no_change("fewer journeys would have to lead into one another in one instant")


def _once(journey: str, times: int) -> Nearest:
    words = (
        f"it was entered {times} times in that instant, and reentry every"
        f" {duration_in_words(_ONCE_IN)} would have let her in once"
    )
    file = f"journeys/{journey}.json"
    return in_file(words, file, "entry.reentry.every", format_duration(_ONCE_IN))
