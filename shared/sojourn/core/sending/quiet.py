"""Quiet hours and closed days: when does the customer's local clock allow a message?

Read off the local clock: an hour that comes twice is quiet twice, one that is skipped is not
there. Found by going from the end of one rule to the end of the next, and by stopping wherever the
clock jumps.
"""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from sojourn.core.nouns import noun
from sojourn.core.values.instants import DAY, EARLIEST, Duration, Instant
from sojourn.core.values.localtime import (
    day_number,
    first_reading,
    microseconds_of,
    offset_at,
    weekday_of,
)
from sojourn.core.workspace.settings import Category, Closed, QuietHours, Settings

_NEVER_AFTER = 21 * DAY
"""Quiet hours repeat weekly: what does not open in three weeks without closed days never does."""

_EDGE_DAYS = 2
"""A clock never goes back by more than a day, so this far from the edges it stays inside."""


@noun
class QuietLimit:
    """Quiet until ``until`` (None: for ever)."""

    until: Instant | None
    reason: str


class _Rules(NamedTuple):
    """What binds a channel: closed stretches by the numbers of their first and last days, and
    windows by the time of day at which they start and end, with the weekdays on which they start.
    """

    closed: tuple[tuple[int, int], ...]
    windows: tuple[tuple[Duration, Duration, frozenset[int]], ...]


def first_open(
    settings: Settings, category: Category, channel: str, at: Instant, zone: ZoneInfo
) -> QuietLimit | None:
    """The rule that keeps ``at`` quiet and when quiet ends, or None when ``at`` is open."""
    if not category.quiet_hours:
        return None
    rules = _rules(settings, channel)
    quiet = _quiet_at(rules, at, zone)
    if quiet is None:
        return None
    _, reason = quiet
    moment = at
    while quiet is not None:
        moment, _ = quiet
        if moment - at > _NEVER_AFTER and moment > _last_closed(settings) + _NEVER_AFTER:
            return QuietLimit(None, reason)
        quiet = _quiet_at(rules, moment, zone)
    return QuietLimit(moment, reason)


def _last_closed(settings: Settings) -> Instant:
    """When the last closed day begins, to within a day."""
    return max((day_number(rule.last) * DAY for rule in settings.closed), default=EARLIEST)


def _quiet_at(rules: _Rules, at: Instant, zone: ZoneInfo) -> tuple[Instant, str] | None:
    """The rule that keeps an instant quiet, and until when it surely does; None when it is open."""
    offset, stays_until = offset_at(at, zone)
    day, since_midnight = divmod(at + offset, DAY)
    for first, last in rules.closed:
        if first <= day <= last:
            if last - day > _EDGE_DAYS and day - first >= _EDGE_DAYS:
                return first_reading((last - 1) * DAY, zone), "closed"
            return min((day + 1) * DAY - offset, stays_until), "closed"
    for start, end, weekdays in rules.windows:
        if start < end:
            runs = start <= since_midnight < end
            begun_on, ends_on = day, day
        elif since_midnight >= start:
            runs, begun_on, ends_on = True, day, day + 1
        else:
            runs, begun_on, ends_on = since_midnight < end, day - 1, day
        if runs and (not weekdays or weekday_of(begun_on) in weekdays):
            return min(ends_on * DAY + end - offset, stays_until), "quiet_hours"
    return None


def _rules(settings: Settings, channel: str) -> _Rules:
    """The rules that bind a channel, found once for each."""
    key = ("quiet", channel)
    found: _Rules | None = settings.derived.get(key)
    if found is None:
        found = settings.derived[key] = _Rules(
            tuple(
                [
                    (day_number(rule.first), day_number(rule.last))
                    for rule in settings.closed
                    if _applies(rule, channel)
                ]
            ),
            tuple(
                [
                    (microseconds_of(rule.start), microseconds_of(rule.end), rule.weekdays)
                    for rule in settings.quiet_hours
                    if _applies(rule, channel)
                ]
            ),
        )
    return found


def _applies(rule: QuietHours | Closed, channel: str) -> bool:
    return rule.channels is None or channel in rule.channels
