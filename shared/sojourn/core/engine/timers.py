"""When things fall due: waits, timeouts, the longest stay, messages that want to be decided."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sojourn.core.conditions import MISSING, Found
from sojourn.core.customer import Customer, Enrolment, Message
from sojourn.core.engine.scope import DraftScope
from sojourn.core.ids import chance
from sojourn.core.instants import MINUTE, Instant, Offset, parse_date, parse_instant
from sojourn.core.localtime import instant_of, local_clock, next_local_time, start_of_day
from sojourn.core.plan import DateWait, Journey, LocalTime, Plan, Wait

LEASE = 2 * MINUTE
"""How long a claimed message may wait for the provider's answer to be recorded; dispatch's own
time limit is one minute, so nobody is still sending it then."""

_SPAN = 1 << 64


def wait_until(wait: Wait, began_at: Instant, scope: DraftScope) -> tuple[Instant, bool]:
    """When a wait that began then ends as seen from now, and whether its date is past.

    First the duration, then the next local time or the date that fits; a time that is exactly
    now has come.
    """
    base = max(scope.now, began_at + (wait.duration or 0))
    match wait.until:
        case None:
            return base, False
        case LocalTime(at, weekdays):
            return next_local_time(base, at, weekdays, scope.zone), False
        case DateWait():
            target = _date_target(wait.until, scope)
            if target is None or target < base:
                return base, True
            return target, False


def _date_target(until: DateWait, scope: DraftScope) -> Instant | None:
    found = scope.read(until.value)
    try:
        return _moved(found, until, scope.zone)
    except (ValueError, OverflowError):
        return None


def _moved(found: Found, until: DateWait, zone: ZoneInfo) -> Instant | None:
    if found is MISSING or not isinstance(found, str):
        return None
    offset = until.offset
    if len(found) == len("2026-01-31"):
        day = parse_date(found) + timedelta(days=offset.days)
        if not offset.rest:
            return _at(day, until, zone)
        start = start_of_day(day, zone) + offset.rest
        return start if until.at is None else _at(local_clock(start, zone).date(), until, zone)
    exact = parse_instant(found) + Offset(offset.days, offset.rest).total
    return exact if until.at is None else _at(local_clock(exact, zone).date(), until, zone)


def _at(day: date, until: DateWait, zone: ZoneInfo) -> Instant:
    return start_of_day(day, zone) if until.at is None else instant_of(day, until.at, zone)


def rests_on_profile(wait: Wait) -> bool:
    """Whether a wait's end can change with traits: by a path, or by the zone."""
    return wait.until is not None


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
