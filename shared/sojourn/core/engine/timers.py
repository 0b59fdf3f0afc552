"""When things fall due: waits, timeouts, the longest stay, messages that want to be decided."""

from datetime import date, time

from sojourn.core.comparisons import read_moment
from sojourn.core.customer import Customer, Enrolment, Message
from sojourn.core.engine.scope import DraftScope
from sojourn.core.ids import chance
from sojourn.core.instants import EARLIEST, LATEST, MINUTE, Instant
from sojourn.core.localtime import (
    day_after,
    instant_of,
    local_clock,
    next_local_time,
    start_of_day,
)
from sojourn.core.plan import DateWait, From, Journey, LocalTime, Plan, Wait

LEASE = 2 * MINUTE
"""How long a claimed message may wait for the provider's answer to be recorded; dispatch's own
time limit is one minute, so nobody is still sending it then."""

_SPAN = 1 << 64


def wait_until(wait: Wait, began_at: Instant, scope: DraftScope) -> tuple[Instant, bool]:
    """When a wait that began then ends as seen from now, and whether its date is past.

    First the duration, then the next local time or the date that fits; a time that is exactly
    now has come. A timer that has come was not too late for its date, however late it is taken.
    """
    rested_at = began_at + (wait.duration or 0)
    base = max(scope.now, rested_at)
    match wait.until:
        case None:
            return base, False
        case LocalTime(at, weekdays):
            return next_local_time(base, at, weekdays, scope.zone), False
        case DateWait():
            due = scope.enrolment.due_at if scope.enrolment is not None else None
            came_at = due if due is not None and due <= scope.now else None
            if came_at is not None and _is_read_once(wait.until):
                return base, came_at == rested_at
            target = _date_target(wait.until, scope)
            if target is None or target < (base if came_at is None else came_at):
                return base, True
            return max(target, base), False


def _date_target(until: DateWait, scope: DraftScope) -> Instant | None:
    """The date or instant a wait is for, with its offset and time of day; None without a date.

    A date moves by whole calendar days, an instant exactly.
    """
    read = read_moment(scope.read(until.value))
    if read is None:
        return None
    zone, shift = scope.zone, until.offset.total
    if isinstance(read, date):
        day, shift = day_after(read, until.offset.days), until.offset.rest
        if not shift:
            return instant_of(day, until.at or time(0), zone)
        read = start_of_day(day, zone)
    exact = min(max(read + shift, EARLIEST), LATEST)
    return (
        exact if until.at is None else instant_of(local_clock(exact, zone).date(), until.at, zone)
    )


def _is_read_once(until: DateWait) -> bool:
    """Whether the date stands in the event at hand, which is gone once the wait has begun."""
    return isinstance(until.value, From) and until.value.path[0] == "event"


def rests_on_profile(wait: Wait) -> bool:
    """Whether a wait's end can change with traits: by a path, or by the zone."""
    match wait.until:
        case None:
            return False
        case LocalTime():
            return True
        case DateWait():
            return not _is_read_once(wait.until)


def due_of(enrolment: Enrolment, journey: Journey, current: Journey | None) -> Instant | None:
    """When an enrolment's timer really fires; None while there is none or its journey is paused.

    A timer that fell due during a pause is spread over ``resume_over`` after it.
    """
    if enrolment.due_at is None or not enrolment.live:
        return None
    if current is None:
        return enrolment.due_at
    if current.status == "paused":
        return None
    resumed, paused = current.resumed_at, current.paused_at
    if resumed is not None and paused is not None and paused <= enrolment.due_at < resumed:
        return resumed + chance("resume", enrolment.id) * journey.resume_over // _SPAN
    return enrolment.due_at


def expires_at(enrolment: Enrolment, journey: Journey) -> Instant:
    """When an enrolment has stayed its longest."""
    return enrolment.entered_at + journey.max_stay


def message_due(message: Message, plan: Plan) -> Instant | None:
    """When a message wants to be looked at; None while its journey is paused."""
    if message.claimed_at is not None:
        return message.claimed_at + LEASE
    current = plan.current.get(message.journey)
    return None if current is not None and current.status == "paused" else message.wake_at


def next_timer(customer: Customer, plan: Plan) -> Instant | None:
    """The earliest instant at which an enrolment of the customer falls due."""
    dues: list[Instant] = []
    for enrolment in customer.enrolments.values():
        if not enrolment.live:
            continue
        journey = plan.versions.get((enrolment.journey, enrolment.version))
        if journey is None:
            continue
        due = due_of(enrolment, journey, plan.current.get(enrolment.journey))
        if due is not None:
            dues.append(due)
        dues.append(expires_at(enrolment, journey))
    return min(dues, default=None)


def next_message_at(customer: Customer, plan: Plan) -> Instant | None:
    """The earliest instant at which a message of the customer wants to be looked at."""
    dues = [message_due(message, plan) for message in customer.messages.values()]
    return min((due for due in dues if due is not None), default=None)
