"""Parts: an inbox, and what fell due, taken as far as one write can hold what is decided of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sojourn.core.course.forward import Course, Meet
from sojourn.core.limits import DECIDED_BYTES
from sojourn.core.state.customer import Event
from sojourn.core.state.decisions import Announcement, Decision, Record
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import Instant
from sojourn.core.workspace.plan import Plan
from sojourn.runtime.customer.forgotten import Forgotten
from sojourn.runtime.customer.joining import carry
from sojourn.runtime.customer.mailbox import Mailbox
from sojourn.runtime.ports import History, Mailboxes

MEASURED_EVERY = 64
"""Decisions after which a course on the way is measured: nearly all are at their end before."""

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
    if it had been decided at the instant of the last of all that; the rest is taken next. However
    long nobody looked, no more is decided than a few parts: a course that outgrows one stops.
    """
    part, until = box, now
    while True:
        try:
            course = carry(part, plan, mailboxes, history, until, forgotten, _MeasuredCourse)
        except _Outgrown as outgrown:
            until = outgrown.until
        else:
            instants = _instants(course, part)
            size = _size_bytes(course.records, course.taken, course.announcements)
            if len(instants) < 2 or size <= DECIDED_BYTES:  # noqa: PLR2004 - a half of one is none
                return course, part
            until = instants[len(instants) // 2 - 1]
        first = (waiting for waiting in part.inbox if waiting.event.received_at <= until)
        part = replace(part, inbox=tuple(first))


class _Outgrown(Exception):  # noqa: N818 - an answer, not a failure of ours
    """A course has decided more than a part may hold; up to ``until`` it had not yet, or nearly."""

    def __init__(self, until: Instant) -> None:
        super().__init__(f"a part ends at {until}")
        self.until = until


class _MeasuredCourse(Course):
    """A course that stops on its way when it has outgrown a part.

    Whoever was joined on it is decided together with her: then it goes on to its end.
    """

    _is_on_its_way = False
    _decisions = 0
    _bytes = 0
    _measured = (0, 0, 0)
    _known_at: Instant | None = None

    def take_inbox(self, events: Sequence[Event], now: Instant, meet: Meet | None = None) -> None:
        """See Course; raises _Outgrown."""
        self._is_on_its_way = True
        super().take_inbox(events, now, meet)
        self._is_on_its_way = False

    def follow(self, decision: Decision) -> None:
        """See Course."""
        super().follow(decision)
        self._decisions += 1
        is_due = self._decisions % MEASURED_EVERY == 0
        if is_due and self._is_on_its_way and not self.meetings:
            self._measure(decision.customer.decided_at)

    def _measure(self, at: Instant) -> None:
        records, taken, announcements = self._measured
        self._bytes += _size_bytes(
            self.records[records:], self.taken[taken:], self.announcements[announcements:]
        )
        self._measured = len(self.records), len(self.taken), len(self.announcements)
        if self._bytes <= DECIDED_BYTES or self._known_at is None:
            self._known_at = at
        elif self._known_at < at:
            raise _Outgrown(self._known_at)


def _instants(course: Course, part: Mailbox) -> list[Instant]:
    """Where a course may be cut: at its events, else where anything was decided of her alone."""
    events = {waiting.event.received_at for waiting in part.inbox}
    if len(events) > 1 or course.meetings:
        return sorted(events)
    return sorted({record.at for record in course.records})


def _size_bytes(
    records: Iterable[Record], taken: Iterable[Event], announcements: Iterable[Announcement]
) -> int:
    """About how much of an item a journal line of these and these announcements take."""
    return (
        sum(_LINE_BYTES + len(record.reason or "") for record in records)
        + sum(len(str(record.details).encode()) for record in records)
        + _bytes_of({**event.properties, **event.traits} for event in taken)
        + _bytes_of(item.properties for item in announcements)
    )


def _bytes_of(tables: Iterable[Mapping[str, Json]]) -> int:
    return sum(_LINE_BYTES + len(str(table).encode()) for table in tables)
