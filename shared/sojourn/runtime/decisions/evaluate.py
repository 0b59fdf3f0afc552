"""Evaluate: full inboxes and wake-ups are decided, and what was decided is relayed.

Nothing hangs on a call after a commit: the table's stream brings every decision back here, and
only then are its messages handed to dispatch, its near wake-ups set and its events announced.
"""

import logging
from collections.abc import Sequence

from sojourn.core.course.forward import Course
from sojourn.core.course.settle import next_message
from sojourn.core.engine.timers import message_due
from sojourn.core.errors import Conflict, SojournError
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.instants import MINUTE, SECOND, Instant
from sojourn.runtime.customer.joining import present
from sojourn.runtime.customer.mailbox import Change, Mailbox, Overtaken
from sojourn.runtime.decisions.announcing import announced_in, bodies_announcing
from sojourn.runtime.decisions.deciding import body_of, customer_in, next_wake, to_save
from sojourn.runtime.decisions.parts import carry_part
from sojourn.runtime.decisions.putting_off import putting_off
from sojourn.runtime.decisions.resting import rested_in, set_aside
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Bus, Clock, History, Mailboxes, PartlyTaken, Queue

NEAR = 3 * MINUTE
"""Wake-ups nearer than this are set at once; WAKE, every two minutes, finds the others in time."""

AGAIN_SECONDS = 60
"""When the bus is tried again with what it did not take; then as the wake queue tries."""

_log = logging.getLogger("sojourn")

ATTEMPTS = 20
"""How often a decision is made again when others keep deciding first."""


