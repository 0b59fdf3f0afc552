"""Dispatch: messages that want to go are released, claimed, sent and recorded, one at a time.

Two writes a message: the claim (message and cap slot together) before the provider is called, and
the record after it. A crash between them is recovered when the lease ends: by the provider's own
events about our message id, else by the category's choice.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from sojourn.core.course.forward import Course
from sojourn.core.course.settle import (
    LATE,
    LOST,
    cancel,
    hold,
    is_wanted,
    limit_chain,
    next_message,
    passes_chain_limit,
    put_back,
    with_claim,
    without_slot,
)
from sojourn.core.engine.timers import LEASE
from sojourn.core.errors import Conflict, Transient, Unavailable
from sojourn.core.nouns import noun
from sojourn.core.sending.release import Hold, Send, Skip, release
from sojourn.core.state.customer import Customer, Event, Message
from sojourn.core.values.ids import chance, derived_id
from sojourn.core.values.instants import MINUTE, SECOND, Duration, Instant
from sojourn.core.workspace.plan import Plan
from sojourn.rendering.failure import RenderFailed
from sojourn.runtime.customer.forgotten import suppressed
from sojourn.runtime.customer.joining import load_history, present
from sojourn.runtime.customer.mailbox import Gone, Mailbox, Moved, Overtaken
from sojourn.runtime.decisions.deciding import (
    DISPATCH,
    customer_in,
    to_save,
    with_history,
)
from sojourn.runtime.decisions.parts import carry_part
from sojourn.runtime.decisions.putting_off import putting_off
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.messages.composition import compose, segments_in
from sojourn.runtime.messages.delivery import Delivery, Outgoing
from sojourn.runtime.messages.providers import Late, Note, Refused, Throttled, Unknown
from sojourn.runtime.ports import Clock, History, Mailboxes

MOST_CLAIMS = 25
"""Messages sent in one call for one customer; the table's stream brings her back for the others."""

MOST_LOSSES = 50
"""Lost races in one call for one customer before she is given back to the queue."""

PROMPT: Duration = 3 * SECOND
"""How long after its decision a message is handed over at the latest: the ledger says that it went
then, and caps are counted from there. A claim takes milliseconds, and longer where the table does
not answer at once."""

CLAIMING: Duration = 14 * SECOND
"""How long after a batch began messages of it are claimed. One that is handed over `PROMPT` later,
by a call that is given up after 12 seconds, is done within the function's 30: so the function's own
time limit leaves nobody in doubt. A message that takes several calls begins none after that."""

LONGEST_BACKOFF = 5 * MINUTE
_log = logging.getLogger("sojourn")
_SPAN = 1 << 64


@noun
class Answer:
    """What the provider said about a claimed message: a send outcome, or None for "not now"."""

    outcome: str | None
    reason: str | None
    segments: int | None = None


