"""Waits: when a `wait` step ends, as seen from an instant.

First the duration, then the next local time or the date that fits; a time that is exactly now has
come. No date counts as past.
"""

from datetime import date, time

from sojourn.core.engine.draft import Draft
from sojourn.core.engine.scope import DraftScope
from sojourn.core.matching.comparisons import read_moment
from sojourn.core.sending.release import zone_of
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import EARLIEST, LATEST, Instant
from sojourn.core.values.localtime import (
    day_after,
    instant_of,
    local_clock,
    next_local_time,
    start_of_day,
)
from sojourn.core.workspace.plan import DateWait, From, LocalTime, Wait


def wait_until(wait: Wait, began_at: Instant, scope: DraftScope) -> tuple[Instant, bool]:
    """When a wait that began then ends as seen from now, and whether its date is past."""
    base = began_at if wait.duration is None else began_at + wait.duration
    base, until = max(base, scope.now), wait.until
    if not isinstance(until, DateWait):
        return time_until(until, base, scope.draft), False
    target = _target(until, scope)
    if target is None or target < base:
        return base, True
    return target, False


def time_until(until: LocalTime | None, base: Instant, draft: Draft) -> Instant:
    """When a wait for no date ends whose duration is over at ``base``."""
    if until is None:
        return base
    zone = zone_of(draft.customer, draft.plan.settings)
    return next_local_time(base, until.at, until.weekdays, zone)


def passing_date(wait: Wait, scope: DraftScope) -> Json:
    """What a wait reads from the event at hand, which will be gone when it is looked at again.

    None when its date stands elsewhere.
    """
    if not isinstance(wait.until, DateWait) or not isinstance(wait.until.value, From):
        return None
    path = wait.until.value.path
    found = scope.value(path) if path[0] == "event" else None
    return found if isinstance(found, str) and read_moment(found) is not None else None


def _target(until: DateWait, scope: DraftScope) -> Instant | None:
    """The date or instant a wait is for, with its offset and time of day; None without a date.

    A date moves by whole calendar days, an instant exactly.
    """
    kept = scope.enrolment.date if scope.enrolment is not None else None
    read = read_moment(scope.read(until.value) if kept is None else kept)
    if read is None:
        return None
    zone, shift = scope.zone, until.offset.total
    if isinstance(read, date):
        day, shift = day_after(read, until.offset.days), until.offset.rest
        if not shift:
            return instant_of(day, until.at or time(0), zone)
        read = start_of_day(day, zone)
    exact = min(max(read + shift, EARLIEST), LATEST)
    if until.at is None:
        return exact
    return instant_of(local_clock(exact, zone).date(), until.at, zone)
