"""Invariants: what a workspace must never do to a customer, tested on the messages of a run.

An invariant looks at what was sent, never at why. It decides nothing: caps, quiet hours and exits
do; an invariant tells when they were set up so that they do not.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from sojourn.core.matching.conditions import Condition, Did, holds
from sojourn.core.nouns import noun
from sojourn.core.state.customer import Event
from sojourn.core.values.instants import Duration, Instant, format_duration, parse_duration
from sojourn.core.values.localtime import (
    local_clock,
    parse_time_of_day,
    start_of_day,
    start_of_period,
)
from sojourn.core.values.paths import MISSING, Found, Path, descend
from sojourn.core.workspace.reading import Doc, condition_or_none, names, read_at, read_weekdays


@noun
class SentMessage:
    """A message that was sent, and the customer's zone then.

    ``caused`` is how many events that we caused ourselves were taken before it.
    """

    at: Instant
    zone: ZoneInfo
    journey: str
    step: str
    channel: str
    category: str
    caused: int = 0


@noun
class AtMost:
    """So many messages in a window: a duration (rolling), or `day`, `week`, `month` locally."""

    maximum: int
    window: Duration | str


@noun
class NoneAfter:
    """No message once such an event came in.

    Until ``duration`` has passed (None: for ever), or one of the events ``until`` comes in.
    """

    events: tuple[str, ...]
    where: Condition | None
    duration: Duration | None
    until: tuple[str, ...]


@noun
class NoneBetween:
    """No message from ``start`` (in) to ``end`` (out) on the local clock.

    Not after ``start``, ``end`` is the next day's; ``weekdays`` name the day on which it starts
    (empty: every day).
    """

    start: time
    end: time
    weekdays: frozenset[int]


type Rule = AtMost | NoneAfter | NoneBetween


@noun
class Invariant:
    """A rule over the messages of these channels, categories and journeys; None is all."""

    name: str
    channels: frozenset[str] | None
    categories: frozenset[str] | None
    journeys: frozenset[str] | None
    rule: Rule

    def covers(self, message: SentMessage) -> bool:
        """Whether the rule is about this message."""
        return (
            (self.channels is None or message.channel in self.channels)
            and (self.categories is None or message.category in self.categories)
            and (self.journeys is None or message.journey in self.journeys)
        )


@noun
class Breach:
    """An invariant that a message broke.

    ``messages`` are those concerned, the one that broke it last; ``event`` is the one after which
    there should have been none.
    """

    invariant: str
    because: str
    messages: tuple[SentMessage, ...]
    event: Event | None = None

    @property
    def at(self) -> Instant:
        """When it was broken."""
        return self.messages[-1].at


def breaches(
    invariants: Iterable[Invariant],
    messages: Sequence[SentMessage],
    events: Sequence[Event],
    zone: ZoneInfo,
) -> Iterator[Breach]:
    """Every breach of one customer: by invariant, then in order of time.

    ``messages`` are all that were sent, in order; ``events`` those that came in and those that we
    caused, in the order in which they were taken, each id once. At one instant events come before
    messages, but for those we caused: these as they came. Dates in a `where` begin at midnight in
    ``zone``.
    """
    for invariant in invariants:
        ours = [message for message in messages if invariant.covers(message)]
        match invariant.rule:
            case AtMost() as rule:
                yield from _too_many(invariant.name, rule, ours)
            case NoneAfter() as rule:
                yield from _too_late(invariant.name, rule, ours, events, zone)
            case NoneBetween() as rule:
                yield from _out_of_hours(invariant.name, rule, ours)
            case _:
                assert_never(invariant.rule)


def _too_many(name: str, rule: AtMost, messages: Iterable[SentMessage]) -> Iterator[Breach]:
    """A message is one too many when it and those before it in its window pass the maximum."""
    window: deque[SentMessage] = deque(maxlen=rule.maximum + 1)
    for message in messages:
        window.append(message)
        if isinstance(rule.window, str):
            since = start_of_period(message.at, rule.window, message.zone)
            span = f"one {rule.window} on the local clock ({message.zone.key})"
        else:
            since = message.at - rule.window + 1
            span = format_duration(rule.window)
        if len(window) > rule.maximum and window[0].at >= since:
            because = f"more than {rule.maximum} in {span}"
            yield Breach(name, because, tuple(window))


def _too_late(
    name: str,
    rule: NoneAfter,
    messages: Iterable[SentMessage],
    events: Sequence[Event],
    zone: ZoneInfo,
) -> Iterator[Breach]:
    """A message is too late when the newest event that forbids it is not over yet."""
    ahead = deque(events)
    since: Event | None = None
    caused = 0
    for message in messages:
        while ahead and ahead[0].received_at <= message.at:
            if ahead[0].caused and caused >= message.caused:
                break
            event = ahead.popleft()
            caused += event.caused
            if event.name in rule.until:
                since = None
            if event.name in rule.events and _fits(rule.where, event, zone):
                since = event
        if since is not None and (
            rule.duration is None or message.at - since.received_at < rule.duration
        ):
            yield Breach(name, f"after {since.name}", (message,), since)


def _out_of_hours(
    name: str, rule: NoneBetween, messages: Iterable[SentMessage]
) -> Iterator[Breach]:
    """A message is out of hours when its local clock stands within them."""
    for message in messages:
        clock = local_clock(message.at, message.zone)
        if _within(rule, clock.date(), clock.time()):
            where = f"{clock.time():%H:%M:%S} on the local clock ({message.zone.key})"
            because = f"at {where}, between {rule.start:%H:%M} and {rule.end:%H:%M}"
            yield Breach(name, because, (message,))


def _within(rule: NoneBetween, day: date, at: time) -> bool:
    if rule.start < rule.end:
        return rule.start <= at < rule.end and _starts(rule, day)
    if at >= rule.start:
        return _starts(rule, day)
    return at < rule.end and _starts(rule, day - timedelta(days=1))


def _starts(rule: NoneBetween, day: date) -> bool:
    return not rule.weekdays or day.weekday() in rule.weekdays


def _fits(where: Condition | None, event: Event, zone: ZoneInfo) -> bool:
    return where is None or holds(where, _EventScope(event, zone))


@noun
class _EventScope:
    """A scope in which nothing stands but one event; see `conditions.Scope`."""

    event: Event
    zone: ZoneInfo

    @property
    def now(self) -> Instant:
        return self.event.received_at

    def local_midnight(self, day: date) -> Instant:
        return start_of_day(day, self.zone)

    def value(self, path: Path) -> Found:
        root, name, *rest = path
        if root != "event":
            return MISSING
        return descend(self.event.properties.get(name, MISSING), tuple(rest))

    def segment(self, _name: str) -> Condition | None:
        return None

    def inside(self, _segment: str) -> "_EventScope":
        return self

    def occurrences(self, _did: Did) -> tuple[int, int]:
        return 0, 0


def read_invariants(doc: Doc) -> tuple[Invariant, ...]:
    """The invariants of `invariants.json`, already checked; InvalidInput tells what is wrong."""
    return tuple(
        _read_invariant(item, f"invariants[{index}]")
        for index, item in enumerate(doc.get("invariants", ()))
    )


def _read_invariant(doc: Doc, place: str) -> Invariant:
    channels, categories, journeys = (
        frozenset(doc[key]) if key in doc else None
        for key in ("channels", "categories", "journeys")
    )
    return Invariant(doc["name"], channels, categories, journeys, _read_rule(doc, place))


def _read_rule(doc: Doc, place: str) -> Rule:
    if "none_after" in doc:
        return _read_none_after(doc["none_after"], f"{place}.none_after")
    if "none_between" in doc:
        hours, where = doc["none_between"], f"{place}.none_between"
        return NoneBetween(
            read_at(f"{where}.from", parse_time_of_day, hours["from"]),
            read_at(f"{where}.to", parse_time_of_day, hours["to"]),
            read_weekdays(hours.get("weekdays"), f"{where}.weekdays"),
        )
    calendar = doc["per"].removeprefix("calendar_")
    if calendar != doc["per"]:
        return AtMost(doc["max"], calendar)
    return AtMost(doc["max"], read_at(f"{place}.per", parse_duration, doc["per"]))


def _read_none_after(doc: Doc, place: str) -> NoneAfter:
    return NoneAfter(
        names(doc["event"], f"{place}.event"),
        condition_or_none(doc, "where", place),
        read_at(f"{place}.for", parse_duration, doc["for"]) if "for" in doc else None,
        names(doc["until"], f"{place}.until") if "until" in doc else (),
    )