class Dispatch:
    """Sends one customer's messages."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        history: History,
        live: LivePlan,
        delivery: Delivery,
        clock: Clock,
    ) -> None:
        """Work over these ports."""
        self._mailboxes = mailboxes
        self._history = history
        self._live = live
        self._delivery = delivery
        self._clock = clock
        self._claims_until: Instant | None = None

    def begin(self) -> None:
        """Begin a batch: its messages are claimed for as long as `CLAIMING`."""
        self._claims_until = self._clock.now() + CLAIMING

    def take(self, body: str) -> None:
        """Decide and send everything of a customer that wants to go now.

        Raises Conflict when others decided first too often, and Unavailable when the batch has no
        time left; the queue brings her again.
        """
        customer_id = customer_in(body)
        with putting_off(self._mailboxes, self._clock, customer_id):
            self._take(customer_id)

    def _take(self, customer_id: str) -> None:
        box: Mailbox | None = present(self._mailboxes, self._mailboxes.read(customer_id))
        answers: dict[str, Answer] = {}
        claims = losses = 0
        while box is not None and box.forgotten_at is None:
            has_time = self._claims_until is None or self._clock.now() < self._claims_until
            if not has_time and not claims:
                raise Unavailable(f"customer {customer_id}: no time is left to send to her")
            try:
                box = self._pass(box, answers, may_claim=has_time and claims < MOST_CLAIMS)
                claims += 1
            except Overtaken as overtaken:
                box = present(self._mailboxes, overtaken.current)
                losses += 1
                if losses == MOST_LOSSES:
                    raise Conflict(
                        f"customer {customer_id}: others decided first {losses} times"
                    ) from overtaken

    def _pass(self, box: Mailbox, answers: dict[str, Answer], *, may_claim: bool) -> Mailbox | None:
        """Take what is pending, then messages up to the first that is sent.

        Gives the item to go on with, or None when nothing more wants to go. The plan is looked up
        before each message that goes; recording an answer alone needs no newer one. What fell due
        by deciding about a message, a `timeout` of no time, is taken before the next message.
        """
        is_new = not answers
        look_up = self._live.plan if is_new else self._live.known
        plan, now = look_up(box.decided_under), self._now(box.customer)
        whole, forgotten = box, self._live.forgotten
        course, box = carry_part(whole, plan, self._mailboxes, self._history, now, forgotten)
        is_whole = box is whole
        may_claim = may_claim and is_whole  # evaluate takes the rest, and hands over again
        self._take_answers(course, box, answers)
        if self._waits_for_another(course, box):
            self._save(course, box)
            return None
        while True:
            now = self._now(course.customer)
            timer = course.next_timer()
            if is_whole and timer is not None and timer <= now:
                return self._save(course, box)
            message = next_message(course.customer, course.plan, now)
            if message is None or not may_claim:
                self._save(course, box)
                return None
            if not is_new and self._live.plan() is not course.plan:
                return box
            is_new = True
            outgoing = self._decide(course, box, message, now)
            if outgoing is not None:
                released, to = course.customer, outgoing.addresses
                course.customer = with_claim(released, message, to, course.plan, now)
                saved = self._save(course, box, claims=True)
                answers.clear()
                answer: Answer | None = Answer(None, LATE)
                still = partial(self._may_still_go, message, released, course.plan)
                if self._now(released) - now <= PROMPT and still():
                    answer = self._hand_over(course, message, outgoing, still)
                if answer is None:
                    return None
                answers[message.id] = answer
                return saved

    def _now(self, customer: Customer | None) -> Instant:
        """The clock's instant; never before what was decided by a clock that is ahead of it."""
        now = self._clock.now()
        return now if customer is None else max(now, customer.decided_at)

    def _save(self, course: Course, box: Mailbox, *, claims: bool = False) -> Mailbox:
        """Store what was decided; a claim only if nothing came that might forbid it."""
        save = to_save(course, box, DISPATCH)
        if save is None:
            return box
        return self._mailboxes.save(box, replace(save, undisturbed=claims))

    def _decide(
        self, course: Course, box: Mailbox, message: Message, now: Instant
    ) -> Outgoing | None:
        """Decide about one message on the course; what to send when it may go."""
        if passes_chain_limit(message, now):
            course.follow(limit_chain(course.plan, course.customer, message, now))
            return None
        self._suppress(course.customer, message, now)
        if not is_wanted(course.customer, message):
            course.follow(cancel(course.plan, course.customer, message, now))
            return None
        decided = release(message, course.customer, course.plan.settings, now)
        if isinstance(decided, Hold):
            held = hold(course.plan, course.customer, message, decided.until, decided.reason, now)
            course.follow(held)
            return None
        if isinstance(decided, Skip):
            self._conclude(course, box, message, Answer(decided.outcome, decided.reason))
            return None
        try:
            self._delivery.prepare(course.customer, message, decided.addresses, now)
            url = self._delivery.unsubscribe_url(course.customer.id, message)
            content = compose(message, course.customer, course.plan, url)
        except RenderFailed as error:
            failed = Answer("failed", f"render: {error.reason}")
            self._conclude(course, box, message, failed)
            return None
        return Outgoing(content, decided.addresses, url, segments_in(message, content))

    def _suppress(self, customer: Customer, message: Message, now: Instant) -> None:
        """Let an address be suppressed that somebody forgotten wanted, or could get, nothing at.

        It becomes a fact of this customer's, once. Raises Overtaken with it in her inbox, or when
        she was joined or forgotten meanwhile.
        """
        for address in customer.addresses(message.channel):
            was = self._live.forgotten.standing(message.channel, address)
            if was is None or customer.address_status(message.channel, address) is not None:
                continue
            fact = suppressed(customer.id, message.channel, address, was, now)
            try:
                is_known = self._mailboxes.append(customer.id, fact) == "duplicate"
            except (Moved, Gone):
                is_known = False
            if not is_known:
                raise Overtaken(self._mailboxes.read(customer.id))

    def _conclude(self, course: Course, box: Mailbox, message: Message, answer: Answer) -> None:
        now = self._now(course.customer)
        with_history(
            course,
            box,
            self._history,
            lambda on: on.conclude(
                message, answer.outcome or "failed", answer.reason, now, answer.segments
            ),
        )

    def _hand_over(
        self, course: Course, message: Message, outgoing: Outgoing, still: Callable[[], bool]
    ) -> Answer | None:
        """Call the provider once; None when nobody knows whether it was sent."""
        customer_id, settings = course.customer.id, course.plan.settings
        try:
            notes = self._delivery.send(customer_id, message, outgoing, settings, still)
            answer = Answer("sent", None, outgoing.segments)
        except Refused as refused:
            notes, answer = refused.notes, Answer("failed", f"refused: {refused}")
        except Late as late:
            notes, answer = late.notes, Answer(None, LATE)
        except Throttled as throttled:
            notes, answer = throttled.notes, Answer(None, f"throttled: {throttled}")
        except Unknown:
            return None
        self._heed(customer_id, message, notes)
        return answer

    def _may_still_go(self, message: Message, customer: Customer, plan: Plan) -> bool:
        """Whether what was decided holds now that it is carried out: claiming took its time.

        And whether a call that gets no answer ends before the function does.
        """
        now = self._now(customer)
        if self._claims_until is not None and now > self._claims_until + PROMPT:
            return False
        return isinstance(release(message, customer, plan.settings, now), Send)

    def _take_answers(self, course: Course, box: Mailbox, answers: dict[str, Answer]) -> None:
        """Settle messages whose answer is known but not yet recorded."""
        for id_, answer in list(answers.items()):
            message = course.customer.messages.get(id_)
            if message is None or message.claimed_at is None:
                continue
            if answer.outcome is None:
                self._put_back(course, box, message, answer)
            else:
                if answer.outcome != "sent":
                    course.customer = without_slot(course.customer, message)
                self._conclude(course, box, message, answer)

    def _heed(self, customer_id: str, message: Message, notes: Sequence[Note]) -> None:
        """Put what the provider said of addresses into the inbox, as facts like any other.

        When that cannot be written, the provider will say it again about the next message.
        """
        now = self._clock.now()
        for note in notes:
            id_ = derived_id("note", message.id, message.attempt, note.address)
            about = {"channel": message.channel, "address": note.address, "reason": note.reason}
            try:
                self._mailboxes.append(customer_id, Event(id_, note.fact, now, now, about))
            except (Transient, Moved, Gone) as error:
                _log.warning("dispatch: a note was not kept: %s", type(error).__name__)

    def _put_back(self, course: Course, box: Mailbox, message: Message, answer: Answer) -> None:
        """Try again later; not later than the message may be held to: then it has failed."""
        backoff = min(LONGEST_BACKOFF, SECOND << min(message.attempt, 20))
        wait = backoff // 2 + chance(message.id, message.attempt) * (backoff // 2) // _SPAN
        now = self._now(course.customer)
        again_at = now + wait
        if again_at > message.deadline_at:
            if answer.reason != LOST:
                course.customer = without_slot(course.customer, message)
            self._conclude(course, box, message, Answer("failed", answer.reason))
            return
        reason = answer.reason or ""
        course.follow(put_back(course.plan, course.customer, message, again_at, reason, now))

    def _waits_for_another(self, course: Course, box: Mailbox) -> bool:
        """Recover claims whose lease has ended; whether one is still in somebody's hands."""
        now = self._clock.now()
        for message in list(course.customer.messages.values()):
            if message.claimed_at is None:
                continue
            if now < message.claimed_at + LEASE:
                return True
            self._recover(course, box, message)
        return False

    def _recover(self, course: Course, box: Mailbox, message: Message) -> None:
        """Settle a message whose sender was lost between the claim and the record.

        It may have been sent, so its slot stays taken even when it is tried again.
        """
        claimed_at = message.claimed_at or 0
        known = load_history(box, self._history, claimed_at - MINUTE, course)
        if any(_tells_of(event, message) for event in known.events(None, claimed_at - MINUTE)):
            self._conclude(course, box, message, Answer("sent", None))
        elif course.plan.settings.category(message.category).consent == "none":
            self._put_back(course, box, message, Answer(None, LOST))
        else:
            lost = Answer("failed", f"unknown: {LOST}; not sent again")
            self._conclude(course, box, message, lost)


def _tells_of(event: Event, message: Message) -> bool:
    """Whether the provider itself speaks of this message."""
    return (
        not event.caused
        and event.name.startswith("message.")
        and event.properties.get("message_id") == message.id
    )
