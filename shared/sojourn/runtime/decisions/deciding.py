"""Deciding about one mailbox: what is pending is taken, and becomes one write.

Evaluate and dispatch both begin here, so whoever holds the item first takes what waits in it.
"""

import json
from collections.abc import Callable
from dataclasses import replace

from sojourn.core.course.forward import Course, Meeting
from sojourn.core.engine.join import Apart
from sojourn.core.engine.timers import next_timer
from sojourn.core.errors import HistoryNeeded, InvalidInput
from sojourn.core.state.codec import encode_event
from sojourn.core.state.customer import Customer, Message
from sojourn.core.state.decisions import Record
from sojourn.core.values.exact import Json, dumps, loads_object
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.joining import came_at, load_history, rows
from sojourn.runtime.customer.mailbox import Mailbox, Save
from sojourn.runtime.decisions.resting import timers
from sojourn.runtime.ports import History

DISPATCH = "dispatch"
"""Who decides about messages, as the journal names it."""


def with_history[T](
    course: Course, box: Mailbox, history: History, decide: Callable[[Course], T]
) -> T:
    """Decide on a course; when a condition asks for older events, load them and decide again."""
    while True:
        try:
            return decide(course)
        except HistoryNeeded as needed:
            course.history = load_history(box, history, needed.since, course)


def to_save(course: Course, box: Mailbox, by: str) -> Save | None:
    """What a course writes, or None when it changed nothing worth a write."""
    before = box.customer
    consumed = tuple(item.slot for item in box.inbox)
    after = course.customer
    idle = (
        before is not None
        and replace(after, decided_at=before.decided_at, instant=before.instant) == before
    )
    if not consumed and (idle or (before is None and not course.records)):
        return None
    return Save(
        customer=after,
        consumed=consumed,
        journal=_line(course, box, by),
        wake_at=next_wake(after, course.plan),
        timer_at=_timer_at(box, after, course.plan),
        announcements=tuple(course.announcements),
    )


def _line(course: Course, box: Mailbox, by: str) -> str:
    """One line of the journal: all that is needed to decide the same again, and what was decided.

    `r` is the revision it made, `at` the instant of its last decision, `by` whom, `p` the plan's
    revision. `n` is how long before `at` what was due had been taken: then dispatch went on to
    messages, or who received an event has a clock that is ahead of who decided about it. `c` is a
    message that was claimed, with how long after `at`; `e` the events taken, `d` the records;
    `j` the joins: where among both those of who was joined stand, and who that was; `s` since when
    she is there, when an event came first that nobody referred to.
    """
    at = course.customer.decided_at
    line: dict[str, Json] = {"r": box.revision + 1, "at": at, "by": by, "p": course.plan.revision}
    if by == DISPATCH or course.carried_to < at:
        line["n"] = at - course.carried_to
    claimed = _claimed(course.customer, box.customer)
    if claimed is not None:
        line["c"] = [claimed.id, (claimed.claimed_at or 0) - at]
    if course.taken:
        line["e"] = [list(encode_event(event)) for event in course.taken]
    if course.records:
        line["d"] = [_record(record, at) for record in course.records]
    if course.began.created_at < (came_at(box) or 0):
        line["s"] = course.began.created_at
    if course.meetings:
        line["j"] = [_meeting(item) for item in course.meetings]
    return dumps(line)


def _meeting(meeting: Meeting) -> Json:
    others = [_other(item) for item in meeting.others]
    row: list[Json] = [meeting.taken, meeting.records, others]
    return row if meeting.event is None else [*row, encode_event(meeting.event)]


def _other(other: Course | Apart) -> Json:
    """Who was joined, and how many events and records are hers; or who was not, and why."""
    if isinstance(other, Apart):
        return [other.id, other.is_anothers, other.reason]
    began, taken, records = other.began, len(other.taken), len(other.records)
    met = [_meeting(item) for item in other.meetings]
    return [began.id, began.created_at, began.decided_at, other.is_user, taken, records, met]


def _claimed(after: Customer, before: Customer | None) -> Message | None:
    """The message that is in flight since this decision."""
    known = before.messages if before is not None else {}
    for message in after.messages.values():
        was = known.get(message.id)
        if message.claimed_at is not None and (was is None or was.claimed_at != message.claimed_at):
            return message
    return None


def _record(record: Record, at: Instant) -> Json:
    row: list[Json] = [
        record.what,
        at - record.at,
        record.journey,
        record.enrolment,
        record.step,
        record.reason,
        dict(record.details),
    ]
    while row and (row[-1] is None or row[-1] == {}):
        row.pop()
    return row


def read_records(line: str) -> tuple[Record, ...]:
    """The records of a journal line."""
    doc = loads_object(line)
    at = doc["at"]
    records = []
    for stored in rows(doc.get("d")):
        what, before, *rest = [*rows(stored), *[None] * 5][:7]
        journey, enrolment, step, reason, details = rest
        records.append(
            Record(at - before, what, journey, enrolment, step, reason, details or {})  # type: ignore[arg-type, operator]  # as _record wrote them
        )
    return tuple(records)


def next_wake(customer: Customer, plan: Plan) -> Instant | None:
    """When a wake-up is wanted: the next timer, or a held message's instant."""
    held = [message.wake_at for message in customer.messages.values() if message.status == "held"]
    timer = next_timer(customer, plan)
    return min([*held, *([timer] if timer is not None else [])], default=None)


def next_index(customer: Customer, plan: Plan) -> Instant | None:
    """When the timer index brings the customer up, as if nothing were paused.

    Whoever is brought up by a paused journey alone is taken out of the index then (`resting`).
    """
    return min((found for found, _ in timers(customer, plan)), default=None)


def _timer_at(box: Mailbox, customer: Customer, plan: Plan) -> Instant | None:
    """What the index is to say; while a message is in flight, an earlier entry stays.

    The record that follows would move it again, and each move is two write units.
    """
    wanted = next_index(customer, plan)
    in_flight = any(message.claimed_at is not None for message in customer.messages.values())
    if in_flight and wanted is not None and box.timer_at is not None:
        return min(wanted, box.timer_at)
    return wanted


def body_of(customer_id: str) -> str:
    """The body of a wake-up or of work for dispatch: whose item to look at."""
    return json.dumps({"customer": customer_id})


def customer_in(body: str) -> str:
    """Whose item a body asks to look at; raises InvalidInput."""
    found = loads_object(body).get("customer")
    if not isinstance(found, str) or not found:
        raise InvalidInput("customer: missing; a body names whose item to look at")
    return found
