"""Invariants a second time: every pair of messages, every event, looking at the wall."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from sojourn.core.state.customer import Event
from sojourn.core.workspace.invariants import AtMost, Invariant, NoneAfter, NoneBetween, SentMessage
from tests.core.naive_clock import first_at_or_past, period_of, wall_at


def broken(
    invariant: Invariant, messages: Sequence[SentMessage], events: Sequence[Event]
) -> list[int]:
    """The places of the messages that break it."""
    ours = [place for place, message in enumerate(messages) if is_covered(invariant, message)]
    return [place for place in ours if breaks(invariant, place, ours, messages, events)]


def is_covered(invariant: Invariant, message: SentMessage) -> bool:
    return all(
        names is None or name in names
        for names, name in (
            (invariant.channels, message.channel),
            (invariant.categories, message.category),
            (invariant.journeys, message.journey),
        )
    )


def breaks(
    invariant: Invariant,
    place: int,
    ours: Sequence[int],
    messages: Sequence[SentMessage],
    events: Sequence[Event],
) -> bool:
    message = messages[place]
    match invariant.rule:
        case AtMost(maximum, window):
            before = [messages[other] for other in ours if other <= place]
            return sum(counts(other, message, window) for other in before) > maximum
        case NoneAfter() as rule:
            return any(forbids(rule, events[n:], message) for n in range(len(events)))
        case NoneBetween(start, end, weekdays):
            wall = wall_at(message.at, message.zone)
            return any(
                opens <= wall < closes
                for day in (wall.date() - timedelta(days=1), wall.date())
                if not weekdays or day.weekday() in weekdays
                for opens, closes in spans(day, start.isoformat(), end.isoformat())
            )


def counts(other: SentMessage, message: SentMessage, window: int | str) -> bool:
    """Whether a message and one before it lie in one window."""
    if isinstance(window, int):
        return message.at - other.at < window
    first_day = period_of(wall_at(message.at, message.zone).date(), window)
    return other.at >= first_at_or_past(datetime.combine(first_day, time()), message.zone)


def forbids(rule: NoneAfter, events: Sequence[Event], message: SentMessage) -> bool:
    """Whether the first of the events forbids the message, and none after it lifts that."""
    first, *rest = events
    if first.name not in rule.events or first.received_at > message.at:
        return False
    if rule.duration is not None and message.at >= first.received_at + rule.duration:
        return False
    return not any(event.name in rule.until and event.received_at <= message.at for event in rest)


def spans(day: date, start: str, end: str) -> Iterator[tuple[datetime, datetime]]:
    opens = datetime.fromisoformat(f"{day.isoformat()}T{start}")
    closes = datetime.fromisoformat(f"{day.isoformat()}T{end}")
    yield opens, closes if closes > opens else closes + timedelta(days=1)
