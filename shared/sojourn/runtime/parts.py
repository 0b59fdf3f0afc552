"""Parts: an inbox, and what fell due, taken as far as one write can hold what is decided of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sojourn.core.exact import Json
from sojourn.core.forward import Course
from sojourn.core.instants import Instant
from sojourn.core.limits import DECIDED_BYTES
from sojourn.core.plan import Plan
from sojourn.runtime.forgotten import Forgotten
from sojourn.runtime.joining import carry
from sojourn.runtime.mailbox import Mailbox
from sojourn.runtime.ports import History, Mailboxes

_LINE_BYTES = 100
"""What a record, an event or an announcement takes beside its own table of values."""


def carry_part(  # noqa: PLR0913 - one port for each thing it touches
    box: Mailbox,
    plan: Plan,
    mailboxes: Mailboxes,
    history: History,
    now: Instant,
    forgotten: Forgotten,
) -> tuple[Course, Mailbox]:
    """Take a mailbox's inbox as `carry` does, or only its first events when all are too many.

    Of one event, or none, it is what falls due that may be too many: timers of days in which nobody
    looked. Gives the course and the mailbox with just those events, to be saved by. Then it is as
    if it had been decided at the instant of the last of all that; the rest is taken next.
    """
    part, until = box, now
    while True:
        course = carry(part, plan, mailboxes, history, until, forgotten)
        instants = _instants(course, part)
        if len(instants) < 2 or _size_bytes(course) <= DECIDED_BYTES:  # noqa: PLR2004 - a half of one is none
            return course, part
        until = instants[len(instants) // 2 - 1]
        first = (waiting for waiting in part.inbox if waiting.event.received_at <= until)
        part = replace(part, inbox=tuple(first))


def _instants(course: Course, part: Mailbox) -> list[Instant]:
    """Where a course may be cut: at its events, else where anything was decided of her alone."""
    events = {waiting.event.received_at for waiting in part.inbox}
    if len(events) > 1 or course.meetings:
        return sorted(events)
    return sorted({record.at for record in course.records})


def _size_bytes(course: Course) -> int:
    """About how much of an item a course's journal line and its announcements take."""
    return (
        _bytes_of(record.details for record in course.records)
        + _bytes_of({**event.properties, **event.traits} for event in course.taken)
        + _bytes_of(item.properties for item in course.announcements)
    )


def _bytes_of(tables: Iterable[Mapping[str, Json]]) -> int:
    return sum(_LINE_BYTES + len(str(table).encode()) for table in tables)
