"""Resting: why a step that waits was over in the instant in which it began."""

from sojourn.core.matching.comparisons import read_moment
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import dumps
from sojourn.core.values.paths import MISSING, Found, Missing, Path, descend, show_path
from sojourn.core.workspace.plan import DateWait, From, Wait
from sojourn_cli.explaining.standing import Standing
from sojourn_cli.explaining.words import duration_in_words


def no_rest(record: Record, standing: Standing) -> str:
    """A clause on why nobody rests at a step; nothing where she does, or where none is meant to."""
    step = standing.step_of(record)
    if not isinstance(step, Wait) or standing.rests_at(record):
        return ""
    if not isinstance(step.until, DateWait):
        return ", which is over at once"
    return f", which is over at once: {_date(step.until, record, standing)}"


def _date(until: DateWait, record: Record, standing: Standing) -> str:
    """The date, and why it is not waited for."""
    if not isinstance(until.value, From):
        return f"{until.value}: {_moved(until)} is no longer ahead"
    path = until.value.path
    found, name = _found(path, record, standing), show_path(path)
    if found is None:
        return f"{name} is missing, no date, or no longer ahead"
    if isinstance(found, Missing):
        return f"{name} is missing"
    if read_moment(found) is None:
        return f"{name} is {dumps(found)}, which is no date"
    return f"{name} is {dumps(found)}, and {_moved(until)} is no longer ahead"


def _moved(until: DateWait) -> str:
    """The instant that the wait is for, seen from the date."""
    total = until.offset.total
    side = "before" if total < 0 else "after"
    moved = f"{duration_in_words(abs(total))} {side} that" if total else "that"
    return moved if until.at is None else f"{moved} at {until.at:%H:%M}"


def _found(path: Path, record: Record, standing: Standing) -> Found | None:
    """What stands at a path; None where records do not tell."""
    root, name, *rest = path
    if root == "profile":
        value = standing.trait(name)
        return MISSING if value is None else descend(value, tuple(rest))
    passage = standing.passage_of(record)
    event = None if passage is None else passage.event
    if event is None or root not in {"entry", "event"}:
        return None
    if root == "event" and event.received_at != record.at:
        return None
    return descend(event.properties.get(name, MISSING), tuple(rest))
