"""Timeline: what one customer did, and what became of it, in order of time."""

from collections.abc import Iterable, Iterator, Sequence

from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.exact import dumps
from sojourn.core.values.instants import Instant, format_instant, parse_instant
from sojourn_cli.comparing.enrolments import Fate
from sojourn_cli.explaining.words import listed
from sojourn_cli.page.counting import Row

_ORDER = ("event", "converted", "exited", "entered", "sent", "unsent", "finished")
_LONGEST = 160
"""Characters of what is said beside one entry."""


@noun
class Entry:
    """One line: when, what, and more.

    ``kind`` is `event`, `converted`, `exited`, `entered`, `sent`, `unsent` or `finished`: an exit
    that follows from what stands before it at that instant.
    """

    at: Instant
    kind: str
    what: str
    more: str


def timeline(
    events: Iterable[Event], messages: Sequence[Fate], enrolments: Iterable[Row]
) -> list[Entry]:
    """Everything of one customer; at one instant events come first, then entries, then messages.

    A message that was sent stands where it was sent, any other where it was asked for. Who leaves
    a journey in the instant of its message leaves after it, else before another is entered.
    """
    settled = {(fate.decided_at, fate.journey) for fate in messages if fate.status != "cancelled"}
    entries = [*_events(events), *map(_message, messages)]
    for row in enrolments:
        left_at = None if row["exited_at"] is None else parse_instant(row["exited_at"])
        entries += _enrolment(row, left_at, last=(left_at, row["journey"]) in settled)
    entries.sort(key=lambda entry: (entry.at, _ORDER.index(entry.kind)))
    return entries


def _events(events: Iterable[Event]) -> Iterator[Entry]:
    for event in events:
        known = {**event.traits, **event.properties}
        said = ", ".join(f"{name} {_value(value)}" for name, value in known.items())
        yield Entry(event.received_at, "event", event.name, _short(said))


def _value(value: object) -> str:
    return value if isinstance(value, str) else dumps(value)


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _message(fate: Fate) -> Entry:
    what = f"{fate.channel} {fate.journey}/{fate.step}"
    if fate.sent_at is None:
        reason = f": {fate.reason}" if fate.reason else ""
        return Entry(fate.requested_at, "unsent", what, fate.status + reason)
    said = _short(fate.subject or fate.body or "")
    if fate.holds:
        rules = listed(dict.fromkeys(reason for _, reason in fate.holds))
        said += f" (held by {rules} since {format_instant(fate.requested_at)})"
    return Entry(fate.sent_at, "sent", what, said)


def _enrolment(row: Row, left_at: Instant | None, *, last: bool) -> Iterator[Entry]:
    journey = row["journey"]
    if row["outcome"] == "held_out":
        yield Entry(parse_instant(row["entered_at"]), "entered", journey, "held out")
    else:
        key = "" if row["key"] is None else f"key {_value(row['key'])}"
        yield Entry(parse_instant(row["entered_at"]), "entered", journey, _short(key))
        if left_at is not None:
            kind = "finished" if last or row["exited_at"] == row["entered_at"] else "exited"
            yield Entry(left_at, kind, journey, row["outcome"])
    if row["converted_at"] is not None:
        credit = f"credited to {row['credited_to']}" if row["credited_to"] else ""
        yield Entry(parse_instant(row["converted_at"]), "converted", journey, credit)