class Evaluate:
    """Decides about customers one at a time and relays what was decided."""

    def __init__(  # noqa: PLR0913 - one port for each thing it touches
        self,
        mailboxes: Mailboxes,
        history: History,
        live: LivePlan,
        dispatch: Queue,
        wakes: Queue,
        bus: Bus,
        clock: Clock,
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._history = history
        self._live = live
        self._dispatch = dispatch
        self._wakes = wakes
        self._bus = bus
        self._clock = clock
        self._to_announce: list[Announcement] = []
        self._to_dispatch: list[str] = []
        self._to_wake: list[tuple[int, str]] = []

    def flush(self) -> None:
        """Carry on what the batch's decisions ask for, in as few calls as there can be.

        Called once after each batch; when it fails, the batch comes again. The bus comes last:
        the same work may stand on a queue twice. What it does not take waits in the wake queue, so
        that it holds up neither the stream nor other customers.
        """
        announcements, self._to_announce = self._to_announce, []
        bodies, self._to_dispatch = self._to_dispatch, []
        wakes, self._to_wake = self._to_wake, []
        if bodies:
            self._dispatch.put(list(dict.fromkeys(bodies)))
        for delay_seconds in sorted({delay for delay, _ in wakes}):
            chosen = [body for delay, body in wakes if delay == delay_seconds]
            self._wakes.put(list(dict.fromkeys(chosen)), delay_seconds)
        if announcements:
            self._announce(announcements)

    def _announce(self, announcements: Sequence[Announcement]) -> None:
        try:
            self._say(announcements)
        except SojournError as error:
            name, number = type(error).__name__, len(announcements)
            _log.warning("evaluate: %d events wait, as the bus took none: %s", number, name)
            self._wakes.put(bodies_announcing(announcements), AGAIN_SECONDS)

    def _say(self, announcements: Sequence[Announcement]) -> None:
        """Put events on the bus; of several, those that it did not take wait by themselves."""
        try:
            self._bus.announce(announcements)
        except PartlyTaken as partly:
            _log.warning("evaluate: %d events wait, as the bus took others", len(partly.left))
            self._wakes.put(bodies_announcing(partly.left), AGAIN_SECONDS)

    def take(self, changes: Sequence[Change]) -> None:
        """Take one customer's changes from the stream, oldest first.

        They may be older than her forgetting; who was forgotten is told of no more.
        """
        if self._is_gone(changes[-1].after):
            return
        decided = [change for change in changes if change.decided]
        if decided:
            self._relay(changes, decided)
        newest = changes[-1].after
        if newest.inbox and newest.joined_into is None:
            self._decide(newest)

    def wake(self, body: str) -> None:
        """Take a wake-up: what is due is decided, messages that are due go to dispatch.

        One that comes early is set again; one for an enrolment that has moved changes nothing. A
        body that holds events for the bus is put there.
        """
        waiting = announced_in(body)
        if waiting:
            self._live.plan()
            gone = self._live.forgotten.knows_of
            self._say([item for item in waiting if not gone(item.customer, item.at)])
            return
        customer_id = customer_in(body)
        rested, thawed = rested_in(body) or (None, 0)
        with putting_off(self._mailboxes, self._clock, customer_id, rested):
            box = present(self._mailboxes, self._mailboxes.read(customer_id))
            self._live.plan(thawed)  # or the pause would be taken for going on, her rest be struck
            if not self._is_gone(box):
                self._look(box, rested)
        if rested is not None:
            self._mailboxes.end_rest(customer_id, rested, self._clock.now())

    def _look(self, box: Mailbox, rested: int | None) -> None:
        """Take what is due of a customer, or bring the index up to date when nothing is."""
        customer_id = box.customer_id
        if self._decide(box, is_woken=True) or box.customer is None:
            return
        now = self._clock.now()
        plan = self._live.plan(box.decided_under)
        set_aside(self._mailboxes, box, plan, now, rested)
        dues = [message_due(message, plan) for message in box.customer.messages.values()]
        if any(due is not None and due <= now for due in dues):
            self._to_dispatch.append(body_of(customer_id))
            return
        wake_at = next_wake(box.customer, plan)
        if wake_at is not None and now < wake_at <= now + NEAR:
            self._to_wake.append((_seconds(wake_at - now), body_of(customer_id)))

    def _decide(self, box: Mailbox, *, is_woken: bool = False) -> bool:
        """Decide what is pending in a mailbox; whether anything was written, or is by dispatch.

        What is left of a large inbox is decided when the stream brings that write. Where a wake-up
        leads to a message, dispatch decides all that is due once more, and writes it together with
        the claim. Nothing hangs on that call: until then the timer stays in the index, overdue.
        """
        for _ in range(ATTEMPTS):
            plan, now = self._live.plan(box.decided_under), self._clock.now()
            try:
                course, part = carry_part(
                    box, plan, self._mailboxes, self._history, now, self._live.forgotten
                )
                save = to_save(course, part, "evaluate")
                if save is None:
                    return False
                is_overdue = box.timer_at is not None and box.timer_at <= now
                if is_woken and is_overdue and part is box and _wants_to_go(course, now):
                    self._to_dispatch.append(body_of(box.customer_id))
                    return True
                self._mailboxes.save(part, save)
            except Overtaken as overtaken:
                overtaken.check_room(box)
                box = present(self._mailboxes, overtaken.current)
                if self._is_gone(box):
                    return False
            else:
                return True
        raise Conflict(f"customer {box.customer_id}: others decided first {ATTEMPTS} times")

    def _is_gone(self, box: Mailbox) -> bool:
        """Whether a customer was forgotten, by her item or by what is known of the forgotten."""
        if box.forgotten_at is not None:
            return True
        self._live.plan()
        return self._live.forgotten.knows(box.customer_id)

    def _relay(self, changes: Sequence[Change], decided: Sequence[Change]) -> None:
        """Note what decisions ask for: events for the bus, work for dispatch, near wake-ups."""
        for change in decided:
            self._to_announce += change.after.announcements
        box = decided[-1].after
        if box.customer is None or box.joined_into is not None:
            return
        now = self._clock.now()
        plan = self._live.plan(box.decided_under)
        if next_message(box.customer, plan, now) is not None:
            self._to_dispatch.append(body_of(box.customer_id))
        before = changes[0].before
        known = before.wake_at if before is not None else None
        if box.wake_at is not None and box.wake_at != known and box.wake_at <= now + NEAR:
            self._to_wake.append((_seconds(box.wake_at - now), body_of(box.customer_id)))


def _wants_to_go(course: Course, now: Instant) -> bool:
    """Whether a message of the customer of a course wants to be decided now."""
    return next_message(course.customer, course.plan, now) is not None


def _seconds(distance: Instant) -> int:
    """Whole seconds, rounded up so that a wake-up never comes early."""
    return max(0, -(-distance // SECOND))
